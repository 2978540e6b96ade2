"""A page of a listing, read entry by entry where it cannot be read by columns."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from oss2.models import Owner, SimplifiedObjectInfo
from oss2.utils import iso8601_to_unixtime

from ossweep.objects import Unnamed
from ossweep.store.names import name_bytes, unquoted_name

_TRUNCATED = {"true": True, "false": False}


def read_entries(page: Any, body: bytes) -> Any:
    """
    Read a page as oss2 does (`parse_list_objects` of `oss2/xml_utils.py`), but for two things.

    An entry needs no more than a key, a time and a size: a directory in a bucket with a
    hierarchical namespace lacks an ETag, and what is not looked at here need not be there. And
    where a key is not UTF-8, oss2 makes another object's key of it: here it has no entry, and
    stands among the page's `unnamed`. Raises ParseError, ValueError and StoreError.
    """
    root = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    if root.findtext("EncodingType") != "url":
        # XML alone would turn a CR in a key into an LF, which is another object.
        raise ValueError("OSS's listing is not URL-encoded")
    is_truncated = _TRUNCATED.get(_text(root, "IsTruncated"))
    if is_truncated is None:
        raise ValueError("OSS's listing does not say whether it goes on")
    page.is_truncated = is_truncated
    if is_truncated:
        page.next_marker = _marker(root)
    page.unnamed = []
    for row in root.iterfind("Contents"):
        try:
            page.object_list.append(_entry(row))
        except UnicodeDecodeError:
            text = _text(row, "Key")
            page.unnamed.append(Unnamed(text, name_bytes(text)))
    page.prefix_list += [_name(node, "Prefix") for node in root.iterfind("CommonPrefixes")]
    return page


def _entry(row: ET.Element) -> Any:
    owner = None
    if row.find("Owner") is not None:
        owner = Owner(row.findtext("Owner/DisplayName"), row.findtext("Owner/ID"))
    entry = SimplifiedObjectInfo(
        _name(row, "Key"),
        iso8601_to_unixtime(_text(row, "LastModified")),
        (row.findtext("ETag") or "").strip('"'),
        row.findtext("Type"),
        int(_text(row, "Size")),
        row.findtext("StorageClass"),
        owner,
        row.findtext("RestoreInfo"),
    )
    entry.transition_time = row.findtext("TransitionTime")
    return entry


def _name(node: ET.Element, path: str) -> str:
    return unquoted_name(_text(node, path))


def _marker(root: ET.Element) -> str | bytes:
    """Return the place at which the next page begins; one that is not UTF-8 as bytes."""
    try:
        return _name(root, "NextMarker")
    except UnicodeDecodeError:
        return name_bytes(_text(root, "NextMarker"))


def _text(node: ET.Element, path: str) -> str:
    text = node.findtext(path)
    if text is None:
        raise ValueError(f"OSS's listing lacks {path}")
    return text
