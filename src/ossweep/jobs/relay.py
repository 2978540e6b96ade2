"""A job over all its invocations: this one's share of it, and who goes on with the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.answers import UNDECIDED, Answer, as_listed, ignored, of_parts, so_far
from ossweep.errors import (
    NO_TIME,
    Closed,
    HandoverError,
    RequestError,
    StoreError,
    UndoneError,
)
from ossweep.handover import continuation
from ossweep.handover.parts import joined
from ossweep.jobs import ends, replies
from ossweep.jobs.brake import begun, still_held, under_way
from ossweep.jobs.calls import call_missing, hand_over, handover_error, note_call
from ossweep.jobs.hop import BranchEnded, Hop
from ossweep.jobs.order import job_of_continuation
from ossweep.jobs.state import leases_of, states_of_parts
from ossweep.leases.records import Lease, NotGranted
from ossweep.stops import asking, ordering_anew

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.jobs.pointers import Pointer
    from ossweep.leases.job_state import JobState
    from ossweep.leases.leases import Leases
    from ossweep.session import Session
    from ossweep.work import Work


_AT_REST = frozenset({"ended", "stopped", "released"})  # states of a part that nobody goes on with


@dataclass(frozen=True)
class Claimed:
    """A claim on a job, as an invocation made it: a hop to do, or the reason why there is none."""

    found: Lease | NotGranted
    job: str
    work: Work | None  # that the event itself holds
    leases: Leases
    is_read: bool = False  # whether a person waits for the answer


def carry(work: Work, session: Session) -> Answer:
    """
    Do this invocation's share of a job, and see to it that somebody goes on with the rest.

    Returns the job's answer. Raises SettingsError and PolicyError before anything is deleted,
    UndoneError if another invocation may be at work on it, HandoverError if nobody goes on.
    """
    work = under_way(work, session)
    leases = leases_of(work.job, session)
    held = still_held(leases, session)
    if held is not None:
        return held
    begins = so_far(work, None)
    is_order = "direct" in session.settings.sources

    def resumes(stopped_with: Mapping[str, Any]) -> bool:
        return is_order and continuation.is_rest_of(work, stopped_with)

    found = leases.claim(work.hop, resumes=resumes, answer=begins)
    return _to_the_end(Claimed(found, work.job, work, leases), session)


def follow(where: Pointer, session: Session) -> Answer:
    """Go on with the continuation in a job's state; raises as `carry` does, and RequestError."""
    leases = leases_of(where.job, session)
    held = still_held(leases, session)
    if held is not None:
        return held
    found = leases.claim(where.hop)
    return _to_the_end(Claimed(found, where.job, None, leases), session)


def go_on(found: Lease | NotGranted, leases: Leases, job: str, session: Session) -> Answer:
    """
    Go on with a job by what a person's word has found of it; the person reads the answer.

    Raises as `carry` does, and RequestError.
    """
    return _to_the_end(Claimed(found, job, None, leases, is_read=True), session)


def join(job: str, session: Session, *, counted: int = 0) -> Claimed | Answer | None:
    """
    Go on with a job whose parts have all come to their end; return None if they have not.

    An invocation that began with this before may have died. If the job has ended, its answer is
    returned. This invocation may have been `counted` once already, as a part's. Raises as `carry`
    does.
    """
    leases = leases_of(job, session)
    state = leases.job_state()
    if state.end is not None:
        return Answer(state.end.answer, state.end.why)
    if state.how == "unknown":
        return None
    if state.departure is None or not state.parts:
        return Claimed(leases.claim(state.next_hop - 1), job, None, leases)
    ends = [state.end for state in states_of_parts(job, state.parts, session).values()]
    ended = [end for end in ends if end is not None]
    if len(ended) < len(ends):
        return None
    where = f"the state of the job {job}"
    kept = job_of_continuation(state.departure.continuation, session, where)
    parts = [job_of_continuation(end.continuation, session, where) for end in ended]
    whole = joined(kept, parts, counted=counted)
    if not counted:  # the parts may have ended long ago, and named keys may be left
        whole = replace(whole, judged=True)
    told = of_parts(kept, [end.answer for end in ended], "continued", "its parts have ended")
    found = leases.gather(whole.hop, continuation.seal(whole), told)
    return Claimed(found, job, whole, leases)


def _join_again(job: str, session: Session) -> Claimed | Answer | None:
    """
    Do as `join` does for a part whose event comes again, and try the job's failed keys again.

    The part may have been the last: there the job's bad end was raised, so Function Compute repeats
    its event. Raises as `carry` does.
    """
    leases = leases_of(job, session)
    end = leases.job_state().end
    if end is None:
        return join(job, session)
    return Claimed(leases.claim(end.hop), job, None, leases)


def finish(claimed: Claimed | Answer | None, session: Session) -> Answer | None:
    """Do what was claimed for a person, if anything was; raises as `carry` does."""
    if isinstance(claimed, Claimed):
        return _to_the_end(replace(claimed, is_read=True), session)
    return claimed


def _to_the_end(claimed: Claimed, session: Session) -> Answer:
    """Do the claimed hop, and what follows from it: a job's last part leads to the whole job."""
    step: Claimed | Answer = claimed
    while isinstance(step, Claimed):
        step = _next_step(replace(step, is_read=claimed.is_read), session)
    return step


