"""Whose turn it is to be deleted from: the batches that wait to be taken up."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterator

    from ossweep.engine.accounts import Accounts
    from ossweep.engine.batches import Batch
    from ossweep.engine.frontier import Frontier
    from ossweep.engine.span import Span
    from ossweep.engine.throttle import Lane, Throttle

AHEAD = 64  # batches of a range that may come back before one ahead of them has


@dataclass(frozen=True)
class Due:
    """A batch that may be taken up, first in its queue."""

    queue: deque[Batch]
    lane: Lane
    span: Span | None = None


class Turns:
    """
    Named keys and marker objects go before ranges, which take turns among each other.

    `taken` counts the objects that have been taken up to be asked for. The job's holder may take up
    as many as it has reserved; `starved` tells whether batches wait for nothing but the next
    checkpoint, which reserves more.
    """

    def __init__(
        self, by_name: deque[Batch], lane: Lane, frontier: Frontier, throttle: Throttle
    ) -> None:
        self._by_name = by_name
        self._lane = lane  # in which those go
        self._frontier = frontier
        self._throttle = throttle
        self._turn = 1
        self._reserved: float = inf
        self.taken = 0
        self.starved = False

    def reserve(self, taken: int, objects: int) -> None:
        """Let so many objects be taken up beside those that had been at a checkpoint."""
        self._reserved = taken + objects

    @property
    def still_reserved(self) -> int:
        """Objects that may still be taken up; 0 where there is no bound."""
        return 0 if self._reserved == inf else int(self._reserved - self.taken)

    def begin(self, due: Due, objects: int) -> None:
        """Take note that a batch of so many objects has been taken up, to be asked for."""
        self.taken += objects
        if due.span is not None:
            due.span.turn = self._turn
            self._turn += 1

    def counted(self, accounts: Accounts, *, among_ranges: bool) -> Due | None:
        """Return a batch that takes no request."""
        queues = self._queues(accounts, among_ranges=among_ranges)
        return next((due for due in queues if not due.queue[0].keys), None)

    def next(self, accounts: Accounts, *, among_ranges: bool) -> Due | float | None:
        """Return what may be taken up now, or else the seconds until something may."""
        pause = None
        for due in self._queues(accounts, among_ranges=among_ranges):
            wait = self._throttle.wait(due.lane)
            keys = min(len(due.queue[0].keys), due.lane.batch_keys)
            if wait > 0:
                pause = wait if pause is None else min(pause, wait)
            elif self.taken + keys > self._reserved:
                self.starved = True
            else:
                return due
        return pause

    def any(self, accounts: Accounts, *, among_ranges: bool) -> Due | None:
        """Return the batch whose turn it is, whatever it would have to wait for."""
        return next(self._queues(accounts, among_ranges=among_ranges), None)

    def _queues(self, accounts: Accounts, *, among_ranges: bool) -> Iterator[Due]:
        """
        Yield the queues that hold something, in the order in which it is their turn.

        Ranges take turns, so that deletions spread over OSS's partitions; those of which more is
        left more often, so that they end together: the last ones would be in few partitions. Where
        OSS refuses all, others come first.
        """
        # A directory goes when all that lies in it has come back, the directories there included.
        if self._by_name and not (self._by_name[0].source == "marker" and accounts.marking):
            yield Due(self._by_name, self._lane)
        if not among_ranges:
            return
        spans = [span for span in self._frontier.spans if span.ready and len(span.early) < AHEAD]
        left = self._frontier.keys_left
        turns = {
            span: (bool(span.refused), left(span) * (span.turn - self._turn)) for span in spans
        }
        for span in sorted(turns, key=turns.__getitem__):
            yield Due(span.ready, span.lane, span)
