"""Plans and their application, by a bucket that changes at random in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from threading import Event
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.engine.planning import PlanTerms
from ossweep.engine.ports import Checkpoint
from ossweep.handover.parts import joined, split
from ossweep.jobs.leaving import doubtful, to_try_again
from ossweep.objects import NEWER, Classed, Fates, Lot, Unnamed
from ossweep.plans.comparison import BEYOND_CEILING, NOT_AS_PLANNED, Tolerance
from ossweep.plans.directories import Amount
from ossweep.plans.kept import Applied, KeptPlan, named_of
from ossweep.plans.sofar import SoFar
from ossweep.plans.stretches import MOST_LISTED, total_of
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, LONG, Bucket, Hop, MemoryStore, sent_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ossweep.engine.result import Result
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Page, Shown
    from unit.memory import Seen

NAMES = [f"{each}{number:03}" for each in ("a/", "b/", "b/c/", "d") for number in range(40)]
RANGES = (Range("a/"), Range("b/"), Range("d"))


def object_of(key: str, size: int, etag: str = "E1", modified: int = BEGAN - 3600) -> Classed:
    return Classed(key, size, modified, "Standard", None, etag)


def bucket_of(objects: Iterable[Classed], page: int) -> Bucket:
    return Bucket({each.key: each for each in objects}, page=page)


def order(**also: object) -> Work:
    said: Mapping[str, object] = {"dry_run": True, "ranges": RANGES, **also}
    return Work("job", "examplebucket", **said)  # type: ignore[arg-type] # passed on


def hops(
    work: Work, bucket: Bucket, ends: Iterable[int], terms: PlanTerms, listings: int = 3
) -> Result:
    """Sweep in invocations, the first of which end at requests of these numbers."""
    last = iter(ends)
    while True:
        hop = Hop(listings=listings, terms=terms)
        number = next(last, None)
        at: dict[int, Callable[[], None]] = {} if number is None else {number: hop.leave(0.1)}
        result = hop.sweep(work, MemoryStore(bucket, hop.gate, at))
        if result.left.finished:
            return result
        work = sent_back(result)


def planned(work: Work, bucket: Bucket, ends: Iterable[int] = (), listings: int = 3) -> Work:
    """Return what a dry run leaves, whose plan is whole."""
    return hops(work, bucket, ends, PlanTerms(is_kept=True), listings).left


def kept(left: Work, protected: tuple[str, ...] = ()) -> KeptPlan:
    so_far = SoFar.of(left.plan)
    stretches = so_far.kept_stretches().held()
    digest, named = so_far.census.digest, named_of(so_far.named)
    return KeptPlan("order", left.clock or 0, digest, stretches, named, protected)


def application(work: Work, tolerance: Tolerance | None = None) -> Work:
    applied = Applied(tolerance or Tolerance()).document()
    return replace(work, dry_run=False, applies="plan-1", applied=applied, clock=BEGAN, judged=True)


@dataclass(frozen=True)
class Change:
    """What somebody does to an object between plan and application."""

    kind: str
    key: str

    def befalls(self, bucket: Bucket) -> None:
        there = bucket.objects.get(self.key)
        if self.kind == "gone":
            bucket.remove({self.key})
        elif self.kind == "written":
            bucket.write([self.key])
        elif self.kind == "restored" and there is None:
            bucket.write([self.key])
            bucket.objects[self.key] = object_of(self.key, 7, "E9")
        elif self.kind == "replaced" and there is not None:
            bucket.objects[self.key] = object_of(self.key, there.size, "E9")


KINDS = ["gone", "written", "restored", "replaced"]
OBJECTS = st.sets(st.sampled_from(NAMES), max_size=len(NAMES)).flatmap(
    lambda keys: st.lists(st.integers(0, 9), min_size=len(keys), max_size=len(keys)).map(
        lambda sizes: list(map(object_of, sorted(keys), sizes))
    )
) | st.just([object_of(key, len(key)) for key in NAMES])
CHANGES = st.lists(st.builds(Change, st.sampled_from(KINDS), st.sampled_from(NAMES)), max_size=4)
ENDS = st.lists(st.integers(1, 30), max_size=4)


@dataclass(frozen=True)
class Scene:
    """Objects in pages of so many, stretches of so many, and when invocations end."""

    objects: list[Classed]
    page: int
    stretch: int
    ends: list[int]
    later: list[int]
    listings: int

    def bucket(self) -> Bucket:
        return bucket_of(self.objects, self.page)

    def plan(self, bucket: Bucket) -> Work:
        work = order(plan=SoFar(most=self.stretch).document())
        return planned(work, bucket, self.ends, self.listings)


SCENES = st.builds(
    Scene,
    OBJECTS,
    st.integers(1, 50),
    st.sampled_from([1, 5, 20, 1000]),
    ENDS,
    ENDS,
    st.integers(1, 4),
)
ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@ANY
@given(SCENES)
def test_a_plan_is_the_same_however_it_was_listed(scene: Scene) -> None:
    """Pages, listings side by side and invocations change none of its sums."""
    once = SoFar.of(planned(order(), bucket_of(scene.objects, 1000), listings=1).plan)

    left = scene.plan(scene.bucket())

    found = SoFar.of(left.plan)
    assert found.census == once.census
    assert found.early == once.early
    assert total_of(found.kept_stretches().held()) == found.census.digest
    assert left.counts.planned == found.census.digest.objects == len(scene.objects)
    assert left.counts.bytes == found.census.digest.bytes


def parted(work: Work, bucket: Bucket, scene: Scene, terms: PlanTerms) -> Result:
    """Sweep in parts, the first invocation of each of which ends early, and join them."""
    kept, parts = split(replace(work, parallel=3), limit=None, rate=None)
    ended = [hops(part, bucket, scene.later, terms, scene.listings).left for part in parts]
    return hops(joined(kept, ended), bucket, (), terms, scene.listings)


@ANY
@given(SCENES)
def test_a_plan_in_parts_is_the_same(scene: Scene) -> None:
    """Each part has its own ranges, and they are added up at the end."""
    once = SoFar.of(scene.plan(scene.bucket()).plan)
    work = order(plan=SoFar(most=scene.stretch).document())

    left = parted(work, scene.bucket(), scene, PlanTerms(is_kept=True)).left

    found = SoFar.of(left.plan)
    assert found.census == once.census
    assert total_of(found.kept_stretches().held()) == found.census.digest
    assert left.counts.planned == len(scene.objects)


@ANY
@given(SCENES, st.integers(0, 3))
def test_parts_of_an_application_stay_within_one_tolerance(scene: Scene, most: int) -> None:
    """Of objects that are gone, no more than so many make no difference."""
    bucket = scene.bucket()
    plan = kept(scene.plan(bucket))
    lost = [each.key for each in scene.objects[:: max(1, len(scene.objects) // 3)]]
    bucket.remove(lost)
    before = dict(bucket.objects)

    work = application(order(), Tolerance(most, 10_000))
    left = parted(work, bucket, scene, PlanTerms(to_apply=plan)).left

    differ = {border_of(plan, key) for key in lost}
    went = differ - {border_of(plan, key) for key in bucket.objects}
    whole = {border_of(plan, key) for key in before}
    gone = [key for key in lost if border_of(plan, key) in went & whole]
    assert len(gone) <= most
    assert Applied.of(left.applied).tolerance.used.objects <= most


@ANY
@given(SCENES, CHANGES)
def test_an_application_deletes_a_part_of_the_plan_and_nothing_else(
    scene: Scene, changes: list[Change]
) -> None:
    """A stretch that is as planned goes in whole, one that differs stays in whole."""
    bucket = scene.bucket()
    plan = kept(scene.plan(bucket))
    was = dict(bucket.objects)
    for change in changes:
        change.befalls(bucket)
    before = dict(bucket.objects)

    terms = PlanTerms(to_apply=plan)
    result = hops(application(order()), bucket, scene.later, terms, scene.listings)

    # What was written since the plan is none of its objects, and makes no other differ.
    old = {key: found for key, found in before.items() if found.modified < BEGAN}
    differs = {key for key in {*was, *old} if old.get(key) != was.get(key)}
    amiss = {border_of(plan, key) for key in differs}
    stays = {key for key in old if border_of(plan, key) in amiss | {None}}
    assert before.keys() - bucket.objects.keys() == old.keys() - stays
    assert result.counts.skipped.get(NOT_AS_PLANNED, 0) == len(stays)
    assert result.counts.deleted == len(old.keys() - stays)
    event(f"stays: {bool(stays)}, goes: {len(old) > len(stays)}")


def border_of(plan: KeptPlan, key: str) -> str | None:
    """Return the border of the stretch in which a key lies, if anything was planned there."""
    found = next((each for each in plan.stretches if key <= each.until), None)
    if found is None or key <= found.after or prefix_of(found.until) != prefix_of(key):
        return None
    return found.until


def prefix_of(key: str) -> str:
    return next(each.prefix for each in RANGES if key.startswith(each.prefix))


@dataclass
class Keeper:
    """Keeps a sweep's first so many checkpoints; then its time is over, and it dies."""

    most: int
    die: Callable[[], None] = lambda: None
    last: tuple[Result, int] | None = None
    times: int = 0
    asked: int = 0

    def due(self) -> bool:
        self.asked += 1
        return self.asked % SELDOM == 0

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        self.times += 1
        if self.times > self.most:
            self.die()
            return Checkpoint(None, None, "gone")
        reserved = max(reserved, RESERVED)
        self.last = result, reserved
        return Checkpoint(None, reserved)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        raise NotImplementedError


