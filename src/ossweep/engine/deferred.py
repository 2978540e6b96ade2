"""The directory markers that were met and are deferred: each goes after what lies below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ossweep.engine.scan import Scan
    from ossweep.objects import Found
    from ossweep.work import Work


class Deferred:
    """
    Directory markers that wait, each with the scan in which it was met.

    Markers of an earlier invocation have no scan. Neither have named directories that OSS has not
    deleted yet because something is left in them.
    """

    def __init__(self, work: Work) -> None:
        self._ordered = work.directories
        self.waiting: dict[str, tuple[Scan | None, Found]] = {
            found.key: (None, found) for found in work.held
        }
        self.undone: list[Found] = []  # that a batch has left to be done
        self._refused: set[str] = set()  # by OSS, because something was left in them
        self._refused_at: dict[str, int] = {}  # and how many deletions there were then

    def __contains__(self, key: str) -> bool:
        """Tell whether a marker waits."""
        return key in self.waiting

    def __len__(self) -> int:
        return len(self.waiting)

    def __iter__(self) -> Iterator[str]:
        return iter(self.waiting)

    def add(self, scan: Scan | None, found: Found) -> None:
        """Let a marker that was met wait."""
        self.waiting[found.key] = scan, found

    def add_again(self, scan: Scan | None, found: Found, deletions: int) -> None:
        """Let a directory wait which OSS has refused, when so many deletions had been made."""
        self._refused_at[found.key] = deletions
        self._refused.add(found.key)
        self.add(scan, found)

    def remove(self, keys: Iterable[str]) -> None:
        """Let markers wait no more."""
        for key in keys:
            del self.waiting[key]

    def was_refused_at(self, key: str, deletions: int) -> bool:
        """Tell whether nothing has been deleted since OSS refused a directory the last time."""
        return self._refused_at.get(key) == deletions

    @property
    def refused(self) -> list[str]:
        """Those that OSS has refused, and that need not wait for the job's end."""
        return [key for key in self._refused - self._ordered if key in self.waiting]

    def out_of_sight(self) -> Iterator[Found]:
        """Yield those that no listing will show again."""
        for scan, found in self.waiting.values():
            if scan is None or scan.drained or found.key <= scan.settlement.settled:
                yield found
