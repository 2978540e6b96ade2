"""The state of a deployment's jobs: where it is kept, and by what the next invocation is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.errors import Closed, SettingsError
from ossweep.handover.carrier import Function, choose
from ossweep.jobs.order import job_of_continuation
from ossweep.leases.folder import parts_listed
from ossweep.leases.leases import Leases
from ossweep.leases.timer import LeaseTimer
from ossweep.session import check_state

if TYPE_CHECKING:
    from collections.abc import Collection

    from ossweep.events import CarrierKind
    from ossweep.handover.carrier import Carrier
    from ossweep.leases.job_state import JobState
    from ossweep.session import Session


def leases_of(job: str, session: Session) -> Leases:
    """Return the records of a job; no request is made. Raises PolicyError and SettingsError."""
    check_state(session)
    return Leases(
        session.state_objects,
        job,
        holder=f"{session.invocation.request_id} {session.world.nonce()}",
        timer=LeaseTimer(session.settings.checkpoint_seconds, session.world.monotonic),
        now=session.world.monotonic,
        began=session.invocation.began,
        time=session.time_of_state,
        sleep=lambda seconds: _wait(seconds, session),
        judge=lambda sealed: job_of_continuation(sealed, session, f"the state of the job {job}"),
    )


def states_of_parts(whole: str, jobs: Collection[str], session: Session) -> dict[str, JobState]:
    """Return the states of parts of a job; raises Closed and StoreError."""
    listed = parts_listed(whole, jobs, session.state_objects)
    return {job: folder.state(listing) for job, (folder, listing) in listed.items()}


def _wait(seconds: float, session: Session) -> None:
    """Sleep, as long as there is time for the work after it; raises Closed."""
    if session.budget.left() < seconds:
        raise Closed
    session.world.sleep(seconds)


def carrier_of(session: Session) -> Carrier:
    """
    Return what calls the next invocation; nothing is imported for it yet. Raises SettingsError.

    A function of FC 2.0 has a service; by FC 3.0's API the carrier names it by both.
    """
    run, settings = session.invocation, session.settings
    service, _, name = run.function_name.rpartition("$")
    kind: CarrierKind = settings.carrier or ("fc2" if run.service else "fc3")
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
