"""The objects themselves: a real moto server, asked over HTTP, and its backend, seeded in process.

An object is stored under the hex of its key's UTF-8: moto's routes lose or alter keys with
newlines, `..` and `//`, and its XML does not carry control characters. Hex passes everywhere, and
keeps both the order of the bytes and what is a prefix of what.
"""

import hashlib
import http.client
import itertools
import logging
import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cache, lru_cache

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend, s3_backends
from moto.server import ThreadedMotoServer
from moto.utilities.utils import LowercaseDict

from localcloud.version_ids import NULL, moment_of, version_id

# moto turns away a reader who has not signed, and checks no signature: OSS's was checked before.
AWS_SIGNATURE = (
    "AWS4-HMAC-SHA256 Credential=local/20200101/us-east-1/s3/aws4_request,"
    " SignedHeaders=host, Signature=none"
)
AFTER_EVERY_HEX_DIGIT = "g"
LONGEST_NAME = 63  # of a bucket, in OSS and in moto
VERSION_ID = "x-amz-version-id"

# moto keeps one state a process: each store has its own bucket names in it.
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Reply:
    """What moto answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error_code(self) -> str:
        found = re.search(rb"<Code>([^<]*)</Code>", self.body)
        return found[1].decode() if found else ""


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it."""

    key: bytes
    modified: datetime
    etag: str
    size: int
    storage_class: str  # by OSS's name
    transitioned: datetime | None  # to that class, by a lifecycle rule


@dataclass(frozen=True)
class Page:
    """Part of a bucket in the order of its keys; `last` is its last key or group."""

    objects: Sequence[Listed]
    groups: Sequence[bytes]
    last: bytes
    truncated: bool


@dataclass(frozen=True)
class Traits:
    """What else a seeded object may have: OSS's storage class, a rule's transition to it, tags."""

    storage_class: str = "Standard"
    transitioned: float | None = None  # in Unix seconds
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BucketTraits:
    """
    What a bucket is said to be: its class, its tags, its rules as they were put there, its
    retention (the state, and days), and, where OSS has counted it before now, objects and bytes.
    """

    storage_class: str = "Standard"
    tags: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""
    retention: tuple[str, int] | None = None
    counted: tuple[int, int] | None = None


class SeededKey(FakeKey):
    """
    An object that nobody has put there; of one that was given a size, the bytes are zeros.

    It is a copy of a model, and made without moto's constructor, which takes eight times
    longer and keeps a list of all that were ever made.
    """

    content: int | bytes
    traits: Traits | None = None

    @classmethod
    def of(
        cls, bucket: FakeBucket, name: str, content: int | bytes, modified: datetime
    ) -> "SeededKey":
        seeded: SeededKey = object.__new__(cls)
        seeded.__dict__.update(_model().__dict__, name=name, content=content)
        seeded.bucket_name = bucket.name
        seeded.last_modified = modified
        seeded.contentsize = content if isinstance(content, int) else len(content)
        seeded._etag = _etag(content)
        return seeded

    @property
    def value(self) -> bytes:
        return bytes(self.content)

    def dispose(self, garbage: bool = False) -> None:
        """Nothing was opened for it."""


class Marker(FakeDeleteMarker):
    """A delete marker, whether there is something to mark or not."""

    def __init__(self, name: str, version_id: str, modified: datetime) -> None:
        self.name = name
        self.last_modified = modified
        self._version_id = version_id

    def dispose(self) -> None:
        """Nothing was opened for it."""


@dataclass(frozen=True)
class Removed:
    """What a deletion did: a version or marker that is gone for good, or a marker that is new."""

    key: str
    version_id: str = ""
    marker_id: str = ""


@dataclass(frozen=True)
class ListedVersion:
    """A version or marker as a listing shows it; a marker has no object."""

    key: bytes
    version_id: str
    is_latest: bool
    modified: datetime
    shown: Listed | None


