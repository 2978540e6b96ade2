"""
The sweep: deletes what the work that is left says, and tells what became of it.

    ranges → listing → selection → batches → deletions → accounts

`ossweep.engine` says who hands what to whom on this belt. This module keeps it going: the loop, and
the result that the sweep has at any moment.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ossweep.engine.beside import BEATS, Beside
from ossweep.engine.dispatcher import Dispatcher
from ossweep.engine.pipeline import Pipeline
from ossweep.engine.planning import PLAIN
from ossweep.engine.rest import MOST_RANGES
from ossweep.engine.result import Result, refusal_of, stop_at_ceiling
from ossweep.engine.selection import PROTECTED
from ossweep.engine.sources.ranges import SURVEYS
from ossweep.stops import NULL_MARKER_SHOWN, Stop, Why
from ossweep.work import Counts, add

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.accounts import Accounts
    from ossweep.engine.gate import Gate
    from ossweep.engine.planning import PlanTerms
    from ossweep.engine.ports import Keeper, Lists, Store
    from ossweep.engine.throttle import Throttle
    from ossweep.work import Ceiling, Work

TICK = 0.25  # seconds between two looks at the time while nothing ends
GRACE = 0.5  # seconds that requests have to end in after they have been cut off
LAST_GRACE = 0.2  # seconds more for their threads; both lie within the shortest reserve of 1 s


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
        """The fates of these keys."""
        return self._accounts.counts()

    @property
    def seconds_left(self) -> float:
        """Seconds until the answer has to be ready."""
        return self._gate.left()


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
    lists: Lists | None = None,
    terms: PlanTerms = PLAIN,
) -> Result:
    """
    Do the work that is left, until it is done, the gate closes or the ceiling is reached.

    At most `in_flight` deletions are in flight, and `listings` pages asked for, at once. The rest
    is in at most `most_ranges` ranges, or in as many as there are prefixes. `report` is called
    whenever something has ended, and several times a second while nothing does; the keeper is asked
    as often, and is given what the sweep would end with then. Nothing is left running at the end.
    """
    dispatcher = Dispatcher(
        _without_protected(work, protected),
        store,
        gate,
        throttle,
        protected=protected,
        ceiling=ceiling,
        listings=listings,
        most_ranges=most_ranges,
        lists=lists,
        terms=terms,
    )
    result = partial(_result, dispatcher, gate)
    beside = Beside(keeper, gate, dispatcher, result)
    threads = in_flight + listings + SURVEYS + 1 + BEATS
    with Pipeline(threads, LAST_GRACE) as pipeline, closing(store), closing(lists or store):
        while True:
            pause = dispatcher.start(pipeline)
            is_over = not (pipeline.busy or pause is not None or dispatcher.turns.starved)
            if gate.left() <= -GRACE or (is_over and beside.has_ended()):
                break
            if not is_over:
                beside.start(pipeline)
            pipeline.settle(min(TICK, gate.left() + GRACE, *([] if pause is None else [pause])))
            report(Progress(dispatcher.accounts, gate))
            if gate.left() <= 0:
                store.close()
                (lists or store).close()
    pipeline.settle_late()
    dispatcher.plans.give_back()
    return result()


def _result(dispatcher: Dispatcher, gate: Gate) -> Result:
    """Return how the sweep would have ended, if it did now."""
    accounts, unseen = dispatcher.accounts, dispatcher.unseen
    left, counts = accounts.left(), accounts.at_the_end()
    if NULL_MARKER_SHOWN in gate.reasons:
        left = replace(left, null_marker=True, harmless=False)
    elif gate.harmless:
        left = replace(left, harmless=True)
    # Objects that were chosen up to the ceiling, and then not asked for, leave room below it.
    full = dispatcher.room.full_by(counts)
    # Where OSS has closed the gate, that has ended the sweep: what is in doubt then fills a ceiling
    # only until another invocation sees what is still there.
    at_ceiling = full if gate.stopped is None else None
    # Keys in doubt may leave room below the ceiling, once OSS has shown what is there.
    stopped = gate.stopped
    is_final = stopped is not None and stopped.is_final
    may_go_on = not (left.finished or is_final or (at_ceiling and not accounts.is_in_doubt))
    if at_ceiling is not None:
        ends = not may_go_on and left.part_of is None
        stopped = stop_at_ceiling(at_ceiling, ends=ends)
    passed_over = accounts.passed_over()
    refused = None
    if accounts.has_tried_all:
        refused = unseen.denied or (refusal_of(passed_over) if passed_over else None)
    return Result(
        listed=accounts.listed(),
        # Where nothing goes on, the counts that joined ranges give back are not met a second time.
        counts=left.counts if may_go_on or not at_ceiling else counts,
        left=left,
        stopped=stopped or _refused(unseen.failed or refused),
        may_go_on=may_go_on,
        expected=accounts.expected(),
        trouble=_trouble(dispatcher, gate, is_full=full is not None),
        passed_over=passed_over,
        notes=_notes(dispatcher, gate, left),
    )


def _trouble(dispatcher: Dispatcher, gate: Gate, *, is_full: bool) -> str | None:
    """
    Return what has ended the work: time, requests that failed, or a ceiling.

    A ceiling whose room was taken and given back has ended it only if nothing else did: what was
    chosen below it has all been asked for.
    """
    reached = dispatcher.room.reached
    if reached is None or is_full or dispatcher.has_batches or gate.left() <= 0:
        return gate.trouble
    return gate.trouble_unless(f"{reached}, and what is left of that goes on from here")


def _notes(dispatcher: Dispatcher, gate: Gate, left: Work) -> tuple[str, ...]:
    """Return what else there is to know: what could not be seen, and what has stopped nothing."""
    is_reason = gate.stopped is NULL_MARKER_SHOWN and not left.finished
    is_late = NULL_MARKER_SHOWN in gate.reasons and not is_reason
    too_late = NULL_MARKER_SHOWN.sentence if is_late else None
    return tuple(note for note in (dispatcher.caution.note, too_late) if note is not None)


def _refused(sentence: str | None) -> Stop | None:
    return Stop(Why.REFUSED, sentence) if sentence is not None else None


def _without_protected(work: Work, protected: tuple[str, ...]) -> Work:
    """Skip protected keys that are known by name: they need no listing to be judged."""
    keys = tuple(key for key in work.keys if not key.startswith(protected))
    deferred = tuple(found for found in work.held if not found.key.startswith(protected))
    skipped = len(work.keys) - len(keys) + len(work.held) - len(deferred)
    if not skipped:
        return work
    gone = (key for key in work.keys if key.startswith(protected))
    doubted = tuple(key for key in work.doubted if not key.startswith(protected))
    # A key that may have been asked for before it was protected keeps its room below the ceiling.
    lost = len(work.doubted) - len(doubted)
    sizes = {key: size for key, size in work.sizes.items() if not key.startswith(protected)}
    lost_bytes = sum(work.sizes.values()) - sum(sizes.values())
    more = Counts(skipped={PROTECTED: skipped}, unanswered=lost, unanswered_bytes=lost_bytes)
    return replace(
        work,
        keys=keys,
        keys_done=(*work.keys_done, *gone) if work.lists else (),
        doubted=doubted,
        sizes=sizes,
        held=deferred,
        counts=add(work.counts, more),
    )
