"""
Sights: what looks ahead have shown, for the batches that come next in their ranges.

A look asks for a thousand keys, and the batch it is for may have far fewer. Those behind it have
often grown as old, and one request shows them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from ossweep.store.asking import Looked
from ossweep.store.review import OLDEST_LISTING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.objects import Listed

MOST = 64  # that are kept; where ten thousand objects go in a second, fifty are young enough


@dataclass(frozen=True)
class Sight:
    """
    A page: when each object behind a place, up to and with the `end`, was written.

    Without an `end` it is the last. `left` are the seconds of the invocation that were left when it
    was asked for.
    """

    after: bytes
    end: bytes | None
    written: Mapping[str, int]
    left: float

    def is_old(self, left: float) -> bool:
        """Tell whether it is too old to delete by when so many seconds are left."""
        return self.left - left > OLDEST_LISTING

    def of(self, keys: Sequence[str]) -> Looked | None:
        """Return what it shows of keys, if all of them lie in it."""
        first, last = min(keys).encode(), max(keys).encode()
        if first <= self.after or (self.end is not None and self.end < last):
            return None
        there = {key: self.written[key] for key in keys if key in self.written}
        return Looked(there, dict.fromkeys(keys, self.left))


class Sights:
    """
    The last sight of each range, while it is young enough to delete by. Threads share them.

    What it shows grows no younger by being used: `left` stays what it was.
    """

    def __init__(self) -> None:
        self._last: dict[Listed, Sight] = {}
        self._lock = Lock()

    def keep(self, listed: Listed, sight: Sight) -> None:
        """Keep a sight of a range instead of the one before, and drop those of no use any more."""
        with self._lock:
            self._last.pop(listed, None)
            self._last[listed] = sight
            for each, known in list(self._last.items()):  # in the order in which they came
                if len(self._last) <= MOST and not known.is_old(sight.left):
                    return
                del self._last[each]

    def of(self, keys: Sequence[str], listed: Listed, left: float) -> Looked | None:
        """Return what the sight of a range shows of keys, if it is there and holds all of them."""
        sight = self._last.get(listed)
        return None if sight is None or sight.is_old(left) else sight.of(keys)
