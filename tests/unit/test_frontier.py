"""Ranges are split while they are listed, and no key is listed twice or missed."""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ossweep.engine.batch import Batch
from ossweep.engine.books import Books
from ossweep.engine.borders import Survey
from ossweep.engine.frontier import Frontier
from ossweep.engine.outcomes import Outcome
from ossweep.engine.settlement import EARLY, Settlement
from ossweep.engine.settling import Settling
from ossweep.engine.throttle import Throttle
from ossweep.engine.window import ListingWindow
from ossweep.errors import StoreError
from ossweep.objects import Found, Lot
from ossweep.work import Counts, Range, Work
from unit.key_shapes import SHAPES, keys_of
from unit.memory import Bucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.engine.scan import Scan

LISTINGS = 32


def throttle() -> Throttle:
    return Throttle(lambda: 0.0, lambda low, _high: low, 64, None)


@dataclass
class Lister:
    """Lists a bucket's keys through a frontier. Its steps may come in any order."""

    keys: list[str]
    page: int
    ranges: Sequence[Range] = (Range(""),)
    requests: int = 0
    cuts: int = 0
    empty: int = 0
    taken: list[str] = field(default_factory=list)
    unsettled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        paced = throttle()
        self.frontier = Frontier(self.ranges, paced)
        self.settling = Settling(self.frontier, Books(Work("job", "examplebucket")), paced)
        self.asked: list[tuple[Scan, str]] = []  # with the key that the page is to begin after
        self.shown: list[tuple[Scan, Sequence[str]]] = []  # and not settled yet
        self.unsettled = {key for key in self.keys if any(key in each for each in self.ranges)}

    def ask(self, most: int) -> bool:
        """Ask for one more page, if there is a range to ask for it; return whether there is."""
        before = len(self.frontier.scans)
        scan = self.frontier.next(most)
        if scan is None:
            return False
        self.cuts += scan.guesses > 0 and len(self.frontier.scans) > before
        scan.listing = True
        self.asked.append((scan, scan.at))
        self.requests += 1
        return True

    def answer(self, number: int) -> None:
        """Let one of the pages come back that were asked for."""
        scan, after = self.asked.pop(number)
        place = max(bisect_right(self.keys, after), bisect_left(self.keys, scan.prefix))
        there = self.keys[place : place + self.page + 1]
        below = [key for key in there if key.startswith(scan.prefix)]
        page = Lot([Found(key, 1, 1) for key in below[: self.page]])
        guess = scan.guesses
        keys = self.frontier.take(scan, page, more=len(below) > self.page).keys
        self.empty += guess > 0 and not keys
        scan.listing = False
        scan.backlog.place = scan.at
        scan.settlement.taken += 1
        self.taken += keys
        self.shown.append((scan, keys))

    def survey(self) -> bool:
        """Ask for the borders in a directory, if that pays, and let them come; tell whether."""
        survey = self.frontier.survey()
        if survey is None:
            return False
        self.requests += 1
        places = Bucket.of(self.keys).folders(survey.prefix, survey.after)
        there, more = places[: self.page], places[self.page :]
        self.frontier.surveyed(survey, (there, there[-1] if more else ""))
        return True

    def settle(self) -> None:
        """Settle the page that has been shown for the longest time."""
        scan, keys = self.shown.pop(0)
        so_far = scan.settlement
        so_far.settled = keys[-1] if keys else so_far.settled
        so_far.booked += 1
        self.unsettled.difference_update(keys)
        if scan.drained:
            self.settling.forget(scan)

    def round_trip(self, most: int, limit: int) -> int:
        """Ask for so many pages at once, let them come back, settle them; return their number."""
        while len(self.asked) < most and self.ask(limit):
            pass
        asked = surveys = len(self.asked)
        for _ in range(asked):
            self.answer(0)
            self.settle()
        while surveys < most and self.survey():
            surveys += 1
        return asked

    def list_all(self) -> int:
        """Return the round trips that it takes when no request waits for another one."""
        window, round_trips = ListingWindow(start=1, most=LISTINGS), 0
        while asked := self.round_trip(window.size, window.size):
            round_trips += 1
            for _ in range(asked):
                window.answered(0.06)
        return round_trips


