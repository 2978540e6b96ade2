"""ListObjects and ListObjectsV2: reading the question, writing the page."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote_from_bytes
from xml.sax.saxutils import escape

from localcloud.answers import Answer, branch, invalid_argument, leaf, xml_answer
from localcloud.arrivals import Request
from localcloud.moto_store import Listed, MotoStore, Page

DEFAULT_MAX_KEYS = 100
MOST_MAX_KEYS = 1000
LONGEST_ARGUMENT = 1023  # as long as a key
OWNER_ID = "1000000000000000"
OWNER = leaf("ID", OWNER_ID, 3) + leaf("DisplayName", OWNER_ID, 3)
OWNER = branch("Owner", OWNER, 2)
TOKEN = re.compile(rb"\n(?:[\x00-\x7f]|[\x80-\xff][\x00-\x7f])(.+)\x10\x00", re.DOTALL)
SIGNS = str.maketrans("+/=", "._-")
SIGNS_BACK = str.maketrans("._-", "+/=")


@dataclass(frozen=True)
class Question:
    """What both versions of the call have in common."""

    prefix: bytes
    after: bytes
    delimiter: bytes
    max_keys: int
    encoded: bool

    def write(self, text: bytes) -> str:
        """A key in the answer: percent-encoded if asked for, and otherwise as XML allows."""
        if self.encoded:
            return _percent_encoded(text)
        return escape(text.decode(), {"\r": "&#13;"})

    def head(self, bucket: str, position: str, truncated: bool) -> str:
        """What a page says before its rows, in the order in which OSS says it."""
        return (
            leaf("Name", bucket)
            + leaf("Prefix", self.write(self.prefix))
            + position
            + leaf("MaxKeys", str(self.max_keys))
            + leaf("Delimiter", self.write(self.delimiter))
            + (leaf("EncodingType", "url") if self.encoded else "")
            + leaf("IsTruncated", "true" if truncated else "false")
        )


@lru_cache(maxsize=1024)
def _percent_encoded(text: bytes) -> str:
    return quote_from_bytes(text, safe="")


def list_objects(store: MotoStore, request: Request) -> Answer:
    marker = read_argument(request.query, "marker")
    question = read_question(request.query, marker)
    page = _page(store, request.bucket, question)
    following = leaf("NextMarker", question.write(page.last)) if page.truncated else ""
    head = question.head(request.bucket, leaf("Marker", question.write(marker)), page.truncated)
    rows = _rows(store, request.bucket, question, page, OWNER)
    return xml_answer("ListBucketResult", head + following + rows)


def list_objects_v2(store: MotoStore, request: Request) -> Answer:
    query = request.query
    start_after = read_argument(query, "start-after")
    token = query.get("continuation-token", "")
    question = read_question(query, _read_token(token) if token else start_after)
    page = _page(store, request.bucket, question)
    position = leaf("ContinuationToken", token) if token else ""
    if start_after:
        position += leaf("StartAfter", question.write(start_after))
    following = leaf("NextContinuationToken", _token(page.last)) if page.truncated else ""
    head = question.head(request.bucket, position, page.truncated)
    owner = OWNER if query.get("fetch-owner") == "true" else ""
    rows = _rows(store, request.bucket, question, page, owner)
    count = leaf("KeyCount", str(len(page.objects) + len(page.groups)))
    return xml_answer("ListBucketResult", head + following + rows + count)


def read_question(query: Mapping[str, str], after: bytes) -> Question:
    encoding = query.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise invalid_argument("The encoding-type is neither empty nor url.")
    return Question(
        prefix=read_argument(query, "prefix"),
        after=after,
        delimiter=read_argument(query, "delimiter"),
        max_keys=read_max_keys(query.get("max-keys", "")),
        encoded=encoding == "url",
    )


def read_argument(query: Mapping[str, str], name: str) -> bytes:
    """A part of a key, or a key, which is no longer than one may be."""
    text = query.get(name, "").encode(errors="surrogateescape")
    if len(text) > LONGEST_ARGUMENT:
        raise invalid_argument(f"The length of {name} is invalid.")
    return text


def read_max_keys(text: str) -> int:
    if not text:
        return DEFAULT_MAX_KEYS
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_MAX_KEYS):
        raise invalid_argument(f"Argument max-keys is not an integer between 1 and 1000: {text}.")
    return int(text)


def _token(last: bytes) -> str:
    """A protocol buffer in Base64 with other signs: what the page ends with, and a nought."""
    length = (
        bytes([len(last)]) if len(last) < 0x80 else bytes([len(last) & 0x7F | 0x80, len(last) >> 7])
    )
    return base64.b64encode(b"\n" + length + last + b"\x10\x00").decode().translate(SIGNS)


def _read_token(token: str) -> bytes:
    try:
        form = base64.b64decode(token.translate(SIGNS_BACK), validate=True)
        found = TOKEN.fullmatch(form)
        last = found[1] if found else b""
        last.decode()
    except (binascii.Error, ValueError):
        last = b""
    if not last or _token(last) != token:
        raise invalid_argument("The continuation token provided is incorrect.")
    return last


def _page(store: MotoStore, bucket: str, question: Question) -> Page:
    return store.page(
        bucket, question.prefix, question.after, question.delimiter, question.max_keys
    )


def _rows(store: MotoStore, bucket: str, question: Question, page: Page, owner: str) -> str:
    write, directories = question.write, store.is_hierarchical(bucket)
    contents = [_contents(listed, write, owner, directories) for listed in page.objects]
    return "".join(contents) + "".join([group_row(question, group) for group in page.groups])


def group_row(question: Question, group: bytes) -> str:
    return branch("CommonPrefixes", leaf("Prefix", question.write(group), 2))


def _contents(listed: Listed, write: Callable[[bytes], str], owner: str, directories: bool) -> str:
    # Where directories are more than a habit, they are rows without an ETag.
    etag = "" if directories and listed.key.endswith(b"/") else listed.etag.upper()
    moved = listed.transitioned
    # As OSS's page of October 2025 on ListObjects has it: between the key and its time.
    transition = (
        "" if moved is None else leaf("TransitionTime", f"{moved:%Y-%m-%dT%H:%M:%S}.000Z", 2)
    )
    return (
        f"  <Contents>\n    <Key>{write(listed.key)}</Key>\n{transition}"
        f"    <LastModified>{listed.modified.isoformat(timespec='seconds')}.000Z</LastModified>\n"
        f"    <ETag>{etag}</ETag>\n    <Type>Normal</Type>\n    <Size>{listed.size}</Size>\n"
        f"    <StorageClass>{listed.storage_class}</StorageClass>\n"
        f"{owner}  </Contents>\n"
    )
