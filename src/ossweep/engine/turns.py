"""The turns: which of the batches that wait is taken up next."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.allowance import Allowance
from ossweep.engine.planning import NO_PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.planning import Plans
    from ossweep.engine.queues import Queue
    from ossweep.engine.source import Source
    from ossweep.engine.throttle import Throttle


@dataclass(frozen=True)
class Due:
    """A queue whose first batch may be taken up, and the source that does so."""

    source: Source
    queue: Queue


class Turns:
    """
    Keys known by name go first; the ranges behind them take turns.

    A job with a ceiling may take up as many objects, and bytes, as its last checkpoint has
    reserved; `starved` tells whether batches wait only for the next checkpoint, which reserves
    more. What a plan's application deletes goes only once its approval is `recorded` by one.
    """

    def __init__(
        self, sources: Sequence[Source], throttle: Throttle, plans: Plans = NO_PLANS
    ) -> None:
        self._sources = sources
        self._throttle = throttle
        self._plans = plans
        self.recorded: float = inf  # approvals of a plan that are on record
        self._turn = 1
        self.objects = Allowance()
        self.bytes = Allowance()
        self.starved = False

    @property
    def taken(self) -> tuple[int, int]:
        """How many objects have been taken up, and of how many bytes, if those are counted."""
        return self.objects.taken, self.bytes.taken

    def reserve_no_more(self) -> None:
        """Let nothing more be taken up until the next checkpoint."""
        for allowance in (self.objects, self.bytes):
            if allowance is self.objects or allowance.is_bound:
                allowance.reserve(allowance.taken, 0)

    def begin(self, queue: Queue, batch: Batch) -> None:
        """Take note that a batch has been taken up."""
        self.objects.taken += batch.asked_anew(len(batch.keys))
        if self.bytes.is_bound:
            self.bytes.taken += batch.bytes_anew(len(batch.keys))
        if queue.keys_left is not None:
            queue.turn = self._turn
            self._turn += 1

    @property
    def is_empty(self) -> bool:
        """Whether no batch waits to be taken up."""
        return not any(any(source.queues()) for source in self._sources)

    def counted(self) -> Due | None:
        """Return a batch that takes no request."""
        queues = (queue for source in self._sources for queue in source.queues())
        if all(queue.batches[0].keys for queue in queues):
            return None  # which is usual, and to put the queues in order takes longer
        return next((due for due in self._due() if not due.queue.first.keys), None)

    def next(self) -> Due | float | None:
        """Return what may be taken up now, or else the seconds until something may."""
        pause = None
        self.bytes.lacking = 0
        for due in self._due():
            course = due.queue.course
            wait = self._throttle.wait(course.lane)
            if wait > 0:
                pause = wait if pause is None else min(pause, wait)
            elif self._lacks(due, course.lane.batch_keys):
                self.starved = True
            else:
                return due
        return pause

    def _lacks(self, due: Due, keys: int) -> bool:
        """Tell whether so many keys of a batch wait for the next checkpoint, and note its bytes."""
        if not self._plans.lets_go(due.queue, self.recorded):
            return True
        batch = due.queue.first
        lacks = self.objects.lacks(batch.asked_anew(keys))
        if self.bytes.is_bound:
            size = batch.bytes_anew(keys)
            lacks = lacks or self.bytes.lacks(size)
            self.bytes.lacking += size if lacks else 0
        return lacks

    def any(self) -> Due | None:
        """Return the batch whose turn it is, whatever it would have to wait for."""
        return next(self._due(), None)

    def _due(self) -> Iterator[Due]:
        """
        Yield the queues that hold something, in the order in which it is their turn.

        Ranges take turns, so that deletions spread over OSS's partitions. Ranges with more left
        come more often, so that all end together: else the last ones would lie in few partitions.
        Ranges in which OSS refuses everything come last. While a source is urgent, ranges wait.
        """
        ranges: list[Due] = []
        for source in self._sources:
            for queue in source.queues():
                due = Due(source, queue)
                if queue.keys_left is None:
                    yield due
                else:
                    ranges.append(due)
        if any(source.is_urgent for source in self._sources):
            return
        # What is left of a range takes some reckoning.
        yield from sorted(ranges, key=self._rank) if len(ranges) > 1 else ranges

    def _rank(self, due: Due) -> tuple[bool, int]:
        queue = due.queue
        keys_left = queue.keys_left() if queue.keys_left is not None else 0
        return queue.course.refused != "", keys_left * (queue.turn - self._turn)
