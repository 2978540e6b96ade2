"""Size, from so many bytes up to, and without, so many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.ports import Whole
from ossweep.filters.reasons import LARGER, SMALLER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.ports import Overview, Subject


class Size:
    """Lets go what lies between two sizes."""

    columns: frozenset[str] = frozenset()

    def __init__(self, conditions: Conditions) -> None:
        self._at_least = conditions.at_least
        self._below = conditions.below

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return whether an object is too small or too large."""
        del clock, names
        return self._reason(found.size)

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Judge by the smallest and the largest: what both are, all between them are."""
        del clock, bases
        smallest, largest = self._reason(page.smallest), self._reason(page.largest)
        return Whole(smallest) if smallest == largest else None

    def _reason(self, size: int) -> str | None:
        if self._at_least is not None and size < self._at_least:
            return SMALLER
        if self._below is not None and size >= self._below:
            return LARGER
        return None
