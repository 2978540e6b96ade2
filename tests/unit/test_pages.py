"""The reader of plain pages reads what oss2 reads, or leaves the page to it."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oss2.models import ListObjectsResult
from oss2.xml_utils import parse_list_objects

from ossweep.objects import UNREADABLE_TIME, Found, Lot
from ossweep.store.bucket import Bucket
from ossweep.store.entries import read_entries
from ossweep.store.names import without_quotes
from ossweep.store.pages import Entries, classed_of, read_listing
from unit.disturbed import disturbed, rearranged

pytestmark = pytest.mark.differs

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
TIME = "2024-05-01T12:34:56.000Z"
ENTRY = (
    ("Key", "a"),
    ("LastModified", TIME),
    ("ETag", '"5B3C1A2E053D763E1B002CC607C5A0FE1"'),
    ("Type", "Normal"),
    ("Size", "10"),
    ("StorageClass", "Standard"),
)
OWNER = ("Owner", (("ID", "0022012"), ("DisplayName", "user-example")))
ODD = [
    *map(chr, range(0x21)),
    *"%+&<>\"']/\x7f\x85\u00e9\u2028\ufffd\ufffe\uffff\U0001f4a9",
    *("%2F", "%41", "&amp;", "]]>", "\r\n", "a", "z"),
]
TIMES = [
    TIME,
    "2024-02-29T00:00:00.000Z",
    "2023-02-29T00:00:00.000Z",
    "2024-04-31T00:00:00.000Z",
    "2100-02-29T00:00:00.000Z",
    "1969-12-31T23:59:59.000Z",
    "9999-12-31T23:59:59.000Z",
    "0000-01-01T00:00:00.000Z",
    "2024-05-01T24:00:00.000Z",
    "2024-05-01T12:60:00.000Z",
    "2024-05-01T12:00:60.000Z",
    "2024-05-01T12:34:56.001Z",
    "2024-05-01T12:34:56Z",
    "12024-05-01T12:34:56.000Z",
    "\u0662024-05-01T12:34:56.000Z",
    f"{TIME}\n",
    "",
]
SIZES = ["0", "10", "007", str(5 * 2**40), "9" * 18, "9" * 19, "9" * 5000]
NO_SIZES = ["", "-1", "+1", "1_0", " 1", "1\n", "1.0", "0x1", "\u0661", "one"]

Elements = tuple[tuple[str, Any], ...]


def element(name: str, value: Any, space: str = "") -> str:
    if isinstance(value, str):
        return f"<{name}>{value}</{name}>{space}"
    within = "".join(element(inner, text, space) for inner, text in value)
    return f"<{name}>{space}{within}</{name}>{space}"


def document(
    entries: list[Elements],
    space: str = "",
    truncated: bool = False,
    **head: str,
) -> bytes:
    """A page as OSS writes it, with white space after each tag that no text follows."""
    leaves = {
        "Name": "examplebucket",
        "Prefix": "",
        "Marker": "",
        "MaxKeys": "1000",
        "Delimiter": "",
        "EncodingType": "url",
        "IsTruncated": str(truncated).lower(),
        **({"NextMarker": "z%2F"} if truncated else {}),
        **head,
    }
    contents = tuple(("Contents", entry) for entry in entries)
    return DECLARATION + element("ListBucketResult", (*leaves.items(), *contents), space).encode()


def entry(key: str = "a", time: str = TIME, size: str = "10", *, owner: bool = False) -> Elements:
    values = {"Key": key, "LastModified": time, "Size": size}
    plain = tuple((name, values.get(name, value)) for name, value in ENTRY)
    return (*plain, OWNER) if owner else plain


MORE: list[tuple[str, Any]] = [
    OWNER,
    ("TransitionTime", TIME),
    ("SealedTime", TIME),
    ("RestoreInfo", "ongoing-request=&quot;true&quot;"),
    ("Foo", "\u00fc ]] &amp;"),
    ("Bar", (("Key", "x"), ("Size", "y"), ("Baz", (("Type", ""),)))),
]
KEYS = st.lists(
    st.lists(st.sampled_from(ODD), min_size=1, max_size=3).map("".join), min_size=1, max_size=3
)
PLAIN_TIMES = st.datetimes().map(lambda time: f"{time.replace(microsecond=0).isoformat()}.000Z")
SPACES = st.sampled_from(["", "\n", "\n    ", "\t"])


@st.composite
def plain(draw: st.DrawFn) -> bytes:
    """Draw a page as OSS might write it."""
    keys = sorted(draw(KEYS))
    safe = draw(st.sampled_from(["", "/", "/~"]))
    owner = draw(st.booleans())
    return document(
        [
            entry(
                quote(key, safe=safe),
                draw(PLAIN_TIMES),
                str(draw(st.integers(0, 10**15))),
                owner=owner,
            )
            for key in keys
        ],
        draw(SPACES),
        draw(st.booleans()),
    )


@st.composite
def strange(draw: st.DrawFn) -> bytes:
    """Draw a page of one shape, with values that not every reader reads alike."""
    return document(
        draw(
            st.lists(
                st.builds(
                    entry,
                    st.lists(st.sampled_from(ODD), max_size=3).map("".join),
                    st.sampled_from(TIMES),
                    st.sampled_from(SIZES + NO_SIZES),
                ),
                min_size=1,
                max_size=3,
            )
        ),
        truncated=draw(st.booleans()),
        **draw(
            st.dictionaries(
                st.sampled_from(["EncodingType", "IsTruncated", "NextMarker", "Prefix", "Owner"]),
                st.sampled_from(["", "url", "true", "false", "True", "a%", "%FF", "b%2F", "&lt;"]),
            )
        ),
    )


def response() -> Any:
    return SimpleNamespace(status=200, headers={}, request_id="request")


def by_oss2(body: bytes) -> Any:
    return parse_list_objects(ListObjectsResult(response()), body)


def check(body: bytes) -> bool:
    """Hold what is read against what parsers read, and tell whether anything is."""
    read = read_listing(body)
    if read is None:
        return False
    known = read_entries(ListObjectsResult(response()), body)  # raises nothing
    with suppress(RuntimeError):  # oss2 asks for elements that nobody reads
        assert list(map(_plainly, by_oss2(body).object_list)) == list(
            map(_plainly, known.object_list)
        )
        assert by_oss2(body).next_marker == known.next_marker
    found = [Found(each.key, each.size, each.last_modified) for each in known.object_list]
    assert read.page.objects() == found
    assert read.page.keys == sorted(each.key for each in found)
    assert read.page.newest == max(each.modified for each in found)
    assert read.page.bytes == sum(each.size for each in found)
    assert (read.is_truncated, known.prefix_list) == (known.is_truncated, [])
    assert read.next_marker == known.next_marker
    with_classes = read_listing(body, with_classes=True)
    assert with_classes is not None
    assert with_classes.page.objects() == list(map(classed_of, known.object_list))
    assert with_classes.page.extent == Lot(tuple(map(classed_of, known.object_list))).extent
    return True


@settings(max_examples=100, deadline=None)
@given(plain())
def test_a_plain_page_is_read_as_oss2_reads_it(body: bytes) -> None:
    """Whatever its keys hold."""
    assert check(body)


@settings(max_examples=200, deadline=None)
@given(disturbed(plain()) | rearranged(plain()))
def test_a_page_that_is_disturbed_is_read_as_oss2_reads_it_or_not_at_all(body: bytes) -> None:
    """Comments, entities, cuts, namespaces, missing and additional elements, in any order."""
    check(body)


@settings(max_examples=100, deadline=None)
@given(strange())
def test_strange_values_are_read_as_oss2_reads_them_or_not_at_all(body: bytes) -> None:
    """Sizes, times and keys that one reader may take and another may not."""
    check(body)


@pytest.mark.parametrize("time", TIMES, ids=ascii)
def test_a_time_is_read_as_oss2_reads_it_or_not_at_all(time: str) -> None:
    """That a day there is not is no time, only a calendar knows."""
    check(document([entry(time=time)]))


@pytest.mark.parametrize("size", SIZES[:5])
def test_a_size_is_read(size: str) -> None:
    """Up to 18 digits, which no object's has."""
    assert check(document([entry(size=size)]))


