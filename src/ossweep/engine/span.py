"""A range of keys while it is swept: how far it is listed, and how far what was met is settled."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ossweep.whereabouts import BEHIND
from ossweep.work import Range, add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.batches import Batch
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.splits import Sight
    from ossweep.engine.throttle import Lane
    from ossweep.objects import Found, Page, Stretch, Unnamed
    from ossweep.work import Counts


@dataclass(eq=False)
class Span:
    """
    The keys below `prefix` after `after`, up to and with `until`; None is the prefix's end.

    `at` is the key up to which it has been listed, `settled` the one up to which all that was met
    is settled. `spared`, `failed`, `planned` and `bytes`, those of planned objects, count what was
    met and settled between the span before it and `settled`, deletions apart: who lists that
    stretch once more meets it again.
    """

    prefix: str
    after: str
    until: str | None
    lane: Lane
    spared: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    planned: int = 0
    bytes: int = 0

    # Its listing.
    at: str = field(init=False)
    pages: Iterator[tuple[Page, bool]] | None = None
    listing: bool = False  # a request for its next page is under way
    listed: bool = False  # there is no next page
    sight: Sight | None = None  # its last page, or one next to it until it has met a page
    expected: tuple[object, int] | None = None  # keys still in it, and by what that was reckoned
    guesses: int = 0  # cuts in a row, the last of them its beginning, not yet looked behind
    misses: int = 0  # cuts at its end behind which there was nothing

    # Its batches.
    place: str = field(init=False)  # the last key that was chosen, held or spared
    cut: str = field(init=False)  # and that of the last batch
    chosen: list[Found] = field(default_factory=list)  # since that batch
    chosen_left: float = 0.0  # seconds that were left when the first page of those was asked for
    page_left: float = 0.0  # and when the last one was
    between: Counter[tuple[int, str]] = field(default_factory=Counter)  # and not chosen, as Batch's
    unnamed: list[tuple[int, str]] = field(default_factory=list)  # and has no name, as Batch's
    behind: deque[Unnamed] = field(default_factory=deque)  # of these, what lies behind `place`
    ready: deque[Batch] = field(default_factory=deque)
    turn: int = 0  # in which a batch was taken up the last time
    refused: str = ""  # the code by which OSS refused the batch that came back last, if it did
    taken: int = 0  # batches that have been taken up
    booked: int = 0  # of those, how many have settled, each in its turn
    early: dict[int, Outcome] = field(default_factory=dict)  # until it is their turn
    settled: str = field(init=False)

    # What of it was passed over, if that is all that it holds: in this sweep, where it is listed,
    # or before, where it waits until everything else has been tried.
    passed_over: Stretch | None = None

    def __post_init__(self) -> None:
        self.at = self.settled = self.place = self.cut = self.after

    @classmethod
    def of(cls, keys: Range, lane: Lane) -> Span:
        """Begin with what is left of a range."""
        span = cls(keys.prefix, keys.after, keys.until or None, lane)
        span.take_over(keys)
        span.passed_over = keys.passed_over
        return span

    def pass_over(self, outcome: Outcome) -> Span:
        """Return what holds the next batch, which was passed over; this one goes on behind it."""
        held = Span(self.prefix, self.settled, outcome.batch.place, self.lane)
        held.take_over(self)
        held.listed, held.taken, held.early = True, 1, {0: outcome}
        held.passed_over = outcome.passed_over
        self.spared, self.failed, self.planned, self.bytes = Counter(), 0, 0, 0
        self.settled = outcome.batch.place
        return held

    def reach_to_end_of(self, after: Span) -> None:
        """Reach over the rest of the range behind what this one holds, if there was nothing."""
        if self.held and self._is_beside(after, after.settled):
            self.until = after.until

    def _is_beside(self, after: Span, place: str) -> bool:
        """Tell whether nothing was met between this one's end and a place of a later one."""
        met = after.spared or after.failed or after.planned
        return self.prefix == after.prefix and self.until == place and not met

    def hold_too(self, after: Span) -> bool:
        """Take what was passed over right behind what this one holds, if it can be told with it."""
        ours, other = self.passed_over, after.passed_over
        both = add(self.early[0].counts, after.early[0].counts)
        if (
            not self._is_beside(after, after.after)
            or ours is None
            or other is None
            or ours.code != other.code
            or len(both.failures) < both.failed
        ):
            return False
        self.early = {0: replace(self.early[0], counts=both)}
        self.until = after.until
        self.passed_over = ours.with_next(other)
        return True

    @property
    def drained(self) -> bool:
        """Whether all that it holds has been met and settled."""
        return self.listed and self.settled_so_far

    @property
    def settled_so_far(self) -> bool:
        """Whether all that has been listed of it is settled."""
        return self.place == self.at and not self.ready and self.booked == self.taken

    @property
    def held(self) -> bool:
        """Whether it holds nothing but what was passed over in this sweep."""
        return self.listed and self.passed_over is not None

    @property
    def bounds(self) -> tuple[str, str]:
        """Two keys between which all lies that is left of it, those two included."""
        if self.held and self.passed_over is not None:
            return self.passed_over.first, self.passed_over.last
        return max(self.prefix, self.settled), self.until or self.prefix + BEHIND

    def settle(self, batch: Batch, counts: Counts) -> None:
        """Take note that a batch, or its first part, is settled: the first that is not."""
        self.spared.update(counts.skipped)
        self.failed += counts.failed + batch.passed
        if counts.planned:
            self.planned += counts.planned
            self.bytes += counts.bytes
        self.settled = batch.place

    def take_over(self, before: Span | Range) -> None:
        """Count what has been settled in the stretch before it as well."""
        self.spared.update(before.spared)
        self.failed += before.failed
        self.planned += before.planned
        self.bytes += before.bytes

    def rest(self) -> Range:
        """Return what is left of it."""
        return Range(
            self.prefix,
            self.settled,
            self.until or "",
            dict(self.spared),
            self.failed,
            self.planned,
            self.bytes,
            self.passed_over,
        )
