"""
The settling: brings the outcomes of ranges into the order of their listing.

A continuation lists a range again from one place on. So a range is known by a place up to which
everything is settled, and by the counts before it. Outcomes come in any order; one that comes early
waits for those before it. A batch that was passed over would keep all behind it waiting: so it is
kept apart, as a range of its own, and the rest goes on behind it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.engine.frontier import MOST_APART
from ossweep.engine.scan import Scan
from ossweep.work import add

if TYPE_CHECKING:
    from ossweep.engine.books import Books
    from ossweep.engine.frontier import Frontier
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.throttle import Throttle
    from ossweep.work import Range


class Settling:
    """Settles the batches of the frontier's ranges. One thread calls it."""

    def __init__(self, frontier: Frontier, books: Books, throttle: Throttle) -> None:
        self._frontier = frontier
        self._books = books
        self._throttle = throttle

    def settle(self, scan: Scan) -> None:
        """Settle the batches of a range whose turn it is; what was passed over is kept apart."""
        so_far = scan.settlement
        while (first := so_far.early.get(so_far.booked)) is not None:
            keeps_apart = first.passed_over is not None and self._can_keep_apart
            if first.undone and not keeps_apart:
                return
            del so_far.early[so_far.booked]
            so_far.booked += 1
            done = first.head if first.undone else first
            if done is not None:
                self._books.settle(done.counts)
                so_far.settle(done.batch, done.counts)
            if first.undone:
                self._keep_apart(scan, replace(first, head=None))
                if not self._books.has_deleted:
                    self._frontier.look_behind(scan)

    def forget(self, scan: Scan) -> None:
        """Forget a range of which nothing is left; its counts go to the range behind it."""
        scans, waiting = self._frontier.scans, self._frontier.waiting
        at = scans.index(scan)
        if at:
            _reach_to_end(scans[at - 1], scan)
        del scans[at]
        self._throttle.close(scan.lane)
        after = scans[at] if at < len(scans) else None
        if after is not None and after.prefix == scan.prefix:
            after.settlement.take_over(scan.settlement)
            self._join_at(at)
        elif after is None and waiting and waiting[0].prefix == scan.prefix:
            waiting[0] = _with_settled(waiting[0], scan)

    @property
    def refused_only(self) -> bool:
        """Whether nothing is left but what has been passed over, or may not be listed."""
        frontier = self._frontier
        return not frontier.waiting and all(
            scan.is_kept_apart or (frontier.denies(scan) and scan.settled_so_far)
            for scan in frontier.scans
        )

    def rest(self) -> list[Range]:
        """Return what is left, in order; a half that was never listed is put back where it was."""
        left: list[Range] = []
        for scan in self._frontier.scans:
            keys = scan.rest()
            is_untouched = scan.guesses and not scan.settlement.has_counted
            is_beside = left and left[-1].until == keys.after and not left[-1].passed_over
            if is_untouched and is_beside:
                left[-1] = replace(left[-1], until=keys.until)
            else:
                left.append(keys)
        return [*left, *self._frontier.waiting]

    @property
    def _can_keep_apart(self) -> bool:
        """Whether one more stretch that was passed over can be kept apart."""
        return sum(scan.is_kept_apart for scan in self._frontier.scans) < MOST_APART

    def _keep_apart(self, scan: Scan, outcome: Outcome) -> None:
        """Keep the next batch of a range apart, so that what lies behind it can be settled."""
        at = self._frontier.scans.index(scan)
        so_far = scan.settlement.part_with(outcome)
        until = outcome.batch.place
        apart = Scan(scan.prefix, so_far.settled, until, scan.lane, so_far)
        apart.listed = True
        # It lies in stretches that were found as planned, and begun.
        ends = sorted(scan.approved)
        apart.approved = ends[: bisect_left(ends, until) + 1]
        apart.carried = frozenset(apart.approved)
        self._frontier.scans.insert(at, apart)
        self._join_at(at)

    def _join_at(self, at: int) -> None:
        """Make one of two neighbours that keep apart what was passed over, if they are two."""
        scans = self._frontier.scans
        if 0 < at < len(scans):
            before, after = scans[at - 1 : at + 1]
            if before.is_kept_apart and after.is_kept_apart and _joined(before, after):
                del scans[at]


def _with_settled(keys: Range, before: Scan) -> Range:
    """Return a range that has not been begun, with what is settled before it."""
    so_far = before.settlement
    return replace(
        keys,
        spared=so_far.skipped + Counter(keys.spared),
        failed=so_far.failed + keys.failed,
        planned=so_far.planned + keys.planned,
        bytes=so_far.bytes + keys.bytes,
    )


def _reach_to_end(apart: Scan, after: Scan) -> None:
    """Let what is kept apart reach over the rest of the range behind it, if that was empty."""
    if apart.is_kept_apart and _is_beside(apart, after, after.settlement.settled):
        apart.until = after.until


def _is_beside(before: Scan, after: Scan, place: str) -> bool:
    """Tell whether nothing was met between the end of a range and a place of a later one."""
    has_same_end = before.prefix == after.prefix and before.until == place
    return has_same_end and not after.settlement.has_counted


def _joined(before: Scan, after: Scan) -> bool:
    """Join what is kept apart to what is kept right before it, if one stretch can tell of both."""
    ours, other = before.settlement, after.settlement
    both = add(ours.early[0].counts, other.early[0].counts)
    if (
        not _is_beside(before, after, after.after)
        or ours.passed_over is None
        or other.passed_over is None
        or ours.passed_over.code != other.passed_over.code
        or len(both.failures) < both.failed
    ):
        return False
    ours.early = {0: replace(ours.early[0], counts=both)}
    ours.passed_over = ours.passed_over.with_next(other.passed_over)
    before.until = after.until
    before.approved = [*dict.fromkeys((*before.approved, *after.approved))]
    before.carried = frozenset(before.approved)
    return True
