"""Answers to a batch deletion: the keys that OSS names, without an object for each of them."""

from __future__ import annotations

from ossweep.store.rows import Shape, unquoted

_SHAPE = Shape(
    root=b"DeleteResult",
    leaves=b"EncodingType",
    tag=b"Deleted",
    row=(
        rb"<Deleted>\s*<Key>V</Key>\s*(?:<VersionId>V</VersionId>\s*|<VersionId/>\s*)?"
        # In a bucket with versions a deletion adds a marker.
        rb"(?:<DeleteMarker>(?:true|false)</DeleteMarker>\s*)?"
        rb"(?:<DeleteMarkerVersionId>V</DeleteMarkerVersionId>\s*)?</Deleted>\s*"
    ).replace(b"V", rb"[^<>]*"),
    columns=b"Key DeleteMarker",
)


def read_deleted(body: bytes) -> list[str] | None:
    """Return the keys that oss2 would read in an answer; None if that takes oss2."""
    table = _SHAPE.read(body)
    if table is None or table.leaves.get(b"EncodingType") != b"url":
        return None
    if not {b"true", b"false"}.issuperset(table.columns.get(b"DeleteMarker", ())):
        return None
    return unquoted(table.columns[b"Key"])
