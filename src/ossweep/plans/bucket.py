"""
The bucket of a plan: how it is, what can come back, and what would go by itself.

Whatever was not looked at is named with the reason: a plan is no worse for a look that was refused,
and nobody takes an unknown for a no.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ossweep.conditions import Conditions
from ossweep.names import in_quotes
from ossweep.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.plans.lifecycle import RuleScope

NO_PERMISSION = "no permission"
NO_TIME_LEFT = "no time"
# The looks at a bucket, and the action that each of them has to be allowed.
ACTIONS = {
    "info": "oss:GetBucketInfo",
    "versioning": "oss:GetBucketVersioning",
    "retention": "oss:GetBucketWorm",
    "share": "oss:GetBucketStat",
    "lifecycle": "oss:GetBucketLifecycle",
    "tags": "oss:GetBucketTagging",
}
ENABLED, SUSPENDED = "Enabled", "Suspended"
MOST_RULES_TOLD = 20
LEAST_TOLD = 0.001  # of the bucket's objects, or bytes
_DAY = 86_400


@dataclass(frozen=True)
class Taken:
    """What a plan takes of its bucket; its ends are times of modification in Unix seconds."""

    scope: RuleScope
    clock: int
    objects: int
    bytes: int
    oldest: int | None = None
    newest: int | None = None


@dataclass(frozen=True)
class Retention:
    """A retention policy: nothing goes within so many days of when it was last written."""

    state: str
    days: int

    @property
    def is_locked(self) -> bool:
        """Whether nobody can take it away any more."""
        return self.state == "Locked"


@dataclass(frozen=True)
class BucketRule:
    """
    A lifecycle rule that is switched on, as far as it deletes.

    It takes objects `days` after they were last written, those written `before` a time, or all of
    them `since` one, and versions `noncurrent_days` after they were replaced or deleted; None: it
    does not. Sizes are larger than `above` and less than `below`, all of the tags are there, and
    what begins with one of `spared` may stay.
    """

    id: str
    prefix: str = ""
    days: int | None = None
    before: int | None = None
    since: int | None = None
    noncurrent_days: int | None = None
    tags: frozenset[tuple[str, str]] = frozenset()
    above: int | None = None
    below: int | None = None
    spared: tuple[str, ...] = ()

    @property
    def deletes(self) -> bool:
        """Whether it deletes objects, and not only older versions of them."""
        return any(each is not None for each in (self.days, self.before, self.since))

    def touches(self, scope: RuleScope) -> bool:
        """Tell whether it may take anything of what an order takes."""
        return scope.named or any(
            each.startswith(self.prefix) or self.prefix.startswith(each) for each in scope.prefixes
        )

    def holds(self, scope: RuleScope, only: Conditions, prefix: str) -> bool:
        """Tell whether all that an order takes below a prefix is its own, whenever it takes it."""
        is_within = prefix.startswith(self.prefix) and not (scope.named and self.prefix)
        is_spared = any(each.startswith(prefix) or prefix.startswith(each) for each in self.spared)
        is_large = self.above is None or (only.at_least or 0) > self.above
        is_small = self.below is None or (only.below is not None and only.below <= self.below)
        return is_within and not is_spared and is_large and is_small and self.tags <= {*only.tags}

    def document(self, *, takes_all: bool) -> dict[str, Any]:
        """Return it as JSON values."""
        when = {"days": self.days, "before": _day(self.before), "since": _day(self.since)}
        told = {**when, "noncurrent_days": self.noncurrent_days}
        return {
            "id": self.id,
            "prefix": self.prefix,
            **{name: value for name, value in told.items() if value is not None},
            "takes": "all" if takes_all else "part",
        }


@dataclass(frozen=True)
class BucketFacts:
    """
    A bucket as it is.

    `versioning` is OSS's word, "" if it never had any, `objects` and `bytes` are those that OSS
    counts in it, and may be an hour old. None is not known: why, `not_looked_at` says by the names
    of the looks. Without `retention`, and without that, there is none.
    """

    versioning: str | None = None
    hierarchical: bool | None = None
    retention: Retention | None = None
    objects: int | None = None
    bytes: int | None = None
    storage_class: str | None = None
    region: str | None = None
    rules: tuple[BucketRule, ...] = ()
    tags: Mapping[str, str] | None = None
    not_looked_at: Mapping[str, str] = field(default_factory=dict)

    def document(self, taken: Taken) -> dict[str, Any]:
        """Return it as JSON values, with the share of it that a plan takes."""
        touching = [each for each in self.rules if each.touches(taken.scope)]
        retention = self.retention
        return {
            "versioning": "none" if self.versioning == "" else self.versioning,
            "hierarchical": self.hierarchical,
            "retention": retention and {"state": retention.state, "days": retention.days},
            "share": self._share(taken),
            "counted": None
            if self.objects is None or self.bytes is None
            else {"objects": self.objects, "bytes": self.bytes},
            "storage_class": self.storage_class,
            "region": self.region,
            "tags": None if self.tags is None else dict(self.tags),
            "lifecycle": [
                each.document(takes_all=bool(_covering([each], taken)))
                for each in touching[:MOST_RULES_TOLD]
            ],
            "not_looked_at": dict(self.not_looked_at),
        }

    def advice(self, taken: Taken) -> list[str]:
        """Return what else there is to know of it, in sentences, the most important first."""
        said = [
            self._what_comes_back(taken),
            self._what_retention_holds(taken),
            self._by_the_lifecycle(taken),
            self._of_the_namespace(),
            self._of_the_share(taken),
            self._what_was_not_looked_at(),
        ]
        return [each for each in said if each is not None]

    def _what_comes_back(self, taken: Taken) -> str:
        if self.versioning is None:
            why = self.not_looked_at.get("versioning", NO_TIME_LEFT)
            return f"whether anything can come back is not known: versioning not looked at: {why}"
        if self.versioning == ENABLED:
            return (
                "the bucket keeps versions: a deletion lays a delete marker on each object, and "
                f"all of them can come back {self._until_versions_go(taken)}"
            )
        if self.versioning == SUSPENDED:
            return (
                "the bucket's versioning is suspended: versions written while it was on can come "
                "back, and an object's null version, written before or after that, is lost for "
                'good; a job stops before it deletes anything unless its request says "null_'
                'versions": "lose"'
            )
        return "the bucket keeps no versions: nothing that is deleted can come back"

    def _until_versions_go(self, taken: Taken) -> str:
        if "lifecycle" in self.not_looked_at:
            why = self.not_looked_at["lifecycle"]
            return f"unless its lifecycle removes the versions (not looked at: {why})"
        ending = [
            (each.noncurrent_days, each.id)
            for each in self.rules
            if each.noncurrent_days is not None and each.touches(taken.scope)
        ]
        if not ending:
            return (
                "until somebody removes the versions, which no rule of its lifecycle does, and "
                "which are paid for until then"
            )
        days, name = min(ending)
        return (
            f"until its lifecycle removes the first of the versions, {counted(days, 'day')} after "
            f"they were deleted (rule {in_quotes(name)})"
        )

    def _what_retention_holds(self, taken: Taken) -> str | None:
        found = self.retention
        if found is None:
            return None
        held = found.days * _DAY
        lock = "" if found.is_locked else ", which is not locked yet and holds all the same,"
        rule = (
            f"a retention policy{lock} keeps each object for {counted(found.days, 'day')} after it "
            "was last written: OSS answers FileImmutable to its deletion until then"
        )
        if taken.newest is not None and taken.newest + held <= taken.clock:
            return f"{rule}; all of these are older"
        if taken.oldest is None or taken.oldest + held <= taken.clock:
            return f"{rule}; what was written since {_day(taken.clock - held)} stays"
        return f"{rule}; none of these can be deleted before {_day(taken.oldest + held)}"

    def _by_the_lifecycle(self, taken: Taken) -> str | None:
        whole = _covering(self.rules, taken)
        if whole:
            rules = ", ".join(dict.fromkeys(in_quotes(each.id) for each in whole))
            when = " and ".join(dict.fromkeys(_when(each, taken) for each in whole))
            return f"the bucket's lifecycle would delete all of these anyway (rule {rules}): {when}"
        partly = [each for each in self.rules if each.deletes and each.touches(taken.scope)]
        if not partly or taken.scope.versions != "current":
            return None
        rules = ", ".join(in_quotes(each.id) for each in partly[:MOST_RULES_TOLD])
        return f"the bucket's lifecycle may delete a part of these anyway (rule {rules})"

    def _of_the_namespace(self) -> str | None:
        if not self.hierarchical:
            return None
        return (
            "the bucket's namespace is hierarchical: it has no batches, so that each object and "
            "each directory goes alone, by a request of its own, and a directory only once nothing "
            "is left in it"
        )

    def _share(self, taken: Taken) -> dict[str, float] | None:
        """Return the share of the bucket; None if it is unknown, or counted before the plan was."""
        if self.objects is None or self.bytes is None or not self.objects:
            return None
        if taken.objects > self.objects or taken.bytes > self.bytes:
            return None
        of_bytes = taken.bytes / self.bytes if self.bytes else 0.0
        return {"objects": taken.objects / self.objects, "bytes": of_bytes}

    def _of_the_share(self, taken: Taken) -> str | None:
        if self.objects is None or self.bytes is None or not taken.objects:
            return None
        if self._share(taken) is None:
            return self._why_no_share(self.objects, self.bytes)
        of_bytes = f", and {_percent(taken.bytes, self.bytes)} of its bytes" if self.bytes else ""
        those = "object" if self.objects == 1 else f"{self.objects:,} objects"
        return (
            f"{_are(taken)} {_percent(taken.objects, self.objects)} of the {those} in the "
            f"bucket{of_bytes}, as OSS counts them, which may be an hour old"
        )

    @staticmethod
    def _why_no_share(objects: int, size: int) -> str:
        """Say that the count is older than what is planned."""
        return (
            f"no share of the bucket is told: OSS counts {counted(objects, 'object')} and "
            f"{size:,} bytes in it, less than the plan has met, for its count may be an hour old"
        )

    def _what_was_not_looked_at(self) -> str | None:
        if not self.not_looked_at:
            return None
        told = ", ".join(f"{name} ({why})" for name, why in self.not_looked_at.items())
        denied = [name for name, why in self.not_looked_at.items() if why == NO_PERMISSION]
        help_ = f"; allow {', '.join(ACTIONS[name] for name in denied)}" if denied else ""
        return f"not looked at in the bucket: {told}{help_}"


def _covering(rules: Sequence[BucketRule], taken: Taken) -> list[BucketRule]:
    """Return the first rule for each prefix that deletes all of it; none if one has no such."""
    scope, only = taken.scope, taken.scope.only or Conditions()
    if scope.versions != "current":
        return []  # a rule counts them from when they were replaced
    prefixes = [*scope.prefixes, *([""] if scope.named else [])]
    found = [
        next(
            (
                each
                for each in rules
                if each.holds(scope, only, prefix) and _takes_each(each, only, taken.clock)
            ),
            None,
        )
        for prefix in prefixes
    ]
    every = [each for each in found if each is not None]
    return every if len(every) == len(found) else []


def _takes_each(rule: BucketRule, only: Conditions, clock: int) -> bool:
    """Tell whether a rule takes each object of an order in the end, by when it was written."""
    if rule.days is not None or rule.since is not None:
        return True
    ends = (clock, only.before, None if only.older_than is None else clock - only.older_than)
    return rule.before is not None and min(e for e in ends if e is not None) <= rule.before


def _when(rule: BucketRule, taken: Taken) -> str:
    if rule.days is None:
        is_later = rule.since is not None and rule.since > taken.clock
        return f"from {_day(rule.since)} on" if is_later else "at its next runs"
    last = (
        "" if taken.newest is None else f", the last from {_day(taken.newest + rule.days * _DAY)}"
    )
    return f"each from {counted(rule.days, 'day')} after it was last written{last} on"


def _day(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):  # 25,550 days of retention end in the calendar
        return "the end of the calendar"


def _are(taken: Taken) -> str:
    return "this is" if taken.objects == 1 else "these are"


def _percent(part: int, whole: int) -> str:
    """Return a share that is never 0 of something, and never 100 of less than all."""
    least = f"{LEAST_TOLD:.1%}"
    if part and part < LEAST_TOLD * whole:
        return f"less than {least}"
    if part < whole and whole - part < LEAST_TOLD * whole:
        return f"more than {1 - LEAST_TOLD:.1%}"
    return f"{part / whole:.1%}"
