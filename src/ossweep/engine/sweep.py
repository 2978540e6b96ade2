"""The sweep: takes the work that is left, deletes what it says, and tells what became of it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ossweep.engine.batches import PROTECTED
from ossweep.engine.line import Line
from ossweep.engine.pipeline import Pipeline
from ossweep.engine.rest import MOST_RANGES
from ossweep.errors import code_of, quoted
from ossweep.helps import with_help
from ossweep.stops import NULL_MARKER_SHOWN, Stop, Why
from ossweep.work import Counts, add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.engine.accounts import Accounts
    from ossweep.engine.gate import Gate
    from ossweep.engine.throttle import Throttle, Ticket
    from ossweep.objects import Answer, Found, Page, Shown, Stretch
    from ossweep.work import Ceiling, Work

BEATS = 2  # signs of life that may be under way at once: one that hangs does not keep the next
ASIDE = 1.0  # seconds that the sweep waits at its end for what is under way beside it
TICK = 0.25  # seconds between two looks at the time while nothing ends
GRACE = 0.5  # seconds that requests have to end in after they have been cut off
LAST_GRACE = 0.2  # seconds more for their threads; both lie within the shortest reserve of 1 s


class Store(Protocol):
    """A bucket, as the sweep sees it. Threads share it."""

    def clock(self, known: int | None) -> int:
        """
        Return the job's clock: what is `known` of it, or earlier if this bucket's answers tell so.

        In Unix seconds by OSS's own time. Raises StoreError if nobody has told it.
        """

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        """
        Yield the pages of objects below a prefix that come after a key, at least one, each with
        whether there are more; raises Closed, StoreError.
        """

    def versioning(self) -> str:
        """
        Return the state of the bucket's versioning, "" if it never had any.

        Raises Closed, and StoreError if OSS does not tell.
        """

    def find(self, key: str) -> Found | None:
        """Return an object as a listing shows it now; raises Closed, StoreError."""

    def delete(self, keys: Sequence[str], ticket: Ticket, shown: Shown) -> Answer:
        """
        Delete up to a thousand keys, as fast as the ticket lets it; raises nothing.

        What is in doubt, or was shown long ago, is looked at before it is asked for.
        """

    def close(self) -> None:
        """Cut off whatever request is under way, and let none start any more."""


@dataclass(frozen=True)
class Kept:
    """
    A checkpoint.

    `stop` says why the sweep shall end, if it shall; `reserved` objects may be asked for beside
    those that it counts, None if it was not written.
    """

    stop: Stop | None
    reserved: int | None


class Keeper(Protocol):
    """
    Whoever keeps a sweep's checkpoints, for the case that it does not come to its end, and sees to
    it that nobody else takes its job meanwhile.
    """

    def due(self) -> bool:
        """Tell whether it is time for the next one."""

    def keep(self, result: Result, reserved: int) -> Kept:
        """Keep one that reserves at least so many objects, in a thread; raises nothing."""

    def beat_due(self) -> bool:
        """Tell whether to give a sign of life now."""

    def beat(self) -> None:
        """Give one, in a thread; raises nothing."""


class Progress:
    """How far a sweep is at this moment. It is reckoned when it is looked at."""

    def __init__(self, accounts: Accounts, gate: Gate) -> None:
        self._accounts = accounts
        self._gate = gate

    @property
    def listed(self) -> int:
        """Keys that have been met."""
        return self._accounts.listed()

    @property
    def counts(self) -> Counts:
        """What has become of them."""
        return self._accounts.counts()

    @property
    def seconds_left(self) -> float:
        """Seconds until the answer has to be ready."""
        return self._gate.left()


@dataclass(frozen=True)
class Result:
    """
    How a sweep ended.

    `stopped` says what ended it early, if anything but time did; `may_go_on` whether the work
    that is left can be done by another invocation under the same order; `expected` how many objects
    that probably is, None if it cannot be told; `trouble` what kept requests from being answered.
    `passed_over` is still to do, and would be refused as what lies before it was; `notes` are what
    else there is to know.
    """

    listed: int
    counts: Counts
    left: Work
    stopped: Stop | None
    may_go_on: bool
    expected: int | None
    trouble: str | None = None
    passed_over: tuple[Stretch, ...] = ()
    notes: tuple[str, ...] = ()


def sweep(  # noqa: PLR0913 - everything of the world that a sweep needs comes in here
    work: Work,
    store: Store,
    gate: Gate,
    throttle: Throttle,
    *,
    protected: tuple[str, ...],
    ceiling: Ceiling | None,
    in_flight: int,
    listings: int,
    report: Callable[[Progress], None],
    keeper: Keeper | None = None,
    most_ranges: int = MOST_RANGES,
) -> Result:
    """
    Do the work that is left, until it is done, the gate closes or the ceiling is reached.

    At most so many deletions are in flight, and so many pages of listings asked for, at once; what
    is left is in at most so many ranges, or as many as there are prefixes.
    `report` is called whenever something has ended, and several times a second while nothing does;
    so is the keeper asked, who is given what the sweep would end with at that moment.
    Nothing is left running when this returns.
    """
    work = _without_protected(work, protected)
    line = Line(
        work,
        store,
        gate,
        throttle,
        protected=protected,
        ceiling=ceiling,
        listings=listings,
        most_ranges=most_ranges,
    )
    progress = Progress(line.accounts, gate)
    result = partial(_result, line, gate, ceiling)
    beside = _Beside(keeper, gate, line, result)
    with Pipeline(in_flight + listings + 1 + BEATS, LAST_GRACE) as pipeline, closing(store):
        while True:
            pause = line.start(pipeline)
            is_over = not (pipeline.busy or pause is not None or line.turns.starved)
            if gate.left() <= -GRACE or (is_over and beside.has_ended(pipeline)):
                break
            if not is_over:
                beside.start(pipeline)
            pipeline.settle(min(TICK, gate.left() + GRACE, *([] if pause is None else [pause])))
            report(progress)
            if gate.left() <= 0:
                store.close()
    pipeline.settle_late()
    return result()


class _Beside:
    """
    What goes on beside a sweep: its checkpoints, and signs of life.

    One checkpoint is under way at a time, so that none is overtaken by an older one.
    """

    def __init__(
        self, keeper: Keeper | None, gate: Gate, line: Line, result: Callable[[], Result]
    ) -> None:
        self._keeper = keeper
        self._gate = gate
        self._line = line
        self._result = result
        self._keeping = False
        self._was_kept = True
        self._beats = 0
        self._over_since: float | None = None  # seconds that were left when the work was over
        if keeper is not None:
            line.reserve(0, 0)  # before the first checkpoint nothing is asked for

    def start(self, pipeline: Pipeline) -> None:
        """Start what is due."""
        keeper, self._over_since = self._keeper, None
        if keeper is None:
            return
        is_due = keeper.due() or (self._line.turns.starved and self._was_kept)
        if is_due and not self._keeping:
            self._keeping = True
            act = partial(keeper.keep, self._result(), self._line.turns.still_reserved)
            pipeline.beside(act, partial(self._kept, self._line.turns.taken))
        if keeper.beat_due() and self._beats < BEATS:
            self._beats += 1
            pipeline.beside(keeper.beat, self._beaten)

    def has_ended(self, pipeline: Pipeline) -> bool:
        """Tell whether nothing is under way any more, or has been for too long."""
        left = self._gate.left()
        self._over_since = left if self._over_since is None else self._over_since
        return not pipeline.busy_beside or self._over_since - left >= ASIDE

    def _kept(self, taken: int, kept: Kept) -> None:
        self._keeping = False
        self._was_kept = kept.reserved is not None
        if kept.stop is not None:
            self._gate.stop(kept.stop)
        elif kept.reserved is not None:
            self._line.reserve(taken, kept.reserved)

    def _beaten(self, _: None) -> None:
        self._beats -= 1


def _result(line: Line, gate: Gate, ceiling: Ceiling | None) -> Result:
    """Return how the sweep would have ended, if it did now."""
    left, counts = line.accounts.left(), line.accounts.at_the_end()
    if NULL_MARKER_SHOWN in gate.reasons:
        left = replace(left, null_marker=True)
    # What was chosen up to the ceiling and not asked for any more leaves room below it.
    full = ceiling is not None and counts.asked >= ceiling.objects
    # Where OSS has closed the gate, that has ended the sweep: what is in doubt then fills a ceiling
    # only until another invocation sees what is still there.
    at_ceiling = line.ceiling_reached if full and gate.stopped is None else None
    # Nobody's order has been carried out if what only may have been asked for has filled it up.
    is_sure = counts.deleted + counts.failed + counts.planned >= (ceiling.objects if ceiling else 0)
    in_doubt = at_ceiling is not None and not is_sure and line.accounts.doubted_before
    passed_over = line.accounts.passed_over()
    refused = None
    if line.accounts.left_over_only():
        refused = line.unseen.denied or (_refused(passed_over) if passed_over else None)
    # What is in doubt may leave room below the ceiling, once OSS has shown what is there.
    may_go_on = not (left.finished or (at_ceiling and not line.accounts.lost()))
    return Result(
        listed=line.accounts.listed(),
        # Where nothing goes on, what ranges that were joined give back is not met a second time.
        counts=left.counts if may_go_on or not at_ceiling else counts,
        left=left,
        stopped=_at_ceiling(at_ceiling, counts, in_doubt=in_doubt)
        or gate.stopped
        or _stop(Why.REFUSED, line.unseen.failed or refused),
        may_go_on=may_go_on,
        expected=line.accounts.expected(),
        trouble=gate.trouble,
        passed_over=passed_over,
        notes=_notes(line, gate, left),
    )


def _notes(line: Line, gate: Gate, left: Work) -> tuple[str, ...]:
    """Return what else there is to know: what nobody could see, and what has stopped nothing."""
    is_reason = gate.stopped is NULL_MARKER_SHOWN and not left.finished
    is_late = NULL_MARKER_SHOWN in gate.reasons and not is_reason
    too_late = NULL_MARKER_SHOWN.sentence if is_late else None
    return tuple(note for note in (line.caution.note, too_late) if note is not None)


def _refused(passed_over: Sequence[Stretch]) -> str:
    """Return why nothing goes on where only what was passed over is left."""
    first = passed_over[0]
    keys = sum(stretch.keys for stretch in passed_over)
    place = f"from {json.dumps(first.first)} to {json.dumps(passed_over[-1].last)}"
    stretches = f" in {len(passed_over)} stretches" if len(passed_over) > 1 else ""
    sentence = (
        f"OSS answered {code_of(first.code)} to what it was asked to delete of {keys:,} keys "
        f"{place}{stretches}, which were passed over: {quoted(first.message)}"
    )
    return with_help(sentence, first.code)


def _at_ceiling(sentence: str | None, counts: Counts, *, in_doubt: bool) -> Stop | None:
    if sentence is None or not in_doubt:
        return _stop(Why.CEILING, sentence)
    return Stop(
        Why.DOUBT,
        f"{sentence}, of which {counts.unanswered:,} may have been asked for by an invocation that "
        "died, or without an answer; look at what is left, and send a new request for it",
    )


def _stop(why: Why, sentence: str | None) -> Stop | None:
    return Stop(why, sentence) if sentence is not None else None


def _without_protected(work: Work, protected: tuple[str, ...]) -> Work:
    """Book what is known by name and is protected: it needs no listing to be judged."""
    keys = tuple(key for key in work.keys if not key.startswith(protected))
    held = tuple(found for found in work.held if not found.key.startswith(protected))
    spared = len(work.keys) - len(keys) + len(work.held) - len(held)
    if not spared:
        return work
    doubted = tuple(key for key in work.doubted if not key.startswith(protected))
    # What may have been asked for before it was protected keeps its room below the ceiling.
    lost = len(work.doubted) - len(doubted)
    counts = add(work.counts, Counts(skipped={PROTECTED: spared}, unanswered=lost))
    return replace(work, keys=keys, doubted=doubted, held=held, counts=counts)
