"""
Small objects that invocations leave each other: only one invocation can create each.

In a bucket without versions OSS sees to that itself, by the header `x-oss-forbid-overwrite`. In a
bucket with versions that header is void (API reference, PutObject): every writer's content becomes
a version, and the writer of the oldest one has won. The others take theirs back, so that the
winner's shows again. Versions behind a delete marker count as gone, whoever put it there. So a name
that was removed, or has expired, is as free in one kind of bucket as in the other. In a bucket
whose versions are suspended neither way is certain, and nobody wins.

Permissions needed: oss:PutObject, oss:GetObject, oss:DeleteObject and oss:ListObjects; with
versions oss:ListObjectVersions and oss:DeleteObjectVersion, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ossweep.errors import NO_SUCH_REQUEST, Scope, StoreError
from ossweep.helps import HELPS
from ossweep.plurals import counted
from ossweep.store.contents import bare_etag
from ossweep.store.pages import page_of
from ossweep.work import STATE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from ossweep.store.bucket import Bucket
    from ossweep.store.versions import Version
    from ossweep.work import Kind

T = TypeVar("T")

BATCH = 1000  # the most keys, or versions, of one request
_NEEDED = (
    "a bucket with versions needs oss:ListObjectVersions and oss:DeleteObjectVersion where"
    " invocations leave their states (OSSWEEP_STATE)"
)
SUSPENDED = "null"  # the id of a version that is written while versions are suspended


class Ask(Protocol):
    """Makes a request, again if it is worth it; raises Closed, StoreError."""

    def __call__(self, kind: Kind, request: Callable[[], T], /) -> T:
        """Return what the request returns."""


@dataclass(frozen=True)
class OssStateObject:
    """
    An object as it was read: its content, when it was written, and what time it was then.

    Both times are by OSS's own clock, in Unix seconds. The latter is what one answer says: good
    enough to tell how long ago a holder left its hop, and not good enough to tell whether one died.
    """

    content: bytes
    written: int
    now: int


class Times(Protocol):
    """OSS's time, as far as is known."""

    def moment(self) -> float:
        """Return what `time_at` tells the time of: now, by a clock of this machine's."""

    def time_at(self, moment: float) -> int:
        """Return OSS's time at a moment, in Unix seconds: it was that late, or later."""

    def latest(self) -> float:
        """Return OSS's time now, in Unix seconds: it is that late, or earlier."""


