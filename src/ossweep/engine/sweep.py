"""The sweep: takes the work that is left, deletes what it says, and tells what became of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from ossweep.engine.accounts import Accounts, Outcome, add
from ossweep.engine.batches import PROTECTED, Batches
from ossweep.engine.pipeline import Pipeline
from ossweep.work import Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ossweep.engine.batches import Batch
    from ossweep.engine.gate import Gate
    from ossweep.work import Answer, Ceiling, Found, Work

TICK = 0.25  # seconds between two looks at the time while nothing ends
GRACE = 0.5  # seconds that requests have to end in after they have been cut off
LAST_GRACE = 0.2  # seconds more for their threads; both lie within the shortest reserve of 1 s
AHEAD = 64  # batches that may come back while one before them has not


class Store(Protocol):
    """A bucket, as the sweep sees it. Threads share it."""

    def began(self) -> int:
        """Return OSS's own time at its first answer, in Unix seconds; raises StoreError."""

    def scan(self, prefix: str, after: str) -> Iterator[Found]:
        """Yield the objects below a prefix that come after a key; raises Closed, StoreError."""

    def find(self, key: str) -> Found | None:
        """Return an object as a listing shows it now; raises Closed, StoreError."""

    def delete(self, keys: Sequence[str]) -> Answer:
        """Delete up to a thousand keys; raises nothing."""

    def close(self) -> None:
        """Cut off whatever request is under way, and let none start any more."""


@dataclass(frozen=True)
class Progress:
    """How far a sweep is: keys met, what became of them, seconds left."""

    listed: int
    counts: Counts
    seconds_left: float


@dataclass(frozen=True)
class Result:
    """
    How a sweep ended.

    `stopped` says what ended it early, if anything but time did; `may_go_on` whether the work
    that is left can be done by another invocation under the same order.
    """

    listed: int
    counts: Counts
    left: Work
    stopped: str | None
    may_go_on: bool


def sweep(  # noqa: PLR0913 - everything of the world that a sweep needs comes in here
    work: Work,
    store: Store,
    gate: Gate,
    *,
    spares: Callable[[str], bool],
    ceiling: Ceiling | None,
    in_flight: int,
    report: Callable[[Progress], None],
) -> Result:
    """
    Do the work that is left, until it is done, the gate closes or the ceiling is reached.

    `report` is called at each outcome, and several times a second while there is none. Nothing is
    left running when this returns.
    """
    work = _without_spared(work, spares)
    batches = Batches(work, store, spares, ceiling)
    accounts = Accounts(work, batches)
    act = _plan if work.dry_run else _deleter(store)

    def follow(outcomes: Iterator[Outcome | None]) -> None:
        for outcome in outcomes:
            if outcome is not None:
                accounts.book(outcome)
            report(Progress(accounts.listed(), accounts.counts(), gate.left()))
            if gate.left() <= 0:
                store.close()
            if gate.left() <= -GRACE:
                return

    def patience() -> float:
        return max(0.0, min(TICK, gate.left() + GRACE))

    def may_run_ahead() -> bool:
        return accounts.ahead < AHEAD

    with Pipeline(act, in_flight, LAST_GRACE) as pipeline, closing(store):
        follow(pipeline.outcomes(batches.named_and_listed(), patience, may_run_ahead))
        if batches.ceiling_reached is None and not accounts.left().unlisted:
            follow(pipeline.outcomes(batches.markers(), patience, may_run_ahead))

    for outcome in pipeline.late():
        accounts.book(outcome)
    left = accounts.left()
    # What was chosen up to the ceiling and not asked for any more leaves room below it.
    full = ceiling is not None and left.counts.asked >= ceiling.objects
    at_ceiling = batches.ceiling_reached if full else None
    return Result(
        listed=accounts.listed(),
        counts=accounts.counts(),
        left=left,
        stopped=at_ceiling or gate.refusal or batches.listing_failed,
        may_go_on=not (left.finished or at_ceiling),
    )


def _without_spared(work: Work, spares: Callable[[str], bool]) -> Work:
    """Book what is known by name and is protected: it needs no listing to be judged."""
    keys = tuple(key for key in work.keys if not spares(key))
    held = tuple(found for found in work.held if not spares(found.key))
    spared = len(work.keys) - len(keys) + len(work.held) - len(held)
    if not spared:
        return work
    counts = add(work.counts, Counts(skipped={PROTECTED: spared}))
    return replace(work, keys=keys, held=held, counts=counts)


def _deleter(store: Store) -> Callable[[Batch], Outcome]:
    def delete(batch: Batch) -> Outcome:
        answer = store.delete([found.key for found in batch.objects])
        deleted = [found for found in batch.objects if found.key in answer.deleted]
        settled = answer.deleted | {failure.key for failure in answer.failed}
        return Outcome(
            batch,
            Counts(
                deleted=len(deleted),
                bytes=sum(found.size for found in deleted),
                failed=len(answer.failed),
                failures=answer.failed,
                skipped=batch.skipped,
                # Named keys that got no answer are asked again by name: they are no other objects.
                unanswered=answer.unanswered if batch.source == "listed" else 0,
            ),
            undone=tuple(found for found in batch.objects if found.key not in settled),
        )

    return delete


def _plan(batch: Batch) -> Outcome:
    """Do what a dry run does: count."""
    planned = Counts(
        planned=len(batch.objects),
        bytes=sum(found.size for found in batch.objects),
        skipped=batch.skipped,
    )
    return Outcome(batch, planned, undone=())
