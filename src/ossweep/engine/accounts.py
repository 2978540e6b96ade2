"""
The accounts of a job: what has become of each key that was met, and what is left to do.

Each key that was met stands in exactly one place: deleted, failed, skipped, planned, or left. The
books have what is settled; only a source knows what counts before it settles, and what is left. So
everything here is reckoned from books and sources when it is asked for, and nothing is kept twice.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from ossweep.engine.planning import NO_PLANS
from ossweep.work import Counts, Work, add

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.engine.books import Books
    from ossweep.engine.planning import Plans
    from ossweep.engine.selection import Selection
    from ossweep.engine.source import Source
    from ossweep.objects import Stretch


class Accounts:
    """The accounts that the books and the sources of a sweep give at this moment."""

    def __init__(
        self,
        work: Work,
        books: Books,
        selection: Selection,
        sources: Sequence[Source],
        plans: Plans = NO_PLANS,
    ) -> None:
        self._work = work
        self._books = books
        self._selection = selection
        self._sources = sources
        self._plans = plans

    def listed(self) -> int:
        """Return how many keys the job has met: those named, deferred, listed now and before."""
        return self._work.counts.settled + sum(source.met for source in self._sources)

    def counts(self) -> Counts:
        """Return the counts as they stand."""
        early = (counts for source in self._sources for counts in source.early())
        return add(self._books.settled, *early)

    def at_the_end(self) -> Counts:
        """Return the counts when nothing that is still out will come back any more."""
        unheard_of = sum(source.unheard_of for source in self._sources)
        size = 0
        if self._selection.room_left.counts_bytes:
            size = sum(source.bytes_unheard_of for source in self._sources)
        return add(self.counts(), Counts(unanswered=unheard_of, unanswered_bytes=size))

    @property
    def is_in_doubt(self) -> bool:
        """Whether answers of OSS's are missing, and with them perhaps deletions."""
        before = self._work.counts.unanswered
        return self._books.is_in_doubt or self.at_the_end().unanswered > before

    @property
    def has_tried_all(self) -> bool:
        """Whether all that could be tried has been; what OSS refuses may be left."""
        return not any(source.is_untried or source.has_batches for source in self._sources)

    def passed_over(self) -> tuple[Stretch, ...]:
        """Return what was passed over and has not been tried again, in the order of the keys."""
        every = [stretch for source in self._sources for stretch in source.passed_over()]
        return tuple(sorted(every, key=attrgetter("first", "last")))

    def expected(self) -> int | None:
        """Return how many objects are probably left to do; None if it cannot be told."""
        total = 0
        for source in self._sources:
            expected = source.expected
            if expected is None:
                return None
            total += expected
        return total

    def left(self) -> Work:
        """
        Return the work that is left, to go on with in another invocation.

        Its counts are without what that one meets and counts again.
        """
        work = self._work
        left = replace(
            work,
            hop=work.hop + 1,
            clock=self._selection.clock,
            only=self._selection.choice.only,
            at_least=work.at_least or self.is_in_doubt,
            counts=self.at_the_end(),
            reserved_bytes=0,
        )
        for source in self._sources:
            left = source.rest(left)
        left = self._plans.put_into(left)
        known = left.counts.settled + len(left.keys) + len(left.held)
        return replace(
            left,
            unsettled=max(0, self.listed() - known),
            together=self._books.together_after(left.counts),
            tags_told=self._books.tags_told,
        )
