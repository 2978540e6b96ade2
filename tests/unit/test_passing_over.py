"""A sweep passes over what OSS refuses, and goes on wherever else something may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ossweep.engine.gate import PLACES
from ossweep.objects import Stretch
from ossweep.work import Range, Work
from unit.memory import Bucket, Hop, MemoryStore, sent_back

if TYPE_CHECKING:
    from ossweep.engine.result import Result

ALL = Work("job", "examplebucket", ranges=(Range("logs/"),))


def keys(letter: str, number: int) -> list[str]:
    return [f"logs/{letter}/{each:06}" for each in range(number)]


def swept(work: Work, bucket: Bucket, hop: Hop | None = None) -> Result:
    hop = hop or Hop()
    return hop.sweep(work, MemoryStore(bucket, hop.gate))


@pytest.mark.parametrize("listings", [1, 8])
def test_all_that_nobody_denies_goes(listings: int) -> None:
    """However much is denied before it: one range holds what is left of that."""
    denied = keys("b", 30_000)
    bucket = Bucket.of(keys("a", 1500) + denied + keys("c", 1500), denied=frozenset(denied))

    result = swept(ALL, bucket, Hop(listings=listings))

    assert sorted(bucket.objects) == denied
    assert (result.counts.deleted, result.counts.failed) == (3000, bucket.refused.total())
    assert result.listed == 33_000 == result.counts.settled + result.left.unsettled
    assert sum(stretch.keys for stretch in result.passed_over) == result.left.unsettled
    assert len(result.left.ranges) <= 8
    assert str(result.stopped).startswith("OSS answered FileImmutable")


def test_denied_keys_do_not_cost_a_request_each() -> None:
    """A hundred keys of each range fail at the most, and a few more that were under way."""
    denied = keys("b", 50_000)
    bucket = Bucket.of([*keys("a", 1000), *denied], denied=frozenset(denied))

    swept(ALL, bucket)

    assert bucket.refused.total() <= 4 * 100


def test_the_sweep_gives_up_where_nothing_goes() -> None:
    """It does not list ten million keys to be refused ten million times."""
    denied = keys("b", 100_000)
    bucket = Bucket.of(denied, denied=frozenset(denied))

    result = swept(ALL, bucket)

    assert str(result.stopped).startswith("OSS answered FileImmutable to whatever it was asked")
    assert PLACES <= len(bucket.asked) <= PLACES + 4
    assert result.may_go_on


def test_other_directories_are_tried_before_the_sweep_gives_up() -> None:
    """However many keys of the first one are denied."""
    denied = keys("b", 3000 * PLACES)
    bucket = Bucket.of([*denied, *keys("c", 10)], denied=frozenset(denied))
    work = Work("job", "examplebucket", ranges=(Range("logs/b/"), Range("logs/c/")))

    swept(work, bucket)

    assert sorted(bucket.objects) == denied


def test_keys_that_were_passed_over_are_tried_last_in_the_next_hop() -> None:
    """So that it keeps nothing else from its turn; what goes by then is gone."""
    denied = keys("b", 2000)
    bucket = Bucket.of([*denied, *keys("c", 5000)], denied=frozenset(denied))
    hop = Hop(in_flight=1)
    store = MemoryStore(bucket, hop.gate, {6: hop.leave(0.0)})
    first = hop.sweep(ALL, store)
    assert first.passed_over
    bucket.denied = frozenset()
    bucket.asked.clear()

    ended = swept(sent_back(first), bucket)

    letters = [batch[0][5] for batch in bucket.asked]
    assert letters == sorted(letters, reverse=True)
    assert (ended.left.finished, ended.listed, ended.passed_over) == (True, 7000, ())
    assert ended.counts.deleted + ended.counts.failed == 7000


def test_named_keys_that_are_refused_are_passed_over_too() -> None:
    """They are still named, and the job ends at once."""
    denied = keys("b", 2500)
    bucket = Bucket.of(denied, denied=frozenset(denied))

    result = swept(Work("job", "examplebucket", keys=tuple(denied)), bucket, Hop(in_flight=1))

    assert result.counts.failed == 100
    assert result.left.keys == tuple(denied[100:])
    assert [(each.first, each.keys) for each in result.passed_over] == [
        (denied[100], 900),
        (denied[1000], 1000),
        (denied[2000], 500),
    ]
    assert "to what it was asked to delete of 2,400 keys" in str(result.stopped)


def test_stretches_are_told_in_the_order_of_the_keys() -> None:
    """In whatever order the request names them."""
    denied = keys("b", 2500)
    bucket = Bucket.of(denied, denied=frozenset(denied))
    named = tuple(denied[::-1])

    result = swept(Work("job", "examplebucket", keys=named), bucket, Hop(in_flight=1))

    ends = [end for each in result.passed_over for end in (each.first, each.last)]
    assert ends == sorted(ends)
    assert f'from "{ends[0]}" to "{ends[-1]}"' in str(result.stopped)


def test_marker_objects_wait_for_what_was_passed_over_below_them() -> None:
    """A directory is not taken away from above what is in it."""
    denied = keys("b", 300)
    bucket = Bucket.of(["logs/", *denied], denied=frozenset(denied))
    work = Work("job", "examplebucket", ranges=(Range("logs/"),), directories=frozenset({"logs/"}))

    result = swept(work, bucket)

    assert [found.key for found in result.left.held] == ["logs/"]
    assert (result.counts.deleted, result.stopped is None) == (0, False)


def test_stretches_of_different_places_are_kept_apart() -> None:
    """What lies between them is settled, and not listed again."""
    denied = [*keys("b", 300), *keys("d", 300)]
    bucket = Bucket.of(
        [*keys("a", 500), *denied, *keys("c", 900), *keys("e", 900)], denied=frozenset(denied)
    )

    result = swept(ALL, bucket, Hop(in_flight=1))

    assert sorted(bucket.objects) == denied
    assert [(each.first, each.last) for each in result.passed_over] == [
        ("logs/b/000100", "logs/b/000299"),
        ("logs/d/000100", "logs/d/000299"),
    ]
    assert [keys.passed_over for keys in result.left.ranges] == list(result.passed_over)
    assert result.passed_over[0] == Stretch(
        "logs/b/000100", "logs/b/000299", 200, "FileImmutable", "No."
    )


def test_more_stretches_than_can_be_kept_apart_leave_the_sums_exact() -> None:
    """The job comes to its end over several hops."""
    every = [key for at in range(150) for key in keys(f"{at:03}", 120)]
    denied = frozenset(key for key in every if int(key[5:8]) % 2)
    bucket = Bucket.of(every, denied=denied)
    result = swept(ALL, bucket)

    for _ in range(200):
        assert result.counts.failed <= bucket.refused.total()
        assert result.listed <= len(every)
        if not result.may_go_on:
            break
        result = swept(sent_back(result), bucket)

    assert sorted(bucket.objects) == sorted(denied)
    assert (result.listed, result.left.finished) == (len(every), True)
    assert (result.counts.deleted, result.counts.failed) == (9_000, 9_000)