@pytest.mark.parametrize("size", SIZES[5:] + NO_SIZES, ids=lambda size: ascii(size[:20]))
def test_an_unusual_size_is_left_to_oss2(size: str) -> None:
    """Python's int() takes more than digits."""
    assert read_listing(document([entry(size=size)])) is None


@pytest.mark.parametrize(
    "row",
    [
        entry()[:-1],
        tuple(pair for pair in entry() if pair[0] not in {"Type", "ETag"}),
        (*entry(), ("TransitionTime", TIME)),
        (entry()[0], ("TransitionTime", TIME), *entry()[1:]),
        (*entry()[:2], ("SealedTime", TIME), *entry("a", owner=True)[2:]),
        (*entry(), ("Foo", "anything")),
        (*entry(), ("Foo", (("Bar", "1"), ("Key", "b")))),
        (*entry(), ("Foo", (("Bar", (("Owner", ""),)),))),
        (*entry(), ("Owner", (("DisplayName", "J\u00fcrgen & S\u00f6hne".replace("&", "&amp;")),))),
        (*entry(), ("RestoreInfo", "ongoing-request=&quot;true&quot;")),
        (*entry(), ("Foo", "a ]] b &lt;&gt;&apos;")),
    ],
    ids=range(11),
)
@pytest.mark.parametrize("space", ["", "\n    "], ids=["compact", "indented"])
def test_a_row_of_other_elements_is_read_by_columns(row: Elements, space: str) -> None:
    """OSS adds them over the years, to some rows only; where nobody reads, any text may stand."""
    assert check(document([entry("A"), row, entry("z")], space))
    assert check(document([row], space, truncated=True, Foo="unknown"))


