"""
Documents that repeat one row a thousand times, read by columns.

A document that is not plainly of the shape asked for is not read at all: an XML parser has to look
at it. What is read is what a parser would read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What stands for itself wherever it stands in XML's text. Not so: & begins an entity, ] may end a
# CDATA section, CR becomes LF, and what is not ASCII may not be UTF-8.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"&]")) + b"\t\n"
_DECLARATION = rb'(?:<\?xml version="1\.0" encoding="(?:UTF|utf)-8"\?>\s*)?'
_LEAF = re.compile(rb"<([A-Za-z]+)(?:/>|>([^<]*)</\1>)\s*")
_LEAVES = rb"((?:<([A-Za-z]+)(?:/>|>[^<]*</\2>)\s*)*)"

# Between the values of a column, where nothing plain can be taken for it; no UTF-8 holds it either.
BETWEEN = b"\xff"


@dataclass(frozen=True)
class Table:
    """The leaves of a document's root, by name, and those of its rows: a column for each name."""

    leaves: Mapping[bytes, bytes]
    columns: Mapping[bytes, list[bytes]]


class Shape:
    """
    The shape of a document: a root element with leaves, and rows between them that are all alike.

    `row` matches a row, from `<tag>` to the white space after `</tag>`; there is no > in its
    values. `columns` are the leaves of a row that are of interest.
    """

    def __init__(
        self, *, root: bytes, leaves: bytes, tag: bytes, row: bytes, columns: bytes
    ) -> None:
        self._names = frozenset(leaves.split())
        self._columns = frozenset(columns.split())
        self._opens, self._closes = b"<%s>" % tag, b"</%s>" % tag
        self._row = re.compile(row)
        self._head = re.compile(_DECLARATION + rb"<%s>\s*" % root + _LEAVES)
        self._tail = re.compile(rb"\s*" + _LEAVES + rb"</%s>\s*" % root)

    def read(self, document: bytes) -> Table | None:
        """Return what a document holds; None if it is not of this shape or has no row."""
        first, last = document.find(self._opens), document.rfind(self._closes)
        if first < 0 or last < first or document.translate(None, _PLAIN):
            return None
        last += len(self._closes)
        head = self._head.fullmatch(document, 0, first)
        tail = self._tail.fullmatch(document, last)
        row = self._row.match(document, first)
        if head is None or tail is None or row is None:
            return None
        pairs = _LEAF.findall(head[1] + tail[1])
        leaves = dict(pairs)
        columns = _columns(document[first:last], row[0], self._columns)
        if columns is None or len(leaves) != len(pairs) or not leaves.keys() <= self._names:
            return None
        return Table(leaves, columns)


def _columns(rows: bytes, row: bytes, wanted: frozenset[bytes]) -> dict[bytes, list[bytes]] | None:
    """
    Return the wanted columns of rows that are all like the first one, None if they are not.

    Cut at each <, rows that are alike give parts, a tag and the text after it, that begin with the
    same tags again and again. (A parser does not tell of text that follows a closing tag here.)
    """
    tags = [part[: part.index(b">") + 1] for part in row.split(b"<")[1:]]
    parts = rows.split(b"<")
    count, rest = divmod(len(parts) - 1, len(tags))
    if rest:
        return None
    columns = {}
    for position, tag in enumerate(tags, start=1):
        column = parts[position :: len(tags)]
        # Whatever stands, in order, between two that begin alike begins as they do.
        if column.count(column[0]) != count and not (
            min(column).startswith(tag) and max(column).startswith(tag)
        ):
            return None
        if (name := tag[:-1]) in wanted:
            columns[name] = [part[len(tag) :] for part in column]
    return columns


def unquoted(column: Sequence[bytes]) -> list[str] | None:
    """Return a column's values without their URL encoding; None if one of them is not UTF-8."""
    text = BETWEEN.join(column)
    if b"%" in text:
        # The most frequent one by far, and not the others' part: / is no digit that % could meet.
        text = unquote_to_bytes(text.replace(b"%2F", b"/"))
    values = text.split(BETWEEN)
    if len(values) != len(column):
        return None
    try:
        return [value.decode() for value in values]
    except UnicodeDecodeError:
        return None
