"""Lines that say again what one of the lines before them says."""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

WITHIN = 100_000  # lines
_LONG = 200  # characters; of a longer name a hash is kept, so that long ones cost no more memory


class Repeats:
    """
    The names of the last 100,000 lines, or half as many more, each with the last line that has it.

    They lie in a row of tables, the oldest of which goes as a whole when all of its lines are too
    far away. What is told is exact nevertheless: it goes by the line.
    """

    def __init__(self, within: int = WITHIN) -> None:
        self._within = within
        # Each with its first line.
        self._tables: deque[tuple[int, dict[Hashable, int]]] = deque([(1, {})])

    def firsts(
        self, keys: Sequence[str], versions: Sequence[str | None] | None, lines: Sequence[int]
    ) -> list[int] | None:
        """
        Return the indexes of the names that none of the lines before them has; None: all are such.

        A name is a key, or a key and a version. Lines are given in their order.
        """
        if not keys:
            return None
        self._turn(lines[0])
        names = _names(keys, versions)
        found = dict(zip(names, lines, strict=True))
        newest = self._tables[-1][1]
        if len(found) == len(names) and all(
            table.keys().isdisjoint(found) for _, table in self._tables
        ):
            newest.update(found)
            return None
        firsts = []
        for index, (name, line) in enumerate(zip(names, lines, strict=True)):
            last = self._last(name)
            newest[name] = line
            if last is None or line - last > self._within:
                firsts.append(index)
        return firsts

    def _last(self, name: Hashable) -> int | None:
        return next((table[name] for _, table in reversed(self._tables) if name in table), None)

    def _turn(self, line: int) -> None:
        """Begin a new table every half of the way, and let go of those that are too far away."""
        if line - self._tables[-1][0] >= self._within // 2:
            self._tables.append((line, {}))
        while len(self._tables) > 1 and self._tables[1][0] <= line - self._within:
            self._tables.popleft()


def _names(keys: Sequence[str], versions: Sequence[str | None] | None) -> Sequence[Hashable]:
    if versions is None:
        return keys if max(map(len, keys)) <= _LONG else [*map(_short, keys)]
    return [
        _short(key) if version is None else (_short(key), _short(version))
        for key, version in zip(keys, versions, strict=True)
    ]


def _short(name: str) -> Hashable:
    return name if len(name) <= _LONG else blake2b(name.encode(), digest_size=20).digest()
