"""Named keys that are looked at first, and judged by the clock as what a listing shows is."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batches import Batch
from ossweep.errors import Scope, StoreError
from ossweep.objects import GONE, GONE_UNANSWERED, Lot
from ossweep.row import ALIKE
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.engine.batches import Choice
    from ossweep.objects import Found

SOON = 2.5  # seconds after which what was looked at goes; a little later it is looked at again


class Looks:
    """
    Turns named keys into batches of those that are there and may go.

    Those that are `doubted` have been asked for, and have their room below the ceiling already.
    Several looks may be under way at once. A key stays among `names` until it is in a batch or has
    been spared: a look that never comes back leaves it to be done.
    """

    def __init__(
        self, choice: Choice, keys: Iterable[str] = (), doubted: Iterable[str] = ()
    ) -> None:
        self._choice = choice
        self._waiting = deque(keys)
        self._doubted = frozenset(doubted)
        self._under_way: dict[str, None] = {}
        self.refused: dict[str, None] = {}  # keys whose look OSS has refused
        self._row = 0  # of refusals
        self._chosen: list[Found] = []
        self._left = -inf  # seconds that were left when the first of those was looked at

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that are neither in a batch nor spared."""
        chosen = (found.key for found in self._chosen)
        return (*chosen, *self._under_way, *self._waiting, *self.refused)

    @property
    def ended(self) -> bool:
        """Whether no key waits for a look, and none is under way."""
        return not (self._waiting or self._under_way)

    def add(self, keys: Iterable[str]) -> None:
        """Have more keys looked at."""
        self._waiting.extend(keys)

    def next(self) -> str | None:
        """Return the key to look at next, if there is one and the ceiling allows it."""
        if not self._waiting:
            return None
        if self._waiting[0] not in self._doubted and not self._choice.has_room():
            return None
        key = self._waiting.popleft()
        self._under_way[key] = None
        return key

    def has_failed(self, key: str, error: Exception) -> None:
        """Take note that a look has shown nothing; what OSS has refused is not tried again."""
        if isinstance(error, StoreError) and error.scope is Scope.KEYS:
            del self._under_way[key]
            self.refused[key] = None
            self._row += 1
        else:
            self._give_back(key)

    @property
    def are_refused(self) -> bool:
        """Whether so many in a row were refused that others will be."""
        return self._row >= ALIKE

    def _give_back(self, key: str) -> None:
        del self._under_way[key]
        self._waiting.appendleft(key)

    def looked_at(self, key: str, found: Found | None, left: float) -> str | None:
        """Judge a key; return why it is spared, if it is. Raises StoreError without a clock."""
        self._row = 0
        try:
            reason = self._reason_to_spare(key, found)
            has_room = reason is not None or key in self._doubted or self._choice.has_room()
        except Exception:
            self._give_back(key)
            raise
        if not has_room:
            self._give_back(key)
            return None
        del self._under_way[key]
        if found is not None and reason is None:
            if key not in self._doubted:
                self._choice.choose()
            self._left = max(self._left, left) if self._chosen else left
            self._chosen.append(found)
        return reason

    def _reason_to_spare(self, key: str, found: Found | None) -> str | None:
        if found is not None:
            return self._choice.reason_to_spare(found)
        return GONE_UNANSWERED if key in self._doubted else GONE

    def cut(self, left: float) -> Batch | None:
        """
        Return a batch, if a whole one is there, or no look is under way that would fill it in time.

        So many seconds are left. Where looks take long, an invocation would come to nothing else:
        whatever it has looked at would have to be looked at again, and so by the next one.
        """
        is_filling = self._under_way and self._left - left <= SOON
        if not self._chosen or (is_filling and len(self._chosen) < BATCH_KEYS):
            return None
        lot = Lot(tuple(self._chosen[:BATCH_KEYS]))
        del self._chosen[:BATCH_KEYS]
        return Batch("named", lot.keys, lot, left=self._left)