def _next_step(claimed: Claimed, session: Session) -> Claimed | Answer:
    found, job = claimed.found, claimed.job
    if isinstance(found, NotGranted):
        return _answer_not_granted(found, claimed, session)
    work = found.work or (begun(found, claimed.work, session) if claimed.work is not None else None)
    if work is None:
        raise RequestError(f"the state of the job {job} is gone; {ordering_anew(job)}")
    if claimed.work is not None and work.applies is not None:
        from ossweep.jobs.plans import narrowed  # noqa: PLC0415 - for plans

        work = narrowed(work, claimed.work)
    with ends.told_in_errors(work.job, session):
        done = Hop(found, claimed.leases, session).do(work)
    if isinstance(done, BranchEnded):
        ends.decided(done.said, session, is_part=True)
        whole = join(done.whole, session, counted=1)
        return whole or _deliver(done.said, work, claimed, session)
    ends.decided(done, session)
    return _deliver(done, work, claimed, session)


def _answer_not_granted(found: NotGranted, claimed: Claimed, session: Session) -> Claimed | Answer:
    """Call those invocations that may not have been called, and return how the job is."""
    job, work = claimed.job, claimed.work
    whole: Claimed | Answer | None = None
    try:
        for sealed in found.resend:
            hand_over(sealed, found.epoch, session)
        if found.parts:
            whole = _answer_by_parts(found, job, session)
    except HandoverError as error:
        lost = handover_error(error, job, found.resend[0] if found.resend else None)
        lost.answer = {**found.answer, **UNDECIDED} if found.answer else None
        raise lost from None
    if found.part_of is not None:
        whole = _join_again(found.part_of, session)
    if isinstance(whole, Claimed):
        return replace(whole, work=whole.work or work)
    said = whole or Answer(found.answer or {}, found.why)
    if found.reply is not None:
        replies.tell_of(found.reply, job, said.document, session)
        work = replace(work, reply=None) if work is not None else None
    if work is not None and said.document:
        said = _deliver(said, work, claimed, session)
    if said.document.get("status") in {"stopped", "incomplete"} or said.is_unread:
        return said
    # A repetition gets an answer and no exception: its source need not send it again.
    bucket = work.bucket if work is not None else None
    reason = found.reason if work is None else f"{found.reason}, and this event asks for the same"
    if work is not None and work.applies is not None:
        reason = f"{reason}; {asking(job)} tells what becomes of it"
    return Answer(ignored(reason, job, bucket, dry_run=session.settings.dry_run))


def _answer_by_parts(found: NotGranted, job: str, session: Session) -> Claimed | Answer | None:
    """
    Call the missing invocations of a job's parts; return its answer, if they decide it.

    A part that is dead, or has stopped by itself, is so no longer as far as anybody can tell.
    """
    parts = {each["job"]: each for each in found.parts}
    states = states_of_parts(job, parts, session)
    for part in call_missing(parts, states, session, anew=found.is_lost):
        state = states[part]
        if state.how in {"dead", "stopped"}:
            note_call(part, state, session)
            states[part] = replace(state, how="continued")
    if all(state.how == "ended" for state in states.values()):
        return join(job, session)
    stopped = [state for state in states.values() if state.how == "stopped"]
    return _answer_of_stopped(found, stopped[-1]) if stopped else None


def _answer_of_stopped(found: NotGranted, part: JobState) -> Answer | None:
    """Return the answer of a job one of whose parts has stopped: it goes on no further."""
    if part.answer is None or part.departure is None:
        return None
    reason = f"{part.answer['job']}: {part.answer['reason']}"
    document = {**(found.answer or part.answer), "status": "stopped", "reason": reason}
    return Answer({**document, "next": None}, part.departure.why)


def _whole_at_rest(whole: str, session: Session) -> Mapping[str, Any] | None:
    """
    Return the answer of a job in parts that has not ended, if nobody goes on with it.

    A part asks this after it has written how it is left, so of two parts the later one sees both.
    Raises UndoneError, and what `order` does.
    """
    where = f"the state of the job {whole}"
    try:
        state = leases_of(whole, session).job_state()
        split, parts = state.departure, state.parts
        looks = states_of_parts(whole, parts, session) if parts else {}
    except (StoreError, Closed) as error:
        raise UndoneError(f"{where}: its answer was not written: {error or NO_TIME}") from None
    if split is None or any(state.how not in _AT_REST for state in looks.values()):
        return None
    answers = [
        looks[job].answer or so_far(job_of_continuation(each, session, where), "it has not begun")
        for job, each in parts.items()
    ]
    left = [said for said, job in zip(answers, parts, strict=True) if looks[job].how != "ended"]
    if not left:
        return None  # the invocation that joins them answers
    reason = f"{left[0]['job']}: {left[0]['reason']}"
    together = of_parts(
        job_of_continuation(split.continuation, session, where), answers, left[0]["status"], reason
    )
    return as_listed(together, (split.answer or together)["listed"])


def _deliver(said: Answer, work: Work, claimed: Claimed, session: Session) -> Answer:
    """
    Return the answer, and whether nobody reads it, so that a bad end has to be raised.

    The invocation that received the job's event is gone by the last hop, so the last hop raises on
    its behalf, whatever the event's source. A part's end is not the job's, unless nobody goes on
    with the job.
    """
    answer = said.document
    replies.tell(work, answer, session)
    is_part = answer["job"] == work.job and work.part_of is not None
    if work.part_of is not None and work.reply is not None and answer["status"] != "continued":
        whole = _whole_at_rest(work.part_of, session)
        if whole is not None:
            replies.tell(work, whole, session)
    tells = not is_part or answer["continuation"] is not None
    called = work.hop > 0 and work.unfinished == "continue" and not claimed.is_read
    return replace(said, is_unread=called and tells and said.wants_repetition)
