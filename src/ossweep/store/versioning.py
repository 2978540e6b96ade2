"""Whether a bucket's versioning is suspended: as OSS tells it, and as a deletion's answer shows."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from ossweep.errors import Scope, StoreError

NULL = "null"  # the id of a version that was written without versioning, or while it was suspended


def read_state(body: bytes) -> str:
    """Return the state in a VersioningConfiguration, "" if there never was one; or StoreError."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    except ET.ParseError:
        raise StoreError(
            "UnreadableAnswer", "OSS's answer about versioning is cut off half way", Scope.PASSING
        ) from None
    if root.tag != "VersioningConfiguration":
        raise StoreError(
            "UnreadableAnswer", "OSS's answer is no VersioningConfiguration", Scope.KEYS
        )
    return root.findtext("Status", "")


def has_lost_null_version(result: Any) -> bool:
    """Tell whether a deletion has put a null marker where a null version may have been."""
    if hasattr(result, "deleted_keys"):
        return bool(result.has_null_marker)
    return bool(result.delete_marker) and result.versionid == NULL
