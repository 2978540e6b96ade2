"""The form of a list: as the request says, or as its name and first bytes tell; never a guess."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from ossweep.lists import ListRequest
from ossweep.manifests.forms import ListForm, form_of
from ossweep.manifests.nouns import ListError
from unit.lists import form, opener, read_all, told

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.differs

ZIPPED = gzip.compress(b"a\n", mtime=0)
WHICH = "say which, by its number from 1 on"


@pytest.mark.parametrize(
    ("name", "stored", "wish", "expected"),
    [
        ("a.txt", b"a\n", {}, {"format": "text"}),
        ("a.lst", b"", {}, {"format": "text"}),
        ("A.TXT", b"[a]\n", {}, {"format": "text"}),
        ("a", b"a\nb,c\n", {}, {"format": "text"}),
        ("a.d/b", b"a\n", {}, {"format": "text"}),
        ("a.txt.gz", ZIPPED, {}, {"format": "text", "packed": True}),
        ("a", ZIPPED, {}, {"format": "text", "packed": True}),
        ("a.gz", b"a\n", {"compression": "none"}, {"format": "text"}),
        ("a.csv", b"a\n", {}, {"format": "csv"}),
        ("a.csv", b"", {}, {"format": "csv"}),
        ("a", b'"a"\n', {"format": "csv"}, {"format": "csv"}),
        ("a", b"a,b\n", {"column": 2}, {"format": "csv", "fields": (None, "key")}),
        ("a.jsonl", b'"a"\n', {}, {"format": "jsonl"}),
        ("a.ndjson.gz", gzip.compress(b'"a"\n', mtime=0), {}, {"format": "jsonl", "packed": True}),
        ("a.json", b'\xef\xbb\xbf ["a"]', {}, {"format": "json"}),
        ("a.json", b'{"key": "a"}\n{"key": "b"}\n', {}, {"format": "jsonl"}),
        ("i/manifest.json", b'{\n"fileSchema": "Key"}', {}, {"format": "inventory"}),
        ("a", b'{"a": 1}', {"format": "text"}, {"format": "text"}),
        ("a.txt", b"a", {"encoding": "url"}, {"format": "text", "is_url": True}),
        ("a.txt", b"a", {"encoding": "none"}, {"format": "text"}),
    ],
)
def test_a_form_is_said_or_recognised(
    name: str, stored: bytes, wish: dict[str, Any], expected: dict[str, Any]
) -> None:
    """By the name, and by the first bytes."""
    fields = {"fields": ("key",), **expected}

    assert form(name, stored, **wish) == ListForm(name, **fields)


@pytest.mark.parametrize(
    ("name", "stored", "wish", "sentence"),
    [
        (
            "a",
            b"a,b\n",
            {},
            ("\"a\" may be text, a key a line, or CSV; say which by `format`: 'text' or 'csv'"),
        ),
        (
            "a",
            b'["a"]',
            {},
            (
                '"a" may be text, a key a line, or a JSON array; say which by `format`: '
                "'text' or 'json'"
            ),
        ),
        (
            "a",
            b'{"key": "a"}\n',
            {},
            (
                "\"a\" may be text, a key a line, or JSON lines; say which by `format`: 'text' or "
                "'jsonl'"
            ),
        ),
        (
            "a",
            b'"a"\n',
            {},
            "\"a\" may be CSV, or JSON lines; say which by `format`: 'csv' or 'jsonl'",
        ),
        (
            "a.txt",
            b'"a"\n"b"\n',
            {},
            ("\"a.txt\" may be text, a key a line, or CSV; say which by `format`: 'text' or 'csv'"),
        ),
        (
            "a.txt",
            b'[\n"a"]',
            {},
            (
                '"a.txt" may be text, a key a line, or a JSON array; say which by '
                "`format`: 'text' or 'json'"
            ),
        ),
        (
            "a.csv",
            b'{"key": "a"}\n',
            {},
            "\"a.csv\" may be CSV, or JSON lines; say which by `format`: 'csv' or 'jsonl'",
        ),
        (
            "a.jsonl",
            b'["a"]\n',
            {},
            (
                "\"a.jsonl\" may be JSON lines, or a JSON array; say which by `format`: 'jsonl' or "
                "'json'"
            ),
        ),
        (
            "a.json",
            b'{\n"key": "a"}',
            {},
            (
                '"a.json" is neither a JSON array, nor an inventory\'s manifest, nor an object a '
                "line; if it is another format than its name says, write that as `format`"
            ),
        ),
        (
            "a.json",
            b'["a"]',
            {"column": 1},
            (
                '"a.json" is JSON by its name, and has neither `header` nor `column`; leave them '
                "out, or write 'csv' as `format`"
            ),
        ),
        (
            "a.txt",
            b"\xff\xfea\0\n\0",
            {},
            '"a.txt" is written in UTF-16; write it in UTF-8',
        ),
        (
            "a.txt.gz",
            b"a\n",
            {},
            (
                '"a.txt.gz" does not begin as gzip does, and its name says gzip; if it is plain, '
                "write 'none' as `compression`"
            ),
        ),
        (
            "a.txt",
            b"a\n",
            {"compression": "gzip"},
            (
                "\"a.txt\" does not begin as gzip does, and `compression` is 'gzip'; if it is "
                "plain, write 'none' as `compression`"
            ),
        ),
        (
            "a.txt",
            ZIPPED,
            {"compression": "none"},
            (
                "\"a.txt\" begins as gzip does, and `compression` is 'none'; leave it out, or "
                "write 'gzip'"
            ),
        ),
        (
            "a.txt.gz",
            ZIPPED[:-9],
            {},
            (
                '"a.txt.gz": the gzip file ends at byte 13, within a member: it was cut off, so '
                "upload it again"
            ),
        ),
        (
            "a.csv",
            b"key\na\n",
            {},
            (
                '"a.csv" begins with a row in which "key" may be the name of a column, or a value; '
                "say which by `header`: true or false"
            ),
        ),
        (
            "a.csv",
            b"a,b\n",
            {},
            (f'"a.csv" has 2 columns, and any of them may hold the keys; {WHICH}, as `column`'),
        ),
        (
            "a.csv",
            b"a,b\n",
            {"column": 3},
            '"a.csv" has no column 3: its first row has 2',
        ),
        (
            "a.csv",
            b"a,b\n",
            {"column": 3, "header": True},
            '"a.csv" has no column 3: its header has 2',
        ),
        (
            "a.csv",
            b"a,b\n",
            {"column": "c"},
            (f'"a.csv" has no column "c"; its header names "a", "b": {WHICH}, as `column`'),
        ),
        (
            "a.csv",
            b"a,a\n",
            {"column": "a"},
            (
                '"a.csv" has more than one column "a"; its header names "a", "a": '
                f"{WHICH}, as `column`"
            ),
        ),
        (
            "a.csv",
            b"a,b\n",
            {"header": True},
            (f'"a.csv" has no column `key`; its header names "a", "b": {WHICH}, as `column`'),
        ),
        (
            "a.csv",
            b"key,etag,ETag\n",
            {"header": True},
            '"a.csv" has columns that say the same: "etag" and "ETag"; leave one out',
        ),
        (
            "a.csv",
            b'"a"b\n',
            {},
            (
                '"a.csv": line 1 is the first row of the list, and cannot be read: the row is no '
                "CSV as RFC 4180 has it"
            ),
        ),
        (
            "a.csv",
            b'"' + b"a" * 70_000,
            {},
            '"a.csv": the list\'s first row is too long, or there is none',
        ),
    ],
)
def test_a_form_is_not_guessed(
    name: str, stored: bytes, wish: dict[str, Any], sentence: str
) -> None:
    """Of two readings, both are named; and what was said holds against what is there."""
    with pytest.raises(ListError) as refused:
        form(name, stored, **wish)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("stored", "wish", "fields"),
    [
        (b"Key,Version ID,ETag\n", {"header": True}, ("key", "version_id", "etag")),
        (b"name\n", {"header": True}, ("key",)),
        (b"key,name\n", {"column": "name"}, (None, "key")),
        (b"bucket,size,object\n", {"column": 3, "header": True}, ("bucket", "size", "key")),
        (b"\n\nKEY,last_modified\n", {"header": True}, ("key", "modified")),
    ],
)
def test_a_header_names_columns(
    stored: bytes, wish: dict[str, Any], fields: tuple[str | None, ...]
) -> None:
    """In any case; the one that is said holds the keys."""
    found = form("a.csv", stored, **wish)

    assert (found.header, found.fields) == (True, fields)


def test_a_header_is_no_row() -> None:
    """Where it stands behind blank lines, or takes several, too."""
    for stored in (b"\n\nkey,size\na,7\n", b'"key","si\nze"\na,7\n'):
        passages, _ = read_all(stored, form("a.csv", stored, header=True))

        assert [(each.key, each.line) for each in told(passages)[0]] == [("a", stored.count(b"\n"))]


def test_a_column_in_which_nothing_stands_is_unknown() -> None:
    """An empty field is no value."""
    stored = b"key,size,etag,lastModified\na,,,\n"

    passages, _ = read_all(stored, form("a.csv", stored, header=True))

    entry = told(passages)[0][0]
    assert (entry.size, entry.etag, entry.modified) == (None, None, None)


def test_an_inventorys_manifest_is_no_list() -> None:
    """Its data files are."""
    stored = b'{"fileSchema": "Key"}'

    passages, error = read_all(stored, form("i/manifest.json", stored))

    assert passages == []
    assert error == (
        '"i/manifest.json": it is an inventory\'s manifest and names no keys '
        "itself; its data files do"
    )


def test_a_form_takes_a_files_beginning_only() -> None:
    """What is opened is closed."""
    given: list[int] = []

    def open_at(offset: int) -> Iterator[bytes]:
        try:
            while True:
                given.append(offset)
                yield b"a\n" * 1000
        finally:
            given.append(-1)

    assert form_of(open_at, ListRequest("a.txt")).format == "text"
    assert given == [0] * 33 + [-1]
    assert form_of(opener(b"a\n"), ListRequest("a.txt")).format == "text"
