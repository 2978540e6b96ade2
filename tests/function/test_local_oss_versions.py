"""Buckets with versions, held against the unmodified SDK: what is written over stays below."""

import re

import alibabacloud_oss_v2 as sdk
import oss2
import pytest
from oss2.models import BatchDeleteObjectVersion, BatchDeleteObjectVersionList

from localcloud.clients import sdk_v2, signed_call
from localcloud.oss import LocalOss

BUCKET = "examplebucket"
KEYS = ["a", "a\nb", "b c+%", "\N{PILE OF POO}"]
FORBID = {"x-oss-forbid-overwrite": "true"}


@pytest.fixture
def versioned(oss: LocalOss, bucket: oss2.Bucket) -> oss2.Bucket:
    """The bucket, with versions."""
    oss.enable_versioning(BUCKET)
    return bucket


def listed(bucket: oss2.Bucket, **question: str | int) -> list[tuple[str, str, bool]]:
    """What oss2 reads, page by page: keys, ids, and whether they are the latest."""
    found: list[tuple[str, str, bool]] = []
    markers = ("", "")
    while True:
        page = bucket.list_object_versions(
            key_marker=markers[0], versionid_marker=markers[1], **question
        )
        found += [
            (each.key, each.versionid, each.is_latest)
            for each in (*page.versions, *page.delete_marker)
        ]
        if not page.is_truncated:
            return found
        markers = (page.next_key_marker, page.next_versionid_marker)


def got(bucket: oss2.Bucket, version_id: str = "") -> tuple[bytes, str | None]:
    """The content of `a`, or of a version of it, and the version's id."""
    found = bucket.get_object("a", params={"versionId": version_id} if version_id else None)
    return found.read(), found.versionid


