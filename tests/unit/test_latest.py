"""The latest of each directory stay, whatever a page shows of it, and whoever looks when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.engine.latest import Latest
from ossweep.errors import StoreError
from ossweep.filters.latest import NO_RANK, Newest, directory_of, is_marker, reason_to_stay
from ossweep.filters.reasons import LATEST, MARKER
from ossweep.objects import NEWER, Found
from ossweep.work import Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass
class Listed(MemoryStore):
    """A store that remembers the levels it was asked for, and whose clock can be set."""

    bucket: Bucket
    levels: Counter[str] = field(default_factory=Counter)
    began: int = BEGAN

    def __post_init__(self) -> None:
        super().__init__(self.bucket, Hop().gate)

    def clock(self, known: int | None) -> int:
        return self.began if known is None else min(known, self.began)

    def level(self, prefix: str) -> Iterator[Sequence[Found]]:
        self.levels[prefix] += 1
        return super().level(prefix)


def bucket_of(ages: dict[str, int], page: int = 1000) -> Bucket:
    return Bucket({key: Found(key, 1, BEGAN - age) for key, age in ages.items()}, page=page)


class ByClock:
    """Lets go what is older than the clock, and counts the same."""

    def may_go(self, found: Found, clock: int) -> bool:
        return found.modified < clock

    counts_as_latest = may_go

    def reason_by(self, found: Found, clock: int) -> str | None:
        return None if found.modified < clock else NEWER


def latest_of(store: Listed, most: int = 1, selectors: Iterable[str] = ("",)) -> Latest:
    return Latest(most, store, selectors, ByClock(), None)


def kept_by(latest: Latest, prefix: str = "", after: str = "") -> list[str]:
    pages = latest.pages(prefix, after)
    return [each.key for page, _ in pages for each in page.objects() if each.why_kept == LATEST]


def test_the_newest_are_those_that_were_written_last() -> None:
    """Of two of the same second it is the one with the greater key."""
    newest = Newest(2)
    for found in (Found("b", 1, 5), Found("c", 1, 5), Found("a", 1, 5), Found("d", 1, 4)):
        newest.add(found)

    assert newest.oldest == (5, "b")


def test_all_of_a_directory_stay_that_are_no_more_than_the_latest() -> None:
    """Nothing is older than that."""
    newest = Newest(2)
    newest.add(Found("b", 1, 5))

    assert newest.oldest == NO_RANK


def test_a_key_lies_in_the_directory_up_to_its_last_slash() -> None:
    """A marker lies in its own, and stays."""
    assert [directory_of(key) for key in ("a", "a/b", "a/b/", "a//b")] == ["", "a/", "a/b/", "a//"]
    assert [reason_to_stay(key) for key in ("a/", "a/b")] == [MARKER, LATEST]
    assert is_marker("a/")


def test_a_directory_within_a_page_takes_no_pass() -> None:
    """The page has shown all of it."""
    store = Listed(bucket_of({"a/1": 3, "a/2": 2, "b/1": 5, "b/2": 6}))

    assert kept_by(latest_of(store)) == ["a/2", "b/1"]
    assert not store.levels


def test_a_directory_that_reaches_beyond_a_page_takes_one_pass() -> None:
    """However many pages show parts of it, from wherever on."""
    bucket = bucket_of({f"a/{number}": 10 - number % 7 for number in range(9)}, page=2)
    store = Listed(bucket)
    latest = latest_of(store)

    assert kept_by(latest) == ["a/6"]
    assert kept_by(latest, "a/", "a/3") == ["a/6"]
    assert store.levels == {"a/": 1}


def test_a_pass_shows_what_lies_before_a_range() -> None:
    """The newest of all may lie there."""
    store = Listed(bucket_of({"a/1": 1, "a/2": 2, "a/3": 3}))

    assert kept_by(latest_of(store), "a/", "a/1") == []


def test_objects_that_other_conditions_keep_do_not_count() -> None:
    """They stay anyway: of two readings it is the one that deletes less."""
    store = Listed(bucket_of({"a/1": 9, "a/2": 8, "a/3": -60, "a/": 0}))

    assert kept_by(latest_of(store)) == ["a/2"]
    assert kept_by(latest_of(store), "a/", "a/1") == ["a/2"]


def test_objects_that_the_order_does_not_select_do_not_count() -> None:
    """Several prefixes may select objects of one directory."""
    bucket = bucket_of({"a/1": 1, "a/21": 5, "a/22": 4, "a/31": 3, "a/32": 6, "a/2/x": 9})
    store = Listed(bucket)
    latest = latest_of(store, selectors=("a/2", "a/3"))

    assert kept_by(latest, "a/2") == ["a/2/x"]
    assert kept_by(latest, "a/3") == ["a/31"]
    assert store.levels == {"a/2": 1, "a/3": 1}


def test_an_earlier_clock_asks_for_another_pass() -> None:
    """What was counted by the later one may stay anyway by the earlier."""
    store = Listed(bucket_of({"a/1": 9, "a/2": 1}, page=1))
    latest = latest_of(store)

    assert kept_by(latest) == ["a/2"]
    store.began = BEGAN - 5
    assert kept_by(latest) == ["a/1"]
    assert store.levels == {"a/": 2}


@pytest.mark.parametrize("keys", [["a/2", "a/1"], ["a/1", "a/1"]])
def test_a_pass_that_shows_keys_out_of_order_is_refused(keys: list[str]) -> None:
    """An object that is counted twice would let another one go."""
    store = Listed(bucket_of({"a/1": 1, "a/2": 2, "a/3": 3}, page=2))
    store.level = lambda _: iter([[Found(key, 1, 1) for key in keys]])  # type: ignore[method-assign,assignment]

    with pytest.raises(StoreError, match="not in order"):
        kept_by(latest_of(store))


AGES = st.dictionaries(
    st.builds("{}{}".format, st.sampled_from(("", "a/", "a/b/", "c/")), st.integers(0, 30)),
    st.integers(-1, 5),
    max_size=40,
)


@given(ages=AGES, most=st.integers(1, 4), page=st.integers(1, 7), after=st.integers(0, 40))
def test_pages_from_any_place_on_show_the_same(
    ages: dict[str, int], most: int, page: int, after: int
) -> None:
    """An object goes where so many others of its directory are newer, which may go as well."""
    store = Listed(bucket_of(ages, page))
    ranked = sorted(((-age, key) for key, age in ages.items() if age > 0), reverse=True)
    of_each: dict[str, list[str]] = {}
    for _, key in ranked:
        of_each.setdefault(directory_of(key), []).append(key)
    stay = {key for keys in of_each.values() for key in keys[:most]}
    begin = sorted(ages)[after] if after < len(ages) else ""

    kept = kept_by(latest_of(store, most), after=begin)

    assert kept == sorted(key for key in stay if key > begin)


@given(ages=AGES, most=st.integers(1, 4), page=st.integers(1, 7), cut=st.integers(0, 40))
def test_parts_of_a_job_that_share_a_directory_keep_its_latest(
    ages: dict[str, int], most: int, page: int, cut: int
) -> None:
    """One after the other, from either end, and both once more."""
    bucket = bucket_of(ages, page)
    place = sorted(ages)[cut] if cut < len(ages) else "b"
    halves = [Range("", until=place), Range("", after=place)]
    only, selectors = Conditions(keep_latest=most), ("",)
    of_each: dict[str, list[str]] = {}
    for _, key in sorted(((-age, key) for key, age in ages.items() if age > 0), reverse=True):
        of_each.setdefault(directory_of(key), []).append(key)
    gone = {key for keys in of_each.values() for key in keys[most:]}

    for half in (*halves, *halves[::-1]):
        work = Work(
            "job", "examplebucket", ranges=(half,), only=only, selectors=selectors, clock=BEGAN
        )
        hop = Hop(listings=3)
        hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert ages.keys() - bucket.objects.keys() == gone
