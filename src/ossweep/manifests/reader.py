"""
Reads a list from a place on: bytes in, passages of entries out, whatever the size.

Memory holds a leaf's bytes, one piece of the file, and the names of the last 100,000 lines.

What going on costs. A repetition is told by the lines before it, so a position points 100,000 lines
back, and as many are read again without being told: with the bytes that hold them, and a tenth of a
second of computing. In a gzip file all is unpacked again from the beginning of the member in which
those lines begin; that is the beginning of the file, unless it was packed in several: about 3 ms a
megabyte of plain text, and the file's own bytes once more. While that lasts, empty passages come.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.lists import Position
from ossweep.manifests.leaves import BOM, LEAF_BYTES, Leaf, Wrong
from ossweep.manifests.nouns import (
    KNOWN,
    BadLine,
    ListError,
    Passage,
    StoredError,
    cut_short,
)
from ossweep.manifests.repeats import WITHIN, Repeats
from ossweep.manifests.rows import judged
from ossweep.manifests.tape import Tape

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ossweep.manifests.forms import ListForm
    from ossweep.manifests.nouns import Opener

MOST_OF_A_LINE = 16 * 1024 * 1024  # bytes that a line may have, and be passed over
_START = Position()


@dataclass(frozen=True, slots=True)
class Reach:
    """The bytes that a line may have, and the lines within which repetitions are recognised."""

    leaf: int = LEAF_BYTES
    repeats: int = WITHIN


_REACH = Reach()


def read_list(
    open_at: Opener,
    form: ListForm,
    bucket: str,
    position: Position = _START,
    reach: Reach = _REACH,
) -> Generator[Passage, None, None]:
    """
    Return what a list says from a position on.

    `bucket` is the one to delete from: a line that names another one is bad. Raises ListError where
    there is no reading on; what came before stands. Closing it closes the file.
    """
    try:
        yield from _Reading(open_at, form, bucket, position, reach)
    except StoredError:
        raise
    except ListError as error:
        raise ListError(f"{cut_short(form.name)}: {error}") from None


class _Reading:
    """One file on its way from bytes to passages."""

    def __init__(
        self, open_at: Opener, form: ListForm, bucket: str, position: Position, reach: Reach
    ) -> None:
        self._form = form
        self._bucket = bucket
        self._leaf_bytes = reach.leaf
        self._within = reach.repeats
        self._splitter = form.splitter()
        self._repeats = Repeats(reach.repeats)
        self._tape = Tape(open_at, packed=form.packed, offset=position.offset, skip=position.skip)
        self._from = position.line  # lines before it have been told
        self._number = position.number  # of the line that comes next
        self._at = 0  # of its bytes, on the tape
        # Where reading can begin again: the oldest is far enough back to know all repetitions.
        self._anchors = deque([position])
        self._long = 0  # bytes of a line that is being passed over

    def __iter__(self) -> Iterator[Passage]:
        most = self._leaf_bytes
        held = b""
        begun = 0  # of what is held, its bytes that are done with
        for piece in self._tape:
            if not piece:
                yield self._passage(Leaf(0))
                continue
            held = held[begun:] + piece
            begun = 0
            while len(held) - begun > most:
                leaf = self._leaf(held[begun : begun + most], final=False)
                yield self._passage(leaf)
                begun += leaf.used
        while begun < len(held):
            leaf = self._leaf(held[begun : begun + most], final=True)
            yield self._passage(leaf)
            begun += leaf.used
        self._splitter.end()

    def _leaf(self, window: bytes, *, final: bool) -> Leaf:
        """Return the next leaf, of which some bytes are used."""
        if self._number == 1 and not self._at and window.startswith(BOM):
            leaf = Leaf(len(BOM))
        elif self._long:
            leaf = self._passed_over(window)
        else:
            self._anchor()
            leaf = self._splitter.split(window, self._number, final=final)
            if not leaf.used:
                leaf = self._too_long(window)
        self._at += leaf.used
        self._number += leaf.count
        return leaf

    def _too_long(self, window: bytes) -> Leaf:
        """Return a leaf with a line without an end in sight; the rest of it is passed over."""
        self._long = len(window)
        text = window[: self._leaf_bytes].decode("utf-8", "surrogateescape")
        wrong = Wrong(self._number, f"the line is longer than {self._leaf_bytes:,} bytes", text)
        return Leaf(len(window), 1, wrong=[wrong])

    def _passed_over(self, window: bytes) -> Leaf:
        end = window.find(b"\n") + 1
        self._long = 0 if end else self._long + len(window)
        if self._long > MOST_OF_A_LINE:
            raise ListError(
                f"line {self._number - 1:,} is longer than "
                f"{MOST_OF_A_LINE:,} bytes: this is no list of this format"
            )
        self._tape.place(self._at)  # so that it forgets what it was before
        return Leaf(end or len(window))

    def _anchor(self) -> None:
        """Take note that reading can begin here, and forget what lies too far back to be needed."""
        offset, skip = self._tape.place(self._at)
        if self._number > self._anchors[-1].number:
            place = replace(self._anchors[-1], offset=offset, skip=skip, number=self._number)
            self._anchors.append(place)
        while len(self._anchors) > 1 and self._anchors[1].number <= self._number - self._within:
            self._anchors.popleft()

    def _passage(self, leaf: Leaf) -> Passage:
        """Judge a leaf's rows and tell those that are new."""
        end = replace(self._anchors[0], line=max(self._number, self._from))
        if not leaf.count:
            return Passage(end)
        rows, wrong = judged(leaf, self._form, self._bucket)
        bad = [
            BadLine(self._form.name, each.line, each.wrong, cut_short(each.text))
            for each in (*leaf.wrong, *wrong)
            if each.line >= self._from
        ]
        bad.sort(key=lambda each: each.line)
        current = rows.current()
        firsts = current.firsts(self._repeats)
        told = firsts.since(self._from)
        return Passage(
            end,
            told.keys,
            told.lines,
            {name: told.known[name] for name in KNOWN if name in told.known},
            tuple(bad),
            repeated=len(current.since(self._from).keys) - len(told.keys),
            noncurrent=len(rows.since(self._from).keys) - len(current.since(self._from).keys),
        )
