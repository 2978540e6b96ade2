"""Creating, deleting and describing a bucket, and switching its versions."""

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from localcloud.answers import (
    XML_DECLARATION,
    Answer,
    OssError,
    branch,
    leaf,
    malformed_xml,
    xml_answer,
)
from localcloud.arrivals import Request
from localcloud.listing import OWNER, OWNER_ID, read_argument, read_max_keys
from localcloud.moto_store import MotoStore

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
ENABLED, SUSPENDED = "Enabled", "Suspended"


def list_buckets(store: MotoStore, request: Request, region: str, endpoint: str) -> Answer:
    """
    All buckets, in the order of their names, or a page of them.

    Where all that were asked for are told, OSS leaves out the elements of a page (its page
    "ListBuckets", whose samples have this form).
    """
    prefix, marker = (read_argument(request.query, name).decode() for name in ("prefix", "marker"))
    most = read_max_keys(request.query.get("max-keys", ""))
    names = [name for name in store.buckets() if name.startswith(prefix) and name > marker]
    shown = names[:most]
    page = (
        leaf("Prefix", escape(prefix))
        + leaf("Marker", escape(marker))
        + leaf("MaxKeys", str(most))
        + leaf("IsTruncated", "true")
        + leaf("NextMarker", shown[-1])
        if len(names) > most
        else ""
    )
    owner = branch("Owner", leaf("ID", OWNER_ID, 2) + leaf("DisplayName", OWNER_ID, 2))
    rows = "".join(_row(store, name, region, endpoint) for name in shown)
    return xml_answer("ListAllMyBucketsResult", page + owner + branch("Buckets", rows))


def _row(store: MotoStore, bucket: str, region: str, endpoint: str) -> str:
    return branch(
        "Bucket",
        leaf("CreationDate", f"{store.created(bucket):%Y-%m-%dT%H:%M:%S}.000Z", 3)
        + leaf("ExtranetEndpoint", endpoint, 3)
        + leaf("IntranetEndpoint", endpoint, 3)
        + leaf("Location", f"oss-{region}", 3)
        + leaf("Name", bucket, 3)
        + leaf("Region", region, 3)
        + leaf("StorageClass", "Standard", 3),
        2,
    )


def create_bucket(store: MotoStore, request: Request) -> Answer:
    bucket = request.bucket
    if not NAME.fullmatch(bucket):
        message = "The specified bucket is not valid."
        raise OssError(400, "InvalidBucketName", message, details={"BucketName": bucket})
    if store.has_bucket(bucket):
        message = "The requested bucket name is not available."
        raise OssError(409, "BucketAlreadyExists", message, details={"BucketName": bucket})
    store.create_bucket(bucket)
    if request.headers.get("x-oss-hns-status") == "enabled":
        store.make_hierarchical(bucket)
    return Answer(200)


def delete_bucket(store: MotoStore, bucket: str) -> Answer:
    reply = store.delete_bucket(bucket)
    if reply.status == 409:
        message = "The bucket you tried to delete is not empty."
        raise OssError(409, "BucketNotEmpty", message, details={"BucketName": bucket})
    return Answer(204)


def bucket_info(store: MotoStore, request: Request, region: str, endpoint: str) -> Answer:
    bucket = request.bucket
    status = store.versioning(bucket)
    told = (
        leaf("CreationDate", f"{store.created(bucket):%Y-%m-%dT%H:%M:%S}.000Z", 2)
        + leaf("ExtranetEndpoint", endpoint, 2)
        + leaf("IntranetEndpoint", endpoint, 2)
        + leaf("Location", f"oss-{region}", 2)
        + leaf("StorageClass", store.bucket_traits(bucket).storage_class, 2)
        + leaf("DataRedundancyType", "LRS", 2)
        + leaf("Name", bucket, 2)
        + OWNER
        + branch("AccessControlList", leaf("Grant", "private", 3), 2)
        + branch("ServerSideEncryptionRule", leaf("SSEAlgorithm", "None", 3), 2)
    )
    if status:
        told += leaf("Versioning", status, 2)
    if store.is_hierarchical(bucket):
        told += leaf("HierarchicalNamespace", ENABLED, 2)
    return xml_answer("BucketInfo", branch("Bucket", told))


def bucket_versioning(store: MotoStore, bucket: str) -> Answer:
    status = store.versioning(bucket)
    return xml_answer("VersioningConfiguration", leaf("Status", status) if status else "")


def set_versioning(store: MotoStore, bucket: str, body: bytes) -> Answer:
    try:
        root = ET.fromstring(body)  # noqa: S314 the tests' own bodies
    except ET.ParseError:
        raise malformed_xml() from None
    status = root.findtext("Status")
    if root.tag != "VersioningConfiguration" or status not in (ENABLED, SUSPENDED):
        raise malformed_xml()
    store.set_versioning(bucket, status)
    return Answer(200)


def bucket_location(region: str) -> Answer:
    document = XML_DECLARATION + leaf("LocationConstraint", f"oss-{region}", 0)
    return Answer(200, document.encode(), {"Content-Type": "application/xml"})


def bucket_tags(store: MotoStore, bucket: str) -> Answer:
    """The bucket's tags; without any, an empty document, as OSS's page on GetBucketTags says."""
    rows = "".join(
        branch("Tag", leaf("Key", escape(key), 3) + leaf("Value", escape(value), 3), 2)
        for key, value in store.bucket_traits(bucket).tags.items()
    )
    return xml_answer("Tagging", branch("TagSet", rows) if rows else "")


def bucket_retention(store: MotoStore, bucket: str) -> Answer:
    """The retention policy, in the form of OSS's page on GetBucketWorm."""
    found = store.bucket_traits(bucket).retention
    if found is None:
        message = "The WORM Configuration does not exist."
        raise OssError(404, "NoSuchWORMConfiguration", message, details={"BucketName": bucket})
    state, days = found
    told = (
        leaf("WormId", "1666E2CFB2B3418****")
        + leaf("State", state)
        + leaf("RetentionPeriodInDays", str(days))
        + leaf("CreationDate", "2020-10-15T15:50:32")
    )
    return xml_answer("WormConfiguration", told)


def bucket_lifecycle(store: MotoStore, bucket: str) -> Answer:
    """The rules of its lifecycle, in the form of OSS's page on GetBucketLifecycle."""
    rules = store.bucket_traits(bucket).rules
    if not rules:
        message = "No Row found in Lifecycle Table."
        raise OssError(404, "NoSuchLifecycle", message, details={"BucketName": bucket})
    return xml_answer("LifecycleConfiguration", rules)


def bucket_stat(store: MotoStore, bucket: str) -> Answer:
    """How much is in it, in the form of OSS's page on GetBucketStat."""
    objects, size = store.bucket_traits(bucket).counted or store.counted(bucket)
    told = (
        leaf("Storage", str(size))
        + leaf("ObjectCount", str(objects))
        + leaf("MultipartUploadCount", "0")
        + leaf("LiveChannelCount", "0")
        + leaf("LastModifiedTime", "1643341269")
        + leaf("StandardStorage", str(size))
        + leaf("StandardObjectCount", str(objects))
    )
    return xml_answer("BucketStat", told)
