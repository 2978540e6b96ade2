"""
Patterns of keys with named parts, such as `videos/{id}.mp4`, and where two of them meet.

No part holds a slash, so key and pattern are cut at their slashes and matched piece by piece. In a
piece each text between two parts is looked for once, at its earliest place and at its latest one:
nothing is ever tried again, and if the two differ, the key can be read in two ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NEVER = frozenset({".", ".."})  # as a part of a key they lead elsewhere in many tools


@dataclass(frozen=True)
class Pattern:
    """
    A key in which `{name}` stands for one or more characters, none of them a slash.

    Raises ValueError, with a sentence, for braces that are no part, for a part that stands twice,
    and for parts that touch each other, between which there is no clear border.
    """

    text: str

    def __post_init__(self) -> None:
        rest = _PART.sub("", self.text)
        if "{" in rest or "}" in rest:
            raise ValueError("a part is written {name}, with small letters, digits and underscores")
        if "}{" in self.text:
            raise ValueError("two parts touch each other; write something between them")
        if len(set(self.parts)) < len(self.parts):
            raise ValueError("a part stands twice; give each its own name")

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the parts, in their order."""
        return tuple(_PART.findall(self.text))

    def match(self, key: str) -> Mapping[str, str] | None:
        """
        Return the values of the parts in a key, or None.

        A key that can be read in two ways matches nothing, and neither does one in which a part
        would be `.` or `..`.
        """
        pieces = key.split("/")
        if len(pieces) != len(self._directories):
            return None
        found: list[str] = []
        for texts, piece in zip(self._directories, pieces, strict=True):
            between = _between(texts, piece)
            if between is None:
                return None
            found += between
        return None if _NEVER.intersection(found) else dict(zip(self.parts, found, strict=True))

    def fill(self, parts: Mapping[str, str]) -> str:
        """Return the key with its parts filled in."""
        return _PART.sub(lambda part: parts[part[1]], self.text)

    def meets(self, other: Pattern, *, below: bool) -> bool:
        """
        Tell whether a key exists that both match.

        With `below`, this pattern stands for everything that begins with what it matches.
        """
        return _meet([*self._steps(), *([_ANY] if below else [])], other._steps())

    @cached_property
    def _directories(self) -> tuple[tuple[str, ...], ...]:
        """The texts around the parts, for each piece between two slashes."""
        pieces = _PART.sub("{}", self.text).split("/")
        return tuple(tuple(piece.split("{}")) for piece in pieces)

    def _steps(self) -> list[str]:
        pieces = _PART.split(self.text)
        steps: list[str] = []
        for number, piece in enumerate(pieces):
            steps += [_ONE, _MORE] if number % 2 else piece
        return steps


def _between(texts: tuple[str, ...], piece: str) -> list[str] | None:
    """Return the values between texts, or None if a piece can be read in no way or in several."""
    if len(texts) == 1:
        return [] if piece == texts[0] else None
    earliest = _places(texts, piece)
    mirrored = _places(tuple(text[::-1] for text in reversed(texts)), piece[::-1])
    latest = [(len(piece) - end, len(piece) - begin) for begin, end in reversed(mirrored)]
    if not earliest or earliest != latest:
        return None
    return [piece[begin:end] for begin, end in earliest]


def _places(texts: tuple[str, ...], piece: str) -> list[tuple[int, int]]:
    """Return where each part begins and ends, if each ends as early as it can; empty: nowhere."""
    first, *middle, last = texts
    end = len(piece) - len(last)
    if not (piece.startswith(first) and piece.endswith(last)):
        return []
    places: list[tuple[int, int]] = []
    begin = len(first)
    for text in middle:
        at = piece.find(text, begin + 1, end)
        if at < 0:
            return []
        places.append((begin, at))
        begin = at + len(text)
    return [*places, (begin, end)] if begin < end else []


_ONE = "one"  # one character, but no slash
_MORE = "more"  # any number of characters, but no slash
_ANY = "any"  # any number of characters
_REPEATED = frozenset({_MORE, _ANY})


def _meet(left: list[str], right: list[str]) -> bool:
    """Walk both side by side, over every way in which repeated steps can end."""
    seen: set[tuple[int, int]] = set()
    todo = [(0, 0)]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        a, b = here
        if a == len(left) and b == len(right):
            return True
        if a < len(left) and left[a] in _REPEATED:
            todo.append((a + 1, b))
        if b < len(right) and right[b] in _REPEATED:
            todo.append((a, b + 1))
        if a < len(left) and b < len(right) and _agree(left[a], right[b]):
            todo.append((a + (left[a] not in _REPEATED), b + (right[b] not in _REPEATED)))
    return False


def _agree(one: str, other: str) -> bool:
    """Tell whether one character fits both steps."""
    if len(one) == 1 and len(other) == 1:
        return one == other
    if len(other) == 1:
        one, other = other, one
    if len(one) == 1:
        return one != "/" or other == _ANY
    return True
