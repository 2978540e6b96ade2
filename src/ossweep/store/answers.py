"""
Answers to a batch deletion, read by columns: the keys that OSS names, and no object for each.

Why that is right, and what catches an answer of any other shape, `rows.py` says.
"""

from __future__ import annotations

from functools import cache

from ossweep.store.forms import Element, in_order
from ossweep.store.rows import Shape, unquoted


@cache
def _shape() -> Shape:
    """Return the shape of an answer to a batch deletion, made for the first one that is read."""
    return Shape(
        root=b"DeleteResult",
        row=b"Deleted",
        elements=in_order(
            Element(b"Key"),
            # In a bucket with versions a deletion adds a marker, which is a version, too.
            Element(b"VersionId", is_always=False, is_short=True),
            Element(b"DeleteMarker", rb"(?:true|false)", is_always=False),
            Element(b"DeleteMarkerVersionId", is_always=False),
        ),
        columns=b"Key",
        never=b"Error",
    )


def read_deleted(body: bytes) -> list[str] | None:
    """Return the keys that oss2 would read in an answer; None if that takes oss2."""
    table = _shape().read(body)
    if table is None or table.leaves.get(b"EncodingType") != b"url":
        return None
    return unquoted(table.columns["Key"])
