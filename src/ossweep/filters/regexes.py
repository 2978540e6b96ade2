"""
Regular expressions on names, by RE2: no look-around and no back references, but linear time.

Where there are two readings, the object stays. In `match_regex` an expression has to match the
whole name, and its dot no line break; in `except_regex` (`widely`) it is enough that it is found
anywhere in the name, and its dot is any character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.filters.linear import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEMORY = 2**20  # bytes of one expression: there may be MOST_PATTERNS of them, twice


class Regexes:
    """Expressions of which one has to match. Raises ValueError, with RE2's reason."""

    is_quick = False

    def __init__(self, patterns: Sequence[str], *, widely: bool) -> None:
        expressions = [compiled(pattern, dot_is_any=widely, memory=_MEMORY) for pattern in patterns]
        self._found = [each.search if widely else each.fullmatch for each in expressions]

    def matches(self, name: str) -> object:
        """Tell whether a name matches; raises UnicodeEncodeError for one that is no UTF-8."""
        raw = name.encode()
        for found in self._found:  # noqa: SIM110 - `any` would cost a fifth more at each object
            if found(raw) is not None:
                return True
        return False
