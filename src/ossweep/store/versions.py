"""Versions of objects, in the order in which OSS lists them: by key, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from oss2.models import RequestResult

from ossweep.store.forms import OWNER, Element, in_order
from ossweep.store.names import unquoted_name
from ossweep.store.rows import Shape, unescaped, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _shape() -> Shape:
    """Return the shape of a listing of versions, made for the first one that is read."""
    return Shape(
        root=b"ListVersionsResult",
        row=b"Version DeleteMarker",
        elements=in_order(
            Element(b"Key"),
            Element(b"VersionId"),
            Element(b"IsLatest"),
            Element(b"LastModified"),
            Element(b"ETag", is_always=False),  # a marker lacks these four
            Element(b"Type", is_always=False),
            Element(b"Size", is_always=False),
            Element(b"StorageClass", is_always=False),
            OWNER,
        ),
        columns=b"Key VersionId",
        never=b"CommonPrefixes",
    )


@dataclass(frozen=True)
class Version:
    """A version of an object, or a marker that says that it is deleted, which has no ETag."""

    key: str
    id: str
    etag: str
    is_marker: bool


class VersionsPage(RequestResult):  # type: ignore[misc] # oss2 has no types
    """
    A page of a listing of versions.

    oss2's own result has versions and markers in two lists, which do not tell which came first.
    """

    def __init__(self, resp: Any) -> None:
        super().__init__(resp)
        self.versions: list[Version] = []
        self.following: tuple[str, str] | None = None  # the markers of the next page, if any


def versions_by_columns(body: bytes) -> tuple[list[Version], tuple[str, str] | None] | None:
    """
    Return the versions of a page, and the markers of the next one.

    None where it takes `read_versions` to tell, or there is no version.
    """
    table = _shape().read(body, also=b"ETag")
    if table is None or table.leaves.get(b"EncodingType") != b"url":
        return None
    are_markers = [name == b"DeleteMarker" for name in table.names]
    tags = table.columns["ETag"]
    tags = [b"" if is_marker else tag for tag, is_marker in zip(tags, are_markers, strict=True)]
    keys, following = unquoted(table.columns["Key"]), _following(table.leaves)
    if keys is None or following is None or None in tags:
        return None
    ids = unescaped(table.columns["VersionId"])
    return list(map(Version, keys, ids, unescaped(tags), are_markers)), following or None


def _following(leaves: Mapping[bytes, bytes]) -> tuple[str, str] | tuple[()] | None:
    """Return the markers of the next page; none if it is the last, None if they are unusual."""
    if b"IsTruncated" not in leaves:
        return None
    if leaves[b"IsTruncated"] != b"true":
        return ()
    found = unquoted([leaves.get(b"NextKeyMarker", b"+"), leaves.get(b"NextVersionIdMarker", b"+")])
    return None if found is None else (found[0], found[1])


def read_versions(page: VersionsPage, body: bytes) -> VersionsPage:
    """Read a page; raises ParseError and ValueError for what is none, and StoreError."""
    root = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    if root.findtext("EncodingType") != "url":
        raise ValueError("OSS's listing of versions is not URL-encoded")
    page.versions = [_version(node) for node in root if node.tag in {"Version", "DeleteMarker"}]
    if _text(root, "IsTruncated") == "true":
        page.following = (
            unquoted_name(_text(root, "NextKeyMarker")),
            unquoted_name(_text(root, "NextVersionIdMarker")),
        )
    return page


def _version(node: ET.Element) -> Version:
    return Version(
        key=unquoted_name(_text(node, "Key")),
        id=_text(node, "VersionId"),
        etag="" if node.tag == "DeleteMarker" else _text(node, "ETag"),
        is_marker=node.tag == "DeleteMarker",
    )


def _text(node: ET.Element, name: str) -> str:
    text = node.findtext(name)
    if text is None:
        raise ValueError(f"OSS's listing of versions lacks {name}")
    return text
