"""
The form pass: a list is read once for its form, before anything is deleted.

A pass that does not fit into one invocation goes on in the next, from the last place before which
all lines are right. A bad line that an earlier invocation has met is met again, and ends it.

An inventory's data files are known once it is opened, which each invocation does before it deletes
anything: none of them goes while it is needed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.lists import Position
from ossweep.manifests.nouns import ListError, cut_short
from ossweep.objects import BAD_LINE, Failure
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableSequence, Sequence

    from ossweep.engine.ports import Lists
    from ossweep.lists import ListFormat, ListLeft, ListRequest
    from ossweep.manifests.nouns import BadLine, Passage

INVENTORY: ListFormat = "inventory"
MOST_BAD = 100  # lines of a list that may fail by their form
AT_ONCE = 64  # passages that are read before anybody looks at the time


class FormPass:
    """One list that is opened, and read if it is small."""

    def __init__(self, lists: Lists, left: ListLeft) -> None:
        self._lists = lists
        self._left = left
        self.files: Sequence[str] = ()  # of an inventory, once it is opened
        self._was_bad = bool(left.bad)  # in an earlier invocation, which could not count the others
        self._passages: Iterator[Passage] | None = None
        self._first = ""  # a sentence about the first bad line
        self._bad = 0

    @property
    def left(self) -> ListLeft:
        """The list as it is left to whoever goes on: the same object, and how far it was right."""
        return self._left

    def read_on(self) -> ListLeft | None:
        """
        Read some of it, in a thread; return the list, opened and judged, at its end.

        Raises Closed, and ListError if any line is bad.
        """
        if self._passages is None:
            opened = self._lists.open(self._left)
            self.files = opened.files
            if self._left.checked:
                return self._left
            request = _as_it_is(self._left.request, is_inventory=opened.is_inventory)
            self._left = replace(self._left, request=request, etag=opened.etag)
            if not opened.is_small:
                return self._judged()
            self._passages = opened.passages(self._left.position)
        for _ in range(AT_ONCE):
            passage = next(self._passages, None)
            if passage is None:
                return self._judged()
            if passage.bad:
                self._first = self._first or passage.bad[0].sentence
                self._bad += len(passage.bad)
                self._left = replace(self._left, bad=self._bad)
                if self._was_bad:
                    return self._judged()
            elif not self._bad:
                self._left = replace(self._left, position=passage.end)
        return None

    def _judged(self) -> ListLeft:
        if not self._bad:
            return replace(self._left, checked=True, position=Position())
        others = f", the first of {self._bad:,} such lines" if self._bad > 1 else ""
        raise ListError(
            f"{self._first}{others}; nothing was deleted: correct the list, and send a new request"
        )


def _as_it_is(request: ListRequest, *, is_inventory: bool) -> ListRequest:
    """Return what is said of a list, with what its beginning has told, if that is an inventory."""
    is_open = all(getattr(request, name) is None for name in ("format", "compression", "encoding"))
    is_told = is_inventory and is_open and request.header is None and request.column is None
    return replace(request, format=INVENTORY) if is_told else request


class FormPasses:
    """
    The form passes of an order's lists, one after the other; `left` are the lists.

    Of an inventory each invocation has one, if only to know its files, which the job `needs`.
    """

    def __init__(
        self,
        lists: Lists,
        left: MutableSequence[ListLeft],
        needs: Callable[[ListRequest, Sequence[str]], None],
    ) -> None:
        self._lists = lists
        self._left = left
        self._needs = needs
        self._unchecked = deque(
            at
            for at, each in enumerate(left)
            if not each.checked or each.request.format == INVENTORY
        )
        self._pass: FormPass | None = None

    def __bool__(self) -> bool:
        """Whether any list has not been judged."""
        return bool(self._unchecked)

    @property
    def key(self) -> str:
        """The key of the first that has not been judged."""
        return self._left[self._unchecked[0]].request.key

    def read_on(self) -> ListLeft | None:
        """Read on in the first that has not been judged, as its pass does."""
        if self._pass is None:
            self._pass = FormPass(self._lists, self._left[self._unchecked[0]])
        return self._pass.read_on()

    def shown(self, judged: ListLeft | None) -> None:
        """Take a judged list, if it is one."""
        if judged is not None and self._pass is not None:
            self._needs(judged.request, self._pass.files)
            self._left[self._unchecked.popleft()] = judged
            self._pass = None

    def rest(self) -> list[ListLeft]:
        """Return the lists, with the one that is read for its form as far as that has come."""
        left = [*self._left]
        if self._pass is not None:
            left[self._unchecked[0]] = self._pass.left
        return left


def about_list(key: str, sentence: str) -> str:
    """Return a sentence about a list, or one of its files, that names the list."""
    shown = cut_short(key)
    if f"the list {shown}" in sentence:
        return sentence
    return f"the list {sentence if sentence.startswith(shown) else f'{shown}: {sentence}'}"


def or_error(read: Callable[[], object]) -> object:
    """Read in a thread, and return the error that makes it end, if one does."""
    try:
        return read()
    except ListError as error:
        return error


def failures_of(bad: Sequence[BadLine]) -> tuple[Failure, ...]:
    """Return the failures of bad lines, each of which names its file and line."""
    return tuple(
        Failure(f"{each.file}, line {each.line}", BAD_LINE, f"{each.text}: {each.wrong}")
        for each in bad
    )


def too_many(key: str, bad: Sequence[BadLine], of_list: int) -> Stop | None:
    """Return the stop of a list with so many bad lines, of which these are the last, if it is."""
    if of_list <= MOST_BAD:
        return None
    last = f"{bad[-1].sentence}, and so are {of_list - 1:,} lines before it"
    reason = f"{last}: this is not the list that was meant, or it is damaged"
    return Stop(Why.REFUSED, about_list(key, reason), is_final=True)
