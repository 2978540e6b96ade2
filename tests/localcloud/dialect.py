"""Which operation of OSS a request is, and who carries it out."""

from collections.abc import Callable, Sequence
from urllib.parse import unquote_plus, unquote_to_bytes

from localcloud import batch, buckets, listing, listing_versions, objects
from localcloud.answers import Answer, OssError, no_such_bucket, not_implemented
from localcloud.arrivals import Request
from localcloud.faults import Fault, LoseFromAnswer, OfBatches, Withhold, chooses
from localcloud.moto_store import MotoStore
from localcloud.signature import SUBRESOURCES

# Sub-resources that belong to an operation of the local OSS or change nothing about one. Multipart
# uploads have their place here and in `operation_of` once there is such an operation.
KNOWN_SUBRESOURCES = frozenset(
    {"bucketInfo", "location", "delete", "objectMeta", "continuation-token", "security-token"}
    | {"versions", "versionId", "versioning", "tagging", "worm", "lifecycle", "stat"}
)
OF_A_VERSION = frozenset({"get", "head", "delete"})
# What a list of buckets is asked with, and a signature of the first version in an address.
OF_BUCKETS = frozenset(
    {"prefix", "marker", "max-keys"} | {"OSSAccessKeyId", "Expires", "Signature"}
)
BUCKET_OPERATIONS = {"PUT": "create_bucket", "DELETE": "delete_bucket"}
BUCKET_SUBRESOURCE_OPERATIONS = {
    ("GET", "bucketInfo"): "bucket_info",
    ("GET", "location"): "bucket_location",
    ("POST", "delete"): "batch_delete",
    ("GET", "versions"): "list_versions",
    ("GET", "versioning"): "bucket_versioning",
    ("PUT", "versioning"): "set_versioning",
    ("GET", "tagging"): "bucket_tags",
    ("GET", "worm"): "bucket_retention",
    ("GET", "lifecycle"): "bucket_lifecycle",
    ("GET", "stat"): "bucket_stat",
}
SETTINGS = {
    "bucket_tags": buckets.bucket_tags,
    "bucket_retention": buckets.bucket_retention,
    "bucket_lifecycle": buckets.bucket_lifecycle,
    "bucket_stat": buckets.bucket_stat,
    "bucket_versioning": buckets.bucket_versioning,
}
# What OSS's page on hierarchical namespaces excludes. The code it answers with is not established.
NOT_HIERARCHICAL = frozenset(
    {"batch_delete", "list_versions", "bucket_versioning", "set_versioning"}
    | {"bucket_retention", "bucket_lifecycle"}
)
OBJECT_OPERATIONS = {"GET": "get", "HEAD": "head", "PUT": "put", "DELETE": "delete"}


def read_target(target: str) -> tuple[bytes, dict[str, str]]:
    """The path as sent, decoded but not normalised, and the query."""
    path, _, query = target.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return unquote_to_bytes(path), {
        unquote_plus(name, errors="strict"): unquote_plus(value, errors="surrogateescape")
        for name, _, value in pairs
    }


def operation_of(request: Request) -> str:
    """The operation's name, "unknown" where the local OSS has none for the request."""
    if (SUBRESOURCES & request.query.keys()) - KNOWN_SUBRESOURCES:
        return "unknown"
    if not request.bucket:
        return _of_nothing(request)
    operation = _of_object(request) if request.key else _of_bucket(request)
    if "versionId" in request.query:
        named = operation in OF_A_VERSION and request.query["versionId"]
        return operation if named else "unknown"
    return operation


def _of_nothing(request: Request) -> str:
    # Whatever else is asked of the service itself, such as its regions, or only those with a tag.
    others = {name for name in request.query.keys() - OF_BUCKETS if not name.startswith("x-oss-")}
    is_plain = not (others or request.key)
    return "list_buckets" if request.method == "GET" and is_plain else "unknown"


