"""The sweep against a model in plain Python: whatever happens, every key ends where it should."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, event, given, settings

from ossweep.engine.rest import MOST_RANGES
from ossweep.engine.selection import PROTECTED
from ossweep.errors import Scope, StoreError
from ossweep.handover.continuation import seal, unseal
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER
from ossweep.policy import ranges_of
from ossweep.request import parse
from ossweep.work import Ceiling, Work
from unit.cases import Case, Trouble, cases
from unit.memory import BEGAN, Bucket, Hop, ShuffledStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ossweep.engine.result import Result
    from ossweep.objects import Fates, Page, Shown
    from ossweep.work import Counts


class Watched(ShuffledStore):
    """A store that holds each deletion against the order as it is asked for."""

    def watch(self, case: Case) -> Watched:
        self._case = case
        self._chosen = case.chosen
        self.wrong: list[str] = []
        self.listing_fails = False
        self.ranges = 0
        return self

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        self.ranges += 1
        return super().pages(prefix, after)

    def admit(self, kind: str) -> None:
        if self.listing_fails and kind == "list":
            raise StoreError("AccessDenied", "No.", Scope.KEYS)
        super().admit(kind)

    def fail_listings(self) -> None:
        self.listing_fails = True

    def carry_out(self, keys: object, shown: Shown) -> Fates:
        assert isinstance(keys, list)
        with self.bucket.lock:
            objects = self.bucket.objects
            # A person's order deletes a key however young it is, but only once without an answer.
            blindly = self._case.named - self.bucket.doubted
            there = [key for key in keys if key in objects and key not in blindly]
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
            return super().carry_out(keys, shown)


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
        unfinished="continue",  # as it keeps the names of all that has failed
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
    if store.ranges > len(work.ranges):
        event("ranges were cut")
    return result


def check(result: Result, bucket: Bucket, case: Case) -> None:
    """Hold what a hop says, finished or not, against what has really happened so far."""
    counts, left = result.counts, result.left
    gone = case.objects.keys() - bucket.objects.keys() - case.stirred
    assert gone <= case.chosen - case.denied
    assert counts.deleted == bucket.confirmed.total() == len(bucket.confirmed)
    check_failed(result, bucket, case)
    if not left.dry_run:
        listed = bucket.confirmed.keys() - (case.named - bucket.doubted)
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
        # Of all the others the names are kept.
        assert len(counts.failures) + len(counts.also_failed) == counts.failed
    assert len(left.ranges) <= max(case.most_ranges, len({each.prefix for each in left.ranges}))
    assert left.unsettled == 0 or left.ranges


def check_end(result: Result, bucket: Bucket, case: Case) -> None:
    """Hold a finished job against the model."""
    counts = result.counts
    gone = case.objects.keys() - bucket.objects.keys()
    assert result.listed == counts.settled
    doubted = case.named & bucket.doubted
    if not case.stirred:
        spared = {reason: n for reason, n in counts.skipped.items() if reason in {PROTECTED, NEWER}}
        there = doubted & bucket.objects.keys()
        stays = {key for key in there if bucket.objects[key].modified >= BEGAN}
        assert spared == dict(Counter(case.spared()) + Counter({NEWER: len(stays)}))
        lost = doubted - bucket.objects.keys() - bucket.confirmed.keys()
        assert counts.skipped.get(GONE_UNANSWERED, 0) == len(lost)
    check_spared(counts, case, doubted)
    if result.left.dry_run:
        assert len(case.chosen - case.stirred) <= counts.planned <= len(case.chosen)
        return
    # Named keys in doubt are what the next hop's look shows.
    moved = case.stirred | doubted
    assert gone - moved == case.objects.keys() & case.chosen - case.denied - moved
    assert bucket.refused.keys() - moved == case.denied & case.chosen - moved
    # What OSS has deleted without saying so is met by no later listing.
    unheard = gone - bucket.confirmed.keys()
    undisturbed = case.chosen - case.denied - moved
    assert bucket.confirmed.keys() - moved == undisturbed - unheard
    assert case.named.isdisjoint(unheard - moved)


def check_spared(counts: Counts, case: Case, doubted: frozenset[str]) -> None:
    """Hold the tally of what was spared against the most and the least that there was."""
    reasons = (PROTECTED, NEWER, GONE, GONE_UNANSWERED)
    spared = {**dict.fromkeys(reasons, 0), **counts.skipped}
    stirred = len(case.stirred)
    assert spared.keys() == set(reasons)
    assert abs(spared[PROTECTED] - case.spared().get(PROTECTED, 0)) <= stirred
    assert abs(spared[NEWER] - case.spared().get(NEWER, 0)) <= stirred + len(doubted)
    assert spared[GONE_UNANSWERED] <= len(doubted)
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
