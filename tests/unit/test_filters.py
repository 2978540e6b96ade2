"""The filters by age, size, class, early deletion and tags: what goes, and why the rest stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.filters import reasons
from ossweep.filters.age import Age
from ossweep.filters.early_delete import EarlyDelete
from ossweep.filters.making import filters_of
from ossweep.filters.ports import STORAGE_CLASS, TRANSITION_TIME, Whole
from ossweep.filters.size import Size
from ossweep.filters.storage_class import StorageClass
from ossweep.filters.tags import Tags
from ossweep.objects import UNREADABLE_TIME
from unit.subjects import CLOCK, DAY, Seen, overview_of, pages

if TYPE_CHECKING:
    from ossweep.filters.ports import Filter


def reason(judge: Filter, found: Seen) -> str | None:
    return judge.reason_to_keep(found, CLOCK, [found.key])


@pytest.mark.parametrize(
    ("asked", "age", "stays"),
    [
        (Conditions(older_than=30), 31, None),
        (Conditions(older_than=30), 30, reasons.YOUNGER),
        (Conditions(older_than=30), -1, reasons.YOUNGER),
        (Conditions(newer_than=30), 29, None),
        (Conditions(newer_than=30), 30, reasons.OLDER),
        (Conditions(before=CLOCK - 30), 31, None),
        (Conditions(before=CLOCK - 30), 30, reasons.YOUNGER),
        (Conditions(after=CLOCK - 30), 29, None),
        (Conditions(after=CLOCK - 30), 30, reasons.OLDER),
        (Conditions(older_than=10, newer_than=12), 11, None),
        (Conditions(older_than=10, after=CLOCK - 12), 12, reasons.OLDER),
    ],
)
def test_an_object_of_just_that_age_stays(asked: Conditions, age: int, stays: str | None) -> None:
    """It is neither older nor newer; OSS tells whole seconds only."""
    assert reason(Age(asked), Seen(modified=CLOCK - age)) == stays


@pytest.mark.parametrize(
    ("size", "stays"),
    [(9, reasons.SMALLER), (10, None), (19, None), (20, reasons.LARGER), (0, reasons.SMALLER)],
)
def test_a_size_is_wanted_from_the_least_to_below_the_most(size: int, stays: str | None) -> None:
    """The least itself goes, the most does not."""
    assert reason(Size(Conditions(at_least=10, below=20)), Seen(size=size)) == stays


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("IA", None),
        ("Archive", None),
        ("Standard", reasons.OTHER_CLASS),
        ("ia", reasons.OTHER_CLASS),
        (None, reasons.UNJUDGED),
    ],
)
def test_a_class_goes_by_its_name(name: str | None, stays: str | None) -> None:
    """To the letter; an object whose class is not known stays."""
    judge = StorageClass(Conditions(storage_class=("IA", "Archive")))

    assert reason(judge, Seen(storage_class=name)) == stays


@pytest.mark.parametrize(
    ("name", "days"), [("IA", 30), ("Archive", 60), ("ColdArchive", 180), ("DeepColdArchive", 180)]
)
def test_a_class_keeps_an_object_for_its_least_days(name: str, days: int) -> None:
    """Counted from its last modification where OSS tells no transition."""
    short = Seen(storage_class=name, modified=CLOCK - days * DAY)
    over = replace(short, modified=short.modified - 1)

    assert reason(EarlyDelete(), short) == reasons.EARLY
    assert reason(EarlyDelete(), over) is None


@pytest.mark.parametrize("name", ["ColdArchive", "DeepColdArchive"])
def test_the_cold_classes_count_from_the_transition(name: str) -> None:
    """Days in other classes do not count, however old the object is."""
    short = Seen(storage_class=name, modified=0, transitioned=CLOCK - 180 * DAY)

    assert reason(EarlyDelete(), short) == reasons.EARLY
    assert reason(EarlyDelete(), replace(short, transitioned=CLOCK - 180 * DAY - 1)) is None


@pytest.mark.parametrize("name", ["IA", "Archive"])
def test_the_other_classes_count_from_the_last_modification(name: str) -> None:
    """A transition to them does not begin the days anew."""
    moved = Seen(storage_class=name, modified=CLOCK - 61 * DAY, transitioned=CLOCK)

    assert reason(EarlyDelete(), moved) is None


@pytest.mark.parametrize("name", ["ClassOf2030", None])
def test_an_object_whose_least_days_are_unknown_stays(name: str | None) -> None:
    """A class that OSS gets later may have any."""
    assert reason(EarlyDelete(), Seen(storage_class=name, modified=0)) == reasons.UNJUDGED


def test_an_object_whose_transition_cannot_be_read_stays() -> None:
    """Its days count from some time that nobody knows."""
    cold = Seen(storage_class="ColdArchive", modified=0, transitioned=UNREADABLE_TIME)

    assert reason(EarlyDelete(), cold) == reasons.UNJUDGED
    assert reason(EarlyDelete(), replace(cold, storage_class="IA")) is None


def test_a_standard_object_has_no_least_days() -> None:
    """It goes at once."""
    assert reason(EarlyDelete(), Seen(modified=CLOCK - 1)) is None


@pytest.mark.parametrize(
    ("tags", "stays"),
    [
        ({"a": "1", "b": ""}, None),
        ({"a": "1", "b": "", "c": "3"}, None),
        ({"a": "1"}, reasons.OTHER_TAGS),
        ({"a": "1", "b": "x"}, reasons.OTHER_TAGS),
        ({"A": "1", "b": ""}, reasons.OTHER_TAGS),
        ({}, reasons.OTHER_TAGS),
        (None, reasons.UNJUDGED),
    ],
)
def test_an_object_has_to_have_all_tags(tags: dict[str, str] | None, stays: str | None) -> None:
    """To the letter; it stays if OSS did not tell its tags."""
    assert Tags(Conditions(tags=(("a", "1"), ("b", "")))).reason_to_keep(tags) == stays


JUDGES = st.one_of(
    st.builds(
        lambda values: Age(Conditions(**values)),
        st.fixed_dictionaries(
            {},
            optional={
                "older_than": st.sampled_from([1, 30 * DAY]),
                "newer_than": st.sampled_from([1, 60 * DAY]),
                "before": st.sampled_from([CLOCK - 1, CLOCK - 30 * DAY]),
                "after": st.sampled_from([CLOCK - 1, CLOCK - 60 * DAY]),
            },
        ),
    ),
    st.builds(
        lambda least, below: Size(Conditions(at_least=least, below=below)),
        st.none() | st.integers(0, 4),
        st.none() | st.integers(1, 4),
    ),
    st.builds(
        lambda names: StorageClass(Conditions(storage_class=tuple(names))),
        st.lists(st.sampled_from(["Standard", "IA", "ColdArchive"]), min_size=1),
    ),
    st.builds(EarlyDelete),
)


@given(judge=JUDGES, page=pages())
def test_a_page_is_judged_as_its_objects_are(judge: Filter, page: list[Seen]) -> None:
    """If it is judged as a whole, each of them is judged so."""
    whole = judge.judge_page(overview_of(page), CLOCK, None)

    assert whole is None or {reason(judge, each) for each in page} == {whole.reason}


@given(
    judge=JUDGES,
    found=pages(["Standard", "IA", "Archive"]).map(lambda page: page[0]),
    number=st.integers(1, 3),
)
def test_a_page_of_objects_that_are_alike_is_judged_as_a_whole(
    judge: Filter, found: Seen, number: int
) -> None:
    """No look at each is needed."""
    page = [replace(found, key=f"a/{each}") for each in range(number)]

    assert judge.judge_page(overview_of(page), CLOCK, None) == Whole(reason(judge, found))


@pytest.mark.parametrize("judge", [StorageClass(Conditions(storage_class=("IA",))), EarlyDelete()])
def test_a_page_whose_classes_were_not_read_is_not_judged_as_a_whole(judge: Filter) -> None:
    """Whoever reads pages has to bring the column."""
    page = replace(overview_of([Seen()]), classes=None)

    assert judge.judge_page(page, CLOCK, None) is None
    assert STORAGE_CLASS in judge.columns


def test_a_page_in_the_cold_is_judged_as_a_whole_once_all_its_days_are_over() -> None:
    """By the last transition on it, if that is later than the last modification."""
    page = overview_of([Seen(storage_class="ColdArchive", modified=0, transitioned=0)])

    assert EarlyDelete().judge_page(page, CLOCK, None) == Whole()
    assert TRANSITION_TIME in EarlyDelete().columns


@pytest.mark.parametrize(
    ("modified", "transitioned"), [(0, CLOCK), (CLOCK, 0), (CLOCK - 181 * DAY, CLOCK - 179 * DAY)]
)
def test_a_page_in_the_cold_is_not_judged_by_one_of_its_times_alone(
    modified: int, transitioned: int
) -> None:
    """Which of them counts is seen at each object."""
    cold = Seen(storage_class="ColdArchive", modified=modified, transitioned=transitioned)

    assert EarlyDelete().judge_page(overview_of([cold]), CLOCK, None) is None


ASKED: dict[str, Any] = {
    "older_than": 30 * DAY,
    "below": 3,
    "storage_class": ("Standard", "IA"),
    "skip_early_delete": True,
    "match": ("**/*.log", "a*"),
}


@given(
    asked=st.fixed_dictionaries({}, optional={name: st.just(ASKED[name]) for name in ASKED}),
    page=pages(),
)
def test_the_filters_of_a_job_judge_a_page_as_they_judge_its_objects(
    asked: dict[str, Any], page: list[Seen]
) -> None:
    """By the same first reason."""
    judge = filters_of(Conditions(**asked))

    whole = judge.judge_page(overview_of(page), CLOCK, [0])

    assert whole is None or {reason(judge, each) for each in page} == {whole.reason}


def test_names_are_looked_at_after_what_costs_less() -> None:
    """The first reason is the one that is counted."""
    judge = filters_of(Conditions(older_than=30 * DAY, match=("*.log",)))

    assert reason(judge, Seen(key="a.txt", modified=CLOCK)) == reasons.YOUNGER


def test_columns_are_those_of_the_filters_that_were_asked_for() -> None:
    """A listing has to be read no further than that."""
    assert filters_of(Conditions(older_than=1, match=("*",))).columns == frozenset()
    assert filters_of(Conditions(storage_class=("IA",))).columns == {STORAGE_CLASS}


def test_a_page_is_not_judged_as_a_whole_where_the_latest_stay() -> None:
    """Each of its objects counts."""
    judge = filters_of(Conditions(older_than=1, keep_latest=2))

    assert judge.judge_page(overview_of([Seen()]), CLOCK, [0]) is None
    assert judge.keep_latest == 2


def test_a_marker_stays_where_the_latest_do() -> None:
    """It is not one of them."""
    judge = filters_of(Conditions(keep_latest=2))

    assert judge.reason_to_keep(Seen(key="a/"), CLOCK, ["a/"]) == reasons.MARKER
    assert judge.reason_to_keep(Seen(key="a/b"), CLOCK, ["a/b"]) is None


def test_tags_come_after_all_other_filters() -> None:
    """They cost a request an object."""
    judge = filters_of(Conditions(older_than=1, tags=(("a", "b"),)))

    assert reason(judge, Seen()) is None
    assert judge.tags is not None


def test_each_reason_stands_once() -> None:
    """And in no other module."""
    assert len(set(reasons.REASONS)) == len(reasons.REASONS)
    named = {value for name, value in vars(reasons).items() if isinstance(value, str)}
    assert set(reasons.REASONS) <= named
