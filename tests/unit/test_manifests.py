"""Lists of keys: each format's lines, what is wrong in them, repetitions and positions."""

from __future__ import annotations

import gzip
import json
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ossweep.lists import Position
from ossweep.manifests.forms import ListForm
from ossweep.manifests.keys import wrong_keys
from ossweep.manifests.nouns import BadLine, Entry, ListError
from ossweep.manifests.reader import Reach, read_list
from ossweep.manifests.repeats import Repeats
from ossweep.names import check_name
from unit.lists import BUCKET, opener, packed, read_all, read_from, told

pytestmark = pytest.mark.differs

TOO_LONG = (
    '"l": the row on line 1 is longer than 65,536 bytes, or a quotation mark in it is not closed; '
    "what follows cannot be told from its text"
)
DAMAGED = (
    '"l": the gzip file is damaged at byte {} or in the 65,536 bytes behind it (Error -3 while '
    "decompressing data: incorrect {} check); upload it again"
)

TEXT = ListForm("l", "text")
CSV = ListForm("l", "csv", fields=("key",))
TABLE = ListForm("l", "csv", fields=("key", "size"))
LINES = ListForm("l", "jsonl")
ARRAY = ListForm("l", "json")
WIDE = "the row is no CSV as RFC 4180 has it"
NO_NAME = "it is neither a key in quotation marks nor an object with a `key`"


def keys(stored: bytes, form: ListForm) -> list[tuple[str, int]]:
    """Return the keys of a list in which all is right, each with its line."""
    passages, error = read_all(stored, form)
    entries, bad, _ = told(passages)
    assert (bad, error) == ([], "")
    return [(each.key, each.line) for each in entries]


def bad(stored: bytes, form: ListForm) -> list[tuple[int, str, str]]:
    passages, error = read_all(stored, form)
    assert error == ""
    return [(each.line, each.wrong, each.text) for each in told(passages)[1]]


def error_of(stored: bytes, form: ListForm) -> str:
    return read_all(stored, form)[1]


