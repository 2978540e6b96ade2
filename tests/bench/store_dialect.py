"""OSS's and S3's words: reading what a request asks for, and writing pages, answers, refusals."""

from __future__ import annotations

import html
import random
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote_to_bytes
from xml.sax.saxutils import escape

from bench.store_objects import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.shapes import Shape
    from bench.store_objects import Page, Run

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
S3_NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
RESTORED = 'ongoing-request="false", expiry-date="Fri, 01 Mar 2024 00:00:00 GMT"'
VARIANTS = 16  # of a block's rows, so that dates, sizes and tags differ from page to page
_KEYS = re.compile(rb"<Key>([^<]*)</Key>")


def query_of(target: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return a target's path, decoded, and its query."""
    path, _, query = target.partition(b"?")
    pairs = (pair.partition(b"=") for pair in query.split(b"&") if pair)
    return unquote_to_bytes(path), {
        name.decode(): unquote_to_bytes(value.replace(b"+", b" ")) for name, _, value in pairs
    }


def keys_of(body: bytes) -> list[bytes]:
    """Return the keys that a batch's body names."""
    inner = body[body.find(b"<Key>") + 5 : max(body.rfind(b"</Key>"), 0)]
    end = inner.find(b"</Key>")
    between = inner[end : inner.find(b"<Key>", end) + 5]
    # The same stands between all keys, unless somebody writes more than keys: a fourth of the time.
    keys = inner.split(between) if end >= 0 else [inner]
    if inner.count(b"<") != between.count(b"<") * (len(keys) - 1):
        keys = _KEYS.findall(body)
    if b"&" in body:
        return [html.unescape(key.decode()).encode() if b"&" in key else key for key in keys]
    return keys


@dataclass(frozen=True)
class Kind:
    """What OSS's documents have in them that they need not have, or lack."""

    is_indented: bool = True
    has_transitions: bool = False
    has_types: bool = True
    is_restored: bool = False
    owner: str = "1234567890123456"
    quote: str = '"'


PLAIN = "plain"
KINDS = {
    PLAIN: Kind(),
    "compact": Kind(is_indented=False),
    "TransitionTime": Kind(has_transitions=True),
    "no Type": Kind(has_types=False),
    "restored": Kind(is_restored=True),
    "an owner's name that is not ASCII": Kind(owner="12345678901é"),
    "quotes as entities": Kind(quote="&quot;"),
}
S3 = Kind(is_indented=False, quote="&quot;")


@dataclass(frozen=True)
class Question:
    """What a listing asks for; `after` is the key that it goes on from."""

    prefix: bytes
    after: bytes
    delimiter: bytes
    most: int
    encoded: bool
    version: int = 1

    @classmethod
    def of(cls, query: dict[str, bytes]) -> Question:
        version = 2 if query.get("list-type") == b"2" else 1
        after = query.get("marker", b"") if version == 1 else query.get("start-after", b"")
        if version == 2 and "continuation-token" in query:
            after = bytes.fromhex(query["continuation-token"].decode())
        return cls(
            prefix=query.get("prefix", b""),
            after=after,
            delimiter=query.get("delimiter", b""),
            most=int(query.get("max-keys", b"1000")),
            encoded=query.get("encoding-type") == b"url",
            version=version,
        )

    def write(self, text: bytes) -> str:
        """Write a key or a part of one, as the question wants it."""
        if self.encoded:
            return quote_from_bytes(text, safe="")
        return escape(text.decode(), {"\r": "&#13;"})


class Dialect:
    """
    How one kind of client is spoken to: "oss" or "s3".

    Rows are written once for a block's tails and joined to its heads, so that a page of a thousand
    keys is one join. `kind` is of OSS's documents; a plain one is as OSS writes it.
    """

    def __init__(self, name: str, shape: Shape, bucket: str, kind: str = PLAIN) -> None:
        self.is_oss = name == "oss"
        self._shape = shape
        self._bucket = bucket
        self._namespace = "" if self.is_oss else S3_NAMESPACE
        self._rows: dict[tuple[bool, int], list[bytes]] = {}
        self._deleted: dict[bool, list[bytes]] = {}
        self._kind = KINDS[kind] if self.is_oss else S3
        self._between = "\n" if self._kind.is_indented else ""

    def listing(
        self, question: Question, page: Page, groups: Sequence[bytes], next_: bytes
    ) -> bytes:
        """Write a page; `next_` is where the following one begins, empty for the last one."""
        write = question.write
        position = [("Marker", write(question.after))]
        following = [("NextMarker", write(next_))]
        if question.version == 2:
            position = [("KeyCount", str(page.count + len(groups)))]
            following = [("NextContinuationToken", next_.hex())]
        head = [
            ("Name", self._bucket),
            ("Prefix", write(question.prefix)),
            *position,
            *(following if next_ else ()),
            ("MaxKeys", str(question.most)),
            ("Delimiter", write(question.delimiter)),
            *([("EncodingType", "url")] if question.encoded else ()),
            ("IsTruncated", "true" if next_ else "false"),
        ]
        written = "".join(self._element(name, text) for name, text in head)
        opening = self._lines("<Contents>", 1) + self._lines("<Key>", 2, end="")
        contents = rows(
            page,
            lambda block: self._rows_of(question, block % VARIANTS),
            lambda block: (opening + write(self._shape.head(block))).encode(),
        )
        ends = "".join(
            f"<CommonPrefixes><Prefix>{write(group)}</Prefix></CommonPrefixes>" for group in groups
        )
        root = f"<ListBucketResult{self._namespace}>{self._between}{written}"
        return b"".join(
            (DECLARATION, root.encode(), contents, f"{ends}</ListBucketResult>\n".encode())
        )

    def deletion(self, runs: Sequence[Run], *, encoded: bool) -> bytes:
        """Write a batch's answer: all keys that it named."""
        write = _encoded if encoded else _escaped
        deleted = self._deleted_of(write, encoded=encoded)
        opening = self._lines("<Deleted>", 1) + self._lines("<Key>", 2, end="")
        head = self._element("EncodingType", "url") if encoded else ""
        parts = [DECLARATION, f"<DeleteResult{self._namespace}>{self._between}{head}".encode()]
        for run in runs:
            before = (opening + write(run.head)).encode()
            written = (
                [deleted[at] for at in run.positions]
                if run.is_familiar
                else [(write(tail) + self._deleted_end).encode() for tail in run.tails]
            )
            parts.append(before + before.join(written))
        return b"".join((*parts, b"</DeleteResult>\n"))

    def refusal(self, code: str, message: str, request_id: str) -> bytes:
        """Write an error."""
        return (
            f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
            f"<RequestId>{request_id}</RequestId><HostId>bench</HostId></Error>"
        ).encode()

    def _deleted_of(self, write: Callable[[bytes], str], *, encoded: bool) -> list[bytes]:
        if encoded not in self._deleted:
            self._deleted[encoded] = [
                (write(tail) + self._deleted_end).encode() for tail in self._shape.tails
            ]
        return self._deleted[encoded]

    @cached_property
    def _deleted_end(self) -> str:
        return f"</Key>{self._between}{self._lines('</Deleted>', 1)}"

    def _rows_of(self, question: Question, variant: int) -> list[bytes]:
        """Return what stands behind a block's head in each of its rows, and the tail before."""
        found = self._rows.get((question.encoded, variant))
        if found is None:
            chance = random.Random(variant)
            found = [
                f"{question.write(tail)}</Key>{self._between}{self._facts(chance)}".encode()
                for tail in self._shape.tails
            ]
            self._rows[question.encoded, variant] = found
        return found

    def _facts(self, chance: random.Random) -> str:
        """Write an object's date, tag, size and so on: anything, but always the same."""
        at = (chance.randrange(1, 29), *divmod(chance.randrange(86_400), 3600))
        date = f"2024-03-{at[0]:02d}T{at[1]:02d}:{at[2] // 60:02d}:{at[2] % 60:02d}.000Z"
        tag, size = f"{chance.randrange(16**32):032X}", chance.randrange(1, 10**7)
        kind = self._kind
        one = [
            *([("TransitionTime", date)] if kind.has_transitions else ()),
            ("LastModified", date),
            ("ETag", f"{kind.quote}{tag}{kind.quote}"),
            *([("Type", "Normal")] if kind.has_types and self.is_oss else ()),
            ("Size", str(size)),
            ("StorageClass", "Standard" if self.is_oss else "STANDARD"),
        ]
        written = "".join(self._element(name, text, 2) for name, text in one)
        if self.is_oss:
            within = self._element("ID", kind.owner, 3) + self._element(
                "DisplayName", kind.owner, 3
            )
            written += self._lines("<Owner>", 2) + within + self._lines("</Owner>", 2)
        if kind.is_restored:
            written += self._element("RestoreInfo", RESTORED, 2)
        return written + self._lines("</Contents>", 1)

    def _element(self, name: str, text: str, depth: int = 1) -> str:
        return self._lines(f"<{name}>{text}</{name}>", depth)

    def _lines(self, text: str, depth: int, end: str | None = None) -> str:
        """Put a piece on a line of its own, if there are lines."""
        if not self._between:
            return text
        return "  " * depth + text + (self._between if end is None else end)


def _encoded(text: bytes) -> str:
    return quote_from_bytes(text, safe="")


def _escaped(text: bytes) -> str:
    return escape(text.decode(), {"\r": "&#13;"})
