"""
A stored file's bytes from a place on, unpacked as they are read.

A gzip file is a row of members that each begin anew, mostly a single one. Nothing less than a
member's beginning can be gone on from, so what lies between that and a place is unpacked again:
about 3 ms a megabyte of plain text.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import TYPE_CHECKING

from ossweep.manifests.nouns import ListError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ossweep.manifests.nouns import Opener

MAGIC = b"\x1f\x8b"  # a gzip file's first bytes, and never text's
_STORED = 65_536  # bytes that are given to zlib at once: it copies what it leaves
_UNPACKED = 262_144  # bytes that it gives back at once, however well they were packed
_GZIP = 16 + zlib.MAX_WBITS


class Tape:
    """
    One stored file from byte `offset` on, without its first `skip` bytes once it is unpacked.

    Its bytes are counted from 0, the first that it hands out.
    """

    def __init__(self, open_at: Opener, *, packed: bool, offset: int = 0, skip: int = 0) -> None:
        self._open_at = open_at
        self._packed = packed
        self._offset = offset
        self._skip = skip
        self._at = -skip  # of the next byte that is unpacked
        # Where members begin: among the bytes that are handed out, and in the stored file.
        self._members = deque([(-skip, offset)])

    def __iter__(self) -> Iterator[bytes]:
        """
        Return its bytes; an empty piece says that time has passed without any.

        Raises ListError where the file is damaged.
        """
        stored = self._open_at(self._offset + (0 if self._packed else self._skip))
        try:
            yield from self._unpacked(stored) if self._packed else stored
        finally:
            let_go(stored)

    def place(self, at: int) -> tuple[int, int]:
        """
        Return the offset and the skip by which another tape begins at one of its bytes.

        Places are asked for in their order.
        """
        if not self._packed:
            return self._offset + self._skip + at, 0
        while len(self._members) > 1 and self._members[1][0] <= at:
            self._members.popleft()
        plain, stored = self._members[0]
        return stored, at - plain

    def _unpacked(self, stored: Iterable[bytes]) -> Iterator[bytes]:
        member = None  # the one that is being unpacked
        offset = self._offset  # of the next byte that zlib gets
        for piece in _sliced(stored):
            left = piece
            while left:
                if member is None:
                    padding = len(left) - len(left := left.lstrip(b"\0"))
                    offset += padding
                    if not left:
                        break
                    member = zlib.decompressobj(_GZIP)
                    self._begins(offset)
                plain = self._some(member, left, offset)
                behind = member.unused_data if member.eof else member.unconsumed_tail
                offset += len(left) - len(behind)
                yield self._behind_skip(plain)
                left = behind
                if member.eof:
                    member = None
        if member is not None:
            raise ListError(
                f"the gzip file ends at byte {offset:,}, within a member: it was cut off, so "
                "upload it again"
            )
        if self._at < 0:
            raise ListError("the gzip file is shorter than when it was read before")

    def _some(self, member: zlib._Decompress, stored: bytes, offset: int) -> bytes:
        try:
            return member.decompress(stored, _UNPACKED)
        except zlib.error as error:
            raise ListError(
                f"the gzip file is damaged at byte {offset:,} or in the {_STORED:,} bytes behind "
                f"it ({error}); upload it again"
            ) from None

    def _begins(self, offset: int) -> None:
        """Take note that a member begins; an empty one before it is no place to begin at."""
        if self._members[-1][0] == self._at:
            self._members.pop()
        self._members.append((self._at, offset))

    def _behind_skip(self, plain: bytes) -> bytes:
        at, self._at = self._at, self._at + len(plain)
        return plain[-at:] if at < 0 else plain


def _sliced(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) <= _STORED:
            yield piece
        else:
            for at in range(0, len(piece), _STORED):
                yield piece[at : at + _STORED]


def let_go(pieces: Iterable[bytes]) -> None:
    """Close what gives a file's bytes, if it can be closed."""
    if (close := getattr(pieces, "close", None)) is not None:
        close()
