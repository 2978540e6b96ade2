"""
Forms of a row: the elements that rows have, in their order, and what matches all of them.

OSS adds elements to rows over the years, and to some rows only: when an object went to a colder
class, when it was sealed. A form learns them from a row that it does not fit. So no list of them is
needed, and the expression looks for nothing that has never been there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Every repetition has a limit. A key has 3,069 bytes at most, and OSS indents by a few spaces.
SPACE = rb"[ \t\n]{0,64}"
TEXT = rb"[^<]{0,4096}"

_ROW_BYTES = 8 * 1024  # of a row that may be learned from
_ELEMENTS = 64  # of a form, all levels together: to compile an expression takes time
_DEPTH = 3  # of elements in elements
_NAME = re.compile("[A-Za-z]{1,64}")


@dataclass(frozen=True)
class Element:
    """
    An element of a row, with what it holds: text of this pattern, or other elements, or either.

    `is_always` tells whether every row has had it, `is_short` whether it has been met as `<Name/>`,
    and `after` which elements have been met right before it.
    """

    name: bytes
    text: bytes | None = TEXT
    within: tuple[Element, ...] = ()
    is_always: bool = True
    is_short: bool = False
    after: frozenset[bytes] = frozenset()

    def pattern(self, columns: Collection[bytes] = ()) -> bytes:
        """Return what matches it, and white space after it; a column's text is a group."""
        inside = b"".join(each.pattern() for each in self.within)
        content = SPACE + inside
        if self.text is not None:
            text = b"(?P<%s>%s)" % (self.name, self.text) if self.name in columns else self.text
            # Only one of both ever matches: else a row that does not fit would be tried in more
            # ways than there is time for.
            either = b"(?:%s|%s(?=<[A-Za-z])%s)" % (text, SPACE, inside)
            content = either if self.within else text
        whole = b"<%s>%s</%s>" % (self.name, content, self.name)
        if self.is_short:
            whole = b"(?:<%s/>|%s)" % (self.name, whole)
        return whole + SPACE if self.is_always else b"(?:%s%s)?" % (whole, SPACE)

    def joined(self, met: Element) -> Element | None:
        """Return what fits another one of its name as well; None if nothing can."""
        within = _merged(self.within, met.within)
        if within is None:
            return None
        return replace(
            self,
            text=met.text if self.text is None else self.text,
            within=within,
            is_always=self.is_always and met.is_always,
            is_short=self.is_short or met.is_short,
            after=self.after | met.after,
        )


@dataclass(frozen=True)
class Split:
    """
    Rows that a form has split, and from where on the first `misfit` is left between two of them.

    None stands in a column for a row without that element. `names` are the rows' own, where they
    may differ.
    """

    columns: Mapping[str, list[bytes]]
    names: list[bytes]
    misfit: bytes


