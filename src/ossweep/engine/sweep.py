"""The sweep: takes the work that is left, deletes what it says, and tells what became of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ossweep.engine.batches import PROTECTED
from ossweep.engine.line import Line
from ossweep.engine.pipeline import Pipeline
from ossweep.engine.rest import MOST_RANGES
from ossweep.work import NULL_MARKER_SHOWN, Counts, add

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.engine.accounts import Accounts
    from ossweep.engine.gate import Gate
    from ossweep.engine.throttle import Throttle, Ticket
    from ossweep.work import Answer, Ceiling, Found, Page, Shown, Work

TICK = 0.25  # seconds between two looks at the time while nothing ends
GRACE = 0.5  # seconds that requests have to end in after they have been cut off
LAST_GRACE = 0.2  # seconds more for their threads; both lie within the shortest reserve of 1 s


class Store(Protocol):
    """A bucket, as the sweep sees it. Threads share it."""

    def began(self) -> int:
        """Return OSS's own time at its first answer, in Unix seconds; raises StoreError."""

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


class Keeper(Protocol):
    """Whoever keeps a sweep's checkpoints, for the case that it does not come to its end."""

    def due(self) -> bool:
        """Tell whether it is time for the next one."""

    def keep(self, result: Result) -> str | None:
        """Keep one, in a thread; return why the sweep shall end, if it shall. Raises nothing."""


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
    that probably is, None if it cannot be told; `trouble` what kept requests from being answered;
    `notes` what else there is to know.
    """

    listed: int
    counts: Counts
    left: Work
    stopped: str | None
    may_go_on: bool
    expected: int | None
    trouble: str | None = None
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
    kept = _Kept(keeper, gate)
    with Pipeline(in_flight + listings + 1, LAST_GRACE) as pipeline, closing(store):
        while True:
            pause = line.start(pipeline)
            if gate.left() <= -GRACE or not (pipeline.busy or pause is not None):
                break
            if kept.due:  # and there is something to go on with
                kept.start(pipeline, _result(line, gate, ceiling))
            pipeline.settle(min(TICK, gate.left() + GRACE, *([] if pause is None else [pause])))
            report(progress)
            if gate.left() <= 0:
                store.close()
    pipeline.settle_late()
    return _result(line, gate, ceiling)


class _Kept:
    """The checkpoints of a sweep: one at a time, so that none is overtaken by an older one."""

    def __init__(self, keeper: Keeper | None, gate: Gate) -> None:
        self._keeper = keeper
        self._gate = gate
        self._under_way = False

    @property
    def due(self) -> bool:
        """Whether it is time for the next one."""
        return self._keeper is not None and not self._under_way and self._keeper.due()

    def start(self, pipeline: Pipeline, result: Result) -> None:
        """Have one kept while the sweep goes on."""
        if self._keeper is not None:
            self._under_way = True
            pipeline.start(partial(self._keeper.keep, result), self._ended)

    def _ended(self, reason: str | None) -> None:
        self._under_way = False
        if reason is not None:
            self._gate.stop(reason)


def _result(line: Line, gate: Gate, ceiling: Ceiling | None) -> Result:
    """Return how the sweep would have ended, if it did now."""
    left, counts = line.accounts.left(), line.accounts.at_the_end()
    # What was chosen up to the ceiling and not asked for any more leaves room below it.
    full = ceiling is not None and counts.asked >= ceiling.objects
    # Where OSS has closed the gate, that has ended the sweep: what is in doubt then fills a ceiling
    # only until another invocation sees what is still there.
    at_ceiling = line.ceiling_reached if full and gate.refusal is None else None
    return Result(
        listed=line.accounts.listed(),
        counts=counts if at_ceiling else left.counts,
        left=left,
        stopped=at_ceiling or gate.refusal or line.listing_failed,
        # What is in doubt may leave room below the ceiling, once OSS has shown what is there.
        may_go_on=not (left.finished or (at_ceiling and not line.accounts.lost())),
        expected=line.accounts.expected(),
        trouble=gate.trouble,
        notes=_notes(line, gate, left),
    )


def _notes(line: Line, gate: Gate, left: Work) -> tuple[str, ...]:
    """Return what else there is to know: what nobody could see, and what came too late to stop."""
    too_late = NULL_MARKER_SHOWN if left.finished and gate.refusal == NULL_MARKER_SHOWN else None
    return tuple(note for note in (line.caution.note, too_late) if note is not None)


def _without_protected(work: Work, protected: tuple[str, ...]) -> Work:
    """Book what is known by name and is protected: it needs no listing to be judged."""
    keys = tuple(key for key in work.keys if not key.startswith(protected))
    held = tuple(found for found in work.held if not found.key.startswith(protected))
    spared = len(work.keys) - len(keys) + len(work.held) - len(held)
    if not spared:
        return work
    counts = add(work.counts, Counts(skipped={PROTECTED: spared}))
    return replace(work, keys=keys, held=held, counts=counts)
