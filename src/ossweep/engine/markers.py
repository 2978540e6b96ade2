"""The marker objects of directories, which go last, each after one more look at it."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batches import Batch
from ossweep.engine.looks import SOON
from ossweep.errors import Scope, StoreError
from ossweep.objects import GONE, Lot
from ossweep.row import ALIKE
from ossweep.whereabouts import emptied
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.engine.batches import Choice
    from ossweep.objects import Found

MOST_FULL = 256  # directories that wait for what lies in them, before a round is made between


class Markers:
    """
    Turns marker objects that are held into batches, in rounds, and in each the deepest first.

    What lay below them has been dealt with by then, which may have taken hours: each is judged by
    what it is now. Those that OSS does not delete, because something is left in them, are held for
    another round. So that they stay few, whatever the size of the job, rounds are made between,
    too, of those that OSS has refused before. One whose look OSS refuses stays, as do those that it
    lies in.
    """

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._round: deque[str] = deque()
        self._under_way: set[str] = set()
        self._chosen: list[Found] = []
        self._left = -inf  # seconds that were left when the first of those was looked at
        self._most = MOST_FULL
        self._refused: set[str] = set()  # whose look OSS has refused
        self._row = 0  # of refusals
        self.go_on = True  # whether others may be looked at

    @property
    def crowded(self) -> bool:
        """Whether so many directories wait that a round is due."""
        return len(self._choice.held) > self._most and len(self._choice.full) > self._most

    @property
    def over(self) -> bool:
        """Whether all of a round are in a batch, or spared."""
        return not (self._round or self._under_way or self._chosen)

    def begin(self, keys: Iterable[str]) -> None:
        """Begin a round with keys that are held."""
        # Whatever lies in a directory has a longer key, which sorts after the directory's.
        self._round = deque(sorted(self._above_no_refused(keys), reverse=True))

    def end(self) -> None:
        """Take note that a round between is over; those still held are no reason for another."""
        self._most = max(MOST_FULL, 2 * len(self._choice.full))

    def next(self, left: float) -> str | None:
        """
        Return the marker object to look at next, if there is one and the ceiling allows it.

        So many seconds are left: what was looked at goes before it has to be looked at again.
        """
        if len(self._chosen) + len(self._under_way) >= BATCH_KEYS:
            return None
        if self._chosen and self._left - left > SOON:
            return None
        if not self._round or not self._choice.has_room():
            return None
        key = self._round.popleft()
        self._under_way.add(key)
        return key

    def has_failed(self, key: str, error: Exception) -> None:
        """Take note that a look has shown nothing; what OSS has refused is not tried again."""
        if isinstance(error, StoreError) and error.scope is Scope.KEYS:
            self._under_way.discard(key)
            self._refused.add(key)
            self._row += 1
            self.go_on = self._row < ALIKE
            chosen = len(self._chosen)
            self._chosen = [each for each in self._chosen if not key.startswith(each.key)]
            self._choice.put_back(chosen - len(self._chosen))
        else:
            self._give_back(key)
            self.go_on = False

    def _give_back(self, key: str) -> None:
        self._under_way.discard(key)
        self._round.appendleft(key)

    def _above_no_refused(self, keys: Iterable[str]) -> list[str]:
        """Return the keys below which, themselves included, OSS has refused no look."""
        return emptied(keys, ((key, key) for key in self._refused))

    def looked_at(self, key: str, found: Found | None, left: float) -> str | None:
        """Judge a marker object; return why it is spared, if it is. Raises StoreError."""
        self._row = 0
        reason = self._choice.reason_to_spare(found) if found is not None else GONE
        if found is not None and reason is None and not self._choice.has_room():
            self._give_back(key)
            return None
        self._under_way.discard(key)
        if found is None or reason is not None:
            del self._choice.held[key]
            return reason
        if not self._above_no_refused([key]):
            return None
        self._choice.choose()
        self._left = max(self._left, left) if self._chosen else left
        self._chosen.append(found)
        return None

    def cut(self) -> Batch | None:
        """Return a batch of those that may go, if there are any."""
        if not self._chosen:
            return None
        lot = Lot(tuple(sorted(self._chosen, key=lambda found: found.key, reverse=True)))
        # Only now: a look that never came back would leave the others neither held nor out.
        for key in lot.keys:
            del self._choice.held[key]
        self._chosen = []
        return Batch("marker", lot.keys, lot, left=self._left)