FEW = st.text("ab01\u00e9\u4e00\U0001f4a9\x00\uffff", min_size=1, max_size=4)
KEYS = st.lists(FEW, max_size=60, unique=True) | st.builds(
    lambda shape, number, stem: [stem + key for key in keys_of(shape, number)],
    st.sampled_from(list(SHAPES)),
    st.integers(1, 80),
    st.sampled_from(["", "a", "b/"]),
)
ORDERS = st.sampled_from([("",), ("a",), ("a", "b/"), ("a0", "b/", "\u00e9"), ("0", "1", "a", "b")])


def some_steps(lister: Lister, chance: random.Random, steps: int, limit: int) -> None:
    """Let pages be asked for, come back and settle in an order that chance draws."""
    for _ in range(steps):
        step = chance.randrange(4)
        if step == 3:
            lister.survey()
        elif step == 0:
            lister.ask(limit)
        elif step == 1 and lister.asked:
            lister.answer(chance.randrange(len(lister.asked)))
        elif lister.shown:
            lister.settle()
        check(lister)


def check(lister: Lister) -> None:
    """Hold what is left against what is not settled."""
    assert len(lister.taken) == len(set(lister.taken))
    rest = lister.settling.rest()
    holding = {key: sum(key in each for each in rest) for key in lister.keys}
    assert {key for key, number in holding.items() if number} == lister.unsettled
    assert max(holding.values(), default=0) <= 1
    assert all(each.prefix in {first.prefix for first in lister.ranges} for each in rest)
    scans = lister.frontier.scans
    assert all((scan.until or scan.prefix).startswith(scan.prefix) for scan in scans)
    for one, other in pairwise(rest):
        assert one.prefix < other.prefix or one.after < one.until <= other.after


@settings(deadline=None)
@given(
    KEYS,
    ORDERS,
    st.tuples(st.integers(1, 5), st.integers(1, 32), st.integers(0, 150)),
    st.randoms(use_true_random=False),
)
def test_no_key_is_listed_twice_or_missed(
    keys: list[str],
    prefixes: tuple[str, ...],
    figures: tuple[int, int, int],
    chance: random.Random,
) -> None:
    """Whatever order pages come in, and wherever it is interrupted: the rest is what is left."""
    page, limit, steps = figures
    first = Lister(sorted(set(keys)), page, tuple(map(Range, prefixes)))
    some_steps(first, chance, steps, limit)
    second = Lister(first.keys, page, first.settling.rest())
    left = set(first.unsettled)
    second.list_all()

    assert sorted(second.taken) == sorted(left)
    assert (second.settling.rest(), second.settling.refused_only) == ([], True)
    event(f"cut {min(first.cuts + second.cuts, 3)} times or more")


@given(st.integers(1, 8), st.integers(2, 30))
def test_no_more_ranges_are_open_than_may_be(limit: int, pages: int) -> None:
    """However much there is to list."""
    lister = Lister(keys_of("padded numbers", pages * 5), 5)
    while lister.ask(limit) or lister.asked:
        while lister.ask(limit):
            pass
        assert sum(not scan.listed for scan in lister.frontier.scans) <= limit
        lister.answer(0)
        lister.settle()

    assert lister.taken == lister.keys or limit > 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1001, 1999, 2000])
def test_two_pages_cost_two_requests(shape: str, number: int) -> None:
    """A small job makes no additional one."""
    lister = Lister(keys_of(shape, 2000)[:number], 1000)

    lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert lister.requests == max(1, ceil(len(lister.keys) / 1000))


@pytest.mark.parametrize("shape", SHAPES)
def test_200_pages_take_few_round_trips(shape: str) -> None:
    """Seven would be the fewest for 32 at a time, after three in which to learn the keys' shape."""
    lister = Lister(keys_of(shape, 10_000), 50)

    round_trips = lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert round_trips <= 42