@pytest.mark.parametrize(
    ("stored", "form", "expected"),
    [
        (b"", TEXT, []),
        (b"a\nb\n", TEXT, [("a", 1), ("b", 2)]),
        (b"a\nb", TEXT, [("a", 1), ("b", 2)]),
        (b"a\r\nb\r\n", TEXT, [("a", 1), ("b", 2)]),
        (b" a \n\tb\r\r\n", TEXT, [(" a ", 1), ("\tb\r", 2)]),
        (b"a\n\n\r\nb\n\n", TEXT, [("a", 1), ("b", 4)]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", TEXT, [("a", 1), ("\ufeffb", 2)]),
        (b'"a,b"\n', TEXT, [('"a,b"', 1)]),
        (b"a%20b\n", TEXT, [("a%20b", 1)]),
        (b"\na\n", CSV, [("a", 2)]),
        (b"\n\na\n", CSV, [("a", 3)]),
        (b'"a\nb"\n"c""d,e"\n', CSV, [("a\nb", 1), ('c"d,e', 3)]),
        (b'"a\r\nb"\r\nc\r\n', CSV, [("a\r\nb", 1), ("c", 3)]),
        (b'a"b\nc"d\n', CSV, [('a"b', 1), ('c"d', 2)]),
        (b'"a"\n\n "b" \n', LINES, [("a", 1), ("b", 3)]),
        (b'{"key": "a", "x": [1, {}]}\r\n', LINES, [("a", 1)]),
        (b" [ ] \n", ARRAY, []),
        (b'\n["a",\n"b" ,{"key":"c"}]\n\n', ARRAY, [("a", 1), ("b", 2), ("c", 3)]),
        (b'["a,\\"],b", "]"]', ARRAY, [('a,"],b', 1), ("]", 2)]),
    ],
)
def test_a_list_names_keys(stored: bytes, form: ListForm, expected: list[Any]) -> None:
    """Each with the line, or the number of the element, on which it begins; blank lines count."""
    assert keys(stored, form) == expected


@pytest.mark.parametrize(
    ("stored", "form", "expected"),
    [
        (
            b"/a\nb\n",
            TEXT,
            (1, ('the key "/a" begins with a slash; no key in OSS does: write it without'), '"/a"'),
        ),
        (b"a\n\xff\n", TEXT, (2, "the key is not UTF-8", r'"\udcff"')),
        (
            b"a" * 1024,
            TEXT,
            (
                1,
                (
                    f'the key "{"a" * 77}..." is 1,024 bytes long; OSS has no key '
                    "longer than 1,023 bytes: write the key as OSS lists it"
                ),
                f'"{"a" * 77}..."',
            ),
        ),
        (
            b"a" * 70_000 + b"\nb\n",
            TEXT,
            (1, "the line is longer than 65,536 bytes", f'"{"a" * 77}..."'),
        ),
        (b'""\n', CSV, (1, "the key is empty", r'"\"\"\n"')),
        (b'"a"b\nc\n', CSV, (1, WIDE, r'"\"a\"b\n"')),
        (b"a\rb\nc\n", CSV, (1, WIDE, r'"a\rb\n"')),
        (b"a\0b\n", CSV, (1, "the row holds a NUL", r'"a\u0000b\n"')),
        (b"a,b\nc\n", CSV, (1, "the row has 2 fields, and the first one has 1", r'"a,b\n"')),
        (b"a,1\nb\n", TABLE, (2, "the row has 1 field, and the first one has 2", r'"b\n"')),
        (b"a,1\nb,\nc,-1\n", TABLE, (3, "the size is no number of bytes", '"c,-1"')),
        (
            b'a\n"b\nc\n',
            CSV,
            (2, "a quotation mark is opened, and not closed before the file ends", r'"\"b\nc\n"'),
        ),
        (b'"a"\nb\n', LINES, (2, "the line is no JSON", '"b"')),
        (b'{"key": NaN}\n', LINES, (1, "the line is no JSON", r'"{\"key\": NaN}"')),
        (b'"a" "b"\n', LINES, (1, "the line holds more than one value", r'"\"a\" \"b\""')),
        (b"[" * 60_000, LINES, (1, "the line is no JSON", f'"{"[" * 77}..."')),
        (b'["a"]\n', LINES, (1, NO_NAME, r'"[\"a\"]"')),
        (b"7\n", LINES, (1, NO_NAME, '"7"')),
        (b'{"key": 7}\n', LINES, (1, NO_NAME, r'"{\"key\": 7}"')),
        (b'{"name": "a"}\n', LINES, (1, "the object has no field `key`", r'"{\"name\": \"a\"}"')),
        (
            b'{"key": "a", "key": "b"}\n',
            LINES,
            (1, "the object says the same twice", r'"{\"key\": \"a\", \"key\": \"b\"}"'),
        ),
        (
            b'{"key": "a", "Key": "a"}\n',
            LINES,
            (1, "the object says the same twice", r'"{\"key\": \"a\", \"Key\": \"a\"}"'),
        ),
        (
            b'{"key": "a", "bucket": "b"}\n',
            LINES,
            (1, "the line names another bucket", r'"{\"key\": \"a\", \"bucket\": \"b\"}"'),
        ),
        (
            b'{"key": "a", "lastModified": "2024-05-31"}\n',
            LINES,
            (
                1,
                "the time is not written like 2024-05-31T12:00:00Z, with its zone",
                r'"{\"key\": \"a\", \"lastModified\": \"2024-05-31\"}"',
            ),
        ),
        (
            b'{"key": "a", "lastModified": 1717156800}\n',
            LINES,
            (
                1,
                "the time is not written like 2024-05-31T12:00:00Z, with its zone",
                r'"{\"key\": \"a\", \"lastModified\": 1717156800}"',
            ),
        ),
        (
            b'{"key": "a", "lastModified": "2024-02-30T00:00:00Z"}\n',
            LINES,
            (
                1,
                "the time is none that there has been",
                r'"{\"key\": \"a\", \"lastModified\": \"2024-02-30T00:00:00Z\"}"',
            ),
        ),
        (
            b'{"key": "a", "etag": 1}\n',
            LINES,
            (1, "the ETag is no text", r'"{\"key\": \"a\", \"etag\": 1}"'),
        ),
        (
            b'{"key": "a", "versionId": "' + b"v" * 1021 + b'"}\n',
            LINES,
            (
                1,
                "the version is longer than any of OSS's",
                json.dumps('{"key": "a", "versionId": "' + "v" * 50 + "..."),
            ),
        ),
        (b'["a", null]', ARRAY, (2, NO_NAME, '"null"')),
        (
            b'["\\ud800"]',
            ARRAY,
            (
                1,
                (
                    r'the key "\ud800" holds half of a surrogate pair, which UTF-8 '
                    "cannot carry and OSS cannot store; write the whole character"
                ),
                r'"\ud800"',
            ),
        ),
        (b'["\xff"]', ARRAY, (1, "the key is not UTF-8", r'"\udcff"')),
    ],
)
def test_a_bad_line_is_told(stored: bytes, form: ListForm, expected: tuple[int, str, str]) -> None:
    """With its line and its text, and the others are read."""
    assert bad(stored, form) == [expected]


def test_a_broken_row_takes_its_quoted_lines_along() -> None:
    """A line of a field's text would look like a key."""
    passages, _ = read_all(b'"a"b,"\nkey\n"\nc\n', CSV)

    entries, wrong, _ = told(passages)
    assert [(each.key, each.line) for each in entries] == [("c", 4)]
    assert [(each.line, each.wrong) for each in wrong] == [(1, WIDE)]


def test_rows_have_their_number_of_fields_each() -> None:
    """Not only all of them together."""
    wrong = [(line, text) for line, _, text in bad(b"a,b,c\nd\n", TABLE)]

    assert wrong == [(1, r'"a,b,c\n"'), (2, r'"d\n"')]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a+b", "a `+` in a URL-encoded key may stand for a space or for itself; write %20 or %2B"),
        (
            "a%2",
            (
                "a `%` in a URL-encoded key is followed by two hexadecimal digits; a `%` itself is "
                "%25"
            ),
        ),
        ("%FF", "the key is not UTF-8"),
        ("%2Fa", 'the key "/a" begins with a slash; no key in OSS does: write it without'),
    ],
)
def test_a_url_encoded_key_is_not_believed_where_it_could_mean_two(text: str, wrong: str) -> None:
    """As in a listing."""
    form = ListForm("l", "text", is_url=True)

    assert bad(f"a%20b\n{text}\n".encode(), form) == [(2, wrong, f'"{text}"')]


