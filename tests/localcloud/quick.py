"""Plain calls, done in moto's memory: its server takes 5 ms of CPU for each.

What has conditions, ranges, or versions that are named or suspended, goes to that server. A
contract holds the answers of both to each other.
"""

from collections.abc import Mapping
from typing import Any

from localcloud.moto_store import VERSION_ID, Marker, MotoStore, Reply, name_of

NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code></Error>"
PRECONDITION = b"<Error><Code>PreconditionFailed</Code></Error>"
NEVER, SUSPENDED = "", "Suspended"  # whether a bucket has versions
IF_NONE_MATCH = "if-none-match"


class QuickStore(MotoStore):
    """Moto's memory, and its server only where a call says more than what it is about."""

    def create_bucket(self, bucket: str) -> Reply:
        with self._lock:
            self._create(bucket)
        return Reply(200, {}, b"")

    def put(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        if self.versioning(bucket) == SUSPENDED:
            return super().put(bucket, key, body, headers)
        with self._lock:
            into = self._bucket(bucket)
            there = into.keys.get(name_of(key))
            if IF_NONE_MATCH in headers and there is not None and not isinstance(there, Marker):
                return Reply(412, {}, PRECONDITION)
            kept = {name: text for name, text in headers.items() if name != IF_NONE_MATCH}
            written = self._seed(into, key, body, self._moment(self._clock()), kept)
            return Reply(200, _told(into, written), b"")

    def get(self, bucket: str, key: str, headers: Mapping[str, str], version_id: str = "") -> Reply:
        if headers or version_id or not self._is_plain(bucket, key):
            return super().get(bucket, key, headers, version_id)
        with self._lock:
            return _found(self._bucket(bucket), key, with_body=True)

    def head(
        self, bucket: str, key: str, headers: Mapping[str, str], version_id: str = ""
    ) -> Reply:
        if headers or version_id or not self._is_plain(bucket, key):
            return super().head(bucket, key, headers, version_id)
        with self._lock:
            return _found(self._bucket(bucket), key, with_body=False)

    def delete(self, bucket: str, key: str) -> Reply:
        self.delete_batch(bucket, [key])
        return Reply(204, {}, b"")

    def _is_plain(self, bucket: str, key: str) -> bool:
        """Tell whether nothing about a key's versions has to be told."""
        with self._lock:
            marked = isinstance(self._bucket(bucket).keys.get(name_of(key)), Marker)
        return not marked and self.versioning(bucket) != SUSPENDED

    def versioning(self, bucket: str) -> str:
        with self._lock:
            return self._bucket(bucket).versioning_status or NEVER


def _found(bucket: Any, key: str, *, with_body: bool) -> Reply:
    found = bucket.keys.get(name_of(key))
    if found is None:
        return Reply(404, {}, NO_SUCH_KEY if with_body else b"")
    told = {
        **found.metadata,
        **_told(bucket, found),
        "last-modified": found.last_modified_RFC1123,
        "content-length": str(found.size),
        "accept-ranges": "bytes",
    }
    return Reply(200, told, found.value if with_body else b"")


def _told(bucket: Any, stored: Any) -> dict[str, str]:
    versioned = {VERSION_ID: stored.version_id} if bucket.is_versioned else {}
    return {"etag": stored.etag, **versioned}
