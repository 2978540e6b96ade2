"""The time that is left, and what a request is expected to need of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.budget import Budget
from unit.memory import Clock


def test_seconds_count_down_from_when_it_is_made() -> None:
    """Below nothing, too."""
    clock = Clock()
    clock.now = 1000.0
    budget = Budget(10.0, clock.monotonic)

    left = []
    for clock.now in (1000.0, 1004.0, 1010.0, 1012.5):
        left.append(budget.left())

    assert left == [10.0, 6.0, 0.0, -2.5]


@pytest.mark.parametrize(("seconds", "guess"), [(60.0, 1.0), (4.0, 1.0), (2.0, 0.5), (0.4, 0.1)])
def test_a_kind_that_was_never_asked_is_guessed(seconds: float, guess: float) -> None:
    """A short budget guesses less, or it would never begin."""
    budget = Budget(seconds, Clock().monotonic)

    assert [budget.expected(kind) for kind in ("list", "batch_delete", "delete")] == [guess] * 3
    assert budget.admits("list")


def test_a_request_is_expected_to_take_half_as_long_again_as_nine_of_ten_have() -> None:
    """One slow request among many is no reason to stop early; each kind is its own."""
    budget = Budget(60.0, Clock().monotonic)

    budget.took("delete", 40.0)
    alone = budget.expected("delete")
    for _ in range(9):
        budget.took("delete", 2.0)

    assert (alone, budget.expected("delete")) == (60.0, 3.0)
    assert budget.expected("batch_delete") == 1.0


def test_the_more_are_in_flight_the_more_time_is_left_for_the_slowest() -> None:
    """So they become fewer towards the end: with 64, one of them is likely to be slow."""
    budget = Budget(60.0, Clock().monotonic)
    budget.took("delete", 40.0)
    for _ in range(63):
        budget.took("delete", 2.0)

    expected = [budget.expected("delete", in_flight) for in_flight in (0, 32, 64, 100)]

    assert expected == [3.0, 31.5, 60.0, 60.0]


def test_slow_requests_of_long_ago_are_forgotten() -> None:
    """After 128 requests of its kind."""
    budget = Budget(60.0, Clock().monotonic)
    budget.took("delete", 4.0)
    for _ in range(127):
        budget.took("delete", 2.0)
    remembered = budget.expected("delete", 64)
    budget.took("delete", 2.0)

    assert (remembered, budget.expected("delete", 64)) == (6.0, 3.0)


@pytest.mark.parametrize(
    ("kind", "now", "after", "admitted"),
    [
        ("delete", 57.0, 0.0, True),
        ("delete", 57.1, 0.0, False),
        ("delete", 56.0, 1.0, True),
        ("delete", 56.0, 1.1, False),
        ("batch_delete", 59.0, 0.0, True),
        ("batch_delete", 59.1, 0.0, False),
        ("list", 54.5, 0.0, True),
        ("list", 54.6, 0.0, False),
        ("delete", 61.0, 0.0, False),
    ],
)
def test_a_request_is_admitted_if_it_should_be_back_in_time(
    kind: str, now: float, after: float, admitted: bool
) -> None:
    """A listing needs the time for a deletion behind it."""
    clock = Clock()
    budget = Budget(60.0, clock.monotonic)
    budget.took("delete", 2.0)
    budget.took("list", 3.0)
    clock.now = now

    assert budget.admits(kind, after) is admitted  # type: ignore[arg-type] # of a parameter


@given(st.lists(st.floats(0, 1000), max_size=100), st.floats(0, 100))
def test_time_never_brings_a_kind_back(took: list[float], now: float) -> None:
    """What is not admitted now is not admitted later, while nothing is learned."""
    clock = Clock()
    budget = Budget(60.0, clock.monotonic)
    for seconds in took:
        budget.took("delete", seconds)

    clock.now = now
    first = budget.admits("delete")
    clock.now = now + 1

    assert first or not budget.admits("delete")


def test_time_that_is_ended_is_up() -> None:
    """Nothing is let through any more, and what was up before stays up for as long."""
    clock = Clock()
    budget = Budget(60.0, clock.monotonic)
    clock.now = 10.0
    budget.end()
    assert (budget.left(), budget.admits("delete")) == (0.0, False)

    clock.now = 15.0
    budget.end()
    assert budget.left() == -5.0


def test_a_look_needs_no_time_for_deletions() -> None:
    """A listing does, because what it finds is to be deleted."""
    budget = Budget(1.5, Clock().monotonic, unknown=1.0)

    assert (budget.admits("names", after=1.125), budget.admits("list", after=1.125)) == (
        True,
        False,
    )


def test_a_kind_that_was_never_asked_for_may_have_a_guess_of_its_own() -> None:
    """Small objects come faster than a batch of deletions."""
    budget = Budget(60.0, Clock().monotonic, unknown=0.25)

    assert (budget.expected("put"), budget.admits("put", after=59.75)) == (0.25, True)


def test_time_that_is_owed_is_none_of_a_jobs_even_if_nothing_else_is_left() -> None:
    """Others have to write down what they were ordered."""
    budget = Budget(100.0, lambda: 1.0)

    with budget.owed(120.0):
        assert budget.left() == -20.0
    assert budget.left() == 100.0


def test_time_can_be_kept_back_for_what_comes_afterwards() -> None:
    """As much as that takes, or half of what is left."""
    budget = Budget(60.0, Clock().monotonic)

    with budget.kept_back(20.0):
        assert budget.left() == 40.0
    assert budget.left() == 60.0
    with budget.kept_back(100.0):
        assert budget.left() == 30.0


def test_time_that_is_ended_is_not_given_back() -> None:
    """What was kept back belongs to the end."""
    budget = Budget(60.0, Clock().monotonic)

    with budget.kept_back(20.0):
        budget.end()

    assert budget.left() == 0.0
