"""Lists of what to delete, as an order names them, and what is left of each."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, fields
from typing import Any, Literal

ListFormat = Literal["text", "csv", "jsonl", "json", "inventory"]
Compression = Literal["gzip", "none"]
Encoding = Literal["url", "none"]
MOST = 2**53  # a number in a position stays below: what JSON carries anywhere


@dataclass(frozen=True, slots=True)
class ListRequest:
    """
    A list that a request names; None is what it leaves open.

    `bucket` is where the list lies, the request's own if it is None. `column` is the name of a
    CSV's column, or its number from 1 on. `unchanged` asks for objects to be looked at before they
    are deleted, and kept if they are not what the list says any more.
    """

    key: str
    bucket: str | None = None
    format: ListFormat | None = None
    compression: Compression | None = None
    encoding: Encoding | None = None
    header: bool | None = None
    column: str | int | None = None
    unchanged: bool | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """
    A place in a list from which reading goes on, to the line.

    `file` counts the files of an inventory. `line` is the next one to be told. Reading begins at or
    before it, at line `number`: that is `skip` bytes, unpacked, behind byte `offset` of the file as
    it is stored, which is the beginning of a gzip member, or in a plain file the line's own, with
    nothing to skip. `verified` says that the file's checksum has been found right.
    """

    file: int = 0
    offset: int = 0
    skip: int = 0
    number: int = 1
    line: int = 1
    verified: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as JSON carries it."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def of(cls, document: Any) -> Position:
        """Read one that `document` has written. Raises ValueError, with a sentence."""
        names = [each.name for each in fields(cls)]
        if not isinstance(document, dict) or document.keys() != set(names):
            raise ValueError(f"a position in a list is an object with {', '.join(names)}")
        for name in names[:-1]:
            value, least = document[name], 1 if name in {"number", "line"} else 0
            if type(value) is not int or not least <= value < MOST:
                raise ValueError(f"a position's {name} is a whole number from {least} on")
        if not isinstance(document["verified"], bool):
            raise ValueError(  # noqa: TRY004 - a wrong value like any other
                "a position's verified is true or false"
            )
        found = cls(**document)
        if found.line < found.number:
            raise ValueError("a position's line lies before the line at which reading begins")
        if found.number > 1 and not found.offset and not found.skip:
            raise ValueError("a position counts lines before the beginning of the file")
        return found


@dataclass(frozen=True, slots=True)
class ListLeft:
    """
    A list, and what is left of it.

    `etag` is that of the object which was opened first, "" until one was: any other is another
    list. `checked` tells that its form has been judged, all of it or as it is read. Reading goes on
    from `position`; until it is checked, reading for its form does. Before the line `until`, of the
    same file, only the lines within the pairs in `open` are left, both ends included; those in
    `asked` were asked for without an answer. `bad` counts the lines that have failed by their form,
    or that were bad so far.
    """

    request: ListRequest
    etag: str = ""
    checked: bool = False
    position: Position = Position()
    until: int = 0
    open: tuple[tuple[int, int], ...] = ()
    bad: int = 0
    asked: tuple[tuple[int, int], ...] = ()

    @property
    def lines_open(self) -> int:
        """How many lines were met, and are left."""
        return sum(last - first + 1 for first, last in self.open)

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no sweep leaves behind."""
        Position.of(self.position.document())
        if not (0 <= self.until < MOST and 0 <= self.bad < MOST):
            raise ValueError("a list counts lines that it cannot have")
        behind = self.position.line - 1
        for first, last in self.open:
            if not behind < first <= last < self.until:
                raise ValueError("the lines of a list that are left contradict each other")
            behind = last
        self._check_asked()
        begins = self.open[0][0] == self.position.line if self.open else not self.until
        if not begins:
            raise ValueError("a list goes on from another line than the first that is left")
        if not self.etag and self != ListLeft(self.request):
            raise ValueError("a list was read that was never opened")

    def _check_asked(self) -> None:
        runs: list[tuple[int, int]] = []
        for first, last in self.open:
            begin = runs.pop()[0] if runs and runs[-1][1] + 1 == first else first
            runs.append((begin, last))
        behind = 0
        for first, last in self.asked:
            at = bisect_right(runs, first, key=lambda run: run[0]) - 1
            if not (behind < first <= last and at >= 0 and last <= runs[at][1]):
                raise ValueError("a list has asked for lines that are not left")
            behind = last
