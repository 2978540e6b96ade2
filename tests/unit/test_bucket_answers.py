"""Answers of OSS are looked at before they are believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from oss2.models import BatchDeleteObjectsResult, ListObjectsResult
from oss2.xml_utils import parse_batch_delete_objects, parse_list_objects

from ossweep.errors import Scope, StoreError
from ossweep.store.bucket import Bucket
from ossweep.store.pages import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.differs

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass
class Response:
    """An answer as oss2's session hands it on."""

    body: bytes
    status: int = 200
    request_id: str = "request"
    headers: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> bytes:
        return self.body


def listed(body: bytes) -> Any:
    return Bucket._parse_result(Response(body), parse_list_objects, ListObjectsResult)  # noqa: SLF001 - oss2's seam


def deleted(body: bytes) -> list[str]:
    result = Bucket._parse_result(  # noqa: SLF001 - oss2's seam
        Response(body), parse_batch_delete_objects, BatchDeleteObjectsResult
    )
    keys: list[str] = result.deleted_keys
    return keys


def page(*keys: str, root: str = "ListBucketResult", truncated: str = "false") -> bytes:
    contents = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2024-05-01T00:00:00.000Z</LastModified>"
        '<ETag>"0"</ETag><Type>Normal</Type><Size>10</Size>'
        "<StorageClass>Standard</StorageClass></Contents>"
        for key in keys
    )
    return (
        DECLARATION
        + (
            f"<{root}><EncodingType>url</EncodingType><IsTruncated>{truncated}</IsTruncated>"
            f"{contents}</{root.split(maxsplit=1)[0]}>"
        ).encode()
    )


def answer(*keys: str, root: str = "DeleteResult") -> bytes:
    named = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
    return (
        DECLARATION
        + (
            f"<{root}><EncodingType>url</EncodingType>{named}</{root.split(maxsplit=1)[0]}>"
        ).encode()
    )


def refusal(body: bytes, read: Any = listed) -> tuple[str, str, Scope]:
    with pytest.raises(StoreError) as refused:
        read(body)
    return refused.value.code, refused.value.words, refused.value.scope


def test_a_whole_page_is_read() -> None:
    """Keys are decoded from their URL encoding, once."""
    found = listed(page("a/1", "a%2Fb%0D%26%2B", "%252F", "%C3%A9"))

    assert [entry.key for entry in found.object_list] == ["a/1", "a/b\r&+", "%2F", "\u00e9"]
    assert [entry.size for entry in found.object_list] == [10] * 4
    assert found.object_list[0].last_modified == 1_714_521_600


def test_a_page_without_keys_is_read() -> None:
    """Nothing is there, and that is an answer."""
    assert listed(page()).object_list == []


def test_a_whole_answer_is_read() -> None:
    """It names the keys that are deleted."""
    assert deleted(answer("a", "a%0Db", "%EF%BF%BD")) == ["a", "a\rb", "\ufffd"]
    assert deleted(answer()) == []


@pytest.mark.parametrize(
    "body",
    [answer("a"), answer("a")[len(DECLARATION) :], b" \n" + answer("a")[len(DECLARATION) :]],
    ids=["declared", "undeclared", "after spaces"],
)
def test_a_declaration_may_be_missing(body: bytes) -> None:
    """XML does not demand it."""
    assert deleted(body) == ["a"]


LONGEST = 4_000_000  # bytes: what takes steps by the square of them never ends


