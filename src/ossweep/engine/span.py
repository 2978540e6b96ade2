"""A range of keys while it is swept: how far it is listed, and how far what was met is settled."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.work import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.accounts import Outcome
    from ossweep.engine.batches import Batch
    from ossweep.engine.splits import Sight
    from ossweep.engine.throttle import Lane
    from ossweep.work import Found, Page


@dataclass(eq=False)
class Span:
    """
    The keys below `prefix` after `after`, up to and with `until`; None is the prefix's end.

    `at` is the key up to which it has been listed, `settled` the one up to which all that was met
    is settled. `spared` and `failed` count what was met and settled between the span before it and
    `settled`, deletions apart: who lists that stretch once more meets it again.
    """

    prefix: str
    after: str
    until: str | None
    lane: Lane
    spared: Counter[str] = field(default_factory=Counter)
    failed: int = 0

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
    skipped: Counter[str] = field(default_factory=Counter)  # since that batch
    ready: deque[Batch] = field(default_factory=deque)
    turn: int = 0  # in which a batch was taken up the last time
    taken: int = 0  # batches that have been taken up
    booked: int = 0  # of those, how many have settled, each in its turn
    early: dict[int, Outcome] = field(default_factory=dict)  # until it is their turn
    settled: str = field(init=False)

    def __post_init__(self) -> None:
        self.at = self.settled = self.place = self.cut = self.after

    @classmethod
    def of(cls, keys: Range, lane: Lane) -> Span:
        """Begin with what is left of a range."""
        spared = Counter(keys.spared)
        return cls(keys.prefix, keys.after, keys.until or None, lane, spared, keys.failed)

    @property
    def drained(self) -> bool:
        """Whether all that it holds has been met and settled."""
        dealt_with = self.place == self.at and not self.ready and self.booked == self.taken
        return self.listed and dealt_with

    def rest(self) -> Range:
        """Return what is left of it."""
        return Range(self.prefix, self.settled, self.until or "", dict(self.spared), self.failed)
