"""Patterns of keys with named parts, such as `videos/{id}.mp4`, and where two of them meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_PART = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_NEVER = frozenset({".", ".."})  # as a part of a key they lead elsewhere in many tools


@dataclass(frozen=True)
class Pattern:
    """
    A key in which `{name}` stands for one or more characters, none of them a slash.

    Raises ValueError, with a sentence, for braces that are no part, a part that stands twice, and
    parts that touch each other, whose border nobody could tell.
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

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the parts, in their order."""
        return tuple(_PART.findall(self.text))

    def match(self, key: str) -> Mapping[str, str] | None:
        """
        Return what the parts stand for in a key, or None.

        A key that can be read in two ways matches nothing, and neither does one in which a part
        would be `.` or `..`.
        """
        greedy = re.fullmatch(self._expression("[^/]+"), key)
        lazy = re.fullmatch(self._expression("[^/]+?"), key)
        if greedy is None or lazy is None or greedy.groupdict() != lazy.groupdict():
            return None
        parts = greedy.groupdict()
        return None if _NEVER.intersection(parts.values()) else parts

    def fill(self, parts: Mapping[str, str]) -> str:
        """Return the key with its parts filled in."""
        return _PART.sub(lambda part: parts[part[1]], self.text)

    def meets(self, other: Pattern, *, below: bool) -> bool:
        """
        Tell whether a key exists that both match.

        With `below`, this pattern stands for everything that begins with what it matches.
        """
        return _meet([*self._steps(), *([_ANY] if below else [])], other._steps())

    def _expression(self, part: str) -> str:
        pieces = _PART.split(self.text)  # text, name, text, name, ..., text
        return "".join(
            f"(?P<{piece}>{part})" if number % 2 else re.escape(piece)
            for number, piece in enumerate(pieces)
        )

    def _steps(self) -> list[str]:
        pieces = _PART.split(self.text)
        steps: list[str] = []
        for number, piece in enumerate(pieces):
            steps += [_ONE, _MORE] if number % 2 else piece
        return steps


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
