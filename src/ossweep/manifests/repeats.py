"""
Lines that say again what one of the lines before them says.

As long as a list is in order nothing is said again, and comparing neighbours shows it. From the
first key that is out of order on, all that is remembered lies in a table.
"""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from itertools import islice, repeat
from operator import lt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

WITHIN = 100_000  # lines
# Characters; of a longer name a hash is kept, so that long ones cost no more memory. Of those that
# are not ASCII each may take four bytes.
_LONG, _LONG_IF_WIDE = 200, 50


class Repeats:
    """The names of the last 100,000 lines, and of the leaf in which these begin."""

    def __init__(self, within: int = WITHIN) -> None:
        self._within = within
        self._last: dict[Hashable, int] = {}  # the last line of each name
        self._again: dict[Hashable, int] = {}  # the same, of names that were said again
        self._leaves: deque[tuple[Sequence[Hashable], Sequence[int]]] = deque()  # with their lines
        self._greatest: str | None = ""  # of a list that has been in order so far

    def firsts(
        self, keys: Sequence[str], versions: Sequence[str | None] | None, lines: Sequence[int]
    ) -> list[int] | None:
        """
        Return the indexes of the names that none of the lines before them has; None: all are such.

        A name is a key, or a key and a version. Lines are given in their order.
        """
        if not keys:
            return None
        self._forget(lines[0] - self._within)
        names = _names(keys, versions)
        if self._is_in_order(keys, versions):
            self._leaves.append((names, lines))
            return None
        known = [*map(self._last.setdefault, names, lines)]
        self._leaves.append((names, lines))
        if known == [*lines]:
            return None
        firsts = []
        for index, (name, line) in enumerate(zip(names, lines, strict=True)):
            last = self._last[name]
            if last == line or line - last > self._within:
                firsts.append(index)
            if last != line:
                self._last[name] = self._again[name] = line
        return firsts

    def _is_in_order(self, keys: Sequence[str], versions: Sequence[str | None] | None) -> bool:
        """Tell whether the list has been in order, and each key is greater than the one before."""
        if self._greatest is None:
            return False
        if (
            versions is None
            and keys[0] > self._greatest
            and all(map(lt, keys, islice(keys, 1, None)))
        ):
            self._greatest = keys[-1]
            return True
        self._greatest = None
        for names, lines in self._leaves:
            self._last.update(zip(names, lines, strict=True))
        return False

    def _forget(self, before: int) -> None:
        """Forget leaves that end before a line, but not what later ones say again."""
        while self._leaves and self._leaves[0][1][-1] < before:
            names, lines = self._leaves.popleft()
            if self._greatest is not None:
                continue
            deque(map(self._last.pop, names, repeat(None)), maxlen=0)
            for name in self._again.keys() & names if self._again else ():
                if self._again[name] <= lines[-1]:
                    del self._again[name]
                else:
                    self._last[name] = self._again[name]


def _names(keys: Sequence[str], versions: Sequence[str | None] | None) -> Sequence[Hashable]:
    if versions is not None:
        return [
            _short(key) if version is None else (_short(key), _short(version))
            for key, version in zip(keys, versions, strict=True)
        ]
    longest = max(map(len, keys))
    if longest <= _LONG_IF_WIDE or (longest <= _LONG and "".join(keys).isascii()):
        return keys
    return [*map(_short, keys)]


def _short(name: str) -> Hashable:
    if len(name) <= (_LONG if name.isascii() else _LONG_IF_WIDE):
        return name
    return blake2b(name.encode(), digest_size=20).digest()
