"""
The settings of a bucket, as OSS's answers tell them: for plans, and for consent.

Sources: the vendor's pages GetBucketInfo, GetBucketStat, GetBucketWorm (2026-06),
GetBucketLifecycle and GetBucketTags (2024-04). A bucket without tags answers with an empty
`Tagging`; without a retention policy or rules it answers 404.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar
from xml.etree import ElementTree as ET

from ossweep.errors import NO_SUCH_REQUEST, Closed, Scope, StoreError
from ossweep.plans.bucket import NO_PERMISSION, NO_TIME_LEFT, BucketFacts, BucketRule, Retention
from ossweep.store.versioning import read_state

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ossweep.store.store import OssStore

T = TypeVar("T")

NO_RETENTION = frozenset({"NoSuchWORMConfiguration", "WormConfigurationNotFoundError"})
NO_RULES = frozenset({"NoSuchLifecycle"})
_SIZES = ("ObjectSizeGreaterThan", "ObjectSizeLessThan")
_LARGEST = 10**18  # that a number of these is


@dataclass(frozen=True)
class _Info:
    hierarchical: bool
    storage_class: str | None
    region: str | None
    versioning: str | None


@dataclass
class _LooksAtBucket:
    """Looks at a bucket's settings, one attempt each, and why some were not answered."""

    store: OssStore
    failed: dict[str, str] = field(default_factory=dict)

    def at(
        self,
        name: str,
        setting: str,
        read: Callable[[bytes], T],
        none: T | None = None,
        codes: frozenset[str] = frozenset(),
    ) -> T | None:
        """Return what a setting is, `none` where OSS says by a code that there is none."""
        try:
            return read(self.store.setting(setting, attempts=1))
        except Closed as closed:
            self.failed[name] = str(closed) or NO_TIME_LEFT
        except StoreError as error:
            if error.code in codes:
                return none
            self.failed[name] = NO_PERMISSION if error.code == "AccessDenied" else error.code
        return None


def bucket_facts(store: OssStore) -> BucketFacts:
    """Look at a bucket's settings, at each once and without another try; raises nothing."""
    looks = _LooksAtBucket(store)
    info = looks.at("info", "bucketInfo", _read_info)
    is_hierarchical = info is not None and info.hierarchical
    # Such a bucket has neither versions nor retention nor rules, and no request for them.
    lacks = NO_SUCH_REQUEST if is_hierarchical else frozenset()
    versioning = looks.at("versioning", "versioning", read_state, "", lacks)
    if versioning is None and info is not None and info.versioning:
        versioning = info.versioning
        del looks.failed["versioning"]
    retention = looks.at("retention", "worm", _read_retention, None, NO_RETENTION | lacks)
    counted = looks.at("share", "stat", _read_stat)
    rules = looks.at("lifecycle", "lifecycle", _read_rules, None, NO_RULES | lacks)
    tags = looks.at("tags", "tagging", read_bucket_tags)
    return BucketFacts(
        versioning=versioning,
        hierarchical=None if info is None else info.hierarchical,
        retention=retention,
        objects=None if counted is None else counted[0],
        bytes=None if counted is None else counted[1],
        storage_class=None if info is None else info.storage_class,
        region=None if info is None else info.region,
        rules=rules or (),
        tags=tags,
        not_looked_at=looks.failed,
    )


def read_bucket_tags(body: bytes) -> Mapping[str, str]:
    """Return a bucket's tags; raises StoreError for any other document."""
    rows = _document(body, "Tagging").findall("TagSet/Tag")
    tags = {row.findtext("Key", ""): row.findtext("Value", "") for row in rows}
    if len(tags) < len(rows) or "" in tags:
        raise _unreadable("OSS's answer does not tell tags")
    return tags


def _read_info(body: bytes) -> _Info:
    found = _document(body, "BucketInfo").find("Bucket")
    if found is None:
        raise _unreadable("OSS's answer tells of no bucket")
    location = found.findtext("Location")
    return _Info(
        hierarchical=found.findtext("HierarchicalNamespace", "").lower() == "enabled",
        storage_class=found.findtext("StorageClass"),
        region=location and location.removeprefix("oss-"),
        versioning=found.findtext("Versioning"),
    )


def _read_retention(body: bytes) -> Retention:
    found = _document(body, "WormConfiguration")
    days = _number(found, "RetentionPeriodInDays")
    if days is None:
        raise _unreadable("OSS's answer tells no days of retention")
    return Retention(found.findtext("State", ""), days)


def _read_stat(body: bytes) -> tuple[int, int]:
    found = _document(body, "BucketStat")
    objects, size = _number(found, "ObjectCount"), _number(found, "Storage")
    if objects is None or size is None:
        raise _unreadable("OSS's answer does not tell how much is in the bucket")
    return objects, size


def _read_rules(body: bytes) -> tuple[BucketRule, ...]:
    """Return the rules that are switched on and delete something."""
    rules = [
        _rule(each)
        for each in _document(body, "LifecycleConfiguration").findall("Rule")
        if each.findtext("Status") == "Enabled"
    ]
    return tuple(each for each in rules if each.deletes or each.noncurrent_days is not None)


def _rule(node: ET.Element) -> BucketRule:
    tags = [(each.findtext("Key", ""), each.findtext("Value", "")) for each in node.findall("Tag")]
    filters = node.findall("Filter/*")
    spared = [each.findtext("Prefix", "") for each in filters if each.tag == "Not"]
    # What else narrows it may spare any of them.
    spared += ["" for each in filters if each.tag not in {"Not", *_SIZES}]
    return BucketRule(
        id=node.findtext("ID", ""),
        prefix=node.findtext("Prefix", ""),
        days=_number(node, "Expiration/Days"),
        before=_moment(node, "Expiration/CreatedBeforeDate"),
        since=_moment(node, "Expiration/Date"),
        noncurrent_days=_number(node, "NoncurrentVersionExpiration/NoncurrentDays"),
        tags=frozenset(tags),
        above=_number(node, "Filter/ObjectSizeGreaterThan"),
        below=_number(node, "Filter/ObjectSizeLessThan"),
        spared=tuple(spared),
    )


def _document(body: bytes, root: str) -> ET.Element:
    try:
        found = ET.fromstring(body)  # noqa: S314 - OSS's own answer, and expat's limits hold
    except (ET.ParseError, LookupError, ValueError):  # it may name any encoding
        raise _unreadable("OSS's answer about the bucket is cut off half way") from None
    if found.tag != root:
        raise _unreadable(f"OSS's answer is no {root}")
    return found


def _number(node: ET.Element, path: str) -> int | None:
    text = node.findtext(path)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:20]) >= _LARGEST:
        raise _unreadable("OSS's answer holds a number that is none")
    return int(text)


def _moment(node: ET.Element, path: str) -> int | None:
    text = node.findtext(path)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return int(found.replace(tzinfo=found.tzinfo or timezone.utc).timestamp())
    except (ValueError, OverflowError):
        raise _unreadable("OSS's answer holds a date that is none") from None


def _unreadable(words: str) -> StoreError:
    return StoreError("UnreadableAnswer", words, Scope.KEYS)
