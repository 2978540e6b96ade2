"""The dispatcher: starts what may start, and books what has ended."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.accounts import Accounts
from ossweep.engine.books import Books
from ossweep.engine.caution import Caution
from ossweep.engine.deferred import Deferred
from ossweep.engine.latest import Latest
from ossweep.engine.outcomes import delete, planned
from ossweep.engine.planning import PLAIN
from ossweep.engine.queues import Course
from ossweep.engine.reads import Reads
from ossweep.engine.selection import Selection
from ossweep.engine.sources import SOURCES, open_sources
from ossweep.engine.sources.shared import Shared
from ossweep.engine.tagging import Tagging
from ossweep.engine.turns import Due, Turns
from ossweep.errors import Closed, StoreError
from ossweep.objects import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ossweep.engine.batch import Batch
    from ossweep.engine.gate import Gate
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.planning import PlanTerms
    from ossweep.engine.ports import Lists, Store
    from ossweep.engine.room import Room
    from ossweep.engine.source import Source
    from ossweep.engine.throttle import Permit, Throttle
    from ossweep.work import Ceiling, Work


class Dispatcher:
    """
    Lets the sources ask, takes up their batches when it is their turn, and books the outcomes.

    Only the dispatcher's thread is in here, but for what it hands to the pipeline.
    """

    def __init__(  # noqa: PLR0913 - all that a sweep is made of
        self,
        work: Work,
        store: Store,
        gate: Gate,
        throttle: Throttle,
        *,
        protected: tuple[str, ...],
        ceiling: Ceiling | None,
        listings: int,
        most_ranges: int,
        lists: Lists | None = None,
        terms: PlanTerms = PLAIN,
        kinds: Iterable[Callable[[Shared], Source | None]] = SOURCES,
    ) -> None:
        self._is_dry_run = work.dry_run
        self._store = store
        self._gate = gate
        self._throttle = throttle
        self._has_ceiling = ceiling is not None
        self._is_kept = False
        self._is_unrecorded = False  # what a first key shows, which goes alone
        self._booked = 0  # outcomes
        deferred = Deferred(work)
        self._selection = Selection(work, store, protected, ceiling, deferred)
        self._books = Books(work)
        self._reads = Reads(gate, listings)
        self._tagging = Tagging.of(store, gate, throttle, self._reads, self._selection, self._books)
        self._latest = Latest.of(work, store, self._selection, self._selection.choice.keep_latest)
        self.plans = terms.open(work, self._selection)
        self._sources = open_sources(
            Shared(
                work,
                store,
                throttle,
                self._reads,
                self._selection,
                deferred,
                self._books,
                Course(throttle.lane()),
                most_ranges,
                tagging=self._tagging,
                plans=self.plans,
                latest=self._latest,
                lists=lists,
            ),
            kinds,
        )
        self.unseen = self._reads.unseen
        self.caution = Caution.of(work, gate)
        self.turns = Turns(self._sources, throttle, self.plans)
        self.accounts = Accounts(work, self._books, self._selection, self._sources, self.plans)

    @property
    def room(self) -> Room:
        """The room below the ceiling."""
        return self._selection.room_left

    def bytes_to_reserve(self, left: Work) -> int:
        """Return how many bytes a checkpoint of this rest is to reserve; 0 where none counts."""
        room = self.room.bytes_beyond(left)
        return 0 if room is None else self.turns.bytes.wanted(room)

    def reserve(self, taken: tuple[int, int], objects: int, size: int, *, harmless: bool) -> None:
        """
        Let so many objects, and bytes, be taken up beside those `taken` up before a checkpoint.

        After a death they count as asked. `harmless` tells whether the checkpoint says that
        deletions lose nothing for good.
        """
        self._is_kept = True
        self._is_unrecorded = self._is_unrecorded and not harmless
        if self._is_unrecorded and self._gate.harmless:
            return  # the next one will say so
        objects_taken, bytes_taken = taken
        if self._has_ceiling or self._is_unrecorded:
            self.turns.objects.reserve(objects_taken, objects)
        else:
            self.turns.objects.reserve(0, inf)
        if self.room.counts_bytes:
            self.turns.bytes.reserve(bytes_taken, size)

    @property
    def approvals(self) -> int:
        """How many approvals of a plan's parts there are."""
        return self.plans.approvals

    @property
    def has_batches(self) -> bool:
        """Whether anything that was chosen is under way, or waits to be asked for."""
        return any(source.has_batches or any(source.queues()) for source in self._sources)

    def start(self, pipeline: Pipeline) -> float | None:
        """
        Start all that may start: first the reads of each source, then what they let be deleted.

        Return the seconds after which more may start though nothing has ended, if there are any.
        """
        while True:
            before = self._booked
            pause = self._start_once(pipeline)
            # What was booked at once, without a request, may let more begin.
            if pipeline.busy or self._booked == before:
                return pause

    def _start_once(self, pipeline: Pipeline) -> float | None:
        self.turns.starved = False
        if any(source.is_urgent for source in self._sources):
            return self._start_urgent(pipeline)
        self._start_caution(pipeline)
        pause = None
        for source in self._sources:
            source.ask(pipeline, is_idle=pause is None and not pipeline.busy)
            pause = self._start_deletions(pipeline)
            if source.holds_up:
                break
        return self._start_tagging(pipeline, pause)

    def _start_tagging(self, pipeline: Pipeline, pause: float | None) -> float | None:
        """Look at tags where deletions leave room; return the seconds until more may start."""
        if self._tagging is None:
            return pause
        other = self._tagging.start(pipeline)
        return min((each for each in (pause, other) if each is not None), default=None)

    def _start_urgent(self, pipeline: Pipeline) -> float | None:
        """Let only the urgent source ask, when all that is under way has come back."""
        source = next(each for each in self._sources if each.is_urgent)
        pause = self._start_deletions(pipeline)
        if pause is None and not pipeline.busy:
            source.ask(pipeline, is_idle=True)
            pause = self._start_tagging(pipeline, self._start_deletions(pipeline))
            if pause is None and not pipeline.busy and source.ease():
                return self._start_once(pipeline)
        return pause

    def _start_caution(self, pipeline: Pipeline) -> None:
        """Look at the bucket, beside the first listing, before anything is deleted."""
        if self.caution.due:
            self.caution.due = False
            pipeline.start(self._look_at_bucket, self._book_bucket)

    def _look_at_bucket(self) -> str | Closed | StoreError:
        """Ask for the bucket's versioning; in a thread."""
        try:
            return self._store.versioning()
        except (Closed, StoreError) as error:
            return error

    def _book_bucket(self, found: str | Closed | StoreError) -> None:
        if not isinstance(found, Closed):
            self.caution.looked_at(found)
        if not self.caution.settled:
            self._reads.end()
        if self._gate.singly and self._is_kept:
            # The first key goes alone, and is on record before it goes: else each invocation that
            # dies before it can tell would let one more go.
            self._is_unrecorded = True
            if not self._has_ceiling:
                self.turns.reserve_no_more()

    def _start_deletions(self, pipeline: Pipeline) -> float | None:
        """Take up batches while they may go; return the seconds until one may, if any waits."""
        due = self._due(pipeline.in_flight)
        while isinstance(due, Due):
            course = due.queue.course
            most = min(course.lane.batch_keys, self._books.together)
            if self._gate.singly and self._is_kept and not self._gate.refused:
                most = 1  # what it shows goes on record before any other goes
            batch = due.source.take_up(due.queue, most)
            if self._is_dry_run or not batch.keys:
                if self.plans.planning is not None and not batch.is_listed:
                    self.plans.planning.meet_named(batch)
                self._book(due, planned(batch))
            else:
                self.plans.take_up(batch)
                self.turns.begin(due.queue, batch)
                self.caution.begins()
                permit = self._throttle.start(course.lane, len(batch.keys))
                shown, counts = self._shown(due, batch), self.room.counts_bytes
                pipeline.start(
                    partial(delete, self._store, batch, permit, shown, counts_bytes=counts),
                    partial(self._book_deletion, due, permit),
                )
            due = self._due(pipeline.in_flight)
        return due

    def _due(self, in_flight: int) -> Due | float | None:
        """Return what may be taken up now, or else the seconds until something may."""
        if self.turns.is_empty:
            return None
        if self._is_dry_run:
            return self.turns.any()
        due = None
        if (
            self._throttle.room() > 0
            and self._gate.admits("batch_delete", in_flight)
            and self.caution.lets_go
        ):
            due = self.turns.next()
            if isinstance(due, Due):
                return due
        return self.turns.counted() or due

    def _shown(self, due: Due, batch: Batch) -> Shown:
        """Return what is known of the keys of a batch that is taken up."""
        return Shown(
            self._selection.clock,
            batch.left,
            listed=due.queue.listed,
            refused=due.queue.course.refused,
            doubted=batch.doubted and batch.doubted.intersection(batch.keys),
            ages=self._selection.reason_of_age if self._selection.choice.has_ages else None,
            again=self._latest or self._selection.choice.again,
        )

    def _book_deletion(self, due: Due, permit: Permit, outcome: Outcome) -> None:
        permit.ended()
        self.caution.ended()
        self.plans.hear(outcome)
        if self._is_unrecorded and self._gate.harmless:
            # What the first key has shown goes on record before the others go: an invocation that
            # took over without it would have to stop the job.
            self.turns.reserve_no_more()
        passed_over = outcome.passed_over
        due.queue.course.refused = "" if passed_over is None else passed_over.code
        self._book(due, outcome)

    def _book(self, due: Due, outcome: Outcome) -> None:
        self._booked += 1
        self._books.enter(outcome)
        due.source.settle(outcome)
