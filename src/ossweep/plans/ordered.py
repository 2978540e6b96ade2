"""What a plan is of: its bucket, the order in short, when it was made, and where it was cut."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.conditions import Conditions

MOST_TOLD = 20  # prefixes, or lists
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "min": 60, "s": 1}
_DURATIONS = frozenset({"older_than", "newer_than"})
_TIMES = {"before": "older_than", "after": "newer_than"}  # as a request has them
_SIZES = ("at_least", "below")


@dataclass(frozen=True)
class OrderTold:
    """
    An order in short.

    `prefixes` hold its directories, too, and are one empty one for everything. So many `keys` and
    `lists` are named, `first_lists` among them. `made` is OSS's time, in Unix seconds, by which its
    objects are judged. `cut` is the sentence of the ceiling that has ended the plan, if one has.
    """

    bucket: str
    prefixes: Sequence[str] = ()
    keys: int = 0
    lists: int = 0
    first_lists: Sequence[str] = ()
    only: Conditions | None = None
    objects: int | None = None
    bytes: int | None = None
    loses_null_versions: bool = False
    made: int | None = None
    cut: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the order in the words of a request, of which it says the number of keys only."""
        limits = {"objects": self.objects, "bytes": self.bytes}
        most = {name: each for name, each in limits.items() if each is not None}
        is_all = "" in self.prefixes
        said: dict[str, Any] = {
            "everything": is_all,
            "prefix": [] if is_all else _told(self.prefixes, len(self.prefixes)),
            "keys": self.keys,
            "manifest": _told(self.first_lists, self.lists),
            "only": {} if self.only is None else conditions_told(self.only),
            "null_versions": "lose" if self.loses_null_versions else "",
            "limits": most,
        }
        return {"bucket": self.bucket, **{name: each for name, each in said.items() if each}}

    def advice(self) -> list[str]:
        """Say that the plan is not of all that was ordered, if a ceiling has cut it."""
        if self.cut is None:
            return []
        return [f"this is not all that was ordered: {self.cut}; what lies beyond stays"]


def conditions_told(only: Conditions) -> dict[str, Any]:
    """Return conditions in the words of a request."""
    said: dict[str, Any] = {}
    for each in fields(only):
        value, name = getattr(only, each.name), each.name.rstrip("_")
        if value is None or value is False or value == ():
            continue
        if name in _SIZES:
            said.setdefault("size", {})[name] = value
        elif name in _DURATIONS:
            said[name] = _duration(value)
        elif name in _TIMES:
            said[_TIMES[name]] = time_told(value)
        else:
            said[name] = dict(value) if name == "tags" else _plain(value)
    return said


def time_told(seconds: int | None) -> str | None:
    """Return a time as people write it, in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _duration(seconds: int) -> str:
    unit = next(each for each, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _told(names: Sequence[str], number: int) -> list[str]:
    """Return the first of so many names, and how many there are beside them."""
    first = list(names[:MOST_TOLD])
    more = number - len(first)
    return [*first, f"and {more:,} more"] if more > 0 else first
