"""The choice: which objects the conditions of an order let go, one by one or a page as a whole."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from ossweep.filters.ports import Whole
from ossweep.filters.reasons import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.making import Filters
    from ossweep.objects import Extent, Found, Page

EVERYTHING = Whole()


class _Whole:
    """A page as filters see it: most ask for little of it, and its extent takes some reckoning."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.keys = page.keys

    @cached_property
    def _extent(self) -> Extent:
        return self._page.extent

    @property
    def oldest(self) -> int:
        return self._extent.oldest

    @property
    def newest(self) -> int:
        return self._extent.newest

    @property
    def smallest(self) -> int:
        return self._extent.smallest

    @property
    def largest(self) -> int:
        return self._extent.largest

    @property
    def classes(self) -> frozenset[str | None] | None:
        return self._extent.classes

    @property
    def last_transition(self) -> int | None:
        return self._extent.last_transition


class Choice:
    """
    The conditions of an order.

    Names are judged relative to each of its `selectors` that takes them. A key that only its own
    name selects is judged by all of that. `only` says it once more, for whoever goes on: with a
    date instead of a `newer_than` once OSS has told the time.
    """

    def __init__(self, only: Conditions | None, selectors: Sequence[str]) -> None:
        self.only = only
        self._newer_than = only.newer_than if only is not None else None
        self._filters = _filters_of(only) if only is not None else None
        goes_by_names = self._filters is not None and self._filters.names is not None
        self._selectors = sorted({*selectors}) if goes_by_names else []
        self._known = frozenset(self._selectors)
        self._lengths = sorted({len(each) for each in self._selectors})
        self._needs_names = goes_by_names

    @property
    def has_ages(self) -> bool:
        """Whether any condition goes by ages."""
        return self._filters is not None and self._filters.ages is not None

    def reason_of_age(self, modified: int, clock: int) -> str | None:
        """Return why an object of a time stays by its age, if it does."""
        if self._filters is None or self._filters.ages is None:
            return None
        return self._filters.ages.reason(modified, clock)

    @property
    def after(self) -> int | None:
        """The time after which an object has to be written, by what OSS has told until now."""
        return self.only.after if self.only is not None else None

    @property
    def is_after_a_time(self) -> bool:
        """Whether the latest that the job can have begun decides what is young enough."""
        return self._newer_than is not None

    def has_begun_by(self, last: int | None) -> None:
        """
        Take note that the job had begun by a time; a later one counts.

        The job's clock may be early, which keeps what is young, and would let go what is old.
        """
        if self.only is None or self._newer_than is None or last is None:
            return
        after = max(0, last - self._newer_than)
        if self.only.after is None or after > self.only.after:
            self.only = replace(self.only, newer_than=None, after=after)
            self._filters = _filters_of(self.only)

    @property
    def reason_to_keep_unnamed(self) -> str | None:
        """Why a key that is not UTF-8 stays, if any condition is there: its name is no text."""
        return UNJUDGED if self._filters is not None else None

    def reason_to_keep(self, found: Found, clock: int) -> str | None:
        """Return why an object stays, if a condition keeps it."""
        if self._filters is None:
            return None
        return self._filters.reason_to_keep(found, clock, self._names_of(found.key))

    @property
    def needs_tags(self) -> bool:
        """Whether tags have to be asked for of what all other conditions let go."""
        return self._filters is not None and self._filters.tags is not None

    @property
    def needs_more(self) -> bool:
        """Whether an object goes only once it was asked about."""
        return self._filters is not None and self._filters.needs_more

    @property
    def keep_latest(self) -> int | None:
        """How many objects of each directory stay, of those whose names match."""
        return self._filters.keep_latest if self._filters is not None else None

    def counts_as_latest(self, key: str) -> bool:
        """Tell whether a key is one of those of which the latest of each directory stay."""
        return self._filters is not None and self._filters.counts_as_latest(self._names_of(key))

    @property
    def again(self) -> Choice | None:
        """What judges an object that is looked at once more; None: its time tells enough."""
        return self if self._filters is not None and self._filters.may_change else None

    def reason_of_tags(self, tags: Mapping[str, str] | None) -> str | None:
        """Return why an object with these tags stays; None: OSS cannot be asked for them."""
        if self._filters is None or self._filters.tags is None:
            return None
        return self._filters.tags.reason_to_keep(tags)

    def judge_page(self, page: Page, clock: int) -> Whole | None:
        """Return what becomes of all objects of a page that is not empty; None: look at each."""
        if self._filters is None:
            return EVERYTHING
        keys = page.keys
        return self._filters.judge_page(_Whole(page), clock, self._bases(keys[0], keys[-1]))

    def _names_of(self, key: str) -> list[str]:
        """Return the names that a key has by its selectors, if any condition asks for them."""
        if not self._needs_names:
            return []
        return [key[length:] for length in self._taking(key)] or [key]

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
