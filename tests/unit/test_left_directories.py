"""What OSS denies keeps the directories that it lies in, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.errors import Scope, StoreError
from ossweep.helps import with_help
from ossweep.row import ALIKE, PROBES
from ossweep.stops import Stop, Why
from ossweep.whereabouts import emptied
from ossweep.work import Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ossweep.engine.result import Result
    from ossweep.objects import Found, Page

DENIED = StoreError("AccessDenied", "No.", Scope.KEYS)


class Blind(MemoryStore):
    """A store that denies the listing of some prefixes, and looks at some keys."""

    def __init__(self, bucket: Bucket, hop: Hop, denied: Collection[str]) -> None:
        super().__init__(bucket, hop.gate)
        self._denied = denied

    def pages(self, prefix: str, after: str) -> Iterator[tuple[Page, bool]]:
        if prefix in self._denied:
            raise DENIED
        yield from super().pages(prefix, after)

    def find(self, key: str) -> Found | None:
        if key in self._denied:
            raise DENIED
        return super().find(key)


def swept(work: Work, bucket: Bucket, *denied: str) -> Result:
    hop = Hop(in_flight=1)
    return hop.sweep(work, Blind(bucket, hop, denied))


def letters(*names: str) -> Work:
    """Return the work of deleting directories."""
    return Work(
        "job", "examplebucket", ranges=tuple(map(Range, names)), directories=frozenset(names)
    )


@pytest.mark.parametrize("tree", [False, True], ids=["flat", "tree"])
def test_a_denied_listing_keeps_its_own_directory_alone(tree: bool) -> None:
    """The reason names it, and how many others there are."""
    keys = [f"{letter}/{leaf}" for letter in "abcd" for leaf in ("", "1", "d/", "d/1")]
    bucket = Bucket.of(keys, tree=tree)

    result = swept(letters("a/", "b/", "c/", "d/"), bucket, "b/", "c/")

    assert sorted(bucket.objects) == [key for key in keys if key[0] in "bc"]
    sentence = 'listing "b/" and 1 other failed: AccessDenied: No.'
    assert result.stopped == Stop(Why.REFUSED, with_help(sentence, "AccessDenied"))
    assert [each.prefix for each in result.left.ranges] == ["b/", "c/"]
    assert (result.listed, result.counts.deleted, result.left.held) == (8, 8, ())


def test_the_reason_says_that_everything_is_denied() -> None:
    """There is no prefix to name."""
    result = swept(Work("job", "examplebucket", ranges=(Range(""),)), Bucket.of(["a"]), "")

    assert str(result.stopped).startswith("listing all keys failed: AccessDenied: No.;")


def test_keys_that_were_passed_over_keep_only_the_directories_above_them() -> None:
    """In a hierarchical bucket, where OSS refuses a directory that holds something."""
    denied = [f"a/b/{number:03}" for number in range(ALIKE + 200)]
    others = ["a/", "a/a/", "a/a/1", "a/b/", "a/c/", "a/c/1"]
    bucket = Bucket.of([*others, *denied], tree=True, denied=frozenset(denied))
    work = Work("job", "examplebucket", keys=("a/",), ranges=(Range("a/", "a/"),))

    first = swept(work, bucket)
    second = swept(first.left, bucket)

    for result in (first, second):
        assert sorted(bucket.objects) == sorted(["a/", "a/b/", *denied])
        assert {found.key for found in result.left.held} == {"a/", "a/b/"}
        assert str(result.stopped).startswith("OSS answered FileImmutable to what it was asked")
        assert not {"a/", "a/b/"} & {failure.key for failure in result.counts.failures}
    assert first.counts.deleted == 4


@pytest.mark.parametrize("tree", [False, True], ids=["flat", "tree"])
def test_a_refused_look_keeps_a_directory_and_those_above_it(tree: bool) -> None:
    """Those beside it go."""
    keys = ["a/", "a/b/", "a/b/c/", "a/d/", "e/"]
    bucket = Bucket.of(keys, tree=tree)
    held = tuple(bucket.objects.values())
    work = Work("job", "examplebucket", held=held, clock=BEGAN)

    result = swept(work, bucket, "a/b/")

    assert sorted(bucket.objects) == ["a/", "a/b/"]
    assert sorted(found.key for found in result.left.held) == ["a/", "a/b/"]
    assert str(result.stopped).startswith('listing "a/b/" failed: AccessDenied: No.;')
    assert (result.listed, result.counts.deleted, result.counts.failed) == (5, 3, 0)


def test_three_looks_tell_of_the_other_directories_after_a_hundred_refused_ones() -> None:
    """They would be refused, too."""
    bucket = Bucket.of(f"{number:03}/" for number in range(3 * ALIKE))
    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)
    hop = Hop()
    store = Blind(bucket, hop, bucket.objects)

    result = hop.sweep(work, store)

    assert len(bucket.objects) == len(result.left.held) == 3 * ALIKE
    said = f'listing "299/" and {ALIKE + PROBES - 1} others failed: AccessDenied: No.;'
    assert str(result.stopped).startswith(said)


def test_directories_behind_a_hundred_refused_looks_go_where_one_of_three_is_shown() -> None:
    """What OSS refuses keeps nothing else."""
    bucket = Bucket.of(f"{number:03}/" for number in range(2 * ALIKE))
    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)
    hop = Hop()
    denied = sorted(bucket.objects)[ALIKE:]

    hop.sweep(work, Blind(bucket, hop, denied))

    assert sorted(bucket.objects) == denied


def test_a_directory_that_was_a_probe_waits_for_those_in_it() -> None:
    """Its look came early, and tells nothing of what lies deeper."""
    inside = [f"top/{number:04}/" for number in range(1200)]
    denied = [f"z{number:03}/" for number in range(ALIKE)]
    bucket = Bucket.of(["top/", *inside, *denied])
    work = Work("job", "examplebucket", held=tuple(bucket.objects.values()), clock=BEGAN)
    hop = Hop()

    hop.sweep(work, Blind(bucket, hop, [*denied, inside[0]]))

    assert sorted(bucket.objects) == sorted(["top/", inside[0], *denied])


KEYS = st.text(st.sampled_from("ab/"), min_size=1, max_size=5)


@given(st.lists(KEYS, unique=True), st.sets(KEYS), st.integers(0, 3))
def test_directories_are_kept_exactly_by_what_is_left_in_them(
    directories: list[str], left: set[str], together: int
) -> None:
    """However what is left is told: key by key, or from one to another."""
    keys = sorted(left)
    run = keys[:together]
    pairs = [(run[0], run[-1])] if run else []
    pairs += [(key, key) for key in keys[together:]]

    empty = emptied(directories, pairs)

    without = {each for each in directories if not any(key.startswith(each) for key in left)}
    assert set(empty) <= without
    assert set(emptied(directories, ((key, key) for key in keys))) == without
