"""A list of all keys of a shape: a gzip CSV that lies beside them, to be read in parts."""

from __future__ import annotations

import gzip
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.shapes import Shape

LIST = "list.csv.gz"  # its key; no listing shows it
KEY_COLUMN = 2
ETAG = "5B3C0F0E0000000000000000000000AA"
_RANGE = re.compile(rb"(?i)\r\nrange: *bytes=([0-9]+)-([0-9]+)")


@dataclass(frozen=True)
class StoredList:
    """The bytes of a list."""

    content: bytes

    @classmethod
    def of(cls, shape: Shape, bucket: str) -> StoredList:
        """Write one with a line for each key, in order."""
        stored = io.BytesIO()
        with gzip.open(stored, "wb", compresslevel=1) as file:
            for block in range(shape.blocks):
                before = f"{bucket},".encode() + shape.head(block)
                tails = shape.tails[: shape.count - block * shape.block_size]
                file.write(b"".join([before + tail + b",1\n" for tail in tails]))
        return cls(stored.getvalue())

    def part(self, headers: bytes) -> tuple[int, tuple[str, ...], bytes]:
        """Return what a request with these headers is answered: status, headers and body."""
        etag = f'ETag: "{ETAG}"'
        asked = _RANGE.search(headers)
        if asked is None or int(asked[1]) >= len(self.content):
            return 200, (etag,), self.content
        first, last = int(asked[1]), min(int(asked[2]), len(self.content) - 1)
        told = f"Content-Range: bytes {first}-{last}/{len(self.content)}"
        return 206, (etag, told), self.content[first : last + 1]
