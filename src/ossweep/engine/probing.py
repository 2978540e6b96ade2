"""Where quotas end that nobody has published: ranges go there one after the other."""

from __future__ import annotations

from math import inf

from ossweep.work import BATCH_KEYS

PARTITION_RATE = 2_000.0  # objects a second, as published
PROBE = 0.1  # seconds from one full batch to the next, in which its refusal comes back
CAREFUL = 2.0  # seconds after a refusal in which ranges that have not been refused are probed
STORM = 8  # refusals by partitions in a row, of whatever ranges: no one partition is the cause


class Probing:
    """
    Spaces the batches of ranges that no quota has refused, while the next may well be refused.

    That is so once a job has asked for as much as a partition has in stock, until the first answer
    of OSS to a deletion; and for a while after each refusal by a partition, because nobody knows
    yet which ranges lie in it. A batch that is refused then tells of its range, and costs one
    refusal instead of as many as are in flight.

    Not safe for threads: its owner holds a lock.
    """

    def __init__(self) -> None:
        self.opens = -inf  # when the next of those batches may start
        self._asked = 0
        self._is_answered = False
        self._is_over = -inf  # when there is no need for care any more
        self._row = 0  # refusals since the last confirmation of something sent after `_row_began`
        self._row_began = -inf

    @property
    def is_storm(self) -> bool:
        """Tell whether refusals come from all over, which says nothing about who shares a quota."""
        return self._row > STORM

    def started(self, objects: int, now: float) -> None:
        """Take note of a batch of a range that no partition's quota has refused so far."""
        self._asked += objects
        is_first = not self._is_answered and self._asked > PARTITION_RATE
        if is_first or now < self._is_over:
            self.opens = now + PROBE * objects / BATCH_KEYS

    def confirmed(self, sent: float) -> None:
        """Take note that something which was sent at this time went through."""
        self.ended()
        if sent >= self._row_began:
            self._row = 0

    def ended(self) -> None:
        """Take note that a deletion has ended, however it did: the first of them ends the care."""
        if not self._is_answered:
            self._is_answered = True
            self.opens = -inf

    def refused(self, now: float) -> None:
        """Take note of a refusal by a partition's quota."""
        self._is_answered = True
        self._is_over = now + CAREFUL
        self.opens = now + PROBE
        if not self._row:
            self._row_began = now
        self._row += 1
