"""A bucket of the local OSS with a hierarchical namespace: a switch, and what it changes."""

import oss2
import pytest

from localcloud.clients import oss2_bucket, signed_call
from localcloud.oss import LocalOss

BUCKET = "examplebucket"


@pytest.fixture
def hierarchical(oss: LocalOss, bucket: oss2.Bucket) -> oss2.Bucket:
    """The bucket, with directories that are more than a habit."""
    oss.make_hierarchical(BUCKET)
    return bucket


def test_a_hierarchical_bucket_has_no_batches(oss: LocalOss, hierarchical: oss2.Bucket) -> None:
    """They are refused as a whole, and nothing is deleted."""
    oss.fill(BUCKET, ["a"])
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        hierarchical.batch_delete_objects(["a"])
    assert (caught.value.status, caught.value.code) == (501, "NotImplemented")
    assert oss.keys(BUCKET) == ["a"]


def test_a_directory_goes_when_it_is_empty(oss: LocalOss, hierarchical: oss2.Bucket) -> None:
    """Until then it is refused, whatever it holds; what merely looks like its name is no matter."""
    oss.fill(BUCKET, ["a/", "a/b/", "a.txt"])
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        hierarchical.delete_object("a/")
    assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")
    for key in ("a/b/", "a/"):
        hierarchical.delete_object(key)
    assert oss.keys(BUCKET) == ["a.txt"]


@pytest.mark.parametrize(("method", "query"), [("GET", "versions"), ("GET", "versioning")])
def test_a_hierarchical_bucket_has_no_versions(
    oss: LocalOss, hierarchical: oss2.Bucket, method: str, query: str
) -> None:
    """Neither to list nor to ask about."""
    answer = signed_call(oss, method, hierarchical.bucket_name, query={query: ""})
    assert (answer.status, b"<Code>NotImplemented</Code>" in answer.body) == (501, True)


def test_versions_cannot_be_switched_on_there(hierarchical: oss2.Bucket) -> None:
    """By a request."""
    config = oss2.models.BucketVersioningConfig()
    config.status = "Enabled"
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        hierarchical.put_bucket_versioning(config)
    assert caught.value.status == 501


def test_a_directory_is_listed_without_an_etag(oss: LocalOss, hierarchical: oss2.Bucket) -> None:
    """By which the vendor's own tests tell it from an object."""
    oss.fill(BUCKET, ["a/", "a/b"])
    listed = hierarchical.list_objects().object_list
    assert [(found.key, bool(found.etag)) for found in listed] == [("a/", False), ("a/b", True)]


def test_a_put_may_forbid_overwriting_there(hierarchical: oss2.Bucket) -> None:
    """As in any bucket: a choice of ours, as the local cloud's page says."""
    header = {"x-oss-forbid-overwrite": "true"}
    hierarchical.put_object("a", b"1", header)
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        hierarchical.put_object("a", b"2", header)
    assert (caught.value.status, caught.value.code) == (409, "FileAlreadyExists")


def test_hierarchy_is_chosen_when_a_bucket_is_made(oss: LocalOss) -> None:
    """By a header, and the bucket says so, as long as it is there."""
    fresh = oss2_bucket(oss, "anotherbucket")
    told = []
    for headers in ({"x-oss-hns-status": "enabled"}, {}):
        signed_call(oss, "PUT", "anotherbucket", headers=headers)
        info = signed_call(oss, "GET", "anotherbucket", query={"bucketInfo": ""}).body
        told.append(b"<HierarchicalNamespace>Enabled</HierarchicalNamespace>" in info)
        fresh.delete_bucket()
    assert told == [True, False]
