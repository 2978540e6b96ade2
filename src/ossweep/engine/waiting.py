"""The keys that wait for a look: where OSS refuses them alike, a few tell of all the others."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ossweep.row import ALIKE, PROBES

if TYPE_CHECKING:
    from collections.abc import Iterable


class Waiting:
    """
    Keys in the order in which they are looked at.

    After a hundred looks in a row that OSS has refused, all but three of the others are
    `kept_back`: each would cost a request, and most likely be refused. Those three lie far apart,
    and are others in each `turn`. Where one of them is shown, OSS does not refuse them all, and the
    others wait again.
    """

    def __init__(self, keys: Iterable[str] = (), turn: int = 0) -> None:
        self._keys = deque(keys)
        self._turn = turn
        self._refusals = 0  # in a row
        self._enough = ALIKE  # of them, after which the others are kept back
        self._places: dict[str, int] = {}  # of the keys, before some of them were kept back
        self._probes: set[str] = set()
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

    def take_in_order(self, most: int, least: int) -> list[str]:
        """Return up to so many keys that stand in order; the first, if fewer than `least` do."""
        run = [self._keys.popleft()]
        while len(run) < most and self._keys and run[-1] < self._keys[0]:
            run.append(self._keys.popleft())
        if len(run) < least:
            self.give_back(*run[1:])
            return run[:1]
        return run

    def give_back(self, *keys: str) -> None:
        """Let keys wait again, in their order, of which nothing was learnt."""
        self._keys.extendleft(reversed(keys))

    def give_back_last(self, key: str) -> None:
        """Let it wait behind all others."""
        self._keys.append(key)

    def give_back_in_order(self, key: str) -> None:
        """Let it wait behind those that were before it."""
        self._wait((*self._keys, key))

    def was_refused(self) -> None:
        """Take note that OSS has refused a look."""
        self._refusals += 1
        if self._refusals >= self._enough and len(self._keys) > PROBES and not self.kept_back:
            keys = tuple(self._keys)
            places = (len(keys) * part // PROBES for part in range(PROBES))
            self._places = {key: number for number, key in enumerate(keys)}
            self._keys = deque(keys[(place + self._turn) % len(keys)] for place in places)
            self._probes = set(self._keys)
            self.kept_back = tuple(key for key in keys if key not in self._probes)

    def was_shown(self, key: str) -> bool:
        """Take note of a look that OSS has answered; return whether it has told of others."""
        self._refusals = 0
        if self.kept_back:
            self._wait(self.all)
            self.kept_back = ()
            self._enough *= 2  # to keep them back, and let them wait again, takes all of them
        is_probe = key in self._probes
        self._probes.discard(key)
        return is_probe

    def _wait(self, keys: Iterable[str]) -> None:
        # What was given back meanwhile went before all of those.
        self._keys = deque(sorted(keys, key=lambda key: self._places.get(key, -1)))
