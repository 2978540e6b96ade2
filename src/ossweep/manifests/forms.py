"""
The form of a list: as the request says, or as its name and its first bytes tell.

Where two forms are possible, neither is guessed. It takes a request of its own to look, of which
nothing but the beginning is read: also where reading goes on from a position.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.manifests.columns import field_of
from ossweep.manifests.csv_rows import CsvSplitter, first_row
from ossweep.manifests.json_values import JsonArraySplitter, JsonLinesSplitter
from ossweep.manifests.leaves import BOM, LEAF_BYTES, lines_of
from ossweep.manifests.no_text import ending_of, format_without_text, is_named_packed
from ossweep.manifests.nouns import ListError, cut_short
from ossweep.manifests.tape import MAGIC, Tape, let_go
from ossweep.manifests.text_lines import TextSplitter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.lists import ListFormat, ListRequest
    from ossweep.manifests.leaves import Splitter
    from ossweep.manifests.nouns import Opener

_ENDINGS: dict[str, ListFormat] = {
    "txt": "text",
    "text": "text",
    "lst": "text",
    "list": "text",
    "csv": "csv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
}
_CALLED = {
    "text": "text, a key a line",
    "csv": "CSV",
    "jsonl": "JSON lines",
    "json": "a JSON array",
}
_VALUES = re.compile(r'[ \t\r\n]*[\[{][ \t\r\n]*["\[{\]}]')  # so begins JSON, and hardly a key
_OF_INVENTORY = '"fileSchema"'
# What else a key's column may be called, where nothing says whether the first row is a header.
_LIKE_A_HEADER = frozenset(
    {"object", "objectkey", "objectname", "name", "path", "file", "filename"}
)


@dataclass(frozen=True, slots=True)
class ListForm:
    """
    The form of a stored list.

    `name` is its key. `fields` are what a CSV's columns hold, None where nothing that is asked for.
    An inventory's manifest has the format "inventory"; its data files are CSV `of_inventory`.
    """

    name: str
    format: ListFormat
    packed: bool = False
    is_url: bool = False
    header: bool = False
    fields: tuple[str | None, ...] = ()
    of_inventory: bool = False

    def splitter(self) -> Splitter:
        """Return what makes leaves of its bytes."""
        if self.format == "csv":
            return CsvSplitter(self.fields, header=self.header)
        made: dict[str, type[Splitter]] = {
            "text": TextSplitter,
            "jsonl": JsonLinesSplitter,
            "json": JsonArraySplitter,
        }
        if self.format not in made:
            raise ListError(
                "it is an inventory's manifest and names no keys itself; its data files do"
            )
        return made[self.format]()


def form_of(open_at: Opener, wish: ListRequest) -> ListForm:
    """Return the form of a list that a request names. Raises ListError."""
    called = cut_short(wish.key)
    stored, is_whole = _head(open_at(0))
    packed = _is_packed(wish, stored, called)
    if packed:
        try:
            stored, is_whole = _unpacked(stored, is_whole=is_whole)
        except ListError as error:
            raise ListError(f"{called}: {error}") from None
    if (no_text := format_without_text(stored, None if wish.format else wish.key)) is not None:
        raise ListError(
            f"{called} is {no_text}, which is not read here; write the list as text, CSV or JSON, "
            "plain or gzip"
        )
    if stored[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise ListError(f"{called} is written in UTF-16; write it in UTF-8")
    head = stored.removeprefix(BOM)[:LEAF_BYTES]
    is_whole = is_whole and len(stored) <= LEAF_BYTES
    text = head.decode("utf-8", "surrogateescape")
    form = wish.format or _format(wish, text, called)
    header = False
    fields: tuple[str | None, ...] = ("key",)
    if form == "csv" and (text.strip("\r\n") or not is_whole):
        try:
            row = first_row(lines_of(head, final=is_whole)[1], final=is_whole)
        except ListError as error:
            raise ListError(f"{called}: {error}") from None
        header = _has_header(wish, row, called)
        fields = _fields(wish, row, called) if header else _numbered(wish, row, called)
    return ListForm(
        wish.key, form, packed, is_url=wish.encoding == "url", header=header, fields=fields
    )


def _head(pieces: Iterable[bytes]) -> tuple[bytes, bool]:
    """Return a leaf's bytes or more from the beginning, and whether there are no others."""
    found = b""
    try:
        for piece in pieces:
            found += piece
            if len(found) > LEAF_BYTES:
                return found, False
    finally:
        let_go(pieces)
    return found, True


def _is_packed(wish: ListRequest, stored: bytes, called: str) -> bool:
    begins, named = stored.startswith(MAGIC), is_named_packed(wish.key)
    if begins and wish.compression == "none":
        raise ListError(
            f"{called} begins as gzip does, and `compression` is 'none'; leave it out, or write "
            "'gzip'"
        )
    if not begins and (named or wish.compression == "gzip"):
        said = "`compression` is 'gzip'" if wish.compression == "gzip" else "its name says gzip"
        if wish.compression != "none":
            raise ListError(
                f"{called} does not begin as gzip does, and {said}; if it is plain, write "
                "'none' as `compression`"
            )
    return begins


def _unpacked(stored: bytes, *, is_whole: bool) -> tuple[bytes, bool]:
    """Return what a gzip file's beginning holds, and whether that is all."""
    found = b""
    try:
        for piece in Tape(lambda _: (stored,), packed=True):
            found += piece
            if len(found) > LEAF_BYTES:
                return found, False
    except ListError:
        if is_whole or not found:  # else it has been cut off here
            raise
        return found, False
    return found, is_whole


