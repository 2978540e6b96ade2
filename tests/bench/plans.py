"""
What a plan costs beside the listing: CPU a key for its digest, its census and its stretches.

`PYTHONPATH=src:tests python -m bench.plans` measures them over keys of each shape, and what other
hashes would take for the digest. Each figure is the least of several runs.
"""

from __future__ import annotations

import hashlib
import random
import time
from typing import TYPE_CHECKING

from ossweep.objects import Columns
from ossweep.plans.census import CensusStream
from ossweep.plans.digest import MODULUS, digest_of, hashes_of
from ossweep.plans.early import early_deletion
from ossweep.plans.levels import PassedDirectories
from ossweep.plans.stretches import Stretches
from unit.key_shapes import SHAPES, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEYS = 50_000
PAGE = 1_000
RUNS = 7
CLOCK = 1_790_000_000
# Shapes that are hard on the census: no directory, one for each key, and some here and there.
HARD: dict[str, Callable[[], Iterable[str]]] = {
    "no directories": lambda: (f"{each:08}.gz" for each in range(KEYS)),
    "a directory a key": lambda: (f"{each:08}/x.gz" for each in range(KEYS)),
    "mixed depths": lambda: sorted(
        f"a/{each % 7}/{each // 3:08}{'/x' * (each % 3 > 0)}" for each in range(KEYS)
    ),
}


def pages_of_keys(keys: list[str]) -> list[Columns]:
    """Return pages as a listing shows them, of one storage class each second time."""
    chance = random.Random(len(keys))
    pages = []
    for at in range(0, len(keys), PAGE):
        mine = keys[at : at + PAGE]
        name = "Standard" if at // PAGE % 2 else "IA"
        pages.append(
            Columns(
                mine,
                [chance.randrange(10**7) for _ in mine],
                [CLOCK - chance.randrange(10**7) for _ in mine],
                [name] * len(mine),
                [f"{chance.getrandbits(128):032X}" for _ in mine],
            )
        )
    return pages


def measure(pages: list[Columns]) -> list[float]:
    """Return microseconds a key: for the digest, the census, the stretches, and early deletion."""
    census, stretches, last = CensusStream(0, PassedDirectories()), Stretches(), ""
    spent = [0.0] * 4
    for page in pages:
        marks = [time.process_time()]
        hashes = hashes_of(page)
        digest = digest_of(page, hashes)
        marks.append(time.process_time())
        census.meet(page, hashes, digest)
        marks.append(time.process_time())
        stretches.meet(last, page.keys[-1], digest)
        last = page.keys[-1]
        marks.append(time.process_time())
        early_deletion(page, CLOCK)
        marks.append(time.process_time())
        for at in range(4):
            spent[at] += marks[at + 1] - marks[at]
    return [each / sum(len(page.keys) for page in pages) * 1e6 for each in spent]


def by_hashlib(name: str, page: Columns) -> int:
    """Return a digest's sum by one of the standard library's hashes."""
    new = getattr(hashlib, name)
    rows = zip(page.keys, page.sizes, page.marks, strict=True)
    texts = (f"{mark}\n{size}\n{key}".encode() for key, size, mark in rows)
    return sum(int.from_bytes(new(text).digest()[:16], "big") for text in texts) % MODULUS


def main() -> None:
    """Print both tables."""
    print(f"{'us a key':22} digest census stretches early")  # noqa: T201 - what is asked for
    shapes = {name: keys_of(name, KEYS) for name in SHAPES}
    shapes |= {name: list(make()) for name, make in HARD.items()}
    for name, keys in shapes.items():
        pages = pages_of_keys(keys)
        runs = [measure(pages) for _ in range(RUNS)]
        best = [min(each) for each in zip(*runs, strict=True)]
        print(f"{name:22} {best[0]:6.2f} {best[1]:6.2f} {best[2]:9.3f} {best[3]:5.2f}")  # noqa: T201
    pages = pages_of_keys(keys_of("dates", KEYS))
    for each in ("blake2s", "blake2b", "md5", "sha1", "sha256"):
        spent = []
        for _ in range(RUNS):
            began = time.process_time()
            for page in pages:
                by_hashlib(each, page)
            spent.append((time.process_time() - began) / KEYS * 1e6)
        print(f"digest by {each:12} {min(spent):6.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
