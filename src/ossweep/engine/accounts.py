"""The accounts of a job: where each key that was met has ended, and what is left to do."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.engine.outcomes import slim
from ossweep.engine.rest import joined
from ossweep.objects import NOT_UTF8
from ossweep.whereabouts import emptied
from ossweep.work import BATCH_KEYS, Counts, Work, add

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.engine.batches import Batch, Choice
    from ossweep.engine.frontier import Frontier
    from ossweep.engine.looks import Looks
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.span import Span
    from ossweep.objects import Found, Stretch
    from ossweep.work import Range

PASSED_BYTES = 16_384  # of keys that have failed ahead of the settled place, in a continuation


class Accounts:
    """
    Books outcomes in whatever order they come.

    The batches of a span settle in the order of its listing, because a continuation lists again
    from one place on. Until all batches before it have settled, a batch's deletions count (those
    objects will not be listed again), and its failures as far as the continuation can name them,
    to be passed by; what it spared does not. Named keys and marker objects settle at once: a
    continuation names those that are left.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all who know what is left
        self,
        work: Work,
        frontier: Frontier,
        choice: Choice,
        looks: Looks,
        waiting: Iterable[Batch],
        most_ranges: int,
    ) -> None:
        self._work = work
        self._frontier = frontier
        self._choice = choice
        self._looks = looks
        self._waiting = waiting  # named keys and marker objects, to be taken up
        self._most_ranges = most_ranges  # that a continuation may hold
        self._settled = work.counts
        self._in_doubt = False
        self._doubted = frozenset(work.doubted)  # named keys
        self._to_ask_for = work.to_ask_for
        self._passed_over: list[tuple[Stretch, frozenset[str]]] = []  # known by name, and its keys
        self._undone: dict[str, list[Found]] = {"named": [], "marker": []}
        self._out: dict[int, Batch] = {}  # taken up, and not booked yet
        self._deletions = 0  # that were booked in this invocation
        self._halved = 0  # keys of the smallest request that was refused as a whole
        self.together = work.together  # keys that may be asked for at once, until some are settled
        self._refused_at: dict[str, int] = {}  # directories, and how many deletions there were then

    def take_up(self, batch: Batch) -> Batch:
        """Take note that a batch is about to be deleted; return it with its number."""
        span = batch.span
        if span is not None:
            batch = replace(batch, number=span.taken)
            span.taken += 1
        self._out[id(batch)] = batch
        return batch

    def book(self, outcome: Outcome) -> None:
        """Book a batch's outcome."""
        batch = outcome.batch
        del self._out[id(batch)]
        self._in_doubt = self._in_doubt or bool(outcome.in_doubt)
        self._deletions += outcome.counts.deleted
        if outcome.halved:
            self._halved = min(self._halved or outcome.halved, outcome.halved)
        if outcome.counts.deleted or outcome.counts.failed:
            self.together = BATCH_KEYS
        if outcome.head is not None:
            self._deletions += outcome.head.counts.deleted
            outcome = replace(outcome, head=self._held_back(outcome.head))
        outcome = self._held_back(outcome)
        span = batch.span
        if span is None:
            self._settled = add(self._settled, outcome.counts)
            self._undone[batch.source] += outcome.undone
            if batch.source == "named":
                self._doubted |= outcome.in_doubt
            if outcome.passed_over is not None:
                keys = frozenset(found.key for found in outcome.undone)
                self._passed_over.append((outcome.passed_over, keys))
            return
        span.early[batch.number] = slim(outcome)
        self._settle(span)
        if span.drained:
            self._frontier.forget(span)

    def _settle(self, span: Span) -> None:
        """Settle the batches of a span whose turn it is; what was passed over is kept apart."""
        while (first := span.early.get(span.booked)) is not None:
            keeps_apart = first.passed_over is not None and self._frontier.can_hold
            if first.undone and not keeps_apart:
                return
            del span.early[span.booked]
            span.booked += 1
            done = first.head if first.undone else first
            if done is not None:
                self._settled = add(self._settled, done.counts)
                span.settle(done.batch, done.counts)
            if first.undone:
                self._frontier.pass_over(span, replace(first, head=None))
                if self._settled.deleted == self._work.counts.deleted:
                    self._frontier.look_behind(span)

    def passed_over(self) -> tuple[Stretch, ...]:
        """Return what was passed over and has not been tried again."""
        return (*(stretch for stretch, _ in self._passed_over), *self._frontier.passed_over())

    def left_over_only(self) -> bool:
        """Tell whether all that could be tried has been; what OSS refuses may be left."""
        return not (self.unlisted or self._out or any(self._waiting))

    def spare(self, key: str, reason: str) -> None:
        """Book a named key, or a marker object, that stays, or is gone: a doubt stays one."""
        counts = Counts(skipped={reason: 1}, unanswered=int(key in self._doubted))
        self._settled = add(self._settled, counts)

    @property
    def marking(self) -> bool:
        """Whether marker objects have been taken up and are not booked yet."""
        return any(batch.source == "marker" for batch in self._out.values())

    @property
    def unlisted(self) -> bool:
        """Whether keys or ranges are left to try, so that it is not the markers' turn yet."""
        if not self._frontier.held_only:
            return True
        refused = frozenset(self._looks.refused).union(*(keys for _, keys in self._passed_over))
        return not refused.issuperset(self._names_left())

    def emptied(self, directories: Iterable[str]) -> list[str]:
        """Return those directories in which nothing is left that the job was to delete."""
        names = ((key, key) for key in self._names_left())
        return emptied(directories, (*self._frontier.bounds(), *names))

    def counts(self) -> Counts:
        """Return the counts as they stand."""
        return add(self._settled, *self._early_counts())

    def at_the_end(self) -> Counts:
        """Return the counts when nothing that is still out will come back any more."""
        return add(self.counts(), Counts(unanswered=self._unheard_of()))

    def expected(self) -> int | None:
        """Return how many objects are probably left to do; None if it cannot be told."""
        below = self._frontier.expected()
        return None if below is None else below + len(self._names_left())

    def lost(self) -> bool:
        """Tell whether answers of OSS's are missing, and with them perhaps deletions."""
        return self._in_doubt or self.at_the_end().unanswered > self._work.counts.unanswered

    @property
    def doubted_before(self) -> bool:
        """Whether earlier invocations may have asked for more than is known."""
        return self._work.counts.unanswered > 0

    def listed(self) -> int:
        """Return how many keys the job has met: those named, held, listed now and before."""
        work, met = self._work, self._choice.met
        if not self._frontier.exhausted:
            # What an earlier invocation met and left is met again, unless others have deleted it.
            met = max(met, work.unsettled)
        return work.counts.settled + len(work.keys) + len(work.held) + met

    def left(self) -> Work:
        """
        Return the work that is left, to go on with in another invocation.

        Its counts are without what that one meets and counts again.
        """
        work = self._work
        rest = self._frontier.rest()
        ranges, given_back = joined(rest, self._most_ranges)
        keys = self._names_left()
        # What is out has been asked for: it is in doubt for whoever goes on from a checkpoint.
        out = [batch.keys for batch in self._out.values() if batch.source == "named"]
        doubted = self._doubted.union(*out)
        markers = (*self._open("marker"), *self._held())
        counts = given_back.taken_from(self.at_the_end())
        passed = [*work.passed, *(f.key for c in self._early_counts() for f in c.failures)]
        return replace(
            work,
            hop=work.hop + 1,
            clock=self._choice.clock,
            keys=keys,
            doubted=tuple(key for key in keys if key in doubted),
            ranges=tuple(ranges),
            held=markers,
            # One that is settled counts with its range, which gives it back where it is joined.
            passed=_lying_in(rest, passed),
            unsettled=max(0, self.listed() - counts.settled - len(keys) - len(markers)),
            at_least=work.at_least or self.lost(),
            together=self._together(counts),
            counts=counts,
        )

    def _together(self, counts: Counts) -> int:
        """
        Return how many keys to ask for at once when another invocation goes on.

        Where none was settled it never grows: so a hop that has halved only what was refused as a
        whole has come nearer to the culprit, and one that has not even done that has not.
        """
        learnt = max(1, self._halved // 2) if self._halved else BATCH_KEYS
        is_settled = counts.settled > self._work.counts.settled
        return learnt if is_settled else min(learnt, self._work.together)

    def _held_back(self, outcome: Outcome) -> Outcome:
        """
        Return an outcome without the directories that are tried again, after what lies in them.

        One that is refused again although nothing has been deleted since has failed, unless
        something in it is still to be done.
        """
        undone, failures = list(outcome.undone), list(outcome.counts.failures)
        for found, failure in outcome.full:
            may_yet_go = self.unlisted or not self.emptied([found.key])
            if may_yet_go or self._refused_at.get(found.key) != self._deletions:
                self._refused_at[found.key] = self._deletions
                self._choice.hold(outcome.batch.span, found)
            elif any(each.key.startswith(found.key) for each in self._undone["marker"] + undone):
                undone.append(found)
            else:
                failures.append(failure)
        counts = replace(
            outcome.counts,
            failed=outcome.counts.failed + len(failures) - len(outcome.counts.failures),
            failures=tuple(failures),
        )
        return replace(outcome, counts=counts, undone=tuple(undone), full=())

    def _early_counts(self) -> list[Counts]:
        """Return what counts already of the batches that wait for their turn to settle."""
        counted, room = [], PASSED_BYTES - sum(map(_size, self._work.passed))
        waiting = [each for span in self._frontier.spans for each in span.early.values()]
        heads = [each.head for each in waiting if each.head is not None]
        for early in [*waiting, *heads]:
            counts = Counts(
                deleted=early.counts.deleted,
                bytes=early.counts.bytes,
                unanswered=early.counts.unanswered,
            )
            # What has no name to be passed by is met again, and counts then.
            failed = early.counts.failed - len(early.batch.unnamed)
            failures = tuple(each for each in early.counts.failures if each.code != NOT_UTF8)
            size = sum(_size(failure.key) for failure in failures)
            if size <= room:
                room -= size
                counts = replace(counts, failed=failed, failures=failures)
            counted.append(counts)
        return counted

    def _held(self) -> Iterable[Found]:
        """Return the marker objects that no listing will show again."""
        for span, found in self._choice.held.values():
            if span is None or span.drained or found.key <= span.settled:
                yield found

    def _names_left(self) -> tuple[str, ...]:
        open_names = (found.key for found in self._open("named"))
        untaken = self._to_ask_for[self._choice.names_taken :]
        return (*open_names, *self._looks.names, *untaken)

    def _open(self, source: str) -> list[Found]:
        """Return what batches hold that are not done, whether or not they have come back."""
        batches = [each for each in (*self._out.values(), *self._waiting) if each.source == source]
        return [*self._undone[source], *(f for batch in batches for f in batch.page.objects())]

    def _unheard_of(self) -> int:
        """Return how many objects met were taken up and have not come back in any way."""
        return sum(len(batch.keys) for batch in self._out.values() if batch.source != "named")


def _lying_in(ranges: Sequence[Range], keys: Iterable[str]) -> tuple[str, ...]:
    """Return those keys that ranges hold, which may be many: they are in order, and apart."""
    prefixes = [each.prefix for each in ranges]

    def is_held(key: str) -> bool:
        end = bisect_right(prefixes, key)
        first = bisect_left(prefixes, prefixes[end - 1], hi=end) if end else end
        return any(key in each for each in ranges[first:end])

    return tuple(filter(is_held, keys))


def _size(key: str) -> int:
    """Return the bytes that a key takes in a continuation."""
    return len(json.dumps(key)) + 2
