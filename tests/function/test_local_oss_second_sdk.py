"""The vendor's second SDK as another judge: to it the local OSS is the OSS it was written for."""

import gc
import warnings
from collections.abc import Callable, Iterator

import alibabacloud_oss_v2 as sdk
import pytest

from localcloud.clients import call, sdk_v2
from localcloud.oss import LocalOss

BUCKET = "examplebucket"
KEYS = ["a b", "a+b", "dir/\n", "dir/x", "\N{PILE OF POO}"]


@pytest.fixture
def client(oss: LocalOss) -> Iterator[sdk.Client]:
    yield sdk_v2(oss)
    # It leaves the connections of answers that nobody reads to the collector of garbage, which says
    # so, and would say it in the middle of another test.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def refused(ask: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(sdk.exceptions.OperationError) as caught:
        ask()
    error = caught.value.unwrap()
    return error.status_code, error.code


def test_the_second_sdk_puts_and_gets(client: sdk.Client) -> None:
    """Bytes and metadata."""
    client.put_object(
        sdk.PutObjectRequest(bucket=BUCKET, key="a b", body=b"bytes", metadata={"colour": "blue"})
    )
    found = client.get_object(sdk.GetObjectRequest(bucket=BUCKET, key="a b"))
    assert (found.body.content, found.metadata) == (b"bytes", {"colour": "blue"})


def test_the_second_sdk_reads_the_head_of_an_object(oss: LocalOss, client: sdk.Client) -> None:
    """Size, type and class."""
    oss.fill(BUCKET, {"a": 7})
    head = client.head_object(sdk.HeadObjectRequest(bucket=BUCKET, key="a"))
    seen = (head.content_length, head.object_type, head.storage_class)
    assert seen == (7, "Normal", "Standard")


def test_the_second_sdk_lists_every_key(oss: LocalOss, client: sdk.Client) -> None:
    """By both versions, page after page."""
    oss.fill(BUCKET, KEYS)
    first = [
        found.key
        for page in client.list_objects_paginator().iter_page(
            sdk.ListObjectsRequest(bucket=BUCKET, max_keys=2)
        )
        for found in page.contents
    ]
    second = [
        found.key
        for page in client.list_objects_v2_paginator().iter_page(
            sdk.ListObjectsV2Request(bucket=BUCKET, max_keys=2)
        )
        for found in page.contents
    ]
    assert (first, second) == (KEYS, KEYS)


def test_the_second_sdk_lists_groups(oss: LocalOss, client: sdk.Client) -> None:
    """By a delimiter."""
    oss.fill(BUCKET, KEYS)
    page = client.list_objects_v2(sdk.ListObjectsV2Request(bucket=BUCKET, delimiter="/"))
    assert [group.prefix for group in page.common_prefixes] == ["dir/"]


def test_the_second_sdk_reads_what_an_entry_says(oss: LocalOss, client: sdk.Client) -> None:
    """Size, time, etag, owner."""
    oss.fill(BUCKET, {"a": b""}, modified=1_700_000_000)
    page = client.list_objects(sdk.ListObjectsRequest(bucket=BUCKET))
    found = page.contents[0]
    seen = (found.size, found.last_modified.timestamp(), found.etag, found.owner is not None)
    assert seen == (0, 1_700_000_000, '"D41D8CD98F00B204E9800998ECF8427E"', True)


def test_the_second_sdk_deletes_one_object(oss: LocalOss, client: sdk.Client) -> None:
    """Whether or not it is there."""
    oss.fill(BUCKET, KEYS)
    there = client.delete_object(sdk.DeleteObjectRequest(bucket=BUCKET, key="dir/\n"))
    missing = client.delete_object(sdk.DeleteObjectRequest(bucket=BUCKET, key="missing"))
    left = [key for key in KEYS if key != "dir/\n"]
    seen = (there.status_code, missing.status_code, oss.keys(BUCKET))
    assert seen == (204, 204, left)


def test_the_second_sdk_deletes_many_objects(oss: LocalOss, client: sdk.Client) -> None:
    """And reads which."""
    oss.fill(BUCKET, KEYS)
    result = client.delete_multiple_objects(
        sdk.DeleteMultipleObjectsRequest(
            bucket=BUCKET, objects=[sdk.DeleteObject(key=key) for key in KEYS]
        )
    )
    deleted = [found.key for found in result.deleted_objects]
    assert (deleted, oss.keys(BUCKET)) == (KEYS, [])


def test_the_second_sdk_reads_an_error_document(client: sdk.Client) -> None:
    """Of an object that is not there."""
    ask = sdk.GetObjectRequest(bucket=BUCKET, key="missing")
    assert refused(lambda: client.get_object(ask)) == (404, "NoSuchKey")


def test_the_second_sdk_reads_an_error_without_a_body(client: sdk.Client) -> None:
    """Of a HEAD, from x-oss-err."""
    ask = sdk.HeadObjectRequest(bucket=BUCKET, key="missing")
    assert refused(lambda: client.head_object(ask)) == (404, "NoSuchKey")


def test_the_second_sdk_reads_that_a_bucket_is_missing(client: sdk.Client) -> None:
    """By its listing."""
    ask = sdk.ListObjectsV2Request(bucket="missing")
    assert refused(lambda: client.list_objects_v2(ask)) == (404, "NoSuchBucket")


def test_the_second_sdk_is_told_when_it_may_not_overwrite(client: sdk.Client) -> None:
    """By a put that forbids it."""
    ask = sdk.PutObjectRequest(bucket=BUCKET, key="a", body=b"x", forbid_overwrite=True)
    client.put_object(ask)
    assert refused(lambda: client.put_object(ask)) == (409, "FileAlreadyExists")


def test_the_second_sdk_creates_describes_and_deletes_a_bucket(client: sdk.Client) -> None:
    """All by name."""
    client.put_bucket(sdk.PutBucketRequest(bucket="fresh"))
    info = client.get_bucket_info(sdk.GetBucketInfoRequest(bucket="fresh")).bucket_info
    gone = client.delete_bucket(sdk.DeleteBucketRequest(bucket="fresh"))
    assert (info.name, info.location, gone.status_code) == ("fresh", "oss-cn-hangzhou", 204)


def test_the_second_sdk_lists_buckets_in_pages(oss: LocalOss, client: sdk.Client) -> None:
    """By its own paginator."""
    oss.create_bucket("another")
    pages = list(client.list_buckets_paginator().iter_page(sdk.ListBucketsRequest(max_keys=1)))
    assert [[each.name for each in page.buckets] for page in pages] == [["another"], [BUCKET]]


def test_the_second_sdk_reads_through_an_address_it_presigned(
    oss: LocalOss, client: sdk.Client
) -> None:
    """Its own way of signing a query."""
    oss.fill(BUCKET, {"a b": b"content"})
    signed = client.presign(sdk.GetObjectRequest(bucket=BUCKET, key="a b"))
    answer = call(oss, "GET", signed.url.removeprefix(oss.endpoint))
    assert (answer.status, answer.body) == (200, b"content")
