"""Key spaces that are computed from an index, so that a hundred million keys cost no memory."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HASH_DIGITS = 32
WORDS = ("äpfel", "éclair", "Ελλάδα", "Москва", "日本語", "照片", "视频", "😀")  # by their bytes
FIRST_DAY = dt.date(2026, 1, 1)
THOUSANDS_A_DAY = 12
TENANTS = 40
FILES_A_DAY = 50  # of one tenant


@dataclass(frozen=True)
class Shape:
    """
    A key space: `count` keys in the order of their bytes.

    Keys stand in blocks. A key is its block's head, which no other block has, and a tail; all
    blocks have the same tails, of one length and in order. The last block may be cut short.
    """

    name: str
    count: int
    tails: tuple[bytes, ...]
    head: Callable[[int], bytes]

    @property
    def block_size(self) -> int:
        return len(self.tails)

    @property
    def blocks(self) -> int:
        return -(-self.count // len(self.tails))

    @cached_property
    def tail_bytes(self) -> int:
        """The length of every tail."""
        (length,) = {len(tail) for tail in self.tails}
        return length

    @cached_property
    def positions(self) -> dict[bytes, int]:
        """Where a tail stands in its block."""
        return {tail: position for position, tail in enumerate(self.tails)}

    def key(self, index: int) -> bytes:
        """Return the key of this index, in UTF-8."""
        block, position = divmod(index, len(self.tails))
        return self.head(block) + self.tails[position]

    def index(self, key: bytes) -> int:
        """Return how many keys come before `key`: its own index, if it is one of them."""
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.key(middle) < key:
                low = middle + 1
            else:
                high = middle
        return low

    def range_of(self, prefix: bytes) -> tuple[int, int]:
        """Return the index of the first key that begins so, and that of the first one after."""
        if not prefix:
            return 0, self.count
        # No byte of UTF-8 is 0xFF: what ends in it comes after all keys that begin with the rest.
        return self.index(prefix), self.index(prefix + b"\xff")


def flat(count: int) -> Shape:
    """Return a counter: `frame-000012345.jpg`."""
    tails = tuple(b"%03d.jpg" % number for number in range(1000))
    return Shape("flat", count, tails, lambda block: b"frame-%06d" % block)


def dates(count: int) -> Shape:
    """Return logs, a directory a day, 12,000 in each: `logs/2026/01/31/part-000012345`."""
    tails = tuple(b"%03d" % number for number in range(1000))

    def head(block: int) -> bytes:
        day, part = divmod(block, THOUSANDS_A_DAY)
        return f"logs/{FIRST_DAY + dt.timedelta(days=day):%Y/%m/%d}/part-{part:06d}".encode()

    return Shape("dates", count, tails, head)


def tenants(count: int) -> Shape:
    """Return 40 tenants' files, a directory a day: `<uuid>/2026/01/31/<uuid>.json`."""
    chance = random.Random(count)
    names = sorted(_uuid(chance) for _ in range(TENANTS))
    tails = tuple(sorted(f"{_uuid(chance)}.json".encode() for _ in range(FILES_A_DAY)))
    days = -(-count // (TENANTS * FILES_A_DAY))

    def head(block: int) -> bytes:
        tenant, day = divmod(block, days)
        return f"{names[tenant]}/{FIRST_DAY + dt.timedelta(days=day):%Y/%m/%d}/".encode()

    return Shape("tenants", count, tails, head)


def crowd(count: int) -> Shape:
    """Return many directories of five keys: `users/00012345/3.json`."""
    tails = tuple(b"%d.json" % number for number in range(5))
    return Shape("crowd", count, tails, lambda block: b"users/%08d/" % block)


def hashes(count: int) -> Shape:
    """Return 32 hexadecimal digits, spread evenly: `3fa85f6457174562b3fc2c963f66afa6`."""
    digits = next(digits for digits in range(9) if count <= 2048 * 16**digits)
    size = max(1, -(-count // 16**digits))
    chance = random.Random(count)
    tails = tuple(
        b"%08x%0*x"
        % (
            int((number + chance.random()) / size * 16**8),
            HASH_DIGITS - 8 - digits,
            chance.randrange(16 ** (HASH_DIGITS - 8 - digits)),
        )
        for number in range(size)
    )
    return Shape("hash", count, tails, lambda block: b"%0*x" % (digits, block) if digits else b"")


def skewed(count: int) -> Shape:
    """Return one deep subtree with nine tenths of the keys, among many shallow ones."""
    tails = tuple(b"%02d/%02d.json" % divmod(number, 50) for number in range(1000))
    blocks = -(-count // len(tails))
    shallow = blocks // 20  # as many before the deep subtree as after it

    def head(block: int) -> bytes:
        if block < shallow:
            return b"a%05d-" % block
        if block >= blocks - shallow:
            return b"t%05d-" % block
        return b"m/archive/2019/raw/eu-central/sensors/part-%06d/" % block

    return Shape("skewed", count, tails, head)


def unicode(count: int) -> Shape:
    """Return Chinese, Greek, Cyrillic, accents and emoji: `照片/第000123册/图042-é😀.jpg`."""
    tails = tuple(f"图{number:03d}-é😀.jpg".encode() for number in range(500))
    blocks = -(-count // len(tails))

    def head(block: int) -> bytes:
        return f"{WORDS[block * len(WORDS) // blocks]}/第{block:06d}册/".encode()

    return Shape("unicode", count, tails, head)


def _uuid(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128))


SHAPES: dict[str, Callable[[int], Shape]] = {
    "flat": flat,
    "dates": dates,
    "hash": hashes,
    "skewed": skewed,
    "unicode": unicode,
    "tenants": tenants,
    "crowd": crowd,
}
