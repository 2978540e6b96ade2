"""Buckets with versions, held against the unmodified SDK: what is written over stays below."""

import re
from typing import TYPE_CHECKING

import alibabacloud_oss_v2 as sdk
import oss2
import pytest
from oss2.models import BatchDeleteObjectVersion, BatchDeleteObjectVersionList

from localcloud.clients import sdk_v2, signed_call
from localcloud.oss import LocalOss

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Deleting the versions of a page loses none of those behind it."""
    ids = [versioned.put_object("a", str(number)).versionid for number in range(4)]
    page = versioned.list_object_versions(max_keys=2)
    for each in page.versions:
        versioned.delete_object("a", params={"versionId": each.versionid})

    rest = versioned.list_object_versions(
        key_marker=page.next_key_marker, versionid_marker=page.next_versionid_marker
    )

    assert [each.versionid for each in rest.versions] == [ids[1], ids[0]]


def test_an_object_from_before_versioning_is_the_oldest_version(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
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
    "query",
    [
        {"version-id-marker": "null"},
        {"key-marker": "a", "version-id-marker": "x"},
        {"max-keys": "0"},
        {"prefix": "a" * 1024},
        {"key-marker": "a" * 1024},
        {"delimiter": "a" * 1024},
    ],
)
def test_a_listing_of_versions_that_makes_no_sense_is_refused(
    oss: LocalOss, query: dict[str, str]
) -> None:
    """A marker without a key, ids that are none, and what is longer than a key."""
    assert signed_call(oss, "GET", BUCKET, query={"versions": "", **query}).status == 400


def test_versions_are_grouped_by_a_delimiter(versioned: oss2.Bucket) -> None:
    """Each group is one row of a page and stands once, and a walk goes on behind it."""
    for key in ("p/a/1", "p/a/2", "p/b", "p/b", "p/c/1"):
        versioned.put_object(key, "1")
    pages = [versioned.list_object_versions(prefix="p/", delimiter="/", max_keys=2)]
    while pages[-1].is_truncated:
        markers = (pages[-1].next_key_marker, pages[-1].next_versionid_marker)
        pages.append(
            versioned.list_object_versions(
                "p/", "/", markers[0], max_keys=2, versionid_marker=markers[1]
            )
        )

    assert [(page.common_prefix, [each.key for each in page.versions]) for page in pages] == [
        (["p/a/"], ["p/b"]),
        (["p/c/"], ["p/b"]),
    ]


@pytest.mark.parametrize("version_id", ["x", "234", "CAEQ000000000001", "CAEQ/+==", "null ", "-"])
def test_a_malformed_version_id_is_refused(
    oss: LocalOss, versioned: oss2.Bucket, version_id: str
) -> None:
    """To read, to delete or in a batch; nothing is deleted."""
    oss.fill(BUCKET, ["a"])
    both = [BatchDeleteObjectVersion("a", each) for each in (listed(versioned)[0][1], version_id)]
    params = {"versionId": version_id}
    asked: tuple[Callable[[], object], ...] = (
        lambda: versioned.get_object("a", params=params),
        lambda: versioned.head_object("a", params=params),
        lambda: versioned.delete_object("a", params=params),
        lambda: versioned.delete_object_versions(BatchDeleteObjectVersionList(both)),
        lambda: versioned.copy_object(BUCKET, "a", "b", params=params),
        lambda: versioned.copy_object(BUCKET, "a", "b", params={"versionId": ""}),
    )
    refused = []
    for ask in asked:
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            ask()
        refused.append((caught.value.status, caught.value.code, caught.value.ec))

    assert refused == [(400, "InvalidArgument", "0012-00000202")] * len(asked)
    assert oss.keys(BUCKET) == ["a"]


def test_an_id_has_the_form_of_those_of_oss(versioned: oss2.Bucket) -> None:
    """Base64 with other signs, which need no escaping, and long."""
    assert re.fullmatch(r"CAEQ[A-Za-z0-9._-]{56,70}", versioned.put_object("a", "1").versionid)


def test_a_version_that_is_not_there_is_no_such_version(versioned: oss2.Bucket) -> None:
    """By GET and by HEAD, though there is such an object."""
    version = versioned.put_object("a", "1").versionid
    versioned.delete_object("a", params={"versionId": version})
    versioned.put_object("a", "2")
    codes = []
    for ask in (versioned.get_object, versioned.head_object):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            ask("a", params={"versionId": version})
        codes.append((caught.value.status, caught.value.code, caught.value.ec))
    assert codes == [(404, "NoSuchVersion", "0012-00000203")] * 2


def test_an_object_hidden_by_a_marker_is_missing_and_the_marker_is_named(
    versioned: oss2.Bucket,
) -> None:
    """The marker itself, asked for by its id, is nothing that can be read."""
    versioned.put_object("a", "1")
    marker = versioned.delete_object("a").versionid
    seen = []
    for params in (None, {"versionId": marker}):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            versioned.get_object("a", params=params)
        headers = caught.value.headers
        named = (headers["x-oss-version-id"], headers["x-oss-delete-marker"])
        seen.append((caught.value.status, caught.value.code, named))
    assert seen == [
        (404, "NoSuchKey", (marker, "true")),
        (405, "MethodNotAllowed", (marker, "true")),
    ]


def test_an_older_version_can_be_copied(versioned: oss2.Bucket) -> None:
    """Which is how to take back what was written over."""
    older = versioned.put_object("a", "1").versionid
    versioned.put_object("a", "2")
    versioned.copy_object(BUCKET, "a", "a", params={"versionId": older})
    assert versioned.get_object("a").read() == b"1"


def test_versions_are_switched_by_a_request(bucket: oss2.Bucket) -> None:
    """On, and suspended, but not to anything else, and the bucket tells."""
    config = oss2.models.BucketVersioningConfig()
    told = [(bucket.get_bucket_versioning().status, bucket.get_bucket_info().versioning_status)]
    for status in ("Enabled", "Suspended"):
        config.status = status
        bucket.put_bucket_versioning(config)
        told.append(
            (bucket.get_bucket_versioning().status, bucket.get_bucket_info().versioning_status)
        )
    config.status = "Disabled"
    with pytest.raises(oss2.exceptions.MalformedXml):
        bucket.put_bucket_versioning(config)
    assert told == [(None, None), ("Enabled", "Enabled"), ("Suspended", "Suspended")]


def test_a_walk_goes_on_behind_a_suspended_version_that_is_gone(
    oss: LocalOss, versioned: oss2.Bucket
) -> None:
    """Its id is null, and yet it was the youngest."""
    ids = [versioned.put_object("a", text).versionid for text in ("1", "2")]
    oss.suspend_versioning(BUCKET)
    versioned.put_object("a", "3")
    page = versioned.list_object_versions(max_keys=1)
    versioned.delete_object("a", params={"versionId": "null"})

    rest = versioned.list_object_versions(
        key_marker=page.next_key_marker, versionid_marker=page.next_versionid_marker
    )

    assert page.next_versionid_marker == "null"
    assert [each.versionid for each in rest.versions] == [ids[1], ids[0]]


def test_a_suspended_bucket_forbids_nothing_either(oss: LocalOss, versioned: oss2.Bucket) -> None:
    """The header does not take effect once a bucket has had versions."""
    oss.suspend_versioning(BUCKET)
    for text in ("1", "2"):
        versioned.put_object("a", text, headers=FORBID)
    assert versioned.get_object("a").read() == b"2"