@pytest.mark.parametrize("row", [tuple(reversed(entry("a", owner=True))), entry("\u00e9%C3%A9")])
def test_a_page_of_other_rows_is_read_by_columns(row: Elements) -> None:
    """In whichever order their elements are, and where a key is UTF-8 without an encoding."""
    assert check(document([row, row], "\n"))


def test_an_element_that_is_written_short_is_read_by_columns() -> None:
    """`<ETag/>` is the same as one that is empty."""
    body = document([entry("a"), entry("b", owner=True)], "\n")

    assert check(body.replace(b"<Type>Normal</Type>", b"<Type/>", 1))
    assert check(body.replace(b"<ID>0022012</ID>", b"<ID/>"))


@st.composite
def varied(draw: st.DrawFn) -> list[Elements]:
    """Draw rows with optional, unknown and missing elements, all of them in one order."""
    more = draw(st.lists(st.sampled_from(MORE), unique_by=lambda pair: pair[0], max_size=4))
    order = draw(st.permutations([*ENTRY, *more]))
    missing = st.sets(st.sampled_from([*more, *ENTRY[2:4], ENTRY[5]]))
    return [
        tuple(
            (name, key if name == "Key" else value)
            for name, value in order
            if (name, value) not in gone
        )
        for key, gone in zip("abcde", draw(st.lists(missing, min_size=1, max_size=5)), strict=False)
    ]


@settings(max_examples=200, deadline=None)
@given(varied(), SPACES, st.booleans())
def test_rows_of_one_order_are_read_as_parsers_read_them(
    rows: list[Elements], space: str, truncated: bool
) -> None:
    """Whichever elements each of them has beside a key, a time and a size."""
    assert check(document(rows, space, truncated))


@settings(max_examples=200, deadline=None)
@given(st.lists(varied(), min_size=2, max_size=3), SPACES)
def test_rows_of_several_orders_are_read_as_parsers_read_them_or_not_at_all(
    pages: list[list[Elements]], space: str
) -> None:
    """OSS writes none."""
    rows = [row for page in pages for row in page]
    named = [
        tuple((name, f"{at:02}" if name == "Key" else value) for name, value in row)
        for at, row in enumerate(rows)
    ]
    check(document(named, space))


@pytest.mark.parametrize("is_last", [True, False])
def test_rows_need_not_all_be_alike(is_last: bool) -> None:
    """Not every object has an owner or was restored; pages of versions have another order."""
    restored = ("RestoreInfo", 'ongoing-request="false", expiry-date="Sun, 16 Apr 2017"')
    both = (OWNER, restored) if is_last else (restored, OWNER)

    assert check(
        document(
            [
                entry("a"),
                entry("b", owner=True),
                (*entry("c"), restored),
                (*entry("d"), *both),
            ],
            "\n",
        )
    )


def test_a_directory_without_an_etag_is_read() -> None:
    """That is how a bucket with a hierarchical namespace may list it."""
    directory = tuple(pair for pair in entry("a%2F") if pair[0] != "ETag")

    assert check(document([directory, entry("a%2Fb", owner=True)], "\n"))


def test_every_single_change_is_read_as_oss2_reads_it_or_not_at_all() -> None:
    """Each byte of a page left out, and each replaced."""
    body = document([entry("a%2F"), entry("b", owner=True)], "\n", truncated=True)

    for place in range(len(body)):
        for letter in (b"", b"x", b"<", b">", b"/", b"&", b"%", b" ", b"\r", b"9"):
            check(body[:place] + letter + body[place + 1 :])


def test_every_cut_page_is_left_to_oss2() -> None:
    """Wherever it is cut off."""
    body = document([entry("a", owner=True), entry("b", owner=True)], "\n  ", truncated=True)

    taken = [length for length in range(len(body)) if read_listing(body[:length])]

    # the white space after the root is no part of the document
    assert taken == list(range(len(body.rstrip()), len(body)))


