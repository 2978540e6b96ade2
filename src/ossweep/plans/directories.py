"""
Directories: what lies below each of those under a selector, the largest by name, the rest as a sum.

Keys come in order, and those of one directory lie together. So a directory is complete when the
stream of keys has left it, and then it is kept by name only while it is one of the largest in the
directory that it lies in, and while that one is kept itself: memory does not grow with their
number, and the small directory has its largest as the great one has. The directories at the ends of
what one stream has shown, the edges, may go on in another one, and are kept by name until all
streams are added up. Then what is told of a directory is exact, in however many streams it was
listed.

Where edges become too many, the smallest join the rest: that tells how many directories there are
at the most, and of each that has a name at least what is below it. Where the names of a level
become too long, the smallest directories above it are told without what they hold (`cut`). Both
are told of (`is_exact`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping  # noqa: TC003 - a continuation is read by these types
from dataclasses import dataclass, field
from heapq import nlargest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ossweep.objects import Columns

MOST_NAMED = 20  # complete directories of one that are kept by name
MOST_EDGES = 1_000
MOST_BYTES = 2 * 1024 * 1024  # of the directories of a level, as they are written down
_NUMBERS = 40  # bytes of a directory beside its name
_MOST_EARLIER = 64  # directories of a level, which earlier versions have kept whatever they lay in
Left = tuple[int, int, str]  # a directory that a stream has left, by its rank: bytes, objects, name
_AFTER_SLASH = chr(ord("/") + 1)  # a directory's keys lie before its name with this for its slash


@dataclass(frozen=True)
class Amount:
    """So many objects, and their bytes."""

    objects: int = 0
    bytes: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(self.objects + other.objects, self.bytes + other.bytes)

    def __sub__(self, other: Amount) -> Amount:
        """Return this without the other, which is a part of it."""
        return Amount(self.objects - other.objects, self.bytes - other.bytes)


NOTHING = Amount()


@dataclass(frozen=True)
class DirectorySums:
    """
    The directories of one level, as far as they were shown.

    `largest` are complete, and so are the `others`, which are too small to be named. `edges` may
    go on in what is not added yet, and if some objects came in no order (`is_loose`), in one of the
    `others` as well. `cut` are directories of the level above of which not all of the largest are
    there.
    """

    largest: Mapping[str, Amount] = field(default_factory=dict)
    edges: Mapping[str, Amount] = field(default_factory=dict)
    others: int = 0
    in_others: Amount = NOTHING
    is_exact: bool = True
    is_loose: bool = False
    cut: tuple[str, ...] = ()

    def __add__(self, other: DirectorySums) -> DirectorySums:
        """Return all directories of both, which have shown different objects."""
        return DirectorySums(
            added(self.largest, other.largest),
            added(self.edges, other.edges),
            self.others + other.others,
            self.in_others + other.in_others,
            self.is_exact and other.is_exact,
            self.is_loose or other.is_loose,
            tuple(dict.fromkeys((*self.cut, *other.cut))),
        )

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no streams have shown."""
        amounts = [*self.largest.values(), *self.edges.values(), self.in_others]
        if any(each.objects < 0 or each.bytes < 0 for each in amounts) or self.others < 0:
            raise ValueError("less than nothing lies in a directory")
        most = max(map(len, grouped(self.largest).values()), default=0)
        is_long = bytes_of(self.largest) > MOST_BYTES
        if is_long or most > _MOST_EARLIER or len(self.edges) > MOST_EDGES:
            raise ValueError("more directories have names than are kept")


