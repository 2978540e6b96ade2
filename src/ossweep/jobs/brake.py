"""
The brake: where nothing may be deleted for now, jobs that began in earnest delete nothing more.

OSSWEEP_DRY_RUN is one, and a bucket that has not consented (`consent.py`). No job becomes a dry run
by it, which would end it: it is left as it is, and goes on once the brake is taken back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import Answer, so_far
from ossweep.handover import continuation
from ossweep.jobs.consent import brake_on, without_note
from ossweep.jobs.leaving import as_stopped, ways_on
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from ossweep.jobs.consent import Brake
    from ossweep.leases.job_state import JobState
    from ossweep.leases.leases import Leases
    from ossweep.leases.records import Lease
    from ossweep.session import Session
    from ossweep.work import Work


def held_by(work: Work, session: Session) -> Brake | None:
    """Return what holds the work, if it would delete, and anything keeps it from that."""
    return None if work.dry_run else brake_on(work.bucket, session)


def as_held(left: Work, brake: Brake, answer: dict[str, Any] | None = None) -> Answer:
    """
    Return the answer of a job that is held with this work left; `answer` is how far it is.

    Where only the look at the bucket has failed, a repetition may do better.
    """
    told = {**(answer or so_far(left, None))}
    told.pop("next", None)  # nobody is on the way any more
    reason = (
        f"{brake.cause}, and nothing more is deleted; {brake.until}, the job goes on "
        f"{ways_on(left)}"
    )
    stopped = as_stopped(told, Stop(Why.BRAKE, reason), left)
    at_least = told["at_least"] or left.at_least
    document = {**stopped, "at_least": at_least, "continuation": continuation.seal(left)}
    return Answer(document, None if brake.is_passing else Why.BRAKE)


def is_stopped_by_it(state: JobState) -> bool:
    """Tell whether a job, or a part of one, is left because of a brake."""
    left = state.departure
    return state.how == "stopped" and left is not None and left.why is Why.BRAKE


def brake_of(state: JobState, session: Session) -> Brake | None:
    """Return the brake that still holds a job, or a part of one, that was left because of one."""
    left = state.departure
    if left is None or not is_stopped_by_it(state):
        return None
    return brake_on(left.continuation["bucket"], session)


def still_held(leases: Leases, session: Session) -> Answer | None:
    """Return the answer of a job that a brake has stopped, and holds, without a hop for that."""
    settings = session.settings
    if not settings.dry_run and settings.consent_tag is None:
        return None
    state = leases.job_state()
    return None if state.orders else answer_of_held(state, session)


def answer_of_held(state: JobState, session: Session) -> Answer | None:
    """Return the answer of a job, or a part of one, that a brake has stopped, if one holds it."""
    left, brake = state.departure, brake_of(state, session)
    if left is None or left.answer is None or brake is None:
        return None
    kept = continuation.unseal(left.continuation, f"the state of the job {left.answer['job']}")
    return as_held(kept, brake, left.answer)


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
    return replace(work, job=name, dry_run=False, notes=without_note(work, session))


def begun(lease: Lease, work: Work, session: Session) -> Work:
    """Return the work of an event as the job's dead holder had begun it: in earnest, or not."""
    was_in_earnest = lease.answer is not None and lease.answer["dry_run"] is False
    if not (lease.died and was_in_earnest):
        return work
    return replace(work, dry_run=False, notes=without_note(work, session))