def _format(wish: ListRequest, text: str, called: str) -> ListFormat:
    """Return the format of a list of which the request does not say it."""
    if wish.header is None and wish.column is None:
        return _recognised(wish.key, text, called)
    ending = _ending(wish.key)
    if ending in {"jsonl", "json"}:
        raise ListError(
            f"{called} is JSON by its name, and has neither `header` nor `column`; leave them out, "
            "or write 'csv' as `format`"
        )
    if ending == "text":
        said = "header" if wish.header is not None else "column"
        raise ListError(
            f"{called} is {_CALLED['text']}, by its name, and {_CALLED['csv']} by `{said}`; leave "
            f"`{said}` out, or write 'csv' as `format`"
        )
    return "csv"  # nothing else has them


def _recognised(name: str, text: str, called: str) -> ListFormat:
    """Return the one format that a name and the first characters allow."""
    ending = _ending(name)
    begins = text[_behind_blanks(text) :][:1]
    line = text.partition("\n")[0].rstrip("\r")
    if begins == "{" and _OF_INVENTORY in text and ending in {None, "json"}:
        return "inventory"
    if ending == "json":
        return _of_json(begins, line, called)
    readings = _readings(ending, text, begins, line)
    if len(readings) > 1:
        raise _either(called, *readings)
    return readings[0]


def _readings(
    ending: ListFormat | None, text: str, begins: str, line: str
) -> tuple[ListFormat, ...]:
    """Return the formats that are possible, or two of them."""
    json_form: ListFormat = "json" if begins == "[" else "jsonl"
    if ending == "jsonl":
        return ("jsonl", "json") if begins == "[" else ("jsonl",)
    if ending is not None:
        if _VALUES.match(text):
            return ending, json_form
        is_quoted = len(line) > 1 and line[0] == line[-1] == '"'
        return ("text", "csv") if ending == "text" and is_quoted else (ending,)
    if begins in {"[", "{"}:
        return "text", json_form
    if begins == '"':
        return "csv", "jsonl"
    return ("text", "csv") if "," in line else ("text",)


def _behind_blanks(text: str) -> int:
    return len(text) - len(text.lstrip(" \t\r\n"))


def _of_json(begins: str, line: str, called: str) -> ListFormat:
    if begins == "[":
        return "json"
    try:
        is_object = isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        is_object = False
    if is_object:
        return "jsonl"
    raise ListError(
        f"{called} is neither a JSON array, nor an inventory's manifest, nor an object a line; if "
        "it is another format than its name says, write that as `format`"
    )


def _ending(name: str) -> ListFormat | None:
    return _ENDINGS.get(ending_of(name))


def _either(called: str, one: ListFormat, other: ListFormat) -> ListError:
    return ListError(
        f"{called} may be {_CALLED[one]}, or {_CALLED[other]}; say which by "
        f"`format`: '{one}' or '{other}'"
    )


def _has_header(wish: ListRequest, row: Sequence[str], called: str) -> bool:
    if wish.header is not None:
        return wish.header
    if isinstance(wish.column, str):
        return True
    for name in row:
        if field_of(name) or name.lower().replace("_", "") in _LIKE_A_HEADER:
            raise ListError(
                f"{called} begins with a row in which {cut_short(name)} may be the name of a "
                "column, or a value; say which by `header`: true or false"
            )
    return False


def _numbered(wish: ListRequest, row: Sequence[str], called: str) -> tuple[str | None, ...]:
    """Return what the columns hold where no header names them: a key, by its number."""
    column = wish.column if isinstance(wish.column, int) else None
    if column is None and len(row) > 1:
        raise ListError(
            f"{called} has {len(row):,} columns, and any of them may hold the keys; say which, by "
            "its number from 1 on, as `column`"
        )
    at = (column or 1) - 1
    if at >= len(row):
        raise ListError(f"{called} has no column {at + 1:,}: its first row has {len(row):,}")
    return tuple("key" if each == at else None for each in range(len(row)))


def _fields(wish: ListRequest, row: Sequence[str], called: str) -> tuple[str | None, ...]:
    """Return what the columns hold by the names that a header gives them."""
    fields = [field_of(name) for name in row]
    if isinstance(wish.column, int):
        fields = [None if field == "key" else field for field in fields]
        at = wish.column - 1
        if at >= len(row):
            raise ListError(f"{called} has no column {at + 1:,}: its header has {len(row):,}")
    else:
        at = _named(wish.column, row, fields, called)
        fields = [None if field == "key" else field for field in fields]
    fields[at] = "key"
    for field in set(fields) - {None}:
        if fields.count(field) > 1:
            names = [
                cut_short(name) for name, each in zip(row, fields, strict=True) if each == field
            ]
            raise ListError(
                f"{called} has columns that say the same: {' and '.join(names)}; leave one out"
            )
    return tuple(fields)


def _named(
    column: str | None, row: Sequence[str], fields: Sequence[str | None], called: str
) -> int:
    """Return the index of the column that holds the keys."""
    if column is None:
        found = [at for at, field in enumerate(fields) if field == "key"]
        if not found and len(row) == 1:
            return 0
        sought = "`key`"
    else:
        found = [at for at, name in enumerate(row) if name == column]
        sought = cut_short(column)
    if len(found) == 1:
        return found[0]
    names = ", ".join(map(cut_short, row))
    many = "more than one column" if found else "no column"
    raise ListError(
        f"{called} has {many} {sought}; its header names {names}: say which, by its number from "
        "1 on, as `column`"
    )
