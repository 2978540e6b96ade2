"""The accounts of a job: where each key that was met has ended, and what is left to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.work import Counts, Range, Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ossweep.engine.batches import Batch, Batches, Source
    from ossweep.work import Found

PASSED_KEYS = 1000  # failures ahead of the settled place that a continuation names
FAILURES_NAMED = 100  # the answer names so many; all are counted


@dataclass(frozen=True)
class Outcome:
    """What became of a batch. `undone` are its objects that are still to do."""

    batch: Batch
    counts: Counts
    undone: tuple[Found, ...]


class Accounts:
    """
    Books outcomes in whatever order they come.

    Listed batches settle in the order of the listing, because a continuation lists again from one
    place on. Until all batches before it have settled, a batch's deletions count (those objects
    will not be listed again), and its failures as far as the continuation can name them, to be
    passed by; what it spared does not. Named keys and marker objects settle at once: a continuation
    names those that are left.
    """

    def __init__(self, work: Work, batches: Batches) -> None:
        self._work = work
        self._batches = batches
        self._settled = work.counts
        self._undone: dict[Source, list[Found]] = {"named": [], "marker": []}
        self._early: dict[int, Outcome] = {}  # listed batches, until it is their turn to settle
        self._next = 0
        self._place = batches.start

    def book(self, outcome: Outcome) -> None:
        """Book a batch's outcome."""
        batch = outcome.batch
        del self._batches.out[batch.source, batch.number]
        if batch.place is None:
            self._settled = add(self._settled, outcome.counts)
            self._undone[batch.source] += outcome.undone
            return
        self._early[batch.number] = _slim(outcome)
        while (first := self._early.get(self._next)) and first.batch.place and not first.undone:
            self._settled = add(self._settled, first.counts)
            self._place = first.batch.place
            del self._early[self._next]
            self._next += 1

    @property
    def ahead(self) -> int:
        """Return how many batches have come back before their turn to settle."""
        return len(self._early)

    def counts(self) -> Counts:
        """Return the counts as they stand, of which a continuation would go on."""
        return add(self._settled, *self._early_counts())

    def listed(self) -> int:
        """Return how many keys the job has met: those named, held, listed now and before."""
        work, batches = self._work, self._batches
        # What an earlier invocation met and left is met again, unless others have deleted it.
        met = batches.met if batches.exhausted else max(batches.met, work.unsettled)
        return work.counts.settled + len(work.keys) + len(work.held) + met

    def left(self) -> Work:
        """Return the work that is left, to go on with in another invocation."""
        work, batches = self._work, self._batches
        ranges = list(work.ranges[self._place.number :])
        if ranges:
            ranges[0] = Range(ranges[0].prefix, self._place.after)
        keys = (*(found.key for found in self._open("named")), *work.keys[batches.taken :])
        counts = self.counts()
        passed = [*work.passed, *(f.key for c in self._early_counts() for f in c.failures)]
        held = [found for met_at, found in list(batches.held.values()) if met_at <= self._place]
        markers = (*self._open("marker"), *held)
        return replace(
            work,
            hop=work.hop + 1,
            clock=batches.clock,
            keys=keys,
            ranges=tuple(ranges),
            held=markers,
            passed=tuple(key for key in passed if _is_ahead(key, ranges)),
            unsettled=max(0, self.listed() - counts.settled - len(keys) - len(markers)),
            counts=add(counts, Counts(unanswered=self._unheard_of())),
        )

    def _early_counts(self) -> list[Counts]:
        """Return what counts already of the batches that wait for their turn to settle."""
        counted, room = [], PASSED_KEYS
        for early in self._early.values():
            counts = Counts(
                deleted=early.counts.deleted,
                bytes=early.counts.bytes,
                unanswered=early.counts.unanswered,
            )
            if early.counts.failed <= room:
                room -= early.counts.failed
                counts = replace(counts, failed=early.counts.failed, failures=early.counts.failures)
            counted.append(counts)
        return counted

    def _open(self, source: Source) -> list[Found]:
        """Return what batches have taken up and not done, whether or not they have come back."""
        return [
            *self._undone[source],
            *(found for batch in self._out(source) for found in batch.objects),
        ]

    def _unheard_of(self) -> int:
        """Return how many listed objects were taken up and have not come back in any way."""
        return sum(len(batch.objects) for batch in self._out("listed"))

    def _out(self, source: Source) -> list[Batch]:
        # A request that was given up may still run, and so may the thread that lists.
        return [batch for batch in list(self._batches.out.values()) if batch.source == source]


def _slim(outcome: Outcome) -> Outcome:
    """Return an outcome without the objects of its batch, of which many may have to wait."""
    return replace(outcome, batch=replace(outcome.batch, objects=()), undone=outcome.undone[:1])


def _is_ahead(key: str, ranges: Iterable[Range]) -> bool:
    return any(key.startswith(each.prefix) and key > each.after for each in ranges)


def add(total: Counts, *more: Counts) -> Counts:
    """Return the sum of counts; of the failures, the first hundred keep their names."""
    every = (total, *more)
    return Counts(
        deleted=sum(counts.deleted for counts in every),
        bytes=sum(counts.bytes for counts in every),
        failed=sum(counts.failed for counts in every),
        failures=tuple(f for counts in every for f in counts.failures)[:FAILURES_NAMED],
        skipped=_tally(counts.skipped for counts in every),
        planned=sum(counts.planned for counts in every),
        unanswered=sum(counts.unanswered for counts in every),
    )


def _tally(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
