"""
JSON: a value a line, or an array of values. Each is a key, or an object that has one.

An array is read value by value with the standard library's decoder, a leaf's bytes at a time, and
not by an incremental parser: so the place of each value is known, and reading goes on from it. In
both, an object that says the same twice says nothing: each reader would take another of the two.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ossweep.manifests.columns import field_of
from ossweep.manifests.leaves import (
    LEAF_BYTES,
    Leaf,
    Wrong,
    lines_of,
    split_lines,
)
from ossweep.manifests.nouns import ListError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK = " \t\r\n"
_BLANKS = re.compile(f"[{_BLANK}]*")
_DIGITS = 20  # of a whole number that is read as one

NO_JSON = "the line is no JSON"
TWO_VALUES = "the line holds more than one value"
NO_NAME = "it is neither a key in quotation marks nor an object with a `key`"
NO_KEY = "the object has no field `key`"
TWICE = "the object says the same twice"


class _Doubled(dict[str, Any]):
    """An object in which a name stands twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _DIGITS else float("inf")


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)


class JsonLinesSplitter:
    """Makes leaves of JSON lines."""

    def split(self, window: bytes, number: int, *, final: bool) -> Leaf:
        """Return the values of whole lines."""
        used, text = lines_of(window, final=final)
        every = split_lines(text)
        values: list[Any] = []
        lines: list[int] = []
        texts: list[str] = []
        wrong: list[Wrong] = []
        for line, written in enumerate(every, number):
            bare = written.strip(_BLANK)
            if not bare:
                continue
            try:
                value, end = _DECODER.raw_decode(bare)
            except (ValueError, RecursionError):
                wrong.append(Wrong(line, NO_JSON, written))
                continue
            if end < len(bare):
                wrong.append(Wrong(line, TWO_VALUES, written))
                continue
            values.append(value)
            lines.append(line)
            texts.append(written)
        return _leaf(used, len(every), values, lines, texts, wrong)

    def end(self) -> None:
        """Lines may end anywhere."""


class JsonArraySplitter:
    """Makes leaves of an array, whose elements count as lines."""

    def __init__(self) -> None:
        self._is_over = False

    def split(self, window: bytes, number: int, *, final: bool) -> Leaf:
        """Return the elements that are whole; raises ListError where there is no way on."""
        text = window.decode("utf-8", "surrogateescape")
        start = 0
        if number == 1 and not self._is_over:
            start = _behind_blanks(text, 0)
            if text[start : start + 1] != "[":
                raise ListError("the list is no JSON array: it does not begin with `[`")
            start = _behind_blanks(text, start + 1)
            if text[start : start + 1] == "]":
                self._is_over, start = True, start + 1
        values: list[Any] = []
        done = start if self._is_over else self._elements(text, start, values)
        if self._is_over:
            if _behind_blanks(text, done) < len(text):
                raise ListError("something stands behind the end of the JSON array")
            done = len(text)
        elif not values:
            raise ListError(_no_element(number, final=final))
        used = done if text.isascii() else len(text[:done].encode("utf-8", "surrogateescape"))
        lines = range(number, number + len(values))
        return _leaf(used, len(values), values, lines, values, [])

    def end(self) -> None:
        """Raise ListError unless the array has come to its end."""
        if not self._is_over:
            raise ListError("the list ends before its JSON array does; write it anew")

    def _elements(self, text: str, at: int, values: list[Any]) -> int:
        """Add the elements that are whole, and return where the next one begins."""
        at = _many(text, at, values)
        while True:
            try:
                value, end = _DECODER.raw_decode(text, _behind_blanks(text, at))
            except (ValueError, RecursionError):
                return at
            end = _behind_blanks(text, end)
            behind = text[end : end + 1]
            if behind not in {",", "]"}:  # or it may go on: a number, or what stands behind it
                return at
            values.append(value)
            at = end + 1
            if behind == "]":
                self._is_over = True
                return at


def _many(text: str, at: int, values: list[Any]) -> int:
    """
    Add most of the elements at once, if the last comma behind one can be guessed.

    A comma that was guessed wrong stands within an element, and then what is before it is no JSON.
    """
    at = _behind_blanks(text, at)
    comma = text.rfind('",' if text[at : at + 1] == '"' else "},", at) + 1
    if not comma:
        return at
    try:
        values += _DECODER.decode(f"[{text[at:comma]}]")
    except (ValueError, RecursionError):
        return at
    return comma + 1


def _behind_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _no_element(number: int, *, final: bool) -> str:
    if final:
        return (
            f"the JSON array ends within element {number:,}, or what stands there is no JSON; "
            "write it anew"
        )
    return f"element {number:,} of the JSON array is no JSON, or longer than {LEAF_BYTES:,} bytes"


def _leaf(  # noqa: PLR0913, PLR0917 - a leaf's parts
    used: int,
    count: int,
    values: list[Any],
    lines: Sequence[int],
    texts: Sequence[Any],
    wrong: list[Wrong],
) -> Leaf:
    """Return a leaf of values; `texts` show them, as text or as values."""
    if set(map(type, values)) <= {str}:
        return Leaf(used, count, lines, {"key": values}, wrong, lambda at: _shown(texts[at]))
    rows: list[dict[str, Any]] = []
    right: list[int] = []
    for index, value in enumerate(values):
        row, why = _row(value)
        if why:
            wrong.append(Wrong(lines[index], why, _shown(texts[index])))
        else:
            rows.append(row)
            right.append(index)
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Leaf(
        used,
        count,
        [lines[index] for index in right],
        columns,
        wrong,
        lambda at: _shown(texts[right[at]]),
    )


def _row(value: Any) -> tuple[dict[str, Any], str]:
    """Return what a value says of its entry, and what is wrong with it, if anything."""
    if isinstance(value, str):
        return {"key": value}, ""
    if not isinstance(value, dict):
        return {}, NO_NAME
    fields = [(name, each) for each in value if (name := field_of(each))]
    row = {name: value[each] for name, each in fields}
    if isinstance(value, _Doubled) or len(row) < len(fields):
        return {}, TWICE
    if "key" not in row:
        return {}, NO_KEY
    return row, "" if isinstance(row["key"], str) else NO_NAME


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
