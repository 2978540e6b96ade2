"""What is chosen of a page, and what batches are made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.engine.batch import KNOWN_FAILURE, Batch
from ossweep.engine.deferred import Deferred
from ossweep.engine.scan import Scan
from ossweep.engine.selection import PROTECTED, Selection
from ossweep.engine.throttle import Throttle
from ossweep.objects import NEWER, Columns, Extent, Found, Lot, Unnamed
from ossweep.tally import tally
from ossweep.work import Ceiling, Range, Work
from unit.memory import Began

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOCK = 1000
KEYS = [f"a/{number:04}" for number in range(3000)]
WORK = Work("job", "examplebucket", ranges=(Range("a/"),))


@dataclass
class Whole:
    """A page that counts how often each of its objects is looked at."""

    keys: Sequence[str]
    newest: int = 1
    looks: int = 0

    @property
    def bytes(self) -> int:
        return 10 * len(self.keys)

    @property
    def unnamed(self) -> Sequence[Unnamed]:
        return ()

    @property
    def reaches(self) -> str:
        return ""

    @property
    def extent(self) -> Extent:
        return Extent(self.newest, self.newest, 10, 10)

    def objects(self) -> Sequence[Found]:
        self.looks += 1
        return [Found(key, 10, self.newest) for key in self.keys]

    def columns(self) -> Columns:
        return Columns.of(self.objects())

    def part(self, first: int, end: int) -> Whole:
        return Whole(self.keys[first:end], self.newest)


def scan_of(prefix: str = "a/") -> Scan:
    throttle = Throttle(lambda: 0.0, lambda low, _high: low, 1, None)
    return Scan.of(Range(prefix), throttle.lane())


def selection_of(
    work: Work = WORK, protected: tuple[str, ...] = (), ceiling: int | None = None
) -> Selection:
    most = None if ceiling is None else Ceiling(ceiling, "limits.objects")
    return Selection(work, Began(CLOCK), protected, most, Deferred(work))


def show(
    selection: Selection, scan: Scan, page: Whole, number: int | None = None, *, last: bool = False
) -> None:
    """Show a page of a scan, of which the first so many keys belong to it."""
    belonging = page if number is None else page.part(0, number)
    scan.at = belonging.keys[-1]
    scan.listed = last
    selection.select(scan, belonging, 60.0)


def batches(scan: Scan) -> list[list[str]]:
    return [list(batch.keys) for batch in scan.queue.batches]


def test_a_page_that_is_chosen_as_a_whole_is_not_looked_at() -> None:
    """It makes a batch as it is."""
    page, scan = Whole(KEYS[:1000]), scan_of()
    selection = selection_of()

    show(selection, scan, page)

    (batch,) = scan.queue.batches
    assert (batch.keys, batch.page, batch.place) == (page.keys, page, "a/0999")
    assert (page.looks, selection.met) == (0, 1000)


@pytest.mark.parametrize(
    ("only", "chosen", "skipped"),
    [
        (Conditions(older_than=1), 1000, {}),
        (Conditions(older_than=3600), 0, {"younger than asked for": 1000}),
        (Conditions(match=("0*",)), 1000, {}),
        (Conditions(match=("*.log",)), 0, {"name does not match": 1000}),
        (Conditions(below=11, except_=("x*",)), 1000, {}),
    ],
    ids=["old", "young", "named so", "named otherwise", "small"],
)
def test_a_page_that_conditions_judge_as_a_whole_is_not_looked_at(
    only: Conditions, chosen: int, skipped: dict[str, int]
) -> None:
    """Whether all of it goes or all of it stays, no object is made of any of its keys."""
    page, scan = Whole(KEYS[:1000], CLOCK - 60), scan_of()
    selection = selection_of(replace(WORK, only=only, selectors=("a/",)))

    show(selection, scan, page, last=True)

    assert sum(len(batch.keys) for batch in scan.queue.batches) == chosen
    assert tally(batch.skipped for batch in scan.queue.batches) == skipped
    assert (page.looks, selection.met, scan.backlog.place) == (0, 1000, "a/0999")


def test_a_page_that_lies_partly_below_another_selector_is_looked_at() -> None:
    """Its keys have other names there."""
    page, scan = Whole(["a/1", "a/2", "a/b/1", "a/c"]), scan_of()
    only = Conditions(match=("?",))
    selection = selection_of(replace(WORK, only=only, selectors=("a/", "a/b/")))

    show(selection, scan, page, last=True)

    assert batches(scan) == [["a/1", "a/2", "a/b/1", "a/c"]]
    assert page.looks == 1


def test_a_selector_takes_keys_that_go_on_with_the_last_character_of_all() -> None:
    """Then its keys lie behind all others that begin so, and at another page's beginning."""
    page, scan = Whole(["logs/\U0010ffffkeep.txt", "lp/0"]), scan_of("l")
    only = Conditions(except_=("*keep.txt",))
    work = replace(WORK, only=only, selectors=("l", "logs/"), ranges=(Range("l"),))

    show(selection_of(work), scan, page, last=True)

    assert batches(scan) == [["lp/0"]]


