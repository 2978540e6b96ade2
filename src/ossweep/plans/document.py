"""The plan as a document: what a dry run answers of it, in figures that anybody can add up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ossweep.plans.directories import NOTHING, Amount, by_rank, grouped
from ossweep.plans.levels import whole_levels
from ossweep.plans.ordered import time_told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.plans.bill import Between, Duration, Money, RequestsNeeded
    from ossweep.plans.census import Census
    from ossweep.plans.early import EarlyDeletion
    from ossweep.plans.lifecycle import LifecycleRule
    from ossweep.plans.ordered import OrderTold
    from ossweep.plans.siblings import BelowNamed, Siblings

MOST_SHOWN = 20  # directories of one
MOST_OF_LEVEL = 1_000  # directories of one level, of which each above it has the same number


@dataclass(frozen=True)
class Plan:
    """
    A plan that is listed to its end.

    `bucket` says how the bucket is, and what was not looked at; `advice` holds further sentences.
    """

    id: str | None  # None: it is not kept
    ordered: OrderTold
    census: Census
    early: EarlyDeletion
    requests: RequestsNeeded
    duration: Duration
    skipped: Mapping[str, int] = field(default_factory=dict)
    siblings: Sequence[Siblings] = ()
    below: Sequence[BelowNamed] = ()
    bucket: Mapping[str, Any] = field(default_factory=dict)
    money: Money | None = None
    lifecycle: LifecycleRule | None = None
    advice: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        census, told = self.census, [each for each in self.siblings if each.is_surprising]
        return {
            "id": self.id,
            "order": self.ordered.document(),
            "made": time_told(self.ordered.made),
            "cut": self.ordered.cut,
            "digest": census.digest.sum,
            "objects": census.digest.objects,
            "bytes": census.digest.bytes,
            "by_storage_class": {
                name: _amount(each) for name, each in by_rank(census.by_class, len(census.by_class))
            },
            "by_directory": _directories(census),
            "oldest": time_told(census.oldest),
            "newest": time_told(census.newest),
            "first": census.first,
            "last": census.last,
            "sample": sorted(each.key for each in census.sample),
            "skipped_because": dict(self.skipped),
            "siblings": [*map(_siblings, told), *map(_below, self.below)],
            "bucket": dict(self.bucket),
            "early_delete": _early(self.early),
            "requests": {"put": _between(self.requests.put), "get": self.requests.looks},
            "seconds": _between(self.duration.seconds),
            "invocations": _between(self.duration.invocations),
            "objects_a_second": _between(self.duration.rate),
            **({} if self.money is None else {"money": _money(self.money)}),
            "advice": [
                *self.ordered.advice(),
                *(each.sentence() for each in told),
                *(each.sentence() for each in self.below),
                *self.advice,
            ],
            "lifecycle": _lifecycle(self.lifecycle),
        }


Below = dict[str, list[tuple[str, Amount]]]  # the largest directories of each, in order


def _directories(census: Census) -> dict[str, Any]:
    """Return the largest of the first level with what is below them, and the rest as sums."""
    levels = whole_levels(census.directories)
    first = levels[0]
    shown = list(by_rank(first.largest, MOST_SHOWN))
    named = sum(first.largest.values(), NOTHING)
    small = len(first.largest) - len(shown) + first.others
    in_shown = sum((each for _, each in shown), NOTHING)
    inside = named + first.in_others
    below = [_told(each.largest) for each in levels[1:]]
    return {
        "largest": [_directory(name, amount, below) for name, amount in shown],
        "others": {"directories": small, **_amount(inside - in_shown)},
        "in_none": _amount(Amount(census.digest.objects, census.digest.bytes) - inside),
        "is_exact": all(each.is_exact for each in levels),
    }


def _told(level: Mapping[str, Amount]) -> Below:
    """Return the directories of a level that are told of: of each above it as many, at the most."""
    groups = grouped(level)
    most = next(
        number
        for number in range(MOST_SHOWN, 0, -1)
        if number == 1 or sum(min(number, len(each)) for each in groups.values()) <= MOST_OF_LEVEL
    )
    return {name: list(by_rank(group, most)) for name, group in groups.items()}


def _directory(name: str, amount: Amount, below: Sequence[Below]) -> dict[str, Any]:
    said: dict[str, Any] = {"directory": name, **_amount(amount)}
    found = below[0].get(name, ()) if below else ()
    if found:
        said["largest"] = [_directory(*each, below[1:]) for each in found]
        named = sum((each for _, each in found), NOTHING)
        if named != amount:
            said["others"] = _amount(amount - named)
    return said


def _siblings(found: Siblings) -> dict[str, Any]:
    return {
        "prefix": found.prefix,
        "within": _amount(found.within),
        "beside": _amount(found.beside),
        "named": {name: _amount(each) for name, each in found.named.items()},
    }


def _below(found: BelowNamed) -> dict[str, Any]:
    return {
        "key": found.key,
        "is_object": found.is_there,
        "below": _amount(found.below),
        "at_least": found.more,
    }


def _early(found: EarlyDeletion) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, each in sorted(found.short.items()):
        least, most = each.gb_days
        said[name] = {
            "objects": each.objects,
            "gb_days": {"at_least": round(least, 3), "at_most": round(most, 3)},
        }
    for name, number in sorted(found.unknown.items()):
        said[name] = {"objects": number, "gb_days": None}
    return said


def _money(found: Money) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "early_delete": _between(found.early),
        "requests": _between(found.requests),
        "without": list(found.unpriced),
    }


def _lifecycle(found: LifecycleRule | None) -> dict[str, Any] | None:
    if found is None:
        return None
    if found.xml is None:
        return {"rule": None, "why": found.why_not}
    return {"rule": found.xml, "differences": list(found.differences)}


def _amount(amount: Amount) -> dict[str, int]:
    return {"objects": amount.objects, "bytes": amount.bytes}


def _between(found: Between) -> dict[str, Any]:
    """Return bounds; money goes as digits, which no JSON tool rounds."""
    least, most = found.at_least, found.at_most
    if isinstance(least, int) and isinstance(most, int):
        return {"at_least": least, "at_most": most}
    return {"at_least": f"{least:.4f}", "at_most": f"{most:.4f}"}
