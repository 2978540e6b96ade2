"""The line of work: ranges, listing, what is chosen, batches, deletions, accounts."""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from ossweep.engine.accounts import Accounts
from ossweep.engine.batches import Choice
from ossweep.engine.caution import Caution
from ossweep.engine.frontier import Frontier
from ossweep.engine.looks import Looks
from ossweep.engine.markers import Markers
from ossweep.engine.outcomes import delete, planned
from ossweep.engine.turns import Due, Turns
from ossweep.engine.unseen import Unseen
from ossweep.engine.window import Window
from ossweep.errors import Closed, Scope, StoreError
from ossweep.objects import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ossweep.engine.gate import Gate
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.span import Span
    from ossweep.engine.sweep import Store
    from ossweep.engine.throttle import Throttle, Ticket
    from ossweep.objects import Found, Page
    from ossweep.work import Ceiling, Work

# Whether there are more, the seconds it took, and those that were left when it was asked for.
Listed: TypeAlias = "tuple[Page, bool, float, float]"

T = TypeVar("T")


class Line:
    """
    Starts what may start, and books what has ended. Only the dispatcher's thread is in here, but
    for the methods that say otherwise.

    Named keys are taken up first, then what the listing shows, and the marker objects when
    everything else has been dealt with.
    """

    def __init__(  # noqa: PLR0913 - all that the steps of the line share
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
    ) -> None:
        self._dry_run = work.dry_run
        self._is_part = work.part_of is not None
        self._store = store
        self._gate = gate
        self._throttle = throttle
        self._choice = Choice(work, store.clock, protected, ceiling)
        self._named = self._choice.named(work.to_ask_for)
        self._looks = Looks(self._choice, work.to_look_at, work.doubted)
        self._by_name = deque(islice(self._named, 1))  # named keys and markers to be taken up
        self._refused = ""  # the code by which OSS refused the last of those, if it did
        self._frontier = Frontier(work.ranges, throttle)
        self.turns = Turns(self._by_name, throttle.lane(), self._frontier, throttle)
        self._window = Window(start=1, most=listings)  # of listings
        self._listings = 0  # under way
        self._open = 1  # ranges that may be listed at once; where there were many, they stay many
        self._over = False  # nothing is listed any more
        self._markers = Markers(self._choice)
        self.caution = Caution.of(work, gate)
        self._between = False  # whether a round of directories is made before the rest goes on
        self.accounts = Accounts(
            work, self._frontier, self._choice, self._looks, self._by_name, most_ranges
        )
        self.unseen = Unseen()
        self._has_ceiling = ceiling is not None

    @property
    def ceiling_reached(self) -> str | None:
        """Which ceiling has been reached with an object above it, if one has."""
        return self._choice.ceiling_reached

    def reserve(self, taken: int, objects: int) -> None:
        """Let so many objects be taken up after a checkpoint; after a death they count as asked."""
        if self._has_ceiling:
            self.turns.reserve(taken, objects)

    def start(self, pipeline: Pipeline) -> float | None:
        """
        Start all that may start.

        Return the seconds after which more may start though nothing has ended, if there are any.
        """
        self.turns.starved = False
        if self._crowded:
            return self._go_between(pipeline)
        self._start_caution(pipeline)
        self._start_looks(pipeline)
        self._start_deletions(pipeline)  # which lets the listing of their ranges go on
        self._start_listings(pipeline)  # which may end, and leave a last batch to take up
        pause = self._start_deletions(pipeline)
        if not (self._is_part or pause is not None or pipeline.busy or self.accounts.unlisted):
            if self._markers.over:
                self._markers.begin(self.accounts.emptied(self._choice.held))
            self._start_looking(pipeline)
            pause = self._start_deletions(pipeline)
        return pause

    @property
    def _crowded(self) -> bool:
        """Whether so many directories wait that the rest waits for a round of them."""
        return self._between or (self._choice.room > 0 and not self._over and self._markers.crowded)

    def _go_between(self, pipeline: Pipeline) -> float | None:
        """Make a round of directories that wait, when all that is under way has come back."""
        if not self._between and not pipeline.busy:
            self._between = True
            self._markers.begin(self._choice.full)
        pause = self._start_deletions(pipeline)
        if self._between and pause is None and not pipeline.busy:
            self._start_looking(pipeline)
            pause = self._start_deletions(pipeline)
            is_over = self._markers.over or self._choice.room == 0
            if is_over and pause is None and not pipeline.busy:
                self._markers.end()
                self._between = False
                return self.start(pipeline)
        return pause

    def _start_caution(self, pipeline: Pipeline) -> None:
        """Look at the bucket, beside the first listing, before anything is deleted."""
        if self.caution.due:
            self.caution.due = False
            pipeline.start(partial(_asked, self._store.versioning), self._bucket_looked_at)

    def _bucket_looked_at(self, found: str | Closed | StoreError) -> None:
        if not isinstance(found, Closed):
            self.caution.looked_at(found)
        if not self.caution.settled:
            self._end_listing()

    def _start_listings(self, pipeline: Pipeline) -> None:
        if self._by_name or self._over:
            return
        if self._choice.ceiling_reached is not None or not self._gate.admits(
            "list", pipeline.in_flight
        ):
            self._flush()
            return
        if not self._looks.ended:
            return
        self._open = max(self._open, self._window.size)
        while self._listings < self._window.size:
            span = self._frontier.next(self._open)
            if span is None:
                return
            pages = span.pages = span.pages or self._store.pages(span.prefix, span.after)
            span.listing = True
            self._listings += 1
            pipeline.start(partial(self._list, pages), partial(self._listed, span))

    def _list(self, pages: Iterator[tuple[Page, bool]]) -> Listed | Closed | StoreError:
        """Ask for a range's next page; in a thread."""
        left = self._gate.left()
        try:
            page, more = next(pages)
        except (Closed, StoreError) as error:
            return error
        return page, more, left - self._gate.left(), left

    def _listed(self, span: Span, found: Listed | Closed | StoreError) -> None:
        self._listings -= 1
        span.listing = False
        try:
            if isinstance(found, Exception):
                raise found
            page, more, seconds, left = found
            self._window.answered(seconds)
            self._choice.listed(span, self._frontier.take(span, page, more=more), left)
        except Closed:
            self._end_listing()
        except StoreError as error:
            self._listing_failed(span.prefix, error)
            if error.scope is Scope.KEYS:
                self._frontier.deny(span)
        if self._frontier.denies(span):
            self._choice.flush(span)
        if span.drained:
            self._frontier.forget(span)

    def _listing_failed(self, place: str, error: StoreError) -> None:
        """End with a listing that failed, unless others may go on without it."""
        self.unseen.add(place, error)
        if error.scope is not Scope.KEYS:
            self._end_listing()

    def _end_listing(self) -> None:
        # Pages that have failed would say, if they were asked once more, that there is none left.
        self._over = True
        self._flush()

    def _flush(self) -> None:
        for span in self._frontier.spans:
            self._choice.flush(span)

    def _start_deletions(self, pipeline: Pipeline) -> float | None:
        """Take up batches while they may go; return the seconds until one may, if any waits."""
        due = self._due(pipeline.in_flight)
        while isinstance(due, Due):
            most = min(due.lane.batch_keys, self.accounts.together)
            batch, rest = due.queue.popleft().split(most)
            if rest is not None:
                due.queue.appendleft(rest)
            elif batch.source == "named":
                due.queue.extend(islice(self._named, 1))
            batch = self.accounts.take_up(batch)
            if self._dry_run or not batch.keys:
                self.accounts.book(planned(batch))
            else:
                self.turns.begin(due, len(batch.keys))
                self.caution.begins()
                ticket = self._throttle.start(due.lane, len(batch.keys))
                shown = Shown(
                    self._choice.clock,
                    batch.left,
                    is_listing=batch.source == "listed",
                    refused=self._refused if batch.span is None else batch.span.refused,
                )
                pipeline.start(
                    partial(delete, self._store, batch, ticket, shown),
                    partial(self._deleted, ticket),
                )
            due = self._due(pipeline.in_flight)
        return due

    def _due(self, in_flight: int) -> Due | float | None:
        """Return what may be taken up now, or else the seconds until something may."""
        among_ranges = not self._crowded
        if self._dry_run:
            return self.turns.any(self.accounts, among_ranges=among_ranges)
        free = self._throttle.room() > 0 and self._gate.admits("batch_delete", in_flight)
        if free and self.caution.lets_go:
            due = self.turns.next(self.accounts, among_ranges=among_ranges)
            if isinstance(due, Due):
                return due
        else:
            due = None
        return self.turns.counted(self.accounts, among_ranges=among_ranges) or due

    def _deleted(self, ticket: Ticket, outcome: Outcome) -> None:
        ticket.ended()
        self.caution.ended()
        refused = "" if outcome.passed_over is None else outcome.passed_over.code
        if outcome.batch.span is None:
            self._refused = refused
        else:
            outcome.batch.span.refused = refused
        self.accounts.book(outcome)

    def _start_looks(self, pipeline: Pipeline) -> None:
        """Look at named keys, as many at once as pages would be, and delete those that may go."""
        while (
            not self._over
            and self._listings < self._window.size
            and self._gate.admits("list", pipeline.in_flight)
            and (key := self._looks.next()) is not None
        ):
            self._listings += 1
            left = self._gate.left()
            pipeline.start(partial(self._timed_look, key), partial(self._named_shown, key, left))
        if (batch := self._looks.cut(self._gate.left())) is not None:
            self._by_name.append(batch)

    def _timed_look(self, key: str) -> tuple[Found | Closed | StoreError | None, float]:
        """Look at an object, and tell how long that took; in a thread."""
        left = self._gate.left()
        return _asked(partial(self._store.find, key)), left - self._gate.left()

    def _named_shown(
        self, key: str, left: float, shown: tuple[Found | Closed | StoreError | None, float]
    ) -> None:
        found, seconds = shown
        self._listings -= 1
        try:
            if isinstance(found, Exception):
                self._looks.has_failed(key, found)
                raise found
            self._window.answered(seconds)
            reason = self._looks.looked_at(key, found, left)
        except Closed:
            self._end_listing()
        except StoreError as error:
            self._listing_failed(key, error)
            if self._looks.are_refused:
                self._end_listing()
        else:
            if reason is not None:
                self.accounts.spare(key, reason)

    def _start_looking(self, pipeline: Pipeline) -> None:
        """Look at marker objects, as many at once as pages would be, or delete those looked at."""
        while (
            not self._over
            and self._listings < self._window.size
            and self._gate.admits("list", pipeline.in_flight)
            and (key := self._markers.next(self._gate.left())) is not None
        ):
            self._listings += 1
            left = self._gate.left()
            pipeline.start(partial(self._timed_look, key), partial(self._looked_at, key, left))
        if not pipeline.busy and (batch := self._markers.cut()) is not None:
            self._by_name.append(batch)

    def _looked_at(
        self, key: str, left: float, shown: tuple[Found | Closed | StoreError | None, float]
    ) -> None:
        found, seconds = shown
        self._listings -= 1
        try:
            if isinstance(found, Exception):
                raise found
            self._window.answered(seconds)
            reason = self._markers.looked_at(key, found, left)
            if reason is not None:
                self.accounts.spare(key, reason)
        except (Closed, StoreError) as error:
            self._markers.has_failed(key, error)
            if isinstance(error, StoreError):
                self._listing_failed(key, error)
            if not self._markers.go_on:
                self._over, self._between = True, False


def _asked(ask: Callable[[], T]) -> T | Closed | StoreError:
    """Ask, and return what went wrong if anything did; in a thread."""
    try:
        return ask()
    except (Closed, StoreError) as error:
        return error
