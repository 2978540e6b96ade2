"""Sweeps below a ceiling of bytes against a plain model: no more goes, however they are cut off."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

from hypothesis import event, given, settings
from hypothesis import strategies as st

from ossweep.engine.ports import Checkpoint
from ossweep.handover.continuation import seal, unseal
from ossweep.handover.parts import joined, split
from ossweep.jobs.leaving import doubtful
from ossweep.objects import Found
from ossweep.work import Range, Work
from unit.memory import BEGAN, Bucket, Hop, LateStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.result import Result

HOPS = 30
KEYS = st.builds("{}/{:02}".format, st.sampled_from("abc"), st.integers(0, 30))
OBJECTS = st.dictionaries(KEYS, st.integers(0, 20), max_size=40)
REST = 100  # objects that each checkpoint reserves: only bytes are scarce here


@dataclass
class Recording:
    """
    Keeps the last checkpoint, as a later invocation finds it. One in `loses` has no answer.

    Each has to cover, by what it counts and reserves, all that goes until the next one is known.
    """

    loses: int = 0
    number: int = 0
    last: Work | None = None
    was_lost: bool = False
    gone: Callable[[], int] = lambda: 0
    covered: list[int] = field(default_factory=list)
    wrong: bool = False

    def check(self) -> None:
        self.wrong = self.wrong or self.gone() > min(self.covered, default=10**9)

    def due(self) -> bool:
        return self.was_lost

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        self.check()
        self.number += 1
        self.last = left = travelled(result.left)
        self.was_lost = self.loses > 0 and self.number % self.loses == 0
        kept = self.covered if self.was_lost else []
        _, doubted = left.in_doubt
        self.covered = [*kept, left.counts.asked_bytes + doubted + left.reserved_bytes]
        return Checkpoint(None, None, "No answer.") if self.was_lost else Checkpoint(None, REST)

    def beat_due(self) -> bool:
        return False

    def beat(self) -> None:
        raise NotImplementedError


def travelled(work: Work) -> Work:
    return unseal(json.loads(json.dumps(seal(work))), "the state")


@dataclass(frozen=True)
class Cut:
    """An end that a hop comes to at a request: its time is up, or it dies."""

    request: int
    dies: bool


@dataclass
class Model:
    """What was there, and what may go of it."""

    objects: dict[str, int]
    limit: int
    bucket: Bucket = field(init=False)
    keeper: Recording = field(default_factory=Recording)
    listings: int = 1
    before: int = 0  # bytes that others had deleted when a part began

    def hop(self, work: Work, cut: Cut | None) -> tuple[Result, Work]:
        """Do a hop; return its result, and the work that the next one begins with."""
        hop = Hop(keeper=self.keeper, listings=self.listings)
        at = {} if cut is None else {cut.request: hop.leave(-0.1)}
        self.keeper.last, self.keeper.covered = None, []
        self.keeper.gone = lambda: self.gone - self.before
        result = hop.sweep(work, MemoryStore(self.bucket, hop.gate, at))
        self.keeper.check()
        assert not self.keeper.wrong
        assert self.gone <= self.limit
        if cut is None or not cut.dies:
            return result, travelled(result.left)
        event("died")
        kept = self.keeper.last or work
        return result, doubtful(kept, REST)

    @property
    def gone(self) -> int:
        """The bytes of what is there no more."""
        with self.bucket.lock:
            there = set(self.bucket.objects)
        return sum(size for key, size in self.objects.items() if key not in there)

    def to_its_end(self, work: Work, cuts: list[Cut]) -> Result:
        for _ in range(HOPS):
            result, left = self.hop(work, cuts.pop(0) if cuts else None)
            if not cuts and (result.stopped is not None or not result.may_go_on):
                return result
            work = left
        raise AssertionError("it comes to no end")


@dataclass
class Seeing(Recording):
    """Sees what a checkpoint counts while a batch is out, and lets that come back then."""

    seen: list[tuple[int, int]] = field(default_factory=list)
    back: Event = field(default_factory=Event)

    def due(self) -> bool:
        return True

    def keep(self, result: Result, reserved: int) -> Checkpoint:
        counts = result.left.counts
        if counts.unanswered:
            self.seen.append((counts.unanswered, counts.unanswered_bytes))
            self.back.set()
        return super().keep(result, reserved)


def test_a_batch_that_is_out_weighs_on_a_ceiling_of_bytes() -> None:
    """Nobody will tell what became of it if the invocation dies now."""
    keeper = Seeing()
    hop = Hop(keeper=keeper)
    bucket = Bucket.of([f"a/{number}" for number in range(5)])
    work = Work("job", "examplebucket", ranges=(Range("a/"),), clock=BEGAN, limit_bytes=90)

    result = hop.sweep(work, LateStore(bucket, hop.gate, {"a/0": keeper.back}))

    assert keeper.seen[0] == (5, 50)
    assert (result.counts.deleted, result.counts.unanswered_bytes) == (5, 0)


def test_listed_keys_without_an_answer_weigh_on_a_ceiling_of_bytes() -> None:
    """They may have been deleted, although nobody has said so."""
    bucket = Bucket.of([f"a/{number}" for number in range(5)], silent={"a/2": True})
    hop = Hop()
    work = Work("job", "examplebucket", ranges=(Range("a/"),), clock=BEGAN, limit_bytes=90)

    result = hop.sweep(work, MemoryStore(bucket, hop.gate))

    assert (result.counts.bytes, result.counts.unanswered_bytes) == (20, 30)


CUTS = st.lists(st.builds(Cut, st.integers(1, 12), st.booleans()), max_size=4)


@settings(max_examples=300)
@given(
    objects=OBJECTS,
    limit=st.integers(1, 200),
    named=st.booleans(),
    page=st.sampled_from((2, 5, 40)),
    listings=st.sampled_from((1, 3)),
    cuts=CUTS,
    denied=st.sets(KEYS, max_size=3),
    silent=st.dictionaries(KEYS, st.booleans(), max_size=2),
    loses=st.sampled_from((0, 0, 2)),
)
def test_no_more_bytes_go_than_a_ceiling_allows(  # noqa: PLR0913, PLR0917 - all that may happen
    objects: dict[str, int],
    limit: int,
    named: bool,
    page: int,
    listings: int,
    cuts: list[Cut],
    denied: set[str],
    silent: dict[str, bool],
    loses: int,
) -> None:
    """And it stops only before an object that there is no room for."""
    model = Model(objects, limit, Recording(loses), listings)
    found = {key: Found(key, size, BEGAN - 60) for key, size in objects.items()}
    model.bucket = Bucket(found, frozenset(denied), dict(silent), page=page)
    names = tuple(sorted(objects)) if named else ()
    ranges = () if named else tuple(map(Range, ("a/", "b/", "c/")))
    work = Work("job", "examplebucket", keys=names, ranges=ranges, clock=BEGAN, limit_bytes=limit)
    is_plain = not (denied or silent or any(cut.dies for cut in cuts))

    result = model.to_its_end(work, cuts)

    if is_plain and result.left.finished:
        event("finished")
        assert not model.bucket.objects
        assert result.counts.bytes == model.gone
    elif is_plain:
        event("stopped")
        left = [found.size for found in model.bucket.objects.values()]
        assert model.gone + max(left) > limit
        assert result.counts.bytes == model.gone
        assert result.stopped is not None
        assert result.stopped.sentence.startswith(f"limits.bytes allows {limit} byte")


@given(
    objects=OBJECTS,
    limit=st.integers(3, 300),
    cuts=st.lists(CUTS, min_size=4, max_size=4),
    first=st.integers(2, 12),
)
def test_branches_keep_to_a_ceiling_of_bytes_together(
    objects: dict[str, int], limit: int, cuts: list[list[Cut]], first: int
) -> None:
    """Whatever becomes of any of them, and the whole job uses what they leave over."""
    model = Model(objects, limit)
    found = {key: Found(key, size, BEGAN - 60) for key, size in objects.items()}
    model.bucket = Bucket(found, page=2)
    ranges = tuple(map(Range, ("a/", "b/", "c/")))
    work = Work("job", "examplebucket", ranges=ranges, clock=BEGAN, limit_bytes=limit, parallel=3)
    result, left = model.hop(work, Cut(first, dies=False))
    if result.may_go_on and result.stopped is None:
        kept, parts = split(left, limit=None, rate=None)
        event(f"{len(parts)} parts")
        ended = []
        for part, some in zip(parts, cuts, strict=False):
            model.before = model.gone
            ended.append(travelled(model.to_its_end(travelled(part), list(some)).left))
        model.before = 0
        whole = joined(travelled(kept), ended) if parts else left
        result = model.to_its_end(travelled(replace(whole, parallel=1)), [])
    died = any(cut.dies for some in cuts for cut in some)

    if not died and not result.left.finished:
        sizes = [found.size for found in model.bucket.objects.values()]
        assert model.gone + max(sizes) > limit
    elif not died:
        assert not model.bucket.objects