@pytest.mark.parametrize(
    ("selection", "skipped", "held"),
    [
        (selection_of(protected=("a/05",)), {PROTECTED: 100}, 0),
        (selection_of(protected=("a/",)), {PROTECTED: 1000}, 0),
        (selection_of(replace(WORK, directories=frozenset({"a/0999"}))), {}, 1),
        (selection_of(replace(WORK, passed=("a/0000",))), {}, 0),
        (selection_of(replace(WORK, held=(Found("a/0500", 1, 1),))), {}, 1),
    ],
    ids=["protected", "all protected", "a directory", "passed by", "held"],
)
def test_a_page_with_something_special_is_looked_at_one_by_one(
    selection: Selection, skipped: dict[str, int], held: int
) -> None:
    """Wherever in the page it stands, the others are chosen."""
    page, scan = Whole(KEYS[:1000]), scan_of()

    show(selection, scan, page, last=True)

    (batch,) = scan.queue.batches
    assert page.looks == 1
    assert (batch.skipped, len(selection.deferred), batch.place) == (skipped, held, "a/0999")
    assert len(batch.keys) == 1000 - sum(skipped.values()) - held - batch.known_failures


@pytest.mark.parametrize(("newest", "looks"), [(CLOCK - 1, 0), (CLOCK, 1), (CLOCK + 1, 1)])
def test_a_page_in_which_something_is_newer_is_looked_at_one_by_one(
    newest: int, looks: int
) -> None:
    """What was written in the second in which the job began may be."""
    page, scan = Whole(KEYS[:1000], newest), scan_of()

    show(selection_of(), scan, page, last=True)

    assert page.looks == looks
    assert scan.queue.batches[0].skipped == ({NEWER: 1000} if looks else {})


def test_two_scans_of_one_page_each_take_their_own_keys() -> None:
    """The rest is listed by whoever has it now."""
    page, scan = Whole(KEYS[:1000]), scan_of()

    show(selection_of(), scan, page, 300, last=True)

    assert batches(scan) == [KEYS[:300]]


def test_a_few_keys_wait_for_the_next_page_and_many_do_not() -> None:
    """A batch is cut at a page's end if that leaves the next page whole."""
    scan, selection = (
        scan_of(),
        selection_of(protected=("a/00", "a/10", "a/11", "a/12", "a/13", "a/14")),
    )

    show(selection, scan, Whole(KEYS[:1000]))
    first = batches(scan)
    show(selection, scan, Whole(KEYS[1000:2000]))
    second = batches(scan)[1:]
    show(selection, scan, Whole(KEYS[2000:]))

    assert first == [KEYS[100:1000]]
    assert second == [KEYS[1500:2000]]
    assert batches(scan)[2:] == [KEYS[2000:]]


