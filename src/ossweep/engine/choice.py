"""The choice: which objects the conditions of an order let go, one by one or a page as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.making import filters_of
from ossweep.filters.ports import Overview, Whole
from ossweep.whereabouts import BEHIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.objects import Found, Page

EVERYTHING = Whole()


class Choice:
    """
    The conditions of an order.

    Names are judged relative to each of its `selectors` that takes them. A key that only its own
    name selects is judged by all of that.
    """

    def __init__(self, only: Conditions | None, selectors: Sequence[str]) -> None:
        self._filters = filters_of(only) if only is not None else None
        self._selectors = tuple(dict.fromkeys(selectors))

    def reason_to_keep(self, found: Found, clock: int) -> str | None:
        """Return why an object stays, if a condition keeps it."""
        if self._filters is None:
            return None
        key = found.key
        names = [key[len(each) :] for each in self._selectors if key.startswith(each)] or [key]
        return self._filters.reason_to_keep(found, clock, names)

    def judge_page(self, page: Page, clock: int) -> Whole | None:
        """Return what becomes of all objects of a page that is not empty; None: look at each."""
        if self._filters is None:
            return EVERYTHING
        extent, keys = page.extent, page.keys
        overview = Overview(keys, extent.oldest, extent.newest, extent.smallest, extent.largest)
        return self._filters.judge_page(overview, clock, self._bases(keys[0], keys[-1]))

    def _bases(self, first: str, last: str) -> list[int] | None:
        """Return the lengths of the selectors that take all of a page; None if some take a part."""
        bases = []
        for each in self._selectors:
            if first.startswith(each) and last.startswith(each):
                bases.append(len(each))
            elif first <= each + BEHIND and each <= last:
                return None
        return bases
