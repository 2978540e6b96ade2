"""The draft of a batch: objects that were looked at by themselves, and wait for others."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.engine.reads import SOON
from ossweep.objects import Lot
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from ossweep.engine.batch import Dates
    from ossweep.objects import Found

AHEAD = 8 * BATCH_KEYS  # keys that are looked at, or were and wait


class Draft:
    """Objects that may go, of which batches are cut."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self._left = -inf  # seconds that were left when the first of them was looked at
        self._dates: Dates | None = None  # by which it was judged, and the others by later ones

    def add(self, found: Found, left: float, dates: Dates | None) -> None:
        """Take in an object that was looked at with so many seconds left, and judged by dates."""
        if not self.found:
            self._left, self._dates = left, dates
        self._left = max(self._left, left)
        self.found.append(found)

    def cut(self, left: float, *, fills: bool) -> Batch | None:
        """
        Return a batch, if a whole one is there, or if no look under way would fill it in time.

        `left` are the seconds left, and `fills` tells whether more may come. Where looks take long,
        a job that waited for a whole batch would never delete: its looks would grow too old, in
        this invocation and in the next.
        """
        is_filling = fills and self._left - left <= SOON
        if not self.found or (is_filling and len(self.found) < BATCH_KEYS):
            return None
        objects = Lot(tuple(self.found[:BATCH_KEYS]))
        del self.found[:BATCH_KEYS]
        return Batch(objects.keys, objects, left=self._left, dates=self._dates)