RESERVED = 60
SELDOM = 5


def after_deaths(work: Work, bucket: Bucket, terms: PlanTerms, deaths: Iterable[int]) -> Work:
    """Return what is left when invocations have died behind so many checkpoints each."""
    for most in deaths:
        keeper = Keeper(most)
        hop = Hop(listings=3, terms=terms, keeper=keeper, in_flight=1)
        keeper.die = hop.leave(-0.6)
        hop.sweep(work, MemoryStore(bucket, hop.gate))
        if keeper.last is not None:
            result, reserved = keeper.last
            work = doubtful(sent_back(result), reserved)
    return work


@ANY
@given(SCENES, CHANGES, st.lists(st.integers(1, 6), max_size=3))
def test_an_application_goes_on_after_deaths(
    scene: Scene, changes: list[Change], deaths: list[int]
) -> None:
    """What a dead invocation has deleted itself makes no stretch differ."""
    bucket = scene.bucket()
    plan = kept(scene.plan(bucket))
    for change in changes:
        change.befalls(bucket)
    before = dict(bucket.objects)
    terms = PlanTerms(to_apply=plan)
    work = after_deaths(application(order()), bucket, terms, deaths)

    result = hops(work, bucket, (), terms, scene.listings)

    gone = before.keys() - bucket.objects.keys()
    assert all(before[key].modified < BEGAN for key in gone)
    if not changes:
        assert not bucket.objects
        assert result.counts.skipped.get(NOT_AS_PLANNED, 0) == 0


