"""A scan: a range of keys while it is swept, and how far it has been listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.engine.backlog import Backlog
from ossweep.engine.queues import Course, Queue
from ossweep.engine.settlement import Settlement
from ossweep.objects import Listed
from ossweep.whereabouts import BEHIND
from ossweep.work import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.splits import Sample
    from ossweep.engine.throttle import Lane
    from ossweep.objects import Page


@dataclass(eq=False)
class Scan:
    """
    The keys below `prefix` after `after`, up to and with `until`; None is the prefix's end.

    Its own fields say how far the range is listed, up to the key `at`: the frontier writes them.
    Its `backlog`, with a `queue`, holds what was listed and waits: the selection fills it, and the
    turns empty it. Its `settlement` holds what settles: the settling writes that.
    """

    prefix: str
    after: str
    until: str | None
    lane: Lane
    settlement: Settlement
    queue: Queue = field(init=False)
    backlog: Backlog = field(init=False)
    at: str = field(init=False)
    pages: Iterator[tuple[Page, bool]] | None = None
    listing: bool = False  # a request for its next page is under way
    listed: bool = False  # there is no next page
    sample: Sample | None = None  # its last page, or one next to it until it has met a page
    expected: tuple[object, int] | None = None  # keys still in it, and by what that was reckoned
    met: int = 0  # keys
    waits: bool = False  # for a survey, before it is cut at a guess
    waited: int = 0  # pages long
    own: int = 0  # keys that were met since the last border
    guesses: int = 0  # cuts in a row, the last of them its beginning, not yet looked behind
    misses: int = 0  # cuts at its end behind which there was nothing
    approved: list[str] = field(default_factory=list)  # borders of stretches found as planned
    carried: frozenset[str] = frozenset()  # those that were before this sweep
    taken: dict[int, str] = field(default_factory=dict)  # the ends of batches that are under way
    begun: str = ""  # the end of the last batch of which anything was asked for

    def __post_init__(self) -> None:
        self.at = self.begun = self.after
        self.queue = Queue(Course(self.lane), Listed(self.prefix))
        self.backlog = Backlog(self.queue, self.after)

    @classmethod
    def of(cls, keys: Range, lane: Lane) -> Scan:
        """Begin with what is left of a range."""
        scan = cls(keys.prefix, keys.after, keys.until or None, lane, Settlement.of(keys))
        scan.approved, scan.carried = [*keys.approved], frozenset(keys.approved)
        return scan

    @classmethod
    def between(cls, prefix: str, after: str, until: str | None, lane: Lane) -> Scan:
        """Begin with keys of which nothing has been met."""
        return cls(prefix, after, until, lane, Settlement(after))

    @property
    def drained(self) -> bool:
        """Whether all that it holds has been met and settled."""
        return self.listed and self.settled_so_far

    @property
    def settled_so_far(self) -> bool:
        """Whether all that has been listed of it is settled."""
        is_taken_up = self.backlog.place == self.at and not self.queue.batches
        return is_taken_up and not self.settlement.is_open

    @property
    def is_kept_apart(self) -> bool:
        """Whether it holds nothing but what was passed over in this sweep."""
        return self.listed and self.settlement.passed_over is not None

    @property
    def asked(self) -> str:
        """Up to where something may have been asked for, in this sweep or before."""
        return max(self.begun, *self.taken.values()) if self.taken else self.begun

    @property
    def bounds(self) -> tuple[str, str]:
        """Two keys between which everything left of it lies, those two included."""
        passed_over = self.settlement.passed_over
        if self.listed and passed_over is not None:
            return passed_over.first, passed_over.last
        return max(self.prefix, self.settlement.settled), self.until or self.prefix + BEHIND

    def rest(self) -> Range:
        """Return what is left of it."""
        so_far = self.settlement
        return Range(
            self.prefix,
            so_far.settled,
            self.until or "",
            dict(so_far.skipped),
            so_far.failed,
            so_far.planned,
            so_far.bytes,
            so_far.passed_over,
            tuple(each for each in self.approved if each > so_far.settled),
        )
