"""
Lifecycle: the rule by which OSS would delete the same by itself, or why no rule can.

A rule knows prefixes, the age in days or a date, sizes and tags, and nothing else of an order. It
is told with what is different about it: a rule is no sweep, and replaces nothing but the sweep.

Sources: PutBucketLifecycle (2025-11), its errors 0014-00000087 (a date is a midnight in UTC) and
0014-00000041 (sizes), the limits of OSS (2026-02) and its fees (2026).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ossweep.conditions import Conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_RULES = 1_000  # of a bucket
FAST_REGIONS = frozenset(
    {
        "cn-hangzhou",
        "cn-shanghai",
        "cn-beijing",
        "cn-zhangjiakou",
        "cn-wulanchabu",
        "cn-shenzhen",
        "ap-southeast-1",
    }
)
_DAY = 86_400
_NOT_IN_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Fields of conditions that a rule can say. Any other one leaves no rule, also one that is new.
_SAYABLE = frozenset({"older_than", "before", "at_least", "below", "tags"})
# How a sentence names the others.
_BEYOND = {
    "newer_than": "an age that objects must not have (`newer_than`)",
    "after": "an age that objects must not have (`newer_than`)",
    "storage_class": "a storage class",
    "match": "patterns of names (`match`)",
    "except_": "patterns of names (`except`)",
    "match_regex": "patterns of names (`match_regex`)",
    "except_regex": "patterns of names (`except_regex`)",
    "keep_latest": "how many of a directory are to stay (`keep_latest`)",
    "skip_early_delete": "whether days are short (`skip_early_delete`)",
}


@dataclass(frozen=True)
class RuleScope:
    """What an order is about, as far as a rule could say it; each prefix is below no other."""

    prefixes: Sequence[str]
    only: Conditions | None = None
    named: bool = False  # keys or lists are in it, too
    versions: str = "current"


@dataclass(frozen=True)
class LifecycleRule:
    """
    The configuration that would do it, as XML, and in sentences what is different about it.

    Without a rule, `why_not` is the reason.
    """

    xml: str | None = None
    why_not: str | None = None
    differences: tuple[str, ...] = ()


def lifecycle_rule(
    scope: RuleScope,
    clock: int,
    *,
    region: str | None = None,
    protected: Sequence[str] = (),
    hierarchical: bool = False,
) -> LifecycleRule:
    """Return the rule for an order, whose job began at this time in Unix seconds."""
    why_not = _why_not(scope, protected, hierarchical=hierarchical)
    if why_not is not None:
        return LifecycleRule(why_not=why_not)
    only = scope.only or Conditions()
    rules = [
        _rule(number, prefix, only, clock, [each for each in protected if each.startswith(prefix)])
        for number, prefix in enumerate(scope.prefixes, 1)
    ]
    xml = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            "<LifecycleConfiguration>",
            *rules,
            "</LifecycleConfiguration>",
        ]
    )
    return LifecycleRule(xml, differences=(*_differences(only, clock), *_by_region(region)))


def _why_not(scope: RuleScope, protected: Sequence[str], *, hierarchical: bool) -> str | None:
    """Return the first reason why no rule deletes what the order would, and nothing else."""
    only = scope.only or Conditions()
    covered = any(each.startswith(tuple(protected)) for each in scope.prefixes)
    others = (each.name for each in fields(only) if each.name not in _SAYABLE)
    beyond = dict.fromkeys(
        _BEYOND.get(name, f"`{name.rstrip('_')}`") for name in others if getattr(only, name)
    )
    reasons = {
        "a bucket with a hierarchical namespace has no lifecycle rules": hierarchical,
        "a lifecycle rule goes by prefixes, and this order names keys or a list of them": (
            scope.named or not scope.prefixes
        ),
        "a lifecycle rule counts older versions from when they were overwritten": (
            scope.versions != "current"
        ),
        f"a bucket has no more than {MOST_RULES:,} lifecycle rules, and this order more prefixes": (
            len(scope.prefixes) > MOST_RULES
        ),
        "a prefix holds a character that XML, in which a rule is written, cannot carry": any(
            _NOT_IN_XML.search(prefix) for prefix in scope.prefixes
        ),
        "a prefix is protected": covered,
        "a lifecycle rule cannot spare the empty objects alone": only.at_least == 1,
        f"a lifecycle rule cannot say {' or '.join(beyond)}": bool(beyond),
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)


def _rule(number: int, prefix: str, only: Conditions, clock: int, protected: Sequence[str]) -> str:
    """Write one rule; what is protected below its prefix is left out."""
    expiration = (
        f"<Days>{_days(only.older_than)}</Days>"
        if only.older_than is not None
        else f"<CreatedBeforeDate>{_midnight(_end(only, clock))}</CreatedBeforeDate>"
    )
    sizes = [
        f"<{name}>{size}</{name}>"
        for name, size in (
            ("ObjectSizeGreaterThan", (only.at_least or 0) - 1),
            ("ObjectSizeLessThan", only.below or 0),
        )
        if size > 0
    ]
    spared = [f"<Not><Prefix>{escape(each)}</Prefix></Not>" for each in protected]
    lines = [
        f"<ID>ossweep-{number}</ID>",
        f"<Prefix>{escape(prefix)}</Prefix>",
        "<Status>Enabled</Status>",
        *(
            f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>"
            for key, value in only.tags
        ),
        *([f"<Filter>{''.join([*sizes, *spared])}</Filter>"] if sizes or spared else []),
        f"<Expiration>{expiration}</Expiration>",
    ]
    return "\n".join(["  <Rule>", *(f"    {line}" for line in lines), "  </Rule>"])


def _differences(only: Conditions, clock: int) -> list[str]:
    said = [
        "it replaces all rules that the bucket has: add them to it before you put it there",
        "it is loaded within 24 hours, runs once a day, and may take days",
        "it gives no answer, keeps no record, has no ceiling, and heeds none of ossweep's settings",
    ]
    end = _end(only, clock)
    if only.older_than is not None:
        said.append(
            "it goes on until somebody removes it: what is written from now on goes as well, "
            "once it is old enough"
        )
        if only.older_than % _DAY:
            said.append(f"it counts whole days, and so {_days(only.older_than)} of them")
    elif end % _DAY:
        said.append(f"its date is a midnight in UTC: what was written since {_midnight(end)} stays")
    said.append("it deletes from deep cold archives without a fee for the requests")
    return said


def _by_region(region: str | None) -> list[str]:
    if region is None:
        return []
    most = "1,000 million" if region in FAST_REGIONS else "100 million"
    fees = (
        "and each object of the other classes is a PUT request on the bill"
        if region.startswith("cn-") and region != "cn-hongkong"
        else "and its requests cost nothing in any class"
    )
    return [f"in {region} it deletes up to {most} objects in 24 hours, {fees}"]


def _end(only: Conditions, clock: int) -> int:
    """Return the time before which objects go that have no age of their own to reach."""
    return clock if only.before is None else min(only.before, clock)


def _days(seconds: int) -> int:
    return -(-seconds // _DAY)


def _midnight(seconds: int) -> str:
    day = datetime.fromtimestamp(seconds - seconds % _DAY, timezone.utc)
    return day.strftime("%Y-%m-%dT%H:%M:%S.000Z")