OTHERS = st.lists(
    st.builds(Change, st.sampled_from(["restored", "replaced"]), st.sampled_from(NAMES)), max_size=9
)


@ANY
@given(SCENES, st.lists(st.tuples(st.integers(1, 12), OTHERS), min_size=1, max_size=3))
def test_an_application_takes_nothing_that_came_between_its_invocations(
    scene: Scene, between: list[tuple[int, list[Change]]]
) -> None:
    """But for stretches that were begun by then: those are carried through."""
    bucket = scene.bucket()
    terms = PlanTerms(to_apply=kept(scene.plan(bucket)))
    assert terms.to_apply is not None
    work = application(order())
    for number, changes in between:
        hop = Hop(listings=scene.listings, terms=terms)
        store = MemoryStore(bucket, hop.gate, {number: hop.leave(0.1)})
        work = sent_back(hop.sweep(work, store))
        begun = {border_of(terms.to_apply, key) for keys in bucket.asked for key in keys}
        for change in changes:
            if border_of(terms.to_apply, change.key) not in begun:
                change.befalls(bucket)
    others = {key for key, found in bucket.objects.items() if found.etag == "E9"}

    result = hops(work, bucket, (), terms, scene.listings)

    assert others <= bucket.objects.keys()
    assert result.counts.deleted == bucket.confirmed.total()
    event(f"others: {bool(others)}, more hops: {work.hop}")


