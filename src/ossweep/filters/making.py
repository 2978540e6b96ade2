"""The filters that conditions ask for, cheapest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.filters.age import Age
from ossweep.filters.early_delete import EarlyDelete
from ossweep.filters.latest import is_marker
from ossweep.filters.names import Names
from ossweep.filters.ports import Whole
from ossweep.filters.reasons import MARKER
from ossweep.filters.size import Size
from ossweep.filters.storage_class import StorageClass
from ossweep.filters.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.ports import Filter, Overview, Subject


@dataclass(frozen=True)
class Filters:
    """
    The filters of one job, which are one filter, and what comes after them.

    `names` is the one among them that goes by names, `ages` the one that goes by times. `tags`
    judges what all of them let go. `keep_latest` is how many objects of each directory stay, of
    those whose names match.
    """

    filters: tuple[Filter, ...]
    names: Names | None = None
    ages: Age | None = None
    tags: Tags | None = None
    keep_latest: int | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The columns of a listing that they need beside key, size and time."""
        return frozenset().union(*(each.columns for each in self.filters))

    @property
    def needs_more(self) -> bool:
        """Whether more has to be asked about an object that all filters let go."""
        return self.tags is not None or self.keep_latest is not None

    @property
    def may_change(self) -> bool:
        """Whether an object may be judged otherwise later, though nobody has written it anew."""
        return bool(self.columns) or self.tags is not None

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """
        Return the first reason why an object stays.

        Tags are not asked here, nor whether it is one of the latest, which no marker is.
        """
        for each in self.filters:
            reason = each.reason_to_keep(found, clock, names)
            if reason is not None:
                return reason
        return MARKER if self.keep_latest is not None and is_marker(found.key) else None

    def counts_as_latest(self, names: Sequence[str]) -> bool:
        """Tell whether an object of these names is one of those of which the latest stay."""
        return self.names is None or self.names.reason(names) is None

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """
        Return the judgement that all objects of a page share; None: look at each.

        That is so too of those that these filters let go, where tags or the latest are asked for.
        """
        for each in self.filters:
            whole = each.judge_page(page, clock, bases)
            if whole is None or whole.reason is not None:
                return whole
        return None if self.needs_more else Whole()


def filters_of(asked: Conditions) -> Filters:
    """Return the filters of conditions; raises ValueError for a pattern that is none."""
    filters: list[Filter] = []
    goes_by_times = {asked.older_than, asked.newer_than, asked.before, asked.after} != {None}
    ages = Age(asked) if goes_by_times else None
    if ages is not None:
        filters.append(ages)
    if {asked.at_least, asked.below} != {None}:
        filters.append(Size(asked))
    if asked.storage_class:
        filters.append(StorageClass(asked))
    if asked.skip_early_delete:
        filters.append(EarlyDelete())
    names = Names(asked) if asked.names else None
    if names is not None:
        filters.append(names)
    tags = Tags(asked) if asked.tags else None
    return Filters(tuple(filters), names, ages, tags, asked.keep_latest)