def test_a_url_encoded_key_is_decoded() -> None:
    """Also what would be a newline, an equals sign or a percent sign."""
    form = ListForm("l", "text", is_url=True)

    assert keys(b"a%3Db=%25\n%C3%A9\n", form) == [("a=b=%", 1), ("\u00e9", 2)]
    assert keys(b"a%0Ab\nc%0D\n", form) == [("a\nb", 1), ("c\r", 2)]


@pytest.mark.parametrize(
    ("stored", "form", "sentence"),
    [
        (
            b'"a\n' + b"b\n" * 40_000,
            CSV,
            TOO_LONG,
        ),
        (
            b"a" * 70_000,
            CSV,
            TOO_LONG,
        ),
        (b'{"key": "a"}', ARRAY, '"l": the list is no JSON array: it does not begin with `[`'),
        (
            b'["a"',
            ARRAY,
            (
                '"l": the JSON array ends within element 1, or what stands there is no '
                "JSON; write it anew"
            ),
        ),
        (b'["a",', ARRAY, '"l": the list ends before its JSON array does; write it anew'),
        (b"", ARRAY, '"l": the list ends before its JSON array does; write it anew'),
        (b'["a"] "b"', ARRAY, '"l": something stands behind the end of the JSON array'),
        (
            b'["a", b, "c"]',
            ARRAY,
            (
                '"l": the JSON array ends within element 2, or what stands there '
                "is no JSON; write it anew"
            ),
        ),
        (
            b'["a", "' + b"b" * 70_000 + b'"]',
            ARRAY,
            '"l": element 2 of the JSON array is no JSON, or longer than 65,536 bytes',
        ),
        (
            b"[" * 70_000,
            ARRAY,
            '"l": element 1 of the JSON array is no JSON, or longer than 65,536 bytes',
        ),
    ],
)
def test_a_list_without_a_way_on_is_refused(stored: bytes, form: ListForm, sentence: str) -> None:
    """What came before has been told."""
    assert error_of(stored, form) == sentence


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        (
            gzip.compress(b"a\n" * 99, mtime=0)[:-9],
            (
                '"l": the gzip file ends at byte 16, within a member: it was cut off, so upload it '
                "again"
            ),
        ),
        (
            gzip.compress(b"a\n", mtime=0)[:-8] + b"\0" * 8,
            DAMAGED.format(0, "data"),
        ),
        (
            gzip.compress(b"a\n", mtime=0) + b"b\n",
            DAMAGED.format(22, "header"),
        ),
    ],
)
def test_a_damaged_gzip_file_is_refused(stored: bytes, sentence: str) -> None:
    """Python's `gzip` would say so, too."""
    assert error_of(stored, ListForm("l", "text", packed=True)) == sentence


