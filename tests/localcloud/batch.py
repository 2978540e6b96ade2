"""DeleteMultipleObjects: reading the keys, deleting them, naming the deleted ones."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from localcloud.answers import (
    Answer,
    OssError,
    invalid_digest,
    leaf,
    malformed_xml,
    xml_answer,
)
from localcloud.arrivals import Request
from localcloud.moto_store import MotoStore, Removed
from localcloud.version_ids import check_version_id

MOST_KEYS = 1000
MOST_BYTES = 2 * 1024 * 1024
CONTROL_REFERENCE = re.compile(rb"&#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));")
STAND_INS = [chr(code) for code in range(0xE000, 0xF8FF)]


@dataclass(frozen=True)
class Order:
    """What a batch deletion asks for."""

    keys: tuple[str, ...]
    versions: tuple[str, ...]  # a version's id, or "", for each key; none if no id is given
    quiet: bool


def keys_in(body: bytes) -> tuple[str, ...]:
    """The keys a body names, for the log; none where it cannot be read."""
    try:
        return _read(body).keys
    except OssError:
        return ()


def delete_multiple(
    store: MotoStore,
    request: Request,
    body: bytes,
    withheld: Callable[[str], bool],
    lost: Callable[[str], bool],
) -> Answer:
    """Delete what is named, except what is `withheld`; name in the answer what is not `lost`.

    There is no `<Error>` in OSS's answer: what failed is just not named.
    """
    _check_digest(request.headers.get("content-md5"), body)
    if len(body) > MOST_BYTES:
        raise malformed_xml()
    order = _read(body)
    for version_id in filter(None, order.versions):
        check_version_id(version_id)
    encoded = request.query.get("encoding-type") == "url"
    if order.versions or store.has_versions(request.bucket):
        versions = order.versions or ("",) * len(order.keys)
        asked = [each for each in zip(order.keys, versions, strict=True) if not withheld(each[0])]
        removed = [each for each in store.remove(request.bucket, asked) if not lost(each.key)]
        named, details = [each.key for each in removed], [_version(each) for each in removed]
    else:
        deleted = [key for key in order.keys if not withheld(key)]
        store.delete_batch(request.bucket, deleted)
        named, details = [key for key in deleted if not lost(key)], []
    return Answer(200) if order.quiet else _document(named, details, encoded)


def _check_digest(given: str | None, body: bytes) -> None:
    if given is None:
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments: Content-MD5.")
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    if given != base64.b64encode(digest).decode():
        raise invalid_digest(given)


def _read(body: bytes) -> Order:
    stand_in = _free_character(body)
    text = CONTROL_REFERENCE.sub(lambda found: _stand_in(found, stand_in), body)
    text = text.replace(b"\f", f"{stand_in}0c".encode())
    try:
        root = ET.fromstring(text)  # noqa: S314 the tests' own bodies, and expat is what it is about
    except ET.ParseError:
        raise malformed_xml() from None
    named = root.findall("Object")
    keys = tuple(_restored(node.findtext("Key") or "", stand_in) for node in named)
    if root.tag != "Delete" or not 1 <= len(keys) <= MOST_KEYS or "" in keys:
        raise malformed_xml()
    versions: tuple[str, ...] = ()
    if b"<VersionId>" in body:
        versions = tuple(node.findtext("VersionId") or "" for node in named)
    return Order(keys, versions, quiet=root.findtext("Quiet") == "true")


def _free_character(body: bytes) -> str:
    # OSS takes references to control characters, as its newer SDKs send them, and, by the oldest
    # one's tests, a form feed as it is. XML 1.0 and so the parser here take neither: they pass it
    # in disguise, as a character that does not occur in the body.
    return next(char for char in STAND_INS if char.encode() not in body)


def _stand_in(found: re.Match[bytes], stand_in: str) -> bytes:
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code < 0x20 and code not in (0x9, 0xA, 0xD):
        return f"{stand_in}{code:02x}".encode()
    return found[0]


def _restored(key: str, stand_in: str) -> str:
    return re.sub(f"{stand_in}(..)", lambda found: chr(int(found[1], 16)), key)


def _document(keys: Sequence[str], details: Sequence[str], encoded: bool) -> Answer:
    if encoded:
        head = leaf("EncodingType", "url")
        names = [quote(key, safe="") for key in keys]
    else:
        head = ""
        names = [escape(key, {"\r": "&#13;"}) for key in keys]
    more = details or [""] * len(names)
    deleted = [
        f"  <Deleted>\n    <Key>{name}</Key>\n{told}  </Deleted>\n"
        for name, told in zip(names, more, strict=True)
    ]
    return xml_answer("DeleteResult", head + "".join(deleted))


def _version(removed: Removed) -> str:
    told = leaf("VersionId", removed.version_id, 2) if removed.version_id else ""
    if removed.marker_id:
        told += leaf("DeleteMarker", "true", 2)
        told += leaf("DeleteMarkerVersionId", removed.marker_id, 2)
    return told
