"""The objects of a bucket: all those of a shape, less those that were deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import compress, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.shapes import Shape

WHOLE, BROKEN, EMPTY = 0, 1, 2
STRANGE = -1
_NOT_EMPTY = re.compile(b"[^\x02]")


@dataclass(frozen=True)
class Run:
    """
    Keys of one block that were asked for one after the other.

    `positions` are their places in it, STRANGE for what is no key; without a block none is one.
    """

    block: int | None
    head: bytes
    tails: Sequence[bytes]
    positions: Sequence[int]

    @property
    def is_familiar(self) -> bool:
        """Whether all of them are keys, or were; the last block may still lack some of them."""
        return self.block is not None and min(self.positions) >= 0


@dataclass(frozen=True)
class Page:
    """What a listing shows: for each block its live positions; the last key's index."""

    blocks: Sequence[tuple[int, Sequence[int]]]
    count: int
    last: int | None
    truncated: bool


class Objects:
    """
    Which of a shape's keys are still there.

    A block costs a byte, and one more for each of its keys only while some of them are deleted and
    some are not.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.left = shape.count
        self.deleted = 0
        self.repeated = 0  # deletions of what had been deleted before
        self.strange = 0  # deletions of what never was a key
        self._state = bytearray(shape.blocks)
        self._live: dict[int, bytearray] = {}
        self._all = range(shape.block_size)

    def page(self, start: int, stop: int, most: int) -> Page:
        """Return the first keys from index `start` on and before `stop`, at most `most`."""
        blocks: list[tuple[int, Sequence[int]]] = []
        room, last = most, None
        while (found := self._next(start, stop)) is not None:
            block, positions = found
            if room == 0:
                return Page(blocks, most, last, truncated=True)
            positions = positions[:room]
            blocks.append((block, positions))
            room -= len(positions)
            last = block * len(self._all) + positions[-1]
            start = last + 1
        return Page(blocks, most - room, last, truncated=False)

    def _next(self, start: int, stop: int) -> tuple[int, Sequence[int]] | None:
        """Return the first block with live keys from `start` on, and where in it they are."""
        size = len(self._all)
        while start < stop:
            found = _NOT_EMPTY.search(self._state, start // size)
            if found is None:
                return None
            block = found.start()
            start = max(start, block * size)
            places = self._all[start - block * size : stop - block * size]
            live = self._live.get(block)
            if live is not None and places:
                positions = list(compress(places, live[places.start : places.stop]))
                if positions:
                    return block, positions
            elif places:
                return block, places
            start = (block + 1) * size
        return None

    def has(self, key: bytes) -> bool:
        """Tell whether an object is there."""
        (run,) = self.find([key])
        if run.block is None or not run.is_familiar or self._state[run.block] == EMPTY:
            return False
        live = self._live.get(run.block)
        return live is None or bool(live[run.positions[0]])

    def find(self, keys: Sequence[bytes]) -> list[Run]:
        """Find where keys stand, whether they are still there or not."""
        length = self.shape.tail_bytes
        where = self.shape.positions
        runs, first = [], 0
        for head, group in groupby([key[:-length] for key in keys]):
            last = first + len(list(group))
            tails = [key[-length:] for key in keys[first:last]]
            positions = [where.get(tail, STRANGE) for tail in tails]
            runs.append(Run(self._block(head), head, tails, positions))
            first = last
        return runs

    def _block(self, head: bytes) -> int | None:
        first = head + self.shape.tails[0]
        index = self.shape.index(first)
        if index < self.shape.count and self.shape.key(index) == first:
            return index // len(self._all)
        return None

    def delete(self, runs: Iterable[Run]) -> None:
        """Delete what was found, and count it."""
        for run in runs:
            if run.block is None:
                self.strange += len(run.positions)
                continue
            live = self._live_of(run.block)
            known = [position for position in run.positions if 0 <= position < len(live)]
            before = sum(live)
            for position in known:
                live[position] = 0
            gone = before - sum(live)
            self.strange += len(run.positions) - len(known)
            self.repeated += len(known) - gone
            self.deleted += gone
            self.left -= gone
            if gone == before:
                self._live.pop(run.block, None)
                self._state[run.block] = EMPTY

    def _live_of(self, block: int) -> bytearray:
        size = min(len(self._all), self.shape.count - block * len(self._all))
        if self._state[block] == EMPTY:
            return bytearray(size)
        self._state[block] = BROKEN
        return self._live.setdefault(block, bytearray(b"\x01" * size))


def rows(
    page: Page, rows_of: Callable[[int], Sequence[bytes]], opening: Callable[[int], bytes]
) -> bytes:
    """Write a page: each block's rows, with the block's opening before every one of them."""
    written = []
    for block, positions in page.blocks:
        before, block_rows = opening(block), rows_of(block)
        chosen = (
            block_rows[positions.start : positions.stop]
            if isinstance(positions, range)
            else [block_rows[position] for position in positions]
        )
        written.append(before + before.join(chosen))
    return b"".join(written)