@pytest.mark.parametrize(("directories", "trips"), [(17, 24), (200, 24), (1000, 24)])
def test_directories_are_listed_at_once(directories: int, trips: int) -> None:
    """Surveys show where each begins, and guesses where to cut a large one."""
    lister = Lister(in_directories(directories, 9800 // directories), 50)

    round_trips = lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert (round_trips <= trips, lister.requests <= 330) == (True, True)


def in_directories(directories: int, each: int) -> list[str]:
    """Return keys as a log has them: a directory a day, and many objects in it."""
    days = [(at // 336 + 2000, at // 28 % 12 + 1, at % 28 + 1) for at in range(directories)]
    return [f"logs/{y}/{m:02}/{d:02}/part-{at:09}" for y, m, d in days for at in range(each)]


@pytest.mark.parametrize("shape", [*SHAPES, "directories"])
def test_three_pages_cost_six_requests_at_most(shape: str) -> None:
    """So small a job is neither surveyed, nor cut in many places."""
    keys = in_directories(5, 500) if shape == "directories" else keys_of(shape, 2500)
    lister = Lister(keys, 1000)

    lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert lister.requests <= 6


@pytest.mark.parametrize("refused", [True, False])
def test_a_survey_without_an_answer_holds_up_no_range_for_long(refused: bool) -> None:
    """Its answer may take a minute, or be a refusal: then places to cut at are guessed."""
    lister = Lister(in_directories(3, 3400), 50)
    answer = lister.frontier.surveyed
    lister.frontier.survey = lambda: None  # type: ignore[method-assign]
    if refused:
        answer(Survey("logs/", ""), None)

    round_trips = lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert round_trips <= 60


@pytest.mark.parametrize("shape", [*SHAPES, "far apart"])
def test_cuts_into_emptiness_stay_below_a_bound(shape: str) -> None:
    """A few round trips of them, and no more than one for each page that shows something."""
    keys = keys_of(shape, 10_000) if shape in SHAPES else far_apart()
    lister = Lister(keys, 50)

    lister.list_all()

    assert sorted(lister.taken) == lister.keys
    assert lister.empty <= 2 * LISTINGS + (lister.requests - lister.empty)


def far_apart() -> list[str]:
    """Return keys that lie together in places that nothing tells of."""
    chance = random.Random(1)
    stems = ("".join(chance.choices("\x00\t\x1b\x85\ufffe\uffff", k=3)) for _ in range(200))
    return sorted({f"{stem}{number:03}" for stem in stems for number in range(50)})


def test_a_cut_that_nobody_has_looked_behind_is_not_handed_on() -> None:
    """The continuation goes on with the range that it was cut off from."""
    lister = Lister(keys_of("padded numbers", 100), 10)
    for _ in range(2):
        lister.round_trip(1, 1)
    while lister.ask(8):
        pass

    assert len(lister.frontier.scans) > 2
    assert lister.settling.rest() == [Range("", lister.keys[19])]


def test_ranges_that_were_handed_on_are_listed_at_once() -> None:
    """They need no page to be cut."""
    keys = keys_of("padded numbers", 80)
    ends = [*keys[9::10][:-1], ""]
    ranges = [Range("", *ends_of) for ends_of in zip(["", *ends[:-1]], ends, strict=True)]
    lister = Lister(keys, 10, ranges)

    assert [lister.round_trip(8, 8), lister.requests] == [8, 8]
    assert sorted(lister.taken) == keys


def test_the_counts_of_a_settled_range_go_to_the_range_behind_it() -> None:
    """They lie between the range before and that one."""
    ranges = [Range("a", "", "a1"), Range("a", "a2", "a3"), Range("a", "a4", spared={"x": 1})]
    lister = Lister(["a0", "a21", "a5"], 10, ranges)
    while lister.ask(3):
        pass
    middle, _ = lister.asked[1]
    middle.settlement.skipped.update({"x": 2, "y": 1})
    middle.settlement.failed = 3
    lister.answer(1)
    lister.settle()

    assert lister.settling.rest() == [
        Range("a", "", "a1"),
        Range("a", "a4", "", {"x": 3, "y": 1}, 3),
    ]


@pytest.mark.parametrize(
    "keys",
    [["a3", "b"], ["A", "a3"], ["a2"], ["a1", "a3"], ["a4", "a3"], ["a3", "a3"]],
    ids=["behind", "before", "again", "from the start", "out of order", "twice"],
)
def test_a_page_that_holds_what_it_should_not_is_refused(keys: list[str]) -> None:
    """A key outside of the prefix, up to where the listing was, or not in order."""
    frontier = Frontier([Range("a", "a2")], throttle())
    scan = frontier.next(1)
    assert scan is not None

    with pytest.raises(StoreError, match="not in order"):
        frontier.take(scan, Lot([Found(key, 1, 1) for key in keys]), more=True)


def test_no_estimate_is_given_before_all_ranges_were_looked_into() -> None:
    """One that waits, or whose first page has not come, may hold anything."""
    frontier = Frontier((Range("a/"), Range("b/")), throttle())
    told = [frontier.expected()]
    page = Lot([Found(f"a/{number:04}", 1, 1) for number in range(1000)])
    for each in (page, Lot(())):
        scan = frontier.next(1)
        assert scan is not None
        told.append(frontier.expected())
        frontier.take(scan, each, more=False)

    assert (told, frontier.expected()) == ([None] * 3, 0)


def test_the_rest_of_a_range_is_estimated_from_its_keys_so_far() -> None:
    """It need not be right; it is more than nothing, and nothing once all has been listed."""
    keys = [f"a/{number:05}" for number in range(3000)]
    frontier = Frontier((Range("a/"),), throttle())
    told = []
    for start in (0, 1000, 2000):
        scan = frontier.next(1)
        assert scan is not None
        page = Lot([Found(key, 1, 1) for key in keys[start : start + 1000]])
        frontier.take(scan, page, more=start < 2000)
        told.append(frontier.expected())

    assert [bool(each) for each in told] == [True, True, False]


@pytest.mark.parametrize(("rate", "waiting"), [(None, 2), (500, 2), (300, 1), (100, 1)])
def test_no_page_is_asked_for_whose_keys_would_wait_too_long(
    rate: int | None, waiting: int
) -> None:
    """At the pace that is allowed they would have to be listed once more, batch by batch."""
    throttle = Throttle(lambda: 0.0, lambda low, _high: low, 64, rate)
    frontier = Frontier((Range("a/"), Range("b/")), throttle)
    asked = 0
    while asked < 2 and (scan := frontier.next(1)) is not None:
        keys = [f"a/{asked}/{number:03}" for number in range(1000)]
        page = Lot([Found(key, 1, 1) for key in keys])
        asked += 1
        frontier.take(scan, page, more=True)
        scan.queue.batches.append(Batch(keys, page))

    assert asked == waiting


def test_a_range_that_may_not_be_taken_up_keeps_no_other_from_being_listed() -> None:
    """Its keys wait for a batch ahead of them, and not for their pace."""
    throttle = Throttle(lambda: 0.0, lambda low, _high: low, 64, 100)
    frontier = Frontier((Range("a/"), Range("b/")), throttle)
    first = frontier.next(1)
    assert first is not None
    page = Lot([Found(f"a/{number:03}", 1, 1) for number in range(1000)])
    frontier.take(first, page, more=False)
    batch = Batch(page.keys, page)
    first.queue.batches.append(batch)
    before = frontier.next(2)

    first.settlement.early = {
        number + 1: Outcome(batch, Counts(deleted=1000), undone=()) for number in range(EARLY)
    }
    behind = frontier.next(2)

    assert (before, behind and behind.prefix) == (None, "b/")


def test_a_dry_run_lists_without_a_pace() -> None:
    """It deletes nothing that would have to wait."""
    throttle = Throttle(lambda: 0.0, lambda low, _high: low, 64, 1)
    frontier = Frontier((Range("a/"), Range("b/")), throttle, is_dry_run=True)
    first = frontier.next(2)
    assert first is not None
    first.listing = True

    second = frontier.next(2)

    assert (first.prefix, second and second.prefix) == ("a/", "b/")


@pytest.mark.parametrize(
    ("batches", "keys", "is_too_early"),
    [(EARLY - 1, 1000, False), (EARLY, 1000, True), (EARLY, 20, False), (10 * EARLY, 1, True)],
)
def test_small_batches_may_run_farther_ahead_of_a_slow_one(
    batches: int, keys: int, *, is_too_early: bool
) -> None:
    """At a low rate 64 of them would be over within seconds."""
    batch = Batch((), Lot(()))
    early = {each: Outcome(batch, Counts(deleted=keys), undone=()) for each in range(batches)}

    assert Settlement("", early=early).is_too_early is is_too_early
