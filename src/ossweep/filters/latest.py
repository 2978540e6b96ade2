"""
The latest of each directory stay: n of those objects whose names match, however young.

Newer is what was written later, and of two that were written in the same second the one with the
greater key. What was written after the job began does not count as one of the n, so that nothing
goes because others write meanwhile; nor does what no name selects, nor a directory's marker, which
stays. What another condition keeps does count: ten of which three are too young to go are ten.

So an object may go if n others of its directory are newer. The n latest themselves are
never deleted. Whoever looks again, in the middle of the job or in its next invocation, finds them
there, and comes to the same.
"""

from __future__ import annotations

from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, TypeAlias

from ossweep.filters.reasons import LATEST, MARKER

if TYPE_CHECKING:
    from ossweep.filters.ports import Subject

# An object's place among the others of its directory: the greater, the newer.
Rank: TypeAlias = "tuple[int, str]"
NO_RANK: Rank = (-(2**63), "")  # below that of any object


def rank_of(found: Subject) -> Rank:
    """Return the rank of an object."""
    return found.modified, found.key


def directory_of(key: str) -> str:
    """Return the directory that a key lies in, with its slash; empty: at the top."""
    return key[: key.rfind("/") + 1]


class Newest:
    """The newest objects of a directory, at most so many, each of which is added once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ranks: list[Rank] = []  # a heap

    def add(self, found: Subject) -> None:
        """Take note of an object."""
        rank = rank_of(found)
        if len(self._ranks) < self._most:
            heappush(self._ranks, rank)
        elif rank > self._ranks[0]:
            heapreplace(self._ranks, rank)

    @property
    def oldest(self) -> Rank:
        """The rank of the oldest that stays; an object below it may go."""
        return self._ranks[0] if len(self._ranks) == self._most else NO_RANK


def is_marker(key: str) -> bool:
    """Tell whether a key is a directory's own."""
    return key.endswith("/")


def reason_to_stay(key: str) -> str:
    """Return the reason why a key stays that is settled so."""
    return MARKER if is_marker(key) else LATEST
