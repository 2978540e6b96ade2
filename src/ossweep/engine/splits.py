"""
Where to cut a range of keys in two, judged by the keys that a listing has shown.

Keys are read as numbers of mixed radix: the digits at each position are the characters that were
seen there, or are likely to come. A cut is then an interpolation between two such numbers, written
as a string again.

A wrong guess costs balance, never correctness: a listing may begin behind any string, and each key
lies on one side of it. What bounds a guess is elsewhere: the frontier trusts it only so far
(`frontier.GALLOP`), and learns from the first page behind a cut how good it was. No cut is longer
than the marker that OSS takes (`MARKER_BYTES`).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, zip_longest
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SOME = 50  # keys of a page that its directories are told by
LEARNED = 5  # keys of a page that the alphabet is learned from
SURE_WRAPS = 2  # times that a position must have begun anew before its last character is known
DEEPER = 10  # characters after two keys' common beginning that tell how far they are apart
FINER = 3  # characters by which a cut goes beyond what it has in common with the keys around it
MARKER_BYTES = 1023  # the most OSS takes: as many as a key may have

# Keys that hold one character of a kind are likely to hold the others. A kind is a run of codes:
# digits, a to f, the other letters (beside which a to f are likely as well).
_DIGITS, _HEX, _LETTERS = (range(ord(first), ord(last) + 1) for first, last in ("09", "af", "gz"))
_UPPER_HEX, _UPPER_LETTERS = (range(ord(first), ord(last) + 1) for first, last in ("AF", "GZ"))
_ASCII = (_DIGITS, _HEX, _LETTERS, _UPPER_HEX, _UPPER_LETTERS)
# Beyond ASCII a kind goes on from the least character that has been seen: Latin, other alphabets,
# the scripts of Asia up to kana, Han, Hangul, the rest of the first plane but for surrogates,
# emoji and historic scripts, rare Han.
_BEYOND = tuple(
    range(begin, end)
    for begin, end in (
        (0x80, 0x250),
        (0x250, 0x800),
        (0x800, 0x3000),
        (0x3000, 0xA000),
        (0xA000, 0xD800),
        (0xE000, 0x10000),
        (0x10000, 0x20000),
        (0x20000, 0x110000),
    )
)


@dataclass(frozen=True)
class Sample:
    """
    A stretch of keys that has been listed: how many there are from the first to the last.

    `some` are a few of them, at equal distances, the last one included.
    """

    keys: int
    first: str
    last: str
    some: tuple[str, ...] = ()

    @classmethod
    def of(cls, keys: Sequence[str]) -> Sample:
        """Return the sample that a page is."""
        some = (*keys[:: max(1, len(keys) // SOME)], keys[-1])
        return cls(len(keys), keys[0], keys[-1], some)


@dataclass
class _Place:
    """The characters seen at one position of keys: by kind, the codes from least to greatest."""

    characters: set[str] = field(default_factory=set)  # of ASCII: there are not many
    codes: dict[range, range] = field(default_factory=dict)
    # How often the position has begun anew behind a new character before it, as a counter does.
    # Then the last character seen is likely to be the last of all; otherwise more may come.
    wraps: int = 0
    order: _Order | None = None

    def meet(self, character: str) -> bool:
        """Take note of a character; return whether that changes anything."""
        if character in self.characters:
            return False
        code = ord(character)
        if code < _BEYOND[0].start:
            self.characters.add(character)
        kind = _kind_of(code)
        before = self.codes.get(kind, range(0))
        if code in before:
            return False
        start = min(before.start, code) if before else code
        self.codes[kind] = range(start, max(before.stop, code + 1))
        self.order = None
        return True

    def wrap(self) -> bool:
        """Take note that the position has begun anew; return whether that changes anything."""
        self.wraps += 1
        if self.wraps != SURE_WRAPS:
            return False
        self.order = None
        return True


class Alphabet:
    """
    The characters that keys have at each position, and keys as numbers written in them.

    Keys are compared character by character. So the distance between two keys is that between two
    numbers whose digits are the characters that may stand there; a missing character is zero.
    """

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._last = ""  # of the keys that were learned before
        self.lessons = 0  # how often something new has been learned
        self._scale: list[tuple[_Order, int]] = []
        self._is_scale_of = (0, 0)  # lessons and width

    def learn(self, keys: Sequence[str]) -> None:
        """Take note of the characters of a few keys of a page."""
        some = (*keys[:: max(1, len(keys) // LEARNED)], *keys[-1:])
        while len(self._places) < max(map(len, some)):
            self._places.append(_Place())
        for place, column in zip(self._places, zip_longest(*some, fillvalue=""), strict=False):
            for character in {*column} - place.characters - {""}:
                self.lessons += place.meet(character)
        for before, after in ((some[0], some[-1]), sorted((self._last, some[0]))):
            common = common_start(before, after)
            pairs = zip(self._places[common:], before[common:], after[common:], strict=False)
            for place, one, other in pairs:
                if one > other:
                    self.lessons += place.wrap()
        self._last = some[-1]

    def keys_between(self, prefix: str, low: str, end: str | None, sample: Sample) -> int:
        """Return how many keys come after `low` up to `end`, if they lie as in the sample."""
        width = self._width(sample)
        room = self._end(prefix, end, width) - self._number(low, width)
        return sample.keys * max(0, room) // self._extent(sample, width)

    def cut(self, prefix: str, low: str, end: str | None, sample: Sample, keys: int) -> str | None:
        """
        Return a string between `low` and `end` with about so many keys before it, if there is one.

        Any string is correct, because a listing can begin at any marker. Only the balance depends
        on what has been seen.
        """
        width = self._width(sample)
        step = max(1, keys * self._extent(sample, width) // sample.keys)
        at = self._number(low, width) + step
        if at >= self._end(prefix, end, width):
            return None
        found = self._string(at, width)
        found = found[: common_start(low, found) + FINER]
        found = found.encode()[:MARKER_BYTES].decode(errors="ignore")
        return found if low < found and (end is None or found < end) else None

    def _extent(self, sample: Sample, width: int) -> int:
        return max(1, self._number(sample.last, width) - self._number(sample.first, width))

    def _width(self, sample: Sample) -> int:
        return min(common_start(sample.first, sample.last) + DEEPER, len(self._places))

    def _number(self, key: str, width: int) -> int:
        number = 0
        for character, (order, worth) in zip(key, self._scale_of(width), strict=False):
            digit, is_known = order.digit(ord(character))
            number += digit * worth
            if not is_known:
                break  # nothing behind a character that is not in the alphabet counts
        return number

    def _scale_of(self, width: int) -> list[tuple[_Order, int]]:
        """Return what stands at each position of a number, and what its digit one is worth."""
        if self._is_scale_of != (self.lessons, width):
            orders = [self._order(position) for position in range(width)]
            worths = [*accumulate((order.radix for order in reversed(orders)), mul, initial=1)]
            self._scale = list(zip(orders, reversed(worths[:-1]), strict=True))
            self._is_scale_of = (self.lessons, width)
        return self._scale

    def _string(self, number: int, width: int) -> str:
        characters = []
        for position in reversed(range(width)):
            order = self._order(position)
            number, digit = divmod(number, order.radix)
            characters.append(order.character(digit))
        characters.reverse()
        # Nothing follows an absent character.
        return "".join(characters[: characters.index("") if "" in characters else width])

    def _end(self, prefix: str, end: str | None, width: int) -> int:
        if end is not None:
            return self._number(end, width)
        below = [order.radix * worth for order, worth in self._scale_of(width)[len(prefix) :][:1]]
        return self._number(prefix, width) + (below[0] if below else 1)

    def _order(self, position: int) -> _Order:
        place = self._places[position]
        if place.order is None:
            place.order = _Order(_completed(place.codes, wrapped=place.wraps >= SURE_WRAPS))
        return place.order


def common_start(one: str, other: str) -> int:
    """Return how many characters two keys have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