class OssStateObjects:
    """
    The objects below a prefix of a bucket; names are relative to it. Threads share it. `times` tell
    OSS's time by all that it has told so far.

    All methods raise Closed and StoreError. After a Closed a request may have been carried out.
    """

    def __init__(
        self,
        bucket: Bucket,
        ask: Ask,
        prefix: str,
        meta: Mapping[str, str],
        times: Times,
    ) -> None:
        self._bucket = bucket
        self._ask = ask
        self._prefix = prefix
        self.moment, self.time_at, self.latest = times.moment, times.time_at, times.latest
        self._headers = {"Content-Type": "application/json", **meta}

    def create(self, name: str, make: Callable[[], bytes]) -> bool:
        """
        Write an object that is not there yet; return whether this call has created it.

        If many create one at the same time, exactly one is told so, and is told so again if it asks
        again. The content is made after OSS has answered that nothing is there, and so has told the
        time. No two writers have the same content: it shows whether a request whose answer was lost
        has been carried out.

        With versions, a loser's content shows until it is taken back, or, if the loser dies before
        that, until the winner writes next. So a writer that finds the object there writes nothing.
        """
        kept = self.read(name)
        content = make()
        if kept is not None:
            return kept.content == content
        try:
            written = self._put_new(name, content)
        except StoreError as refusal:
            if refusal.code != "FileAlreadyExists":
                raise
            kept = self.read(name)
            return kept is not None and kept.content == content
        if not written.versionid:
            return True
        try:
            return self._settle(self._key(name), written)
        except StoreError as refusal:
            if refusal.code != "AccessDenied":
                raise
            raise StoreError(refusal.code, _NEEDED, Scope.JOB) from None

    def write(self, name: str, content: bytes) -> bool:
        """
        Write an object, whether it is there or not; return whether the first request did that.

        If not, an earlier request, whose fate nobody knows, may still be carried out later.
        """
        key = self._key(name)
        sent = 0

        def request() -> Any:
            nonlocal sent
            sent += 1
            return self._bucket.put_object(key, content, headers=self._headers)

        self._ask("put", request)
        return sent == 1

    def read(self, name: str) -> OssStateObject | None:
        """Return an object; None if it is not there."""
        key = self._key(name)

        def request() -> OssStateObject:
            found, content = self._bucket.read_object(key, STATE_BYTES)
            return OssStateObject(
                content, _time_in(found, "Last-Modified"), _time_in(found, "Date")
            )

        try:
            return self._ask("get", request)
        except StoreError as refusal:
            if refusal.code != "NoSuchKey":
                raise
            return None

    def names(self, below: str = "") -> list[str]:
        """Return the names that begin with `below`, sorted."""
        prefix = self._prefix + below
        names: list[str] = []
        marker, is_truncated = "", True
        while is_truncated:
            page = self._ask("names", lambda: self._page(prefix, marker))  # noqa: B023 - at once
            names += [key.removeprefix(self._prefix) for key in page_of(page.object_list).keys]
            marker, is_truncated = page.next_marker, page.is_truncated
        return [name for name in names if name]  # the prefix itself may be an object

    def folders(self, after: str, most: int) -> tuple[list[str], bool]:
        """Return the first folders after one, without their slashes, and whether there are more."""
        # Behind all that begins with the folder's name and a slash, and before any other folder.
        marker = self._prefix + after + chr(ord("/") + 1) if after else ""
        names: list[str] = []
        is_truncated = True
        while is_truncated and not names:  # a page may hold nothing but what lies in no folder
            page = self._ask("names", lambda: self._folders(marker, most))  # noqa: B023 - at once
            names = [each.removeprefix(self._prefix).rstrip("/") for each in page.prefix_list]
            marker, is_truncated = page.next_marker, page.is_truncated
        return names, is_truncated

    def remove(self, names: Iterable[str]) -> None:
        """
        Remove objects, with all their versions; those that are not there count as removed.

        Where versions may not be deleted they stay behind markers, and count as gone. All versions
        between the first and the last name are listed, so names that lie together should be removed
        together.
        """
        keys = sorted(map(self._key, names))
        for start in range(0, len(keys), BATCH):
            self._remove(keys[start : start + BATCH])

    def _key(self, name: str) -> str:
        # A name that does not print may not survive a batch's XML: another object would be meant.
        if not name.isprintable():
            raise StoreError("InvalidName", "a name must be printable", Scope.JOB)
        return self._prefix + name

    def _put_new(self, name: str, content: bytes) -> Any:
        key, headers = self._key(name), {**self._headers, "x-oss-forbid-overwrite": "true"}
        return self._ask("put", lambda: self._bucket.put_object(key, content, headers=headers))

    def _folders(self, marker: str, most: int) -> Any:
        return self._bucket.list_folders(self._prefix, marker, most)

    def _page(self, prefix: str, marker: str) -> Any:
        return self._bucket.list_objects(prefix=prefix, marker=marker, max_keys=BATCH)

    def _settle(self, key: str, written: Any) -> bool:
        """Tell whether what was written is the oldest version there; if not, take it back."""
        if written.versionid == SUSPENDED:
            self._take_back(key, SUSPENDED)
            code = "VersioningSuspended"
            raise StoreError(code, HELPS[code], Scope.JOB)
        versions = takewhile(lambda version: version.key == key, self._versions(key))
        alive = list(takewhile(lambda version: not version.is_marker, versions))
        # The same content, written by a request whose answer was lost, is ours as well.
        ours = [
            version
            for version in alive
            if version.id == written.versionid or bare_etag(version.etag) == bare_etag(written.etag)
        ]
        if ours and ours[-1] is alive[-1]:
            return True
        for version in ours:
            self._take_back(key, version.id)
        return False

    def _take_back(self, key: str, version_id: str) -> None:
        params = {"versionId": version_id}
        self._ask("delete", lambda: self._bucket.delete_object(key, params=params))

    def _remove(self, keys: Sequence[str]) -> None:
        try:
            answer = self._ask("batch_delete", lambda: self._bucket.batch_delete_objects(keys))
        except StoreError as refusal:
            if refusal.code not in NO_SUCH_REQUEST:
                raise
            for key in keys:
                self._ask("delete", lambda: self._bucket.delete_object(key))  # noqa: B023 - at once
            return
        left = set(keys).difference(answer.deleted_keys)
        if left:
            raise StoreError(
                "NotDeleted", f"OSS left {counted(len(left), 'key')} out of its answer", Scope.KEYS
            )
        if any(deleted.delete_marker for deleted in answer.delete_versions):
            self._clear(set(keys))

    def _clear(self, keys: set[str]) -> None:
        """Delete the newest delete marker of each key, and all that it hides."""
        hidden: list[Version] = []
        markers: list[Version] = []
        for key, versions in groupby(
            self._versions(_common_prefix(keys)), key=lambda version: version.key
        ):
            is_hidden = False
            for version in versions:
                is_hidden = is_hidden or version.is_marker
                if is_hidden and key in keys:
                    (markers if version.is_marker else hidden).append(version)
        # A marker must not go before the versions that it hides: they would show again.
        if self._delete_versions(hidden):
            self._delete_versions(markers)

    def _delete_versions(self, versions: Sequence[Version]) -> bool:
        """Delete versions for good; return whether OSS has confirmed all of them."""
        for start in range(0, len(versions), BATCH):
            lot = versions[start : start + BATCH]
            try:
                answer = self._ask("batch_delete", lambda: self._bucket.delete_versions(lot))  # noqa: B023 - at once
            except StoreError as refusal:
                if refusal.code in NO_SUCH_REQUEST:
                    for version in lot:
                        self._take_back(version.key, version.id)
                    continue
                if refusal.code != "AccessDenied":
                    raise
                return False
            deleted = {(each.key, each.versionid) for each in answer.delete_versions}
            if not deleted.issuperset((version.key, version.id) for version in lot):
                return False
        return True

    def _versions(self, prefix: str) -> Iterator[Version]:
        """Yield the versions below a prefix: by key, the newest first."""
        following: tuple[str, str] | None = ("", "")
        while following is not None:
            markers = following
            page = self._ask("names", lambda: self._bucket.list_versions(prefix, markers))  # noqa: B023 - at once
            yield from page.versions
            following = page.following


def _common_prefix(keys: Collection[str]) -> str:
    """Return what all keys begin with."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(min(keys), max(keys), strict=False))
    return "".join(first for first, _ in same)


def _time_in(answer: Any, header: str) -> int:
    """Return the time that a header of an answer tells, in Unix seconds."""
    text = answer.headers.get(header)
    if text is None:
        raise StoreError("NoDate", f"OSS's answer has no {header}", Scope.PASSING)
    return int(parsedate_to_datetime(text).timestamp())
