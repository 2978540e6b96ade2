"""
Age, against the job's clock or a date.

OSS lists times in whole seconds, and the clock is one: an object is older than a duration only if
whole seconds say so, and of just that age it is neither older nor newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.ports import Whole
from ossweep.filters.reasons import OLDER, YOUNGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.ports import Overview, Subject


class Age:
    """Lets go what was written between two times."""

    columns: frozenset[str] = frozenset()

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return whether an object is too young or too old."""
        del names
        return self.reason(found.modified, clock)

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Judge by the oldest and the newest: what both are, all between them are."""
        del bases
        oldest, newest = self.reason(page.oldest, clock), self.reason(page.newest, clock)
        return Whole(oldest) if oldest == newest else None

    def reason(self, modified: int, clock: int) -> str | None:
        """Return whether what was written at a time is too young or too old by such a clock."""
        asked = self._conditions
        if asked.older_than is not None and not clock - modified > asked.older_than:
            return YOUNGER
        if asked.before is not None and not modified < asked.before:
            return YOUNGER
        if asked.newer_than is not None and not clock - modified < asked.newer_than:
            return OLDER
        if asked.after is not None and not modified > asked.after:
            return OLDER
        return None
