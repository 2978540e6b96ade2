"""Versions of objects, in the order in which OSS lists them: by key, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from oss2.models import RequestResult

from ossweep.store.names import unquoted_name


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
