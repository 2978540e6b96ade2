"""A batch: objects to delete with one request, and what was met before them and stays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import accumulate
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ossweep.objects import Lot
from ossweep.tally import tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.objects import Page

KNOWN_FAILURE = ""  # no reason to skip a key: it has failed before


class Dates(NamedTuple):
    """
    The times by which objects are judged, in Unix seconds, as far as OSS has told them.

    The clock only ever becomes earlier, and the time `after` which an object has to be written only
    later.
    """

    clock: int | None
    after: int | None


@dataclass(frozen=True)
class Batch:
    """
    Objects to delete together, and the objects met since the batch before that were not chosen.

    `between` counts the latter, each by how many of the batch's objects come before it, and by why
    it stays; `unnamed` are keys met there that are not UTF-8. A batch that `is_listed` holds
    neighbours of a listing, brings its range up to the key `place`, and settles in the listing's
    order; any other batch holds keys known by name. Where `doubt_is_named`, a continuation names
    the keys that were asked for without an answer; elsewhere only their number counts. Its
    `doubted` keys were asked for before, and have their room below the ceiling already. Its objects
    were judged by the `dates`, or by later knowledge; by none if that is None.
    """

    keys: Sequence[str]
    page: Page
    between: Mapping[tuple[int, str], int] = field(default_factory=dict)
    unnamed: Sequence[tuple[int, str]] = ()
    place: str = ""
    number: int = 0  # in its range, in the order in which they are taken up
    left: float = -inf  # seconds that were left when the first of it was listed or looked at
    is_listed: bool = False
    doubt_is_named: bool = False
    doubted: frozenset[str] = frozenset()
    dates: Dates | None = None

    def asked_anew(self, most: int) -> int:
        """Return how many of so many first keys have not been asked for before."""
        if not self.doubted:
            return min(most, len(self.keys))
        return sum(key not in self.doubted for key in self.keys[:most])

    def bytes_anew(self, most: int) -> int:
        """Return the bytes of those."""
        if not self.doubted:
            return (self.page if most >= len(self.keys) else self.page.part(0, most)).bytes
        some = self.page.objects()[:most]
        return sum(found.size for found in some if found.key not in self.doubted)

    @property
    def skipped(self) -> dict[str, int]:
        """How many were skipped, by reason."""
        met = self.between.items()
        return tally({why: number} for (_, why), number in met if why != KNOWN_FAILURE)

    @property
    def known_failures(self) -> int:
        """How many have failed before, and are counted already."""
        return sum(number for (_, why), number in self.between.items() if why == KNOWN_FAILURE)

    def without(self, reasons: Sequence[str | None]) -> Batch:
        """Return it without the objects that have a reason to stay, which are met and skipped."""
        met = [0, *accumulate(reason is None for reason in reasons)]
        between: Counter[tuple[int, str]] = Counter()
        for (at, why), number in self.between.items():
            between[met[at], why] += number
        for at, reason in enumerate(reasons):
            if reason is not None:
                between[met[at], reason] += 1
        objects = zip(self.page.objects(), reasons, strict=True)
        page = Lot(tuple(found for found, reason in objects if reason is None))
        unnamed = [(met[at], text) for at, text in self.unnamed]
        return replace(self, keys=page.keys, page=page, between=between, unnamed=unnamed)

    def split(self, keys: int) -> tuple[Batch, Batch | None]:
        """Return its first part with so many keys, and the rest; each counts what lies in it."""
        if len(self.keys) <= keys:
            return self, None
        first, rest = self.page.part(0, keys), self.page.part(keys, len(self.keys))
        met = self.between.items()
        before = {(at, why): number for (at, why), number in met if at < keys}
        after = {(at - keys, why): number for (at, why), number in met if at >= keys}
        place = self.keys[keys - 1]
        lost = [each for each in self.unnamed if each[0] < keys]
        later = [(at - keys, text) for at, text in self.unnamed if at >= keys]
        part = replace(self, keys=first.keys, page=first, between=before, unnamed=lost, place=place)
        return part, replace(self, keys=rest.keys, page=rest, between=after, unnamed=later)
