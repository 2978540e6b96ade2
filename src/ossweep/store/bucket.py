"""oss2's bucket, whose answers are checked before they are believed."""

from __future__ import annotations

import re
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import oss2
from oss2.models import BatchDeleteObjectsResult, ListObjectsResult
from oss2.utils import content_md5
from oss2.xml_utils import parse_batch_delete_objects

from ossweep.errors import Scope, StoreError
from ossweep.objects import Lot
from ossweep.store.answers import read_deleted
from ossweep.store.entries import read_entries
from ossweep.store.lazy import Lazy
from ossweep.store.names import is_ambiguous
from ossweep.store.pages import Entries, classed_of, found_of, page_of, read_listing
from ossweep.store.signing import SKEWED
from ossweep.store.tags import read_tags
from ossweep.store.verdicts import scope_of
from ossweep.store.versioning import NULL, read_state
from ossweep.store.versions import VersionsPage, read_versions, versions_by_columns
from ossweep.store.wire import batch_document, versions_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.store.versions import Version

_ROOTS = {
    ListObjectsResult: "ListBucketResult",
    BatchDeleteObjectsResult: "DeleteResult",
    VersionsPage: "ListVersionsResult",
}
_READ_BYTES = 256 * 1024  # of an object, at a time
# Every repetition has an end, and none stands beside another that matches the same text.
_ROOT = re.compile(
    rb"\s{0,64}(?:<\?xml[^>]{0,128}\?>\s{0,64})?<([A-Za-z]{1,64})"
    rb'( xmlns="(?!http://www\.w3\.org/)[a-z]{1,8}://[A-Za-z0-9./_-]{1,200}")?'
)
_MOST_TAGS = 1008 * 32  # a version has 26, with owner and restoration; each takes a parser memory
_NULL_MARKER = f"<DeleteMarkerVersionId>{NULL}<".encode()
UNREADABLE = "UnreadableAnswer"


