"""Parts of a stored object: the bytes that were asked for, of the object that was meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import Scope, StoreError
from ossweep.store.contents import bare_etag

if TYPE_CHECKING:
    from ossweep.store.bucket import Bucket

_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")
_WHOLE, _PARTLY = 200, 206


@dataclass(frozen=True)
class Part:
    """Bytes of an object, its ETag in capitals and without quotes, and its size."""

    body: bytes
    etag: str
    size: int


def part_of(bucket: Bucket, key: str, first: int, most: int, etag: str) -> Part:
    """
    Ask once for bytes of an object; raises what the request does.

    OSS answers with the whole object where a range lies behind its end. So nothing is taken that
    does not say where it begins, and of which object it is.
    """
    answer, body = bucket.read_part(key, first, most, etag)
    told = bare_etag(answer.headers.get("ETag", ""))
    if not told or (etag and told != etag):
        raise StoreError("PreconditionFailed", "the object has another ETag", Scope.KEYS)
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if answer.status == _PARTLY and found is not None:
        begins, ends, size = map(int, found.groups())
        if begins == first and len(body) == ends - begins + 1 == min(most, size - first):
            return Part(body, told, size)
    elif answer.status == _WHOLE and first == 0 and answer.content_length is not None:
        size = answer.content_length
        if len(body) == min(most, size):
            return Part(body, told, size)
    words = f"the answer does not hold the {most:,} bytes from byte {first:,} on"
    raise StoreError("UnreadableAnswer", words, Scope.PASSING)
