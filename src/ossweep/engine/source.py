"""A source of things to delete: what the dispatcher and the accounts know of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.queues import Queue
    from ossweep.objects import Stretch
    from ossweep.work import Counts, Work


class Source(Protocol):
    """
    Things to delete of one kind: how they are found, and how their outcomes are kept.

    The dispatcher lets it ask, takes batches from its queues, and settles their outcomes. The
    accounts ask what has become of everything, and what is left.
    """

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:
        """
        Begin the reads that show more of it, and queue the batches that are there.

        `is_idle` tells that nothing is under way, and that no batch waits for its time.
        """

    @property
    def holds_up(self) -> bool:
        """Whether the sources after it ask for nothing yet."""

    @property
    def is_urgent(self) -> bool:
        """Whether everything else waits, reads and queues alike, until this source is eased."""

    def ease(self) -> bool:
        """Take note that all its batches have come back; return whether it is urgent no more."""

    def queues(self) -> Iterable[Queue]:
        """Return the queues of which a batch may be taken up now."""

    def take_up(self, queue: Queue, most: int) -> Batch:
        """Take up the first batch of a queue, or as much of it as so many keys."""

    def settle(self, outcome: Outcome) -> None:
        """Take note of what has become of a batch that was taken up."""

    @property
    def is_untried(self) -> bool:
        """Whether something of it can still be tried, apart from what OSS refuses."""

    @property
    def has_batches(self) -> bool:
        """Whether a batch of it is taken up and not settled, or waits to be taken up."""

    @property
    def met(self) -> int:
        """How many of it have been met, by this invocation or the one before."""

    @property
    def expected(self) -> int | None:
        """How many are probably left to do; None if it cannot be told."""

    @property
    def unheard_of(self) -> int:
        """How many were taken up, and count as asked for if none of them comes back any more."""

    @property
    def bytes_unheard_of(self) -> int:
        """How many bytes those have. It is looked at where a ceiling counts bytes."""

    def bounds(self) -> Iterable[tuple[str, str]]:
        """Return pairs of keys between which everything left of it lies."""

    def early(self) -> Sequence[Counts]:
        """Return the counts that hold already, though their batches are not settled."""

    def passed_over(self) -> Iterable[Stretch]:
        """Return what was passed over and has not been tried again."""

    def rest(self, work: Work) -> Work:
        """Return work with what is left of this source in it."""
