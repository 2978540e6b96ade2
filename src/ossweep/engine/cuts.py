"""
Cuts: which range to cut in two, and where, by what listings have shown so far.

The range with the most left is cut. Where borders of directories are known (`borders.py`), it is
cut at the middle one, behind which keys lie for certain. Else `splits.py` guesses where half of it
begins, and that may be wrong: an empty half costs a request. So few guesses are open at once, each
goes only so far beyond the keys met (`GALLOP`), and few may turn out empty (`EMPTY_FREE`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.engine.borders import Borders, Span
from ossweep.engine.splits import Alphabet, Sample
from ossweep.whereabouts import BEHIND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.scan import Scan

SURE_PAGES = 2  # pages with another after them before a first cut: a small job asks for no more
WORTH = 3  # pages that must be expected in a range before it is cut, or surveyed
PATIENCE = 3  # pages of a range that may come before a survey's answer does
GALLOP = 8  # a guess leaves at most so many times the keys before it that have been met so far
GUESSES = 3  # guesses in a row behind which no page has come yet
FIRST_GUESSES = 2  # that have not been looked behind, or in vain, as soon as any may be made
DARING = 4  # and how many more for each page met since
VAIN = 16  # guesses that may be in vain, beside one for so many pages:
VAIN_SHARE = 20
VAIN_SHARE_OF_FEW = 2  # while few ranges are open, and much is left
FEW_OPEN, MUCH = 24, 8  # ranges; pages
SURE_PIECES = 3  # directories that must have been met before others are taken to be as large
LARGER = 2  # times as large as others is a directory whose size nobody can tell any more
BEYOND = 4  # and then so many times the keys that were met in it are expected in the rest


@dataclass(frozen=True)
class _Candidate:
    """
    A range to cut: the keys that are expected in it, and how many of them it is trusted to hold.

    `is_at_border` tells whether a border is known behind which they lie.
    """

    scan: Scan
    sample: Sample
    keys: int
    trusted: int
    is_at_border: bool = False


@dataclass(frozen=True)
class Cut:
    """A range, the key behind which it is cut off, and whether that is a guess."""

    scan: Scan
    at: str
    is_guess: bool


class Cuts:
    """Chooses cuts. The frontier tells it of each page; one thread calls it."""

    def __init__(self) -> None:
        self.borders = Borders()
        self.met = 0  # keys that have been listed
        self.page_keys = 1  # of the largest page
        self.pages = 0  # that another one follows
        self.open_guesses = 0  # that have not been looked behind
        self._alphabet = Alphabet()
        self._vain = 0  # guesses behind which there was nothing
        self._passed = 0  # borders
        self._met_in_pieces = 0  # keys, since borders are known

    def learn(self, scan: Scan, keys: Sequence[str], *, more: bool) -> None:
        """Take note of a page of keys, and whether more follow it."""
        if keys:
            self._alphabet.learn(keys)
            scan.waited += scan.waits
            scan.sample = Sample.of(keys)
            self.borders.see(scan.sample)
        if more:
            self.pages += 1
            self.page_keys = max(self.page_keys, len(keys))

    def count(self, scan: Scan, keys: Sequence[str]) -> None:
        """Take note of the keys of a page that belong to its range."""
        if scan.guesses:
            scan.guesses = 0
            self.open_guesses -= 1
            self._vain += not keys
        if not keys:
            return
        if self.borders:
            passed = self.borders.passed(max(scan.at, scan.prefix), keys[-1])
            self._met_in_pieces += len(keys)
            self._passed += passed + scan.listed
            scan.own = len(keys) // (passed + 1) if passed else scan.own + len(keys)
        self.met += len(keys)
        scan.met += len(keys)

    def choose(self, scans: Iterable[Scan]) -> Cut | None:
        """
        Return a cut that leaves half of what is probably left of the largest range, if that pays.

        A range waits where surveys are to show borders in it, but not for long.
        """
        if self.pages < SURE_PAGES:
            return None
        unlisted = list(scans)
        for each in sorted(self._worth(unlisted), key=lambda each: -each.trusted):
            scan = each.scan
            at = self.borders.cut(*_inside(scan)) if each.is_at_border else None
            if at is not None:
                return Cut(scan, at, is_guess=False)
            scan.waits = scan.waited < PATIENCE and self._is_surveyed(each)
            if scan.waits:
                continue
            at = self._guess(each, ranges=len(unlisted))
            if at is not None:
                return Cut(scan, at, is_guess=True)
        return None

    def guessed(self, scan: Scan, rest: Scan) -> None:
        """Take note that a range was cut off another one by a guess."""
        rest.guesses, rest.own = scan.guesses + 1, scan.own
        self.open_guesses += 1

    def expected(self, scan: Scan, sample: Sample) -> int:
        """Return how many keys a range probably still holds; reckoned anew when it has changed."""
        state = (scan.at, scan.until, sample, self._alphabet.lessons)
        if scan.expected is None or scan.expected[0] != state:
            keys = self._alphabet.keys_between(scan.prefix, scan.at, scan.until, sample)
            scan.expected = state, keys
        return scan.expected[1]

    def _worth(self, scans: Iterable[Scan]) -> Iterable[_Candidate]:
        """Yield the ranges that are worth being cut."""
        for scan in scans:
            if scan.sample is None:
                continue
            low, end = _inside(scan)
            span = Span(max(scan.after, scan.prefix), low, end, scan.met, scan.sample)
            keys, is_known = self.borders.keys_between(span)
            if keys >= WORTH * self.page_keys or (keys and not is_known):
                yield _Candidate(scan, scan.sample, keys, keys, is_at_border=True)
                continue
            keys = self._in_piece(scan, self.expected(scan, scan.sample))
            if keys >= WORTH * self.page_keys:
                trusted = min(keys, self.met * GALLOP) // GALLOP ** (scan.guesses + scan.misses)
                yield _Candidate(scan, scan.sample, keys, trusted)

    def _in_piece(self, scan: Scan, expected: int) -> int:
        """
        Return how many of the keys expected in a range probably lie before the next border.

        Directories are taken to be as large as those met so far.
        """
        if self._passed < SURE_PIECES or scan.until is None:
            return expected
        whole = self._met_in_pieces // self._passed
        most = whole - scan.own if scan.own < LARGER * whole else BEYOND * scan.own
        return min(expected, most)

    def _is_surveyed(self, each: _Candidate) -> bool:
        """Have the directories of a range surveyed, if that pays; tell whether that goes on."""
        return self.pages > SURE_PAGES and self.borders.ask_about(
            each.scan.prefix, each.sample, self.pages
        )

    def _guess(self, each: _Candidate, *, ranges: int) -> str | None:
        """Return a place to cut a range at beside so many others, if a guess is not too daring."""
        scan = each.scan
        most_open = FIRST_GUESSES + DARING * (self.pages - SURE_PAGES)
        is_much = not self.borders or each.keys >= MUCH * self.page_keys
        share = VAIN_SHARE_OF_FEW if is_much and ranges < FEW_OPEN else VAIN_SHARE
        is_vain = self._vain > VAIN + self.pages // share
        is_daring = self.open_guesses + self._vain >= most_open
        if is_daring or is_vain or scan.guesses >= GUESSES:
            return None
        # A thousand keys that were met do not tell much about a million.
        met = max(self.page_keys, scan.own) if self.borders else self.met
        most = met * GALLOP ** (scan.guesses + 1) // GALLOP**scan.misses
        keys = max(1, min(each.keys // 2, most))
        return self._alphabet.cut(scan.prefix, scan.at, scan.until, each.sample, keys)


def _inside(scan: Scan) -> tuple[str, str]:
    """Return the keys between which a range goes on, where no other directory's borders lie."""
    return max(scan.at, scan.prefix), scan.until or scan.prefix + BEHIND
