"""
The digest: a sum over objects by which two listings are compared, whoever has listed them.

Each object has a hash of 128 bits, over its key, its size and its ETag or version, and the digest
is the sum of the hashes, modulo 2 to the 128th. So neither the order in which objects are met, nor
where pages, branches and invocations begin, changes it, and digests of parts add up to that of the
whole. An object that has moved, was written anew, or is met twice changes it, which a bitwise sum
would not show for two of a kind.

The hash is XXH3, as rsync compares files by: a digest tells an accident, and no forgery. It need
not: what somebody puts in an object's place is younger than the plan, and stays by the plan's
clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xxhash import xxh3_128_intdigest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.objects import Columns

MODULUS = 1 << 128
_SUM = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Digest:
    """
    A sum over objects: how many there are, their bytes, and the sum of their hashes.

    `sum` is written in hexadecimal digits: a number of its size does not survive every JSON tool.
    """

    objects: int = 0
    bytes: int = 0
    sum: str = "0" * 32

    def __add__(self, other: Digest) -> Digest:
        """Return the digest of both's objects."""
        return Digest(
            self.objects + other.objects,
            self.bytes + other.bytes,
            in_hex(int(self.sum, 16) + int(other.sum, 16)),
        )

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no objects add up to."""
        if self.objects < 0 or self.bytes < 0 or not _SUM.fullmatch(self.sum):
            raise ValueError("a digest is no sum over objects")
        if not self.objects and self != Digest():
            raise ValueError("a digest is over no objects, and says something of them")


def hashes_of(columns: Columns) -> list[int]:
    """
    Return each object's hash.

    Neither a mark nor a size holds a line break, so that no two objects have the same text.
    """
    return [
        xxh3_128_intdigest(f"{mark}\n{size}\n{key}".encode())
        for key, size, mark in zip(columns.keys, columns.sizes, columns.marks, strict=True)
    ]


def digest_of(columns: Columns, hashes: Sequence[int]) -> Digest:
    """Return the digest of objects that have these hashes."""
    return Digest(len(hashes), sum(columns.sizes), in_hex(sum(hashes)))


def in_hex(number: int) -> str:
    """Write a sum of hashes, or one of them."""
    return f"{number % MODULUS:032x}"
