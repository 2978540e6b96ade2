"""What becomes of a batch: by asking a store for it, or, in a dry run, by counting it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.work import NOT_UTF8, Counts, Failure, Lot, Shown, add, tally

if TYPE_CHECKING:
    from ossweep.engine.batches import Batch
    from ossweep.engine.sweep import Store
    from ossweep.engine.throttle import Ticket
    from ossweep.work import Found

_NO_NAME = (
    "the key is not UTF-8, which no key of OSS should be, and is named here as its listing writes "
    "it; delete it with a tool that sends these bytes as they are"
)


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
    return Outcome(batch, _with_unnamed(counts, batch), undone=())


def delete(store: Store, batch: Batch, ticket: Ticket, clock: int | None) -> Outcome:
    """Delete a batch; in a thread."""
    shown = Shown(clock, batch.left, is_listing=batch.source == "listed")
    answer = store.delete(batch.keys, ticket, shown)
    if len(answer.deleted) == len(batch.keys):
        done = Counts(deleted=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
        return Outcome(batch, _with_unnamed(done, batch), undone=())
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
    return Outcome(
        batch, _with_unnamed(counts, batch), undone, held, in_doubt=answer.unanswered > 0
    )


def _with_unnamed(counts: Counts, batch: Batch) -> Counts:
    """Return counts with the keys of a batch that are not UTF-8: they have failed."""
    if not batch.unnamed:
        return counts
    failures = tuple(Failure(text, NOT_UTF8, _NO_NAME) for _, text in batch.unnamed)
    return add(counts, Counts(failed=len(failures), failures=failures))


def slim(outcome: Outcome) -> Outcome:
    """Return an outcome without the objects of its batch, of which many may have to wait."""
    batch = replace(outcome.batch, keys=(), page=Lot(()))
    return replace(outcome, batch=batch, undone=outcome.undone[:1])
