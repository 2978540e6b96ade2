"""Listings of the local OSS: as oss2 reads them, and as a model in a dozen lines has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.clients import oss2_bucket, signed_call
from localcloud.oss import LocalOss


@dataclass(frozen=True)
class Question:
    """What a listing is asked."""

    prefix: str
    after: str
    delimiter: str
    page_size: int


@dataclass(frozen=True)
class Listing:
    """A whole listing: its pages' keys and groups, each in order."""

    keys: Sequence[str]
    groups: Sequence[str]
    pages: int


def model(keys: Sequence[str], asked: Question) -> Listing:
    """What OSS has to answer: keys and groups behind the marker, in the order of their bytes."""
    entries: dict[bytes, bool] = {}
    for key in keys:
        if key.startswith(asked.prefix):
            at = key.find(asked.delimiter, len(asked.prefix)) if asked.delimiter else -1
            entry = key if at < 0 else key[: at + len(asked.delimiter)]
            entries[entry.encode()] = at >= 0
    behind = [entry for entry in sorted(entries) if entry > asked.after.encode()]
    return Listing(
        keys=[entry.decode() for entry in behind if not entries[entry]],
        groups=[entry.decode() for entry in behind if entries[entry]],
        pages=max(1, -(-len(behind) // asked.page_size)),
    )


def listed(bucket: oss2.Bucket, asked: Question) -> Listing:
    def page(after: str) -> Any:
        return bucket.list_objects(asked.prefix, asked.delimiter, after, asked.page_size)

    pages = [page(asked.after)]
    while pages[-1].is_truncated:
        pages.append(page(pages[-1].next_marker))
    return joined(pages)


def listed_v2(bucket: oss2.Bucket, asked: Question) -> Listing:
    def page(token: str) -> Any:
        return bucket.list_objects_v2(
            asked.prefix, asked.delimiter, token, asked.after, max_keys=asked.page_size
        )

    pages = [page("")]
    while pages[-1].is_truncated:
        pages.append(page(pages[-1].next_continuation_token))
    return joined(pages)


def joined(pages: Sequence[Any]) -> Listing:
    return Listing(
        keys=[found.key for page in pages for found in page.object_list],
        groups=[group for page in pages for group in page.prefix_list],
        pages=len(pages),
    )


NAMES = st.text(alphabet="ab/\n\rA\x01 +%&\u00e9\U0001f600", max_size=5)
KEYS = NAMES.filter(lambda name: name and name[0] != "/")
QUESTIONS = st.builds(
    Question,
    prefix=NAMES,
    after=NAMES,
    delimiter=st.sampled_from(["", "/", "a", "//", "\u00e9"]),
    page_size=st.integers(1, 6),
)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(keys=st.lists(KEYS, unique=True, max_size=20), asked=QUESTIONS)
def test_any_listing_is_what_the_model_has(
    shared_oss: LocalOss, keys: list[str], asked: Question
) -> None:
    """Whatever the keys, the prefix, where it begins, the delimiter and the size of pages."""
    shared_oss.reset()
    shared_oss.create_bucket("examplebucket")
    shared_oss.fill("examplebucket", keys)
    bucket = oss2_bucket(shared_oss, "examplebucket")
    expected = model(keys, asked)
    assert (listed(bucket, asked), listed_v2(bucket, asked)) == (expected, expected)


def test_a_listing_says_of_an_object_what_oss_says(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Size, time, etag, type, class and owner."""
    oss.fill("examplebucket", {"a": b""}, modified=1_700_000_000)
    found = bucket.list_objects().object_list[0]
    seen = (found.size, found.last_modified, found.etag, found.type, found.storage_class)
    assert (seen, found.owner is not None) == (
        (0, 1_700_000_000, "D41D8CD98F00B204E9800998ECF8427E", "Normal", "Standard"),
        True,
    )


def test_the_second_version_names_the_owner_only_on_request(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
    """By fetch-owner."""
    oss.fill("examplebucket", ["a"])
    without = bucket.list_objects_v2().object_list[0].owner
    named = bucket.list_objects_v2(fetch_owner=True).object_list[0].owner
    assert (without, named is not None) == (None, True)


def test_a_listing_has_a_hundred_entries_unless_asked_for_more(oss: LocalOss) -> None:
    """A thousand at most."""
    oss.fill("examplebucket", [f"{number:04d}" for number in range(1001)])
    default = signed_call(oss, "GET", "examplebucket").body
    most = signed_call(oss, "GET", "examplebucket", query={"max-keys": "1000"}).body
    assert (default.count(b"<Contents>"), most.count(b"<Contents>")) == (100, 1000)


@pytest.mark.parametrize("max_keys", ["0", "1001", "-1", "x", "1.5", "\u00b2"])
def test_a_page_size_out_of_range_is_refused(oss: LocalOss, max_keys: str) -> None:
    """It is not cut down to the maximum."""
    answer = signed_call(oss, "GET", "examplebucket", query={"max-keys": max_keys})
    assert (answer.status, b"<Code>InvalidArgument</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize("token", ["x", "////", "\u00e9", "_w==", "CgEvEAA=", "CgEvEAE-"])
def test_a_token_that_is_none_is_refused(oss: LocalOss, token: str) -> None:
    """It is the server's own."""
    query = {"list-type": "2", "continuation-token": token}
    assert signed_call(oss, "GET", "examplebucket", query=query).status == 400


def test_another_encoding_than_url_is_refused(oss: LocalOss) -> None:
    """There is none."""
    answer = signed_call(oss, "GET", "examplebucket", query={"encoding-type": "base64"})
    assert answer.status == 400


def test_the_answer_repeats_the_question(oss: LocalOss) -> None:
    """Encoded like the keys."""
    oss.fill("examplebucket", ["p/1/ +", "p/2"])
    query = {
        "prefix": "p/",
        "marker": "p/0 ",
        "delimiter": "/",
        "max-keys": "1",
        "encoding-type": "url",
    }
    body = signed_call(oss, "GET", "examplebucket", query=query).body
    for told in (b"<Prefix>p%2F<", b"<Marker>p%2F0%20<", b"<MaxKeys>1<", b"<Delimiter>%2F<"):
        assert told in body


def test_a_plus_in_a_key_is_not_a_space(oss: LocalOss) -> None:
    """Encoded as %2B, a space as %20, so that any decoder gets both right."""
    oss.fill("examplebucket", ["a+b c"])
    body = signed_call(oss, "GET", "examplebucket", query={"encoding-type": "url"}).body
    assert b"<Key>a%2Bb%20c</Key>" in body


def test_an_empty_page_is_not_truncated(oss: LocalOss) -> None:
    """And has no marker to go on from."""
    body = signed_call(oss, "GET", "examplebucket").body
    seen = (b"<IsTruncated>false</IsTruncated>" in body, b"NextMarker" in body)
    assert seen == (True, False)