class Bucket(oss2.Bucket):  # type: ignore[misc] # oss2 has no types
    """An oss2.Bucket whose answers are whole, are no errors, and lead onward."""

    def _do(self, *args: Any, **kwargs: Any) -> Any:
        """Make a request, as oss2 does; one refused for its time sets the clock right."""
        try:
            return super()._do(*args, **kwargs)
        except oss2.exceptions.ServerError as error:
            if error.code == SKEWED:
                self.auth.correct(error.headers)
            raise

    def list_objects(self, *args: Any, **kwargs: Any) -> Any:
        """List one page, as oss2 does; raises StoreError for one that leads nowhere."""
        marker = kwargs["marker"]
        if isinstance(marker, bytes):
            page = self._listed_after(marker, kwargs)
        else:
            page = super().list_objects(*args, **kwargs)
            marker = marker.encode()
        if page.prefix_list:
            raise StoreError(
                UNREADABLE, "OSS listed directories, which nobody asked for", Scope.PASSING
            )
        if len(page_of(page.object_list).keys) > kwargs["max_keys"]:
            raise StoreError(
                UNREADABLE, "OSS listed more objects than it was asked for", Scope.PASSING
            )
        _check_onward(page, marker)
        return page

    def list_folders(self, prefix: str, marker: str, max_keys: int) -> Any:
        """List what lies below a prefix up to the next slash; `prefix_list` holds the folders."""
        page = super().list_objects(prefix, "/", marker, max_keys)
        _check_onward(page, as_bytes(marker))
        return page

    def _listed_after(self, marker: bytes, asked: Mapping[str, Any]) -> Any:
        """List the page behind a key that is not UTF-8, which oss2 cannot write."""
        response = self._do(
            "GET",
            self.bucket_name,
            "",
            params={
                "prefix": asked["prefix"],
                "delimiter": "",
                "marker": marker,
                "max-keys": str(asked["max_keys"]),
                "encoding-type": "url",
            },
        )
        return self._parse_result(response, read_entries, ListObjectsResult)

    def delete_object(self, *args: Any, **kwargs: Any) -> Any:
        """Delete one object, as oss2 does; raises StoreError for any answer but 204."""
        result = super().delete_object(*args, **kwargs)
        if result.status != 204:  # noqa: PLR2004 - No Content, OSS's only answer to a deletion
            body = result.resp.read()
            raise (
                _error_inside(body)
                if b"<Error" in body
                else StoreError(
                    UNREADABLE,
                    f"OSS answered a deletion with status {result.status}",
                    Scope.PASSING,
                )
            )
        return result

    def get_bucket_versioning(self) -> str:
        """Return the state of its versioning, "" if it never had any; raises StoreError."""
        return read_state(self.setting("versioning"))

    def setting(self, name: str) -> bytes:
        """Return the document of one of its settings; raises StoreError for an error in it."""
        body: bytes = self._do("GET", self.bucket_name, "", params={name: ""}).read()
        if b"<Error" in body:
            raise _error_inside(body)
        return body

    def get_object_tagging(self, key: str, params: Any = None, headers: Any = None) -> Any:
        """Return an object's tags as a mapping; raises StoreError for what tells none."""
        asked = {**(params or {}), "tagging": ""}
        body = self._do("GET", self.bucket_name, key, params=asked, headers=headers).read()
        if b"<Error" in body:
            raise _error_inside(body)
        return read_tags(body)

    def put_object(self, *args: Any, **kwargs: Any) -> Any:
        """Write an object, as oss2 does; raises StoreError for an error with status 200."""
        result = super().put_object(*args, **kwargs)
        body = result.resp.read()  # is empty, unless it is an error
        if b"<Error" in body:
            raise _error_inside(body)
        return result

    def read_object(self, key: str, most: int) -> tuple[Any, bytes]:
        """Return oss2's answer and the content; raises StoreError for more than `most` bytes."""
        found, content = self.get_object(key), bytearray()
        size = found.content_length or 0
        while max(size, len(content)) <= most and (piece := found.read(_READ_BYTES)):
            content += piece
        if max(size, len(content)) > most:
            found.close()
            raise StoreError("TooLarge", f"the object is larger than {most:,} bytes", Scope.KEYS)
        return found, bytes(content)

    def read_part(self, key: str, first: int, most: int, etag: str) -> tuple[Any, bytes]:
        """
        Return oss2's answer and up to `most` bytes of an object from byte `first` on.

        An object whose ETag is another one is refused, unless `etag` is empty. From its beginning
        the whole object is asked for, and not read any further: an empty one has no range.
        """
        asked = {"If-Match": f'"{etag}"'} if etag else {}
        part = (first, first + most - 1) if first else None
        found = self.get_object(key, byte_range=part, headers=asked)
        content = bytearray()
        while len(content) < most and (piece := found.read(min(_READ_BYTES, most - len(content)))):
            content += piece
        found.resp.response.close()
        return found, bytes(content)

    def list_versions(self, prefix: str, markers: tuple[str, str]) -> VersionsPage:
        """List one page of versions after those that the markers name (a key and a version's)."""
        key_marker, version_marker = markers
        response = self._do(
            "GET",
            self.bucket_name,
            "",
            params={
                "versions": "",
                "prefix": prefix,
                "key-marker": key_marker,
                "version-id-marker": version_marker,
                "max-keys": "1000",
                "encoding-type": "url",
            },
        )
        page: VersionsPage = self._parse_result(response, read_versions, VersionsPage)
        if page.following == markers or (page.following and page.following[0] < key_marker):
            raise StoreError("ListingStuck", "OSS's next marker leads back", Scope.PASSING)
        return page

    def batch_delete_objects(self, key_list: Sequence[str], headers: Any = None) -> Any:
        """
        Delete up to a thousand objects, as oss2 does; raises StoreError.

        oss2's own method (`oss2/api.py` of the pinned version) writes the request in another way,
        and formats all keys for a log that is switched off.
        """
        if not key_list:
            return super().batch_delete_objects(key_list, headers)  # says what is wrong
        return self._batch(batch_document(key_list), headers)

    def delete_versions(self, versions: Sequence[Version]) -> Any:
        """Delete up to a thousand versions for good; the answer is that of a batch deletion."""
        return self._batch(versions_document(versions), None)

    def _batch(self, body: bytes, headers: Any) -> Any:
        response = self._do(
            "POST",
            self.bucket_name,
            "",
            data=body,
            params={"delete": "", "encoding-type": "url"},
            headers={**(headers or {}), "Content-MD5": content_md5(body)},
        )
        return self._parse_result(response, parse_batch_delete_objects, BatchDeleteObjectsResult)

    @staticmethod
    def _parse_result(resp: Any, parse_func: Any, klass: Any) -> Any:
        """
        Read an answer: all of them come through this one seam of oss2 (`oss2/api.py`).

        Raises StoreError for an error that arrives with status 200, which oss2 would read as an
        answer without keys, and for a document that is cut off or is another one.
        """
        return _read(resp, parse_func, klass)


