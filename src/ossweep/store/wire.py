"""The ways in which a key travels to OSS unchanged: in a batch's XML, or alone in a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ossweep.store.versions import Version

BODY_BYTES = 2_000_000  # OSS takes 2 MB; whether a million bytes or 2**20 make one is not said
_FRAME = len("<Object><Key></Key></Object>")
_WIDEST = 5  # bytes of a character in XML, such as `&amp;`
_DOCUMENT = 256  # more than the declaration and the elements around the objects need

_HEAD = "<Delete><Quiet>false</Quiet><Object><Key>"
_TAIL = "</Key></Object></Delete>"

# Control characters, which XML cannot carry or a parser may change (CR becomes LF: another object),
# and codes that are no characters. LF and TAB could travel, but nothing would be won by it.
_NOT_IN_XML = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PLAIN = bytes(range(0x20, 0x7F))

# URLs are normalised on their way, by requests, proxies and servers: DELETE /bucket/.. would become
# DELETE /, which deletes the bucket (measured with oss2 2.19.1 over requests and urllib3 2).
_NOT_IN_URL = frozenset({".", ".."})


def fits_a_batch(key: str) -> bool:
    """Tell whether XML carries this key unchanged."""
    return _NOT_IN_XML.search(key) is None


def fits_a_url(key: str) -> bool:
    """Tell whether a URL's path carries this key unchanged."""
    return key not in _NOT_IN_URL


def by_ways(keys: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Part keys into those that fit a batch and those that have to go alone."""
    if _is_plain("".join(keys)):
        return keys, ()
    fit = [key for key in keys if fits_a_batch(key)]
    return fit, [key for key in keys if not fits_a_batch(key)]


def _is_plain(text: str) -> bool:
    if text.isascii():
        return not text.encode().translate(None, _PLAIN)
    return text.isprintable()  # nothing that does not fit a batch is


def bodies(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut keys into as few batches as fit into a request body each."""
    if keys and _DOCUMENT + _FRAME * len(keys) + _WIDEST * len("".join(keys)) <= BODY_BYTES:
        yield keys  # in any case
        return
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


def batch_document(keys: Sequence[str]) -> bytes:
    """
    Return the body of a batch deletion of keys, at least one and none empty, as oss2 writes it.

    Source: `to_batch_delete_objects_request` of `oss2/xml_utils.py`, which is not quiet.
    """
    text = "".join(keys)
    names = map(_escape, keys) if "&" in text or "<" in text or ">" in text else keys
    text = _HEAD + "</Key></Object><Object><Key>".join(names) + _TAIL
    return text.encode("utf-8", "xmlcharrefreplace")


def versions_document(versions: Iterable[Version]) -> bytes:
    """
    Return the body of a batch deletion of versions, as oss2 writes it.

    Source: `to_batch_delete_objects_version_request` of `oss2/xml_utils.py`.
    """
    objects = "".join(
        f"<Object><Key>{_escape(version.key)}</Key><VersionId>{_escape(version.id)}</VersionId></Object>"
        for version in versions
    )
    return f"<Delete><Quiet>false</Quiet>{objects}</Delete>".encode()


def _escape(text: str) -> str:
    """Escape as ElementTree does in a text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped_bytes(text: str) -> int:
    """Return a text's size in the XML that is written."""
    return len(text.encode()) + 4 * text.count("&") + 3 * text.count("<") + 3 * text.count(">")
