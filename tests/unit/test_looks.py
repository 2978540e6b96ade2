"""Named keys that are looked at first: what they are judged by, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.errors import Scope, StoreError
from ossweep.stops import Stop, Why
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from ossweep.engine.sweep import Result
    from ossweep.work import Found

KEYS = tuple(f"n/{number:04}" for number in range(2500))
NAMED = Work("job", "examplebucket", clock=BEGAN, keys=KEYS, judged=True)


class BlindStore(MemoryStore):
    """A store that does not let anybody look."""

    def find(self, key: str) -> Found | None:
        raise StoreError("AccessDenied", f"Nobody sees {key}.", Scope.JOB)


def swept(work: Work, bucket: Bucket, hop: Hop | None = None) -> Result:
    hop = hop or Hop(listings=8)
    return hop.sweep(work, MemoryStore(bucket, hop.gate))


def test_a_named_key_written_after_the_job_began_stays() -> None:
    """It is judged as a listing would judge it; the others go in whole batches."""
    bucket = Bucket.of(KEYS)
    bucket.write([KEYS[7]], modified=BEGAN)

    result = swept(NAMED, bucket)

    assert list(bucket.objects) == [KEYS[7]]
    assert result.counts.skipped == {"written after the job began": 1}
    assert (result.counts.deleted, result.listed, result.left.finished) == (2499, 2500, True)
    assert result.counts.bytes == 24_990
    assert [len(batch) for batch in bucket.asked] == [1000, 1000, 499]


def test_a_named_key_that_is_gone_is_not_asked_for() -> None:
    """A deletion of what is not there would lay a delete marker in a bucket with versions."""
    bucket = Bucket.of(KEYS[1:])

    result = swept(NAMED, bucket)

    assert result.counts.skipped == {"gone before its turn came": 1}
    assert KEYS[0] not in {key for batch in bucket.asked for key in batch}
    assert (result.counts.deleted, result.left.finished) == (2499, True)


def test_a_key_that_an_order_names_is_not_looked_at() -> None:
    """A person's first order deletes it however young it is."""
    bucket = Bucket.of(KEYS)
    bucket.write([KEYS[7]])

    result = swept(replace(NAMED, judged=False), bucket)

    assert (result.counts.deleted, bucket.objects) == (2500, {})


def test_looks_go_on_in_the_next_invocation() -> None:
    """What was not looked at in time is named in what is left, and judged there."""
    bucket = Bucket.of(KEYS)
    bucket.write([KEYS[2400]])
    hop = Hop()

    first = hop.sweep(NAMED, MemoryStore(bucket, hop.gate, {1800: hop.leave(0.0)}))

    assert first.left.judged
    assert first.counts.deleted + len(first.left.keys) == first.listed == 2500
    second = swept(first.left, bucket)
    assert (second.counts.deleted, second.left.finished) == (2499, True)
    assert list(bucket.objects) == [KEYS[2400]]


def test_a_ceiling_counts_what_is_chosen_after_a_look() -> None:
    """What is spared takes no room; what has none stays in what is left."""
    bucket = Bucket.of(KEYS)
    bucket.write(KEYS[:100])

    result = swept(NAMED, bucket, Hop(listings=8, ceiling=Ceiling(1200, "limits.objects")))

    assert result.counts == Counts(
        deleted=1200, bytes=12_000, skipped={"written after the job began": 100}
    )
    assert len(bucket.objects) == 1300
    assert len(result.left.keys) == 1200
    assert result.stopped == Stop(Why.CEILING, "limits.objects allows 1,200 objects")


def test_a_look_that_is_refused_keeps_the_key() -> None:
    """What cannot be judged stays to be done, and the reason is told."""
    bucket = Bucket.of(KEYS)
    hop = Hop(listings=8)

    result = hop.sweep(NAMED, BlindStore(bucket, hop.gate))

    assert (bucket.asked, result.counts.deleted) == ([], 0)
    assert sorted(result.left.keys) == list(KEYS)
    assert str(result.stopped).startswith("listing failed: AccessDenied")


def test_a_listing_follows_what_was_looked_at() -> None:
    """Named keys and a prefix in one order are both done, and add up."""
    bucket = Bucket.of([*KEYS, "p/1", "p/2"])
    bucket.write(["p/2"])

    result = swept(replace(NAMED, ranges=(Range("p/"),)), bucket)

    assert list(bucket.objects) == ["p/2"]
    assert (result.listed, result.counts.deleted, result.left.finished) == (2502, 2501, True)


def test_a_dry_run_looks_and_counts() -> None:
    """It tells what would go, and how large that is."""
    bucket = Bucket.of(KEYS)
    bucket.write([KEYS[7]])

    result = swept(replace(NAMED, dry_run=True), bucket)

    assert (result.counts.planned, result.counts.bytes, bucket.asked) == (2499, 24_990, [])
