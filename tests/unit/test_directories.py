"""Directories that OSS deletes only when they are empty: held, tried again, and few."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.reads import SOON
from ossweep.engine.sources.directories import MOST_REFUSED
from ossweep.handover.continuation import seal, unseal
from ossweep.work import Ceiling, Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from ossweep.engine.result import Result
    from ossweep.objects import Found

ALL = Work("job", "examplebucket", ranges=(Range("a/"),), clock=BEGAN)


def swept(work: Work, bucket: Bucket, **more: object) -> Result:
    hop = Hop(**more)  # type: ignore[arg-type] # passed on
    return hop.sweep(work, MemoryStore(bucket, hop.gate))


def tree(*keys: str, page: int = 1000, denied: frozenset[str] = frozenset()) -> Bucket:
    return Bucket.of(keys, tree=True, page=page, denied=denied)


def test_directories_that_wait_are_few_whatever_the_size_of_the_job() -> None:
    """A round is made between, so that they neither fill the memory nor a continuation."""
    directories = [f"a/{number:05}/" for number in range(2 * MOST_REFUSED)]
    bucket = tree(*directories, *(f"{each}{leaf}" for each in directories for leaf in "01"), page=1)
    waiting: list[int] = []

    class Watched(MemoryStore):
        def admit(self, kind: str) -> None:
            waiting.append(sum(key in bucket.objects for key in bucket.waited))
            super().admit(kind)

    hop = Hop()
    result = hop.sweep(ALL, Watched(bucket, hop.gate))

    assert (result.left.finished, bucket.objects) == (True, {})
    assert bucket.waited == set(directories)
    assert max(waiting) <= MOST_REFUSED + 10


def test_a_round_between_fails_no_directory() -> None:
    """What lies in it may not have been listed yet."""
    deep = [f"a/{'d/' * depth}" for depth in range(1, MOST_REFUSED + 20)]
    bucket = tree(*deep, f"{deep[-1]}x", page=1)

    result = swept(ALL, bucket)

    assert (result.counts.deleted, result.counts.failed) == (MOST_REFUSED + 20, 0)
    assert (result.left.finished, bucket.objects) == (True, {})


def test_marker_objects_that_were_ordered_go_last_even_so() -> None:
    """Only what OSS has refused is tried between."""
    directories = [f"a/{number:05}/" for number in range(MOST_REFUSED + 20)]
    bucket = tree("a/", *directories, *(f"{each}x" for each in directories), page=1)

    result = swept(replace(ALL, directories=frozenset({"a/"})), bucket)

    assert (result.left.finished, bucket.objects) == (True, {})
    assert bucket.asked[-1][-1] == "a/"
    assert sum("a/" in keys for keys in bucket.asked) == 1


def test_a_directory_that_was_refused_makes_room_below_the_ceiling() -> None:
    """It has not been deleted, and is asked for once more within it."""
    bucket = tree("a/", "a/1", "a/2", "b")
    work = replace(ALL, keys=("a/",), ranges=(Range("a/", "a/"),))

    result = swept(work, bucket, ceiling=Ceiling(3, "limits.objects"))

    assert (result.counts.deleted, list(bucket.objects)) == (3, ["b"])


def test_a_directory_is_not_failed_while_one_in_it_is_to_be_done() -> None:
    """An answer is lost: both stay in the continuation, and go in the next invocation."""
    bucket = tree("a/", "a/b/", "a/b/1")
    bucket.silent["a/b/"] = False
    work = Work("job", "examplebucket", keys=("a/", "a/b/1"), clock=BEGAN)
    first = swept(replace(work, held=(bucket.objects["a/b/"],)), bucket)

    second = swept(first.left, bucket)

    assert (first.counts.failed, {found.key for found in first.left.held}) == (0, {"a/", "a/b/"})
    assert (second.counts.deleted, second.left.finished, bucket.objects) == (3, True, {})


def test_a_directory_that_was_looked_at_goes_before_it_has_to_be_looked_at_again() -> None:
    """Else an invocation whose looks take seconds would look at directories, and do no more."""
    bucket = tree(*(f"{number:02}/" for number in range(40)))
    hop = Hop()

    class Slow(MemoryStore):
        def find(self, key: str) -> Found | None:
            hop.clock.now += SOON + 0.5
            return super().find(key)

    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)
    left = hop.sweep(work, Slow(bucket, hop.gate)).left

    assert 0 < len(left.held) == len(bucket.objects) < 40
    assert max(map(len, bucket.asked)) <= 2


PARTS = st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=4)


@given(
    st.lists(PARTS, min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(1, 3),
    st.lists(st.integers(2, 12), max_size=3),
    st.sets(st.integers(0, 40), max_size=2),
)
def test_every_directory_goes_after_its_contents_or_fails_with_them(
    paths: list[list[str]], page: int, in_flight: int, times: list[int], stays: set[int]
) -> None:
    """In pages and invocations of any size; what is denied keeps those above it, and no others."""
    names = {"a/" + "/".join(path) for path in paths}
    above = {"a/" + "/".join(path[:end]) + "/" for path in paths for end in range(len(path))}
    keys = sorted(names | {each for each in above if each != "a//"} | {"a/"})
    leaves = [key for key in keys if not key.endswith("/")]
    denied = frozenset(leaves[number % len(leaves)] for number in stays)
    bucket = tree(*keys, page=page, denied=denied)
    work = replace(ALL, keys=("a/",), ranges=(Range("a/", "a/"),))

    for request in [*times, None]:
        hop = Hop(in_flight=in_flight)
        at = {request: hop.leave(0.1)} if request is not None else {}
        result = hop.sweep(work, MemoryStore(bucket, hop.gate, at))
        work = unseal(json.loads(json.dumps(seal(result.left))), "the request")
        assert result.counts.deleted == len(keys) - len(bucket.objects)

    directories = {key for key in keys if key.endswith("/")}
    stay = {key for key in directories if any(each.startswith(key) for each in denied)}
    assert work.finished
    assert set(bucket.objects) == denied | stay
    assert {failure.key for failure in work.counts.failures} == denied | stay
    assert work.counts.settled == result.listed == len(keys)
