"""The room below a job's ceiling: how many more objects, and how many bytes, may be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.objects import GONE_UNANSWERED
from ossweep.plurals import counted
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from ossweep.objects import Found, Page
    from ossweep.work import Ceiling, Counts, Work


@dataclass(frozen=True)
class Full:
    """
    A full ceiling: a sentence, and how much of it may be filled by what only may be gone.

    `too_large` is the object above it, if that has more bytes than the ceiling allows at all.
    """

    sentence: str
    in_doubt: int
    too_large: Found | None = None


class Room:
    """
    The room that is left, and what takes it: all that was asked for, and all that is to be.

    Objects are counted, and bytes where the ceiling counts them. The first object that has too many
    bytes for the room closes it, so that none is chosen behind it because it is smaller. Named keys
    in doubt may be gone already: they have their room, and are asked for again in it. `reached`
    tells which ceiling has been reached with an object above it, if one has.
    """

    def __init__(self, work: Work, ceiling: Ceiling | None) -> None:
        doubted, bytes_doubted = work.in_doubt
        self._ceiling = ceiling
        self._most_bytes = work.limit_bytes
        self._is_boundless = ceiling is None and work.limit_bytes is None
        self._sizes = work.sizes
        self._chosen = work.counts.asked + doubted
        self._bytes = work.counts.asked_bytes + bytes_doubted
        self._settled = work.counts.asked
        self._settled_bytes = work.counts.asked_bytes
        self._above: Found | None = None  # the object that has closed it
        self.reached: str | None = None

    @property
    def objects(self) -> int:
        """How many more objects a batch may hold."""
        if self._above is not None:
            return 0
        if self._ceiling is None:
            return BATCH_KEYS
        return max(0, self._ceiling.objects - self._chosen)

    @property
    def is_open(self) -> bool:
        """Whether the ceiling has not been reached, or has room again."""
        return self.reached is None or self.objects > 0

    def holds(self, page: Page) -> bool:
        """Tell whether all of a page may be chosen."""
        if len(page.keys) > self.objects:
            return False
        return self._most_bytes is None or self._bytes + page.bytes <= self._most_bytes

    def allows(self, found: Found | None) -> bool:
        """Tell whether one more object may be chosen, None: as yet unseen; if not, take note."""
        if self.objects == 0:
            self.reach()
            return False
        if found is None or self._most_bytes is None:
            return True
        return self._fits(found, self._bytes + found.size)

    def allows_again(self, key: str, found: Found | None) -> bool:
        """
        Tell whether the ceiling lets one more of what is in doubt be asked for again.

        It has its room already, unless the ceiling was lowered, or a document claims too much.
        """
        if self._ceiling is not None and self._settled >= self._ceiling.objects:
            self.reach()
            return False
        if found is None or self._most_bytes is None:
            return True
        more = self._grown(key, found)
        whole = self._bytes + more if more else 0
        return self._fits(found, max(self._settled_bytes + found.size, whole))

    @property
    def counts_bytes(self) -> bool:
        """Whether the ceiling counts bytes."""
        return self._most_bytes is not None

    def bytes_beyond(self, left: Work) -> int | None:
        """Return how many bytes may be asked for beside what a rest counts; None: any number."""
        if self._most_bytes is None:
            return None
        _, in_doubt = left.in_doubt
        return max(0, self._most_bytes - left.counts.asked_bytes - in_doubt)

    def choose(self, found: Found) -> bool:
        """Take an object if there is room for it; if not, take note of that."""
        if not (self._is_boundless or self.allows(found)):
            return False
        self._chosen += 1
        self._bytes += found.size
        return True

    def take(self, *objects: Found) -> None:
        """Take note that objects have been chosen."""
        self._chosen += len(objects)
        self._bytes += sum(found.size for found in objects)

    def take_page(self, page: Page) -> None:
        """Take note that all of a page has been chosen."""
        self._chosen += len(page.keys)
        if self._most_bytes is not None:
            self._bytes += page.bytes

    def lose(self, number: int = 1) -> None:
        """Take note of objects that cannot be asked for: they have failed, and count."""
        self._chosen += number

    def give_back(self, *objects: Found) -> None:
        """Take note that chosen objects stay for now."""
        self._chosen -= len(objects)
        self._bytes -= sum(found.size for found in objects)

    def settle_doubt(self, key: str, found: Found | None) -> None:
        """Take note that a key in doubt is asked for again as it is now, or, if None, is not."""
        self._settled += 1
        if found is None:
            self._settled_bytes += self._sizes.get(key, 0)
        else:
            self._settled_bytes += found.size
            self._bytes += self._grown(key, found)

    def reach(self) -> None:
        """Take note that an object was met for which there is no room."""
        if self._above is None and self._ceiling is not None:
            self.reached = _objects_allowed(self._ceiling)

    def full_by(self, counts: Counts) -> Full | None:
        """
        Return the ceiling that is full at the end, if one is with an object above it.

        What was chosen up to it, and then not asked for, leaves room below it.
        """
        if self.reached is None:
            return None
        ceiling = self._ceiling
        if ceiling is not None and counts.asked >= ceiling.objects:
            gone = counts.deleted + counts.skipped.get(GONE_UNANSWERED, 0)
            is_sure = gone + counts.failed + counts.planned >= ceiling.objects
            return Full(_objects_allowed(ceiling), 0 if is_sure else counts.unanswered)
        if self._above is None or self._most_bytes is None:
            return None
        room = self._most_bytes - self._above.size
        if counts.asked_bytes <= room:
            return None
        is_sure = counts.bytes + counts.failed_bytes > room
        too_large = self._above if room < 0 else None
        return Full(self.reached, 0 if is_sure else counts.unanswered_bytes, too_large)

    def _fits(self, found: Found, whole: int) -> bool:
        if self._most_bytes is None or whole <= self._most_bytes:
            return True
        if self._above is None:
            self._above = found
            self.reached = f"limits.bytes allows {counted(self._most_bytes, 'byte')}"
        return False

    def _grown(self, key: str, found: Found) -> int:
        """Return how many bytes a key in doubt has more than when it was asked for."""
        return max(0, found.size - self._sizes.get(key, 0))


def _objects_allowed(ceiling: Ceiling) -> str:
    return f"{ceiling.name} allows {counted(ceiling.objects, 'object')}"
