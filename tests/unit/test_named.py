"""Named keys that are looked at first: what they are judged by, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ossweep.conditions import Conditions
from ossweep.engine.ports import Checkpoint
from ossweep.engine.reads import SOON
from ossweep.errors import Scope, StoreError
from ossweep.filters.reasons import OTHER_TAGS
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER
from ossweep.row import ALIKE, PROBES
from ossweep.stops import Stop, Why
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, Bucket, Hop, LateStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.engine.gate import Gate
    from ossweep.engine.result import Result
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Fates, Found, Neighbours, Shown

FOR_MORE = "for more, send a new request"
KEYS = tuple(f"n/{number:04}" for number in range(2500))
NAMED = Work("job", "examplebucket", clock=BEGAN, keys=KEYS, judged=True)


class BlindStore(MemoryStore):
    """A store that does not let anybody look."""

    def find(self, key: str) -> Found | None:
        raise StoreError("AccessDenied", f"Nobody sees {key}.", Scope.JOB)

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        raise StoreError("AccessDenied", f"Nobody sees {keys[0]}.", Scope.JOB)


@dataclass
class Policy(MemoryStore):
    """A store whose policy lets nobody look at keys together, nor by themselves if it denies."""

    bucket: Bucket
    gate: Gate
    denies: bool = True
    looks: list[str] = field(default_factory=list)
    together: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.bucket, self.gate)

    def find(self, key: str) -> Found | None:
        self.looks.append(key)
        if self.denies:
            raise StoreError("AccessDenied", f"Nobody sees {key}.", Scope.KEYS)
        return super().find(key)

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        self.together += 1
        raise StoreError("AccessDenied", f"Nobody sees {keys[0]}.", Scope.KEYS)


@dataclass
class Counting(MemoryStore):
    """A store that counts what it is asked."""

    bucket: Bucket
    gate: Gate
    singly: int = 0
    together: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.bucket, self.gate)

    def find(self, key: str) -> Found | None:
        self.singly += 1
        return super().find(key)

    def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
        self.together += 1
        return super().look(keys, with_etags=with_etags)


@dataclass(frozen=True)
class Reserving:
    """Keeps checkpoints that reserve so many objects each."""

    objects: int

    def due(self) -> bool:
        return True

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        return Checkpoint(None, self.objects)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        raise NotImplementedError


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
    bucket = Bucket.of(KEYS, page=1)
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
    assert result.stopped == Stop(Why.CEILING, f"limits.objects allows 1,200 objects; {FOR_MORE}")


def test_a_ceiling_is_named_that_is_full_of_keys_whose_looks_are_refused() -> None:
    """Time has not run out, and the others had no room."""
    bucket = Bucket.of(KEYS[:30])
    hop = Hop(ceiling=Ceiling(20, "limits.objects"))
    work = replace(in_doubt(KEYS[:20]), keys=KEYS[:30], judged=True)

    result = hop.sweep(work, Policy(bucket, hop.gate))

    assert (len(bucket.objects), len(result.left.keys)) == (30, 30)
    assert str(result.trouble).startswith("limits.objects allows 20 objects, and what is left")


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


def in_doubt(keys: tuple[str, ...], **more: object) -> Work:
    """Return an order of which an earlier hop has asked for some keys, and got no answer."""
    return replace(NAMED, judged=False, doubted=keys, **more)  # type: ignore[arg-type] # passed on


def test_a_named_key_in_doubt_is_looked_at_in_the_next_invocation() -> None:
    """Still there and old it goes, newer it stays, and gone it is asked for no more."""
    bucket = Bucket.of(KEYS[1:])
    bucket.write([KEYS[1]])

    result = swept(in_doubt(KEYS[:10]), bucket)

    assert list(bucket.objects) == [KEYS[1]]
    assert result.counts.skipped == {NEWER: 1, GONE_UNANSWERED: 1}
    assert {KEYS[0], KEYS[1]}.isdisjoint(key for batch in bucket.asked for key in batch)
    assert (result.counts.deleted, result.left.finished, result.left.at_least) == (2498, True, True)


def test_named_keys_beside_those_in_doubt_are_not_looked_at() -> None:
    """A person's order deletes them however young they are."""
    bucket = Bucket.of(KEYS)
    bucket.write([KEYS[2000]])

    result = swept(in_doubt(KEYS[:10]), bucket)

    assert (result.counts.deleted, bucket.objects) == (2500, {})