def test_keys_that_wait_for_the_next_page_go_with_its_first_keys() -> None:
    """A batch is full before the next one begins."""
    scan, selection = (
        scan_of(),
        selection_of(protected=("a/00", "a/01", "a/02", "a/03", "a/04", "a/05")),
    )

    show(selection, scan, Whole(KEYS[:1000]))
    before = batches(scan)
    show(selection, scan, Whole(KEYS[1000:2000]), last=True)

    assert (before, batches(scan)) == ([], [KEYS[600:1600], KEYS[1600:2000]])


@given(
    keys=st.integers(1, 30),
    most=st.integers(1, 12),
    met=st.dictionaries(
        st.tuples(st.integers(0, 30), st.sampled_from([NEWER, KNOWN_FAILURE])), st.integers(1, 3)
    ),
)
def test_a_batch_is_split_without_losing_or_moving_a_key(
    keys: int, most: int, met: dict[tuple[int, str], int]
) -> None:
    """What was spared or passed by stays between the same two keys, before its part's place."""
    page = Whole(KEYS[:keys])
    between = {(at, why): number for (at, why), number in met.items() if at <= keys}
    rest: Batch | None = Batch(page.keys, page, between, place="a/zzz")
    parts = []
    while rest is not None:
        part, rest = rest.split(most)
        parts.append(part)

    assert [key for part in parts for key in part.keys] == page.keys
    assert max(len(part.keys) for part in parts) <= most
    assert [part.place for part in parts] == [*(part.keys[-1] for part in parts[:-1]), "a/zzz"]
    again = {
        (at + number * most, why): count
        for number, part in enumerate(parts)
        for (at, why), count in part.between.items()
    }
    assert again == between
    # Whoever begins behind a part's last key meets nothing of it again.
    assert all(at < len(part.keys) for part in parts[:-1] for at, _ in part.between)
    assert sum(part.page.bytes for part in parts) == page.bytes


def test_a_page_that_just_fits_below_the_ceiling_is_not_looked_at() -> None:
    """The next one is, and nothing of it is chosen."""
    scan, selection = scan_of(), selection_of(ceiling=1000)
    first, second = Whole(KEYS[:1000]), Whole(KEYS[1000:2000])

    show(selection, scan, first)
    reached = selection.ceiling_reached
    show(selection, scan, second)

    assert (first.looks, reached) == (0, None)
    assert selection.ceiling_reached == "limits.objects allows 1,000 objects"
    assert (batches(scan), scan.backlog.place, selection.met) == ([KEYS[:1000]], "a/0999", 1000)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 400)), max_size=12), st.integers(1, 900)
)
def test_several_spans_never_exceed_the_ceiling_together(
    pages: list[tuple[int, int]], ceiling: int
) -> None:
    """Whichever of them comes first: what one has chosen is no more there for the others."""
    selection = selection_of(ceiling=ceiling, protected=("c/",))
    scans = [scan_of(f"{letter}/") for letter in "abcd"]
    shown: Counter[int] = Counter()
    for at, size in pages:
        stem, first = scans[at].prefix, shown[at]
        show(selection, scans[at], Whole([f"{stem}{n:06}" for n in range(first, first + size)]))
        shown[at] += size
    for scan in scans:
        scan.backlog.flush()

    chosen = sum(len(batch.keys) for scan in scans for batch in scan.queue.batches)
    wanted = sum(size for at, size in shown.items() if scans[at].prefix != "c/")
    assert chosen == min(ceiling, wanted)
    assert (selection.ceiling_reached is not None) == (wanted > ceiling)


def test_a_lot_knows_its_objects() -> None:
    """An empty one as well."""
    lot = Lot([Found("a", 3, 7), Found("b", 4, 5)])

    assert (lot.keys, lot.newest, lot.bytes) == (["a", "b"], 7, 7)
    assert (Lot(()).keys, Lot(()).newest, Lot(()).bytes) == ([], 0, 0)