def test_a_stretch_that_was_passed_over_goes_once_it_may() -> None:
    """It was found as planned, and what was asked for of it is gone by then."""
    keys = [f"a/{number:03}" for number in range(900)]
    bucket = Bucket.of(keys, page=300)
    work = order(ranges=(Range("a/"),))
    plan = kept(planned(work, bucket))
    bucket.denied = frozenset(keys[50:800])
    terms, hop = PlanTerms(to_apply=plan), Hop(in_flight=1)
    hop.terms = terms

    first = hop.sweep(application(work), MemoryStore(bucket, hop.gate))
    bucket.denied = frozenset()
    result = hops(sent_back(first), bucket, (), terms)

    assert first.passed_over
    assert not bucket.objects.keys() - bucket.refused.keys()
    assert result.counts.skipped.get(NOT_AS_PLANNED, 0) == 0


def test_no_failed_key_of_an_application_is_tried_again() -> None:
    """Nobody could tell whether it is still the object that was planned."""
    keys = [f"a/{number:03}" for number in range(20)]
    bucket = Bucket.of(keys, denied=frozenset(keys[:3]))
    work = order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket)))

    left = hops(application(work), bucket, (), terms).left

    assert (left.counts.failed, to_try_again(left)) == (3, None)


@ANY
@given(SCENES, st.lists(st.integers(1, 6), max_size=3), st.integers(0, 3))
def test_a_tolerance_holds_over_deaths(scene: Scene, deaths: list[int], most: int) -> None:
    """What of it was used is on record before anything goes by it."""
    bucket = scene.bucket()
    plan = kept(scene.plan(bucket))
    for each in scene.objects[:: max(1, len(scene.objects) // 4)]:
        bucket.objects[each.key] = object_of(each.key, each.size, "E9")
    before = dict(bucket.objects)
    terms, work = PlanTerms(to_apply=plan), application(order(), Tolerance(most, 10_000))

    work = after_deaths(work, bucket, terms, deaths)
    hops(work, bucket, (), terms, scene.listings)

    others = [key for key in before.keys() - bucket.objects.keys() if before[key].etag == "E9"]
    borders = {border_of(plan, key) for key in others}
    whole = sum(each.digest.objects for each in plan.stretches if each.until in borders)
    assert whole <= most


def test_a_ceiling_within_a_page_of_stretches_forgets_none() -> None:
    """What lies behind it is listed again when there is more room."""
    objects = [object_of(key, 1) for key in NAMES]
    bucket = bucket_of(objects, 5)
    plan = kept(planned(order(plan=SoFar(most=5).document()), bucket, listings=1))
    bucket.page = 50
    bucket.remove({NAMES[32]})
    terms = PlanTerms(to_apply=plan)
    hop = Hop(terms=terms, ceiling=Ceiling(3, "limits.objects"))

    first = hop.sweep(application(order()), MemoryStore(bucket, hop.gate))
    result = hops(sent_back(first), bucket, (), terms, 1)

    assert (first.counts.deleted, first.counts.skipped) == (3, {})
    assert result.counts.skipped == {NOT_AS_PLANNED: 4}
    assert len(bucket.objects) == 4


def test_objects_that_came_into_a_plan_count_against_its_tolerance() -> None:
    """As many as are there may be others, unless none can have become one of its kind."""
    keys = [f"a/{number:03}" for number in range(50)]
    bucket = Bucket.of(keys)
    work = order(ranges=(Range("a/"),))
    plan = kept(planned(work, bucket))
    bucket.remove(keys[:20])
    bucket.objects.update({f"a/x{each}": object_of(f"a/x{each}", 10) for each in range(19)})
    bucket.write(["b"])
    terms = PlanTerms(to_apply=plan)

    result = hops(application(work, Tolerance(1, 10)), bucket, (), terms)

    assert (result.counts.deleted, result.counts.skipped[NOT_AS_PLANNED]) == (0, 49)


def test_a_sparse_plan_has_stretches_that_are_soon_listed() -> None:
    """However few of the keys go: an application holds no more of them, nor lists more at once."""
    keys = [f"a/{number:05}" for number in range(20_000)]
    young = {key: object_of(key, 1, modified=BEGAN + 5) for key in keys}
    chosen = {key: object_of(key, 1) for key in keys[::1000]}
    bucket = Bucket({**young, **chosen}, page=1000)
    work = order(ranges=(Range("a/"),))

    plan = kept(planned(work, bucket))
    result = hops(application(work), bucket, (), PlanTerms(to_apply=plan))

    borders = [0, *(keys.index(each.until) for each in plan.stretches)]
    assert max(end - begin for begin, end in pairwise(borders)) <= MOST_LISTED + 1000
    assert (result.counts.deleted, result.counts.skipped) == (20, {NEWER: 19_980})


def test_a_plan_up_to_a_ceiling_lets_nothing_go_from_its_gaps() -> None:
    """Several ranges were listed at once, and each came only so far."""
    bucket = bucket_of([object_of(key, 1) for key in NAMES], 10)
    hop = Hop(listings=3, terms=PlanTerms(is_kept=True), ceiling=Ceiling(60, "limits.objects"))
    left = hop.sweep(order(), MemoryStore(bucket, hop.gate)).left
    plan = replace(kept(left), is_cut=True)
    tolerant = application(order(), Tolerance(1_000, 1_000_000))

    result = hops(tolerant, bucket, (), PlanTerms(to_apply=plan))

    assert result.counts.deleted == plan.digest.objects == 60
    assert result.counts.skipped == {BEYOND_CEILING: len(NAMES) - 60}
    assert Applied.of(result.left.applied).stretches == 0


@dataclass
class Settled:
    """An application of which the first invocation has settled only a part of what stays."""

    bucket: Bucket
    before: set[str]
    plan: KeptPlan
    first: Result
    last: Result

    @classmethod
    def with_tolerance(cls, tolerance: Tolerance) -> Settled:
        """Let 5 of the first stretch's 5,000 keys be planned, and all of them fit, and 8 new."""
        keys = [f"a/{number:05}" for number in range(8000)]
        objects = {key: in_class(key, "IA") for key in keys[499:5000:1000] + keys[5000:]}
        bucket = Bucket({**{key: in_class(key, "Standard") for key in keys}, **objects}, page=1000)
        work = order(ranges=(Range("a/"),), only=Conditions(storage_class=("IA",)))
        plan = kept(planned(work, bucket, listings=1))
        bucket.objects.update({key: in_class(key, "IA") for key in keys[:5000]})
        bucket.write([f"a/!{number}" for number in range(8)])
        before = set(bucket.objects)
        terms, hop = PlanTerms(to_apply=plan), Hop(listings=1, in_flight=1)
        hop.terms = terms
        first = hop.sweep(application(work, tolerance), Overdue(bucket, hop))
        last = hops(sent_back(first), bucket, (), terms, 1)
        return cls(bucket, before, plan, first, last)


class Overdue(MemoryStore):
    """A store in which the time of the invocation is over before anything is deleted."""

    def __init__(self, bucket: Bucket, hop: Hop) -> None:
        super().__init__(bucket, hop.gate)
        self._end = hop.leave(0.05)

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        self._end()
        return Fates()


def in_class(key: str, storage_class: str) -> Classed:
    return Classed(key, 1, BEGAN - 3600, storage_class, None, "E1")


def test_the_rest_of_a_stretch_that_differs_stays_in_the_next_invocation() -> None:
    """Though what is left of it, compared by itself, would be within the tolerance."""
    settled = Settled.with_tolerance(Tolerance(1200, 10_000))

    begins = settled.first.left.ranges[0].after
    assert settled.plan.stretches[0].after < begins < settled.plan.stretches[0].until
    assert (
        settled.last.counts.deleted == len(settled.before - settled.bucket.objects.keys()) == 3000
    )
    assert settled.last.counts.skipped == {NEWER: 8, NOT_AS_PLANNED: 5000}


def test_a_stretch_that_stays_in_two_invocations_is_one_difference() -> None:
    """It is told with all that the first of them has met."""
    (changed,) = Applied.of(Settled.with_tolerance(Tolerance()).last.left.applied).changed

    assert (changed.planned.objects, changed.met.objects, changed.stays) == (5, 5000, True)


def test_an_empty_page_within_a_stretch_decides_nothing_about_it() -> None:
    """What it reaches up to is settled only with the stretch."""
    keys = [f"a/{number:02}" for number in range(20)]
    bucket = Bucket.of(keys, page=10)
    work = order(ranges=(Range("a/"),))
    plan = kept(planned(work, bucket, listings=1))
    terms, hop = PlanTerms(to_apply=plan), Hop(listings=1, in_flight=1)
    hop.terms = terms

    class FirstPageEmpty(MemoryStore):
        def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
            yield Lot((), (), "a/05"), True
            hop.leave(0.05)()
            yield from super().pages(prefix, after)

    first = hop.sweep(application(work), FirstPageEmpty(bucket, hop.gate))
    last = hops(sent_back(first), bucket, (), terms, 1)

    assert (first.counts.deleted, last.counts) == (0, Counts(deleted=20, bytes=200))


class LastDeletion(MemoryStore):
    """
    A store in which the time of the invocation is over with its first deletion.

    Its answer comes when two thousand keys have been listed.
    """

    def __init__(self, bucket: Bucket, hop: Hop) -> None:
        super().__init__(bucket, hop.gate)
        self._end, self._listed = hop.leave(0.05), Event()
        hop.on_report = self._look

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        assert self._listed.wait(LONG)
        fates = super().delete(keys, pace, shown)
        self._end()
        return fates

    def _look(self, progress: Seen) -> None:
        if progress.listed >= 2000:
            self._listed.set()


def test_a_stretch_that_was_not_begun_is_compared_again_in_the_next_invocation() -> None:
    """It was found as planned in the one before, and nothing of it was asked for."""
    keys = [f"a/{number:04}" for number in range(3000)]
    bucket, work = Bucket.of(keys), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    hop = Hop(listings=1, in_flight=1, terms=terms)
    first = hop.sweep(application(work), LastDeletion(bucket, hop))
    bucket.objects[keys[1500]] = object_of(keys[1500], 10, "E9")

    last = hops(sent_back(first), bucket, (), terms, 1)

    assert first.counts.deleted == 1000
    assert (last.counts.deleted, last.counts.skipped) == (2000, {NOT_AS_PLANNED: 1000})


def test_a_difference_that_was_not_begun_uses_no_tolerance_twice() -> None:
    """It is given back, and taken once more in the next invocation."""
    keys = [f"a/{number:04}" for number in range(3000)]
    bucket, work = Bucket.of(keys), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    bucket.remove({keys[1500]})
    hop = Hop(listings=1, in_flight=1, terms=terms)
    first = hop.sweep(application(work, Tolerance(1000, 10_000)), LastDeletion(bucket, hop))

    last = hops(sent_back(first), bucket, (), terms, 1)

    assert Applied.of(first.left.applied) == Applied(Tolerance(1000, 10_000))
    assert Applied.of(last.left.applied).stretches == 1
    assert (last.counts.deleted, bucket.objects) == (2999, {})


def test_a_stretch_of_which_a_front_that_stays_is_settled_counts_as_begun() -> None:
    """Nothing of it was asked for, and what is left is not all that was compared."""
    keys = [f"a/{number:03}" for number in range(600)]
    bucket, work = Bucket.of(keys), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    bucket.write(f"a/!{number:04}" for number in range(4500))
    hop = Hop(listings=1, in_flight=1, terms=terms)
    first = hop.sweep(application(work), Overdue(bucket, hop))

    last = hops(sent_back(first), bucket, (), terms, 1)

    assert "a/!" < first.left.ranges[0].after < "a/0"
    assert (first.counts.deleted, last.counts.deleted) == (0, 600)
    assert last.counts.skipped == {NEWER: 4500}


def test_stretches_of_which_nothing_is_left_are_told_once_they_are_settled() -> None:
    """Whether the job goes on in another invocation or not."""
    keys = [f"a/{number:04}" for number in range(6000)]
    bucket, work = Bucket.of(keys), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    bucket.write(keys[:4000])
    hop = Hop(listings=1, in_flight=1, terms=terms)
    first = hop.sweep(application(work), Overdue(bucket, hop))

    last = hops(sent_back(first), bucket, (), terms, 1)

    assert first.left.ranges[0].after == keys[3999]
    assert Applied.of(last.left.applied).stretches == 4
    assert (last.counts.deleted, last.counts.skipped) == (2000, {NEWER: 4000})


def one_other_of_five() -> tuple[Bucket, Work, PlanTerms]:
    """Return a bucket, the order of five keys, and its plan; `k2` is another object by now."""
    keys = [f"k{number}" for number in range(5)]
    bucket, work = Bucket.of(keys), order(ranges=(), keys=tuple(keys))
    terms = PlanTerms(to_apply=kept(planned(work, bucket)))
    bucket.objects["k2"] = object_of("k2", 5, "E9")
    return bucket, work, terms


def test_a_named_object_that_was_not_asked_for_has_used_no_tolerance() -> None:
    """It is looked at in the next invocation, and counts there."""
    bucket, work, terms = one_other_of_five()
    hop = Hop(in_flight=1, terms=terms)
    first = hop.sweep(application(work, Tolerance(1, 10)), Overdue(bucket, hop))

    last = hops(sent_back(first), bucket, (), terms)

    assert Applied.of(first.left.applied) == Applied(Tolerance(1, 10))
    assert (last.counts.deleted, Applied.of(last.left.applied).stretches) == (5, 1)


def test_a_range_that_was_passed_over_takes_no_approval_from_behind_it() -> None:
    """Nobody has begun what lies there, whatever was approved."""
    keys = [f"a/{number:03}" for number in range(900)]
    bucket, work = Bucket.of(keys, page=300), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket)))
    bucket.denied = frozenset(keys[:250])
    hop = Hop(in_flight=1, terms=terms)

    left = hop.sweep(application(work), MemoryStore(bucket, hop.gate)).left

    apart = [each for each in left.ranges if each.passed_over is not None]
    assert apart
    assert all(sum(border > each.until for border in each.approved) <= 1 for each in apart)


