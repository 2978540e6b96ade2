"""
The rest of a job's ranges, made small enough for a continuation to hold.

Where there are too many ranges, neighbours are joined. The stretch between them is then listed
again, so its counts are given back, and its keys count when they are met once more. The neighbours
with the least counted between them are joined first.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ossweep.whereabouts import lies_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.objects import Stretch
    from ossweep.work import Counts, Range

MOST_RANGES = 64
# Of ranges. With the bounds of failures and known failures, and what stands around all of them, a
# continuation takes 96 KB at most.
MOST_BYTES = 45_056


@dataclass
class GivenBack:
    """Counts of what was settled between joined ranges: it is met again, and counts then."""

    skipped: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    planned: int = 0
    bytes: int = 0
    stretches: list[Range] = field(default_factory=list)

    def taken_from(self, counts: Counts) -> Counts:
        """Return the counts without these; what has failed stays counted as asked for."""
        if not self.stretches:
            return counts
        skipped = Counter(counts.skipped)
        skipped.subtract(self.skipped)
        return replace(
            counts,
            skipped={reason: number for reason, number in skipped.items() if number > 0},
            failed=counts.failed - self.failed,
            planned=counts.planned - self.planned,
            bytes=counts.bytes - self.bytes,
            failures=tuple(
                failure
                for failure in counts.failures
                if not any(lies_in(failure, stretch) for stretch in self.stretches)
            ),
            also_failed=tuple(
                key
                for key in counts.also_failed
                if not any(key in stretch for stretch in self.stretches)
            ),
            unanswered=counts.unanswered + self.failed,
        )


def join_neighbours(
    ranges: Sequence[Range], most: int = MOST_RANGES, most_bytes: int = MOST_BYTES
) -> tuple[list[Range], GivenBack]:
    """
    Return the ranges, in order, with as many neighbours joined as it takes to make them few.

    Ranges of different prefixes can't be joined, because the keys between them are not ordered. So
    an order that names more prefixes than `most` goes on with that many ranges.
    """
    left, given_back = list(ranges), GivenBack()
    if all(before.prefix != after.prefix for before, after in pairwise(left)):
        return left, given_back  # to measure each of many takes seconds
    total = sum(map(_size, left))
    while len(left) > most or total > most_bytes:
        costs = [
            (after.failed + after.planned + sum(after.spared.values()), at)
            for at, (before, after) in enumerate(pairwise(left))
            if before.prefix == after.prefix
        ]
        if not costs:
            break
        _, at = min(costs)
        before, after = left[at : at + 2]
        left[at : at + 2] = [
            replace(before, until=after.until, passed_over=_both_passed_over(before, after))
        ]
        total += _size(left[at]) - _size(before) - _size(after)
        given_back.skipped.update(after.spared)
        given_back.failed += after.failed
        given_back.planned += after.planned
        given_back.bytes += after.bytes
        given_back.stretches.append(replace(after, after=before.until, until=after.after))
    return left, given_back


def _size(keys: Range) -> int:
    """Return the bytes that a range takes in a continuation."""
    texts = [keys.prefix, keys.after, keys.until, dict(keys.spared)]
    numbers = [keys.failed, keys.planned, keys.bytes]
    over = keys.passed_over
    texts += [] if over is None else [over.first, over.last, over.code, over.message]
    names = 96 if over is None else 192  # more than the fields' names take
    return len(json.dumps([*texts, *numbers])) + names


def _both_passed_over(before: Range, after: Range) -> Stretch | None:
    """Return what was passed over in both of two ranges, if all that is left of them was."""
    one, other = before.passed_over, after.passed_over
    if one is None or other is None or one.code != other.code:
        return None
    return one.with_next(other)
