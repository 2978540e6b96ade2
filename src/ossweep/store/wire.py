"""Which way a key can travel to OSS unchanged: in a batch's XML, or alone in a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BODY_BYTES = 2_000_000  # OSS takes 2 MB; whether a million bytes or 2**20 make one is not said
_FRAME = len("<Object><Key></Key></Object>")
_DOCUMENT = 256  # more than the declaration and the elements around the objects need

# Control characters, which XML cannot carry or which a parser may change (CR becomes LF: another
# object), and those that are no characters. LF and TAB could travel, but nothing is won by it.
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# URLs are normalised on their way: DELETE /bucket/.. would be sent as DELETE /, which deletes the
# bucket (oss2 2.19.1 over urllib3 2).
_NOT_IN_URL = frozenset({".", ".."})


def fits_a_batch(key: str) -> bool:
    """Tell whether XML carries this key unchanged."""
    return _NOT_IN_XML.search(key) is None


def fits_a_url(key: str) -> bool:
    """Tell whether a URL's path carries this key unchanged."""
    return key not in _NOT_IN_URL


def bodies(keys: Sequence[str]) -> Iterator[list[str]]:
    """Cut keys into as few batches as fit into a request body each."""
    body: list[str] = []
    size = _DOCUMENT
    for key in keys:
        cost = _FRAME + _escaped_bytes(key)
        if body and size + cost > BODY_BYTES:
            yield body
            body, size = [], _DOCUMENT
        body.append(key)
        size += cost
    if body:
        yield body


def _escaped_bytes(key: str) -> int:
    """Return a key's size in the XML that ElementTree writes: & is &amp;, < is &lt;, > is &gt;."""
    return len(key.encode()) + 4 * key.count("&") + 3 * key.count("<") + 3 * key.count(">")