def test_a_key_that_is_not_utf8_is_told_with_the_stretch_that_it_lies_in() -> None:
    """Though its page holds another stretch behind that, which the next invocation lists."""
    keys = [f"a/{number:04}" for number in range(2000)]
    bucket, work = Bucket.of(keys), order(ranges=(Range("a/"),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    bucket.page = 1500
    hop = Hop(listings=1, in_flight=1, terms=terms)

    class WithOneMore(LastDeletion):
        def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
            for page, more in super().pages(prefix, after):
                behind = [Unnamed("a%2F0500%FF", b"a/0500\xff")] if after < keys[500] else []
                yield Lot(page.objects(), behind), more
                after = keys[-1]

    first = hop.sweep(application(work), WithOneMore(bucket, hop))
    last = hops(sent_back(first), bucket, (), terms, 1)

    assert first.left.ranges[0].after == keys[999]
    assert (last.counts.deleted, last.counts.failed) == (2000, 1)


class Unanswered(Overdue):
    """A store that carries out nothing and answers nothing."""

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        super().delete(keys, pace, shown)
        return Fates(unanswered=frozenset(keys))


def test_a_named_object_in_doubt_has_its_tolerance_in_the_next_invocation_too() -> None:
    """It may still go by the request that nobody has answered."""
    bucket, work, terms = one_other_of_five()
    hop = Hop(in_flight=1, terms=terms)

    first = hop.sweep(application(work, Tolerance(1, 10)), Unanswered(bucket, hop))
    last = hops(sent_back(first), bucket, (), terms)

    assert first.left.doubted
    assert last.counts.deleted == 5
    assert Applied.of(last.left.applied).tolerance.used == Amount(1, 5)


@pytest.mark.parametrize("last", ["\U0010fffe", "\U0010ffff"])
def test_the_last_keys_that_there_can_be_lie_behind_all_stretches(last: str) -> None:
    """Where nothing is planned, they stay."""
    bucket, work = Bucket.of(["a/1", "a/2"]), order(ranges=(Range(""),))
    terms = PlanTerms(to_apply=kept(planned(work, bucket)))
    bucket.objects.update({key: object_of(key, 1) for key in (last, last + "/1")})
    bucket.write(["a/3"])

    result = hops(application(work), bucket, (), terms)

    assert (result.counts.deleted, result.counts.skipped[NOT_AS_PLANNED]) == (2, 2)


def test_a_stretch_in_which_nothing_was_planned_is_never_begun() -> None:
    """What comes into it between two invocations stays."""
    first, then = ([f"a/{each}{number:04}" for number in range(5000)] for each in "ab")
    objects = [*(in_class(key, "Standard") for key in first), *(in_class(k, "IA") for k in then)]
    bucket = Bucket({each.key: each for each in objects})
    work = order(ranges=(Range("a/"),), only=Conditions(storage_class=("IA",)))
    terms = PlanTerms(to_apply=kept(planned(work, bucket, listings=1)))
    bucket.write(["a/a"])
    hop = Hop(listings=1, in_flight=1, terms=terms)
    left = sent_back(hop.sweep(application(work), Overdue(bucket, hop)))
    bucket.objects[first[3999]] = in_class(first[3999], "IA")

    hops(left, bucket, (), terms, 1)

    assert first[3999] in bucket.objects
    assert not bucket.objects.keys() & {*then}


def test_a_tolerance_that_was_narrowed_is_no_more_for_what_was_let_go_before() -> None:
    """A named object that is still there stays then."""
    bucket, work, terms = one_other_of_five()
    hop = Hop(in_flight=1, terms=terms)
    work = application(work, Tolerance(1, 10))
    left = sent_back(hop.sweep(work, Unanswered(bucket, hop)))
    narrowed = Applied.of(left.applied).narrowed(Applied())

    result = hops(replace(left, applied=narrowed.document()), bucket, (), terms)

    assert (result.counts.deleted, [*bucket.objects]) == (4, ["k2"])