@pytest.mark.parametrize(
    "body",
    [
        document([]),
        document([entry("b"), entry("a")]),
        document([entry()], EncodingType=""),
        document([entry()], IsTruncated="perhaps"),
        document([entry()], IsTruncated="true"),
        document([entry()], CommonPrefixes="a"),
        document([entry("%FF")]),
        document([entry("%ED%A0%80")]),
        document([entry("a&amp;")]),
        document([entry("a\r")]),
        document([entry("<![CDATA[a]]>")]),
        document([entry("a"), entry("<!-- -->b")]),
        document([entry()]).replace(b"<Size>", b'<Size unit="byte">'),
        document([entry()]).replace(b"<ListBucketResult>", b'<ListBucketResult a="a">'),
        document([(*entry(), ("Key", "b"))]),
        document([entry("<a>b</a>")]),
        document([entry("a"), entry()[1:]]),
        document([entry("a")]).replace(b"<Key>a</Key>", b"<Key/>"),
        document([(*entry(), ("Foo", "&none;"))]),
        document([(*entry(), ("Foo", "a &amp b"))]),
        document([(*entry(), ("Foo", "]]>"))]),
        document([(*entry(), ("Foo", "\uffff"))]),
        document([(*entry(), ("Foo", "\x01"))]),
        document([(*entry(), ("Foo", "a"))]).replace(b"<Foo>a", b"<Foo>\xff"),
        document([entry()]).replace(b"ListBucketResult", b"ListBucketResults"),
        document([entry()]).replace(b"UTF-8", b"GBK"),
        document([entry()], truncated=True).replace(b"%2F</Next", b"%FF</Next"),
        document([entry("a+b")]),
        document([entry()], truncated=True).replace(b"%2F</Next", b"+</Next"),
    ],
    ids=range(29),
)
def test_an_unusual_page_is_left_to_oss2(body: bytes) -> None:
    """It is read slowly, or refused, where that is decided."""
    assert read_listing(body) is None


def iterated(body: bytes) -> oss2.ObjectIterator:
    session = SimpleNamespace(do_request=lambda *_, **__: Answer(body))
    bucket = Bucket(oss2.AnonymousAuth(), "http://127.0.0.1", "examplebucket", session=session)
    return oss2.ObjectIterator(bucket, marker="", max_keys=1000, max_retries=1)


class Answer:
    """OSS's answer, as oss2's session hands it on."""

    status = 200
    request_id = "request"

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.headers: dict[str, str] = {}

    def read(self) -> bytes:
        return self._body


def test_an_iterator_over_a_plain_page_yields_what_oss2_would() -> None:
    """Objects with all of oss2's attributes, made when they are looked at."""
    body = document([entry("a%2F1", owner=True), entry("a%2F2", owner=True)], "\n")

    listed = list(iterated(body))

    assert [each.owner.id for each in listed] == ["0022012", "0022012"]
    assert [_plainly(each) for each in listed] == [
        _plainly(each) for each in by_oss2(body).object_list
    ]


def _plainly(info: Any) -> dict[str, Any]:
    """Return what oss2 tells of an object, which is all but when it went to its class."""
    said = {name: value for name, value in vars(info).items() if name != "transition_time"}
    return {**said, "owner": vars(info.owner) if info.owner else None}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (entry(), ("Standard", None)),
        ((*entry(), ("TransitionTime", TIME)), ("Standard", 1714566896)),
        ((entry()[0], ("TransitionTime", TIME), *entry()[1:]), ("Standard", 1714566896)),
        ((*entry(), ("TransitionTime", "2024-05-01")), ("Standard", UNREADABLE_TIME)),
        (entry()[:-1], (None, None)),
        ((*entry()[:-1], ("StorageClass", "&lt;")), ("<", None)),
    ],
)
def test_a_page_tells_storage_classes_if_it_is_asked(
    row: Elements, found: tuple[str | None, int | None]
) -> None:
    """Wherever in a row the elements stand; an element that is missing tells nothing."""
    pages = [read_listing(document([row]), with_classes=asked) for asked in (True, False)]

    (seen, plain) = [each.page.objects()[0] for each in pages if each is not None]
    assert (seen.storage_class, seen.transitioned) == found
    assert plain == Found(seen.key, seen.size, seen.modified)


def test_a_plain_page_is_taken_as_a_whole() -> None:
    """Nothing of it has been made into objects."""
    listing = iterated(document([entry("a"), entry("b")]))

    listing.fetch_with_retry()

    assert isinstance(listing.entries, Entries)
    assert listing.entries.page.keys == ["a", "b"]
    assert "data" not in vars(listing.entries)


@given(st.binary() | st.text("%=2Fa\r\n_ ", max_size=12).map(str.encode))
def test_quotes_are_taken_off_as_the_standard_library_does(text: bytes) -> None:
    """Malformed ones are left as they are."""
    assert without_quotes(text) == unquote_to_bytes(text)
