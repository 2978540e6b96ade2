"""Where a run's objects are: in moto's backend, without asking its server for the small ones."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

from chaos.scene import REQUESTS
from localcloud.moto_store import VERSION_ID, MotoStore, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

PRECONDITION = b"<Error><Code>PreconditionFailed</Code></Error>"
NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code></Error>"


class QuickStore(MotoStore):
    """
    What is put, got and deleted, whole and by OSS's own conditions, is done without the server.

    Its answers take 5 ms of CPU each, and a run has a hundred. Those of request files have user
    metadata, which only the server knows how to keep.
    """

    def put(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Put an object."""
        if key.startswith(REQUESTS):
            return super().put(bucket, key, body, headers)
        name = key.encode().hex()
        with self._lock:
            stored = self._bucket(bucket)
            if "if-none-match" in headers and name in stored.keys:
                return Reply(412, {}, PRECONDITION)
        self.fill(bucket, {key: body}, self._clock())
        with self._lock:
            written = self._bucket(bucket).keys[name]
            told = {"etag": f'"{written._etag}"'}  # noqa: SLF001 moto has no other name for it
            if self._bucket(bucket).is_versioned:
                told[VERSION_ID] = written.version_id
            return Reply(200, told, b"")

    def delete(self, bucket: str, key: str) -> Reply:
        """Delete an object, where nothing keeps it as a version."""
        with self._lock:
            is_simple = not self._bucket(bucket).is_versioned
        if not is_simple:
            return super().delete(bucket, key)
        self.delete_batch(bucket, [key])
        return Reply(204, {}, b"")

    def get(self, bucket: str, key: str, headers: Mapping[str, str], version_id: str = "") -> Reply:
        """Get an object."""
        if headers or version_id or key.startswith(REQUESTS):
            return super().get(bucket, key, headers, version_id)
        with self._lock:
            found = self._bucket(bucket).keys.get(key.encode().hex())
            content = getattr(found, "content", None)
            if found is None or not isinstance(content, bytes):
                return Reply(404, {}, NO_SUCH_KEY)
            told = {
                "etag": f'"{found._etag}"',  # noqa: SLF001 as above
                "last-modified": format_datetime(found.last_modified).replace("-0000", "GMT"),
                "content-type": "application/json",
            }
            return Reply(200, told, content)
