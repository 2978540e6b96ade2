"""The reading of one list: its passages from where an earlier invocation has left on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.engine.forms import AT_ONCE
from ossweep.engine.likeness import Likeness
from ossweep.engine.openlines import OpenLines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.engine.ports import Lists
    from ossweep.lists import ListLeft
    from ossweep.manifests.nouns import Passage


class ListReading:
    """
    A list that is read, its open lines, and the likeness that it asks objects for.

    After an error it is not read on: it would seem to have come to its end.
    """

    def __init__(self, lists: Lists, left: ListLeft) -> None:
        self._lists = lists
        self._left = left
        self._passages: Iterator[Passage] | None = None
        self.lines = OpenLines(left)
        self.likeness = Likeness(left.request.unchanged)

    def read_on(self) -> Passage | None:
        """
        Return the next passage, in a thread; None at the list's end.

        One without any line says that time has passed, or that another file begins. Raises Closed,
        and ListError.
        """
        if self._passages is None:
            opened = self._lists.open(self._left)
            self.likeness = Likeness(
                self._left.request.unchanged, opened.is_inventory, opened.created
            )
            self._passages = opened.passages(self._left.position)
        passage = None
        for _ in range(AT_ONCE):
            passage = next(self._passages, None)
            if passage is None or passage.keys or passage.bad:
                return passage
            if passage.end.file != self.lines.file:
                return passage
        return passage
