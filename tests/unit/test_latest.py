"""The latest of each directory: who stays, however the keys are cut into ranges and repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ossweep.filters.latest import (
    HeldDirectory,
    Latest,
    Met,
    check_held,
    directory_of,
    is_marker,
    merged,
    reason_to_stay,
)
from ossweep.filters.reasons import LATEST, MARKER
from ossweep.objects import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.filters.latest import Settled

CLOCK = 1000


def met(key: str, modified: int = 0, *, is_candidate: bool = True) -> Met:
    return Met(Found(key, 1, modified), is_candidate)


class Sums:
    """Where all candidates ended up, as far as that is settled."""

    def __init__(self) -> None:
        self.go: set[str] = set()
        self.stay: set[str] = set()

    def add(self, settled: Settled) -> None:
        self.go |= {found.key for found in settled.go}
        self.stay |= {found.key for found in settled.stay}


def settle(machine: Latest, objects: Iterable[Met], until: str | None = None) -> Sums:
    sums = Sums()
    for each in objects:
        sums.add(machine.meet(each))
    sums.add(machine.finish(until))
    return sums


def names(settled: Settled) -> tuple[list[str], list[str]]:
    return [found.key for found in settled.go], [found.key for found in settled.stay]


def test_an_object_goes_once_enough_newer_ones_were_met() -> None:
    """The oldest of those that wait falls out, whichever was met first."""
    machine = Latest(2)
    seen = [names(machine.meet(met(f"a/{at}", time))) for at, time in enumerate([5, 9, 7, 1, 8])]

    assert seen == [([], []), ([], []), (["a/0"], []), (["a/3"], []), (["a/2"], [])]
    assert names(machine.finish(None)) == ([], ["a/4", "a/1"])


def test_the_greater_key_of_the_same_second_is_newer() -> None:
    """So it is the same whichever was met first."""
    assert settle(Latest(1), [met("a/1", 5), met("a/2", 5)]).stay == {"a/2"}


def test_a_directory_is_settled_when_the_keys_have_left_it() -> None:
    """Those above it are not."""
    machine = Latest(1)
    machine.meet(met("a"))
    machine.meet(met("b/c/d"))
    machine.meet(met("b/x"))

    assert names(machine.meet(met("c/y"))) == ([], ["b/x"])
    assert [each.directory for each in machine.held()] == ["", "c/"]
    assert machine.open_since == ""


def test_a_directory_is_another_one_than_those_in_it() -> None:
    """Each keeps its own; two slashes make a directory with an empty name."""
    keys = ["a/1", "a/2", "a/b/1", "a/b/2", "a//1"]

    sums = settle(Latest(1), [met(key) for key in sorted(keys)])

    assert sums.stay == {"a/2", "a/b/2", "a//1"}
    assert sums.go == {"a/1", "a/b/1"}


def test_a_marker_stays_and_does_not_count() -> None:
    """It is no object in its directory, and has objects below it."""
    sums = settle(Latest(1), [met("a/", 9), met("a/1", 1), met("a/2", 2)])

    assert sums.stay == {"a/", "a/2"}
    assert [reason_to_stay(key) for key in ("a/", "a/2")] == [MARKER, LATEST]


def test_an_object_that_stays_for_another_reason_counts_as_one_of_the_latest() -> None:
    """It is counted under that reason already."""
    objects = [met("a/1", 1), met("a/2", 2, is_candidate=False), met("a/3", 3, is_candidate=False)]

    sums = settle(Latest(1), objects)

    assert (sums.go, sums.stay) == ({"a/1"}, set())


def test_an_object_that_is_met_twice_counts_once() -> None:
    """A repetition deletes nothing that the first time would not have."""
    assert settle(Latest(2), [met("a/1", 1), met("a/1", 1), met("a/2", 2)]).go == set()


def test_an_object_that_fell_out_falls_out_again() -> None:
    """If a later listing shows it once more, it may still go."""
    machine = Latest(1)
    for each in (met("a/1", 1), met("a/2", 2)):
        machine.meet(each)

    assert names(machine.meet(met("a/1", 1))) == (["a/1"], [])


def test_an_object_that_was_written_again_counts_by_its_later_time() -> None:
    """As one object still."""
    machine = Latest(1)

    assert names(machine.meet(met("a/1", 1))) == ([], [])
    assert names(machine.meet(met("a/1", 5))) == ([], [])
    assert names(machine.meet(met("a/2", 3))) == (["a/2"], [])


def test_directories_at_a_ranges_ends_stay_held() -> None:
    """Their other objects are in other ranges."""
    machine = Latest(1, after="b/m")
    sums = settle(machine, [met("b/n"), met("b/x/1"), met("c/1"), met("d/e/1")], until="d/e/5")

    assert sums.stay == {"b/x/1", "c/1"}
    assert [each.directory for each in machine.held()] == ["b/", "d/e/"]


def test_directories_above_a_prefix_stay_held() -> None:
    """Another prefix of the same order may show more of them."""
    machine = Latest(1, prefix="a/b")
    sums = settle(machine, [met("a/b"), met("a/b/1"), met("a/bc/1")])

    assert sums.stay == {"a/b/1", "a/bc/1"}
    assert [each.directory for each in machine.held()] == ["a/"]


def test_a_stream_goes_on_with_what_it_held() -> None:
    """A directory that began in the range is settled in a later invocation."""
    first = Latest(1)
    first.meet(met("a/1", 7))

    machine = Latest(1, held=first.held())

    assert names(machine.meet(met("a/2", 3))) == (["a/2"], [])
    assert names(machine.meet(met("b/1"))) == ([], ["a/1"])


KEYS = st.lists(
    st.sampled_from(["a", "b", "/", "-", "0", "\u00e9", "\U0001f4a9"]), min_size=1, max_size=5
).map("".join)
OBJECTS = st.lists(
    st.builds(
        lambda key, modified, is_candidate: met(key, modified, is_candidate=is_candidate),
        KEYS,
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=25,
    unique_by=lambda each: each.found.key,
).map(lambda objects: sorted(objects, key=lambda each: each.found.key.encode()))


def plain(most: int, objects: Sequence[Met]) -> tuple[set[str], set[str]]:
    """Sort all of each directory; return what goes and what stays."""
    go: set[str] = set()
    stay = {each.found.key for each in objects if is_marker(each.found.key) and each.is_candidate}
    counted = [each for each in objects if not is_marker(each.found.key)]
    counted.sort(key=lambda each: directory_of(each.found.key))
    for _, group in groupby(counted, key=lambda each: directory_of(each.found.key)):
        ranked = sorted(group, key=lambda each: each.rank, reverse=True)
        go |= {each.found.key for each in ranked[most:] if each.is_candidate}
        stay |= {each.found.key for each in ranked[:most] if each.is_candidate}
    return go, stay


FORM = TypeAdapter(tuple[HeldDirectory, ...])


def carried(most: int, held: tuple[HeldDirectory, ...]) -> tuple[HeldDirectory, ...]:
    """Take what is held through a document, as a continuation does."""
    check_held(most, held, CLOCK)
    return FORM.validate_json(FORM.dump_json(held), strict=True)


def within(objects: Sequence[Met], after: str, until: str | None) -> list[Met]:
    """Return the objects behind one border, up to and with the next."""
    return [
        each
        for each in objects
        if each.found.key > after and (until is None or each.found.key <= until)
    ]


@given(
    most=st.integers(1, 3),
    objects=OBJECTS,
    borders=st.lists(KEYS, max_size=3, unique=True).map(sorted),
    data=st.data(),
)
def test_the_latest_are_those_that_sorting_everything_would_find(
    most: int, objects: list[Met], borders: list[str], data: st.DataObject
) -> None:
    """In several ranges, over several invocations, some of which die after they have deleted."""
    sums = Sums()
    held: list[HeldDirectory] = []
    for after, until in pairwise(["", *borders, None]):
        assert after is not None
        machine, mine = Latest(most, after), within(objects, after, until)
        while mine:
            step = data.draw(st.integers(1, 8))
            kept = carried(most, machine.held())
            if data.draw(st.booleans()):
                for each in mine[: data.draw(st.integers(0, 8))]:
                    sums.go |= {found.key for found in machine.meet(each).go}
                mine = [each for each in mine if each.found.key not in sums.go]
                machine = Latest(most, after, held=kept)
            for each in mine[:step]:
                sums.add(machine.meet(each))
            mine = mine[step:]
            machine = Latest(most, after, held=carried(most, machine.held()))
        sums.add(machine.finish(until))
        held += machine.held()
    go, left = merged(most, data.draw(st.permutations([*held, *held])))
    sums.go |= {found.key for found in go}
    sums.stay |= {each.found.key for one in left for each in one.latest if each.is_candidate}

    assert (sums.go, sums.stay) == plain(most, objects)


@given(most=st.integers(1, 3), objects=OBJECTS, begin=st.integers(0, 25))
def test_a_repetition_lets_nothing_go_that_the_first_time_would_not_have(
    most: int, objects: list[Met], begin: int
) -> None:
    """Wherever it begins, with whatever was held then, and whatever has gone meanwhile."""
    go, _ = plain(most, objects)
    machine = Latest(most)
    for each in objects[:begin]:
        machine.meet(each)
    later = Latest(most, held=machine.held())

    again = settle(later, [each for each in objects if each.found.key not in go])

    assert again.go <= go


@given(most=st.integers(1, 3), objects=OBJECTS)
def test_no_more_is_held_than_the_latest_of_the_directories_above_a_key(
    most: int, objects: list[Met]
) -> None:
    """Whatever the size of the directories."""
    machine = Latest(most)
    for each in objects:
        machine.meet(each)
        assert all(each.found.key.startswith(one.directory) for one in machine.held())
        assert all(len(one.latest) <= most for one in machine.held())


GOOD: dict[str, Any] = {
    "directory": "a/",
    "latest": [
        {"found": {"key": "a/1", "size": 1, "modified": 1}, "is_candidate": True},
        {"found": {"key": "a/2", "size": 1, "modified": 2}, "is_candidate": False},
    ],
}


def read(*documents: Any) -> tuple[HeldDirectory, ...]:
    return FORM.validate_json(json.dumps(documents), strict=True)


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ([GOOD, GOOD], "twice"),
        ([{**GOOD, "latest": []}], "1 to 2"),
        ([{**GOOD, "latest": [GOOD["latest"][0]] * 2}], "each once"),
        ([{**GOOD, "directory": "b/"}], "another directory"),
        ([{**GOOD, "directory": ""}], "another directory"),
        ([{**GOOD, "latest": GOOD["latest"][::-1]}], "order"),
    ],
)
def test_held_objects_that_no_stream_has_shown_are_refused(forged: list[Any], said: str) -> None:
    """A continuation is anybody's document."""
    with pytest.raises(ValueError, match=said):
        check_held(2, read(*forged), CLOCK)


def test_held_objects_are_older_than_the_job() -> None:
    """Others are not met, and more than n are held by nobody."""
    (good,) = read(GOOD)
    check_held(2, [good], CLOCK)
    young = replace(good, latest=(met("a/1", CLOCK),))

    with pytest.raises(ValueError, match="written after"):
        check_held(2, [young], CLOCK)
    with pytest.raises(ValueError, match="1 to 1"):
        check_held(1, [good], CLOCK)
    with pytest.raises(ValueError, match="nothing is kept"):
        check_held(0, [], CLOCK)
