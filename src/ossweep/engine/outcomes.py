"""What becomes of a batch: by asking a store for it, or, in a dry run, by counting it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.work import Counts, Lot, Shown, tally

if TYPE_CHECKING:
    from ossweep.engine.batches import Batch
    from ossweep.engine.sweep import Store
    from ossweep.engine.throttle import Ticket
    from ossweep.work import Failure, Found


@dataclass(frozen=True)
class Outcome:
    """
    What became of a batch.

    `undone` are its objects that are still to do; `full` are directories that OSS has refused
    because something is left in them; `in_doubt` tells whether some objects were asked for without
    an answer that decided it.
    """

    batch: Batch
    counts: Counts
    undone: tuple[Found, ...]
    full: tuple[tuple[Found, Failure], ...] = ()
    in_doubt: bool = False


def planned(batch: Batch) -> Outcome:
    """Do what a dry run does: count."""
    counts = Counts(planned=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
    return Outcome(batch, counts, undone=())


def delete(store: Store, batch: Batch, ticket: Ticket, clock: int | None) -> Outcome:
    """Delete a batch; in a thread."""
    shown = Shown(clock, batch.left, is_listing=batch.source == "listed")
    answer = store.delete(batch.keys, ticket, shown)
    if len(answer.deleted) == len(batch.keys):
        done = Counts(deleted=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
        return Outcome(batch, done, undone=())
    objects = batch.page.objects()
    deleted = [found for found in objects if found.key in answer.deleted]
    settled = answer.deleted | {failure.key for failure in answer.failed} | answer.kept.keys()
    unanswered = answer.unanswered
    if batch.source == "named":
        # Those still to do are asked for again by name: they are no other objects.
        unanswered = min(unanswered, len(answer.kept))
    counts = Counts(
        deleted=len(deleted),
        bytes=sum(found.size for found in deleted),
        failed=len(answer.failed),
        failures=answer.failed,
        skipped=tally((batch.skipped, Counter(answer.kept.values()))),
        unanswered=unanswered,
    )
    full = {failure.key: failure for failure in answer.full}
    held = tuple((found, full[found.key]) for found in objects if found.key in full)
    undone = tuple(found for found in objects if found.key not in settled | full.keys())
    return Outcome(batch, counts, undone, held, in_doubt=answer.unanswered > 0)


def slim(outcome: Outcome) -> Outcome:
    """Return an outcome without the objects of its batch, of which many may have to wait."""
    batch = replace(outcome.batch, keys=(), page=Lot(()))
    return replace(outcome, batch=batch, undone=outcome.undone[:1])
