"""
Early deletion: the GB-days that objects are short of their class's least days, which are billed.

IA and Archive count from the last modification. ColdArchive and DeepColdArchive count from the
transition to the class, and from the last modification where an object was written into it. OSS
bills whole hours, and in these classes no object as less than 64 KB; whether the days that are
missing are billed by that size, or by the object's own, no document says. So there are two sums:
what is short at least, by the real size, and at most, by the billed one. Where a listing has not
told of transitions, an object of the cold classes may have been moved there just now: then all of
its days are missing at the most.

Sources: the vendor's pages on lifecycle fees (2026-02), "How can I avoid ..." (2025-12) and
ListObjects (2025-10).
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a continuation is read by these types
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ossweep.conditions import LEAST_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.objects import Columns

LEAST_BILLED = 65_536  # bytes of an object in any class but Standard
GB = 2**30  # as OSS bills it
FROM_TRANSITION = frozenset({"ColdArchive", "DeepColdArchive"})
_DAY = 86_400
_HOUR = 3_600


@dataclass(frozen=True)
class ShortOf:
    """
    The objects of one class that are short of its least days.

    The sums are bytes times seconds, whole numbers of any size, and written as digits: a number of
    theirs does not survive every JSON tool.
    """

    objects: int = 0
    at_least: str = "0"
    at_most: str = "0"

    def __add__(self, other: ShortOf) -> ShortOf:
        """Return both together."""
        return ShortOf(
            self.objects + other.objects,
            str(int(self.at_least) + int(other.at_least)),
            str(int(self.at_most) + int(other.at_most)),
        )

    @property
    def gb_days(self) -> tuple[float, float]:
        """The GB-days that are short, at least and at most."""
        return int(self.at_least) / GB / _DAY, int(self.at_most) / GB / _DAY


@dataclass(frozen=True)
class EarlyDeletion:
    """
    What a plan's objects are short of, by class.

    `unknown` counts objects of classes whose least days are not known, by class; an object whose
    class is not known is in none.
    """

    short: Mapping[str, ShortOf] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: EarlyDeletion) -> EarlyDeletion:
        """Return what both's objects are short of."""
        short, unknown = dict(self.short), dict(self.unknown)
        for name, each in other.short.items():
            short[name] = short.get(name, ShortOf()) + each
        for name, number in other.unknown.items():
            unknown[name] = unknown.get(name, 0) + number
        return EarlyDeletion(short, unknown)

    @property
    def objects(self) -> int:
        """How many objects are short of days, or may be."""
        return sum(each.objects for each in self.short.values()) + sum(self.unknown.values())

    def charged(self, *, keeps_versions: bool | None) -> EarlyDeletion:
        """
        Return what is charged for now.

        In a bucket that `keeps_versions` a deletion lays a marker, and frees nothing: the days are
        charged once the versions go. None: it may keep them, and then nothing is sure.
        """
        if keeps_versions:
            return EarlyDeletion()
        if keeps_versions is False:
            return self
        return replace(
            self, short={name: replace(each, at_least="0") for name, each in self.short.items()}
        )

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no objects are short of."""
        for name, each in self.short.items():
            if not LEAST_DAYS.get(name):
                raise ValueError("a class has no least days, and objects are short of them")
            if not (each.at_least.isdecimal() and each.at_most.isdecimal()):
                raise ValueError("objects are short of what is no number")
            if each.objects < 1 or int(each.at_least) > int(each.at_most):
                raise ValueError("objects are short of more at least than at most")
        if any(number < 1 or name in LEAST_DAYS for name, number in self.unknown.items()):
            raise ValueError("the least days of a class are known and unknown")


def early_deletion(columns: Columns, clock: int) -> EarlyDeletion:
    """Return what objects would be short of if they were deleted at this time, in Unix seconds."""
    classes = set(columns.classes)
    if classes <= {"Standard"}:
        return EarlyDeletion()
    unknown: dict[str, int] = {}
    for name in classes - LEAST_DAYS.keys():
        known = "unknown" if name is None else name
        unknown[known] = columns.classes.count(name)
    short: dict[str, ShortOf] = {}
    for name in classes & LEAST_DAYS.keys():
        if name is not None and LEAST_DAYS[name]:
            found = _short_of(name, columns, clock)
            if found.objects:
                short[name] = found
    return EarlyDeletion(short, unknown)


def _short_of(name: str, columns: Columns, clock: int) -> ShortOf:
    """Add up the objects of one class."""
    objects = at_least = at_most = 0
    for size, begun, latest in _times(name, columns, clock):
        most = LEAST_DAYS[name] * _DAY - (clock - latest)
        if most <= 0:
            continue
        objects += 1
        at_least += size * max(LEAST_DAYS[name] * _DAY - (clock - begun), 0)
        at_most += max(size, LEAST_BILLED) * -(-most // _HOUR) * _HOUR
    return ShortOf(objects, str(at_least), str(at_most))


def _times(name: str, columns: Columns, clock: int) -> Iterator[tuple[int, int, int]]:
    """Yield each object's size, and when its days began at the earliest and at the latest."""
    moved = columns.transitioned if name in FROM_TRANSITION else [None] * len(columns.keys)
    rows = zip(columns.classes, columns.sizes, columns.modified, strict=True)
    for at, (storage_class, size, modified) in enumerate(rows):
        if storage_class != name:
            continue
        if moved is None:
            yield size, modified, max(modified, clock)
            continue
        begun = moved[at]
        begun = modified if begun is None else begun
        yield size, begun, begun
