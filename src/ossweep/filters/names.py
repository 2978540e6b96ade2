"""
Names: an object's key relative to each selector that takes it, against globs and expressions.

One of its names has to match both `match` and `match_regex`, since one selector has to take it with
all conditions; and it stays if any of its names is excepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ossweep.filters.globs import Globs
from ossweep.filters.ports import Whole
from ossweep.filters.reasons import EXCEPTED, NO_MATCH, UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ossweep.conditions import Conditions
    from ossweep.filters.ports import Overview, Subject


class Patterns(Protocol):
    """Patterns of which one has to match. `is_quick`: a look at each name of a page is cheap."""

    @property
    def is_quick(self) -> bool:
        """Tell whether it costs little to match a whole page."""

    @property
    def matches(self) -> Callable[[str], object]:
        """A function that tells whether a name matches; raises UnicodeEncodeError for no UTF-8."""

    def match_all(self, names: Sequence[str]) -> bool:
        """Tell whether all names match; raises as `matches` does."""


class Names:
    """Lets go what has a name that matches, and none that is excepted."""

    columns: frozenset[str] = frozenset()

    def __init__(self, conditions: Conditions) -> None:
        self._wanted = _patterns(conditions.match, conditions.match_regex, widely=False)
        self._unwanted = _patterns(conditions.except_, conditions.except_regex, widely=True)
        self._is_quick = all(each.is_quick for each in (*self._wanted, *self._unwanted))

    def reason_to_keep(self, found: Subject, clock: int, names: Sequence[str]) -> str | None:
        """Return whether no name of an object matches, or one is excepted."""
        del found, clock
        return self.reason(names)

    def reason(self, names: Sequence[str]) -> str | None:
        """Return why an object of these names stays; without a name it cannot be judged."""
        if not names:
            return UNJUDGED
        try:
            if not self._match_one_of(names):
                return NO_MATCH
            for patterns in self._unwanted:
                if any(map(patterns.matches, names)):
                    return EXCEPTED
        except UnicodeEncodeError:  # a key that OSS cannot hold
            return UNJUDGED
        return None

    def _match_one_of(self, names: Sequence[str]) -> bool:
        for name in names:
            for patterns in self._wanted:
                if not patterns.matches(name):
                    break
            else:
                return True
        return False

    def judge_page(self, page: Overview, clock: int, bases: Sequence[int] | None) -> Whole | None:
        """Judge a page of which each name is matched, as long as all are judged alike."""
        del clock
        if not (bases and self._is_quick):
            return None
        if len(bases) > 1:
            reasons = (self.reason([key[base:] for base in bases]) for key in page.keys)
            return _shared(reasons)
        names = [key[bases[0] :] for key in page.keys] if bases[0] else page.keys
        for patterns in self._wanted:
            if not patterns.match_all(names):
                return None if any(map(patterns.matches, names)) else Whole(NO_MATCH)
        for patterns in self._unwanted:
            if any(map(patterns.matches, names)):
                return Whole(EXCEPTED) if all(map(patterns.matches, names)) else None
        return Whole()


def _shared(reasons: Iterable[str | None]) -> Whole | None:
    """Return the judgement of all objects if it is the same for each."""
    each = iter(reasons)
    first = next(each)
    return Whole(first) if all(reason == first for reason in each) else None


def _patterns(
    globs: Sequence[str], regexes: Sequence[str], *, widely: bool
) -> tuple[Patterns, ...]:
    found: list[Patterns] = [Globs(globs, widely=widely)] if globs else []
    if regexes:
        from ossweep.filters.regexes import Regexes  # noqa: PLC0415 - few requests need RE2

        found.append(Regexes(regexes, widely=widely))
    return tuple(found)