@dataclass(frozen=True)
class Form:
    """
    A form of rows that have one of these names, and each of them all the `columns`.

    Any other leaf is a column if it is asked for. `fixed` are the patterns of those whose text is
    not any: what is learned never changes them.
    """

    names: tuple[bytes, ...]
    elements: tuple[Element, ...]
    columns: tuple[bytes, ...]
    fixed: tuple[tuple[bytes, bytes], ...] = ()
    _patterns: dict[tuple[bytes, ...], re.Pattern[bytes]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def split(self, rows: bytes, also: tuple[bytes, ...] = ()) -> Split:
        """Split rows into the columns, and into others that are asked for."""
        if (pattern := self._patterns.get(also)) is None:
            pattern = self._patterns[also] = self._compiled(also)
        pieces, step = pattern.split(rows), 1 + pattern.groups
        columns: dict[str, list[Any]] = {
            each.decode(): [None] * (len(pieces) // step) for each in also
        }
        columns |= {name: pieces[number::step] for name, number in pattern.groupindex.items()}
        misfit = next((piece for piece in pieces[::step] if piece), b"")
        return Split(columns, columns.pop("row", []), misfit)

    def _compiled(self, also: tuple[bytes, ...]) -> re.Pattern[bytes]:
        columns = {*self.columns, *also}
        content = SPACE + b"".join(each.pattern(columns) for each in self.elements)
        opened = closed = self.names[0]
        if len(self.names) > 1:
            opened, closed = b"(?P<row>%s)" % b"|".join(self.names), b"(?P=row)"
        return re.compile(b"<%s>%s</%s>%s" % (opened, content, closed, SPACE))

    def learned(self, misfit: bytes) -> Form | None:
        """
        Return the form that fits the first row of a `misfit` as well, if it can be read.

        Where the elements of that row are in another order, only that row. None if it lacks a
        column, or if there is nothing new in it.
        """
        met = self._met(misfit[:_ROW_BYTES])
        if met is None:
            return None
        fixed = dict(self.fixed)
        if any(each.name in fixed and (each.within or each.is_short) for each in met):
            return None
        met = tuple(replace(each, text=fixed.get(each.name, each.text)) for each in met)
        joined = _merged(self.elements, met) or met
        plain = [each for each in joined if each.text and not each.is_short and not each.within]
        surely = {each.name for each in plain if each.is_always}
        if not surely.issuperset(self.columns) or _count(joined) > _ELEMENTS:
            return None
        if joined == self.elements:
            return None
        return replace(self, elements=joined)

    def _met(self, rest: bytes) -> tuple[Element, ...] | None:
        """Return the elements of the first row of the rest, if there is a whole one."""
        for name in self.names:
            if rest.startswith(b"<%s>" % name):
                row, closed, _ = rest.partition(b"</%s>" % name)
                return _elements_of(row + closed)
        return None


def _elements_of(row: bytes) -> tuple[Element, ...] | None:
    try:
        root = ET.fromstring(row)  # noqa: S314 - OSS's own answer, and expat's limits hold
    except ET.ParseError:
        return None
    return _within(root, row, _DEPTH)


def _within(node: ET.Element, row: bytes, depth: int) -> tuple[Element, ...] | None:
    """Return the elements in an element; None if one of them cannot be part of a pattern."""
    if len(node) and not depth:
        return None
    found: dict[bytes, Element] = {}
    for child in node:
        name, within = child.tag.encode(), _within(child, row, depth - 1)
        if within is None or name in found or not _NAME.fullmatch(child.tag):
            return None
        text = None if within else TEXT
        found[name] = Element(name, text, within, is_short=b"<%s/>" % name in row)
    return in_order(*found.values())


def in_order(*elements: Element) -> tuple[Element, ...]:
    """Return elements that stand in this order."""
    before: list[frozenset[bytes]] = [frozenset(), *(frozenset({each.name}) for each in elements)]
    return tuple(replace(each, after=names) for each, names in zip(elements, before, strict=False))


# As rows of objects and of versions may have it.
OWNER = Element(b"Owner", None, in_order(Element(b"ID"), Element(b"DisplayName")), is_always=False)


def _merged(known: tuple[Element, ...], met: tuple[Element, ...]) -> tuple[Element, ...] | None:
    """
    Return elements that fit both, in an order that is that of both; None if there is none.

    None stands there twice: a row that does not fit would be tried in too many ways.
    """
    new = {each.name: each for each in met}
    merged = {each.name: replace(each, is_always=False) for each in (*known, *met)}
    for each in known:
        if each.name in new:
            joined = each.joined(new[each.name])
            if joined is None:
                return None
            merged[each.name] = joined
    try:
        order = list(TopologicalSorter({n: e.after for n, e in merged.items()}).static_order())
    except CycleError:
        return None
    return tuple(merged[name] for name in order)


def _count(elements: tuple[Element, ...]) -> int:
    return len(elements) + sum(_count(each.within) for each in elements)
