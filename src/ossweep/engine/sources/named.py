"""
The keys that an order names.

A key that a person names is asked for as it is, however young its object. A key that a rule names,
or that a repetition asks for once more, is looked at first, and judged by the job's clock like the
objects of a listing. Either way a continuation names what is left, so batches settle in any order.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.engine.draft import Draft
from ossweep.engine.queues import Queue
from ossweep.engine.reads import Question
from ossweep.engine.sources.by_name import ByName
from ossweep.engine.waiting import Waiting
from ossweep.errors import Scope, StoreError
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER, Found, Lot
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.selection import Selection
    from ossweep.engine.sources.shared import Shared
    from ossweep.errors import Closed
    from ossweep.objects import Stretch
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
            takes_young=not shared.work.judges_names,
        )
        self._batches = ByName(Queue(shared.course))
        self._queue_next()

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:  # noqa: ARG002 - needs no calm
        """Look at keys, as many at once as pages would be, and queue those that may go."""
        reads, tagging = self._reads, self._shared.tagging
        while (
            reads.has_room
            and reads.may_begin(pipeline)
            and not (tagging is not None and tagging.is_crowded)
            and (key := self._looks.next()) is not None
        ):
            look = partial(self._shared.store.find, key)
            question = Question(key, look, partial(self._show, key), partial(self._fail, key))
            reads.begin(pipeline, question)
        if (batch := self._looks.cut(reads.seconds_left)) is not None:
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

    def _show(self, key: str, found: Found | None, left: float) -> None:
        judge, fail = partial(self._judge, key, left), partial(self._fail, key)
        self._shared.ask_about(found, left, judge, fail)

    def _judge(self, key: str, left: float, found: Found | None) -> None:
        reason = self._looks.judge(key, found, left)
        if reason is not None:
            self._books.skip(key, reason)

    def _fail(self, key: str, error: Closed | StoreError) -> None:
        self._looks.has_failed(key, error)


class Looks:
    """
    Looks at named keys, and makes batches of those that are there and may go.

    If it `takes_young`, as for a dry run of a person's first order, no key stays for its age. The
    `doubted` keys were asked for before, and have their room below the ceiling already. They go
    first, so that none waits behind a key without room. Several looks may be under way at once. A
    key stays among `names` until it is in a batch or has been skipped, so a look that never comes
    back leaves it to be done.
    """

    def __init__(
        self,
        selection: Selection,
        keys: Iterable[str] = (),
        doubted: Iterable[str] = (),
        *,
        takes_young: bool = False,
    ) -> None:
        self._selection = selection
        self._doubted = frozenset(doubted)
        self._takes_young = takes_young
        self._waiting = Waiting(sorted(keys, key=lambda key: key not in self._doubted))
        self._under_way: dict[str, None] = {}
        self._refused: dict[str, None] = {}  # keys whose look OSS has refused
        self._draft = Draft()

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that are neither in a batch nor skipped."""
        chosen = (found.key for found in self._draft.found)
        return (*chosen, *self._under_way, *self._waiting.all, *self._refused)

    @property
    def refused(self) -> tuple[str, ...]:
        """The keys whose look OSS has refused, or would."""
        return (*self._refused, *self._waiting.kept_back)

    @property
    def ended(self) -> bool:
        """Whether no key waits for a look, and none is under way."""
        return not (self._waiting or self._under_way)

    def next(self) -> str | None:
        """Return the key to look at next, if there is one and the ceiling allows it."""
        if not self._waiting:
            return None
        if not self._has_room(self._waiting.first, None):
            return None
        key = self._waiting.take()
        self._under_way[key] = None
        return key

    def has_failed(self, key: str, error: Closed | StoreError) -> None:
        """Take note that a look has shown nothing; what OSS has refused is not tried again."""
        if isinstance(error, StoreError) and error.scope is Scope.KEYS:
            del self._under_way[key]
            self._refused[key] = None
            self._waiting.was_refused()
        else:
            self._give_back(key)

    def judge(self, key: str, found: Found | None, left: float) -> str | None:
        """Judge a key; return why it is skipped, if it is. Raises StoreError without a clock."""
        self._waiting.was_shown(key)
        dates = self._selection.dates_now() if found is not None else None
        reason = self._reason_to_skip(key, found)
        if reason is None and not self._has_room(key, found):
            self._give_back(key)
            return None
        del self._under_way[key]
        goes = found if reason is None else None
        if key in self._doubted:
            self._selection.room_left.settle_doubt(key, goes)
        if goes is not None:
            if key not in self._doubted:
                self._selection.room_left.take(goes)
            self._draft.add(goes, left, dates)
        return reason

    def cut(self, left: float) -> Batch | None:
        """Return a batch, if it is time for one; `left` are the seconds left."""
        batch = self._draft.cut(left, fills=bool(self._under_way))
        if batch is None:
            return None
        return replace(batch, doubt_is_named=True, doubted=self._doubted)

    def _has_room(self, key: str, found: Found | None) -> bool:
        if key in self._doubted:
            return self._selection.room_left.allows_again(key, found)
        return self._selection.has_room(found)

    def _give_back(self, key: str) -> None:
        del self._under_way[key]
        if key in self._doubted:
            self._waiting.give_back(key)
        else:
            self._waiting.give_back_last(key)

    def _reason_to_skip(self, key: str, found: Found | None) -> str | None:
        if found is not None:
            reason = self._selection.reason_to_skip(found)
            is_taken = reason == NEWER and self._takes_young and key not in self._doubted
            return None if is_taken else reason
        return GONE_UNANSWERED if key in self._doubted else GONE
