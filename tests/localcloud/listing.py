"""ListObjects and ListObjectsV2: reading the question, writing the page."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote_from_bytes
from xml.sax.saxutils import escape

from localcloud.answers import Answer, invalid_argument, xml_answer
from localcloud.arrivals import Request
from localcloud.moto_store import Listed, MotoStore, Page

DEFAULT_MAX_KEYS = 100
MOST_MAX_KEYS = 1000
OWNER = "<Owner><ID>1000000000000000</ID><DisplayName>1000000000000000</DisplayName></Owner>"
STORAGE_CLASSES = {
    "STANDARD": "Standard",
    "STANDARD_IA": "IA",
    "GLACIER": "Archive",
    "DEEP_ARCHIVE": "ColdArchive",
}


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
            return quote_from_bytes(text, safe="")
        return escape(text.decode(), {"\r": "&#13;"})


def list_objects(store: MotoStore, request: Request) -> Answer:
    marker = request.query.get("marker", "").encode(errors="surrogateescape")
    question = read_question(request.query, marker)
    page = _page(store, request.bucket, question)
    head = f"<Marker>{question.write(question.after)}</Marker>"
    if page.truncated:
        head += f"<NextMarker>{question.write(page.last)}</NextMarker>"
    return _document(request.bucket, question, page, head, OWNER)


def list_objects_v2(store: MotoStore, request: Request) -> Answer:
    query = request.query
    start_after = query.get("start-after", "").encode()
    token = query.get("continuation-token", "")
    question = read_question(query, _read_token(token) if token else start_after)
    page = _page(store, request.bucket, question)
    head = f"<KeyCount>{len(page.objects) + len(page.groups)}</KeyCount>"
    if start_after:
        head += f"<StartAfter>{question.write(start_after)}</StartAfter>"
    if token:
        head += f"<ContinuationToken>{token}</ContinuationToken>"
    if page.truncated:
        following = question.write(base64.urlsafe_b64encode(page.last))
        head += f"<NextContinuationToken>{following}</NextContinuationToken>"
    owner = OWNER if query.get("fetch-owner") == "true" else ""
    return _document(request.bucket, question, page, head, owner)


def read_question(query: Mapping[str, str], after: bytes) -> Question:
    encoding = query.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise invalid_argument("The encoding-type is neither empty nor url.")
    return Question(
        prefix=query.get("prefix", "").encode(),
        after=after,
        delimiter=query.get("delimiter", "").encode(),
        max_keys=_max_keys(query.get("max-keys", "")),
        encoded=encoding == "url",
    )


def _max_keys(text: str) -> int:
    if not text:
        return DEFAULT_MAX_KEYS
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_MAX_KEYS):
        raise invalid_argument(f"Argument max-keys is not an integer between 1 and 1000: {text}.")
    return int(text)


def _read_token(token: str) -> bytes:
    try:
        after = base64.b64decode(token, altchars=b"-_", validate=True)
        after.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_argument("The continuation token provided is incorrect.") from None
    return after


def _page(store: MotoStore, bucket: str, question: Question) -> Page:
    return store.page(
        bucket, question.prefix, question.after, question.delimiter, question.max_keys
    )


def _document(bucket: str, question: Question, page: Page, position: str, owner: str) -> Answer:
    write = question.write
    encoding = "<EncodingType>url</EncodingType>" if question.encoded else ""
    head = (
        f"<ListBucketResult><Name>{bucket}</Name><Prefix>{write(question.prefix)}</Prefix>{position}"
        f"<MaxKeys>{question.max_keys}</MaxKeys><Delimiter>{write(question.delimiter)}</Delimiter>"
        f"{encoding}<IsTruncated>{'true' if page.truncated else 'false'}</IsTruncated>"
    )
    contents = "".join([_contents(listed, write, owner) for listed in page.objects])
    groups = "".join(
        [
            f"<CommonPrefixes><Prefix>{write(group)}</Prefix></CommonPrefixes>"
            for group in page.groups
        ]
    )
    return xml_answer(f"{head}{contents}{groups}</ListBucketResult>")


def _contents(listed: Listed, write: Callable[[bytes], str], owner: str) -> str:
    return (
        f"<Contents><Key>{write(listed.key)}</Key>"
        f"<LastModified>{listed.modified:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
        f"<ETag>{listed.etag.upper()}</ETag><Type>Normal</Type><Size>{listed.size}</Size>"
        f"<StorageClass>{STORAGE_CLASSES.get(listed.storage_class, 'Standard')}</StorageClass>"
        f"{owner}</Contents>"
    )