def test_a_key_in_doubt_keeps_its_room_below_a_ceiling() -> None:
    """It may be gone already; no other key takes its room."""
    bucket = Bucket.of(KEYS[100:])
    hop = Hop(listings=8, ceiling=Ceiling(150, "limits.objects"))

    result = swept(in_doubt(KEYS[:100]), bucket, hop)

    assert (result.counts.deleted, result.counts.unanswered) == (50, 100)
    assert len(bucket.objects) == 2350
    assert str(result.stopped) == "limits.objects allows 150 objects"


def test_a_key_in_doubt_that_is_still_there_is_asked_for_within_its_room() -> None:
    """It counts against the ceiling once."""
    bucket = Bucket.of(KEYS)
    hop = Hop(listings=8, ceiling=Ceiling(150, "limits.objects"))

    result = swept(in_doubt(KEYS[:100]), bucket, hop)

    assert (result.counts.deleted, result.counts.unanswered) == (150, 0)
    assert not set(KEYS[:100]) & bucket.objects.keys()


def test_a_key_in_doubt_needs_no_checkpoint_to_be_asked_for_again() -> None:
    """Its room is its own: where others have used up the rest, no checkpoint can reserve any."""
    bucket = Bucket.of(KEYS[:100])
    used_up = replace(in_doubt(KEYS[:100]), keys=KEYS[:100], counts=Counts(unanswered=50))
    hop = Hop(ceiling=Ceiling(150, "limits.objects"), keeper=Reserving(0))

    result = swept(used_up, bucket, hop)

    assert (result.counts.deleted, bucket.objects) == (100, {})


def test_keys_in_doubt_wait_behind_none_that_has_no_room() -> None:
    """They have theirs."""
    bucket = Bucket.of(KEYS)
    hop = Hop(listings=8, ceiling=Ceiling(150, "limits.objects"))
    work = replace(in_doubt(KEYS[-100:]), judged=True, counts=Counts(unanswered=50))

    result = swept(work, bucket, hop)

    assert (result.counts.asked, result.counts.deleted) == (150, 100)
    assert not set(KEYS[-100:]) & bucket.objects.keys()


@pytest.mark.parametrize("gone", [0, 30])
def test_a_ceiling_holds_for_keys_in_doubt(gone: int) -> None:
    """It may have been lowered, and who says that they were asked for may be somebody else."""
    bucket = Bucket.of(KEYS[gone:])
    hop = Hop(listings=8, ceiling=Ceiling(150, "limits.objects"))
    work = replace(in_doubt(KEYS[:200]), counts=Counts(unanswered=50))

    result = swept(work, bucket, hop)

    assert (result.counts.asked, result.counts.deleted) == (150, 100 - gone)
    assert str(result.stopped).startswith("limits.objects allows 150 objects")
    assert len(result.left.doubted) == 100


def test_named_keys_without_an_answer_are_in_doubt_in_what_is_left() -> None:
    """Those that were not asked for are not."""
    bucket = Bucket.of(KEYS, silent={KEYS[1500]: True})

    result = swept(replace(NAMED, judged=False), bucket)

    assert result.left.keys == result.left.doubted == KEYS[1500:2000]
    ended = swept(result.left, bucket)
    assert ended.counts.skipped == {GONE_UNANSWERED: 500}
    assert (ended.listed, ended.left.finished, ended.counts.unanswered) == (2500, True, 500)


def test_named_keys_under_way_are_in_doubt_in_a_checkpoint() -> None:
    """An invocation that goes on from it does not know their fate."""
    bucket = Bucket.of(KEYS)
    kept: list[Work] = []
    come = Event()

    class Keeping:
        def due(self) -> bool:
            return bool(bucket.asked) and not kept

        def keep(self, result: Result, reserved: int) -> Checkpoint:
            kept.append(result.left)
            come.set()
            return Checkpoint(None, 2000)

        def beat_due(self) -> bool:
            return False

        def beat(self) -> None:
            raise NotImplementedError

    hop = Hop(in_flight=1, keeper=Keeping())
    hop.sweep(replace(NAMED, judged=False), LateStore(bucket, hop.gate, {KEYS[0]: come}))

    assert kept[0].doubted == KEYS[:1000]
    assert set(kept[0].keys) == set(KEYS)


