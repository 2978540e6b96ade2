"""A source of things to delete is one line in the table: the dispatcher takes what it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.engine.dispatcher import Dispatcher
from ossweep.engine.queues import Queue
from ossweep.engine.sources import SOURCES
from ossweep.engine.throttle import Throttle
from ossweep.objects import Found, Lot
from ossweep.work import Range, Work
from unit.memory import Bucket, Hop, MemoryStore
from unit.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.sources.shared import Shared
    from ossweep.objects import Stretch
    from ossweep.work import Counts

ROWS = ("m/1", "m/2", "m/3")


@dataclass
class Rows:
    """A source that the engine does not know: the rows of a list, one batch each."""

    shared: Shared
    waiting: list[str] = field(default_factory=lambda: list(ROWS))
    taken: list[Batch] = field(default_factory=list)
    is_urgent = False
    holds_up = False

    def __post_init__(self) -> None:
        self.queue = Queue(self.shared.course)

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:
        if self.waiting and not self.queue.batches:
            row = Lot((Found(self.waiting.pop(0), 10, 1),))
            self.queue.batches.append(Batch(row.keys, row))

    def ease(self) -> bool:
        return True

    def queues(self) -> Iterable[Queue]:
        return (self.queue,) if self.queue.batches else ()

    def take_up(self, queue: Queue, most: int) -> Batch:
        self.taken.append(queue.take(most))
        return self.taken[-1]

    def settle(self, outcome: Outcome) -> None:
        self.taken.remove(outcome.batch)
        self.shared.books.settle(outcome.counts)

    @property
    def is_untried(self) -> bool:
        return bool(self.waiting or self.queue.batches)

    @property
    def has_batches(self) -> bool:
        return bool(self.taken)

    @property
    def met(self) -> int:
        return len(ROWS) - len(self.waiting)

    @property
    def expected(self) -> int:
        return len(self.waiting) + len(self.queue.batches)

    @property
    def unheard_of(self) -> int:
        return len(self.taken)

    @property
    def bytes_unheard_of(self) -> int:
        return sum(batch.page.bytes for batch in self.taken)

    def bounds(self) -> Iterable[tuple[str, str]]:
        return ((row, row) for row in self.waiting)

    def early(self) -> Sequence[Counts]:
        return ()

    def passed_over(self) -> Iterable[Stretch]:
        return ()

    def rest(self, work: Work) -> Work:
        return work


def dispatcher_with_rows(work: Work, bucket: Bucket) -> Dispatcher:
    """Return a dispatcher whose table has one line more."""
    hop = Hop()
    return Dispatcher(
        work,
        MemoryStore(bucket, hop.gate),
        hop.gate,
        Throttle(hop.clock.monotonic, lambda low, _high: low, 8, None),
        protected=(),
        ceiling=None,
        listings=4,
        most_ranges=64,
        kinds=(*SOURCES, Rows),
    )


def test_a_new_source_is_dispatched_and_accounted_for_beside_the_others() -> None:
    """Its keys are deleted, counted and expected with theirs; a directory waits for it."""
    keys = ("b/1", "b/2")
    work = Work(
        "job",
        "examplebucket",
        keys=("a",),
        ranges=(Range("b/"),),
        held=(Found("m/", 10, 1),),
        null_versions="lose",
    )
    bucket = Bucket.of(("a", *keys, "m/", *ROWS, "stays"))
    dispatcher, pipeline = dispatcher_with_rows(work, bucket), Steps()

    for _ in range(20):
        dispatcher.start(pipeline)  # type: ignore[arg-type] # as far as a dispatcher knows it
        pipeline.let_go()

    asked = [key for batch in bucket.asked for key in batch]
    assert set(bucket.objects) == {"stays"}
    assert asked[-1] == "m/"
    assert dispatcher.accounts.counts().deleted == dispatcher.accounts.listed() == 7
    assert (dispatcher.accounts.expected(), dispatcher.accounts.left().finished) == (0, True)
