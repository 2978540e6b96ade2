"""
Directory markers, the objects that stand for directories: each goes after what lies below it.

Markers that an order names or its ranges meet are deferred until nothing else is left to try. That
may take hours, so each is looked at once more before it goes. On a bucket with a hierarchical
namespace OSS refuses a directory in which something is left: it is deferred once more. The markers
that wait go in rounds, in each the deepest first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.engine.queues import Queue
from ossweep.engine.reads import SOON, Question
from ossweep.engine.sources.by_name import ByName
from ossweep.engine.waiting import Waiting
from ossweep.errors import Closed, Scope, StoreError
from ossweep.objects import GONE, Lot
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ossweep.engine.deferred import Deferred
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.selection import Selection
    from ossweep.engine.sources.shared import Shared
    from ossweep.objects import Found, Stretch
    from ossweep.work import Counts, Work

MOST_REFUSED = 256  # directories that wait for what lies in them, before a round is made between


class Directories:
    """
    Deferred directory markers as a source.

    The source becomes urgent when many directories that OSS has refused wait, so that they stay few
    whatever the size of the job: then a round is made between, and everything else waits for it.
    A branch leaves its markers to the job.
    """

    holds_up = False
    is_untried = False  # nothing waits for directories

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._is_branch = shared.work.part_of is not None
        self._reads = shared.reads
        self._selection = shared.selection
        self._deferred = shared.deferred
        self._round = Round(shared.selection, shared.deferred, shared.work.hop)
        self._batches = ByName(Queue(shared.course), shared.deferred.undone)
        self._is_between = False  # whether a round is made before the rest goes on
        self._most_refused = MOST_REFUSED

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:
        """Look at markers, as many at once as pages would be, or queue those looked at."""
        if not is_idle or not self._begins_or_goes_on():
            return
        reads = self._reads
        while (
            reads.has_room
            and reads.may_begin(pipeline)
            and (key := self._round.next(reads.seconds_left)) is not None
        ):
            look = partial(self._shared.store.find, key)
            question = Question(key, look, partial(self._show, key), partial(self._fail, key))
            reads.begin(pipeline, question)
        if not pipeline.busy and (batch := self._round.cut()) is not None:
            self._batches.queue.batches.append(batch)

    @property
    def is_urgent(self) -> bool:
        """Whether a round between is made, or due."""
        if self._is_between:
            return True
        is_crowded = (
            len(self._deferred) > self._most_refused
            and len(self._deferred.refused) > self._most_refused
        )
        return is_crowded and self._selection.room > 0 and not self._reads.is_over

    def ease(self) -> bool:
        """End a round between that is over; the markers still deferred call for no other."""
        is_over = self._round.is_over or self._selection.room == 0
        if is_over:
            self._most_refused = max(MOST_REFUSED, 2 * len(self._deferred.refused))
            self._is_between = False
        return is_over

    def queues(self) -> Iterable[Queue]:
        """Return the one queue, when all directories that were taken up have come back."""
        # A directory goes when everything in it has come back, the directories there included.
        queue = self._batches.queue
        return (queue,) if queue.batches and not self._batches.taken else ()

    def take_up(self, queue: Queue, most: int) -> Batch:  # noqa: ARG002 - there is only one
        """Take up the first batch, or as much of it as so many keys."""
        return self._batches.take_up(most)

    def settle(self, outcome: Outcome) -> None:
        """Settle a batch's outcome at once."""
        self._batches.take_back(outcome.batch)
        outcome = self._shared.defer_refused(outcome)
        self._shared.books.settle(outcome.counts)
        self._batches.settle(outcome)

    @property
    def has_batches(self) -> bool:
        """Whether a batch waits or is taken up."""
        return self._batches.has_batches

    @property
    def met(self) -> int:
        """How many an earlier invocation has deferred; the others are met where they are listed."""
        return len(self._shared.work.held)

    @property
    def expected(self) -> int:
        """None, beside the keys that lie in them."""
        return 0

    @property
    def unheard_of(self) -> int:
        """How many are taken up."""
        return self._batches.keys_taken

    @property
    def bytes_unheard_of(self) -> int:
        """How many bytes those have."""
        return self._batches.bytes_taken

    def bounds(self) -> Iterable[tuple[str, str]]:
        """Return nothing: the deepest goes first, so none keeps another waiting."""
        return ()

    def early(self) -> Sequence[Counts]:
        """Return nothing: each batch settles as it comes."""
        return ()

    def passed_over(self) -> Iterable[Stretch]:
        """Return what was passed over."""
        return (stretch for stretch, _ in self._batches.passed_over)

    def rest(self, work: Work) -> Work:
        """Return work with the markers that no listing will show again."""
        held = (*self._batches.left(), *self._deferred.out_of_sight())
        return replace(work, held=held) if held or work.held else work

    def _begins_or_goes_on(self) -> bool:
        """Begin a round if it is time for one; return whether there is one."""
        if self.is_urgent:
            if not self._is_between:
                self._is_between = True
                self._round.begin(self._deferred.refused)
            return True
        if self._is_branch or self._shared.is_untried:
            return False
        if self._round.is_over:
            self._round.begin(self._shared.emptied(self._deferred))
        return True

    def _show(self, key: str, found: Found | None, left: float) -> None:
        there = {} if found is None else {key: found}
        judge, fail = partial(self._judge, left), partial(self._fail, key)
        self._shared.ask_about([key], there, left, judge, fail)

    def _judge(self, left: float, keys: Sequence[str], there: Mapping[str, Found]) -> None:
        for key in keys:
            reason = self._round.judge(key, there.get(key), left)
            if reason is not None:
                self._shared.books.skip(key, reason)

    def _fail(self, key: str, error: Closed | StoreError) -> None:
        self._round.has_failed(key, error)
        if not (isinstance(error, StoreError) and error.scope is Scope.KEYS):
            self._is_between = False  # nothing more is asked


