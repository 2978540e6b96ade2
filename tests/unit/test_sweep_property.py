"""The sweep against a model in plain Python: whatever happens, every key ends where it should."""

from __future__ import annotations

import json
import reprlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ossweep.engine.batches import GONE, NEWER, PROTECTED
from ossweep.engine.rest import MOST_RANGES
from ossweep.errors import Scope, StoreError
from ossweep.handover.continuation import seal, unseal
from ossweep.policy import ranges_of
from ossweep.request import parse
from ossweep.work import Ceiling, Found, Work
from unit.memory import BEGAN, Bucket, Hop, ShuffledStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.vendor.pretty import RepresentationPrinter

    from ossweep.engine.sweep import Result
    from ossweep.work import Answer, Counts

DIRECTORIES = ["a/", "b/", "a/b/", "\u00e9/"]
FILLERS = tuple(f"{number:04}" for number in range(1300))


def names() -> st.SearchStrategy[str]:
    """Keys that share prefixes, meet directories' names and hold what travels badly."""
    odd = "ab\r\u00e9\ufffd\U0001f4a9"
    return st.tuples(st.sampled_from(odd), st.text(odd + "/", max_size=3)).map("".join)


@dataclass(frozen=True)
class Trouble:
    """What befalls one hop at the request of this number."""

    request: int
    kind: str


@dataclass(frozen=True)
class Stir:
    """What others do between two hops: they write objects anew, and delete some."""

    written: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, repr=False)
class Case:
    """A bucket, an order, a deployment and what goes wrong."""

    objects: dict[str, Found]
    order: dict[str, object]
    limit: int | None
    protected: tuple[str, ...]
    denied: frozenset[str]
    silent: dict[str, bool]
    slow: frozenset[str]
    troubles: tuple[Trouble, ...]
    stirs: tuple[Stir, ...]
    written: frozenset[str]
    in_flight: int
    listings: int
    most_ranges: int
    page: int

    def __repr__(self) -> str:
        """Return the case in short: it may hold thousands of keys."""
        shown = (f"{each.name}={reprlib.repr(getattr(self, each.name))}" for each in fields(self))
        return f"Case({', '.join(shown)})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:
        printer.text(repr(self))

    @cached_property
    def named(self) -> frozenset[str]:
        """Keys that the order names and no prefix of it holds."""
        return frozenset(key for key in self._texts("keys") if not self.listed(key))

    @cached_property
    def markers(self) -> frozenset[str]:
        return frozenset(self._texts("directory"))

    @cached_property
    def stirred(self) -> frozenset[str]:
        """Keys that others write or delete while the job is going on."""
        return self.written.union(*(stir.written | stir.removed for stir in self.stirs))

    def listed(self, key: str) -> bool:
        """Tell whether a listing is to choose a key."""
        return bool(self.order.get("everything")) or key.startswith(self._prefixes)

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return (*self._texts("prefix"), *self._texts("directory"))

    def spared(self) -> dict[str, int]:
        """Return what is to be skipped, by its reason."""
        met = [*self.named, *filter(self.listed, self.objects)]
        protected = sum(key.startswith(self.protected) for key in met)
        newer = sum(
            self.listed(found.key)
            and not found.key.startswith(self.protected)
            and found.modified >= BEGAN
            for found in self.objects.values()
        )
        tally = {PROTECTED: protected, NEWER: newer}
        return {reason: number for reason, number in tally.items() if number}

    @cached_property
    def chosen(self) -> set[str]:
        """Return the keys that OSS is to be asked to delete."""
        listed = (f.key for f in self.objects.values() if self.listed(f.key) and f.modified < BEGAN)
        return {key for key in (*self.named, *listed) if not key.startswith(self.protected)}

    def _texts(self, field: str) -> tuple[str, ...]:
        texts = self.order.get(field, [])
        assert isinstance(texts, list)
        return tuple(texts)


