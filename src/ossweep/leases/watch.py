"""
The watch: whether the holder of a hop lives, as the invocation that waits for it can see.

No two clocks are compared: the watcher counts by its own clock for how long it has seen nothing
new. OSS's times say only whether something new was really sent after the first look, or was under
way before. If the watcher is wrong all the same, its claim is looked at again (`Folder.may_hold`).
"""

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
    The looks at a holder so far, each at a time by the clock `now`.

    OSS's front ends tell different times: one may have told the holder a time that lies ahead of
    the time that another tells here.
    """

    now: Callable[[], float]
    sleep: Callable[[float], None]
    _first: Observed | None = field(init=False, default=None)
    _last: Observed | None = field(init=False, default=None)
    _since: float = field(init=False, default=0.0)  # at which it looked as it does, at the latest

    def waits(self, observed: Observed) -> bool:
        """
        Wait after a look that has shown nothing; return whether there was time for it.

        Where there is none, OSS's time decides: a function of a few seconds could never watch for
        as long as a lease. Raises Closed if that says that the holder lives.
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

        A dead holder's last requests may be carried out meanwhile, and are no sign of life. They
        were sent within a lease of the last one that OSS had carried out, and, unless the holder
        was told times that lie ahead, before the first look.
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

        The holder counts its lease from before it sent the last thing that was seen, and a renewal
        would be seen.
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
