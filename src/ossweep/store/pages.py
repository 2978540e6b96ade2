"""Pages of a listing, as the sweep takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.work import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oss2.models import SimplifiedObjectInfo

    from ossweep.work import Page


@dataclass(frozen=True)
class Listed:
    """A page of objects that have each been looked at."""

    found: tuple[Found, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The objects' keys."""
        return tuple(each.key for each in self.found)

    @property
    def newest(self) -> int:
        """The last of the objects' times, in Unix seconds; 0 if there is no object."""
        return max((each.modified for each in self.found), default=0)

    @property
    def bytes(self) -> int:
        """The sum of the objects' sizes."""
        return sum(each.size for each in self.found)

    def objects(self) -> tuple[Found, ...]:
        """Return the objects."""
        return self.found


def page_of(entries: Iterable[SimplifiedObjectInfo]) -> Page:
    """Return the page that an ObjectIterator has fetched as its entries."""
    return Listed(tuple(Found(each.key, each.size, each.last_modified) for each in entries))
