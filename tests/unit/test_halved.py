"""What an invocation has learnt of a batch refused as a whole, the next one goes on with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossweep.jobs.progress import achieved
from ossweep.objects import Failure, Fates
from ossweep.work import Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore, sent_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.engine.result import Result
    from ossweep.engine.throttle import Permit
    from ossweep.objects import Shown

KEYS = [f"a/{number:04}" for number in range(1000)]
LISTED = Work("job", "examplebucket", ranges=(Range("a/"),), clock=BEGAN)
NAMED = Work("job", "examplebucket", keys=tuple(KEYS), clock=BEGAN)
MOST_HOPS = 11  # halves of a thousand, down to one key


class Brief(MemoryStore):
    """A store that carries out so many requests; one that holds a denied key is refused whole."""

    def __init__(self, bucket: Bucket, hop: Hop, requests: int) -> None:
        super().__init__(bucket, hop.gate)
        self._hop = hop
        self._left = requests

    def delete(self, keys: Sequence[str], pace: Permit, shown: Shown) -> Fates:
        deleted: set[str] = set()
        failed: list[Failure] = []
        halved, lots = 0, [list(keys)]
        while lots and self._left:
            self._left -= 1
            lot = lots.pop()
            self.bucket.asked.append(tuple(lot))
            if self.bucket.denied.isdisjoint(lot):
                self.bucket.remove(lot)
                deleted.update(lot)
                self.gate.deleted()
            elif len(lot) == 1:
                failed.append(Failure(lot[0], "AccessDenied", "No."))
            else:
                halved = min(halved or len(lot), len(lot))
                lots += [lot[len(lot) // 2 :], lot[: len(lot) // 2]]
        if not self._left:
            self._hop.leave(0)()
        return Fates(frozenset(deleted), tuple(failed), halved=halved)


def hop(work: Work, bucket: Bucket, requests: int = 1) -> Result:
    fresh = Hop(in_flight=1)
    return fresh.sweep(work, Brief(bucket, fresh, requests))


@pytest.mark.parametrize("work", [LISTED, NAMED], ids=["listed", "named"])
def test_each_invocation_begins_with_half_of_what_was_refused(work: Work) -> None:
    """The first key is to blame, and is found by one request in each of them."""
    bucket = Bucket.of(KEYS, denied=frozenset(KEYS[:1]))

    for _ in range(MOST_HOPS):
        result = hop(work, bucket)
        assert achieved(work, result.left)
        work = sent_back(result)

    assert [len(keys) for keys in bucket.asked] == [1000, 500, 250, 125, 62, 31, 15, 7, 3, 1, 999]
    assert (work.finished, work.counts.deleted, work.counts.failed) == (True, 999, 1)


def test_an_invocation_without_a_request_has_achieved_nothing() -> None:
    """What the one before has learnt stays known."""
    work = replace(LISTED, together=62)

    left = hop(work, Bucket.of(KEYS), requests=0).left

    assert (left.together, achieved(work, left)) == (62, False)


def test_once_something_is_settled_whole_batches_go_again() -> None:
    """The keys that follow have done nothing wrong."""
    bucket = Bucket.of(KEYS)

    left = hop(replace(LISTED, together=62), bucket, requests=9).left

    assert ([len(keys) for keys in bucket.asked], left.together) == ([62, 938], 1000)


@settings(max_examples=settings().max_examples // 3)
@given(st.sets(st.integers(0, 39), min_size=1), st.integers(1, 3), st.booleans())
def test_a_job_with_keys_that_are_refused_comes_to_its_end(
    refused: set[int], requests: int, named: bool
) -> None:
    """Each invocation has achieved something, or is the last one."""
    denied = frozenset(KEYS[number] for number in refused)
    bucket = Bucket.of(KEYS[:40], denied=denied)
    work = replace(NAMED, keys=tuple(KEYS[:40])) if named else LISTED

    while not work.finished:
        result = hop(work, bucket, requests)
        assert achieved(work, result.left)
        work = sent_back(result)

    assert set(bucket.objects) == denied
    assert (work.counts.deleted, work.counts.failed) == (40 - len(denied), len(denied))
