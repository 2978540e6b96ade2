"""The count before a job without a plan: what it would delete, to one more than the threshold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.engine.ports import Checkpoint
from ossweep.jobs.threshold import SETTING, work_to_count
from ossweep.objects import Found
from ossweep.stops import MEANT, Why
from ossweep.work import Ceiling, Counts, Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore
from unit.works import SOME

ALL = Work("job", "examplebucket", ranges=(Range("a/"),))


def counted(bucket: Bucket, work: Work, most: int, hop: Hop | None = None) -> tuple[int, bool]:
    """Count; return how many objects were met, and whether they are all."""
    hop = hop or Hop()
    hop.ceiling = Ceiling(most + 1, SETTING)
    result = hop.sweep(work_to_count(work), MemoryStore(bucket, hop.gate))
    assert bucket.asked == []
    assert not hop.gate.has_asked
    return result.counts.asked, result.left.finished


@given(
    st.sets(st.integers(0, 40), max_size=30),
    st.integers(0, 30),
    st.integers(1, 7),
    st.sampled_from([None, Conditions(match=("*1*",)), Conditions(at_least=11)]),
)
def test_a_count_tells_whether_a_sweep_would_delete_more(
    numbers: set[int], most: int, page: int, only: Conditions | None
) -> None:
    """Whatever the pages are, and the conditions; and it asks for no deletion."""
    objects = {f"a/{each:02}": Found(f"a/{each:02}", each, BEGAN - 3600) for each in numbers}
    work = replace(ALL, only=only, selectors=("a/",))
    hop = Hop()
    swept = hop.sweep(work, MemoryStore(Bucket(dict(objects), page=page), hop.gate))

    met, is_all = counted(Bucket(objects, page=page), work, most)

    assert (met > most) is (swept.counts.deleted > most)
    assert met == min(swept.counts.deleted, most + 1)
    assert is_all or met > most


def test_a_count_ends_at_one_more_than_is_asked_for() -> None:
    """Not at the end of the bucket."""
    bucket = Bucket.of(f"a/{number:04}" for number in range(5000))

    met, is_all = counted(bucket, ALL, 1000)

    assert (met, is_all) == (1001, False)
    assert len(bucket.shown) < 4000


def test_protected_and_newer_objects_are_not_counted() -> None:
    """A sweep would keep it."""
    bucket = Bucket.of(["a/1", "a/2", "a/keep/1"])
    bucket.write(["a/new"])

    assert counted(bucket, ALL, 9, Hop(protected=("a/keep/",))) == (2, True)


def test_the_work_to_count_is_what_no_name_says() -> None:
    """Named keys count as they are; no ceiling of the order's ends the count before its own."""
    work = work_to_count(SOME)

    assert work.dry_run
    assert (work.keys, work.doubted, work.held, work.counts) == ((), (), (), Counts())
    assert (work.limit, work.limit_bytes, work.clock) == (None, None, SOME.clock)
    assert (work.ranges, work.lists, work.only) == (SOME.ranges, SOME.lists, SOME.only)


class Beating:
    """A keeper that has nothing to keep, as a count's."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.beats = 0

    def due(self) -> bool:
        return False

    def keep(self, result: object, reserved: int) -> Checkpoint:
        return Checkpoint(None, max(reserved, self.most))

    def beat_due(self) -> bool:
        return self.beats == 0

    def beat(self) -> None:
        self.beats += 1


@pytest.mark.parametrize("most", [0, 999, 2500, 10_000])
def test_a_count_waits_for_no_checkpoint(most: int) -> None:
    """It renews the lease, and what it keeps reserves nothing."""
    bucket = Bucket.of(f"a/{number:04}" for number in range(2500))
    keeper = Beating(most + 1)

    met, _ = counted(bucket, ALL, most, Hop(keeper=keeper))

    assert (met, keeper.beats) == (min(2500, most + 1), 1)


def test_a_stop_for_want_of_a_plan_is_meant() -> None:
    """Another try would gain nothing."""
    assert Why.PLANLESS in MEANT
