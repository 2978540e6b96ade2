"""
CSV as RFC 4180 has it: fields in quotation marks may hold commas, newlines and doubled marks.

All rows have as many fields as the first. One with more was not written by these rules (a comma in
a key without quotation marks), and its field would be the beginning of a key: it is a bad line. A
row in which the rules are broken ends where its quotation marks are even in number, because within
a quoted field a line of its text would look like a key.
"""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING

from ossweep.manifests.leaves import LEAF_BYTES, Leaf, Wrong, lines_of
from ossweep.manifests.nouns import ListError
from ossweep.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NO_CSV = "the row is no CSV as RFC 4180 has it"
NUL = "the row holds a NUL"
OPEN = "a quotation mark is opened, and not closed before the file ends"
# A row, or what is wrong with it, and the indexes of the line with which it begins and of the next.
_Found = tuple[int, int, "list[str] | str"]


class CsvSplitter:
    """Makes leaves of CSV whose columns are known: for each its field, or None."""

    def __init__(self, fields: Sequence[str | None], *, header: bool) -> None:
        self._width = len(fields)
        self._at = {field: index for index, field in enumerate(fields) if field is not None}
        self._header = header

    def split(self, window: bytes, number: int, *, final: bool) -> Leaf:
        """Return the rows that are whole; raises ListError for one that is too long."""
        used, text = lines_of(window, final=final)
        has_header = self._header and number == 1
        leaf = None if has_header or '"' in text else self._unquoted(used, text, number)
        leaf = leaf or self._quoted(used, text, number, final=final, has_header=has_header)
        if not leaf.used:
            raise ListError(
                f"the row on line {number:,} is longer than {LEAF_BYTES:,} bytes, or a quotation "
                "mark in it is not closed; what follows cannot be told from its text"
            )
        return leaf

    def end(self) -> None:
        """Rows may end anywhere: one that is open by then has been told."""

    def _unquoted(self, used: int, text: str, number: int) -> Leaf | None:
        """Return a leaf of rows without a quotation mark; None if they are not so simple."""
        body = text.replace("\r\n", "\n") if "\r" in text else text
        if not body or body[0] == "\n" or any(each in body for each in ("\n\n", "\r", "\0")):
            return None
        body = body.removesuffix("\n")
        count = body.count("\n") + 1
        columns = _columns(body, count, self._width, self._at)
        if columns is None:
            return None
        numbers = range(number, number + count)
        return Leaf(used, count, numbers, columns, (), lambda at: body.split("\n")[at])

    def _quoted(self, used: int, text: str, number: int, *, final: bool, has_header: bool) -> Leaf:
        lines = _kept_lines(text)
        if not has_header and (leaf := self._simple(used, lines, number)) is not None:
            return leaf
        found, done = _rows(lines, final=final)
        if done < len(lines):
            used = len("".join(lines[:done]).encode("utf-8", "surrogateescape"))
        if has_header:
            found = found[1:]
        rows: list[list[str]] = []
        spans: list[tuple[int, int]] = []
        wrong: list[Wrong] = []
        for start, end, row in found:
            why = row if isinstance(row, str) else self._amiss(row)
            if why:
                wrong.append(Wrong(number + start, why, "".join(lines[start:end])))
            elif not isinstance(row, str):
                rows.append(row)
                spans.append((start, end))
        return Leaf(
            used,
            done,
            [number + start for start, _ in spans],
            {field: [row[index] for row in rows] for field, index in self._at.items()},
            wrong,
            lambda at: "".join(lines[slice(*spans[at])]),
        )

    def _simple(self, used: int, lines: Sequence[str], number: int) -> Leaf | None:
        """Return a leaf of rows that are a line each, and right; None if they are not so simple."""
        rows = _parsed(lines)
        if len(rows) != len(lines) or {*map(len, rows)} != {self._width} or "\0" in "".join(lines):
            return None
        columns = [*zip(*rows, strict=True)]
        found = {field: columns[index] for field, index in self._at.items()}
        numbers = range(number, number + len(lines))
        return Leaf(used, len(lines), numbers, found, (), lines.__getitem__)

    def _amiss(self, row: Sequence[str]) -> str:
        """Say what is wrong with a row, if anything is."""
        if len(row) != self._width:
            return (
                f"the row has {counted(len(row), 'field')}, and the first one has {self._width:,}"
            )
        return NUL if any("\0" in each for each in row) else ""


def _columns(
    text: str, count: int, width: int, at: Mapping[str, int]
) -> dict[str, Sequence[str]] | None:
    """
    Return columns of as many rows, without quotation marks and NULs; None unless all have a width.

    Rows are cut all at once. Each begins with a NUL then, but for the first; and if as many of
    these are found where rows should begin, then each row begins there.
    """
    if width == 1:
        return None if "," in text else {field: text.split("\n") for field in at}
    fields = text.replace("\n", ",\0").split(",")
    firsts = fields[::width]
    begun = [first[:1] for first in firsts].count("\0")
    if len(fields) != width * count or begun != count - 1:
        return None
    return {
        field: fields[index::width] if index else [first.removeprefix("\0") for first in firsts]
        for field, index in at.items()
    }


class _Feed:
    """Lines for a reader of CSV, which tell whether it has come to their end."""

    def __init__(self, lines: Sequence[str], at: int) -> None:
        self.is_over = False
        self._lines = islice(lines, at, None)

    def __iter__(self) -> Iterator[str]:
        yield from self._lines
        self.is_over = True


def first_row(text: str, *, final: bool) -> list[str]:
    """Return the first row in a text that is not blank; raises ListError if none can be read."""
    found, _ = _rows(_kept_lines(text), final=final)
    if not found:
        raise ListError("the list's first row is too long, or there is none")
    start, _, row = found[0]
    if isinstance(row, str):
        raise ListError(
            f"line {start + 1:,} is the first row of the list, and cannot be read: {row}"
        )
    return row


def _kept_lines(text: str) -> list[str]:
    """Return a text's lines with what ends them."""
    lines = text.split("\n")
    last = lines.pop()
    return [*[f"{line}\n" for line in lines], *([last] if last else [])]


def _parsed(lines: Sequence[str]) -> list[list[str]]:
    """Return all rows at once, or none if something is wrong."""
    try:
        return list(csv.reader(lines, strict=True))
    except csv.Error:
        return []


def _rows(lines: Sequence[str], *, final: bool) -> tuple[list[_Found], int]:
    """Return what stands in lines, without blank ones, and the index of the line to go on with."""
    rows = _parsed(lines)
    if len(rows) == len(lines):
        return [(at, at + 1, row) for at, row in enumerate(rows) if row], len(lines)
    found: list[_Found] = []
    at = 0
    while at < len(lines):
        begun = at
        feed = _Feed(lines, at)
        reader = csv.reader(feed, strict=True)
        try:
            for row in reader:
                end = begun + reader.line_num
                if row:
                    found.append((at, end, row))
                at = end
        except csv.Error:
            closed = None if feed.is_over else _end_of_broken(lines, at)
            if closed is None and not final:
                break  # it may be closed further on
            end = len(lines) if closed is None else closed
            why = OPEN if closed is None else NO_CSV
            found.append((at, end, NUL if any("\0" in each for each in lines[at:end]) else why))
            at = end
    return found, at


def _end_of_broken(lines: Sequence[str], at: int) -> int | None:
    """Return the index of the line behind a broken row, None if its quotation marks stay odd."""
    marks = 0
    for index in range(at, len(lines)):
        marks += lines[index].count('"')
        if marks % 2 == 0:
            return index + 1
    return None