class ClassesBucket(Bucket):
    """A bucket whose listings tell storage classes as well."""

    @staticmethod
    def _parse_result(resp: Any, parse_func: Any, klass: Any) -> Any:
        """Read an answer as any bucket does."""
        return _read(resp, parse_func, klass, with_classes=True)


def _read(resp: Any, parse_func: Any, klass: Any, *, with_classes: bool = False) -> Any:
    body = resp.read()
    root = _ROOT.match(body)
    if root and root[2]:  # OSS writes none; names mean the same with it, but to no reader here
        body = body[: root.start(2)] + body[root.end(2) :]
    read = read_entries if klass is ListObjectsResult else parse_func
    if (result := _read_by_columns(resp, body, read, klass, with_classes=with_classes)) is not None:
        return result
    wanted = _ROOTS.get(klass)
    found = root[1].decode() if root else ""
    if found == "Error":
        raise _error_inside(body)
    if wanted is not None and found != wanted:
        raise StoreError(UNREADABLE, f"OSS's answer is no {wanted}", Scope.PASSING)
    if body.count(b"<") > _MOST_TAGS:
        raise StoreError(UNREADABLE, "OSS's answer has too many elements", Scope.PASSING)
    result = klass(resp)
    try:
        read(result, body)
    except (ET.ParseError, RuntimeError, ValueError, LookupError) as error:
        kind, said = type(error).__name__, str(error)
        raise StoreError(UNREADABLE, kind, Scope.PASSING, said=said) from error
    if klass is ListObjectsResult and (result.unnamed or with_classes):
        objects = sorted(result.object_list, key=attrgetter("key"))
        found = tuple(map(classed_of if with_classes else found_of, objects))
        result.object_list = Entries(Lot(found, tuple(result.unnamed)), lambda: objects)
    if klass is BatchDeleteObjectsResult:
        result.has_null_marker = any(
            each.delete_marker_versionid == NULL for each in result.delete_versions
        )
        _leave_out_other_names(result, body)
    return result


def _read_by_columns(resp: Any, body: bytes, read: Any, klass: Any, *, with_classes: bool) -> Any:
    """Return the result of a plain listing or answer; a parser reads it anew if it has to."""
    result = klass(resp)
    if klass is ListObjectsResult:
        listing = read_listing(body, with_classes=with_classes)
        if listing is None:
            return None
        result.is_truncated = listing.is_truncated
        result.next_marker = listing.next_marker
        result.object_list = Entries(listing.page, lambda: read(klass(resp), body).object_list)
        return result
    if klass is BatchDeleteObjectsResult and (deleted := read_deleted(body)) is not None:
        result.deleted_keys = deleted
        result.has_null_marker = _NULL_MARKER in body
        result.delete_versions = Lazy(lambda: read(klass(resp), body).delete_versions)
        return result
    if klass is VersionsPage and (found := versions_by_columns(body)) is not None:
        result.versions, result.following = found
        return result
    return None


def _check_onward(page: Any, marker: bytes) -> None:
    """Raise StoreError for a page that leads nowhere."""
    if page.is_truncated and as_bytes(page.next_marker) <= marker:
        raise StoreError("ListingStuck", "OSS's next marker does not lead onward", Scope.PASSING)


def as_bytes(marker: str | bytes) -> bytes:
    """Return a marker as OSS orders it, be it UTF-8 or not."""
    return marker if isinstance(marker, bytes) else marker.encode()


def _error_inside(body: bytes) -> StoreError:
    try:
        root = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    except ET.ParseError:
        return StoreError(UNREADABLE, "OSS's answer is an error cut off half way", Scope.PASSING)
    code = root.findtext("Code") or UNREADABLE
    return StoreError(code, "", scope_of(200, code), said=root.findtext("Message") or "")


def _leave_out_other_names(answer: Any, body: bytes) -> None:
    """Let a name with a `+` confirm no key's deletion: nobody can tell which key it is."""
    root = ET.fromstring(body)  # noqa: S314 - as above
    if root.findtext("EncodingType") != "url":
        return
    named = [not is_ambiguous(node.findtext("Key", "")) for node in root.iterfind("Deleted")]
    answer.deleted_keys = list(compress(answer.deleted_keys, named))
    answer.delete_versions = list(compress(answer.delete_versions, named))
