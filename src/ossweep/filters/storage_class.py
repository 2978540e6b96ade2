"""Storage class, by OSS's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.ports import STORAGE_CLASS, Whole
from ossweep.filters.reasons import OTHER_CLASS, UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.ports import Overview, Subject


class StorageClass:
    """Lets go what is of one of some classes."""

    columns = frozenset({STORAGE_CLASS})

    def __init__(self, conditions: Conditions) -> None:
        self._wanted = frozenset(conditions.storage_class)

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return whether an object is of another class."""
        del clock, names
        return self._reason(found.storage_class)

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Judge by the classes on the page."""
        del clock, bases
        reasons = set(map(self._reason, page.classes or ()))
        return Whole(reasons.pop()) if len(reasons) == 1 else None

    def _reason(self, name: str | None) -> str | None:
        if name is None:
            return UNJUDGED
        return None if name in self._wanted else OTHER_CLASS
