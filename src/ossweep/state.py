"""Where a deployment's jobs keep their state, and who calls their next invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.errors import Closed, PolicyError, SettingsError
from ossweep.handover.carrier import Function, choose
from ossweep.handover.lease import Lease
from ossweep.handover.ledger import Ledger
from ossweep.job import order

if TYPE_CHECKING:
    from ossweep.handover.carrier import Carrier, Kind
    from ossweep.job import App


def check_state(app: App) -> None:
    """Raise PolicyError where the deployment keeps no state."""
    if app.settings.state is None:
        raise PolicyError("the deployment keeps no state of jobs; set OSSWEEP_STATE")


def ledger_of(job: str, app: App) -> Ledger:
    """Return the records of a job; no request is made. Raises PolicyError and SettingsError."""
    check_state(app)
    return Ledger(
        app.shelf,
        job,
        holder=f"{app.invocation.request_id} {app.world.nonce()}",
        lease=Lease(app.settings.checkpoint_seconds, app.world.monotonic),
        now=app.world.monotonic,
        began=app.invocation.began,
        time=app.time_of_state,
        sleep=lambda seconds: _wait(seconds, app),
        judge=lambda sealed: order(sealed, app, f"the state of the job {job}"),
    )


def _wait(seconds: float, app: App) -> None:
    """Sleep, as long as there is time for the work after it; raises Closed."""
    if app.budget.left() < seconds:
        raise Closed
    app.world.sleep(seconds)


def carrier_of(app: App) -> Carrier:
    """
    Return who calls the next invocation; nothing is imported for it yet. Raises SettingsError.

    A function of FC 2.0 has a service; by FC 3.0's API the carrier names it by both.
    """
    run, settings = app.invocation, app.settings
    service, _, name = run.function_name.rpartition("$")
    kind: Kind = settings.carrier or ("fc2" if run.service else "fc3")
    function = Function(
        name=name,
        service=service or None,
        qualifier=run.qualifier,
        account_id=run.account_id,
        region=(run.region or "").removeprefix("oss-"),
    )
    if run.credentials is None:
        raise SettingsError("there are no credentials to call the next invocation with")
    return choose(function, settings.fc_endpoint, kind, run.credentials, run.certificates)
