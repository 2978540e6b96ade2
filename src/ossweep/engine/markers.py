"""The marker objects of directories, which go last, each after one more look at it."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batches import BATCH_KEYS, Batch
from ossweep.work import GONE, Lot

if TYPE_CHECKING:
    from ossweep.engine.batches import Choice
    from ossweep.work import Found


class Markers:
    """
    Turns the marker objects that are held into batches.

    What lay below them has been dealt with by then, which may have taken hours: each is judged by
    what it is now.
    """

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._chosen: list[Found] = []
        self._skipped: Counter[tuple[int, str]] = Counter()
        self._looked_at: list[str] = []
        self._left = -inf  # seconds that were left when the first of those was looked at

    def next(self) -> str | None:
        """Return the marker object to look at next, if there is one and the ceiling allows it."""
        key = next(islice(self._choice.held, len(self._looked_at), None), None)
        return key if key is not None and self._choice.has_room() else None

    def looked_at(self, key: str, found: Found | None, left: float) -> None:
        """Judge a marker object."""
        self._left = max(self._left, left) if self._looked_at else left
        self._looked_at.append(key)
        reason = self._choice.reason_to_spare(found) if found else GONE
        if found is None or reason is not None:
            self._skipped[len(self._chosen), reason or GONE] += 1
        else:
            self._choice.choose()
            self._chosen.append(found)

    @property
    def full(self) -> bool:
        """Whether there are enough for a batch."""
        return len(self._chosen) == BATCH_KEYS

    def cut(self) -> Batch | None:
        """Return a batch of what has been looked at, if anything has."""
        if not self._looked_at:
            return None
        lot = Lot(tuple(self._chosen))
        batch = Batch("marker", lot.keys, lot, dict(self._skipped), left=self._left)
        # Only now: a look that never came back would leave the others neither held nor out.
        for key in self._looked_at:
            del self._choice.held[key]
        self._chosen, self._skipped, self._looked_at = [], Counter(), []
        return batch
