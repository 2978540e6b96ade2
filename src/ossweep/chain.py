"""A job over all its invocations: this one's share of it, and who goes on with the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep import replies
from ossweep.answers import Said, as_listed, ignored, of_parts, so_far, wants_repetition
from ossweep.calls import call_missing, hand_over, lost
from ossweep.endings import note
from ossweep.engine.gate import Gate
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
from ossweep.handover.records import Elsewhere, Held
from ossweep.hop import Hop, PartEnded, said_of
from ossweep.job import order, perform
from ossweep.state import ledger_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.calls import Pointer
    from ossweep.handover.ledger import Ledger
    from ossweep.handover.records import Look
    from ossweep.job import App
    from ossweep.work import Work


_AT_REST = frozenset({"ended", "stopped", "released"})  # how a part is that nobody goes on with


@dataclass(frozen=True)
class Claimed:
    """What an invocation has found when it asked for a job: a hop to do, or why there is none."""

    found: Held | Elsewhere
    job: str
    work: Work | None  # that the event itself holds
    ledger: Ledger
    is_read: bool = False  # whether a person waits for the answer


def carry(work: Work, app: App) -> Said:
    """
    Do this invocation's share of a job, and see to it that somebody goes on with the rest.

    Returns the job's answer. Raises SettingsError and PolicyError before anything is deleted,
    UndoneError if another invocation may be at work on it, HandoverError if nobody goes on.
    """
    if app.settings.state is None:
        said = said_of(perform(work, app, Gate(app.budget)))
        replies.tell(work, said.document, app)
        return said
    ledger = ledger_of(work.job, app)
    begun = so_far(work, None)
    found = ledger.claim(work.hop, may_resume=_may_resume(app), answer=begun)
    return _to_the_end(Claimed(found, work.job, work, ledger), app)


def follow(where: Pointer, app: App) -> Said:
    """Go on with what a job's state holds; raises as `carry` does, and RequestError."""
    ledger = ledger_of(where.job, app)
    found = ledger.claim(where.hop, may_resume=_may_resume(app))
    return _to_the_end(Claimed(found, where.job, None, ledger), app)


def _may_resume(app: App) -> bool:
    """Tell whether whoever calls the function directly may give orders by that."""
    return "direct" in app.settings.sources


def resume(job: str, word: str, app: App) -> Said:
    """
    Go on with a job that nobody is at work on, because a person has sent a word of this name.

    Raises as `carry` does, and RequestError.
    """
    ledger = ledger_of(job, app)
    return _to_the_end(Claimed(ledger.resume(word), job, None, ledger, is_read=True), app)


def join(job: str, app: App) -> Claimed | Said | None:
    """
    Go on with a job whose parts have all come to their end; return None if they have not.

    Whoever has begun with that before may have died. If the job has ended, this returns its answer.
    Raises as `carry` does.
    """
    ledger = ledger_of(job, app)
    seen = ledger.look()
    if seen.end is not None:
        return Said(seen.end.answer, seen.end.why)
    if seen.how == "unknown":
        return None
    if seen.left is None or seen.left.how != "split":
        return Claimed(ledger.claim(seen.hops - 1), job, None, ledger)
    ends = [ledger_of(each["job"], app).look().end for each in seen.left.parts]
    ended = [end for end in ends if end is not None]
    if len(ended) < len(ends):
        return None
    where = f"the state of the job {job}"
    kept = order(seen.left.continuation, app, where)
    parts = [order(end.continuation, app, where) for end in ended]
    whole = joined(kept, parts)
    told = of_parts(kept, [end.answer for end in ended], "continued", "its parts have ended")
    found = ledger.gather(whole.hop, continuation.seal(whole), told)
    return Claimed(found, job, whole, ledger)


def _join_again(job: str, app: App) -> Claimed | Said | None:
    """
    Do as `join` does for a part whose event comes again; what has failed of the job is tried again.

    That part may have been the last, whose event Function Compute repeats since the job's end was
    raised there. Raises as `carry` does.
    """
    ledger = ledger_of(job, app)
    end = ledger.look().end
    if end is None:
        return join(job, app)
    return Claimed(ledger.claim(end.hop), job, None, ledger)


def finish(claimed: Claimed | Said | None, app: App) -> Said | None:
    """Do what was claimed for a person, if anything was; raises as `carry` does."""
    if isinstance(claimed, Claimed):
        return _to_the_end(replace(claimed, is_read=True), app)
    return claimed


def _to_the_end(claimed: Claimed, app: App) -> Said:
    """Do what was claimed, and what it leads to: the last part of a job leads to the whole."""
    step: Claimed | Said = claimed
    while isinstance(step, Claimed):
        step = _next_step(replace(step, is_read=claimed.is_read), app)
    return step


