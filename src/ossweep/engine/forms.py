"""The form pass: a list is read once for its form, before anything is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.lists import Position
from ossweep.manifests.nouns import ListError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ossweep.engine.ports import Lists
    from ossweep.lists import ListLeft
    from ossweep.manifests.nouns import Passage

AT_ONCE = 64  # passages that are read before anybody looks at the time


class FormPass:
    """One list that is opened, and read if it is small."""

    def __init__(self, lists: Lists, left: ListLeft) -> None:
        self._lists = lists
        self._left = left
        self._passages: Iterator[Passage] | None = None
        self._first = ""  # a sentence about the first bad line
        self._bad = 0

    def read_on(self) -> ListLeft | None:
        """
        Read some of it, in a thread; return the list, opened and judged, at its end.

        Raises Closed, and ListError if any line is bad.
        """
        if self._passages is None:
            opened = self._lists.open(self._left)
            self._left = replace(self._left, etag=opened.etag, checked=True)
            if not opened.is_small:
                return self._left
            self._passages = opened.passages(Position())
        for _ in range(AT_ONCE):
            passage = next(self._passages, None)
            if passage is None:
                return self._judged()
            if passage.bad:
                self._first = self._first or passage.bad[0].sentence
                self._bad += len(passage.bad)
        return None

    def _judged(self) -> ListLeft:
        if not self._bad:
            return self._left
        others = f", the first of {self._bad:,} such lines" if self._bad > 1 else ""
        raise ListError(
            f"{self._first}{others}; nothing was deleted: correct the list, and send a new request"
        )


def or_error(read: Callable[[], object]) -> object:
    """Read in a thread, and return the error that makes it end, if one does."""
    try:
        return read()
    except ListError as error:
        return error
