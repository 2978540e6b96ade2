"""
Stretches: a plan's digest by parts of the keys, which tells what differs from what does not.

A sum over everything does not tell which objects are new. So a plan notes one digest for each
stretch of the keys, from behind one border up to, and with, the next. Pages come in any order, from
several ranges at once; those that follow each other, the one listed from the other's last key, are
put together up to `most` objects. Where all of them become too many bytes, that number is doubled
until they fit: a plan of any size is noted in a few megabytes, in stretches of about one size.

Neighbours with a gap between them are not put together while something in the gap may still be
listed: its objects would lie in one stretch and be counted in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from ossweep.plans.digest import Digest
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_BYTES = 2 * 1024 * 1024  # of all stretches of a plan, as they are written down
MOST_LISTED = 5 * BATCH_KEYS  # keys of a stretch, most of which may be none of the plan's
_NUMBERS = 80  # bytes of a stretch beside its borders
_ROW = 5  # values: both borders, objects, bytes and sum


@dataclass(frozen=True)
class PlannedStretch:
    """
    The digest of what is planned behind the key `after` up to, and with, the key `until`.

    While a plan is not whole, an empty `after` may stand for a place behind the stretch before it.
    """

    after: str
    until: str
    digest: Digest

    def __contains__(self, key: str) -> bool:
        """Tell whether a key lies in it."""
        return self.after < key <= self.until


class Stretches:
    """
    The stretches of a plan, as far as it is listed.

    `most` objects are put into one; `most_bytes` are what all of them may take.
    """

    def __init__(
        self,
        held: Iterable[PlannedStretch] = (),
        most: int = BATCH_KEYS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.most = most
        self._most_bytes = most_bytes
        self._enough = most_bytes  # bytes at which it is time to look for what can be put together
        self._by_end: dict[str, PlannedStretch] = {}
        self._listed: dict[str, int] = {}  # keys in those that the next may be put to, by their end
        self._bytes = 0
        for each in held:
            self._put(each)
        self._shrink()

    def meet(self, after: str, until: str, digest: Digest, listed: int = 0) -> None:
        """
        Add what was listed from behind a key up to another one, which nothing else of the plan is.

        So many keys were `listed` there, planned or not: an application lists a stretch to its end
        before anything of it goes.

        It follows what was listed up to that key. `after` is empty where the listing of a prefix
        begins: what lies before it is not known until the plan is whole.
        """
        before = self._by_end.get(after)
        known = listed + self._listed.pop(after, MOST_LISTED)
        is_small = listed == 0 or known <= MOST_LISTED
        if before is not None and before.digest.objects + digest.objects <= self.most and is_small:
            self._take(before)
            after, digest, listed = before.after, before.digest + digest, known
        self._put(PlannedStretch(after, until, digest))
        self._listed[until] = listed
        if self._bytes > self._enough:
            self._shrink()

    def held(self) -> tuple[PlannedStretch, ...]:
        """Return all of them in the order of the keys."""
        return tuple(sorted(self._by_end.values(), key=lambda each: each.until))

    def whole(self) -> Stretches:
        """Return the stretches of a plan that is listed to its end, in which gaps are nothing."""
        done = Stretches(most=self.most, most_bytes=self._most_bytes)
        last = ""
        for each in self.held():
            done._put(PlannedStretch(last, each.until, each.digest))
            last = each.until
        done._shrink()
        return done

    def __add__(self, other: Stretches) -> Stretches:
        """Return the stretches of both, which have listed different keys."""
        return Stretches(
            chain(self._by_end.values(), other._by_end.values()),
            max(self.most, other.most),
            min(self._most_bytes, other._most_bytes),
        )

    def _shrink(self) -> None:
        while self._bytes > self._most_bytes:
            held = self.held()
            if all(one.until != other.after for one, other in pairwise(held)):
                break  # as many gaps as stretches: what is listed later will close them
            self.most *= 2
            self._by_end, self._bytes = {}, 0
            for each in put_together(held, self.most):
                self._put(each)
        fits = self._bytes <= self._most_bytes
        self._enough = self._most_bytes if fits else 2 * self._bytes

    def _put(self, stretch: PlannedStretch) -> None:
        self._by_end[stretch.until] = stretch
        self._bytes += _size(stretch)

    def _take(self, stretch: PlannedStretch) -> None:
        del self._by_end[stretch.until]
        self._bytes -= _size(stretch)


def put_together(held: Iterable[PlannedStretch], most: int) -> list[PlannedStretch]:
    """Return stretches of at most so many objects from those in order that follow each other."""
    together: list[PlannedStretch] = []
    for each in held:
        last = together[-1] if together else None
        if (
            last is not None
            and last.until == each.after
            and last.digest.objects + each.digest.objects <= most
        ):
            together[-1] = PlannedStretch(last.after, each.until, last.digest + each.digest)
        else:
            together.append(each)
    return together


def rows_of(held: Sequence[PlannedStretch]) -> list[list[Any]]:
    """
    Return stretches in order as JSON values: a row each.

    A border that is the one before it is null: most are, and would be written twice.
    """
    rows: list[list[Any]] = []
    last: str | None = None
    for each in held:
        after = None if each.after == last else each.after
        rows.append([after, each.until, each.digest.objects, each.digest.bytes, each.digest.sum])
        last = each.until
    return rows


def stretches_of_rows(rows: Any) -> tuple[PlannedStretch, ...]:
    """Return what was written as rows; raises ValueError, with a sentence, for what never was."""
    held: list[PlannedStretch] = []
    last = ""
    for row in _list(rows):
        if len(_list(row)) != _ROW:
            raise ValueError("a stretch is no row of two borders, two numbers and a sum")
        after, until, objects, size, hashes = row
        after = last if after is None else after
        _check(all(isinstance(each, str) for each in (after, until, hashes)), "has no borders")
        _check(type(objects) is int and type(size) is int, "counts nothing")
        _check(max(last, after) < until, "is not behind the one before it")
        _check(not after or last <= after, "begins within the one before it")
        digest = Digest(objects, size, hashes)
        digest.check()
        held.append(PlannedStretch(after, until, digest))
        last = until
    return tuple(held)


def total_of(held: Iterable[PlannedStretch]) -> Digest:
    """Return the digest of all stretches together."""
    total = Digest()
    for each in held:
        total += each.digest
    return total


def _size(stretch: PlannedStretch) -> int:
    """Return about how many bytes a stretch takes when it is written down."""
    return len(stretch.until.encode()) + _NUMBERS


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("stretches are no list of rows")  # noqa: TRY004 - a sentence
    return value


def _check(is_so: bool, amiss: str) -> None:
    if not is_so:
        raise ValueError(f"a stretch {amiss}")