class Round:
    """
    A round of markers: each is looked at, judged by what it is now, and put into a batch.

    A marker whose look OSS refuses stays, as do those of the directories that it lies in.
    """

    def __init__(self, selection: Selection, deferred: Deferred, turn: int) -> None:
        self._turn = turn
        self._selection = selection
        self._deferred = deferred
        self._waiting = Waiting()
        self._under_way: set[str] = set()
        self._chosen: list[Found] = []
        self._left = -inf  # seconds that were left when the first of those was looked at
        self._refused: list[str] = []  # whose look OSS has refused, or would, in order

    @property
    def is_over(self) -> bool:
        """Whether all of the round are in a batch, or skipped."""
        return not (self._waiting or self._under_way or self._chosen)

    def begin(self, keys: Iterable[str]) -> None:
        """Begin with keys that are deferred."""
        self._refused = sorted({*self._refused, *self._waiting.kept_back})
        # A key in a directory is longer than the directory's, and sorts after it.
        may_go = (key for key in keys if not self._is_above_refused(key))
        self._waiting = Waiting(sorted(may_go, reverse=True), self._turn)

    def next(self, left: float) -> str | None:
        """
        Return the marker to look at next, if there is one and the ceiling allows it.

        `left` are the seconds left: markers go before they would have to be looked at again.
        """
        if len(self._chosen) + len(self._under_way) >= BATCH_KEYS:
            return None
        if self._chosen and self._left - left > SOON:
            return None
        if not self._waiting or not self._selection.has_room():
            return None
        key = self._waiting.take()
        self._under_way.add(key)
        return key

    def has_failed(self, key: str, error: Closed | StoreError) -> None:
        """Take note that a look has shown nothing; what OSS has refused is not tried again."""
        if isinstance(error, StoreError) and error.scope is Scope.KEYS:
            self._under_way.discard(key)
            insort(self._refused, key)
            self._waiting.was_refused()
            above = [each for each in self._chosen if key.startswith(each.key)]
            self._chosen = [each for each in self._chosen if not key.startswith(each.key)]
            self._selection.room_left.give_back(*above)
        else:
            self._give_back(key)

    def judge(self, key: str, found: Found | None, left: float) -> str | None:
        """Judge a marker; return why it is skipped, if it is. Raises StoreError without a clock."""
        if self._waiting.was_shown(key):
            # It may be above some of those that wait again.
            self._under_way.discard(key)
            self._waiting.give_back_in_order(key)
            return None
        reason = self._selection.reason_to_skip(found) if found is not None else GONE
        if found is not None and reason is None and not self._selection.has_room(found):
            self._give_back(key)
            return None
        self._under_way.discard(key)
        if found is None or reason is not None:
            self._deferred.remove([key])
            return reason
        if self._is_above_refused(key):
            return None
        self._selection.room_left.take(found)
        self._left = max(self._left, left) if self._chosen else left
        self._chosen.append(found)
        return None

    def cut(self) -> Batch | None:
        """Return a batch of those that may go, if there are any."""
        if not self._chosen:
            return None
        objects = Lot(tuple(sorted(self._chosen, key=lambda found: found.key, reverse=True)))
        # Only now: if a look never came back, the others would be neither deferred nor under way.
        self._deferred.remove(objects.keys)
        self._chosen = []
        return Batch(objects.keys, objects, left=self._left)

    def _give_back(self, key: str) -> None:
        self._under_way.discard(key)
        self._waiting.give_back(key)

    def _is_above_refused(self, key: str) -> bool:
        """Tell whether OSS has refused a look at a marker, or at one of those below it."""
        at = bisect_left(self._refused, key)
        return at < len(self._refused) and self._refused[at].startswith(key)
