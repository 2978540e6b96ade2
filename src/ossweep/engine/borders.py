"""
Borders: the keys at which directories begin, as listings with a delimiter show them.

Such a listing, a survey, tells a thousand places at once between which keys lie for certain, where
a guess by the alphabet tells one that may be wrong. It pays where a page of keys lies in few
directories: then their borders stand for many pages. So a directory is surveyed when the keys of a
page show that (`Sample.some`), and only while surveys are few beside the pages met.

Borders are places to cut a range at, and nothing else depends on them: a border that is wrong, or
out of date, costs balance and no key.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.engine.splits import Sample

SLASH = "/"
MOST_LEVELS = 10  # directories within each other that are surveyed because of one page
DENSE = 2  # of a sample's keys that each directory must hold, on average, for a survey to pay
FEW = 3  # borders between which a range is cut; with fewer, those of deeper directories count, too
FREE, SHARE = 12, 24  # surveys, beside one for so many pages
SAMPLES = 16  # pages, the last ones, that tell how many keys directories hold
MOST_BORDERS = 20_000  # kept at a time
MOST_SURVEYED = 5_000  # directories whose surveys are remembered


@dataclass(frozen=True)
class Survey:
    """A directory whose borders are asked for, from a place in it on."""

    prefix: str
    after: str


@dataclass(frozen=True)
class Span:
    """Keys of a range: `met` ones from its `start` up to `low`, and those left up to `end`."""

    start: str
    low: str
    end: str
    met: int
    sample: Sample


class Borders:
    """The borders known so far, and the surveys that are to be made. One thread calls it."""

    def __init__(self) -> None:
        self._places: dict[int, list[str]] = {}  # in order, by how many slashes they hold
        self._surveyed: dict[str, bool] = {}  # directories, each with whether that is done
        self._waiting: deque[Survey] = deque()
        self._made = 0
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)  # of the last pages
        self._sums: dict[int, tuple[int, int]] = {}  # of those, by depth
        self._is_over = False

    def __bool__(self) -> bool:
        """Tell whether any are known."""
        return bool(self._places)

    def see(self, sample: Sample) -> None:
        """Take note of a page."""
        self._samples.append(sample)
        self._sums.clear()

    def next_survey(self) -> Survey | None:
        """Return a survey to make now, if one is to be made."""
        return self._waiting.popleft() if self._waiting else None

    def ask_about(self, prefix: str, sample: Sample, pages: int) -> bool:
        """
        Have the directories surveyed in which a range goes on; tell whether that is under way.

        These are all directories around the last key met in which keys lie densely enough.
        """
        levels = list(_levels(prefix, sample))
        new = [each for each in levels if each not in self._surveyed]
        if new and self._may_make(len(new), pages):
            for each in new:
                self._surveyed[each] = False
                self._waiting.append(Survey(each, sample.last))
            self._made += len(new)
        return any(self._surveyed.get(each) is False for each in levels)

    def learn(self, survey: Survey, borders: Sequence[str], following: str, pages: int) -> None:
        """
        Take note of the borders that a survey has shown, and where it goes on, if it does.

        What lies in no order, or elsewhere, is left out. It goes on if so many pages met allow it.
        """
        there = [each for each in borders if each.startswith(survey.prefix) and each > survey.after]
        for border in there:
            places = self._places.setdefault(border.count(SLASH), [])
            if not places or places[-1] < border:
                places.append(border)
            elif places[at := bisect_left(places, border)] != border:
                places.insert(at, border)
        goes_on = following > survey.after and bool(there)
        if goes_on and self._may_make(1, pages):
            self._waiting.append(Survey(survey.prefix, following))
            self._made += 1
        else:
            self._surveyed[survey.prefix] = True
        total = sum(map(len, self._places.values()))
        self._is_over = total >= MOST_BORDERS or len(self._surveyed) >= MOST_SURVEYED

    def _may_make(self, surveys: int, pages: int) -> bool:
        return not self._is_over and self._made + surveys <= FREE + pages // SHARE

    def give_up(self) -> None:
        """Survey nothing more: OSS does not let this be listed so."""
        self._is_over = True
        self._waiting.clear()
        self._surveyed = dict.fromkeys(self._surveyed, True)

    def keys_between(self, span: Span) -> tuple[int, bool]:
        """
        Return how many keys probably lie behind the first border of a span, 0 without one.

        The keys before tell how many a directory holds, if they come from several; where none were
        met in the span yet, the samples of all ranges do. Else it is the least that there may be;
        the second value tells whether they do.
        """
        depths, number = self._pieces(span.low, span.end)
        if not number:
            return 0, False
        passed = sum(_number(self._places[each], span.start, span.low) for each in depths)
        seen = _pieces_of(span.sample, depths[-1])
        if span.met and passed + seen > 1:
            return number * max(span.met // (passed + 1), span.sample.keys // seen), True
        keys, pieces = self._elsewhere(depths[-1])
        if pieces > len(self._samples):
            return number * keys // pieces, True
        return number * max(span.met, span.sample.keys), False

    def passed(self, low: str, high: str) -> int:
        """Return how many borders of all directories lie between two keys."""
        return sum(_number(places, low, high) for places in self._places.values())

    def cut(self, low: str, end: str) -> str | None:
        """Return the border in the middle of those between two keys, if there is any."""
        depth, number = self._pieces(low, end)
        if not number:
            return None
        between = [_between(self._places[each], low, end) for each in depth]
        inside = sorted(place for places in between for place in places)
        return inside[(number - 1) // 2]

    def _elsewhere(self, depth: int) -> tuple[int, int]:
        """Return how many keys the samples hold, and how many directories of so many slashes."""
        found = self._sums.get(depth)
        if found is None:
            found = (
                sum(each.keys for each in self._samples),
                sum(_pieces_of(each, depth) for each in self._samples),
            )
            self._sums[depth] = found
        return found

    def _pieces(self, low: str, end: str) -> tuple[list[int], int]:
        """Return the depths whose borders are to cut a span, and how many of those lie in it."""
        depths: list[int] = []
        number = 0
        for depth in sorted(self._places):
            depths.append(depth)
            number += _number(self._places[depth], low, end)
            if number >= FEW:
                break
        return depths, number


def _levels(prefix: str, sample: Sample) -> Iterator[str]:
    """Yield the directories around a sample's last key whose survey pays, the outermost first."""
    starts = [prefix]
    at = sample.last.find(SLASH, len(prefix))
    while at >= 0 and len(starts) < MOST_LEVELS:
        starts.append(sample.last[: at + 1])
        at = sample.last.find(SLASH, at + 1)
    for level in starts[:-1]:  # what lies in the innermost are no directories
        inside = [key for key in sample.some if key.startswith(level)]
        ends = {key[: key.find(SLASH, len(level)) + 1] for key in inside}
        if len(inside) >= DENSE * len(ends):
            yield level


@lru_cache(maxsize=512)
def _pieces_of(sample: Sample, depth: int) -> int:
    """Return how many directories of so many slashes a sample's keys probably lie in."""
    some = len({tuple(key.split(SLASH, depth)[:-1]) for key in sample.some})
    return some if some < len(sample.some) else sample.keys  # each key may have its own


def _number(places: list[str], low: str, end: str) -> int:
    return max(0, bisect_left(places, end) - bisect_right(places, low))


def _between(places: list[str], low: str, end: str) -> list[str]:
    return places[bisect_right(places, low) : bisect_left(places, end)]