def _of_object(request: Request) -> str:
    if not {"versions", "worm", "lifecycle", "stat"}.isdisjoint(request.query):
        return "unknown"
    if "tagging" in request.query:
        return "tags" if request.method == "GET" else "unknown"
    if request.method == "PUT" and "x-oss-copy-source" in request.headers:
        return "copy"
    return OBJECT_OPERATIONS.get(request.method, "unknown")


def _of_bucket(request: Request) -> str:
    for _, name in BUCKET_SUBRESOURCE_OPERATIONS:
        if name in request.query:
            return BUCKET_SUBRESOURCE_OPERATIONS.get((request.method, name), "unknown")
    if request.method == "GET":
        return "list"
    # Whatever else a query asks of a bucket, it does not ask to create or delete it.
    if any(not name.startswith("x-oss-") for name in request.query):
        return "unknown"
    return BUCKET_OPERATIONS.get(request.method, "unknown")


class Dialect:
    """Carries a request out on the store, in OSS's way."""

    def __init__(self, store: MotoStore, region: str) -> None:
        self._store = store
        self._region = region

    def answer(self, request: Request, body: bytes, faults: Sequence[Fault]) -> Answer:
        operation = request.operation
        if operation == "unknown":
            raise not_implemented(f"{request.method} with {sorted(request.query)}")
        if operation == "list_buckets":
            endpoint = request.headers.get("host", "")
            return buckets.list_buckets(self._store, request, self._region, endpoint)
        if operation == "create_bucket":
            return buckets.create_bucket(self._store, request)
        if request.key:
            objects.check_name(request.key)
        self.check_bucket(request)
        if operation in NOT_HIERARCHICAL and self._store.is_hierarchical(request.bucket):
            raise OssError(501, "NotImplemented", "The bucket has a hierarchical namespace.")
        if request.key:
            return self._answer_about_object(request, body)
        return self._answer_about_bucket(request, body, faults)

    def check_bucket(self, request: Request) -> None:
        """Raise OSS's refusal where there is no such bucket."""
        if not self._store.has_bucket(request.bucket):
            raise no_such_bucket(request.bucket)

    def _answer_about_object(self, request: Request, body: bytes) -> Answer:
        if request.operation == "put":
            return objects.put_object(self._store, request, body)
        if request.operation == "copy":
            return objects.copy_object(self._store, request)
        if request.operation == "get":
            return objects.get_object(self._store, request)
        if request.operation == "tags":
            return objects.object_tags(self._store, request)
        if request.operation == "head":
            return objects.head_object(self._store, request)
        return objects.delete_object(self._store, request)

    def _answer_about_bucket(
        self, request: Request, body: bytes, faults: Sequence[Fault]
    ) -> Answer:
        if request.operation in ("list", "list_versions"):
            return self._list(request)
        if request.operation == "batch_delete":
            withheld, lost = _keys_of(faults, Withhold), _keys_of(faults, LoseFromAnswer)
            return batch.delete_multiple(self._store, request, body, withheld, lost)
        if request.operation == "delete_bucket":
            return buckets.delete_bucket(self._store, request.bucket)
        return self._answer_about_settings(request, body)

    def _answer_about_settings(self, request: Request, body: bytes) -> Answer:
        if request.operation == "bucket_info":
            endpoint = request.headers.get("host", "")
            return buckets.bucket_info(self._store, request, self._region, endpoint)
        if request.operation in SETTINGS:
            return SETTINGS[request.operation](self._store, request.bucket)
        if request.operation == "set_versioning":
            return buckets.set_versioning(self._store, request.bucket, body)
        return buckets.bucket_location(self._region)

    def _list(self, request: Request) -> Answer:
        if request.operation == "list_versions":
            return listing_versions.list_versions(self._store, request)
        if request.query.get("list-type") == "2":
            return listing.list_objects_v2(self._store, request)
        return listing.list_objects(self._store, request)


def _keys_of(faults: Sequence[Fault], kind: type[OfBatches]) -> Callable[[str], bool]:
    choices = [fault.keys for fault in faults if isinstance(fault, kind)]
    return lambda key: any(chooses(choice, key) for choice in choices)
