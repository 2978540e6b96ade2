"""The allowance of a checkpoint: how much may be taken up until the next one reserves more."""

from __future__ import annotations

from math import inf


class Allowance:
    """
    How much of something may be taken up, objects or bytes; without a bound, all there is.

    `taken` counts what has been, without what was asked for before and keeps its room. `lacking` is
    what the batches need that wait only for the next checkpoint.
    """

    def __init__(self) -> None:
        self._reserved: float = inf
        self._before = 0  # taken up at the last checkpoint
        self.taken = 0
        self.lacking = 0

    def reserve(self, taken: int, more: float) -> None:
        """Let so much be taken up beside what had been at a checkpoint."""
        self._reserved = taken + more
        self._before = taken

    @property
    def is_bound(self) -> bool:
        """Whether it is not all there is."""
        return self._reserved != inf

    @property
    def left(self) -> int:
        """What may still be taken up; 0 where there is no bound."""
        return int(self._reserved - self.taken) if self.is_bound else 0

    def lacks(self, wanted: int) -> bool:
        """Tell whether so much has to wait for the next checkpoint."""
        return wanted > 0 and self.taken + wanted > self._reserved

    def wanted(self, room: int) -> int:
        """
        Return how much the next checkpoint is to reserve, if a ceiling has so much room.

        That is twice what is lacking now, or was taken up since the last one, and never less than
        what may still be taken up: even if the answer to its writing is lost, it may be there.
        """
        return max(self.left, min(room, 2 * max(self.lacking, self.taken - self._before)))
