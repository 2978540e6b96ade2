"""The keys that wait for a look: where OSS refuses them alike, a few tell of all the others."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ossweep.row import ALIKE

if TYPE_CHECKING:
    from collections.abc import Iterable

PROBES = 3  # of keys whose like OSS refuses


class Waiting:
    """
    Keys in the order in which they are looked at.

    After a hundred looks in a row that OSS has refused, all but three of the others are
    `kept_back`: each would cost a request, and most likely be refused. Those three lie far apart.
    Where one of them is shown, OSS does not refuse them all, and the others wait again.
    """

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._order = tuple(keys)
        self._keys = deque(self._order)
        self._refusals = 0  # in a row
        self.kept_back: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def all(self) -> tuple[str, ...]:
        """Those that are kept back, too."""
        return (*self._keys, *self.kept_back)

    @property
    def first(self) -> str:
        """The key to look at next."""
        return self._keys[0]

    def take(self) -> str:
        """Return the key to look at now."""
        return self._keys.popleft()

    def give_back(self, key: str) -> None:
        """Let a key wait again, of which nothing was learnt."""
        self._keys.appendleft(key)

    def give_back_last(self, key: str) -> None:
        """Let it wait behind all others."""
        self._keys.append(key)

    def was_refused(self) -> None:
        """Take note that OSS has refused a look."""
        self._refusals += 1
        if self._refusals >= ALIKE and len(self._keys) > PROBES and not self.kept_back:
            self._order = keys = tuple(self._keys)
            ends = [len(keys) * part // PROBES - 1 for part in range(1, PROBES + 1)]
            self._keys = deque(keys[end] for end in ends)
            probes = frozenset(self._keys)
            self.kept_back = tuple(key for key in keys if key not in probes)

    def was_shown(self) -> bool:
        """Take note that OSS has answered a look; return whether it lets others wait again."""
        self._refusals = 0
        if not self.kept_back:
            return False
        place = {key: number for number, key in enumerate(self._order)}
        # What was given back since went before all of those.
        self._keys = deque(sorted(self.all, key=lambda key: place.get(key, -1)))
        self.kept_back = ()
        return True