def test_each_writing_makes_a_version(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """The newest is the object, and the others are there by their ids."""
    ids = [versioned.put_object("a", text).versionid for text in ("1", "2")]

    assert len(set(ids)) == 2
    assert listed(versioned) == [("a", ids[1], True), ("a", ids[0], False)]
    assert (got(versioned), got(versioned, ids[0])) == ((b"2", ids[1]), (b"1", ids[0]))
    head = versioned.head_object("a", params={"versionId": ids[0]})
    head.resp.read()
    assert (head.versionid, head.content_length) == (ids[0], 1)
    assert oss.keys(BUCKET) == ["a"]


def test_a_copy_makes_a_version_too(versioned: oss2.Bucket) -> None:
    """Of its target."""
    versioned.put_object("a", "1")
    copied = versioned.copy_object(BUCKET, "a", "b")
    assert listed(versioned, prefix="b") == [("b", copied.versionid, True)]


def test_no_header_forbids_to_write_over(versioned: oss2.Bucket) -> None:
    """Where versions are on, it does not take effect."""
    for text in ("1", "2"):
        versioned.put_object("a", text, headers=FORBID)
    assert versioned.get_object("a").read() == b"2"


def test_a_deletion_adds_a_marker(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """Whether there is something to delete or not, each time."""
    version = versioned.put_object("a", "1").versionid
    marked = [versioned.delete_object(key) for key in ("a", "a", "nothing")]

    assert [each.delete_marker for each in marked] == [True, True, True]
    assert len({each.versionid for each in marked}) == 3
    assert not versioned.object_exists("a")
    assert oss.keys(BUCKET) == []
    assert list(oss2.ObjectIterator(versioned)) == []
    assert versioned.get_object("a", params={"versionId": version}).read() == b"1"


def test_a_marker_may_be_deleted_like_a_version(versioned: oss2.Bucket) -> None:
    """What it hid shows again."""
    versioned.put_object("a", "1")
    marker = versioned.delete_object("a").versionid

    gone = versioned.delete_object("a", params={"versionId": marker})

    assert (gone.versionid, gone.delete_marker) == (marker, True)
    assert versioned.get_object("a").read() == b"1"


def test_a_version_is_deleted_for_good(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """And the one before it shows; a version that is not there is no matter."""
    older, newer = (versioned.put_object("a", text).versionid for text in ("1", "2"))

    gone = versioned.delete_object("a", params={"versionId": newer})

    assert (gone.status, gone.versionid, gone.delete_marker) == (204, newer, None)
    assert versioned.get_object("a").read() == b"1"
    assert versioned.delete_object("a", params={"versionId": newer}).status == 204
    versioned.delete_object("a", params={"versionId": older})
    assert (oss.keys(BUCKET), listed(versioned)) == ([], [])


def test_a_batch_adds_a_marker_for_each_key(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """And names it."""
    oss.fill(BUCKET, KEYS)

    deleted = versioned.batch_delete_objects(["a", "nothing"]).delete_versions

    assert [(each.key, each.versionid, each.delete_marker) for each in deleted] == [
        ("a", "", True),
        ("nothing", "", True),
    ]
    markers = versioned.list_object_versions().delete_marker
    assert [(each.key, each.versionid) for each in markers] == [
        (each.key, each.delete_marker_versionid) for each in deleted
    ]
    assert oss.keys(BUCKET) == KEYS[1:]


def test_a_batch_deletes_versions_for_good(versioned: oss2.Bucket) -> None:
    """Markers among them."""
    version = versioned.put_object("a", "1").versionid
    marker = versioned.delete_object("a").versionid
    both = [BatchDeleteObjectVersion("a", each) for each in (version, marker)]

    deleted = versioned.delete_object_versions(BatchDeleteObjectVersionList(both)).delete_versions

    assert [(each.versionid, each.delete_marker) for each in deleted] == [
        (version, False),
        (marker, True),
    ]
    assert listed(versioned) == []


@pytest.mark.parametrize("most", [1, 2, 3, 100])
def test_versions_are_listed_by_key_and_the_newest_first(versioned: oss2.Bucket, most: int) -> None:
    """Page after page, keys unchanged."""
    written = [
        (key, versioned.put_object(key, text).versionid) for text in ("1", "2") for key in KEYS
    ]

    found = listed(versioned, max_keys=most)

    assert [(key, version) for key, version, _ in found] == [
        *(each for key in KEYS for each in reversed(written) if each[0] == key)
    ]
    assert [is_latest for _, _, is_latest in found] == [True, False] * len(KEYS)


def test_markers_stand_among_the_versions(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """In the order of the document, by which alone it shows what came first."""
    for _ in range(2):
        versioned.put_object("a", "1")
        versioned.delete_object("a")
    body = signed_call(oss, "GET", BUCKET, query={"versions": ""}).body
    assert re.findall(rb"<(Version|DeleteMarker)>", body) == [b"DeleteMarker", b"Version"] * 2


def test_a_walk_goes_on_behind_versions_that_are_gone(versioned: oss2.Bucket) -> None:
    """Whoever deletes what was listed misses nothing of what follows."""
    ids = [versioned.put_object("a", str(number)).versionid for number in range(4)]
    page = versioned.list_object_versions(max_keys=2)
    for each in page.versions:
        versioned.delete_object("a", params={"versionId": each.versionid})

    rest = versioned.list_object_versions(
        key_marker=page.next_key_marker, versionid_marker=page.next_versionid_marker
    )

    assert [each.versionid for each in rest.versions] == [ids[1], ids[0]]


def test_what_was_there_before_is_the_oldest_version(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Its id is null."""
    oss.fill(BUCKET, {"a": b"1"})
    oss.enable_versioning(BUCKET)
    oss.fill(BUCKET, {"a": b"2"})

    assert [version for _, version, _ in listed(bucket)][1:] == ["null"]
    assert bucket.get_object("a").read() == b"2"
    assert bucket.get_object("a", params={"versionId": "null"}).read() == b"1"
    page = bucket.list_object_versions(max_keys=1)
    rest = bucket.list_object_versions(
        key_marker="a", versionid_marker=page.next_versionid_marker
    ).versions
    assert [each.versionid for each in rest] == ["null"]


def test_suspended_versions_stay_and_new_ones_replace_each_other(
    oss: LocalOss, versioned: oss2.Bucket
) -> None:
    """What is written then has the id null, and so has the marker of a deletion."""
    first = versioned.put_object("a", "1").versionid
    oss.suspend_versioning(BUCKET)

    assert [versioned.put_object("a", text).versionid for text in ("2", "3")] == ["null", "null"]
    assert listed(versioned) == [("a", "null", True), ("a", first, False)]
    assert versioned.delete_object("a").versionid == "null"
    assert [version for _, version, _ in listed(versioned)] == [first, "null"]
    assert versioned.get_object("a", params={"versionId": first}).read() == b"1"


def test_a_bucket_without_versions_answers_as_ever(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Nobody sees an id."""
    assert bucket.put_object("a", "1", headers=FORBID).versionid is None
    assert got(bucket) == (b"1", None)
    assert listed(bucket) == [("a", "null", True)]
    deleted = bucket.delete_object("a")
    assert (deleted.versionid, deleted.delete_marker, oss.keys(BUCKET)) == (None, None, [])


def test_the_second_sdk_reads_the_same(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """Versions and markers, and deletes them by their ids."""
    client = sdk_v2(oss)
    versioned.put_object(KEYS[1], "1")
    versioned.delete_object(KEYS[1])
    page = client.list_object_versions(sdk.ListObjectVersionsRequest(bucket=BUCKET))

    assert [(each.key, each.is_latest) for each in page.version] == [(KEYS[1], False)]
    assert [(each.key, each.is_latest) for each in page.delete_marker] == [(KEYS[1], True)]
    for each in (*page.version, *page.delete_marker):
        client.delete_object(
            sdk.DeleteObjectRequest(bucket=BUCKET, key=each.key, version_id=each.version_id)
        )
    assert listed(versioned) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [({"version-id-marker": "x"}, 400), ({"delimiter": "/"}, 501), ({"max-keys": "0"}, 400)],
)
def test_a_listing_of_versions_may_be_refused(
    oss: LocalOss, query: dict[str, str], status: int
) -> None:
    """What makes no sense, and what the local OSS does not know."""
    assert signed_call(oss, "GET", BUCKET, query={"versions": "", **query}).status == status
