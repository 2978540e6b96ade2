"""
The open lines of a list: those that were told, and of which nothing is settled yet.

A list is gone on from at its first open line. So that nothing behind that is told again which is
settled, the open lines are known by their numbers, up to the last line that was told.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ossweep.lists import ListLeft, Position
    from ossweep.manifests.nouns import Passage


class OpenLines:
    """The open lines of one file of a list, from what an earlier invocation has left on."""

    def __init__(self, left: ListLeft) -> None:
        self._left = left
        self._end = left.position  # of what was read
        self._ends: deque[Position] = deque()  # of passages in which lines are open, in order
        self._open: dict[int, None] = {}  # in order
        self._until = left.until
        self._untold = deque(left.open)  # pairs of lines that are left before `until`
        # Lines whose objects this job has asked for, and no answer has told of.
        self._asked = {line for first, last in left.asked for line in range(first, last + 1)}
        self.bad = left.bad

    @property
    def file(self) -> int:
        """The number of the file."""
        return self._end.file

    @property
    def untold(self) -> int:
        """How many lines are left of what an earlier invocation has met, and were not told yet."""
        return sum(last - first + 1 for first, last in self._untold)

    def take(self, passage: Passage) -> Iterator[int]:
        """Yield the indexes of a passage's lines that are left, each of which is to be opened."""
        self._end = passage.end
        for index, line in enumerate(passage.lines):
            if self._is_left(line):
                yield index
        self._drop_untold(passage.end.line)
        if self._open and passage.keys and next(reversed(self._open)) >= passage.lines[0]:
            self._ends.append(passage.end)
            self._forget()

    def is_new(self, line: int) -> bool:
        """Tell whether no earlier invocation has been told a line."""
        return line >= self._until

    def open(self, line: int) -> None:
        """Take note that what a line says is to be done."""
        self._open[line] = None

    def close(self, line: int) -> None:
        """Take note that it is done."""
        del self._open[line]

    def are_asked(self, lines: Iterable[int]) -> None:
        """Take note that the objects of lines were asked for, and no answer has told of them."""
        self._asked.update(lines)

    def was_asked(self, line: int) -> bool:
        """Tell whether that is so of a line, in this invocation or an earlier one."""
        return line in self._asked

    def go_to(self, end: Position) -> None:
        """Go on to another file, when no line is open."""
        self._end, self._until = end, 0
        self._ends.clear()
        self._untold.clear()
        self._asked.clear()

    def rest(self, taken: Iterable[int] = ()) -> ListLeft:
        """Return what is left of the list; the objects of some lines are `taken` up just now."""
        told = max(self._until, self._end.line)
        pairs = (*_runs(self._open), *self._untold)
        begin, until = told, 0
        if pairs:
            begin, until = pairs[0][0], told
        self._forget()
        known = self._ends[0] if self._open else self._end
        place = replace(known, line=begin)
        asked = self._asked.union(taken)
        if asked:
            asked &= {line for first, last in pairs for line in range(first, last + 1)}
        left = replace(self._left, position=place, until=until, open=pairs, bad=self.bad)
        return replace(left, asked=tuple(_runs(sorted(asked))))

    def _is_left(self, line: int) -> bool:
        if line >= self._until:
            return True
        self._drop_untold(line)
        return bool(self._untold) and self._untold[0][0] <= line

    def _drop_untold(self, line: int) -> None:
        """Drop what lies before a line."""
        while self._untold and self._untold[0][0] < line:
            _, last = self._untold.popleft()
            if last >= line:
                self._untold.appendleft((line, last))
                return

    def _forget(self) -> None:
        """Forget the ends of passages in which no line is open any more."""
        first = next(iter(self._open), None)
        while self._ends and (first is None or self._ends[0].line <= first):
            self._ends.popleft()


def _runs(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of lines that follow one another."""
    run: list[int] = []
    for line in lines:
        if run and line == run[1] + 1:
            run[1] = line
        else:
            if run:
                yield run[0], run[1]
            run = [line, line]
    if run:
        yield run[0], run[1]
