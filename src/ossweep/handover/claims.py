"""Which hop of a job an event asks for, by what can be seen of the job; no request is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ossweep.handover.records import Elsewhere, End, Held, Look, Place

if TYPE_CHECKING:
    from ossweep.handover.records import Left, Record


@dataclass(frozen=True)
class Seen:
    """All that there is of a job that has not ended; times are OSS's, in Unix seconds."""

    place: Place  # the last one
    record: Record
    written: int  # when the record was
    alive: int  # when its holder gave the last sign of life
    sent: int  # when the last sign of life was, at least: it may have been carried out later
    now: int  # when the names of what there is were asked for, at least
    latest: float  # when all of it had been read, at most
    left: Left | None
    left_age: int  # seconds
    orders: tuple[str, ...]  # to stop it that stand, by their full names
    # What an earlier holder of a hop has left, if the last one has died without leaving any work.
    before: dict[str, Any] | None = None

    @property
    def has_life(self) -> bool:
        """Whether somebody is at work on it, as far as can be told."""
        return self.left is None and self.now - self.alive <= self.record.lease

    @property
    def rest(self) -> dict[str, Any] | None:
        """The work that is left, as far as anybody has left any."""
        if self.left is not None:
            return self.left.continuation
        return self.record.continuation if self.record.continuation is not None else self.before

    @property
    def is_lost(self) -> bool:
        """Whether its next invocation was called so long ago that it should have begun."""
        return (
            self.left is not None
            and self.left.how in {"continued", "split"}
            and self.left_age > self.record.lease
        )


def asked(
    seen: Seen | End | None,
    hop: int,
    handed: dict[str, Any] | None,
    *,
    may_resume: bool = True,
) -> Held | Elsewhere:
    """
    Return what an event asks for that is about a hop, where nobody is at work.

    How far the job is, its records say and not the event: whoever wrote that may have been anybody.
    Of who has held the last hop the last one counts: an earlier one that has left it since had been
    overtaken. What was `handed` to a part that has not begun stands in the whole job's record.
    """
    if seen is None:
        return Held(Place(hop), handed)
    if isinstance(seen, End):
        return _asked_again(seen, hop)
    if seen.left is None:
        return _overtaking(seen)
    # To send the continuation of a stopped job back is to say that it shall go on, for who may.
    if hop > seen.place.hop and (
        seen.left.how in {"continued", "released"} or (seen.left.how == "stopped" and may_resume)
    ):
        return _next(seen.place, seen.left)
    return _after(seen, seen.left)


def _after(seen: Seen, left: Left) -> Held | Elsewhere:
    """Return what an event asks for that is about a hop which its holder has left."""
    if left.how == "stopped":
        whole = {**(left.answer or {}), "continuation": left.continuation}
        return Elsewhere("this job was stopped", whole, left.why)
    if left.how == "split":
        return Elsewhere(
            "its parts go on with it", left.answer, parts=tuple(left.parts), is_lost=seen.is_lost
        )
    if left.how == "released" or seen.is_lost:
        return replace(_next(seen.place, left), is_repeated=True)
    return Elsewhere(
        "its next invocation is called",
        left.answer,
        resend=(left.continuation,),
        epoch=seen.place.epoch,
    )


def _next(last: Place, left: Left) -> Held:
    return Held(Place(last.hop + 1), left.continuation, answer=left.answer)


def _asked_again(end: End, hop: int) -> Held | Elsewhere:
    """Return what an event asks for after its job has ended: what failed may be tried once more."""
    if end.continuation is not None and end.continuation.get("part_of") is not None:
        # The whole job tells what has become of its parts.
        return replace(_over(end), part_of=end.continuation["part_of"])
    if end.continuation is not None and hop in {0, end.hop}:
        place = Place(end.hop, end.epoch + 1)
        return Held(place, end.continuation, began=end.began, answer=end.answer)
    return _over(end)


def _over(end: End) -> Elsewhere:
    return Elsewhere("this job has ended", end.answer, end.why, reply=end.reply)


def gathered(
    seen: Seen | End | None,
    hop: int,
    continuation: dict[str, Any],
    answer: dict[str, Any] | None = None,
) -> Held | Elsewhere:
    """Return what the last part of a job asks for: of those that end at once, one is the last."""
    if isinstance(seen, End):
        return _over(seen)
    if seen is not None and seen.left is not None and seen.left.how == "split":
        return Held(Place(hop), continuation, answer=answer)
    return asked(seen, hop, continuation)


def resumed(seen: Seen | End | None) -> Held | Elsewhere:
    """
    Return what a person asks for who wants a job to go on, where no holder is alive.

    One that is stopped though what the person can have known was taken back was stopped since.
    """
    if seen is None:
        return Elsewhere("there is no such job; if there was one, it has ended long ago")
    if isinstance(seen, End):
        return _over(seen)
    if seen.left is not None and seen.left.how in {"split", "stopped"}:
        return _after(seen, seen.left)
    if seen.left is not None:
        return _next(seen.place, seen.left)
    if seen.record.continuation is None:
        return Elsewhere("this job died before its first checkpoint; send its event again")
    return _overtaking(seen)


def looked_at(seen: Seen | End | None) -> Look:
    """Return how a job is."""
    if seen is None:
        return Look("unknown")
    if isinstance(seen, End):
        return Look("ended", seen.answer, seen.hop + 1, end=seen)
    how: str = seen.left.how if seen.left is not None else "dead"
    if seen.has_life:
        how = "running"
    elif how == "continued" and seen.is_lost:
        how = "lost"
    if how in {"running", "dead"} and seen.record.continuation is None:
        how = f"{how} early"
    last = seen.left or seen.record
    return Look(how, last.answer, seen.place.hop + 1, last.expected, seen.now, seen.left)


def _overtaking(seen: Seen) -> Held:
    """Return the hop of a holder that has died."""
    record = seen.record
    return Held(
        Place(seen.place.hop, seen.place.epoch + 1),
        seen.rest,
        began=_earliest(record.began, seen.written - record.late),
        died=True,
        reserved=record.reserved,
        answer=record.answer,
    )


def _earliest(told: int | None, shown: int) -> int:
    """Return when a job began, which it did no later than its record shows it to be there."""
    return shown if told is None else min(told, shown)
