"""The application of a plan: the one job that has it, the orders of it, and what is said of it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ossweep.names import in_quotes
from ossweep.objects import GONE, GONE_UNANSWERED
from ossweep.plurals import counted

if TYPE_CHECKING:
    from ossweep.events import Origin
    from ossweep.plans.kept import KeptPlan
    from ossweep.session import Session

FOLDER = ".plans"  # in the state, beside the folders of jobs; no job has such a name
_DAY = 86_400


def job_applying(plan: str) -> str:
    """Return the name of the job that applies a plan, whoever orders it: so it is applied once."""
    return f"apply-{sha256(plan.encode()).hexdigest()[:20]}-1"


def request_of(plan: str) -> str:
    """Return the request that applies a plan."""
    return json.dumps({"apply": plan})


def no_such_plan(plan: str) -> str:
    """Say that there is no such plan, and what to look at."""
    return (
        f"there is no plan {in_quotes(plan)}; look at its id, see whether its dry run has come to "
        "its end, or plan anew"
    )


def too_old(plan: KeptPlan, session: Session) -> str | None:
    """Say that a plan is too old to be applied, if it is, as far as OSS has told the time."""
    now, days = session.time_of_state(), session.settings.plan_days
    if now is None or now - plan.kept_at <= days * _DAY:
        return None
    made = datetime.fromtimestamp(plan.kept_at, timezone.utc).strftime("%Y-%m-%d %H:%M")
    return (
        f"the plan {in_quotes(plan.id)} was made on {made} UTC, and a plan is applied for "
        f"{counted(days, 'day')} (OSSWEEP_PLAN_DAYS); it was never applied; plan anew"
    )


def what_became(plan: str, job: str, answer: dict[str, Any]) -> str:
    """Say what has become of a plan whose application has ended with this answer."""
    gone = sum(answer["skipped_because"].get(reason, 0) for reason in (GONE, GONE_UNANSWERED))
    least = "at least " if answer["at_least"] else ""
    figures = [
        f"it deleted {least}{counted(answer['deleted'], 'object')}",
        f"{answer['failed']:,} failed",
        *([f"{gone:,} {'was' if gone == 1 else 'were'} gone"] if gone else []),
        *([f"{answer['remaining']:,} were left to do"] if answer["remaining"] else []),
        f"and {answer['skipped'] - gone:,} stayed",
    ]
    return (
        f"the plan {in_quotes(plan)} was applied by the job {job}, which is {answer['status']}: "
        f"{', '.join(figures)}; for what is left, plan anew"
    )


def note_order(plan: str, document: Any, origin: Origin, session: Session) -> None:
    """Keep that an event has ordered a plan, by which it is known if it comes again."""
    session.state_objects.write(_order_name(plan, document, origin, session), b"{}")


def is_noted(plan: str, document: Any, origin: Origin, session: Session) -> bool:
    """Tell whether an event had ordered a plan before its application ended."""
    name = _order_name(plan, document, origin, session)
    return session.state_objects.read(name) is not None


def _order_name(plan: str, document: Any, origin: Origin, session: Session) -> str:
    return f"{FOLDER}/{plan}/order-{session.name_of_event(origin.identity, document)}"
