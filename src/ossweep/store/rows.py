"""
Documents that repeat one row a thousand times, read by columns.

One regular expression describes a whole row, and splitting the document by it leaves the columns.
That is right because the text that is read stands for itself in XML, because no text that nobody
reads can hide a tag (`_is_sound`), and because nothing may be left between two rows: then the
columns are what a parser would read. Any other document is not read here at all, and an XML parser
has to look at it. Every repetition has a limit, so an odd document costs a few thousand steps.
Tests hold both readers against each other.

The expression is made of the elements that rows have had so far. A row that it does not fit is
parsed, and its elements are learned (`forms.py`), so that a page of any shape is read by columns
from the second one on, and each page pays only for what it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.store.forms import SPACE, TEXT, Form
from ossweep.store.names import KEY_BYTES, without_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ossweep.store.forms import Element, Split

# Characters that stand for themselves anywhere in XML's text. The others do not: & begins an
# entity, ] may end a CDATA section, CR becomes LF, and bytes beyond ASCII may not be UTF-8.
_PLAIN = bytes(set(range(0x20, 0x7F)) - set(b"&]")) + b"\t\n"
# What may stand in text that nobody reads, if it is used as XML has it.
_TEXTUAL = b"&]" + bytes(range(0x80, 0x100))
_ENTITIES = {b"&quot;": b'"', b"&apos;": b"'", b"&lt;": b"<", b"&gt;": b">", b"&amp;": b"&"}
_NO_ENTITY = re.compile(rb"&(?!(?:quot|apos|lt|gt|amp);)")
# U+FFFE and U+FFFF, which are no characters, though UTF-8 can write them.
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")

_NAME = rb"[A-Za-z]{1,64}"
_DECLARATION = rb'(?:<\?xml version="1\.0" encoding="(?:UTF|utf)-8"\?>%s)?' % SPACE
_LEAF = re.compile(rb"<(%s)(?:/>|>(%s)</\1>)" % (_NAME, TEXT) + SPACE)
_LEAVES = rb"((?:<(%s)(?:/>|>%s</\2>)%s){0,32})" % (_NAME, TEXT, SPACE)

_BETWEEN = b"\xff"  # which no UTF-8 holds
_FORMS = 4  # orders of a row's elements that are remembered
_LESSONS = 8  # rows of one document that may be learned from


@dataclass(frozen=True)
class Table:
    """
    The leaves of a document's root, by name, and those of its rows: a column for each name.

    None stands in a column for a row that lacks the leaf. `names` are the rows' own, where they may
    differ.
    """

    leaves: Mapping[bytes, bytes]
    columns: Mapping[str, list[bytes]]
    names: list[bytes]


class Shape:
    """
    The shape of a document: a root element with leaves, and rows between them. Threads share it.

    `row` are the names that a row may have, `elements` what is in it as far as that is known,
    and `columns` the leaves that it must have. The root has no leaf of the names in `never`.
    """

    def __init__(
        self,
        *,
        root: bytes,
        row: bytes,
        elements: Iterable[Element],
        columns: bytes,
        never: bytes = b"",
    ) -> None:
        names = tuple(row.split())
        self._never = frozenset(never.split()).union(names)
        self._opens = re.compile(b"<(?:%s)>" % b"|".join(names))
        self._closes = [b"</%s>" % name for name in names]
        self._head = re.compile(_DECLARATION + b"<%s>" % root + SPACE + _LEAVES)
        self._tail = re.compile(SPACE + _LEAVES + b"</%s>" % root + SPACE)
        known = tuple(elements)
        fixed = tuple((each.name, each.text) for each in known if each.text not in {None, TEXT})
        self._forms: tuple[Form, ...] = (Form(names, known, tuple(columns.split()), fixed),)

    def read(self, document: bytes, also: bytes = b"") -> Table | None:
        """
        Return what a document holds, with the columns that are `also` asked for.

        None if it is not of this shape or has no row.
        """
        opening = self._opens.search(document)
        if opening is None or not _is_sound(document):
            return None
        last = max(document.rfind(each) + len(each) for each in self._closes)
        head = self._head.fullmatch(document, 0, opening.start())
        tail = self._tail.fullmatch(document, last)
        if head is None or tail is None:
            return None
        pairs = _LEAF.findall(head[1] + tail[1])
        leaves = dict(pairs)
        if len(leaves) != len(pairs) or leaves.keys() & self._never:
            return None
        split = self._split(document[opening.start() : last], tuple(also.split()))
        return Table(leaves, split.columns, split.names) if split is not None else None

    def _split(self, rows: bytes, also: tuple[bytes, ...]) -> Split | None:
        """Split rows by a form that fits all of them, which may be learned from them."""
        forms, splits = self._forms, []
        for form in forms:
            splits.append(form.split(rows, also))
            if not splits[-1].misfit:
                return splits[-1]
        form, split = forms[0], splits[0]
        for _ in range(_LESSONS):
            learned = form.learned(split.misfit)
            if learned is None:
                return None
            form, split = learned, learned.split(rows, also)
            if not split.misfit:
                self._forms = (form, *forms)[:_FORMS]
                return split
        return None


def _is_sound(document: bytes) -> bool:
    """Tell whether a document's text is XML's, as far as that does not show in its tags."""
    unusual = document.translate(None, _PLAIN)
    if not unusual:
        return True
    if unusual.translate(None, _TEXTUAL):
        return False
    # What is nowhere in this short rest of a document is nowhere in the document.
    if b"]]" in unusual and b"]]>" in document:
        return False
    if b"&" in unusual and _NO_ENTITY.search(document):
        return False
    return unusual.isascii() or _is_utf8(document, unusual)


def _is_utf8(document: bytes, unusual: bytes) -> bool:
    try:
        document.decode()
    except UnicodeDecodeError:
        return False
    return not any(each in unusual and each in document for each in _NO_CHARACTERS)


def unquoted(values: Sequence[bytes]) -> list[str] | None:
    """
    Return a column's names without their URL encoding.

    None if one of them is not UTF-8, is longer than any of OSS's, or holds a `+` or a `&`, which
    could stand for something else.
    """
    text = _BETWEEN.join(values)
    if b"+" in text or b"&" in text:
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


def unescaped(values: Sequence[bytes]) -> list[str]:
    """Return a column's texts, as XML means them."""
    text = _BETWEEN.join(values)
    if b"&" in text:
        for entity, character in _ENTITIES.items():
            text = text.replace(entity, character)
    return list(map(bytes.decode, text.split(_BETWEEN)))
