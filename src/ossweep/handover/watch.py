"""Whether the holder of a hop lives, as one sees who waits for that: no two clocks are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.handover.claims import Seen


@dataclass
class Watch:
    """
    What has been seen of a holder in several looks, each at a time by the clock `now`.

    OSS's front ends tell different times, so what one has told somebody else may lie ahead of what
    another one tells here.
    """

    now: Callable[[], float]
    _first: Seen | None = field(init=False, default=None)
    _last: Seen | None = field(init=False, default=None)
    _since: float = field(init=False, default=0.0)  # at which it looked as it does, at the latest

    def looked(self, seen: Seen) -> None:
        """Take note of a look that has just been made."""
        if self._first is None or self._first.place != seen.place:
            self._first = seen
        if self._last is None or not _are_alike(self._last, seen):
            self._last, self._since = seen, self.now()

    def shows_life(self, seen: Seen) -> bool:
        """
        Tell whether the holder has given a sign of life since the first look.

        What a dead one had sent may be carried out meanwhile. It had sent nothing for longer than a
        lease after what OSS has carried out; and where its times do not lie ahead of those that are
        told here, nothing after the first look.
        """
        first = self._first
        if first is None:
            return False
        is_new = not _is_ahead(first) and seen.sent > first.latest
        return is_new or seen.sent > (first.sent or first.alive) + first.record.lease

    def shows_death(self, seen: Seen, began: float) -> bool:
        """
        Tell whether a look that began then shows that the holder has stopped, whatever the time is.

        What is told of that here is no use if the holder has been told a later one. But it counts
        its lease from before it sent what was carried out by the last look that showed anything
        new, and a renewal would be seen.
        """
        is_same = self._last is not None and _are_alike(self._last, seen)
        return _is_ahead(seen) and is_same and began - self._since > seen.record.lease


def _is_ahead(seen: Seen) -> bool:
    """Tell whether a sign of life was sent later than it can be by the time that is told here."""
    return seen.sent > seen.latest


def _are_alike(one: Seen, other: Seen) -> bool:
    return (one.place, one.record, one.alive, one.sent) == (
        other.place,
        other.record,
        other.alive,
        other.sent,
    )