def added(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> dict[str, Amount]:
    """Return the sums of amounts, by name."""
    total = dict(one)
    for name, amount in other.items():
        total[name] = total.get(name, NOTHING) + amount
    return total


def grouped(amounts: Mapping[str, Amount]) -> dict[str, dict[str, Amount]]:
    """Return directories by the one that each lies in."""
    found: dict[str, dict[str, Amount]] = {}
    for name, amount in amounts.items():
        found.setdefault(parent_of(name), {})[name] = amount
    return found


def parent_of(name: str) -> str:
    """Return the directory that a directory lies in."""
    return name[: name.rfind("/", 0, -1) + 1]


def bytes_of(amounts: Mapping[str, Amount]) -> int:
    """Return about how many bytes directories take when they are written down."""
    return sum([len(name.encode()) for name in amounts]) + _NUMBERS * len(amounts)


def rank(name: str, amount: Amount) -> tuple[int, int, str]:
    """Return a directory's place among others: the greater, the larger, by bytes first."""
    return amount.bytes, amount.objects, name


def in_any_order(columns: Columns, base: int, level: int) -> DirectorySums:
    """
    Return the directories of objects in no order, such as named keys: each may go on elsewhere.

    As a stream has them, directories of a `level` end at so many slashes behind the `base`.
    """
    found: dict[str, list[int]] = {}
    for key, size in zip(columns.keys, columns.sizes, strict=True):
        end = end_of_directory(key, base, level)
        if end:
            found.setdefault(key[:end], []).append(size)
    edges = {name: Amount(len(sizes), sum(sizes)) for name, sizes in found.items()}
    return DirectorySums(edges=edges, is_loose=True)


def end_of_directory(key: str, base: int, level: int) -> int:
    """Return how many characters a key's directory of a level has; 0: it lies in none."""
    end = base
    for _ in range(level):
        end = key.find("/", end) + 1
        if not end:
            return 0
    return end


class DirectoryStream:
    """
    Adds up the directories of one level that a stream of keys passes.

    `base` is how many characters of a key belong to the selector, and a directory of `level` 1 ends
    at the first slash behind them.
    """

    def __init__(self, base: int, level: int = 1) -> None:
        self._base = base
        self._level = level
        self._first: Left | None = None  # that the stream has left
        self._now: str | None = None  # where it is, with so many objects and bytes so far
        self._objects = 0
        self._bytes = 0
        self.left: list[Left] = []  # complete, and not taken yet

    def meet_one(self, key: str, amount: Amount) -> None:
        """Add objects that come behind those before, all in the directory that this key lies in."""
        end = end_of_directory(key, self._base, self._level)
        if end:
            self._enter(key[:end])
            self._objects += amount.objects
            self._bytes += amount.bytes

    def meet(self, columns: Columns) -> None:
        """Add objects that come behind those before; some may lie in no directory."""
        keys, sizes = columns.keys, columns.sizes
        at = 0
        while at < len(keys):
            end = end_of_directory(keys[at], self._base, self._level)
            if not end:
                at += 1
                continue
            name = keys[at][:end]
            after = _end_of(name, keys, at)
            self._enter(name)
            self._objects += after - at
            self._bytes += sizes[at] if after == at + 1 else sum(sizes[at:after])
            at = after

    def directories(self) -> DirectorySums:
        """Return what was met, but for what was taken."""
        return DirectorySums(_named(self.left), self.edges())

    def take_left(self) -> list[Left]:
        """Return the directories that the stream has left, and forget them."""
        left, self.left = self.left, []
        return left

    def edges(self) -> dict[str, Amount]:
        """Return the directories that may go on in another stream."""
        edges = [] if self._first is None else [self._first]
        if self._now is not None:
            edges.append((self._bytes, self._objects, self._now))
        return _named(edges)

    def _enter(self, name: str) -> None:
        """Enter a directory, and leave the one before it, which is complete if it is no edge."""
        if name == self._now:
            return
        left = self._now
        entry = (self._bytes, self._objects, left or "")
        self._now, self._objects, self._bytes = name, 0, 0
        if left is None:
            return
        if self._first is None:
            self._first = entry
        else:
            self.left.append(entry)


def large_of(left: Sequence[Left], above: Collection[str] | None, most: int) -> DirectorySums:
    """
    Return the largest directories of each, and the others of those that were left as sums.

    Only those that lie in one `above` have a name; None: this is the first level.
    """
    groups: dict[str, list[Left]] = {}
    for each in left:
        parent = "" if above is None else parent_of(each[2])
        if above is None or parent in above:
            groups.setdefault(parent, []).append(each)
    large = [each for group in groups.values() for each in nlargest(most, group)]
    objects = sum(each[1] for each in left) - sum(each[1] for each in large)
    size = sum(each[0] for each in left) - sum(each[0] for each in large)
    return DirectorySums(_named(large), {}, len(left) - len(large), Amount(objects, size))


def _named(entries: Iterable[Left]) -> dict[str, Amount]:
    return {name: Amount(objects, size) for size, objects, name in entries}


def lie_together(keys: Sequence[str]) -> bool:
    """Tell whether keys in order lie in one directory, and in none below it."""
    first = keys[0]
    directory = first[: first.rfind("/") + 1]
    slashes = len(keys) * directory.count("/")
    return keys[-1].startswith(directory) and "".join(keys).count("/") == slashes


def _end_of(name: str, keys: Sequence[str], at: int) -> int:
    """Return the number of the first key behind those of a directory, of which one is there."""
    if keys[-1].startswith(name):
        return len(keys)
    if not keys[at + 1].startswith(name):
        return at + 1
    return bisect_left(keys, name[:-1] + _AFTER_SLASH, at)


def by_rank(amounts: Mapping[str, Amount], most: int) -> Iterable[tuple[str, Amount]]:
    """Return the largest, from the first on."""
    return nlargest(most, amounts.items(), key=lambda each: rank(*each))
