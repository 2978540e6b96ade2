"""A settlement: how far the outcomes of a range have come in the order of its listing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from ossweep.engine.batch import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.objects import Stretch
    from ossweep.work import Counts, Range

# Batches of a range that may come back before one ahead of them has. Where they are small, as at a
# low rate, it may be more: as many as hold no more keys, and ten times as many at most.
EARLY = 64


@dataclass(eq=False)
class Settlement:
    """
    The outcomes of a range's batches, and the counts of those whose turn has come.

    `settled` is the key up to which all that was met is settled. `skipped`, `failed`, `planned` and
    `bytes`, those of planned objects, count what was met and settled between the range before it
    and `settled`, deletions apart: a listing of that stretch would meet it again.
    """

    settled: str
    skipped: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    planned: int = 0
    bytes: int = 0
    taken: int = 0  # batches that have been taken up
    booked: int = 0  # of those, how many have settled, each in its turn
    early: dict[int, Outcome] = field(default_factory=dict)  # until it is their turn
    # The stretch that was passed over, if the range holds nothing else: in this sweep, if it is
    # listed, or before, if it waits until everything else has been tried.
    passed_over: Stretch | None = None

    @classmethod
    def of(cls, keys: Range) -> Settlement:
        """Begin with what is left of a range."""
        return cls(
            keys.after,
            Counter(keys.spared),
            keys.failed,
            keys.planned,
            keys.bytes,
            passed_over=keys.passed_over,
        )

    @property
    def is_open(self) -> bool:
        """Whether batches have been taken up and are not settled."""
        return self.booked != self.taken

    @property
    def is_too_early(self) -> bool:
        """Whether nothing more is taken up, until the batch that others wait for has come back."""
        if len(self.early) < EARLY:
            return False
        keys = sum(outcome.counts.settled for outcome in self.early.values())
        return keys >= EARLY * BATCH_KEYS or len(self.early) >= 10 * EARLY

    @property
    def has_counted(self) -> bool:
        """Whether anything that a listing would meet again is counted in it."""
        return bool(self.skipped or self.failed or self.planned)

    def number_next(self) -> int:
        """Return the number of a batch that is taken up."""
        self.taken += 1
        return self.taken - 1

    def settle(self, batch: Batch, counts: Counts) -> None:
        """Take note that a batch, or its first part, is settled: the first that is not."""
        self.skipped.update(counts.skipped)
        self.failed += counts.failed + batch.known_failures
        if counts.planned:
            self.planned += counts.planned
            self.bytes += counts.bytes
        self.settled = batch.place

    def take_over(self, before: Settlement) -> None:
        """Count what has been settled in the stretch before it as well."""
        self.skipped.update(before.skipped)
        self.failed += before.failed
        self.planned += before.planned
        self.bytes += before.bytes

    def part_with(self, outcome: Outcome) -> Settlement:
        """Return a settlement that keeps the next outcome apart; this one goes on behind it."""
        apart = Settlement(
            self.settled,
            self.skipped,
            self.failed,
            self.planned,
            self.bytes,
            taken=1,
            early={0: outcome},
            passed_over=outcome.passed_over,
        )
        self.skipped, self.failed, self.planned, self.bytes = Counter(), 0, 0, 0
        self.settled = outcome.batch.place
        return apart