class MotoStore:
    """Buckets and objects in moto. One lock around every call: moto is not thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._prefix = f"local{next(_numbers)}."
        self._names: dict[str, str] = {}  # of buckets, by those that moto knows them by
        self._hierarchical: set[str] = set()
        self._traits: dict[str, BucketTraits] = {}
        self._last_moment = 0
        self._nulls: dict[tuple[str, str], int] = {}  # the moments of versions without an id
        self._backend: S3Backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)

    def start(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it logs every request
        self._server.start()
        self._connection = http.client.HTTPConnection(*self._server.get_host_and_port(), timeout=60)

    def stop(self) -> None:
        self.reset()
        self._connection.close()
        self._server.stop()

    def reset(self) -> None:
        with self._lock:
            for name in [name for name in self._backend.buckets if name.startswith(self._prefix)]:
                bucket = self._backend.buckets[name]
                for key in list(bucket.keys):
                    bucket.keys.pop(key)
                self._backend.delete_bucket(name)
            self._hierarchical.clear()
            self._traits.clear()
            self._nulls.clear()

    # What clients ask for, over HTTP.

    def create_bucket(self, bucket: str) -> Reply:
        self._names[self._name(bucket)] = bucket
        return self._ask("PUT", bucket)

    def delete_bucket(self, bucket: str) -> Reply:
        reply = self._ask("DELETE", bucket)
        if reply.status == 204:
            self._hierarchical.discard(bucket)
            self._traits.pop(bucket, None)
        return reply

    def put(self, bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        with self._lock:
            into, name = self._bucket(bucket), name_of(key)
            # moto would drop them all
            older = dict.pop(into.keys, name, []) if _is_suspended(into) else []
            reply = self._ask_locked("PUT", self._path(bucket, key), body, headers)
            if older:
                kept = [version for version in older if version.version_id != NULL]
                dict.__setitem__(into.keys, name, kept + into.keys.getlist(name, []))
            if reply.status != 200:
                return reply
            stored = into.keys[name]
            stored.last_modified = self._moment(self._clock())
            if into.versioning_status is None:
                return reply
            stored._version_id = self._version_id(into, name)  # noqa: SLF001 moto has no setter
            return replace(reply, headers={**reply.headers, VERSION_ID: stored.version_id})

    def copy(
        self,
        source: tuple[str, str],
        target: tuple[str, str],
        headers: Mapping[str, str],
        version_id: str = "",
    ) -> Reply:
        path = self._path(*source) + (f"?versionId={version_id}" if version_id else "")
        return MotoStore.put(self, *target, b"", {**headers, "x-amz-copy-source": path})

    def get(self, bucket: str, key: str, headers: Mapping[str, str], version_id: str = "") -> Reply:
        return self._ask("GET", bucket, key, headers=headers, version_id=version_id)

    def head(
        self, bucket: str, key: str, headers: Mapping[str, str], version_id: str = ""
    ) -> Reply:
        return self._ask("HEAD", bucket, key, headers=headers, version_id=version_id)

    def delete(self, bucket: str, key: str) -> Reply:
        return self._ask("DELETE", bucket, key)

    # What is read and written in process.

    def delete_batch(self, bucket: str, keys: Iterable[str]) -> None:
        """Deleted in moto's backend: its server takes 0.08 s more for 1,000 keys."""
        with self._lock:
            stored = self._bucket(bucket).keys
            for name in map(name_of, keys):
                if name in stored:
                    stored.pop(name)

    def remove(self, bucket: str, objects: Iterable[tuple[str, str]]) -> list[Removed]:
        """Delete versions for good, or, where no version's id is given, put a marker on top.

        moto puts none where nothing is, and drops all versions where they are suspended.
        """
        with self._lock:
            stored = self._bucket(bucket)
            return [self._remove(stored, key, version_id) for key, version_id in objects]

    def versioning(self, bucket: str) -> str:
        """What moto answers to GetBucketVersioning; nothing where there never was any."""
        with self._lock:
            reply = self._ask_locked("GET", f"{self._path(bucket)}?versioning", b"", {})
        found = re.search(rb"<Status>([^<]*)</Status>", reply.body)
        return found[1].decode() if found else ""

    def set_versioning(self, bucket: str, status: str) -> None:
        with self._lock:
            self._bucket(bucket).versioning_status = status

    def has_versions(self, bucket: str) -> bool:
        with self._lock:
            return self._bucket(bucket).versioning_status is not None

    def version(self, bucket: str, key: str, version_id: str) -> FakeKey | Marker | None:
        """The version or marker of an id; without one, the latest."""
        with self._lock:
            there = self._bucket(bucket).keys.getlist(name_of(key), [])
            named = [each for each in there if version_id in ("", each.version_id)]
            return named[-1] if named else None

    def moment(self, bucket: str, key: bytes, version_id: str) -> int:
        """When a version was written, which may be gone; 0 if it was before there were any."""
        if version_id == NULL:
            return self._nulls.get((self._name(bucket), key.hex()), 0)
        return moment_of(version_id)

    def make_hierarchical(self, bucket: str) -> None:
        self._hierarchical.add(bucket)

    def is_hierarchical(self, bucket: str) -> bool:
        return bucket in self._hierarchical

    def describe(self, bucket: str, traits: BucketTraits) -> None:
        self._traits[bucket] = traits

    def bucket_traits(self, bucket: str) -> BucketTraits:
        return self._traits.get(bucket, BucketTraits())

    def counted(self, bucket: str) -> tuple[int, int]:
        """How many objects are in a bucket, all versions of them, and their bytes."""
        with self._lock:
            stored = self._bucket(bucket).keys
            there = [each for name in stored for each in stored.getlist(name)]
            sizes = [each.size for each in there if isinstance(each, FakeKey)]
            return len(sizes), sum(sizes)

    def has_bucket(self, bucket: str) -> bool:
        with self._lock:
            return self._name(bucket) in self._backend.buckets

    def buckets(self) -> list[str]:
        """The names of all buckets, in their order."""
        with self._lock:
            there = self._backend.buckets
            return sorted(bucket for name, bucket in self._names.items() if name in there)

    def created(self, bucket: str) -> datetime:
        with self._lock:
            return self._bucket(bucket).creation_date

    def modified(self, bucket: str, key: str) -> datetime:
        with self._lock:
            stored: FakeKey = self._bucket(bucket).keys[name_of(key)]
            return stored.last_modified

    def tags(self, bucket: str, key: str) -> Mapping[str, str] | None:
        """The tags that an object was seeded with; None where there is none."""
        with self._lock:
            stored = self._bucket(bucket).keys.get(name_of(key))
            return None if stored is None else _traits_of(stored).tags

    def page(self, bucket: str, prefix: bytes, after: bytes, delimiter: bytes, limit: int) -> Page:
        """The first `limit` keys and groups behind `after`.

        Read from moto's backend: its server takes 0.4 s to write down 1,000 entries, 0.36 of them
        in its serializer, and groups by no delimiter in hex.
        """
        with self._lock:
            stored = self._bucket(bucket).keys
            names = _names(self._bucket(bucket))
            at = max(bisect_left(names, prefix.hex()), bisect_right(names, after.hex()))
            end = bisect_left(names, prefix.hex() + AFTER_EVERY_HEX_DIGIT)
            objects: list[Listed] = []
            groups: list[bytes] = []
            last = b""
            while at < end and len(objects) + len(groups) < limit:
                key = bytes.fromhex(names[at])
                group = group_of(key, prefix, delimiter)
                if group is None:
                    objects.append(_listed(key, stored[names[at]]))
                    last = key
                    at += 1
                else:
                    if group > after:
                        groups.append(group)
                        last = group
                    at = bisect_left(names, group.hex() + AFTER_EVERY_HEX_DIGIT, at)
            return Page(objects, groups, last, truncated=at < end)

    def versions(self, bucket: str, prefix: bytes) -> list[ListedVersion]:
        """All versions and markers below a prefix: by key, the newest first."""
        with self._lock:
            stored = self._bucket(bucket).keys
            return [
                _listed_version(bytes.fromhex(name), version, is_latest=not age)
                for name in sorted(name for name in stored if name.startswith(prefix.hex()))
                for age, version in enumerate(reversed(stored.getlist(name)))
            ]

    def fill(
        self,
        bucket: str,
        objects: Iterable[str] | Mapping[str, int | bytes],
        modified: float,
        traits: Traits | None = None,
    ) -> None:
        contents = objects if isinstance(objects, Mapping) else dict.fromkeys(objects, b"")
        moment = self._moment(modified)
        with self._lock:
            stored = self._bucket(bucket)
            for key, content in contents.items():
                self._seed(stored, key, content, moment).traits = traits

    def keys(self, bucket: str) -> list[str]:
        with self._lock:
            return [
                bytes.fromhex(name).decode(errors="surrogateescape")
                for name in _names(self._bucket(bucket))
            ]

    def _create(self, bucket: str) -> None:
        name = self._name(bucket)
        self._names[name] = bucket
        if name not in self._backend.buckets:
            self._backend.create_bucket(name, "us-east-1")

    def _seed(
        self,
        bucket: FakeBucket,
        key: str,
        content: int | bytes,
        modified: datetime,
        metadata: Mapping[str, str] | None = None,
    ) -> SeededKey:
        name = name_of(key)
        seeded = SeededKey.of(bucket, name, content, modified)
        if metadata is not None:
            seeded._metadata = LowercaseDict(metadata)  # noqa: SLF001 as above
        if bucket.is_versioned:
            seeded._version_id = self._version_id(bucket, name)  # noqa: SLF001 as above
            seeded._is_versioned = True  # noqa: SLF001 so that moto tells it
            bucket.keys.setlist(name, [*bucket.keys.getlist(name, []), seeded])
        else:
            bucket.keys.setlist(name, [seeded])
        return seeded

    def _remove(self, bucket: FakeBucket, key: str, version_id: str) -> Removed:
        name = name_of(key)
        before = bucket.keys.getlist(name, [])
        gone = version_id
        if not version_id and _is_suspended(bucket):
            gone = NULL  # which the marker takes the place of
        after = [version for version in before if version.version_id != gone]
        if not version_id:
            marker = Marker(name, self._version_id(bucket, name), self._moment(self._clock()))
            bucket.keys.setlist(name, [*after, marker])
            return Removed(key, marker_id=marker.version_id)
        if after:
            bucket.keys.setlist(name, after)
        elif before:
            bucket.keys.pop(name)
        marked = any(isinstance(each, Marker) for each in before if each not in after)
        return Removed(key, version_id, marker_id=version_id if marked else "")

    def _version_id(self, bucket: FakeBucket, name: str) -> str:
        # The younger, the greater: so the place of one that is gone can still be found.
        now = int(self._clock() * 1000) << 20
        self._last_moment = max(self._last_moment + 1, now)
        if bucket.is_versioned:
            return version_id(self._last_moment)
        self._nulls[bucket.name, name] = self._last_moment
        return NULL

    @staticmethod
    def _moment(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, tz=timezone.utc).replace(tzinfo=None)

    def _bucket(self, bucket: str) -> FakeBucket:
        return self._backend.get_bucket(self._name(bucket))

    def _name(self, bucket: str) -> str:
        """What moto knows a bucket by: its name behind the mark, as far as there is room."""
        name = self._prefix + bucket
        if len(name) <= LONGEST_NAME:
            return name
        digest = hashlib.md5(bucket.encode(), usedforsecurity=False).hexdigest()
        return f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}"

    def _ask(
        self,
        method: str,
        bucket: str,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        version_id: str = "",
    ) -> Reply:
        path = self._path(bucket, key) + (f"?versionId={version_id}" if version_id else "")
        with self._lock:
            return self._ask_locked(method, path, b"", headers or {})

    def _ask_locked(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        self._connection.request(
            method, path, body or None, {**headers, "Authorization": AWS_SIGNATURE}
        )
        response = self._connection.getresponse()
        return Reply(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )

    def _path(self, bucket: str, key: str = "") -> str:
        name = self._name(bucket)
        return f"/{name}/{name_of(key)}" if key else f"/{name}"


def name_of(key: str) -> str:
    """What moto knows an object by."""
    return key.encode(errors="surrogateescape").hex()


def _names(bucket: FakeBucket) -> list[str]:
    """The names of the objects that are there, sorted."""
    if bucket.versioning_status is None:
        return sorted(bucket.keys)
    return sorted(name for name in bucket.keys if not isinstance(bucket.keys[name], Marker))


def _is_suspended(bucket: FakeBucket) -> bool:
    return bucket.versioning_status == "Suspended"


def group_of(key: bytes, prefix: bytes, delimiter: bytes) -> bytes | None:
    if not delimiter:
        return None
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]


def _listed(key: bytes, stored: FakeKey) -> Listed:
    traits = _traits_of(stored)
    moved = traits.transitioned
    return Listed(
        key,
        stored.last_modified,
        stored.etag,
        stored.size,
        traits.storage_class,
        None if moved is None else datetime.fromtimestamp(moved, timezone.utc),
    )


def _traits_of(stored: FakeKey) -> Traits:
    return (stored.traits if isinstance(stored, SeededKey) else None) or Traits()


def _listed_version(key: bytes, stored: FakeKey | Marker, *, is_latest: bool) -> ListedVersion:
    shown = None if isinstance(stored, Marker) else _listed(key, stored)
    return ListedVersion(key, stored.version_id, is_latest, stored.last_modified, shown)


@cache
def _model() -> FakeKey:
    model = FakeKey("", b"", DEFAULT_ACCOUNT_ID, "us-east-1", version_id="null")
    model.dispose()
    return model


@lru_cache(maxsize=256)
def _etag(content: int | bytes) -> str:
    text = content if isinstance(content, bytes) else str(content).encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
