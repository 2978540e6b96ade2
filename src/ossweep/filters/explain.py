"""What each condition says of one object, for a person who asks why it goes or stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.conditions import Conditions
from ossweep.filters.latest import is_marker, reason_to_stay
from ossweep.filters.making import filters_of
from ossweep.filters.reasons import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ossweep.filters.ports import Subject

# The conditions by their names in a request, with the fields that hold them.
_CONDITIONS = {
    "older_than": ("older_than", "before"),
    "newer_than": ("newer_than", "after"),
    "size": ("at_least", "below"),
    "storage_class": ("storage_class",),
    "skip_early_delete": ("skip_early_delete",),
    "match": ("match",),
    "match_regex": ("match_regex",),
    "except": ("except_",),
    "except_regex": ("except_regex",),
}


@dataclass(frozen=True)
class Said:
    """The judgement of one condition: why it keeps an object, None if it lets it go."""

    condition: str
    reason: str | None


@dataclass(frozen=True)
class LookedUp:
    """
    What is known of an object beside its listing; None: not known, so the object stays.

    `no_tags` says why its tags are not known. `newer` is how many newer objects its directory
    holds, of those whose names match.
    """

    tags: Mapping[str, str] | None = None
    newer: int | None = None
    no_tags: str | None = None


def explain(
    asked: Conditions,
    found: Subject,
    clock: int,
    names: Sequence[str],
    also: LookedUp = LookedUp(),
) -> Iterator[Said]:
    """Yield what each condition that is asked for says of an object, in the filters' order."""
    empty = Conditions()
    for name, parts in _CONDITIONS.items():
        said = {part: getattr(asked, part) for part in parts}
        if all(value == getattr(empty, part) for part, value in said.items()):
            continue
        if name == "match_regex":
            said["match"] = asked.match  # one name has to match both
        yield Said(name, filters_of(replace(empty, **said)).reason_to_keep(found, clock, names))
    judge = filters_of(asked)
    if judge.tags is not None:
        yield Said("tags", also.no_tags or judge.tags.reason_to_keep(also.tags))
    if judge.keep_latest is not None:
        is_one = judge.counts_as_latest(names)
        yield Said("keep_latest", _reason_of_latest(found, also, judge.keep_latest, is_one=is_one))


def _reason_of_latest(found: Subject, also: LookedUp, most: int, *, is_one: bool) -> str | None:
    """Return why one of the latest stays, or a marker; `is_one` tells whether it counts as one."""
    if is_marker(found.key):
        return reason_to_stay(found.key)
    if not is_one:
        return None
    if also.newer is None:
        return UNJUDGED
    return reason_to_stay(found.key) if also.newer < most else None
