"""
Early deletion: what would be billed for days that it is short of its class's minimum stays.

IA and Archive count from the last modification; ColdArchive and DeepColdArchive from the transition
to the class, and from the last modification where an object was written into it. OSS counts hours
and lists whole seconds: an object of just the minimum stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.conditions import LEAST_DAYS
from ossweep.filters.ports import STORAGE_CLASS, TRANSITION_TIME, Whole
from ossweep.filters.reasons import EARLY, UNJUDGED
from ossweep.objects import UNREADABLE_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.filters.ports import Overview, Subject

_DAY = 86_400
_FROM_TRANSITION = frozenset({"ColdArchive", "DeepColdArchive"})


class EarlyDelete:
    """Lets go what costs nothing any more when it is deleted."""

    columns = frozenset({STORAGE_CLASS, TRANSITION_TIME})

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return whether an object is short of its minimum; an unknown class has unknown days."""
        del names
        name = found.storage_class
        if name is None or name not in LEAST_DAYS:
            return UNJUDGED
        begun = found.modified
        if name in _FROM_TRANSITION and found.transitioned is not None:
            begun = found.transitioned
        if begun == UNREADABLE_TIME:
            return UNJUDGED
        days = LEAST_DAYS[name]
        return EARLY if days and clock - begun <= days * _DAY else None

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Judge by the classes, and by the last and the first time from which one counts."""
        del bases
        classes = page.classes
        if not classes or not classes <= LEAST_DAYS.keys():
            return None
        days = [LEAST_DAYS[name] for name in classes if name is not None]
        last = page.newest
        if classes & _FROM_TRANSITION and page.last_transition is not None:
            last = max(last, page.last_transition)
        if not max(days) or clock - last > max(days) * _DAY:
            return Whole()
        counts_from_modified = not classes & _FROM_TRANSITION or page.last_transition is None
        if min(days) and counts_from_modified and clock - page.oldest <= min(days) * _DAY:
            return Whole(EARLY)
        return None
