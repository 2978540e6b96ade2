"""Sweeps of lists against a plain model, however often they are interrupted, and whoever dies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from threading import Event
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.needed import NEEDED
from ossweep.engine.ports import Checkpoint
from ossweep.engine.selection import PROTECTED
from ossweep.errors import Closed
from ossweep.handover.continuation import seal, unseal
from ossweep.jobs.leaving import doubtful, to_try_again
from ossweep.jobs.progress import achieved
from ossweep.lists import ListLeft, ListRequest
from ossweep.manifests.forms import form_of
from ossweep.manifests.reader import Reach, read_list
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER, Found
from ossweep.work import Ceiling, Range, Work
from unit.lists import opener
from unit.memory import BEGAN, Bucket, Hop, LateStore, MemoryStore, sent_back

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.engine.result import Result
    from ossweep.lists import Position
    from ossweep.manifests.nouns import Passage

PROTECTED_PREFIX = "p/"
KEYS = st.builds(
    "{}{}".format, st.sampled_from(("a/", "b", PROTECTED_PREFIX, "r/")), st.integers(0, 60)
)
FOUND = st.builds(
    Found, KEYS, st.just(10), st.sampled_from((-3600, -3600, -3600, 5)).map(lambda ago: BEGAN + ago)
)


@dataclass
class Opened:
    """A list in memory, of which leaves are so small that it has many."""

    stored: bytes
    name: str
    leaf: int
    is_small: bool = True
    is_inventory: bool = False
    files: tuple[str, ...] = ()
    created: int | None = None

    @property
    def etag(self) -> str:
        return "5B3C"

    def passages(self, position: Position) -> Iterator[Passage]:
        open_at = opener(self.stored, (self.leaf,))
        form = form_of(open_at, ListRequest(self.name))
        return read_list(open_at, form, "examplebucket", position, Reach(leaf=self.leaf))


@dataclass
class MemoryLists:
    """Lists in memory, by their keys."""

    stored: dict[str, bytes]
    leaf: int = 40
    is_small: bool = True
    opened: list[str] = field(default_factory=list)

    def open(self, left: ListLeft) -> Opened:
        self.opened.append(left.request.key)
        return Opened(self.stored[left.request.key], left.request.key, self.leaf, self.is_small)

    def close(self) -> None:
        pass


def stored(keys: Sequence[str]) -> bytes:
    return "".join(f"{key}\n" for key in keys).encode()


@given(
    objects=st.lists(FOUND, max_size=60, unique_by=lambda found: found.key),
    lists=st.lists(st.lists(KEYS, max_size=70), min_size=1, max_size=2),
    is_sorted=st.booleans(),
    page=st.sampled_from((1, 3, 10, 100)),
    stops=st.lists(st.integers(1, 15), max_size=4),
    denied=st.sets(KEYS, max_size=4),
    keys=st.sets(KEYS.filter(lambda key: not key.startswith("r/")), max_size=20),
    dry_run=st.booleans(),
)
def test_a_list_is_deleted_whatever_interrupts_it(  # noqa: PLR0913, PLR0917 - all that may differ
    objects: list[Found],
    lists: list[list[str]],
    is_sorted: bool,
    page: int,
    stops: list[int],
    denied: set[str],
    keys: set[str],
    dry_run: bool,
) -> None:
    """Each is counted once in each list; what `keys` name, or a range holds, only there."""
    if is_sorted:
        lists = [sorted(each) for each in lists]
    bucket = Bucket({found.key: found for found in objects}, page=page, denied=frozenset(denied))
    named = {f"lists/{at}.txt": each for at, each in enumerate(lists)}
    memory = MemoryLists({name: stored(each) for name, each in named.items()})
    work = Work(
        "job",
        "examplebucket",
        keys=tuple(keys),
        judged=True,
        lists=tuple(ListLeft(ListRequest(name)) for name in named),
        ranges=(Range("r/"),),
        selectors=("r/",),
        clock=BEGAN,
        dry_run=dry_run,
    )
    for stop in [*stops, 10_000]:
        hop = Hop(protected=(PROTECTED_PREFIX,), lists=memory)
        result = hop.sweep(work, MemoryStore(bucket, hop.gate, {stop: hop.leave(0)}))
        assert result.listed >= result.counts.settled
        work = sent_back(result)

    there = {found.key: found for found in objects}
    lists = [[*keys], *([key for key in each if key not in keys] for each in lists)]
    fates = fates_of(lists, there, denied, dry_run=dry_run)
    counts = result.counts
    assert result.left.finished
    assert counts.deleted == fates.pop("deleted", 0)
    assert counts.planned == fates.pop("planned", 0)
    assert counts.failed == fates.pop("failed", 0)
    assert counts.skipped == fates
    assert result.listed == counts.settled
    assert set(bucket.confirmed.values()) <= {1}


def fates_of(
    lists: Sequence[Sequence[str]], there: dict[str, Found], denied: set[str], *, dry_run: bool
) -> Counter[str]:
    """Return how many keys have which fate, each in each list once."""
    fates: Counter[str] = Counter()
    gone: set[str] = set()
    below = [key for key in there if key.startswith("r/")]
    named = [key for each in lists for key in dict.fromkeys(each) if not key.startswith("r/")]
    for key in [*named, *below]:
        found = there.get(key)
        if key.startswith(PROTECTED_PREFIX):
            fates[PROTECTED] += 1
        elif found is None or key in gone:
            fates[GONE] += 1
        elif found.modified >= BEGAN:
            fates[NEWER] += 1
        elif dry_run:
            fates["planned"] += 1
        elif key in denied:
            fates["failed"] += 1
        else:
            fates["deleted"] += 1
            gone.add(key)
    return fates


@dataclass
class Kept:
    """A keeper that remembers every checkpoint, and lets as many objects go as a ceiling does."""

    most: int | None
    sealed: list[tuple[dict[str, object], int]] = field(default_factory=list)

    def due(self) -> bool:
        return True

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        room = 2000 if self.most is None else self.most - result.left.counts.asked
        reserved = max(reserved, room)
        self.sealed.append((seal(result.left), reserved))
        return Checkpoint(None, reserved)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        pass


@given(
    keys=st.lists(KEYS, max_size=80),
    page=st.sampled_from((2, 10, 100)),
    deaths=st.lists(st.tuples(st.integers(1, 12), st.integers(0, 30)), max_size=3),
    most=st.none() | st.integers(1, 40),
    silent=st.dictionaries(KEYS, st.booleans(), max_size=5),
)
def test_a_list_goes_on_from_any_checkpoint(
    keys: list[str],
    page: int,
    deaths: list[tuple[int, int]],
    most: int | None,
    silent: dict[str, bool],
) -> None:
    """No key is lost by a death, and a ceiling holds whatever had been asked for by then."""
    bucket = Bucket.of(set(keys), page=page, silent=silent)
    before = set(bucket.objects)
    memory = MemoryLists({"lists/a.txt": stored(keys)})
    work = Work("job", "examplebucket", lists=(ListLeft(ListRequest("lists/a.txt")),), clock=BEGAN)
    ceiling = None if most is None else Ceiling(most, "limits.objects")
    for stop, checkpoint in deaths:
        keeper = Kept(most)
        hop = Hop(lists=memory, keeper=keeper, ceiling=ceiling)
        hop.sweep(work, MemoryStore(bucket, hop.gate, {stop: hop.leave(0)}))
        if keeper.sealed:
            sealed, promised = keeper.sealed[min(checkpoint, len(keeper.sealed) - 1)]
            work = doubtful(unseal(sealed, "the state"), promised)
    for _ in range(len(silent) + 1):
        hop = Hop(lists=memory, ceiling=ceiling)
        result = hop.sweep(work, MemoryStore(bucket, hop.gate))
        work = sent_back(result)

    gone = before - bucket.objects.keys()
    if most is not None:
        assert len(gone) <= most
    else:
        assert gone == before
        assert result.left.finished
        assert result.listed == result.counts.settled == len(before)
    assert set(bucket.confirmed.values()) <= {1}


BAD = Work(
    "job", "examplebucket", lists=(ListLeft(ListRequest("lists/a.txt")),), clock=BEGAN, limit=50
)


@pytest.mark.parametrize("stops", [(), (3, 4, 5)], ids=["at once", "interrupted"])
def test_bad_lines_of_a_large_list_fail_by_themselves(stops: tuple[int, ...]) -> None:
    """Each is counted once, and told by its file and line; all others go."""
    keys = [f"a/{number:02}" for number in range(40)]
    bucket = Bucket.of(keys, page=7)
    lines = [*keys[:9], "/bad", *keys[9:30], "/worse", *keys[30:]]
    memory = MemoryLists({"lists/a.txt": stored(lines)}, is_small=False)
    work = BAD
    for stop in [*stops, 10_000]:
        hop = Hop(lists=memory)
        result = hop.sweep(work, MemoryStore(bucket, hop.gate, {stop: hop.leave(0)}))
        work = sent_back(result)

    counts = result.counts
    assert (result.left.finished, counts.deleted, counts.failed) == (True, 40, 2)
    assert result.listed == 42
    assert [(each.key, each.code) for each in counts.failures] == [
        ("lists/a.txt, line 10", "BadLine"),
        ("lists/a.txt, line 32", "BadLine"),
    ]
    assert counts.failures[0].message.startswith('"/bad": the key "/bad" begins with')


def test_a_list_of_bad_lines_ends_the_job() -> None:
    """More than a hundred of them: it is not the list that was meant."""
    bucket = Bucket.of(["a"])
    memory = MemoryLists({"lists/a.txt": stored(["a", *["/bad"] * 120])}, is_small=False)
    hop = Hop(lists=memory)

    result = hop.sweep(BAD, MemoryStore(bucket, hop.gate))

    assert result.stopped is not None
    assert ": this is not the list that was meant, or it is damaged" in str(result.stopped)
    assert result.counts.failed > 100
    assert result.listed == result.counts.settled + len(bucket.objects)


def test_failed_lines_are_never_tried_again_as_keys() -> None:
    """Their failures name a place in a list, and there may be an object of that name."""
    bucket = Bucket.of(["lists/a.txt, line 1"])
    memory = MemoryLists({"lists/a.txt": stored(["/bad"])}, is_small=False)
    hop = Hop(lists=memory)

    result = hop.sweep(BAD, MemoryStore(bucket, hop.gate))

    assert (result.left.finished, result.counts.failed) == (True, 1)
    assert to_try_again(result.left) is None


def test_no_list_is_read_before_all_are_judged() -> None:
    """Each is opened once for its form, and once for its keys."""
    bucket = Bucket.of(["a", "b"])
    memory = MemoryLists({"1.txt": stored(["a"]), "2.txt": stored(["b"])})
    lists = tuple(ListLeft(ListRequest(name)) for name in memory.stored)
    hop = Hop(lists=memory)

    result = hop.sweep(replace(BAD, lists=lists), MemoryStore(bucket, hop.gate))

    assert memory.opened == ["1.txt", "2.txt", "1.txt", "2.txt"]
    assert result.left.finished


def test_keys_that_are_passed_over_stay_in_their_list() -> None:
    """Keys that OSS refuses alike are passed over; all others go, and the job says why it ends."""
    keys = [f"a/{number:04}" for number in range(300)]
    bucket = Bucket.of([*keys, "b"], denied=frozenset(keys))
    memory = MemoryLists({"lists/a.txt": stored([*keys, "b"])}, leaf=4000)
    hop = Hop(lists=memory)

    result = hop.sweep(replace(BAD, limit=None), MemoryStore(bucket, hop.gate))

    assert result.counts.failed + result.left.lists[0].lines_open + result.counts.deleted == 301
    assert result.listed == 301
    assert result.stopped is not None
    assert result.left.lists[0].position.line == result.left.lists[0].open[0][0]


def test_keys_that_waited_are_judged_by_a_clock_that_is_found_earlier() -> None:
    """Those that stay are settled with their batch, and all others go."""

    class Late(MemoryStore):
        """A store whose clock is found to be earlier when the objects have been looked at."""

        judged = 0

        def clock(self, known: int | None) -> int:
            self.judged += 1
            return BEGAN if self.judged <= 3 else BEGAN - 100

    keys = ["a/1", "a/2", "a/3"]
    bucket = Bucket({key: Found(key, 10, BEGAN - 3600) for key in keys})
    bucket.objects["a/2"] = Found("a/2", 10, BEGAN - 50)
    memory = MemoryLists({"lists/a.txt": stored(keys)}, leaf=4000)
    hop = Hop(lists=memory)

    result = hop.sweep(BAD, Late(bucket, hop.gate))

    assert result.left.finished
    assert (result.counts.deleted, result.counts.skipped) == (2, {NEWER: 1})
    assert [*bucket.objects] == ["a/2"]
    assert result.listed == 3


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_key_that_both_an_order_and_its_list_name_is_counted_once(dry_run: bool) -> None:
    """In whichever invocation the list comes to it; protected and failed ones, too."""

    class Late(MemoryLists):
        """Lists that the first invocation has no time to read."""

        def open(self, left: ListLeft) -> Opened:
            if not self.opened:
                self.opened.append(left.request.key)
                raise Closed
            return super().open(left)

    keys = ("a/1", "a/2", "p/1")
    bucket = Bucket.of([*keys, "b/1"], denied=frozenset({"a/2"}))
    memory = Late({"lists/a.txt": stored(["b/1", *keys])})
    checked = (ListLeft(ListRequest("lists/a.txt"), "5B3C", checked=True),)
    work = replace(BAD, lists=checked, keys=keys, dry_run=dry_run)
    hop = Hop(protected=(PROTECTED_PREFIX,), lists=memory)

    first = hop.sweep(work, MemoryStore(bucket, hop.gate))
    hop = Hop(protected=(PROTECTED_PREFIX,), lists=memory)
    second = hop.sweep(sent_back(first), MemoryStore(bucket, hop.gate))

    assert (first.left.keys, first.left.keys_done) == ((), keys)
    counts = second.counts
    assert (counts.deleted, counts.failed, counts.planned) == ((0, 0, 3) if dry_run else (2, 1, 0))
    assert counts.skipped == {PROTECTED: 1}
    assert (second.listed, second.left.finished, second.left.keys_done) == (4, True, ())


@dataclass
class SlowLists(MemoryLists):
    """Lists of whose forms an invocation has time for so many passages."""

    most: int = 0

    def open(self, left: ListLeft) -> Opened:
        name = left.request.key
        if left.checked:
            return super().open(left)
        return Slow(self.stored[name], name, self.leaf, most=self.most)


@dataclass
class Slow(Opened):
    """One of them."""

    most: int = 0

    def passages(self, position: Position) -> Iterator[Passage]:
        open_at = opener(self.stored, (self.leaf,))
        form = form_of(open_at, ListRequest(self.name))
        reach = Reach(leaf=self.leaf, repeats=4)
        every = read_list(open_at, form, "examplebucket", position, reach)
        yield from islice(every, self.most)
        if next(every, None) is not None:
            raise Closed


def slowly(lines: Sequence[str], most: int) -> list[Result]:
    """Return the results of all invocations that it takes, or ten."""
    bucket = Bucket.of(line for line in lines if not line.startswith("/"))
    memory = SlowLists({"lists/a.txt": stored(lines)}, most=most)
    work = replace(BAD, limit=None)
    results: list[Result] = []
    while len(results) < 10:
        hop = Hop(lists=memory)
        results.append(hop.sweep(work, MemoryStore(bucket, hop.gate)))
        if results[-1].left.finished or results[-1].stopped:
            break
        work = sent_back(results[-1])
    return results


LINES = [f"a/{number:02}" for number in range(40)]


def test_a_list_is_read_for_its_form_over_several_invocations() -> None:
    """Each goes on where the one before it was right so far; then all goes."""
    *_, last = results = slowly(LINES, 3)

    assert len(results) > 2
    checked = [each.left.lists[0].checked for each in results[:-1]]
    lines = [each.left.lists[0].position.line for each in results if each.left.lists]
    assert checked == sorted(checked)
    assert lines[0] > 1
    assert all(achieved(*pair) for pair in pairwise(each.left for each in results))
    assert (last.counts.deleted, last.listed, last.left.finished) == (40, 40, True)


@pytest.mark.parametrize("at", [0, 7, 20, 39])
def test_a_bad_line_is_found_by_whichever_invocation_comes_to_it(at: int) -> None:
    """Or by the one after it, if that had no time to count the others; nothing was deleted."""
    results = slowly([*LINES[:at], "/bad", *LINES[at:]], 3)

    reason = str(results[-1].stopped)
    assert reason.startswith(f'the list "lists/a.txt", line {at + 1} ("/bad"): the key "/bad" begi')
    assert "nothing was deleted: correct the list, and send a new request" in reason
    assert results[-1].counts.deleted == 0


def test_a_list_that_no_invocation_has_time_to_read_is_no_progress() -> None:
    """So the job stops, and says that the time limit is too short, instead of going on for ever."""
    first, *others = slowly(LINES, 0)

    assert achieved(replace(BAD, limit=None), first.left)  # it was opened
    assert not any(achieved(first.left, each.left) for each in others)


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_listed_key_whose_answer_was_lost_is_told_as_asked_for(carried_out: bool) -> None:
    """In the next invocation: if it is gone this job may have deleted it, and else it goes."""
    bucket = Bucket.of(["a/1", "a/2", "a/3"], silent={"a/2": carried_out})
    memory = MemoryLists({"lists/a.txt": stored(["a/1", "a/2", "a/3", "a/4"])})
    work = replace(BAD, limit=None)

    first = Hop(lists=memory)
    left = sent_back(first.sweep(work, MemoryStore(bucket, first.gate)))
    second = Hop(lists=memory)
    result = second.sweep(left, MemoryStore(bucket, second.gate))

    assert (left.lists[0].open, left.lists[0].asked) == (((2, 3),), ((2, 3),))
    gone = {GONE_UNANSWERED: 2} if carried_out else {}
    assert result.counts.skipped == {GONE: 1, **gone}
    assert (result.counts.deleted, result.left.finished) == (1 if carried_out else 3, True)
    assert (result.left.at_least, result.counts.unanswered) == (True, 2)
    assert result.listed == 4


def test_listed_keys_under_way_are_asked_for_in_a_checkpoint() -> None:
    """An invocation that goes on from it does not know their fate."""
    bucket = Bucket.of(["a/1", "a/2"])
    memory = MemoryLists({"lists/a.txt": stored(["a/1", "a/2"])})
    come, keeper = Event(), Kept(None)

    @dataclass
    class Waiting(Kept):
        def keep(self, result: Result, reserved: int) -> Checkpoint:
            if bucket.asked:
                come.set()
            return keeper.keep(result, reserved)

    hop = Hop(lists=memory, in_flight=1, keeper=Waiting(None))
    hop.sweep(replace(BAD, limit=None), LateStore(bucket, hop.gate, {"a/1": come}))

    lists = [unseal(sealed, "the state").lists for sealed, _ in keeper.sealed]
    assert ((1, 2),) in {left.asked for each in lists for left in each}


@dataclass
class Inventories(MemoryLists):
    """Inventories in memory, of two files each that hold nothing."""

    def open(self, left: ListLeft) -> Opened:
        files = tuple(f"{left.request.key}/{number}" for number in range(2))
        return replace(super().open(left), is_inventory=True, files=files)


def test_the_files_of_an_inventory_stay_until_it_is_read() -> None:
    """In any invocation, and whatever names them; then a range that holds them deletes them."""
    bucket = Bucket.of(["a", "i/m", "i/m/0", "i/m/1", "j", "j/0", "j/1"])
    memory = Inventories({"i/m": stored(["a", "j/0"]), "j": stored(["b"])})
    work = replace(
        BAD,
        limit=None,
        keys=("j/1",),
        lists=tuple(ListLeft(ListRequest(each, unchanged=False)) for each in memory.stored),
        ranges=(Range("i/"),),
        selectors=("i/",),
    )
    hop = Hop(lists=memory)
    first = hop.sweep(work, MemoryStore(bucket, hop.gate, {1: hop.leave(0)}))
    left = sent_back(first)
    assert {each.request.format for each in left.lists} == {"inventory"}

    hop = Hop(lists=memory)
    last = hop.sweep(left, MemoryStore(bucket, hop.gate))

    assert last.left.finished
    assert last.counts.skipped == {NEEDED: 2, GONE: 1}
    assert list(bucket.objects) == ["j", "j/0", "j/1"]
    assert last.listed == last.counts.settled == 7
