"""
Documents that repeat one row a thousand times, read by columns.

One regular expression describes a whole row, and splitting the document by it leaves the columns.
That is right because only text passes that stands for itself in XML (`_PLAIN`), and because nothing
may be left between two rows: then the columns are what a parser would read. Any other document is
not read here at all, and an XML parser has to look at it. Every repetition has a limit, so an
odd document costs a few thousand steps. Tests hold both readers against each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.store.names import KEY_BYTES, without_quotes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Characters that stand for themselves anywhere in XML's text. The others do not: & begins an
# entity, ] may end a CDATA section, CR becomes LF, and bytes beyond ASCII may not be UTF-8.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"&]")) + b"\t\n"

# Every repetition has a limit: a document that does not fit costs a few thousand steps, however
# long it is. A key has 3,069 bytes at most, and OSS indents by a few spaces.
SPACE = rb"[ \t\n]{0,64}"
_TEXT = rb"[^<]{0,4096}"
_NAME = rb"[A-Za-z]{1,64}"
_DECLARATION = rb'(?:<\?xml version="1\.0" encoding="(?:UTF|utf)-8"\?>%s)?' % SPACE
_LEAF = re.compile(rb"<(%s)(?:/>|>(%s)</\1>)" % (_NAME, _TEXT) + SPACE)
_LEAVES = rb"((?:<(%s)(?:/>|>%s</\2>)%s){0,32})" % (_NAME, _TEXT, SPACE)

_BETWEEN = b"\xff"  # which no UTF-8 holds


def element(name: bytes, content: bytes = _TEXT) -> bytes:
    """Return the pattern of an element, and of the white space after it; by default of a leaf."""
    return rb"<%s>%s</%s>%s" % (name, content, name, SPACE)


def column(name: bytes, content: bytes = _TEXT) -> bytes:
    """Return the pattern of a row's leaf that is of interest."""
    return element(name, rb"(?P<%s>%s)" % (name, content))


@dataclass(frozen=True)
class Table:
    """The leaves of a document's root, by name, and those of its rows: a column for each name."""

    leaves: Mapping[bytes, bytes]
    columns: Mapping[str, list[bytes]]


class Shape:
    """The shape of a document: a root element with leaves, and rows between them."""

    def __init__(self, *, root: bytes, leaves: bytes, row: bytes, content: bytes) -> None:
        self._names = frozenset(leaves.split())
        self._opens, self._closes = b"<%s>" % row, b"</%s>" % row
        self._row = re.compile(element(row, SPACE + content))
        self._head = re.compile(_DECLARATION + b"<%s>" % root + SPACE + _LEAVES)
        self._tail = re.compile(SPACE + _LEAVES + b"</%s>" % root + SPACE)

    def read(self, document: bytes) -> Table | None:
        """Return what a document holds; None if it is not of this shape or has no row."""
        first, closing = document.find(self._opens), document.rfind(self._closes)
        if first < 0 or closing < first or document.translate(None, _PLAIN):
            return None
        last = closing + len(self._closes)
        head = self._head.fullmatch(document, 0, first)
        tail = self._tail.fullmatch(document, last)
        # Between two rows, before the first one and after the last one there must be nothing.
        between, *columns = _in_columns(self._row.split(document[first:last]), 1 + self._row.groups)
        if head is None or tail is None or any(between):
            return None
        pairs = _LEAF.findall(head[1] + tail[1])
        leaves = dict(pairs)
        if len(leaves) != len(pairs) or not leaves.keys() <= self._names:
            return None
        return Table(leaves, dict(zip(self._row.groupindex, columns, strict=True)))


def _in_columns(pieces: list[bytes], columns: int) -> list[list[bytes]]:
    return [pieces[column::columns] for column in range(columns)]


def unquoted(values: Sequence[bytes]) -> list[str] | None:
    """
    Return a column's names without their URL encoding.

    None if one of them is not UTF-8, is longer than any of OSS's, or holds a `+`, which could stand
    for two characters.
    """
    text = _BETWEEN.join(values)
    if b"+" in text:
        return None
    if b"%" in text:
        text = without_quotes(text)
    pieces = text.split(_BETWEEN)
    if len(pieces) != len(values) or max(map(len, pieces), default=0) > KEY_BYTES:
        return None
    try:
        return list(map(bytes.decode, pieces))
    except UnicodeDecodeError:
        return None
