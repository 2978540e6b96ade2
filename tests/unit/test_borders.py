"""Borders of directories are places to cut at, and a survey is made only where it pays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.borders import FREE, Borders, Span, Survey
from ossweep.engine.splits import Sample
from ossweep.whereabouts import BEHIND

PATHS = st.lists(st.text("ab/é", max_size=8), max_size=30)


def day(number: int, keys: int = 100) -> Sample:
    """Return a page of keys of one day."""
    return Sample.of([f"logs/2026/01/{number:02}/{at:06}" for at in range(keys)])


def asked(borders: Borders) -> list[Survey]:
    """Return the surveys that are to be made."""
    found = []
    while (survey := borders.next_survey()) is not None:
        found.append(survey)
    return found


def test_each_directory_around_a_page_is_surveyed_once() -> None:
    """From the last key on, and but for the innermost, in which there are no directories."""
    borders = Borders()

    told = [borders.ask_about("", day(1), pages=3) for _ in range(2)]

    places = ["", "logs/", "logs/2026/", "logs/2026/01/"]
    assert told == [True, True]
    assert asked(borders) == [Survey(each, day(1).last) for each in places]


def test_directories_of_few_keys_are_not_surveyed() -> None:
    """A thousand borders would stand for a few pages."""
    borders = Borders()
    page = Sample.of([f"users/{number:04}/photo" for number in range(1000)])

    borders.ask_about("users/", page, pages=3)

    assert asked(borders) == []


def test_surveys_are_few_beside_pages() -> None:
    """However many directories a bucket holds."""
    borders = Borders()
    for number in range(100):
        page = [f"{number:03}/{at:02}/{key:03}" for at in range(3) for key in range(100)]
        borders.ask_about("", Sample.of(page), pages=3)

    assert len(asked(borders)) <= FREE


def test_a_survey_goes_on_where_it_was_cut_short() -> None:
    """As OSS shows a thousand directories at a time."""
    borders = Borders()

    borders.learn(Survey("a/", ""), ["a/1/", "a/2/"], "a/2/", pages=0)

    assert asked(borders) == [Survey("a/", "a/2/")]


def test_surveys_that_go_on_are_few_beside_pages() -> None:
    """However long the list of a directory's own directories is."""
    borders, made = Borders(), 0
    borders.ask_about("", day(1), pages=3)

    while waiting := asked(borders):
        made += len(waiting)
        for each in waiting:
            further = f"{each.after or each.prefix}x/"
            borders.learn(each, [further], further, pages=3)

    assert made <= FREE


def test_a_range_is_cut_at_the_border_in_its_middle() -> None:
    """What lies elsewhere in a survey's answer, or before its beginning, is left out."""
    borders = Borders()
    borders.learn(Survey("a/", "a/1/x"), ["a/1/", "a/2/", "a/3/", "a/4/", "b/9/"], "", pages=0)

    assert borders.cut("", BEHIND) == "a/3/"
    assert borders.cut("a/3/", "a/4/") is None


def test_outer_directories_are_cut_at_first() -> None:
    """They hold more than those in one of them, whose borders are known as well."""
    borders = Borders()
    borders.learn(Survey("", ""), ["1/", "2/", "3/", "4/", "5/"], "", pages=0)
    borders.learn(Survey("1/", ""), [f"1/{number}/" for number in range(9)], "", pages=0)

    assert borders.cut("1/0", BEHIND) == "3/"
    assert borders.cut("1/0", "2/") == "1/4/"


def test_keys_are_expected_as_directories_have_held_them_before() -> None:
    """Or, as long as all keys were in one, at least as many as that has shown."""
    borders = Borders()
    borders.learn(
        Survey("logs/2026/01/", ""), [f"logs/2026/01/{at:02}/" for at in range(32)], "", pages=0
    )
    one = Span("logs/2026/01/01/", day(1).last, BEHIND, 100, day(1))
    both = Sample.of([key for at in (1, 2) for key in day(at, 50).some[:-1]])
    two = Span("logs/2026/01/01/", both.last, BEHIND, both.keys, both)

    assert borders.keys_between(one) == (30 * 100, False)
    assert borders.keys_between(two) == (29 * 50, True)


@given(PATHS, PATHS, st.text("ab/é", max_size=8), st.text("ab/é", max_size=8))
def test_a_cut_lies_within_its_range(
    some: list[str], others: list[str], low: str, end: str
) -> None:
    """Whatever surveys have shown, in whatever order."""
    borders = Borders()
    borders.learn(Survey("", ""), some, "", pages=0)
    borders.learn(Survey("a", ""), others, "", pages=0)

    at = borders.cut(low, end)

    assert at is None or low < at < end


def test_a_refusal_ends_all_surveys() -> None:
    """A policy may let a prefix be listed, and nothing in it by itself."""
    borders = Borders()
    borders.ask_about("", day(1), pages=3)

    borders.give_up()

    assert not borders.ask_about("", day(2), pages=1000)
    assert asked(borders) == []
