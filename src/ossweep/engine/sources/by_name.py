"""Batches of things that a continuation names: they settle in whatever order they come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.batch import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.queues import Queue
    from ossweep.objects import Found, Stretch


@dataclass
class ByName:
    """Batches that wait, batches that are taken up, and what the others have left undone."""

    queue: Queue
    undone: list[Found] = field(default_factory=list)
    taken: dict[int, Batch] = field(default_factory=dict)
    passed_over: list[tuple[Stretch, frozenset[str]]] = field(default_factory=list)  # and its keys

    def take_up(self, most: int, judge: Callable[[Batch], Batch] = lambda batch: batch) -> Batch:
        """Take up the first batch, or as much of it as so many keys, as it is judged now."""
        batch = judge(self.queue.take(most))
        self.taken[id(batch)] = batch
        return batch

    def take_back(self, batch: Batch) -> None:
        """Take note that a batch which was taken up has come back."""
        del self.taken[id(batch)]

    def settle(self, outcome: Outcome) -> None:
        """Keep what an outcome leaves to be done."""
        self.undone += outcome.undone
        if outcome.passed_over is not None:
            keys = frozenset(found.key for found in outcome.undone)
            self.passed_over.append((outcome.passed_over, keys))

    @property
    def has_batches(self) -> bool:
        """Whether a batch waits or is taken up."""
        return bool(self.taken or self.queue.batches)

    @property
    def keys_taken(self) -> int:
        """How many keys are taken up."""
        return sum(len(batch.keys) for batch in self.taken.values())

    @property
    def bytes_taken(self) -> int:
        """How many bytes those have."""
        return sum(batch.page.bytes for batch in self.taken.values())

    def left(self) -> list[Found]:
        """Return what is not done, whether or not it has been asked for."""
        batches = (*self.taken.values(), *self.queue.batches)
        return [*self.undone, *(found for batch in batches for found in batch.page.objects())]
