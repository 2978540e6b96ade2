"""Creating, deleting and describing a bucket."""

import re

from localcloud.answers import Answer, OssError, xml_answer
from localcloud.arrivals import Request
from localcloud.listing import OWNER
from localcloud.moto_store import MotoStore

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
LONGEST_NAME = 50  # OSS allows 63; the store puts its own mark before the name


def create_bucket(store: MotoStore, bucket: str) -> Answer:
    if not NAME.fullmatch(bucket) or len(bucket) > LONGEST_NAME:
        raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.")
    if store.has_bucket(bucket):
        raise OssError(409, "BucketAlreadyExists", "The requested bucket name is not available.")
    store.create_bucket(bucket)
    return Answer(200)


def delete_bucket(store: MotoStore, bucket: str) -> Answer:
    reply = store.delete_bucket(bucket)
    if reply.status == 409:
        raise OssError(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.")
    return Answer(204)


def bucket_info(store: MotoStore, request: Request, region: str, endpoint: str) -> Answer:
    return xml_answer(
        f"<BucketInfo><Bucket><Name>{request.bucket}</Name>"
        f"<CreationDate>{store.created(request.bucket):%Y-%m-%dT%H:%M:%S}.000Z</CreationDate>"
        f"<ExtranetEndpoint>{endpoint}</ExtranetEndpoint>"
        f"<IntranetEndpoint>{endpoint}</IntranetEndpoint><Location>oss-{region}</Location>"
        f"<StorageClass>Standard</StorageClass><DataRedundancyType>LRS</DataRedundancyType>{OWNER}"
        "<AccessControlList><Grant>private</Grant></AccessControlList></Bucket></BucketInfo>"
    )


def bucket_versioning(store: MotoStore, bucket: str) -> Answer:
    status = store.versioning(bucket)
    said = f"\n  <Status>{status}</Status>" if status else ""
    return xml_answer(f"<VersioningConfiguration>{said}\n</VersioningConfiguration>")


def bucket_location(region: str) -> Answer:
    return xml_answer(f"<LocationConstraint>oss-{region}</LocationConstraint>")
