"""
The keys that an order names.

A key that a person names is asked for as it is, however young its object. A key that a rule names,
or that a repetition asks for once more, is looked at first, and judged by the job's clock like the
objects of a listing; so is each key of an order with conditions. Either way a continuation names
what is left, so batches settle in any order.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.engine.draft import AHEAD
from ossweep.engine.looks import Looks, look_at
from ossweep.engine.queues import Queue
from ossweep.engine.reads import Question
from ossweep.engine.sources.by_name import ByName
from ossweep.engine.tagging import CROWD
from ossweep.objects import Found, Lot
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.sources.shared import Shared
    from ossweep.errors import Closed, StoreError
    from ossweep.objects import Neighbours, Stretch
    from ossweep.work import Counts, Work


class NamedKeys:
    """Named keys as a source: those to ask for at once, and those to look at first."""

    is_urgent = False

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._reads = shared.reads
        self._selection = shared.selection
        self._books = shared.books
        self._to_ask_for = shared.work.to_ask_for
        self._asked_for = 0  # of those, how many are in a batch
        self._unseen = self._unseen_batches()
        self._looks = Looks(
            shared.selection,
            shared.work.to_look_at,
            shared.work.doubted,
            take_young=not shared.work.judges_names,
        )
        self._batches = ByName(Queue(shared.course))
        self._queue_next()

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:  # noqa: ARG002 - needs no calm
        """Look at keys, as many at once as pages would be, and queue those that may go."""
        reads = self._reads
        while (
            reads.has_room
            and reads.may_begin(pipeline)
            and not self._is_far_ahead
            and (keys := self._looks.next())
        ):
            look = partial(look_at, self._shared.store, keys)
            question = Question(keys[0], look, partial(self._show, keys), partial(self._fail, keys))
            reads.begin(pipeline, question)
        while (batch := self._looks.cut(reads.seconds_left)) is not None:
            self._batches.queue.batches.append(batch)

    @property
    def holds_up(self) -> bool:
        """Whether keys wait to be looked at or taken up: until then nothing is listed."""
        waits = bool(self._batches.queue.batches) or not self._looks.ended
        return waits and not self._shared.waits_for_forms

    def ease(self) -> bool:
        """Do nothing: this source is never urgent."""
        return True

    def queues(self) -> Iterable[Queue]:
        """Return the one queue, if a batch waits in it."""
        queue = self._batches.queue
        return (queue,) if queue.batches and not self._shared.waits_for_forms else ()

    def take_up(self, queue: Queue, most: int) -> Batch:
        """Take up the first batch; the next one is made when nothing of it is left."""
        waiting = len(queue.batches)
        batch = self._batches.take_up(most, self._selection.judged_anew)
        if len(queue.batches) < waiting:
            self._queue_next()
        return batch

    def settle(self, outcome: Outcome) -> None:
        """Settle a batch's outcome at once."""
        self._batches.take_back(outcome.batch)
        outcome = self._shared.defer_refused(outcome)
        self._books.settle(outcome.counts)
        if outcome.in_doubt:
            objects = outcome.batch.page.objects()
            self._books.doubt(found for found in objects if found.key in outcome.in_doubt)
        self._batches.settle(outcome)

    @property
    def is_untried(self) -> bool:
        """Whether keys are left that OSS has not refused, in a look or in a stretch."""
        refused = frozenset(self._looks.refused)
        refused = refused.union(*(keys for _, keys in self._batches.passed_over))
        return not refused.issuperset(self._left())

    @property
    def has_batches(self) -> bool:
        """Whether a batch waits or is taken up."""
        return self._batches.has_batches

    @property
    def met(self) -> int:
        """How many keys the order names, as far as they were left to this invocation."""
        return len(self._shared.work.keys)

    @property
    def expected(self) -> int:
        """How many are left."""
        return len(self._left())

    @property
    def unheard_of(self) -> int:
        """None: keys in doubt are named."""
        return 0

    @property
    def bytes_unheard_of(self) -> int:
        """None, as above."""
        return 0

    def bounds(self) -> Iterable[tuple[str, str]]:
        """Return each key that is left, as both ends."""
        return ((key, key) for key in self._left())

    def early(self) -> Sequence[Counts]:
        """Return nothing: each batch settles as it comes."""
        return ()

    def passed_over(self) -> Iterable[Stretch]:
        """Return what was passed over."""
        return (stretch for stretch, _ in self._batches.passed_over)

    def rest(self, work: Work) -> Work:
        """Return work with the keys that are left, and which of them are in doubt."""
        keys = self._left()
        # A batch taken up has been asked for: an invocation that goes on from here is in doubt.
        taken = [batch.page for batch in self._batches.taken.values()]
        sizes = {found.key: found.size for page in taken for found in page.objects()}
        sizes = {**self._books.doubted, **sizes}
        doubted = tuple(key for key in keys if key in sizes)
        counted = doubted if self._shared.work.limit_bytes is not None else ()
        return replace(work, keys=keys, doubted=doubted, sizes={key: sizes[key] for key in counted})

    def _left(self) -> tuple[str, ...]:
        names = (found.key for found in self._batches.left())
        return (*names, *self._looks.names, *self._to_ask_for[self._asked_for :])

    def _queue_next(self) -> None:
        self._batches.queue.batches.extend(islice(self._unseen, 1))

    def _unseen_batches(self) -> Iterator[Batch]:
        """Yield batches of the keys that are not looked at, up to the ceiling."""
        for at in range(0, len(self._to_ask_for), BATCH_KEYS):
            keys = self._to_ask_for[at : at + BATCH_KEYS]
            objects = Lot(tuple(Found(key, 0, 0) for key in keys[: self._selection.room]))
            self._selection.room_left.take(*objects.found)
            self._asked_for += len(objects.found)
            if objects.found:
                yield Batch(objects.keys, objects, doubt_is_named=True)
            if len(objects.found) < len(keys):
                self._selection.room_left.reach()
                return

    @property
    def _is_far_ahead(self) -> bool:
        """Whether so many were looked at that more would grow old before their turn comes."""
        if self._shared.tagging is not None and self._looks.under_way >= CROWD:
            return True
        looked_at = (batch for batch in self._batches.queue.batches if batch.left > -inf)
        waiting = sum(len(batch.keys) for batch in looked_at)
        return waiting >= BATCH_KEYS or self._looks.ahead + waiting >= AHEAD

    def _show(self, keys: Sequence[str], seen: Neighbours | None, left: float) -> None:
        if seen is None:
            self._looks.are_refused_together(keys)
            return
        decided = self._looks.are_shown(keys, seen.decided)
        judge, fail = partial(self._judge, decided, left), partial(self._fail, decided)
        self._shared.ask_about(decided, seen.found, left, judge, fail)

    def _judge(
        self, shown: Sequence[str], left: float, keys: Sequence[str], there: Mapping[str, Found]
    ) -> None:
        self._looks.give_back(shown[len(keys) :])
        for key, reason in self._looks.judge(keys, there, left).items():
            self._books.skip(key, reason)

    def _fail(self, keys: Sequence[str], error: Closed | StoreError) -> None:
        self._looks.has_failed(keys, error)
