r"""
Regular expressions on names, by RE2: no look-around and no back references, but linear time.

Where there are two readings, the object stays. In `match_regex` an expression has to match the
whole name, and its dot no line break; in `except_regex` (`widely`) it is enough that it is found
anywhere in the name, and its dot is any character. RE2's `\w`, `\d`, `\s` and `\b` know ASCII only,
those of other tools all alphabets: so a name beyond ASCII is excepted by either, and matched by
none of which RE2's reading lets more go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ossweep.filters.linear import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MEMORY = 2**20  # bytes of one expression: there may be MOST_PATTERNS of them, twice
_PARTS = re.compile(
    r"(?s)\\Q.*?(?:\\E|\Z)|\\[pPx]\{[^}]*\}|\\.|\[:\^?[a-z]*:\]|\[\^?\]?|\]|[^\\\[\]]+"
)
# What is in a class by Unicode and not by ASCII.
_WIDER = {
    r"\w": r"\w\pL\pM\p{Nd}\p{Pc}",
    r"\d": r"\d\p{Nd}",
    r"\s": r"\s\pZ\v\x{1c}-\x{1f}\x{85}",
}
_BORDERS = {r"\b", r"\B"}  # which only one of the readings may see
_NEGATED = {r"\W", r"\D", r"\S"}


class Regexes:
    """Expressions of which one has to match. Raises ValueError, with RE2's reason."""

    is_quick = False

    def __init__(self, patterns: Sequence[str], *, widely: bool) -> None:
        if widely:
            by_either = dict.fromkeys([*patterns, *map(_by_unicode, patterns)])
        else:
            by_either = dict.fromkeys(each for each in patterns if not _takes_more(each))
        self._found = _finders(patterns, widely=widely)
        self._found_beyond_ascii = _finders(by_either, widely=widely)

    def match_all(self, names: Sequence[str]) -> bool:
        """Tell whether all names match; raises as `matches` does."""
        return all(map(self.matches, names))

    def matches(self, name: str) -> object:
        """Tell whether a name matches; raises UnicodeEncodeError for one that is no UTF-8."""
        raw = name.encode()
        expressions = self._found if name.isascii() else self._found_beyond_ascii
        for found in expressions:  # noqa: SIM110 - `any` would cost a fifth more at each object
            if found(raw) is not None:
                return True
        return False


def _finders(patterns: Iterable[str], *, widely: bool) -> list[Any]:
    expressions = [compiled(pattern, dot_is_any=widely, memory=_MEMORY) for pattern in patterns]
    return [each.search if widely else each.fullmatch for each in expressions]


def _by_unicode(pattern: str) -> str:
    """Return an expression that finds all that this one finds where it reads all alphabets."""
    texts = []
    for part, opened in _parts(pattern):
        if part in _WIDER:
            texts.append(_WIDER[part] if opened else f"[{_WIDER[part]}]")
        else:
            texts.append("(?:)" if part in _BORDERS else part)
    return "".join(texts)


def _takes_more(pattern: str) -> bool:
    """Tell whether an expression may match more where it reads ASCII only."""
    return any(
        part in _BORDERS | _NEGATED or (part in _WIDER and opened.startswith("[^"))
        for part, opened in _parts(pattern)
    )


def _parts(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of an expression, each with what opened the class that it stands in."""
    opened = ""
    for part in _PARTS.findall(pattern):
        if opened and part == "]":
            opened = ""
        yield part, opened
        if not opened and part.startswith("["):
            opened = part
