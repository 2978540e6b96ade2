"""What became of a batch, by what a store answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.work import Counts, Lot, Stretch, tally

if TYPE_CHECKING:
    from ossweep.engine.batches import Batch
    from ossweep.engine.sweep import Store
    from ossweep.engine.throttle import Ticket
    from ossweep.work import Answer, Found, Shown


@dataclass(frozen=True)
class Outcome:
    """
    What became of a batch.

    `undone` are its objects that are still to do, `in_doubt` the keys that were asked for without
    an answer that decided it. Where all that is undone was passed over, `passed_over` tells of it,
    and `head` of the batch's part before it, which is not in this outcome.
    """

    batch: Batch
    counts: Counts
    undone: tuple[Found, ...]
    in_doubt: frozenset[str] = frozenset()
    passed_over: Stretch | None = None
    head: Outcome | None = None


def planned(batch: Batch) -> Outcome:
    """Do what a dry run does: count."""
    counts = Counts(planned=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
    return Outcome(batch, counts, undone=())


def delete(store: Store, batch: Batch, ticket: Ticket, shown: Shown) -> Outcome:
    """Delete a batch; in a thread."""
    answer = store.delete(batch.keys, ticket, shown)
    if len(answer.deleted) == len(batch.keys):
        done = Counts(deleted=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
        return Outcome(batch, done, undone=())
    whole = _outcome(batch, answer)
    over = {failure.key: failure for failure in answer.passed_over}
    if not over or any(found.key not in over for found in whole.undone):
        return whole
    first, last = whole.undone[0].key, whole.undone[-1].key
    refusal = over[first]
    stretch = Stretch(first, last, len(over), refusal.code, refusal.message)
    before = list(batch.keys).index(first)
    if batch.span is None or not before:
        return replace(whole, passed_over=stretch)
    head, rest = batch.split(before)
    return replace(
        _outcome(rest or batch, answer),
        batch=batch,
        in_doubt=whole.in_doubt,
        passed_over=stretch,
        head=_outcome(head, answer),
    )


def _outcome(batch: Batch, answer: Answer) -> Outcome:
    """Return what became of a batch, or of a part of it, by an answer to all of it."""
    objects = batch.page.objects()
    deleted = [found for found in objects if found.key in answer.deleted]
    failed = {failure.key: failure for failure in answer.failed}
    failures = tuple(failed[found.key] for found in objects if found.key in failed)
    kept = [answer.kept[found.key] for found in objects if found.key in answer.kept]
    settled = answer.deleted | failed.keys() | answer.kept.keys()
    in_doubt = answer.unanswered.intersection(batch.keys)
    # Named keys that are still to do are asked for again by name: they are no other objects.
    lost = in_doubt & answer.kept.keys() if batch.source == "named" else in_doubt
    counts = Counts(
        deleted=len(deleted),
        bytes=sum(found.size for found in deleted),
        failed=len(failures),
        failures=failures,
        skipped=tally((batch.skipped, Counter(kept))),
        unanswered=len(lost),
    )
    undone = tuple(found for found in objects if found.key not in settled)
    return Outcome(batch, counts, undone, in_doubt)


def slim(outcome: Outcome) -> Outcome:
    """Return an outcome without the objects of its batch, of which many may have to wait."""
    batch = replace(outcome.batch, keys=(), page=Lot(()))
    head = None if outcome.head is None else slim(outcome.head)
    return replace(outcome, batch=batch, undone=outcome.undone[:1], in_doubt=frozenset(), head=head)
