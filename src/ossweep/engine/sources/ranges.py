"""
Ranges of keys: the objects below prefixes, as listings show them.

A range goes from page to page, and is cut where a lister is idle (the frontier). Its objects are
selected into its backlog. Their outcomes settle in the order of the listing (the settling), because
a continuation names no keys here, only places to list on from.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.frontier import Frontier
from ossweep.engine.outcomes import slim
from ossweep.engine.reads import Question
from ossweep.engine.rest import GivenBack, join_neighbours
from ossweep.engine.settling import Settling
from ossweep.engine.tagging import asked_about
from ossweep.errors import Closed, Scope, StoreError
from ossweep.objects import NOT_UTF8
from ossweep.work import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.borders import Survey
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.queues import Queue
    from ossweep.engine.scan import Scan
    from ossweep.engine.sources.shared import Shared
    from ossweep.objects import Page, Stretch
    from ossweep.work import Range, Work

SURVEYS = 2  # that may be under way at once, beside the listings: nothing waits for one
# Of keys that have failed ahead of the settled place, in a continuation.
KNOWN_FAILURES_BYTES = 16_384


class Ranges:
    """Ranges as a source."""

    is_urgent = False
    holds_up = False

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._work = shared.work
        self._reads = shared.reads
        self._selection = shared.selection
        applying = shared.plans.applying
        self.frontier = Frontier(
            shared.work.ranges,
            shared.throttle,
            is_dry_run=shared.work.dry_run,
            most=shared.most_ranges if self._stay_apart else None,
            border=applying.border if applying is not None else None,
        )
        self._settling = Settling(self.frontier, shared.books, shared.throttle)
        self._taken: dict[int, tuple[Scan, Batch]] = {}
        self._surveys = 0  # under way
        self._open = 1  # ranges that may be listed at once; where there were many, they stay many
        self._reads.at_end(self._flush)

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:  # noqa: ARG002 - needs no calm
        """Ask for the next pages of as many ranges as is worth it."""
        reads = self._reads
        if reads.is_over:
            return
        if self._selection.ceiling_reached is not None or not reads.may_begin(pipeline):
            self._flush()
            return
        self._open = max(self._open, reads.most)
        while reads.has_room and (scan := self.frontier.next(self._open)) is not None:
            if scan.pages is None:
                pages = (self._shared.latest or self._shared.store).pages
                scan.pages = pages(scan.prefix, scan.at)
            scan.listing = True
            ask, show, fail = partial(next, scan.pages), partial(self._show, scan), self._fail
            reads.begin(pipeline, Question(scan.prefix, ask, show, partial(fail, scan)))
        while self._surveys < SURVEYS and (survey := self.frontier.survey()) is not None:
            self._surveys += 1
            pipeline.beside(partial(self._survey, survey), partial(self._show_borders, survey))

    def ease(self) -> bool:
        """Do nothing: this source is never urgent."""
        return True

    def queues(self) -> Iterable[Queue]:
        """Return the queues in which batches wait, unless too many of their ranges are early."""
        return [
            scan.queue
            for scan in self.frontier.scans
            if scan.queue.batches and not scan.settlement.is_too_early
        ]

    def take_up(self, queue: Queue, most: int) -> Batch:
        """Take up the first batch of a range, with its number there."""
        scan = next(each for each in self.frontier.scans if each.queue is queue)
        judged = self._selection.judged_anew(queue.take(most))
        batch = replace(judged, number=scan.settlement.number_next())
        self._taken[id(batch)] = scan, batch
        scan.taken[batch.number] = batch.place
        return batch

    def settle(self, outcome: Outcome) -> None:
        """Settle the batches whose turn an outcome brings, in the order of the listing."""
        scan, batch = self._taken.pop(id(outcome.batch))
        place = scan.taken.pop(batch.number)
        if outcome.was_asked_for:
            scan.begun = max(scan.begun, place)
        if self._shared.plans.planning is not None:
            self._shared.plans.planning.meet(scan, batch)
        outcome = self._shared.defer_refused(outcome, scan)
        scan.settlement.early[batch.number] = slim(outcome)
        self._settling.settle(scan)
        self._forget_if_drained(scan)

    @property
    def _stay_apart(self) -> bool:
        """Whether ranges are not joined: a plan's sums are not given back, nor its stretches."""
        return self._work.dry_run or self._work.applies is not None

    @property
    def is_untried(self) -> bool:
        """Whether anything is left that was not passed over, and may be listed."""
        return not self._settling.refused_only

    @property
    def has_batches(self) -> bool:
        """Whether a batch is taken up, or waits where one may be."""
        return bool(self._taken)

    @property
    def met(self) -> int:
        """How many keys have been listed, now and before."""
        if self.frontier.exhausted:
            return self._selection.met
        # Keys that an earlier invocation met and left are met again, unless others deleted them.
        unsettled = self._work.unsettled - sum(each.lines_open for each in self._work.lists)
        return max(self._selection.met, unsettled)

    @property
    def expected(self) -> int | None:
        """How many keys are probably left; None while some ranges have shown no page."""
        return self.frontier.expected()

    @property
    def unheard_of(self) -> int:
        """How many are taken up."""
        return sum(len(batch.keys) for _, batch in self._taken.values())

    @property
    def bytes_unheard_of(self) -> int:
        """How many bytes those have."""
        return sum(batch.page.bytes for _, batch in self._taken.values())

    def bounds(self) -> Iterable[tuple[str, str]]:
        """Return the bounds of what is left of the ranges that have been begun."""
        return (scan.bounds for scan in self.frontier.scans)

    def early(self) -> Sequence[Counts]:
        """
        Return the counts that hold already of batches that wait for their turn to settle.

        Deletions count, because those objects will not be listed again. Failures count as far as
        the continuation can name them as known. Skipped objects do not count yet.
        """
        counted, room = [], KNOWN_FAILURES_BYTES - sum(map(_size, self._work.passed))
        waiting = [each for scan in self.frontier.scans for each in scan.settlement.early.values()]
        heads = [each.head for each in waiting if each.head is not None]
        for early in [*waiting, *heads]:
            counts = Counts(
                deleted=early.counts.deleted,
                bytes=early.counts.bytes,
                unanswered=early.counts.unanswered,
                unanswered_bytes=early.counts.unanswered_bytes,
            )
            # A failure without a name to be known by is met again, and counts then.
            failed = early.counts.failed - len(early.batch.unnamed)
            failures = tuple(each for each in early.counts.failures if each.code != NOT_UTF8)
            size = sum(_size(failure.key) for failure in failures)
            if size <= room:
                room -= size
                counts = replace(
                    counts,
                    failed=failed,
                    failures=failures,
                    failed_bytes=early.counts.failed_bytes,
                )
            counted.append(counts)
        return counted

    def passed_over(self) -> Iterable[Stretch]:
        """Return what was passed over, now or before."""
        return self.frontier.passed_over()

    def rest(self, work: Work) -> Work:
        """Return work with the ranges that are left, and without what they meet and count again."""
        if not self._work.ranges:
            return work
        rest = self._settling.rest()
        ranges, given_back = rest, GivenBack()
        if not self._stay_apart:
            ranges, given_back = join_neighbours(rest, self._shared.most_ranges)
        failed_early = [failure.key for counts in self.early() for failure in counts.failures]
        return replace(
            work,
            ranges=tuple(ranges),
            # A settled failure counts with its range, which gives it back when ranges are joined.
            passed=_lying_in(rest, [*self._work.passed, *failed_early]),
            counts=given_back.taken_from(work.counts),
        )

    def _show(self, scan: Scan, answer: tuple[Page, bool], left: float) -> None:
        page, more = answer
        tagging = self._shared.tagging
        if tagging is None:
            self._take(scan, page, left, more=more)
            return
        until = scan.until
        objects = (each for each in page.objects() if until is None or each.key <= until)
        keys = [found.key for found in objects if self._selection.is_candidate(found)]
        most = len(keys) if page.unnamed else tagging.most
        beyond = keys[most] if len(keys) > most else ""

        def sifted(kept: Mapping[str, str], rest: str) -> None:
            place = rest or beyond
            if not place:
                self._take(scan, asked_about(page, kept), left, more=more)
                return
            # What was not asked about is listed again.
            scan.pages = None
            known = page.part(0, bisect_left(page.keys, place))
            self._take(scan, asked_about(known, kept), left, more=True)

        # A page with keys that are not UTF-8 cannot be cut.
        since = -inf if page.unnamed else left
        tagging.sift(keys[:most], scan.lane, since, sifted, partial(self._fail, scan))

    def _take(self, scan: Scan, page: Page, left: float, *, more: bool) -> None:
        scan.listing = False
        page, applying = self.frontier.take(scan, page, more=more), self._shared.plans.applying
        if applying is None:
            self._selection.select(scan, page, left)
        else:
            for part, asked, is_staying in applying.take(scan, page, left):
                if self._selection.ceiling_reached is not None:
                    break  # what lies behind is listed again, if anything goes on
                select = self._selection.select_singly if is_staying else self._selection.select
                select(scan, part, asked)
        if self._shared.tagging is not None:
            scan.backlog.flush()  # tags grow old
        self._go_on(scan)

    def _survey(self, survey: Survey) -> tuple[Sequence[str], str] | None:
        """Ask for borders, in a thread; what cannot be seen of them is listed without."""
        try:
            return self._shared.store.borders(survey.prefix, survey.after)
        except (Closed, StoreError):
            return None

    def _show_borders(self, survey: Survey, shown: tuple[Sequence[str], str] | None) -> None:
        self._surveys -= 1
        self.frontier.surveyed(survey, shown)

    def _fail(self, scan: Scan, error: Closed | StoreError) -> None:
        scan.listing = False
        if isinstance(error, StoreError) and error.scope is Scope.KEYS:
            self.frontier.deny(scan)
        self._go_on(scan)

    def _go_on(self, scan: Scan) -> None:
        if self.frontier.denies(scan):
            scan.backlog.flush()
        self._forget_if_drained(scan)

    def _forget_if_drained(self, scan: Scan) -> None:
        if scan.drained:
            self._settling.forget(scan)
            self._shared.plans.end(scan)

    def _flush(self) -> None:
        for scan in self.frontier.scans:
            scan.backlog.flush()


def _lying_in(ranges: Sequence[Range], keys: Iterable[str]) -> tuple[str, ...]:
    """Return those keys that the ranges hold; the ranges are in order, and may be many."""
    prefixes = [each.prefix for each in ranges]

    def is_held(key: str) -> bool:
        end = bisect_right(prefixes, key)
        first = bisect_left(prefixes, prefixes[end - 1], hi=end) if end else end
        return any(key in each for each in ranges[first:end])

    return tuple(filter(is_held, keys))


def _size(key: str) -> int:
    """Return the bytes that a key takes in a continuation."""
    return len(json.dumps(key)) + 2
