"""Jobs in branches against a plain model: whatever is cut where, the sums are those of one job."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.selection import PROTECTED
from ossweep.handover.continuation import seal, unseal
from ossweep.handover.parts import joined, split
from ossweep.objects import NEWER, Found
from ossweep.work import Ceiling, Range, Work
from unit.memory import BEGAN, Bucket, Hop, ShuffledStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.result import Result

JOBS = 1000
AT_ONCE = 50  # jobs of one test
PREFIXES = ("a/", "b/", "c/")
KEEP = "a/keep"
HOPS = 60  # of one job: a bound, which no job comes near


@dataclass
class Plan:
    """A job, what is in the bucket, and what goes wrong, drawn by a seed."""

    seed: int
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random = Random(self.seed)
        keys = [f"{prefix}{n:03}" for prefix in PREFIXES for n in range(random.randint(0, 40))]
        keys += [f"{KEEP}{n}" for n in range(random.randint(0, 3))]
        self.markers = {each for each in ("a/", "b/", "a/01/") if random.random() < 0.5}
        self.objects = [*keys, *self.markers, "d/1"]
        self.named = ("n1", "n2")[: random.randint(0, 2)]
        self.young = frozenset(random.sample(keys, min(len(keys), random.randint(0, 4))))
        self.denied = frozenset(random.sample(keys, min(len(keys), random.randint(0, 5))))
        self.limit = random.randint(2, 100) if random.random() < 0.3 else None
        self.in_flight = random.choice((1, 3, 6))
        self.slow = frozenset(random.sample(keys, min(len(keys), random.randint(0, 3))))
        self.silent = random.sample(keys, min(len(keys), random.randint(0, 2)))

    def bucket(self) -> Bucket:
        """Return what is there before the job."""
        ages = {key: BEGAN + 60 if key in self.young else BEGAN - 60 for key in self.objects}
        objects = {key: Found(key, 10, ages[key]) for key in self.objects}
        objects |= {key: Found(key, 10, BEGAN - 60) for key in self.named}
        silent = dict.fromkeys(self.silent, False)  # asked for, not carried out, not answered
        return Bucket(objects, self.denied, silent, page=self.random.choice((4, 9, 25)))

    def work(self) -> Work:
        """Return the job."""
        return Work(
            "job",
            "examplebucket",
            clock=BEGAN,
            limit=self.limit,
            keys=self.named,
            ranges=tuple(map(Range, PREFIXES)),
            directories=frozenset(self.markers),
            parallel=self.random.randint(2, 4),
        )

    def chosen(self) -> set[str]:
        """Return what goes if no ceiling is met."""
        there = {*self.objects, *self.named} - {"d/1"} - self.young - self.denied
        return {key for key in there if not key.startswith(KEEP)}

    def skipped(self) -> dict[str, int]:
        """Return what is spared, by reason."""
        kept = [key for key in self.objects if key.startswith(KEEP)]
        young = [key for key in self.young if not key.startswith(KEEP)]
        counted = {PROTECTED: len(kept), NEWER: len(young)}
        return {reason: number for reason, number in counted.items() if number}

    def failed(self) -> set[str]:
        """Return what OSS refuses."""
        return {key for key in self.denied - self.young if not key.startswith(KEEP)}


def one_hop(plan: Plan, bucket: Bucket, work: Work, last_request: int | None) -> Result:
    """Do a hop of a job or of a branch, whose time is nearly up at a request of that number."""
    ceiling = None if work.limit is None else Ceiling(work.limit, "limits.objects")
    hop = Hop(
        protected=(KEEP,),
        ceiling=ceiling,
        in_flight=plan.in_flight,
        listings=plan.random.choice((1, 3)),
        most_ranges=plan.random.choice((2, 64)),
    )
    at: dict[int, Callable[[], None]] = {}
    if last_request is not None:
        at[last_request] = hop.leave(0.1)
    return hop.sweep(work, ShuffledStore(bucket, hop.gate, at, plan.slow))


def travelled(work: Work) -> Work:
    return unseal(json.loads(json.dumps(seal(work))), "the state")


def to_its_end(plan: Plan, bucket: Bucket, work: Work) -> Result:
    """Do a job, or a branch, over as many hops as it takes."""
    for _ in range(HOPS):
        early = plan.random.randint(1, 12) if plan.random.random() < 0.4 else None
        result = one_hop(plan, bucket, work, early)
        assert result.listed == result.counts.settled + _remaining(result)
        if not result.may_go_on or result.stopped is not None:
            return result  # at its ceiling, by what is known or by what may have been asked for
        work = travelled(result.left)
    raise AssertionError("it comes to no end")


def _remaining(result: Result) -> int:
    remaining = result.listed - result.counts.settled
    assert remaining >= 0
    return remaining


def in_branches(plan: Plan, bucket: Bucket) -> Result:
    """Do a job in branches, as far as there is enough of it left to be split."""
    first = one_hop(plan, bucket, plan.work(), plan.random.randint(2, 30))
    if not first.may_go_on:
        return first
    left = travelled(first.left)
    room = None if plan.limit is None else plan.limit - left.counts.asked
    kept, branches = split(left, limit=room, rate=None)
    if not branches:
        return to_its_end(plan, bucket, left)
    ended = [to_its_end(plan, bucket, travelled(each)) for each in branches]
    assert sum(each.counts.asked for each in ended) <= (room if room is not None else 10**6)
    whole = joined(travelled(kept), [travelled(each.left) for each in ended])
    return to_its_end(plan, bucket, travelled(whole))


@pytest.mark.parametrize("first", range(0, JOBS, AT_ONCE))
def test_a_job_in_branches_counts_what_one_job_would(first: int) -> None:
    """Each key in one place, each ceiling kept to the object, and nothing left that should go."""
    for seed in range(first, first + AT_ONCE):
        plan = Plan(seed)
        bucket = plan.bucket()
        result = in_branches(plan, bucket)
        counts = result.counts

        gone = {*plan.objects, *plan.named} - bucket.objects.keys()
        assert gone <= plan.chosen(), seed
        assert counts.deleted == len(gone) == bucket.confirmed.total(), seed
        assert plan.limit is None or counts.asked <= plan.limit, seed
        if result.left.finished:
            assert gone == plan.chosen(), seed
            assert counts.failed == len(plan.failed()), seed
            assert {each.key for each in counts.failures} == plan.failed(), seed
            assert counts.skipped == plan.skipped(), seed
            assert result.listed == counts.settled, seed
            assert counts.bytes == 10 * len(gone - set(plan.named)), seed
        else:
            assert counts.asked == plan.limit, seed


def test_most_of_those_jobs_are_really_split() -> None:
    """Or the test above would be about nothing."""
    cut = 0
    for seed in range(100):
        plan = Plan(seed)
        left = one_hop(plan, plan.bucket(), plan.work(), plan.random.randint(2, 30)).left
        cut += bool(split(replace(left, limit=None), limit=None, rate=None)[1])
    assert cut > 50
