"""Whether the holder of a hop lives, as one sees who waits for that: no two clocks are compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.errors import Closed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.leases.decisions import Observed

LOOKS = 1.0  # seconds between two looks at a holder that may be dead


@dataclass
class Watch:
    """
    What has been seen of a holder in several looks, each at a time by the clock `now`.

    OSS's front ends tell different times, so what one has told somebody else may lie ahead of what
    another one tells here.
    """

    now: Callable[[], float]
    sleep: Callable[[float], None]
    _first: Observed | None = field(init=False, default=None)
    _last: Observed | None = field(init=False, default=None)
    _since: float = field(init=False, default=0.0)  # at which it looked as it does, at the latest

    def waits(self, observed: Observed) -> bool:
        """
        Wait after a look that has told nothing; return whether there was the time for it.

        Where there is none, OSS's time decides: a function of a few seconds could never watch for
        as long as a lease. Raises Closed where that tells of life.
        """
        self._take_note(observed)
        try:
            self.sleep(LOOKS)
        except Closed:
            if observed.has_life:
                raise
            return False
        return True

    def _take_note(self, observed: Observed) -> None:
        if self._first is None or self._first.fence != observed.fence:
            self._first = observed
        if self._last is None or not _are_alike(self._last, observed):
            self._last, self._since = observed, self.now()

    def shows_life(self, observed: Observed) -> bool:
        """
        Tell whether the holder has given a sign of life since the first look.

        What a dead one had sent may be carried out meanwhile. It had sent nothing for longer than a
        lease after what OSS has carried out; and where its times do not lie ahead of those that are
        told here, nothing after the first look.
        """
        first = self._first
        if first is None:
            return False
        known = max(first.sent, first.alive)
        is_ahead = first.sent > first.latest
        is_newer = not is_ahead and observed.sent > first.latest
        return is_newer or observed.sent > known + first.record.lease

    def shows_death(self, observed: Observed, began: float) -> bool:
        """
        Tell whether a look that began then shows that the holder has stopped.

        It counts its lease from before it sent what was carried out by the last look that showed
        anything new, and a renewal would be seen.
        """
        is_same = self._last is not None and _are_alike(self._last, observed)
        return is_same and began - self._since > observed.record.lease


def _are_alike(one: Observed, other: Observed) -> bool:
    return (one.fence, one.record, one.alive, one.sent) == (
        other.fence,
        other.record,
        other.alive,
        other.sent,
    )
