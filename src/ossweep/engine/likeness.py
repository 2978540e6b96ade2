"""Whether an object is still what a list says of it; in doubt it stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ossweep.manifests.nouns import Passage
    from ossweep.objects import Found

CHANGED = "changed since the list"
UNTOLD = "the list does not tell what it was"


@dataclass(frozen=True, slots=True)
class ListedLine:
    """What a line of a list says of its key; None is what it does not say. Times in seconds."""

    line: int
    etag: str | None = None
    size: int | None = None
    modified: int | None = None


def listed_line(passage: Passage, index: int) -> ListedLine:
    """Return what a line of a passage says."""
    of = passage.known

    def value(name: str) -> object:
        return of[name][index] if name in of else None

    return ListedLine(passage.lines[index], value("etag"), value("size"), value("modified"))  # type: ignore[arg-type] # columns are read by their names


@dataclass(frozen=True, slots=True)
class Likeness:
    """
    The likeness of objects to what a list says of them.

    `unchanged` is what the request asks for: True, False, or None, which it is by default: then an
    inventory's objects have to be like that, and those of which another list tells an ETag or a
    time. `since` is when an inventory began: an object that is older was not written after it.
    """

    unchanged: bool | None
    is_inventory: bool = False
    since: int | None = None

    def needs_etag(self, line: ListedLine) -> bool:
        """Tell whether an object's ETag has to be looked at."""
        return self.unchanged is not False and line.etag is not None

    def reason_to_keep(self, line: ListedLine, found: Found, etag: str | None) -> str | None:
        """Return why an object stays, if it does; `etag` is in capitals, without quotes."""
        if self.unchanged is False:
            return None
        pairs: list[tuple[object, object]] = [
            (line.size, found.size),
            (line.modified, found.modified),
        ]
        if line.etag is not None:
            pairs.append((line.etag.strip('"').upper(), etag or ""))
        if any(told is not None and told != now for told, now in pairs):
            return CHANGED
        if line.etag is not None or line.modified is not None:
            return None
        if not (self.is_inventory or self.unchanged):
            return None
        if self.since is None:
            return UNTOLD
        return None if found.modified < self.since else CHANGED
