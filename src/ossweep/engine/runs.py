"""
Keys of a list that wait for a look: in runs, as far as they stand in order.

One page of a listing shows a thousand neighbours. Where it has shown few of a run, what lies
between them is most of the page: then some keys are looked at by themselves, before a page is tried
again. So it is where OSS has refused a page, until it has refused many of those keys, too.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from ossweep.row import ALIKE
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEW = 5  # keys that a page has to show, to be worth more than a look at each
SINGLY = 50  # keys that are looked at by themselves, before a page is tried again


class Runs:
    """Keys in the order in which they are looked at."""

    def __init__(self) -> None:
        # Each with how many of its first keys are looked at by themselves.
        self._runs: deque[tuple[deque[str], int]] = deque()
        self._refusals = 0  # of looks at one key, in a row

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, keys: Iterable[str]) -> None:
        """Let keys wait, behind those that do."""
        run: deque[str] = deque()
        for key in keys:
            if run and (key <= run[-1] or len(run) == BATCH_KEYS):
                self._runs.append((run, 0))
                run = deque()
            run.append(key)
        if run:
            self._runs.append((run, 0))

    def next(self) -> list[str]:
        """Return the keys to look at together, of which there are some."""
        run, singly = self._runs.popleft()
        most = 1 if singly or len(run) < FEW else len(run)
        keys = list(islice(run, most))
        if most == 1:
            run.popleft()
            if run:
                self._runs.appendleft((run, max(0, singly - 1)))
        return keys

    def were_refused(self, keys: Sequence[str]) -> Sequence[str]:
        """
        Take note that OSS has refused a look; return the keys that need no other.

        Those of a page are looked at by themselves, unless a hundred such looks in a row have been
        refused. Then the others are looked at together again, and refused together.
        """
        if len(keys) > 1 and self._refusals < ALIKE:
            self._runs.appendleft((deque(keys), len(keys)))
            return ()
        self._refusals += len(keys) == 1
        if self._runs and self._refusals >= ALIKE:
            self._runs[0] = (self._runs[0][0], 0)
        return keys

    def shown(self, keys: Sequence[str], decided: int) -> None:
        """Let those keys wait again that a page has not come to, so many of the first decided."""
        self._refusals = 0
        if decided < len(keys):
            self._runs.appendleft((deque(keys[decided:]), SINGLY if decided < FEW else 0))

    def give_back(self, keys: Sequence[str]) -> None:
        """Let keys wait again of which nothing was learnt."""
        if keys:
            self._runs.appendleft((deque(keys), 0))
