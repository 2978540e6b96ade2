"""DeleteMultipleObjects: reading the keys, deleting them, naming the deleted ones."""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from localcloud.answers import Answer, OssError, malformed_xml, xml_answer
from localcloud.arrivals import Request
from localcloud.moto_store import MotoStore, Removed

MOST_KEYS = 1000
MOST_BYTES = 2 * 1024 * 1024
CONTROL_REFERENCE = re.compile(rb"&#(?:(\d{1,7})|x([0-9A-Fa-f]{1,6}));")
STAND_INS = [chr(code) for code in range(0xE000, 0xF8FF)]


@dataclass(frozen=True)
class Order:
    """What a batch deletion asks for."""

    objects: tuple[tuple[str, str], ...]  # keys, each with a version's id or ""
    quiet: bool

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.objects)


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
    asked = [each for each in order.objects if not withheld(each[0])]
    if store.has_versions(request.bucket) or any(version_id for _, version_id in asked):
        deleted = store.remove(request.bucket, asked)
    else:
        store.delete_batch(request.bucket, [key for key, _ in asked])
        deleted = [Removed(key) for key, _ in asked]
    if order.quiet:
        return Answer(200)
    encoded = request.query.get("encoding-type") == "url"
    return _document([each for each in deleted if not lost(each.key)], encoded)


def _check_digest(given: str | None, body: bytes) -> None:
    if given is None:
        raise OssError(400, "MissingArgument", "Missing Some Required Arguments: Content-MD5.")
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    if given != base64.b64encode(digest).decode():
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")


def _read(body: bytes) -> Order:
    stand_in = _free_character(body)
    text = CONTROL_REFERENCE.sub(lambda found: _stand_in(found, stand_in), body)
    try:
        root = ET.fromstring(text)  # noqa: S314 the tests' own bodies, and expat is what it is about
    except ET.ParseError:
        raise malformed_xml() from None
    named = root.findall("Object")
    objects = tuple(
        (_restored(node.findtext("Key") or "", stand_in), node.findtext("VersionId") or "")
        for node in named
    )
    if root.tag != "Delete" or not 1 <= len(objects) <= MOST_KEYS:
        raise malformed_xml()
    if not all(key for key, _ in objects):
        raise malformed_xml()
    return Order(objects, quiet=root.findtext("Quiet") == "true")


def _free_character(body: bytes) -> str:
    # OSS takes references to control characters, as its newer SDKs send them. XML 1.0 and so the
    # parser here do not: they pass it in disguise, as a character that does not occur in the body.
    return next(char for char in STAND_INS if char.encode() not in body)


def _stand_in(found: re.Match[bytes], stand_in: str) -> bytes:
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code < 0x20 and code not in (0x9, 0xA, 0xD):
        return f"{stand_in}{code:02x}".encode()
    return found[0]


def _restored(key: str, stand_in: str) -> str:
    return re.sub(f"{stand_in}(..)", lambda found: chr(int(found[1], 16)), key)


def _document(removed: Sequence[Removed], encoded: bool) -> Answer:
    if encoded:
        head = "<EncodingType>url</EncodingType>"
        names = [quote(each.key, safe="") for each in removed]
    else:
        head = ""
        names = [escape(each.key, {"\r": "&#13;"}) for each in removed]
    deleted = "".join(
        [
            f"<Deleted><Key>{name}</Key>{_version(each)}</Deleted>"
            for name, each in zip(names, removed, strict=True)
        ]
    )
    return xml_answer(f"<DeleteResult>{head}{deleted}</DeleteResult>")


def _version(removed: Removed) -> str:
    named = f"<VersionId>{removed.version_id}</VersionId>" if removed.version_id else ""
    if not removed.marker_id:
        return named
    return (
        f"{named or '<VersionId/>'}<DeleteMarker>true</DeleteMarker>"
        f"<DeleteMarkerVersionId>{removed.marker_id}</DeleteMarkerVersionId>"
    )
