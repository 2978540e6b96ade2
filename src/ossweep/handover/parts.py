"""
Branches: a job's rest in several parts, each a chain of its own, and one job again at the end.

The ranges are apart from each other, so the parts can be swept at once: each is a job with some of
the neighbouring ranges, and with the counts and known failures that lie there. The rest (directory
markers, totals so far) the whole job keeps for its end. Ceiling and rate are shared out at the
split, so all parts together stay below them, whatever becomes of any of them. `joined` adds the
parts up again, so the sums agree whether a job was split or not. Which invocation joins them is
decided by the leases; a part that dies leaves its records, from which another goes on.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ossweep.tally import tally
from ossweep.whereabouts import lies_in, settled_before
from ossweep.work import Counts, add

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ossweep.work import Range, Work


def split(work: Work, *, limit: int | None, rate: int | None) -> tuple[Work, tuple[Work, ...]]:
    """
    Return the work that a job keeps for its end, and its parts, each with as many ranges.

    `limit` objects may still be asked for, and `rate` objects deleted in a second, by all parts
    together; the bytes below the order's own ceiling are shared out as well. Named keys and lists
    go to the first part. A part owns the counts of its ranges, and what is known of keys there:
    failures, and the markers that its ranges will show again. Markers go last, when all parts have
    come to their end. There are no parts if there is not enough to share.
    """
    # Keys in doubt go to the first part, with the room that they have taken already.
    doubted, size = work.in_doubt
    room = None if limit is None else limit - doubted
    whole = work.limit_bytes
    size_left = None if whole is None else whole - work.counts.asked_bytes - size
    bounds = (most for most in (room, rate, size_left) if most is not None)
    number = min(work.parallel, len(work.ranges), *bounds)
    if number < 2:  # noqa: PLR2004 - one part would be the whole
        return work, ()
    groups = _deal(work.ranges, number)
    limits = _with_more(_shares(room, number), doubted)
    sizes = _with_more(_shares(size_left, number), size)
    rates = _shares(rate, number)
    asked = work.counts.asked + doubted
    one = replace(work, of_parts=number, asked_before=asked, shared=room)
    before = (None, *(group[-1] for group in groups))
    parts = tuple(
        _part_of(
            replace(one, limit=limits[place], limit_bytes=sizes[place], rate=rates[place]),
            place,
            group,
            settled_before(group, before[place]),
        )
        for place, group in enumerate(groups)
    )
    met = add(*(part.counts for part in parts))
    dealt = {found.key for part in parts for found in part.held}
    kept = replace(
        work,
        hop=work.hop + 1,
        parallel=1,
        keys=(),
        doubted=(),
        lists=(),
        keys_done=(),
        sizes={},
        applied=None,
        ranges=(),
        held=tuple(found for found in work.held if found.key not in dealt),
        passed=(),
        unsettled=0,
        counts=_without(work.counts, met),
    )
    return kept, parts


def joined(kept: Work, parts: Iterable[Work], *, counted: int = 0) -> Work:
    """
    Return the whole job, once all of its parts have come to their end.

    Left are its marker objects, and the keys of parts whose share of the ceiling was used up while
    others had some to spare. The invocation that joins them counts as one more, unless it was
    `counted` once as a part's.
    """
    ended = tuple(parts)
    every = (kept, *ended)
    counts = add(*(each.counts for each in every))
    named = {failure.key: failure for failure in counts.failures}  # one may have failed twice
    also_failed = tuple(key for key in dict.fromkeys(counts.also_failed) if key not in named)
    # A part's first invocation has the number 1; the whole's next has that of what it kept, though
    # the last one's was two less.
    hops = sum(each.hop - 1 + each.more_hops for each in ended) - 1 - counted
    return replace(
        kept,
        more_hops=kept.more_hops + max(0, hops),
        keys=tuple(key for each in every for key in each.keys),
        doubted=tuple(key for each in every for key in each.doubted),
        lists=tuple(left for each in every for left in each.lists),
        keys_done=tuple(key for each in every for key in each.keys_done),
        sizes={key: size for each in every for key, size in each.sizes.items()},
        ranges=tuple(part for each in every for part in each.ranges),
        held=tuple(found for each in every for found in each.held),
        passed=tuple(key for each in every for key in each.passed),
        unsettled=sum(each.unsettled for each in every),
        # A part that has only planned, under another setting, has not done its keys.
        dry_run=any(each.dry_run for each in every),
        # And keys that a part had to look at may have been asked for before.
        judged=any(each.judged for each in every),
        null_marker=any(each.null_marker for each in every),
        harmless=any(each.harmless for each in every),
        together=min(each.together for each in every),
        at_least=any(each.at_least for each in every),
        counts=replace(counts, failures=tuple(named.values()), also_failed=also_failed),
        requests_made=tally(each.requests_made for each in every),
        errors=tally(each.errors for each in every),
        milliseconds=sum(each.milliseconds for each in every),
        plan=_plan_of(every),
        applied=_applied_of(every),
    )


def _applied_of(every: Sequence[Work]) -> Mapping[str, Any] | None:
    """Return how far a plan is applied by all parts."""
    if not any(each.applied for each in every):
        return None
    from ossweep.plans.kept import Applied  # noqa: PLC0415 - for plans

    return sum((Applied.of(each.applied) for each in every), Applied()).document()


def _plan_of(every: Sequence[Work]) -> Mapping[str, Any] | None:
    """Return the plan of a dry run in parts."""
    plans = [each.plan for each in every if each.plan is not None]
    if not plans:
        return None
    from ossweep.plans.sofar import SoFar  # noqa: PLC0415 - for dry runs

    return sum(map(SoFar.of, plans), SoFar()).document()


def _part_of(work: Work, place: int, ranges: tuple[Range, ...], settled: Sequence[Range]) -> Work:
    """
    Return a part, with the counts of its ranges in `settled`, whose keys it may meet again.

    It also has the names of failures there, or ahead of that, as far as the job has them.
    """
    passed = tuple(key for key in work.passed if any(key in each for each in ranges))
    failed = sum(each.failed for each in ranges) + len(passed)
    known = frozenset(passed)
    failures = (
        each
        for each in work.counts.failures
        if each.key in known or any(lies_in(each, stretch) for stretch in settled)
    )
    return replace(
        work,
        job=f"{work.job}-p{place + 1}",
        part_of=work.job,
        parallel=1,
        hop=1,  # the hop before was the whole job's
        more_hops=0,
        idle=0,
        keys=work.keys if place == 0 else (),
        doubted=work.doubted if place == 0 else (),
        lists=work.lists if place == 0 else (),
        keys_done=work.keys_done if place == 0 else (),
        sizes=work.sizes if place == 0 else {},
        ranges=ranges,
        held=tuple(found for found in work.held if any(found.key in each for each in ranges)),
        passed=passed,
        unsettled=0,
        plan=None,
        # The tolerance goes to one part: all together stay within it.
        applied=work.applied if place == 0 else None,
        counts=Counts(
            bytes=sum(each.bytes for each in ranges),
            failed=failed,
            failures=tuple(failures)[:failed],
            also_failed=tuple(key for key in work.counts.also_failed if key in known),
            skipped=tally(each.spared for each in ranges),
            planned=sum(each.planned for each in ranges),
        ),
        requests_made={},
        errors={},
        milliseconds=0,
    )


def _without(counts: Counts, given: Counts) -> Counts:
    skipped = Counter(counts.skipped) - Counter(given.skipped)
    known = {failure.key for failure in given.failures}.union(given.also_failed)
    return replace(
        counts,
        bytes=counts.bytes - given.bytes,
        failed=counts.failed - given.failed,
        failures=tuple(failure for failure in counts.failures if failure.key not in known),
        also_failed=tuple(key for key in counts.also_failed if key not in known),
        skipped=dict(skipped),
        planned=counts.planned - given.planned,
    )


def _deal(ranges: Sequence[Range], number: int) -> list[tuple[Range, ...]]:
    """Deal ranges in order: a part with gaps would join its ranges over the keys of others."""
    edges = [len(ranges) * place // number for place in range(number + 1)]
    return [tuple(ranges[start:end]) for start, end in pairwise(edges)]


def _shares(whole: int | None, number: int) -> list[int | None]:
    if whole is None:
        return [None] * number
    return [whole // number + (place < whole % number) for place in range(number)]


def _with_more(shares: list[int | None], more: int) -> list[int | None]:
    """Return shares of which the first is larger by what only the first part needs."""
    first, *others = shares
    return [None if first is None else first + more, *others]