def test_named_keys_whose_looks_are_refused_keep_no_range_waiting() -> None:
    """After a hundred of them, three tell of the others; all stay to be done."""
    named = KEYS[:300]
    bucket = Bucket.of([*named, *(f"p/{number}" for number in range(50))])
    hop = Hop()
    store = Policy(bucket, hop.gate)
    result = hop.sweep(replace(NAMED, keys=named, ranges=(Range("p/"),)), store)

    assert (set(bucket.objects), set(result.left.keys)) == (set(named), set(named))
    assert (store.together, len(store.looks)) == (1, ALIKE + PROBES)
    assert str(result.stopped).startswith('listing "n/0000" and 102 others failed')


def test_a_look_that_did_not_come_back_leaves_the_doubt() -> None:
    """It travels on until it is decided."""
    bucket = Bucket.of(KEYS)
    hop = Hop()

    result = hop.sweep(in_doubt(KEYS[:10]), BlindStore(bucket, hop.gate))

    assert set(result.left.doubted) == set(KEYS[:10])


def test_a_key_that_was_looked_at_goes_before_its_look_is_too_old() -> None:
    """Else an invocation whose looks take seconds would look at keys, and come to nothing."""
    bucket = Bucket.of(KEYS[:30], page=1)
    hop, ages = Hop(), []

    class Slow(MemoryStore):
        def find(self, key: str) -> Found | None:
            hop.clock.now += SOON + 0.5
            return super().find(key)

        def look(self, keys: Sequence[str], *, with_etags: bool) -> Neighbours:
            hop.clock.now += SOON + 0.5
            return super().look(keys, with_etags=with_etags)

        def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
            ages.append(shown.left - self.gate.left())
            return super().delete(keys, pace, shown)

    left = hop.sweep(replace(NAMED, keys=KEYS[:30]), Slow(bucket, hop.gate)).left

    assert 0 < len(left.keys) == len(bucket.objects) < 30
    assert max(ages) <= 2 * (SOON + 0.5)


def test_keys_side_by_side_are_looked_at_by_listing_them() -> None:
    """In the order of their bytes, whatever order names them; a thousand a listing."""
    bucket = Bucket.of(KEYS[1:])
    bucket.write([KEYS[7]])
    hop = Hop()
    store = Counting(bucket, hop.gate)

    result = hop.sweep(replace(NAMED, keys=KEYS[::-1]), store)

    assert (store.together, store.singly) == (3, 0)
    assert list(bucket.objects) == [KEYS[7]]
    assert result.counts.skipped == {NEWER: 1, GONE: 1}
    assert (result.counts.deleted, result.listed, result.left.finished) == (2498, 2500, True)


def test_keys_far_apart_cost_a_look_each() -> None:
    """A listing that is tried in between decides one of them, as a look at it would."""
    others = [f"{key}/{number:02}" for key in KEYS[:200] for number in range(20)]
    bucket = Bucket.of([*KEYS[:200], *others], page=10)
    hop = Hop()
    store = Counting(bucket, hop.gate)

    result = hop.sweep(replace(NAMED, keys=KEYS[:200]), store)

    assert store.together + store.singly == 200
    assert store.together <= 4
    assert set(bucket.objects) == set(others)
    assert (result.counts.deleted, result.left.finished) == (200, True)


def test_keys_that_may_not_be_listed_together_are_looked_at_by_themselves() -> None:
    """A policy may allow to list below each key, and nothing above; then nothing is refused."""
    bucket = Bucket.of(KEYS[:30])
    hop = Hop()
    store = Policy(bucket, hop.gate, denies=False)

    result = hop.sweep(replace(NAMED, keys=KEYS[:30]), store)

    assert (store.together, len(store.looks)) == (1, 30)
    assert (result.counts.deleted, result.left.finished, result.stopped) == (30, True, None)


def test_keys_whose_tags_take_long_are_looked_at_again() -> None:
    """Those known in time go; the others are looked at anew, and none is judged by an old look."""
    bucket = Bucket.of(KEYS[:300], tags={key: {"a": "1"} for key in KEYS[:300:2]}, page=100)
    hop, ages = Hop(listings=8), []

    class Slow(MemoryStore):
        def tags(self, key: str, permit: Permit) -> Mapping[str, str] | None:
            hop.clock.now += 0.1
            return super().tags(key, permit)

        def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
            ages.append(shown.left - self.gate.left())
            return super().delete(keys, pace, shown)

    only = Conditions(tags=(("a", "1"),))
    result = hop.sweep(replace(NAMED, keys=KEYS[:300], only=only), Slow(bucket, hop.gate))

    assert result.left.finished
    assert (result.counts.deleted, result.counts.skipped) == (150, {OTHER_TAGS: 150})
    assert max(ages) <= 2 * SOON
