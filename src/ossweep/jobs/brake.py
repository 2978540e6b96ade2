"""
The brake: where OSSWEEP_DRY_RUN is set, jobs that began in earnest delete nothing more.

None of them becomes a dry run, which would end it: it is left as it is, and goes on once the
setting is taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import Answer, so_far
from ossweep.handover import continuation
from ossweep.jobs.leaving import as_stopped, ways_on
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from ossweep.leases.job_state import JobState
    from ossweep.leases.leases import Leases
    from ossweep.leases.records import Lease
    from ossweep.session import Session
    from ossweep.work import Work


def is_held(work: Work, session: Session) -> bool:
    """Tell whether the work is held: it would delete, and the deployment lets nothing delete."""
    return session.settings.dry_run and not work.dry_run


def as_held(left: Work, answer: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the answer of a job that is held with this work left; `answer` is how far it is."""
    told = {**(answer or so_far(left, None))}
    told.pop("next", None)  # nobody is on the way any more
    reason = (
        "OSSWEEP_DRY_RUN is set, and nothing more is deleted; once it is unset, the job goes on "
        f"{ways_on(left)}"
    )
    stopped = as_stopped(told, Stop(Why.BRAKE, reason), left)
    at_least = told["at_least"] or left.at_least
    return {**stopped, "at_least": at_least, "continuation": continuation.seal(left)}


def is_stopped_by_it(state: JobState) -> bool:
    """Tell whether a job, or a part of one, is left because of the brake."""
    left = state.departure
    return state.how == "stopped" and left is not None and left.why is Why.BRAKE


def still_held(leases: Leases, session: Session) -> Answer | None:
    """Return the answer of a job that the brake has stopped, and holds, without a hop for that."""
    if not session.settings.dry_run:
        return None
    state = leases.job_state()
    left = state.departure
    if left is None or left.answer is None or state.orders or not is_stopped_by_it(state):
        return None
    return Answer({**left.answer, "continuation": left.continuation}, Why.BRAKE)


def under_way(work: Work, session: Session) -> Work:
    """
    Return the work of the job that an event has begun before the brake, if it has not ended.

    Without one the event asks for a dry run, which has a name of its own. Raises Closed and
    StoreError.
    """
    from ossweep.jobs.state import leases_of  # noqa: PLC0415 - where state is kept

    name = session.in_earnest.get(work.job)
    if name is None or leases_of(name, session).job_state().how in {"unknown", "ended"}:
        return work
    return replace(work, job=name, dry_run=False)


def begun(lease: Lease, work: Work) -> Work:
    """Return the work of an event as the job's dead holder had begun it: in earnest, or not."""
    was_in_earnest = lease.answer is not None and lease.answer["dry_run"] is False
    return replace(work, dry_run=False) if lease.died and was_in_earnest else work
