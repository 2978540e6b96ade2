"""How many listings are under way at once follows how promptly they are answered."""

from __future__ import annotations

from ossweep.engine.window import ListingWindow


def sizes(answers: list[float], start: int = 1, most: int = 32) -> list[int]:
    """Return a window's size at its beginning and after each answer."""
    window = ListingWindow(start, most)
    found = [window.size]
    for seconds in answers:
        window.answered(seconds)
        found.append(window.size)
    return found


def test_a_round_trip_quadruples_the_window_while_all_answers_are_prompt() -> None:
    """Up to the most that may be."""
    window = ListingWindow(start=1, most=100)
    after = []
    for _ in range(5):
        for _ in range(window.size):
            window.answered(0.3)
        after.append(window.size)

    assert after == [4, 16, 64, 100, 100]


def test_an_answer_is_prompt_up_to_twice_the_fastest_one() -> None:
    """However long that takes: a slow network is no reason to ask for less."""
    assert sizes([5.0, 10.0, 7.0]) == [1, 4, 7, 10]


def test_each_late_answer_shrinks_the_window_to_where_it_began() -> None:
    """Requests that wait for each other gain nothing."""
    assert sizes([0.1, 0.1, *[0.21] * 8]) == [1, 4, 7, 6, 5, 4, 3, 2, 1, 1, 1]


def test_the_first_answer_may_be_the_slowest() -> None:
    """It has had to connect; what counts is the fastest so far."""
    assert sizes([1.0, 0.1, 0.1, 0.9]) == [1, 4, 7, 10, 9]


def test_answers_that_take_no_time_are_prompt() -> None:
    """A clock may be coarse."""
    assert sizes([0.0, 0.0, 0.1], start=2, most=5) == [2, 5, 5, 4]
