"""
The census: what a plan's objects are, added up by columns, page for page.

Each sum is such that parts add up to the whole in any order, and none grows with the number of
objects. The sample is fair and needs no chance: it holds the objects whose hashes are smallest, and
those of the whole are among those of its parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003 - a continuation is read by these types
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING

from ossweep.plans.digest import Digest, in_hex
from ossweep.plans.directories import Amount, added, in_any_order, lie_together
from ossweep.plans.levels import (
    LEVELS,
    NO_DIRECTORIES,
    Levels,
    bounded_levels,
    joined_levels,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ossweep.objects import Columns
    from ossweep.plans.levels import PassedDirectories

SAMPLED = 20  # objects
UNKNOWN_CLASS = "unknown"
MOST_CLASSES = 64  # names of classes, of which OSS has five


@dataclass(frozen=True)
class Sampled:
    """An object of the sample, with its hash by which it came there."""

    hash: str
    key: str
    size: int
    modified: int


@dataclass(frozen=True)
class Census:
    """
    The sums over a plan's objects.

    `oldest` and `newest` are times of modification in Unix seconds, `first` and `last` keys; None:
    there is no object. `directories` has an entry for each level below the selectors.
    """

    digest: Digest = field(default_factory=Digest)
    by_class: Mapping[str, Amount] = field(default_factory=dict)
    oldest: int | None = None
    newest: int | None = None
    first: str | None = None
    last: str | None = None
    sample: tuple[Sampled, ...] = ()
    directories: Levels = NO_DIRECTORIES

    def __add__(self, other: Census) -> Census:
        """Return the census of both, which have met different objects."""
        if not other.digest.objects:
            return self
        if not self.digest.objects:
            return other
        return Census(
            self.digest + other.digest,
            added(self.by_class, other.by_class),
            _first(min, self.oldest, other.oldest),
            _first(max, self.newest, other.newest),
            min(each for each in (self.first, other.first) if each is not None),
            max(each for each in (self.last, other.last) if each is not None),
            _smallest([*self.sample, *other.sample]),
            joined_levels(self.directories, other.directories),
        )

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no objects add up to."""
        self.digest.check()
        whole = sum(self.by_class.values(), Amount())
        if whole != Amount(self.digest.objects, self.digest.bytes):
            raise ValueError("the storage classes do not add up to the objects")
        if len(self.by_class) > MOST_CLASSES or len(self.directories) != LEVELS:
            raise ValueError("a census has other parts than are counted")
        ends = (self.oldest, self.newest, self.first, self.last)
        if {each is None for each in ends} != {not self.digest.objects}:
            raise ValueError("a census tells of the ends of what it has not met")
        if len(self.sample) > SAMPLED or self.sample != _smallest(self.sample):
            raise ValueError("a sample holds other objects than the first by their hashes")
        for each in self.directories:
            each.check()


def census_in_any_order(
    columns: Columns, hashes: Sequence[int], digest: Digest, base: int = 0
) -> Census:
    """Return the census of objects in no order, such as named keys, with hashes and digest."""
    return Census(
        digest,
        _by_class(columns),
        min(columns.modified),
        max(columns.modified),
        min(columns.keys),
        max(columns.keys),
        _sample((), columns, hashes),
        bounded_levels([in_any_order(columns, base, level + 1) for level in range(LEVELS)]),
    )


class CensusStream:
    """
    Takes the census of one stream of keys in order.

    `base` is how many characters of its keys belong to their selector. The directories that it
    passes are told of by `directories`, for all streams together.
    """

    def __init__(self, base: int, directories: PassedDirectories) -> None:
        self._base = base
        self._directories = directories
        self._levels = directories.stream(base)
        self._sums = Census()

    def meet(self, columns: Columns, hashes: Sequence[int], digest: Digest) -> None:
        """Add objects that come behind those before, with their hashes and their digest."""
        self._meet_directories(columns, Amount(digest.objects, digest.bytes))
        before = self._sums
        self._sums = Census(
            before.digest + digest,
            added(before.by_class, _by_class(columns)),
            _first(min, before.oldest, min(columns.modified)),
            _first(max, before.newest, max(columns.modified)),
            columns.keys[0] if before.first is None else before.first,
            columns.keys[-1],
            _sample(before.sample, columns, hashes),
        )

    def census(self) -> Census:
        """Return the census so far, without the directories."""
        return self._sums

    def end(self) -> None:
        """Take note that nothing more comes of the stream."""
        self._directories.end(self._levels)

    def _meet_directories(self, columns: Columns, amount: Amount) -> None:
        keys = columns.keys
        if lie_together(keys):
            for each in self._levels:
                each.meet_one(keys[0], amount)
            return
        deepest = max([key.count("/", self._base) for key in keys])
        for each in self._levels[:deepest]:
            each.meet(columns)
        self._directories.tidy()


def _sample(
    known: tuple[Sampled, ...], columns: Columns, hashes: Sequence[int]
) -> tuple[Sampled, ...]:
    """Return a sample with these objects, few of which a long stream has to look at."""
    if len(known) == SAMPLED and min(hashes) >= int(known[-1].hash, 16):
        return known
    chosen = nsmallest(SAMPLED, range(len(hashes)), key=hashes.__getitem__)
    rows = ((columns.keys[at], columns.sizes[at], columns.modified[at]) for at in chosen)
    new = [Sampled(in_hex(hashes[at]), *row) for at, row in zip(chosen, rows, strict=True)]
    return _smallest([*known, *new])


def _by_class(columns: Columns) -> dict[str, Amount]:
    """Return the amounts by class; most pages have one class only."""
    classes = Counter(columns.classes)
    if len(classes) == 1:
        (name,) = classes
        return {_name(name): Amount(len(columns.keys), sum(columns.sizes))}
    sizes: Counter[str | None] = Counter()
    for name, size in zip(columns.classes, columns.sizes, strict=True):
        sizes[name] += size
    return {_name(name): Amount(classes[name], sizes[name]) for name in classes}


def _name(storage_class: str | None) -> str:
    return UNKNOWN_CLASS if storage_class is None else storage_class


def _first(choose: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def _smallest(sample: Iterable[Sampled]) -> tuple[Sampled, ...]:
    return tuple(nsmallest(SAMPLED, sample, key=lambda each: (each.hash, each.key)))
