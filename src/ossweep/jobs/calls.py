"""Calls a job's next invocations, and those of its parts that nobody is at work on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep.errors import NO_TIME, Closed, HandoverError, StoreError
from ossweep.handover import continuation
from ossweep.handover.carrier import PAYLOAD_BYTES, deliver, task_id
from ossweep.helps import HELPS_TO_HAND_OVER
from ossweep.jobs.consent import brake_on
from ossweep.jobs.pointers import pointing
from ossweep.jobs.state import carrier_of, leases_of
from ossweep.leases.folder import Folder
from ossweep.leases.records import Lease
from ossweep.session import is_named_by_event
from ossweep.stops import GOES_ON, Why, resuming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ossweep.leases.job_state import JobState
    from ossweep.session import Session

MISSING = frozenset({"dead", "released", "lost"})  # states of a part that has begun and has nobody


def is_missing(state: JobState, session: Session) -> bool:
    """Tell whether a part has begun, nobody is at work on it, and it may go on."""
    why = state.departure.why if state.departure is not None else None
    if state.how != "stopped" or state.departure is None:
        return state.how in MISSING
    is_held = why is Why.BRAKE and brake_on(state.departure.continuation["bucket"], session)
    return why in GOES_ON and not is_held


def hand_over(sealed: dict[str, Any], epoch: int, session: Session) -> None:
    """
    Call the next invocation of a job, or of a part, as the hop's holder of this epoch does.

    Each epoch calls a task of its own: an earlier holder's task may have run already, and would not
    run again. Raises HandoverError and SettingsError.
    """
    _send(_event(sealed, session), task_id(sealed["job"], sealed["hop"], epoch), session)


def _call(event: bytes, job: str, hop: int, session: Session) -> None:
    """Call an invocation as a new task: one that was called before may have run already."""
    _send(event, task_id(f"{job}-{session.world.nonce()[:8]}", hop), session)


def _send(event: bytes, task: str, session: Session) -> None:
    deliver(carrier_of(session), event, task, left=session.ending.left, world=session.world)


def _event(sealed: dict[str, Any], session: Session) -> bytes:
    event = continuation.compact(sealed)
    fits = len(event) <= carrier_of(session).most_bytes
    return event if fits else pointing(sealed["job"], sealed["hop"])


def handover_error(
    error: Exception, job: str, sealed: dict[str, Any] | None, *, is_kept: bool = True
) -> HandoverError:
    """Return the error that says that nobody goes on with a job, and how somebody can."""
    code = getattr(error, "code", type(error).__name__)
    said = _words_of(error)
    resume = resuming(job)
    ways = f"the job goes on when its event is sent again, or {resume}"
    if not is_named_by_event(job):
        ways = f"the job goes on when this is sent: {resume}"
    itself = json.dumps(sealed) if sealed is not None else ""
    if itself and (len(itself) <= PAYLOAD_BYTES or not is_kept):
        ways += f", or this: {itself}"
    # An error of the state brings its own help, as does a gate that OSS's answers have closed:
    # Function Compute, and the time that it gives, have nothing to do with it.
    is_of_state = isinstance(error, StoreError) or (isinstance(error, Closed) and bool(said))
    of_carrier = {} if is_of_state else HELPS_TO_HAND_OVER
    helps = f"{of_carrier[code]}; " if code in of_carrier else ""
    return HandoverError(code, f"{said or NO_TIME}; {helps}{ways}", passing=True)


def _words_of(error: Exception) -> str:
    if isinstance(error, StoreError):
        return error.words
    return error.message if isinstance(error, HandoverError) else str(error)


def call_missing(
    parts: Mapping[str, dict[str, Any]],
    states: Mapping[str, JobState],
    session: Session,
    *,
    anew: bool,
) -> Iterator[str]:
    """
    Call an invocation for each part that has nobody, and yield the part once that is done.

    The invocation of a part that has not begun is called once more, as a new task (`anew`) if
    Function Compute may take the first one for done. Raises HandoverError.
    """
    for job, sealed in parts.items():
        state = states[job]
        if state.how == "unknown" and not anew:
            hand_over(sealed, 1, session)
        elif state.how == "unknown":
            _call(_event(sealed, session), job, sealed["hop"], session)
        elif is_missing(state, session):
            _call(pointing(job, state.next_hop), job, state.next_hop, session)
        else:
            continue
        yield job


def note_call(job: str, state: JobState, session: Session) -> None:
    """
    Write that the next invocation of a part was called, so that it counts as on its way for a time.

    That time is a lease's, as after any handover. Where nobody has left the part, its holder may
    live: nothing that it writes is written. An invocation that has begun since has a later fence,
    and is not concerned. If it cannot be written, others call once more.
    """
    if state.fence is None:
        return
    try:
        if state.departure is None:
            Folder(session.state_objects, f"{job}/").note_call(state.fence)
        else:
            left = state.departure.continued
            repeated = continuation.changed(left.continuation, judged=True)
            leases_of(job, session).depart(Lease(state.fence), replace(left, continuation=repeated))
    except (StoreError, Closed) as error:
        session.logger.warning("state not written", error=str(error) or NO_TIME)