class _Order:
    """The characters that may stand at a position, as the digits of a number from 1 on."""

    def __init__(self, kinds: Iterable[range]) -> None:
        kinds = sorted(kinds, key=lambda kind: kind.start)
        self._kinds = kinds
        self._begins = [kind.start for kind in kinds]
        self._digits = [1, *(1 + count for count in accumulate(map(len, kinds)))]
        self.radix = self._digits[-1]

    def digit(self, code: int) -> tuple[int, bool]:
        """Return a character's digit, or that of the next one, and whether it is its own."""
        at = bisect_right(self._begins, code) - 1
        if at >= 0 and code < self._kinds[at].stop:
            return self._digits[at] + code - self._kinds[at].start, True
        return self._digits[at + 1], False

    def character(self, digit: int) -> str:
        """Return the character of a digit; zero has none."""
        if digit == 0:
            return ""
        at = bisect_right(self._digits, digit) - 1
        return chr(self._kinds[at].start + digit - self._digits[at])


def _kind_of(code: int) -> range:
    """Return the kind of a character; any other one stands for itself."""
    kinds = _ASCII if code < _BEYOND[0].start else _BEYOND
    return next((kind for kind in kinds if code in kind), range(code, code + 1))


def _completed(seen: Mapping[range, range], *, wrapped: bool) -> Iterator[range]:
    """Yield the codes that may stand where these have been seen, by kind."""
    for few, others in ((_HEX, _LETTERS), (_UPPER_HEX, _UPPER_LETTERS)):
        letters = [seen[kind] for kind in (few, others) if kind in seen]
        if sum(map(len, letters)) <= 1 and not (few in seen and _DIGITS in seen):
            yield from letters  # as in a word that all keys share
            continue
        yield few
        # Letters without digits beside them are no hexadecimal numbers.
        if others in seen or _DIGITS not in seen:
            yield others
    for kind, codes in seen.items():
        if kind == _DIGITS:
            yield codes if wrapped else kind  # of a counter's leading noughts, too
        elif kind not in _ASCII:
            yield range(codes.start, kind.stop) if len(codes) > 1 else codes