@pytest.mark.parametrize("filler", [b" ", b"\n", b"<", b"<?xml", b"<a/>", b"%", b"<Key>", b"a"])
@pytest.mark.parametrize(
    "before",
    [b"", DECLARATION[:-3], DECLARATION, page("a")[:-19], page("a")[:-30], answer("a")[:60]],
    ids=["", "declared", "declaration", "rows", "row", "answer"],
)
@pytest.mark.parametrize("read", [listed, deleted], ids=["listing", "answer"])
def test_markup_without_an_end_is_found_unreadable_at_once(
    read: Any, before: bytes, filler: bytes
) -> None:
    """White space, brackets and quotes are looked at once each, wherever they stand."""
    code, _, scope = refusal(before + filler * (LONGEST // len(filler)), read)

    assert (code, scope) == ("UnreadableAnswer", Scope.PASSING)


def test_an_answer_of_more_elements_than_oss_writes_is_unreadable() -> None:
    """Each would take a parser memory."""
    code, message, _ = refusal(page("a").replace(b"<Contents>", b"<a/>" * 100_000 + b"<Contents>"))

    assert (code, message) == ("UnreadableAnswer", "OSS's answer has too many elements")


@pytest.mark.parametrize("key", ["k" * 1024, "%FF" * 1024, "%C3%A9" * 512, "%" * 1024])
@pytest.mark.parametrize("other", ["a", "%FF", "&amp;"])
def test_a_key_that_is_longer_than_any_of_osss_is_none(key: str, other: str) -> None:
    """Whether its page is read by columns or by entries, and whether it is UTF-8."""
    code, message, scope = refusal(page(other, key))

    assert (code, scope) == ("UnreadableKey", Scope.JOB)
    assert "a name of 1,024 bytes" in message
    assert len(message) < 500


@pytest.mark.parametrize("key", ["k" * 1023, "%00" * 1023, "a" + "%C3%A9" * 511])
@pytest.mark.parametrize("other", ["a", "&amp;"])
def test_the_longest_key_of_osss_is_read(key: str, other: str) -> None:
    """Its length counts without its quotes."""
    found = listed(page(*sorted([other, key])))

    assert 1023 in {len(each.key.encode()) for each in found.object_list}


def test_every_cut_answer_is_unreadable() -> None:
    """Wherever it is cut off, no half of its keys counts."""
    for whole, read in ((page("a", "b"), listed), (answer("a", "b"), deleted)):
        for length in range(len(whole)):
            code, _, scope = refusal(whole[:length], read)
            assert (code, scope) == ("UnreadableAnswer", Scope.PASSING)


@pytest.mark.parametrize(
    ("body", "read", "message"),
    [
        (b"", listed, "OSS's answer is no ListBucketResult"),
        (b"", deleted, "OSS's answer is no DeleteResult"),
        (b"  \n", deleted, "OSS's answer is no DeleteResult"),
        (b"<html>Welcome</html>", deleted, "OSS's answer is no DeleteResult"),
        (b'{"keys": []}', listed, "OSS's answer is no ListBucketResult"),
        (answer("a"), listed, "OSS's answer is no ListBucketResult"),
        (page("a"), deleted, "OSS's answer is no DeleteResult"),
        (page("a", root="ListBucketResults"), listed, "OSS's answer is no ListBucketResult"),
        (answer("a", root="x:DeleteResult"), deleted, "OSS's answer is no DeleteResult"),
        (b"<!-- <DeleteResult> -->", deleted, "OSS's answer is no DeleteResult"),
    ],
    ids=range(10),
)
def test_another_document_is_unreadable(body: bytes, read: Any, message: str) -> None:
    """oss2 would read most of them as an answer without keys."""
    assert refusal(body, read) == ("UnreadableAnswer", message, Scope.PASSING)


NAMESPACE = 'xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"'


@pytest.mark.parametrize("odd", [b"", b"<!-- for the parser -->"], ids=["columns", "entries"])
def test_a_page_in_a_namespace_is_read(odd: bytes) -> None:
    """oss2 would find no key in it, and take the bucket for empty."""
    body = page("a", "b", root=f"ListBucketResult {NAMESPACE}")
    body = body.replace(f"</ListBucketResult {NAMESPACE}>".encode(), odd + b"</ListBucketResult>")

    assert [entry.key for entry in listed(body).object_list] == ["a", "b"]


def test_an_answer_in_a_namespace_confirms_its_keys() -> None:
    """oss2 would find none in it, and they would be asked for again."""
    body = answer("a", root=f"DeleteResult {NAMESPACE}")

    assert deleted(body.replace(f"</DeleteResult {NAMESPACE}>".encode(), b"</DeleteResult>")) == [
        "a"
    ]


@pytest.mark.parametrize(
    "said",
    [b"", b"<EncodingType></EncodingType>", b"<EncodingType>URL</EncodingType>"],
    ids=["nothing", "empty", "another"],
)
def test_a_page_that_is_not_url_encoded_is_unreadable(said: bytes) -> None:
    """XML would turn a CR in a key into an LF, which is another object's key."""
    body = page("a").replace(b"<EncodingType>url</EncodingType>", said)

    assert refusal(body) == (
        "UnreadableAnswer",
        'ValueError: "OSS\'s listing is not URL-encoded"',
        Scope.PASSING,
    )


class Answering:
    """A session that answers every request with one page."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def do_request(self, request: Any, timeout: Any) -> Response:
        return Response(self._body)


def bucket(body: bytes) -> Bucket:
    auth = oss2.AnonymousAuth()
    return Bucket(auth, "http://127.0.0.1", "examplebucket", session=Answering(body))


def test_a_page_with_directories_is_refused() -> None:
    """Nobody asked for any, and what lies below them would be missed."""
    directories = b"<CommonPrefixes><Prefix>a%2F</Prefix></CommonPrefixes></ListBucketResult>"
    body = page("a").replace(b"</ListBucketResult>", directories)

    with pytest.raises(StoreError, match="OSS listed directories") as refused:
        bucket(body).list_objects(prefix="", marker="", max_keys=1000)

    assert refused.value.scope is Scope.PASSING


def test_a_page_of_more_keys_than_were_asked_for_is_refused() -> None:
    """A batch may hold no more, and who has written them is not OSS."""
    asked = bucket(page("a", "b"))

    assert len(asked.list_objects(prefix="", marker="", max_keys=2).object_list) == 2
    with pytest.raises(StoreError, match="OSS listed more objects than it was asked for"):
        asked.list_objects(prefix="", marker="", max_keys=1)


@pytest.mark.parametrize(("after", "leads"), [("a", True), ("b", False), ("c", False)])
def test_a_page_that_does_not_lead_onward_is_refused(after: str, leads: bool) -> None:
    """The same page would come for ever."""
    marked = b"<NextMarker>b</NextMarker></ListBucketResult>"
    body = page("b", truncated="true").replace(b"</ListBucketResult>", marked)
    asked = bucket(body)

    if leads:
        assert asked.list_objects(prefix="", marker=after, max_keys=1).next_marker == "b"
    else:
        with pytest.raises(StoreError, match="ListingStuck"):
            asked.list_objects(prefix="", marker=after, max_keys=1)


@pytest.mark.parametrize("field", ["Size", "LastModified", "Key"])
def test_a_page_with_a_field_that_is_missing_is_unreadable(field: str) -> None:
    """Without its size or time an object is none that can be judged."""
    body = page("a").replace(f"<{field}>".encode(), b"<Other>")
    body = body.replace(f"</{field}>".encode(), b"</Other>")

    code, message, scope = refusal(body)

    assert (code, scope) == ("UnreadableAnswer", Scope.PASSING)
    assert field in message


def test_an_entry_without_an_etag_is_read() -> None:
    """A bucket with a hierarchical namespace may list its directories so."""
    body = page("a%2F", "a%2Fb").replace(b'<ETag>"0"</ETag>', b"<!-- none -->", 1)

    assert [entry.key for entry in listed(body).object_list] == ["a/", "a/b"]


@pytest.mark.parametrize(
    ("whole", "wrong"),
    [
        (b"<Size>10</Size>", b"<Size>ten</Size>"),
        (b"2024-05-01T00:00:00.000Z", b"yesterday"),
        (b"<IsTruncated>false", b"<IsTruncated>perhaps"),
    ],
)
def test_a_page_with_a_value_that_means_nothing_is_unreadable(whole: bytes, wrong: bytes) -> None:
    """A guess would be worse than another try."""
    code, _, scope = refusal(page("a").replace(whole, wrong))

    assert (code, scope) == ("UnreadableAnswer", Scope.PASSING)


@pytest.mark.parametrize("read", [listed, deleted])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b"<Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
            ("AccessDenied", '"No."', Scope.KEYS),
        ),
        (
            DECLARATION + b"<Error>\n<Code>NoSuchBucket</Code></Error>",
            ("NoSuchBucket", "", Scope.JOB),
        ),
        (b"<Error><Code>Unheard</Code></Error>", ("Unheard", "", Scope.PASSING)),
        (b"<Error></Error>", ("UnreadableAnswer", "", Scope.PASSING)),
        (
            b"<Error><Code>AccessDen",
            ("UnreadableAnswer", "OSS's answer is an error cut off half way", Scope.PASSING),
        ),
    ],
    ids=["keys", "job", "unheard", "empty", "cut"],
)
def test_an_error_inside_a_200_is_an_error(
    read: Any, body: bytes, said: tuple[str, str, Scope]
) -> None:
    """Its code counts, not its status."""
    assert refusal(body, read) == said


@pytest.mark.parametrize("key", ["%FF", "a%C3b", "%ED%A0%80", "%EF%BF%BD%FE"])
def test_a_key_that_is_not_utf_8_is_no_object_of_its_page(key: str) -> None:
    """oss2 would make another object's key of it: it is told beside the others."""
    found = page_of(listed(page("%24", key, "z")).object_list)

    assert found.keys == ["$", "z"]
    assert [each.text for each in found.unnamed] == [key]


def test_a_listing_goes_on_behind_a_key_that_is_not_utf_8() -> None:
    """Its bytes are the next marker; and no page may lead back before them."""
    marked = b"<NextMarker>b%FF</NextMarker></ListBucketResult>"
    body = page("b", truncated="true").replace(b"</ListBucketResult>", marked)
    asked = bucket(body)

    first = asked.list_objects(prefix="", marker="b", max_keys=1)
    assert first.next_marker == b"b\xff"
    with pytest.raises(StoreError, match="ListingStuck"):
        asked.list_objects(prefix="", marker=first.next_marker, max_keys=1)


@pytest.mark.parametrize("key", ["%EF%BF%BD", "a%EF%BF%BDb", "\ufffd"])
def test_a_replacement_character_of_the_keys_own_is_none_of_oss2s(key: str) -> None:
    """U+FFFD is a character that a key may hold."""
    (found,) = listed(page(key)).object_list

    assert "\ufffd" in found.key


@pytest.mark.parametrize("key", ["a+b", "+", "a%2B+", "a&#43;b", "a&#x2b;b", "%FF+"])
def test_a_raw_plus_in_a_listing_refuses_its_page(key: str) -> None:
    """OSS writes none: it may stand for a space or for itself, which are two objects."""
    code, message, scope = refusal(page("a", key, "z"))

    assert (code, scope) == ("UnreadableKey", Scope.JOB)
    assert "which OSS never writes" in message
    assert "nothing is deleted by it" in message


def test_a_raw_plus_in_the_next_marker_refuses_its_page() -> None:
    """The listing would go on at another place."""
    marked = b"<NextMarker>b+c</NextMarker></ListBucketResult>"
    body = page("b", truncated="true").replace(b"</ListBucketResult>", marked)

    assert refusal(body)[0] == "UnreadableKey"


def test_a_plus_elsewhere_in_a_listing_harms_nobody() -> None:
    """An ETag, or an owner's name, is no key."""
    plain = page("a%2Bb").replace(b'"0"', b'"+"')

    (found,) = listed(plain).object_list
    (slowly,) = listed(plain.replace(b"Standard", b"&#83;tandard")).object_list

    assert found.key == slowly.key == "a+b"


def test_a_raw_plus_in_an_answer_confirms_no_key() -> None:
    """Of `a b` and `a+b`, nobody can tell which one is gone."""
    assert deleted(answer("a", "a+b", "a%2Bc", "a&#43;d")) == ["a", "a+c"]


def test_a_plus_in_an_answer_that_is_not_url_encoded_is_one() -> None:
    """Nothing stands for anything else there."""
    body = answer("a+b").replace(b"<EncodingType>url</EncodingType>", b"")

    assert deleted(body) == ["a+b"]
