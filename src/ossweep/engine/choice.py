"""The choice: which objects the conditions of an order let go, one by one or a page as a whole."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ossweep.filters.ports import Overview, Whole
from ossweep.filters.reasons import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.making import Filters
    from ossweep.objects import Found, Page

EVERYTHING = Whole()


class Choice:
    """
    The conditions of an order.

    Names are judged relative to each of its `selectors` that takes them. A key that only its own
    name selects is judged by all of that.
    """

    def __init__(self, only: Conditions | None, selectors: Sequence[str]) -> None:
        self._filters = _filters_of(only) if only is not None else None
        goes_by_names = self._filters is not None and self._filters.names is not None
        self._selectors = sorted({*selectors}) if goes_by_names else []
        self._known = frozenset(self._selectors)
        self._lengths = sorted({len(each) for each in self._selectors})

    @property
    def reason_to_keep_unnamed(self) -> str | None:
        """Why a key that is not UTF-8 stays, if any condition is there: its name is no text."""
        return UNJUDGED if self._filters is not None else None

    def reason_to_keep(self, found: Found, clock: int) -> str | None:
        """Return why an object stays, if a condition keeps it."""
        if self._filters is None:
            return None
        key = found.key
        names = [key[length:] for length in self._taking(key)] or [key]
        return self._filters.reason_to_keep(found, clock, names)

    def judge_page(self, page: Page, clock: int) -> Whole | None:
        """Return what becomes of all objects of a page that is not empty; None: look at each."""
        if self._filters is None:
            return EVERYTHING
        extent, keys = page.extent, page.keys
        overview = Overview(keys, extent.oldest, extent.newest, extent.smallest, extent.largest)
        return self._filters.judge_page(overview, clock, self._bases(keys[0], keys[-1]))

    def _taking(self, key: str) -> list[int]:
        """Return the lengths of the selectors that take a key."""
        return [length for length in self._lengths if key[:length] in self._known]

    def _bases(self, first: str, last: str) -> list[int] | None:
        """Return the lengths of the selectors that take all of a page; None if some take a part."""
        some_begin_within = bisect_right(self._selectors, first) < bisect_right(
            self._selectors, last
        )
        bases = self._taking(first)
        return bases if bases == self._taking(last) and not some_begin_within else None


def _filters_of(only: Conditions) -> Filters:
    from ossweep.filters.making import filters_of  # noqa: PLC0415 - for requests with conditions

    return filters_of(only)
