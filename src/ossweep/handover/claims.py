"""Which hop of a job an event asks for, by what can be seen of the job; no request is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ossweep.handover.records import Elsewhere, End, Held, Place

if TYPE_CHECKING:
    from ossweep.handover.records import Left, Record


@dataclass(frozen=True)
class Seen:
    """All that there is of a job that has not ended."""

    place: Place  # the last one
    record: Record
    age: int  # seconds
    written: int
    left: Left | None
    is_to_stop: bool

    def has_life(self, lease: float) -> bool:
        """Tell whether somebody is at work on it, as far as can be told."""
        return self.left is None and self.age <= lease


def asked(
    seen: Seen | End | None, hop: int, continuation: dict[str, Any] | None
) -> Held | Elsewhere:
    """Return what an event asks for that is about a hop, where no holder of it is alive."""
    if seen is None:
        return Held(Place(hop), continuation)
    if isinstance(seen, End):
        return _asked_again(seen, hop, continuation)
    if hop > seen.place.hop:
        return Held(Place(hop), continuation, died=seen.place.epoch > 1)
    return _overtaking(seen) if seen.left is None else _after(seen.place, seen.left)


def _after(last: Place, left: Left) -> Held | Elsewhere:
    """Return what an event asks for that is about a hop which its holder has left."""
    if left.how == "released":
        return Held(Place(last.hop + 1), left.continuation)
    if left.how == "stopped":
        whole = {**(left.answer or {}), "continuation": left.continuation}
        return Elsewhere("this job was stopped", whole)
    if left.how == "split":
        return Elsewhere("its parts go on with it", left.answer, tuple(left.parts))
    return Elsewhere("its next invocation is called", left.answer, (left.continuation,))


def _asked_again(end: End, hop: int, continuation: dict[str, Any] | None) -> Held | Elsewhere:
    """Return what an event asks for after its job has ended: what failed may be tried once more."""
    if end.continuation is not None:  # a part, whose failures the whole job tells
        return Elsewhere("this job has ended", end.answer, part_of=end.continuation["part_of"])
    is_there = hop == 0 or continuation is not None
    if end.answer["status"] == "incomplete" and hop == end.hop and is_there:
        again = Place(end.hop, end.epoch + 1)
        return Held(again, continuation, began=end.began, died=True)
    return Elsewhere("this job has ended", end.answer)


def gathered(seen: Seen | End | None, hop: int, continuation: dict[str, Any]) -> Held | Elsewhere:
    """Return what the last part of a job asks for: of those that end at once, one is the last."""
    if isinstance(seen, End):
        return Elsewhere("this job has ended", seen.answer)
    return asked(seen, hop, continuation)


def resumed(seen: Seen | End | None) -> Held | Elsewhere:
    """Return what a person asks for who wants a job to go on, where no holder is alive."""
    if seen is None:
        return Elsewhere("there is no such job; if there was one, it has ended long ago")
    if isinstance(seen, End):
        return Elsewhere("this job has ended", seen.answer)
    if seen.left is not None and seen.left.how == "split":
        return _after(seen.place, seen.left)
    if seen.left is not None:
        return Held(Place(seen.place.hop + 1), seen.left.continuation)
    if seen.record.continuation is None:
        return Elsewhere("this job died before its first checkpoint; send its event again")
    return _overtaking(seen)


def _overtaking(seen: Seen) -> Held:
    """Return the hop of a holder that has died."""
    return Held(
        Place(seen.place.hop, seen.place.epoch + 1),
        seen.record.continuation,
        began=seen.record.began or seen.written,
        died=True,
    )