def _next_step(claimed: Claimed, app: App) -> Claimed | Said:
    found, job = claimed.found, claimed.job
    if isinstance(found, Elsewhere):
        return _not_mine(found, claimed, app)
    work = found.work or claimed.work
    if work is None:
        raise RequestError(f"the state of the job {job} is gone; send its request anew")
    done = Hop(found, claimed.ledger, app).do(work)
    if isinstance(done, PartEnded):
        return join(done.whole, app) or _told(done.said, work, claimed, app)
    return _told(done, work, claimed, app)


def _not_mine(found: Elsewhere, claimed: Claimed, app: App) -> Claimed | Said:
    """Call who is to go on and may not have been called, and tell how the job is."""
    job, work = claimed.job, claimed.work
    whole: Claimed | Said | None = None
    try:
        for sealed in found.resend:
            hand_over(sealed, found.epoch, app)
        if found.parts:
            called = call_missing(found.parts, app, anew=found.is_lost)
            whole = join(job, app) if called.have_ended else _stopped(found, called.stopped)
    except HandoverError as error:
        raise lost(error, job, found.resend[0] if found.resend else None) from None
    if found.part_of is not None:
        whole = _join_again(found.part_of, app)
    if isinstance(whole, Claimed):
        return replace(whole, work=whole.work or work)
    said = whole or Said(found.answer or {}, found.why)
    if found.reply is not None:
        replies.tell_of(found.reply, job, said.document, app)
        work = replace(work, reply=None) if work is not None else None
    if work is not None and said.document:
        said = _told(said, work, claimed, app)
    if said.document.get("status") in {"stopped", "incomplete"}:
        return said
    # A repetition is answered with what there is to know, and its source need not send it again.
    bucket = work.bucket if work is not None else None
    reason = found.reason if work is None else f"{found.reason}, and this event asks for the same"
    return Said(ignored(reason, job, bucket, dry_run=app.settings.dry_run))


def _stopped(found: Elsewhere, part: Look | None) -> Said | None:
    """Return the answer of a job of which a part has stopped, if one has: it goes on no further."""
    if part is None or part.answer is None or part.left is None:
        return None
    reason = f"{part.answer['job']}: {part.answer['reason']}"
    document = {**(found.answer or part.answer), "status": "stopped", "reason": reason}
    return Said({**document, "next": None}, part.left.why)


def _whole_at_rest(whole: str, app: App) -> Mapping[str, Any] | None:
    """
    Return the answer of a job in parts with which nobody goes on though it has not come to its end.

    A part asks this when it has written how it is left, so that of two the later one sees both.
    Raises UndoneError, and what `order` does.
    """
    where = f"the state of the job {whole}"
    try:
        split = ledger_of(whole, app).look().left
        parts = split.parts if split is not None else ()
        looks = [ledger_of(each["job"], app).look() for each in parts]
    except (StoreError, Closed) as error:
        raise UndoneError(f"{where}: its answer was not written: {error or NO_TIME}") from None
    if split is None or any(seen.how not in _AT_REST for seen in looks):
        return None
    answers = [
        seen.answer or so_far(order(each, app, where), "it has not begun")
        for each, seen in zip(parts, looks, strict=True)
    ]
    left = [each for each, seen in zip(answers, looks, strict=True) if seen.how != "ended"]
    if not left:
        return None  # whoever joins them tells
    reason = f"{left[0]['job']}: {left[0]['reason']}"
    together = of_parts(order(split.continuation, app, where), answers, left[0]["status"], reason)
    return as_listed(together, (split.answer or together)["listed"])


def _told(said: Said, work: Work, claimed: Claimed, app: App) -> Said:
    """
    Return the answer, or raise it: the invocation that received the event is gone by the last hop,
    and nobody reads the answer of a later one, so the last hop raises, whoever has ordered the job.

    What became of one part does not tell what became of the job, unless nobody goes on with it.
    Raises UndoneError.
    """
    answer = said.document
    replies.tell(work, answer, app)
    is_part = answer["job"] == work.job and work.part_of is not None
    if work.part_of is not None and work.reply is not None and answer["status"] != "continued":
        whole = _whole_at_rest(work.part_of, app)
        if whole is not None:
            replies.tell(work, whole, app)
    tells = not is_part or answer["continuation"] is not None
    called = work.hop > 0 and work.unfinished == "continue" and not claimed.is_read
    if called and tells and wants_repetition(said):
        note(said, app.logger)
        sentence = f"job {answer['job']}: {answer['status']}: {answer['reason']}"
        raise UndoneError(sentence, [answer])
    return said
