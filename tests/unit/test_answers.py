"""The reader of plain answers reads what oss2 reads, or leaves the answer to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oss2.models import BatchDeleteObjectsResult
from oss2.xml_utils import parse_batch_delete_objects

from ossweep.store.answers import read_deleted
from ossweep.store.bucket import Bucket
from unit.disturbed import disturbed, rearranged

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.differs

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
ODD = [*map(chr, range(0x21)), *"%+&<>\"']/\x7f\u00e9\u2028\ufffd\ufffe\U0001f4a9", "%2F", "a"]

# What may follow a key: nothing, or what a bucket with versions adds.
PLAIN = ""
MARKED = (
    "<DeleteMarker>true</DeleteMarker>_<DeleteMarkerVersionId>CAEQMhiBg</DeleteMarkerVersionId>_"
)
VERSIONED = "<VersionId>CAEQMxiBg</VersionId>_"
EMPTY = "<VersionId/>_" + MARKED
SHAPES = [PLAIN, MARKED, VERSIONED, EMPTY, "<DeleteMarker>false</DeleteMarker>_"]


def answer(names: Sequence[str], shape: str = PLAIN, space: str = "", head: str = "url") -> bytes:
    """An answer as OSS writes it, with white space after each tag that no text follows."""
    deleted = "".join(f"<Deleted>_<Key>{name}</Key>_{shape}</Deleted>_" for name in names)
    text = f"<DeleteResult>_<EncodingType>{head}</EncodingType>_{deleted}</DeleteResult>_"
    return DECLARATION + text.replace("_", space).encode()


@st.composite
def plain(draw: st.DrawFn) -> bytes:
    """Draw an answer as OSS might write it."""
    keys = draw(
        st.lists(
            st.lists(st.sampled_from(ODD), min_size=1, max_size=3).map("".join),
            min_size=1,
            max_size=3,
        )
    )
    safe = draw(st.sampled_from(["", "/", "/~"]))
    return answer(
        [quote(key, safe=safe) for key in keys],
        draw(st.sampled_from(SHAPES)),
        draw(st.sampled_from(["", "\n", "\n    ", "\t"])),
    )


def result() -> Any:
    response = SimpleNamespace(status=200, headers={}, request_id="request")
    return BatchDeleteObjectsResult(response)


def check(body: bytes) -> bool:
    """Hold what is read against what oss2 reads, and tell whether anything is."""
    read = read_deleted(body)
    if read is None:
        return False
    assert read == parse_batch_delete_objects(result(), body).deleted_keys
    return True


@settings(max_examples=100, deadline=None)
@given(plain())
def test_a_plain_answer_is_read_as_oss2_reads_it(body: bytes) -> None:
    """Whatever its keys hold, with and without versions."""
    assert check(body)


@settings(max_examples=200, deadline=None)
@given(disturbed(plain()) | rearranged(plain()))
def test_an_answer_that_is_disturbed_is_read_as_oss2_reads_it_or_not_at_all(body: bytes) -> None:
    """No half of an answer, and nothing beside one, confirms a key."""
    check(body)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_single_change_is_read_as_oss2_reads_it_or_not_at_all(shape: str) -> None:
    """Each byte of an answer left out, and each replaced."""
    body = answer(["a%2F", "b"], shape, "\n")

    for place in range(len(body)):
        for letter in (b"", b"x", b"<", b">", b"/", b"&", b"%", b" ", b"\r"):
            check(body[:place] + letter + body[place + 1 :])


def test_every_cut_answer_is_left_to_oss2() -> None:
    """Wherever it is cut off."""
    body = answer(["a", "b"], MARKED, "\n")

    taken = [length for length in range(len(body)) if read_deleted(body[:length])]

    assert taken == [len(body) - 1]  # the line's end after the root is no part of the document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        answer([]),
        answer(["a"], head=""),
        answer(["a"]).replace(b"<EncodingType>url</EncodingType>", b""),
        answer(["a"], "<DeleteMarker>perhaps</DeleteMarker>"),
        answer(["a"], "<DeleteMarker>true</DeleteMarker>")
        + answer(["a"], "<DeleteMarker>no</DeleteMarker>"),
        answer(["a", "b"], MARKED).replace(b">true<", b">True<", 1),
        answer(["a"], "<DeleteMarker/>"),
        answer(["a"]).replace(b"<Deleted>", b"<Deleted><DeleteMarker>maybe</DeleteMarker>"),
        answer(["a"], "<DeleteMarker><a>true</a></DeleteMarker>"),
        answer(["a"], "<Key>b</Key>"),
        answer(["a", "%FF"]),
        answer(["a", "&#97;"]),
        answer(["a", "<![CDATA[a]]>"]),
        answer(["a", "<!-- -->"]),
        answer(["a"]).replace(b"DeleteResult", b"DeleteResults"),
        answer(["a"]).replace(b"<DeleteResult>", b'<DeleteResult a="a">'),
        answer(["a", "b"]).replace(b"<Deleted>", b"<Deleted a='b'>", 1),
        b"<Error><Code>AccessDenied</Code></Error>",
    ],
    ids=range(19),
)
def test_an_unusual_answer_is_left_to_oss2(body: bytes) -> None:
    """It is read slowly, or refused, where that is decided."""
    assert read_deleted(body) is None


@pytest.mark.parametrize("shape", SHAPES)
def test_versions_are_there_for_who_looks(shape: str) -> None:
    """As oss2 makes them."""
    body = answer(["a", "b"], shape)
    response: Any = SimpleNamespace(status=200, headers={}, request_id="", read=lambda: body)

    read = Bucket._parse_result(  # noqa: SLF001 - oss2's seam
        response, parse_batch_delete_objects, BatchDeleteObjectsResult
    )

    known = parse_batch_delete_objects(result(), body)
    assert read.deleted_keys == known.deleted_keys == ["a", "b"]
    assert "data" not in vars(read.delete_versions)
    assert [*map(vars, read.delete_versions)] == [*map(vars, known.delete_versions)]