def test_a_gzip_file_may_be_padded_with_zeros() -> None:
    """As tapes pad it."""
    stored = gzip.compress(b"a\n", mtime=0) + b"\0" * 5 + gzip.compress(b"b\n") + b"\0"

    assert keys(stored, ListForm("l", "text", packed=True)) == [("a", 1), ("b", 2)]


def test_an_entry_holds_what_the_list_knows() -> None:
    """By the names that lists give it."""
    document = {
        "Key": "a",
        "VersionId": "v",
        "ETag": '"E"',
        "Size": 7,
        "storage_class": "IA",
        "LastModified": "2024-05-31T12:00:00.000Z",
        "transition-time": "2024-05-31T14-00-00+02:00",
        "Owner": {"ID": "1"},
    }
    passages, _ = read_all(json.dumps([document, "b"]).encode(), ARRAY)

    assert told(passages)[0] == [
        Entry("a", 1, "v", "E", 7, 1717156800, "IA", 1717156800),
        Entry("b", 2),
    ]


def test_a_repetition_is_counted_once() -> None:
    """Where it stands no farther from the last line that says it than allowed."""
    reach = Reach(repeats=2)

    passages, _ = read_all(b"a\na\nb\na\nb\nc\nd\nb\n", TEXT, reach=reach)

    entries, _, repeated = told(passages)
    assert [(each.key, each.line) for each in entries] == [
        ("a", 1),
        ("b", 3),
        ("c", 6),
        ("d", 7),
        ("b", 8),
    ]
    assert repeated == 3


def test_a_version_is_another_thing_than_its_key() -> None:
    """A list may name several."""
    stored = b'"a"\n{"key":"a","versionId":"1"}\n{"key":"a","versionId":"2"}\n{"key":"a"}\n'

    entries, _, repeated = told(read_all(stored, LINES)[0])

    assert [each.version_id for each in entries] == [None, "1", "2"]
    assert repeated == 1


@given(
    st.lists(
        st.lists(st.sampled_from("abcdef\u00e9\U0001f389"), min_size=1, max_size=5), max_size=12
    ),
    st.integers(1, 9),
)
def test_repetitions_are_exact(leaves: list[list[str]], within: int) -> None:
    """In order or not, however long the names are, and however they arrive."""
    repeats = Repeats(within)
    last: dict[str, int] = {}
    line = 1
    for leaf in leaves:
        names = [each * (1 if each < "e" else 60 if each > "f" else 300) for each in leaf]
        lines = range(line, line + len(names))
        expected = []
        for index, name in enumerate(names):
            if name not in last or lines[index] - last[name] > within:
                expected.append(index)
            last[name] = lines[index]
        line += len(names)

        firsts = repeats.firsts(names, None, lines)

        assert (list(range(len(names))) if firsts is None else firsts) == expected


@given(st.lists(st.text(max_size=300), max_size=5))
@example(["\n"])
@example(["a\n", "b"])
@example(["a\n\n/b"])
@example(["\u00e9" * 512, "\\"])
def test_a_key_is_judged_as_a_request_judges_it(names: list[str]) -> None:
    """Many at once, too."""

    def is_wrong(key: str) -> bool:
        try:
            check_name(key, "the key")
        except ValueError:
            return True
        return not key

    wrong = {at for at, key in enumerate(names) if is_wrong(key)}

    assert wrong_keys(names).keys() == wrong


@pytest.mark.parametrize("form", [TEXT, CSV, LINES, ARRAY], ids=lambda form: str(form.format))
def test_an_endless_line_ends_the_reading(form: ListForm) -> None:
    """It is a bad line where the next one could be found, up to sixteen million bytes."""
    with pytest.raises(ListError, match=r"longer than [0-9,]+ bytes"):
        list(read_list(lambda _: chain([b'["'], repeat(b"x" * 65_536)), form, BUCKET))


