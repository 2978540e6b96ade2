"""The ids of versions as OSS makes them: which are any at all, and which came first."""

import base64
import binascii
import hashlib
import re

from localcloud.answers import invalid_argument

NULL = "null"  # of what is written while a bucket has no versions, or has them suspended

# OSS's ids are a protocol buffer in Base64 with other signs: a form, a place, when it was written,
# by which they are in order, and 32 hex digits.
_NUMBER = rb"[\x80-\xff]{0,9}[\x00-\x7f]"
_FORM = re.compile(rb"\x08\x01\x10%s\x18(%s)\x22\x20[0-9a-f]{32}" % (_NUMBER, _NUMBER), re.DOTALL)
_SIGNS = str.maketrans("+/=", "._-")
_SIGNS_BACK = str.maketrans("._-", "+/=")


def version_id(moment: int) -> str:
    """The id of what was written at a moment; the younger, the greater is the number of it."""
    digits = hashlib.md5(str(moment).encode(), usedforsecurity=False).hexdigest().encode()
    form = b"\x08\x01\x10\x01\x18" + _written(moment) + b"\x22\x20" + digits
    return base64.b64encode(form).decode().translate(_SIGNS)


def moment_of(text: str) -> int:
    """When the version of an id was written; it need not be there any more."""
    found = None
    try:
        if not set(text) & set("+/="):
            found = _FORM.fullmatch(base64.b64decode(text.translate(_SIGNS_BACK), validate=True))
    except (ValueError, binascii.Error):
        pass
    if not found:
        raise invalid_argument(
            "Invalid version id specified",
            fine_code="0012-00000202",
            ArgumentName="VersionId",
            ArgumentValue=text,
        )
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(found[1]))


def check_version_id(text: str) -> None:
    """Raise OSS's refusal of what is no id of a version, whether there is such a version or not."""
    if text != NULL:
        moment_of(text)


def _written(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])
