"""The outcome of a batch: by asking a store to delete it, or, in a dry run, by counting it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ossweep.objects import NOT_UTF8, Failure, Lot, Stretch
from ossweep.tally import tally
from ossweep.work import PLANNED_NAMED, Counts, add

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.ports import Store
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Fates, Found, Shown

_NO_NAME = (
    "the key is not UTF-8, which no key of OSS should be, and is named here as its listing writes "
    "it; delete it with a tool that sends these bytes as they are"
)


@dataclass(frozen=True)
class Outcome:
    """
    What became of a batch.

    `undone` are its objects that are still to do; `full` are directories that OSS has refused
    because something is left in them; `in_doubt` are keys that were asked for, and that no answer
    has decided. Where all undone objects were passed over, `passed_over` tells of them, and `head`
    is the outcome of the batch's part before them, which is not in this one. `halved` is the number
    of keys in the smallest request that was refused as a whole, where some are undone.
    """

    batch: Batch
    counts: Counts
    undone: tuple[Found, ...]
    full: tuple[tuple[Found, Failure], ...] = ()
    in_doubt: frozenset[str] = frozenset()
    passed_over: Stretch | None = None
    head: Outcome | None = None
    halved: int = 0

    @property
    def was_asked_for(self) -> bool:
        """Whether a request about any of its objects may have been sent."""
        is_whole = len(self.undone) == len(self.batch.keys)
        return not is_whole or bool(self.in_doubt) or self.passed_over is not None


def planned(batch: Batch) -> Outcome:
    """Do what a dry run does: count."""
    counts = Counts(
        planned=len(batch.keys),
        named=tuple(batch.keys[:PLANNED_NAMED]),
        bytes=batch.page.bytes,
        skipped=batch.skipped,
    )
    return Outcome(batch, _with_unnamed(counts, batch), undone=())


def delete(
    store: Store, batch: Batch, permit: Permit, shown: Shown, *, counts_bytes: bool
) -> Outcome:
    """Delete a batch; in a thread. A ceiling may count the bytes of what is not deleted, too."""
    answer = store.delete(batch.keys, permit, shown)
    if len(answer.deleted) == len(batch.keys):
        done = Counts(deleted=len(batch.keys), bytes=batch.page.bytes, skipped=batch.skipped)
        return Outcome(batch, _with_unnamed(done, batch), undone=())
    whole = _outcome(batch, answer, counts_bytes=counts_bytes)
    over = {failure.key: failure for failure in answer.passed_over}
    if not over or any(found.key not in over for found in whole.undone):
        return whole
    first, refusal = whole.undone[0].key, over[whole.undone[0].key]
    # Named keys come in whatever order they were named in.
    stretch = Stretch(min(over), max(over), len(over), refusal.code, refusal.message)
    before = list(batch.keys).index(first)
    if not (batch.is_listed and before):
        return replace(whole, passed_over=stretch)
    head, rest = batch.split(before)
    return replace(
        _outcome(rest or batch, answer, counts_bytes=counts_bytes),
        batch=batch,
        in_doubt=whole.in_doubt,
        passed_over=stretch,
        head=_outcome(head, answer, counts_bytes=counts_bytes),
    )


def _outcome(batch: Batch, answer: Fates, *, counts_bytes: bool) -> Outcome:
    """Return what became of a batch, or of a part of it, by an answer to all of it."""
    objects = batch.page.objects()
    deleted = [found for found in objects if found.key in answer.deleted]
    failed = {failure.key: failure for failure in answer.failed}
    failures = tuple(failed[found.key] for found in objects if found.key in failed)
    kept = [answer.kept[found.key] for found in objects if found.key in answer.kept]
    full = {failure.key: failure for failure in answer.full}
    settled = answer.deleted | failed.keys() | full.keys() | answer.kept.keys()
    in_doubt = answer.unanswered.intersection(batch.keys)
    # Named keys that are still to do are asked for again by name: they are no other objects.
    lost = in_doubt & answer.kept.keys() if batch.doubt_is_named else in_doubt
    counts = Counts(
        deleted=len(deleted),
        bytes=sum(found.size for found in deleted),
        failed=len(failures),
        failures=failures,
        skipped=tally((batch.skipped, Counter(kept))),
        unanswered=len(lost),
        failed_bytes=_bytes_of(failed, objects) if counts_bytes else 0,
        unanswered_bytes=_bytes_of(lost, objects) if counts_bytes else 0,
    )
    undone = tuple(found for found in objects if found.key not in settled)
    return Outcome(
        batch,
        _with_unnamed(counts, batch),
        undone=undone,
        full=tuple((found, full[found.key]) for found in objects if found.key in full),
        in_doubt=in_doubt,
        halved=answer.halved if undone else 0,
    )


def _bytes_of(keys: Collection[str], objects: Sequence[Found]) -> int:
    return sum(found.size for found in objects if found.key in keys) if keys else 0


def _with_unnamed(counts: Counts, batch: Batch) -> Counts:
    """Return counts with the keys of a batch that are not UTF-8: they have failed."""
    if not batch.unnamed:
        return counts
    failures = tuple(Failure(text, NOT_UTF8, _NO_NAME) for _, text in batch.unnamed)
    return add(counts, Counts(failed=len(failures), failures=failures))


def slim(outcome: Outcome) -> Outcome:
    """Return an outcome without the objects of its batch, of which many may have to wait."""
    batch = replace(outcome.batch, keys=(), page=Lot(()))
    head = None if outcome.head is None else slim(outcome.head)
    return replace(outcome, batch=batch, undone=outcome.undone[:1], in_doubt=frozenset(), head=head)
