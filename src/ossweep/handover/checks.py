"""Checks of a continuation: what no sweep leaves behind is refused, whatever it was signed with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ossweep import manifest_request
from ossweep.names import JOB, KEY_BYTES, UnfitError, check_bucket, check_name

if TYPE_CHECKING:
    from ossweep.work import Range, Work

MOST = 2**63  # what any number in it stays below


def check_work(work: Work) -> None:
    """Refuse a work that no sweep leaves behind: the fingerprint is no secret."""
    if not (JOB.fullmatch(work.job) and JOB.fullmatch(work.part_of or work.job)):
        raise UnfitError("its job is none")
    check_bucket(work.bucket)
    if work.reply is not None:
        check_bucket(work.reply.bucket)
        check_name(work.reply.key, "the key")
    found = [each.key for each in work.held]
    also = (*work.counts.named, *work.counts.also_failed)
    for name in (*work.keys, *work.keys_done, *found, *work.passed, *also):
        _check_key(name)
    for name in work.directories:
        check_name(name, "the directory")
    _check_numbers(work)
    names = set(work.keys)
    doubted = set(work.doubted)
    are_names = len(names) == len(work.keys) and len(doubted) == len(work.doubted)
    are_known = work.sizes.keys() == (doubted if work.limit_bytes is not None else set())
    are_done = names.isdisjoint(work.keys_done)
    if not (are_names and are_known and are_done and doubted <= names):
        raise UnfitError("its counts or its keys contradict each other")
    _check_ranges(work)
    manifest_request.check_left(work.lists)
    try:
        _check_conditions(work)
    except ValueError as error:
        raise UnfitError(str(error)) from None


def _check_numbers(work: Work) -> None:
    """Refuse numbers that no count comes to."""
    counts = work.counts
    numbers = [counts.deleted, counts.bytes, counts.failed, counts.planned, counts.unanswered]
    numbers += [
        work.hop,
        work.more_hops,
        work.idle,
        work.parallel,
        0 if work.rate is None else work.rate - 1,
        work.of_parts - 1,
        work.of_requests - 1,
        work.together - 1,
        work.asked_before,
        work.unsettled,
        work.milliseconds,
        work.reserved_bytes,
        counts.failed_bytes,
        counts.unanswered_bytes,
        *work.sizes.values(),
        *counts.skipped.values(),
    ]
    numbers += [
        work.clock or 0,
        work.not_after or 0,
        work.limit or 0,
        work.limit_bytes or 0,
        work.shared or 0,
        *work.requests_made.values(),
        *work.errors.values(),
        *(each.size for each in work.held),
    ]
    if not (min(numbers) >= 0 and max(numbers) < MOST):
        raise UnfitError("its counts or its keys contradict each other")


def _check_conditions(work: Work) -> None:
    """Raise ValueError for conditions that no request can have had, or a plan that is none."""
    for name in work.selectors:
        check_name(name, "the prefix")
    if work.plan is not None or work.applies is not None:
        from ossweep.plans.reading import check_plans  # noqa: PLC0415 - for plans

        check_plans(work.plan, work.applied, work.applies)
    if work.only is None:
        return
    from ossweep.filters.making import filters_of  # noqa: PLC0415 - for jobs with conditions

    work.only.check()
    filters_of(work.only)
    if (work.keys or work.lists) and work.only.keep_latest is not None:
        raise UnfitError("it keeps the latest of directories, and names keys")


def _check_key(key: str) -> None:
    """
    Refuse a key that no listing can have shown.

    A listing may show a key that no person may name: one that begins with a slash.
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= KEY_BYTES:
        raise UnfitError("the key of an object is one that none can have")


def _check_ranges(work: Work) -> None:
    """Refuse ranges that overlap, or that would give back more than was counted."""
    counts = work.counts
    skipped: Counter[str] = Counter()
    for each in work.ranges:
        check_name(each.prefix, "the prefix")
        for name in filter(None, (each.after, each.until, *each.approved)):
            _check_key(name)
        if each.until and each.until <= each.after:
            raise UnfitError("a range ends before it begins")
        if min((each.failed, each.planned, each.bytes, *each.spared.values())) < 0:
            raise UnfitError("a range counts less than nothing")
        _check_passed_over(each)
        skipped.update(each.spared)
    if any(map(_overlap, work.ranges, work.ranges[1:])):
        raise UnfitError("its ranges overlap, or are not in order")
    enough = [
        counts.failed >= sum(each.failed for each in work.ranges),
        counts.planned >= sum(each.planned for each in work.ranges),
        counts.bytes >= sum(each.bytes for each in work.ranges),
        *(counts.skipped.get(reason, 0) >= number for reason, number in skipped.items()),
    ]
    if not all(enough):
        raise UnfitError("its ranges count more than the job does")


def _check_passed_over(keys: Range) -> None:
    """Refuse a stretch of keys that does not lie in its range."""
    over = keys.passed_over
    if over is None:
        return
    inside = over.first in keys and over.last in keys and over.first <= over.last
    if not (inside and 0 < over.keys < MOST):
        raise UnfitError("a range has passed over what it does not hold")


def _overlap(before: Range, after: Range) -> bool:
    """Tell whether a range begins before another one has ended."""
    if before.prefix == after.prefix:
        return not before.until or after.after < before.until
    return after.prefix < before.prefix or after.prefix.startswith(before.prefix)
