"""An object's tags, as OSS tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from ossweep.errors import Scope, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_tags(body: bytes) -> Mapping[str, str]:
    """Return the tags that GetObjectTagging tells; raises StoreError for any other document."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    except ET.ParseError as error:
        raise _unreadable("ParseError") from error
    rows = root.findall("TagSet/Tag")
    tags = {row.findtext("Key"): row.findtext("Value") for row in rows}
    is_whole = root.tag == "Tagging" and root.find("TagSet") is not None
    if not is_whole or len(tags) < len(rows) or None in tags or None in tags.values():
        raise _unreadable("OSS's answer does not tell tags")
    return {key: value for key, value in tags.items() if key is not None and value is not None}


def _unreadable(words: str) -> StoreError:
    return StoreError("UnreadableAnswer", words, Scope.PASSING)
