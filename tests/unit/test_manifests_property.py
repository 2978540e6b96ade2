"""Any list, in any format, in any pieces, and gone on with anywhere, says the same."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ossweep.manifests.forms import ListForm
from ossweep.manifests.reader import Reach
from unit.lists import (
    as_csv,
    as_json,
    as_json_lines,
    as_text,
    first_of,
    form,
    packed,
    read_all,
    read_from,
    told,
    url,
)

if TYPE_CHECKING:
    from ossweep.manifests.nouns import Passage

pytestmark = pytest.mark.differs

WITHIN = 6
WIDE = Reach(256, WITHIN)
NARROW = Reach(64, WITHIN)
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
KEYS = st.text(
    st.one_of(st.sampled_from('ab ,"%+=\\/\t\u00e9\ufeff\u2028\U0001f389'), LETTERS),
    min_size=1,
    max_size=12,
).filter(lambda key: key[0] not in "/\\")
LINES = KEYS.filter(lambda key: "\n" not in key and "\r" not in key)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=3)


@dataclass(frozen=True)
class Written:
    """A list as it is stored, its form, and the keys that it names with their lines."""

    stored: bytes
    form: ListForm
    keys: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


@st.composite
def lists(draw: st.DrawFn) -> Written:
    """Return any list of any keys, some of which repeat others."""
    kind = draw(st.sampled_from(["text", "csv", "jsonl", "json"]))
    is_url = draw(st.booleans())
    few = draw(st.lists(LINES if kind == "text" and not is_url else KEYS, min_size=1, max_size=8))
    keys = [*few, *draw(st.lists(st.sampled_from(few), max_size=12))]
    written = [url(key) for key in keys] if is_url else keys
    lines = list(range(1, len(keys) + 1))
    wish: dict[str, Any] = {"format": kind, "encoding": "url" if is_url else None}
    if kind == "text":
        ending = draw(st.sampled_from(["\n", "\r\n"]))
        text = as_text(written, ending, ends=draw(st.booleans()))
    elif kind == "csv":
        text, lines, column = draw(tables(written))
        wish |= {"header": column == "key", "column": column}
    else:
        objects = draw(st.booleans())
        values = (
            [{"size": n, "key": each} for n, each in enumerate(written)] if objects else written
        )
        ascii_only = draw(st.booleans())
        indent = draw(st.sampled_from([None, 0, 2]))
        text = (
            as_json_lines(values, ascii_only=ascii_only)
            if kind == "jsonl"
            else as_json(values, indent, ascii_only=ascii_only)
        )
    stored = (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode()
    if draw(st.booleans()):
        stored = packed(stored, draw(st.lists(st.integers(0, 100), max_size=5)))
    return Written(stored, form("list", stored, **wish), keys, lines)


@st.composite
def tables(draw: st.DrawFn, keys: list[str]) -> tuple[str, list[int], int | str]:
    """Return the keys as a column of CSV, the lines of its rows, and the column."""
    before = draw(st.integers(0, 2))
    around = draw(st.sampled_from(["", "x", "a b", "x,y", 'x"', "1\n2"]))
    rows = [[around] * before + [key, "last"] for key in keys]
    header = draw(st.booleans())
    if header:
        rows.insert(0, ["before"] * before + ["key", "behind"])
    quoted = draw(st.booleans()) or "\r" in "".join(keys)
    text = as_csv(rows, draw(st.sampled_from(["\n", "\r\n"])), quoted=quoted)
    reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    lines, line = [], 1
    for _ in reader:
        lines.append(line)
        line = reader.line_num + 1
    return text, lines[header:], "key" if header else before + 1


@given(lists(), SIZES, st.data())
def test_a_list_says_the_same_in_any_form_and_from_any_position(
    written: Written, sizes: list[int], data: st.DataObject
) -> None:
    """Keys and lines are those of the standard library's readers, without repetitions."""
    passages, error = read_all(written.stored, written.form, sizes, WIDE)

    entries, bad, repeated = told(passages)
    expected = first_of(written.keys, written.lines, WITHIN)
    assert (error, bad) == ("", [])
    assert [(each.key, each.line) for each in entries] == expected
    assert repeated == len(written.keys) - len(expected)
    check_going_on(written, WIDE, passages, error, data)


PIECES = st.sampled_from(
    [
        b"a", b"b", b"key", b'"', b'"', b",", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xc3\xa9",
        b"[", b"]", b"{", b"}", b":", b'"a"', b'"key"', b'{"key":"a"}', b'{"key":"b","size":2},',
        b" ", b"/", b"\\", b"%41", b"%", b"+", b"\xef\xbb\xbf", b"x" * 70, b"true", b"1",
        b'"\\ud800"', b"",
    ]
)  # fmt: skip
FORMS = st.sampled_from(
    [
        ListForm("list", "text"),
        ListForm("list", "text", is_url=True),
        ListForm("list", "csv", fields=("key",)),
        ListForm("list", "csv", fields=("key", "size"), header=True),
        ListForm("list", "csv", fields=("bucket", "key"), is_url=True),
        ListForm("list", "jsonl"),
        ListForm("list", "json"),
        ListForm("list", "json", is_url=True),
    ]
)


@given(st.lists(PIECES, max_size=30).map(b"".join), FORMS, SIZES, st.data())
@example(b'"a"b"\nc"\nd\n', ListForm("list", "csv", fields=("key",)), [1], None)
def test_a_list_of_anything_is_read_the_same_in_any_pieces(
    stored: bytes, listed: ListForm, sizes: list[int], data: st.DataObject | None
) -> None:
    """Bad lines and the end of reading, too; nothing but a sentence comes of anything."""
    if listed.format == "json":
        stored = b"[" + stored
    passages, error = read_all(stored, listed, reach=NARROW)
    others, same_error = read_all(stored, listed, sizes, NARROW)

    assert told(others) == told(passages)
    assert same_error == error
    if data is not None:
        written = Written(stored, listed)
        check_going_on(written, NARROW, others, error, data)


def check_going_on(
    written: Written, reach: Reach, passages: list[Passage], error: str, data: st.DataObject
) -> None:
    """Go on from a position that was told, and see that the rest is what it was."""
    all_entries, all_bad, _ = told(passages)
    last = passages
    for _ in range(2):  # and once more, from the rest
        if not last:
            return
        number = data.draw(st.integers(0, len(last) - 1))
        passage = last[number]
        index = data.draw(st.integers(0, len(passage.keys)))
        position = passage.before(index)
        sizes = data.draw(SIZES)
        rest, same_error = read_from(written.stored, written.form, position, sizes, reach)

        entries, bad, repeated = told(rest)
        assert entries == [each for each in all_entries if each.line >= position.line]
        assert bad == [each for each in all_bad if each.line >= position.line]
        assert same_error == error
        if index == len(passage.keys):
            assert repeated == told(last[number + 1 :])[2]
        last = rest