def test_a_file_that_unpacks_to_much_ends_the_reading() -> None:
    """After as much as an endless line may have."""
    bomb = gzip.compress(b"\0" * (1 << 26), 1)

    with pytest.raises(ListError, match="line 1 is longer than 16,777,216 bytes"):
        list(read_list(opener(bomb), ListForm("l", "text", packed=True), BUCKET))


def test_time_passes_in_empty_passages() -> None:
    """Where nothing is told for long, whoever reads can see to the clock."""
    plain = b"\n" * 1_000_000 + b"a\n"
    stored = gzip.compress(plain, mtime=0)
    form = ListForm("l", "text", packed=True)
    passages, _ = read_all(stored, form)
    last = passages[-1]

    assert [len(each.keys) for each in passages] == [0] * (len(passages) - 1) + [1]
    rest, _ = read_from(stored, form, last.before(0), (65_536,))
    assert [(each.key, each.line) for each in told(rest)[0]] == [("a", 1_000_001)]
    assert len(rest) > 3


def test_a_position_begins_at_a_members_beginning() -> None:
    """The last one that lies far enough back for all repetitions to be known."""
    stored = packed(b"".join(b"%05d\n" % number for number in range(30)), [60, 60])
    form = ListForm("l", "text", packed=True)

    passages, _ = read_all(stored, form, reach=Reach(leaf=12, repeats=5))

    second = stored.index(b"\x1f\x8b", 2)
    assert passages[-1].before(0) == Position(
        offset=stored.index(b"\x1f\x8b", second + 2), skip=12, number=23, line=29
    )


def test_a_position_within_a_passage_keeps_what_is_known_of_each_entry() -> None:
    """Its columns begin where its keys do."""
    stored = b"a,1\nb,2\nc,3\n"
    passages, _ = read_all(stored, TABLE)

    rest, _ = read_from(stored, TABLE, passages[0].before(1), (65_536,))

    assert [(each.key, each.size) for each in told(rest)[0]] == [("b", 2), ("c", 3)]


@pytest.mark.parametrize("packs", [False, True])
def test_a_list_that_is_given_up_is_closed(packs: bool) -> None:
    """Whoever reads no further holds nothing open."""
    plain = b"".join(b"%06d\n" % number for number in range(100_000))
    stored = gzip.compress(plain, mtime=0) if packs else plain
    pieces = opener(stored, (1000,))(0)
    passages = read_list(lambda _: pieces, ListForm("l", "text", packed=packs), BUCKET)

    next(passages)
    passages.close()

    assert list(pieces) == []


def test_a_position_in_a_plain_file_is_a_byte_of_it() -> None:
    """Reading goes on with a range."""
    stored = b"".join(b"%05d\n" % number for number in range(30))

    passages, _ = read_all(stored, TEXT, reach=Reach(leaf=12, repeats=5))

    assert passages[-1].before(0) == Position(offset=132, number=23, line=29)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"lines": 1},
            ("a position in a list is an object with file, offset, skip, number, line, verified"),
        ),
        ({"file": -1}, "a position's file is a whole number from 0 on"),
        ({"offset": 1.0}, "a position's offset is a whole number from 0 on"),
        ({"skip": True}, "a position's skip is a whole number from 0 on"),
        ({"number": 0}, "a position's number is a whole number from 1 on"),
        ({"line": 2**53}, "a position's line is a whole number from 1 on"),
        ({"verified": 1}, "a position's verified is true or false"),
        (
            {"number": 9, "offset": 1},
            ("a position's line lies before the line at which reading begins"),
        ),
        ({"number": 2}, "a position counts lines before the beginning of the file"),
    ],
)
def test_a_position_is_checked(change: dict[str, Any], sentence: str) -> None:
    """It comes back from outside."""
    document = {**Position(line=8).document(), **change}

    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Position.of(document)


def test_a_file_that_has_become_shorter_is_refused() -> None:
    """A position points behind its end."""
    stored = gzip.compress(b"a\n", mtime=0)

    passages, error = read_from(
        stored, ListForm("l", "text", packed=True), Position(skip=9, number=5, line=5), (9,)
    )

    assert told(passages)[0] == []
    assert error == '"l": the gzip file is shorter than when it was read before'


def test_a_bad_line_is_a_sentence() -> None:
    """With the file and the line."""
    line = BadLine("lists/a.txt", 1234, "the key is empty", '""')

    assert line.sentence == '"lists/a.txt", line 1,234 (""): the key is empty'
