"""
Levels: the directories below the selectors level by level, of which the largest are kept by name.

A directory has the largest of those in it for as long as it is kept itself. All streams of keys put
the directories that they have left into one place, so that memory does not grow with them either.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from ossweep.plans.directories import (
    MOST_BYTES,
    MOST_EDGES,
    MOST_NAMED,
    Amount,
    DirectoryStream,
    DirectorySums,
    added,
    by_rank,
    bytes_of,
    grouped,
    large_of,
    parent_of,
    rank,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

LEVELS = 3  # of directories below a selector


@dataclass(frozen=True)
class LevelRoom:
    """
    How much is kept.

    As many complete directories of one are `named`, and as many `edges` of a level. `bytes` are
    those of a level's names, and `left` are directories that streams have left before it is seen
    which of them are large.
    """

    named: int = MOST_NAMED
    edges: int = MOST_EDGES
    bytes: int = MOST_BYTES
    left: int = 4_000


LEVEL_ROOM = LevelRoom()
Levels = tuple[DirectorySums, ...]  # from the first below the selectors on
NO_DIRECTORIES: Levels = (DirectorySums(),) * LEVELS


def joined_levels(
    one: Sequence[DirectorySums], other: Sequence[DirectorySums], room: LevelRoom = LEVEL_ROOM
) -> Levels:
    """Return the levels of both, which have shown different objects."""
    return bounded_levels(_sums(one, other), room)


def whole_levels(levels: Sequence[DirectorySums], room: LevelRoom = LEVEL_ROOM) -> Levels:
    """Return the levels when everything is added: no edge goes on any more."""
    ended = [
        replace(
            each,
            largest=added(each.largest, each.edges),
            edges={},
            is_exact=each.is_exact and not (each.is_loose and each.others),
            is_loose=False,
        )
        for each in levels
    ]
    found = bounded_levels(ended, room)
    return tuple(replace(each, is_exact=each.is_exact and not each.cut, cut=()) for each in found)


def bounded_levels(
    levels: Sequence[DirectorySums],
    room: LevelRoom = LEVEL_ROOM,
    beside: Sequence[Mapping[str, Amount]] | None = None,
) -> Levels:
    """
    Return levels of which as many directories have names as are kept.

    Those `beside`, of each level, are kept by somebody else, and so may be what lies in them.
    """
    kept: list[DirectorySums] = []
    above: Mapping[str, Amount] | None = None
    for at, each in enumerate(levels):
        kept.append(_bounded(each, above, room))
        above = added(kept[-1].largest, kept[-1].edges)
        if beside is not None:
            above |= beside[at]
    return tuple(kept)


class PassedDirectories:
    """The directories that streams of keys pass, as many of them by name as are kept."""

    def __init__(self, room: LevelRoom = LEVEL_ROOM) -> None:
        self._room = room
        self._large = NO_DIRECTORIES
        self._streams: list[list[DirectoryStream]] = []

    def stream(self, base: int) -> list[DirectoryStream]:
        """Return a new stream's directories, level by level; see `DirectoryStream`."""
        levels = [DirectoryStream(base, level + 1) for level in range(LEVELS)]
        self._streams.append(levels)
        return levels

    def end(self, stream: list[DirectoryStream]) -> None:
        """Take note that nothing more comes of a stream."""
        self._streams.remove(stream)
        self._keep([each.directories() for each in stream])

    def tidy(self) -> None:
        """Keep the largest of the directories that were left, where these have become many."""
        if self.waiting <= self._room.left:
            return
        met: list[DirectorySums] = []
        above: Collection[str] | None = None
        for level, large in enumerate(self._large):
            now = [stream[level] for stream in self._streams]
            met.append(
                large_of([one for each in now for one in each.take_left()], above, self._room.named)
            )
            above = {
                *met[-1].largest,
                *large.largest,
                *large.edges,
                *chain.from_iterable(each.edges() for each in now),
            }
        self._keep(met)

    @property
    def waiting(self) -> int:
        """How many directories were left, and may be small or large."""
        return sum(len(each.left) for stream in self._streams for each in stream)

    def levels(self) -> Levels:
        """Return what was met so far."""
        met = self._large
        for stream in self._streams:
            met = _sums(met, [each.directories() for each in stream])
        return bounded_levels(met, self._room)

    def _keep(self, met: Sequence[DirectorySums]) -> None:
        beside: list[Mapping[str, Amount]] = [{}] * LEVELS
        for stream in self._streams:
            found = [each.directories() for each in stream]
            beside = [
                added(one, added(each.largest, each.edges))
                for one, each in zip(beside, found, strict=True)
            ]
        self._large = bounded_levels(_sums(self._large, met), self._room, beside)


def _sums(one: Sequence[DirectorySums], other: Sequence[DirectorySums]) -> Levels:
    return tuple(mine + its for mine, its in zip(one, other, strict=True))


def _bounded(
    found: DirectorySums, above: Mapping[str, Amount] | None, room: LevelRoom
) -> DirectorySums:
    """
    Return directories of which as many have names as are kept.

    Only those that lie in a directory `above` are told of; None: this is the first level.
    """
    edges = found.edges
    if above is None:
        groups: dict[str, dict[str, Amount]] = {"": dict(found.largest)}
    else:
        groups = {each: group for each, group in grouped(found.largest).items() if each in above}
        edges = {name: edge for name, edge in edges.items() if parent_of(name) in above}
    edges, lost = _parted(edges, room.edges)
    largest = {name: dict(_parted(group, room.named)[0]) for name, group in groups.items()}
    cut = {each for each in found.cut if above is not None and each in above}
    if above is not None:
        cut.update(_cut(largest, above, room))
    kept = {name: amount for group in largest.values() for name, amount in group.items()}
    small = [amount for name, amount in found.largest.items() if name not in kept]
    small += [amount for name, amount in found.edges.items() if name not in edges]
    return DirectorySums(
        kept,
        edges,
        found.others + len(small),
        sum(small, found.in_others),
        found.is_exact and not lost,
        found.is_loose,
        tuple(sorted(cut)),
    )


def _cut(
    groups: dict[str, dict[str, Amount]], above: Mapping[str, Amount], room: LevelRoom
) -> list[str]:
    """Take away what lies in the smallest directories, if all names are too long; return those."""
    sizes = {name: bytes_of(group) for name, group in groups.items()}
    free, cut = room.bytes - sum(sizes.values()), []
    for name in sorted(groups, key=lambda each: rank(each, above[each])):
        if free >= 0:
            break
        free += sizes[name]
        del groups[name]
        cut.append(name)
    return cut


def _parted(
    amounts: Mapping[str, Amount], most: int
) -> tuple[Mapping[str, Amount], Mapping[str, Amount]]:
    """Return the largest, and the others."""
    if len(amounts) <= most:
        return amounts, {}
    large = dict(by_rank(amounts, most))
    return large, {name: amount for name, amount in amounts.items() if name not in large}
