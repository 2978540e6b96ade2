"""The nouns of lists: what a list names, and what is wrong in one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from ossweep.errors import SweepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ossweep.lists import Position

# Opens a stored file at a byte, and gives it from there on in pieces of any size. Who closes what
# this returns (a generator's `close`) reads no further.
Opener = Callable[[int], Iterable[bytes]]

_SHOWN = 80  # characters of a line that its report holds


class ListError(SweepError):
    """
    A list cannot be read, or not any further; its message is one sentence for a person.

    `is_final`: it is the list that is wrong, and each reading of it ends so.
    """

    is_final = True


class StoredError(ListError):
    """A stored file cannot be read now; its message names the file already."""

    is_final = False


class RewrittenError(StoredError):
    """A stored file is another one than was named or opened, for good."""

    is_final = True


def cut_short(text: str) -> str:
    """Show a line, or its beginning, as JSON does: whatever it holds, it is one line of ASCII."""
    return json.dumps(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A thing that a list names, with what the list knows of it; None is what it does not know.

    `line` is the line on which it begins, or in a JSON array the number of the element; both count
    from 1. Times are Unix seconds. An ETag stands without the quotation marks around it.
    """

    key: str
    line: int
    version_id: str | None = None
    etag: str | None = None
    size: int | None = None
    modified: int | None = None
    storage_class: str | None = None
    transitioned: int | None = None


# What an entry may hold beside its key and line.

KNOWN = tuple(each.name for each in fields(Entry))[2:]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of which nothing is taken: in which file, what is wrong, and how it begins."""

    file: str
    line: int
    wrong: str
    text: str

    @property
    def sentence(self) -> str:
        """Tell it to a person."""
        return f"{cut_short(self.file)}, line {self.line:,} ({self.text}): {self.wrong}"


@dataclass(frozen=True, slots=True)
class Passage:
    """
    What stands one after another in a list, in columns: no object is made for an entry.

    `known` holds a column for each of KNOWN that the list tells here. `repeated` lines are left out
    because the same key (and version) stands in one of the lines before them, `noncurrent` ones
    because an inventory says that they are old versions or delete markers. A passage may be empty:
    then time has passed. Reading goes on from `end`.
    """

    end: Position
    keys: Sequence[str] = ()
    lines: Sequence[int] = ()
    known: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    bad: tuple[BadLine, ...] = ()
    repeated: int = 0
    noncurrent: int = 0

    def entries(self) -> Iterator[Entry]:
        """Return the entries one by one, which costs more than all that it took to read them."""
        columns = [self.known.get(name) or (None,) * len(self.keys) for name in KNOWN]
        return map(Entry, self.keys, self.lines, *columns)

    def before(self, index: int) -> Position:
        """Return the place from which reading goes on with the entry of an index."""
        return replace(self.end, line=self.lines[index]) if index < len(self.keys) else self.end