@st.composite
def buckets(draw: st.DrawFn, page: int) -> dict[str, Found]:
    """Return a few odd keys, and runs of keys that make it take several pages and batches."""
    runs = st.sampled_from([2, 990, 1000, 1300] if page > 100 else [20 * page, 8 * page, 2])
    keys = set(draw(st.lists(names(), max_size=12)))
    keys |= set(draw(st.lists(st.sampled_from(DIRECTORIES), max_size=3)))
    stems = st.sampled_from(["a/", "a/a", "a/b/", "b/", "c"]) | names()
    for stem in draw(st.lists(stems, max_size=3, unique=True)):
        keys.update(stem + each for each in FILLERS[: draw(runs)])
    young = draw(st.sets(st.sampled_from(sorted(keys)), max_size=5)) if keys else set()
    now = draw(st.sampled_from([BEGAN, BEGAN + 1, BEGAN + 3600]))
    return {
        key: Found(key, number % 7, now if key in young else BEGAN - 1)
        for number, key in enumerate(sorted(keys))
    }


@st.composite
def orders(draw: st.DrawFn, keys: list[str]) -> dict[str, object]:
    """Return a request that `parse` accepts."""
    order: dict[str, object] = {"bucket": "examplebucket", "dry_run": draw(st.integers(0, 7)) == 0}
    if draw(st.integers(0, 3)) == 0:
        return {**order, "everything": True, "confirm": "examplebucket"}
    some = st.sampled_from(keys) if keys else names()
    order["keys"] = draw(st.lists(some | names(), max_size=5, unique=True))
    if draw(st.integers(0, 9)) == 0:
        order["keys"] = sorted({*keys[:2100], "nowhere"})
    prefixes = (some | some | names()).map(lambda name: name[:2])
    order["prefix"] = draw(st.lists(prefixes, max_size=2, unique=True))
    order["directory"] = draw(st.lists(st.sampled_from(DIRECTORIES), max_size=4, unique=True))
    selectors = {name: value for name, value in order.items() if value or name == "dry_run"}
    if not {"keys", "prefix", "directory"} & set(selectors):
        selectors["keys"] = [draw(some)]
    return selectors


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a whole case."""
    page = draw(st.sampled_from([1000, 300, 10, 10, 3, 3]))
    objects = draw(buckets(page))
    keys = sorted(objects)
    some = st.sampled_from(keys) if keys else names()
    trouble = st.builds(
        Trouble,
        st.integers(1, 5 if page > 100 else 40),
        st.sampled_from(
            ["time is nearly up", "time is up", "refused", "listing fails", "others write"]
        ),
    )
    denied = draw(st.frozensets(some, max_size=5))
    if draw(st.integers(0, 4)) == 0:  # enough of them to close the gate, hop after hop
        start = draw(st.integers(0, len(keys)))
        denied |= frozenset(keys[start : start + draw(st.sampled_from([99, 150, 250]))])
    markers = [name for name in DIRECTORIES if name in objects]
    either = some | names()
    others = st.frozensets(either | st.sampled_from(markers) if markers else either, max_size=4)
    stirs = st.lists(st.builds(Stir, others, others), max_size=3)
    troubles = tuple(draw(st.lists(trouble, min_size=page < 100, max_size=3)))
    others_write = any(trouble.kind == "others write" for trouble in troubles)
    return Case(
        objects=objects,
        order=draw(orders(keys)),
        limit=draw(st.none() | st.sampled_from([1, 1000, 1500, max(1, len(keys) - 1)])),
        protected=(
            ".dlsdata/",
            *draw(st.lists(st.sampled_from(["a", "a/b", "\u00e9"]), max_size=1)),
        ),
        denied=denied,
        silent=draw(st.dictionaries(some, st.booleans(), max_size=3)),
        slow=draw(st.frozensets(some, max_size=2)),
        troubles=troubles,
        stirs=tuple(draw(stirs)) if keys else (),
        # What is written anew between its listing and its deletion is lost: OSS deletes blindly.
        written=draw(others) - objects.keys() if others_write else frozenset(),
        in_flight=draw(st.integers(1, 4)),
        listings=draw(st.sampled_from([32, 5, 1])),
        most_ranges=draw(st.sampled_from([1, 2, 3, 64])),
        page=page,
    )


class Watched(ShuffledStore):
    """A store that holds each deletion against the order as it is asked for."""

    def watch(self, case: Case) -> Watched:
        self._case = case
        self._chosen = case.chosen
        self.wrong: list[str] = []
        self.listing_fails = False
        return self

    def admit(self, kind: str) -> None:
        if self.listing_fails and kind == "list":
            raise StoreError("AccessDenied", "No.", Scope.KEYS)
        super().admit(kind)

    def fail_listings(self) -> None:
        self.listing_fails = True

    def carry_out(self, keys: object) -> Answer:
        assert isinstance(keys, list)
        with self.bucket.lock:
            objects = self.bucket.objects
            there = [key for key in keys if key in objects and key not in self._case.named]
            young = [key for key in there if objects[key].modified >= BEGAN]
            self.wrong += [f"{key!r} was written after the job began" for key in young]
            if set(keys) & self._case.markers - self._case.named:
                old = {key for key in objects if objects[key].modified < BEGAN}
                waiting = (
                    self._chosen & old - self._case.markers - self._case.denied - self._case.named
                )
                self.wrong += [f"{key!r} is still there, a marker goes" for key in waiting]
            self.wrong += [f"{key!r} was not ordered" for key in set(keys) - self._chosen]
            if not 0 < len(keys) == len(set(keys)) <= 1000:
                self.wrong.append(f"a batch of {len(keys)}, {len(set(keys))} of them different")
            return super().carry_out(keys)


def begin(case: Case) -> Work:
    request = parse(case.order)
    return Work(
        job="job",
        bucket="examplebucket",
        dry_run=request.dry_run,
        limit=case.limit,
        keys=tuple(key for key in request.keys if key in case.named),
        ranges=ranges_of(request),
        directories=frozenset(request.directory),
    )


def one_hop(work: Work, bucket: Bucket, case: Case, trouble: Trouble | None) -> Result:
    ceiling = None if case.limit is None else Ceiling(case.limit, "limits.objects")
    hop = Hop(
        protected=case.protected,
        ceiling=ceiling,
        in_flight=case.in_flight,
        listings=case.listings,
        most_ranges=case.most_ranges,
    )
    at: dict[int, Callable[[], None]] = {}
    store = Watched(bucket, hop.gate, at, case.slow).watch(case)
    befall = {
        "time is nearly up": hop.leave(0.1),
        "time is up": hop.leave(-0.1),
        "refused": hop.refuse_all,
        "listing fails": store.fail_listings,
        "others write": lambda: bucket.write(case.written),
    }
    if trouble:
        at[trouble.request] = befall[trouble.kind]
    result = hop.sweep(work, store)
    assert store.wrong == []
    return result


def check(result: Result, bucket: Bucket, case: Case) -> None:
    """Hold what a hop says, finished or not, against what has really happened so far."""
    counts, left = result.counts, result.left
    gone = case.objects.keys() - bucket.objects.keys() - case.stirred
    assert gone <= case.chosen - case.denied
    assert counts.deleted == bucket.confirmed.total() == len(bucket.confirmed)
    check_failed(result, bucket, case)
    if not left.dry_run:
        listed = bucket.confirmed.keys() - case.named
        assert counts.bytes == sum(case.objects[key].size for key in listed)
    assert {failure.key for failure in counts.failures} <= bucket.refused.keys()
    assert bucket.refused.keys() <= case.denied & case.chosen
    assert set(left.keys) | {found.key for found in left.held} <= case.chosen
    assert len(left.keys) + len(left.held) <= result.listed - counts.settled
    # What was deleted and has been written anew may be met and spared.
    assert result.listed <= len(case.named | bucket.shown) + len(case.stirred)
    settled = bucket.confirmed.keys() | bucket.refused.keys()
    assert settled.isdisjoint(left.keys)
    assert settled.isdisjoint(found.key for found in left.held)
    if case.limit is not None:
        assert max(counts.asked, len(gone | bucket.confirmed.keys())) <= case.limit
    if left.dry_run:
        assert (bucket.asked, gone) == ([], set())


def check_failed(result: Result, bucket: Bucket, case: Case) -> None:
    """Hold what has failed, and of that what a hop passes by, against what it will list."""
    counts, left = result.counts, result.left
    assert len(left.passed) == len(set(left.passed))
    assert set(left.passed) <= bucket.refused.keys()
    again = {key for key in bucket.refused if any(key in each for each in left.ranges)}
    # What lies between ranges that were joined is listed, fails and counts once more, unless others
    # have deleted it meanwhile. Where the ceiling has ended the job nothing is listed any more.
    given_back = again - set(left.passed) - case.named
    counted = len(bucket.refused) - len(given_back)
    assert counted - len(case.stirred) <= counts.failed
    assert counts.failed <= (counted if result.may_go_on else len(bucket.refused))
    assert case.named.isdisjoint(left.passed)
    if case.most_ranges == MOST_RANGES:
        assert counts.failed == bucket.refused.total() == len(bucket.refused)
    if given_back:
        event("failures were given back")
    if bucket.refused.total() <= 100 or case.most_ranges == MOST_RANGES:
        assert len(counts.failures) == min(100, counts.failed)
    assert len(left.ranges) <= max(case.most_ranges, len({each.prefix for each in left.ranges}))
    assert left.unsettled == 0 or left.ranges


def check_end(result: Result, bucket: Bucket, case: Case) -> None:
    """Hold a finished job against the model."""
    counts = result.counts
    gone = case.objects.keys() - bucket.objects.keys()
    assert result.listed == counts.settled
    if not case.stirred:
        spared = {reason: n for reason, n in counts.skipped.items() if reason != GONE}
        assert spared == case.spared()
    check_spared(counts, case)
    if result.left.dry_run:
        assert len(case.chosen - case.stirred) <= counts.planned <= len(case.chosen)
        return
    assert gone - case.stirred == case.objects.keys() & case.chosen - case.denied - case.stirred
    assert bucket.refused.keys() - case.stirred == case.denied & case.chosen - case.stirred
    # What OSS has deleted without saying so is met by no later listing.
    unheard = gone - bucket.confirmed.keys()
    undisturbed = case.chosen - case.denied - case.stirred
    assert bucket.confirmed.keys() - case.stirred == undisturbed - unheard
    assert case.named.isdisjoint(unheard - case.stirred)


def check_spared(counts: Counts, case: Case) -> None:
    """Hold the tally of what was spared against the most and the least that there was."""
    spared = {**dict.fromkeys((PROTECTED, NEWER, GONE), 0), **counts.skipped}
    stirred = len(case.stirred)
    assert spared.keys() == {PROTECTED, NEWER, GONE}
    assert abs(spared[PROTECTED] - case.spared().get(PROTECTED, 0)) <= stirred
    assert abs(spared[NEWER] - case.spared().get(NEWER, 0)) <= stirred
    # A marker object is gone, too, when it was deleted and the answer never came: for its own key,
    # or for one before it in its batch.
    may_be_gone = case.markers if any(case.silent.values()) else case.stirred & case.markers
    assert 0 <= spared[GONE] <= len(may_be_gone)


@pytest.mark.timeout(400)  # hypothesis takes up to five minutes to make a failure small
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_every_key_ends_in_its_right_place(case: Case) -> None:
    """Run and continued until it ends, whatever happens on the way."""
    bucket = Bucket(dict(case.objects), case.denied, dict(case.silent), page=case.page)
    work, troubles, stirs = begin(case), list(case.troubles), list(case.stirs)
    for hop in range(30):
        trouble = troubles.pop(0) if troubles else None
        result = one_hop(work, bucket, case, trouble)
        assert (result.left.hop, result.left.job) == (hop + 1, "job")
        check(result, bucket, case)
        if len(result.left.ranges) > len({each.prefix for each in result.left.ranges}):
            event("cut ranges were handed on")
        if not result.may_go_on:
            break
        if stirs:
            stir = stirs.pop(0)
            bucket.write(stir.written)
            bucket.remove(stir.removed)
            event("stirred")
        work = unseal(json.loads(json.dumps(seal(result.left))), "the request")
        assert work == replace(result.left)
    event(f"{hop + 1} hops")
    if result.left.finished:
        event("finished")
        check_end(result, bucket, case)
    else:
        event("stopped by the ceiling")
        assert result.counts.asked == case.limit
