"""Tags are asked for as deletions are: so many at once, at their pace, and while listings last."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from ossweep.conditions import Conditions
from ossweep.engine.deferred import Deferred
from ossweep.engine.reads import Reads
from ossweep.engine.selection import Selection
from ossweep.engine.tagging import CODES, ENOUGH, FIRST, Tagging
from ossweep.engine.throttle import Throttle
from ossweep.errors import Closed, Scope, StoreError
from ossweep.filters.reasons import OTHER_TAGS
from ossweep.objects import GONE
from ossweep.work import Ceiling, Range, Work
from unit.memory import BEGAN, SECONDS, Bucket, Hop, MemoryStore
from unit.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.engine.throttle import Permit

KEYS = [f"a/{number}" for number in range(40)]
WORK = Work(
    "job",
    "examplebucket",
    ranges=(Range("a/"),),
    only=Conditions(tags=(("a", "1"),)),
    selectors=("a/",),
    clock=BEGAN,
)


class Refusing(MemoryStore):
    """A store that refuses to tell the tags of some keys, each by its own code."""

    codes: dict[str, str] = {}  # noqa: RUF012 - a test sets its own

    def tags(self, key: str, permit: Permit) -> Mapping[str, str] | None:
        if key in self.codes:
            raise StoreError(self.codes[key], "No.", Scope.KEYS)
        return super().tags(key, permit)


@dataclass
class Sifted:
    """What is told of keys."""

    most: int | None = None
    hop: Hop = field(default_factory=Hop)
    pipeline: Steps = field(default_factory=Steps)
    told: list[tuple[dict[str, str], str]] = field(default_factory=list)
    failed: list[Closed | StoreError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bucket = Bucket.of(KEYS, tags={key: {"a": "1"} for key in KEYS[::2]})
        self.store = Refusing(self.bucket, self.hop.gate)
        self.throttle = Throttle(self.hop.clock.monotonic, lambda low, _: low, 3, None)
        ceiling = None if self.most is None else Ceiling(self.most, "limits.objects")
        selection = Selection(WORK, self.store, (), ceiling, Deferred(WORK))
        reads = Reads(self.hop.gate, 1)
        self.tagging = Tagging(self.store, self.hop.gate, self.throttle, reads, selection)
        self.lane = self.throttle.lane()

    def sift(self, keys: list[str], left: float = SECONDS) -> None:
        def done(kept: Mapping[str, str], rest: str) -> None:
            self.told.append((dict(kept), rest))

        self.tagging.sift(keys, self.lane, left, done, self.failed.append)

    def start(self) -> float | None:
        return self.tagging.start(self.pipeline)  # type: ignore[arg-type] # as far as it goes

    def go_on(self) -> None:
        self.start()
        while self.pipeline.busy:
            self.pipeline.let_go()
            self.start()


def test_as_many_are_asked_for_at_once_as_deletions() -> None:
    """They take the throttle's room."""
    sifted = Sifted()
    sifted.sift(KEYS)

    sifted.start()

    assert (sifted.pipeline.in_flight, sifted.throttle.room()) == (3, 0)


def test_each_key_is_told_with_the_reason_for_which_it_stays() -> None:
    """Once all are answered."""
    sifted = Sifted()
    sifted.sift(KEYS)

    sifted.go_on()

    assert sifted.told == [(dict.fromkeys(KEYS[1::2], OTHER_TAGS), "")]


def test_no_keys_take_no_time() -> None:
    """What they stand for goes on at once."""
    sifted = Sifted()

    sifted.sift([])

    assert sifted.told == [({}, "")]


def test_a_listing_that_grows_old_goes_on_with_what_is_known() -> None:
    """And the first key that is not is told."""
    sifted = Sifted()
    sifted.sift(KEYS)
    sifted.start()
    sifted.pipeline.let_go()
    sifted.hop.clock.now += ENOUGH + 0.1

    assert sifted.start() == 0.0

    assert sifted.told == [({"a/1": OTHER_TAGS}, "a/3")]


def test_keys_that_cannot_be_parted_are_told_together() -> None:
    """However long that takes."""
    sifted = Sifted()
    sifted.sift(KEYS, -inf)
    sifted.start()
    sifted.pipeline.let_go()
    sifted.hop.clock.now += 10 * ENOUGH

    sifted.go_on()

    assert [rest for _, rest in sifted.told] == [""]


def test_the_end_of_time_leaves_room_for_the_deletion_of_what_is_known() -> None:
    """Nothing more is asked for then."""
    sifted = Sifted()
    sifted.sift(KEYS)
    sifted.start()
    sifted.pipeline.let_go()
    sifted.hop.clock.now = SECONDS - 0.5
    sifted.hop.gate.answered("batch_delete", 0.4)

    sifted.start()

    assert (len(sifted.told), sifted.pipeline.busy) == (1, False)


def test_a_refusal_keeps_its_object_and_is_told() -> None:
    """By few codes: a server may make up any number."""
    sifted = Sifted()
    codes = [f"Code{chr(ord('A') + number)}" for number in range(CODES + 2)]
    sifted.store.codes = dict(zip(KEYS, ["NoSuchKey", *codes], strict=False))
    sifted.sift(KEYS[: CODES + 3])

    sifted.go_on()

    ((kept, _),) = sifted.told
    assert kept["a/0"] == GONE
    assert kept["a/1"] == "tags could not be read, CodeA"
    assert len(set(kept.values())) == CODES + 2
    assert [kept[key] for key in KEYS[CODES + 1 : CODES + 3]] == ["tags could not be read"] * 2


def test_refusals_of_all_that_is_asked_first_stop_the_job() -> None:
    """Whatever waits is still to do, those that were refused last among it."""
    sifted = Sifted()
    sifted.store.codes = dict.fromkeys(KEYS, "AccessDenied")
    for _ in range(3):
        sifted.sift(KEYS[:20])

    sifted.go_on()

    assert len(sifted.told) == FIRST // 20
    assert [type(error) for error in sifted.failed] == [Closed]
    assert str(sifted.hop.gate.stopped).startswith(
        "OSS answered AccessDenied to all of the first 50 looks at tags: No.; see that the role"
    )


def test_refusals_for_several_reasons_stop_nothing() -> None:
    """Nor do those of keys that are gone, or that come when tags have been told."""
    for codes in (
        {key: f"Code{number % 2}" for number, key in enumerate(KEYS)},
        dict.fromkeys(KEYS, "NoSuchKey"),
        dict.fromkeys(KEYS[1:], "AccessDenied"),
    ):
        sifted = Sifted()
        sifted.store.codes = codes
        for _ in range(2):
            sifted.sift(KEYS)

        sifted.go_on()

        assert (len(sifted.told), sifted.hop.gate.stopped) == (2, None)


def test_an_outage_fails_what_waits() -> None:
    """Its objects stay to be done."""
    sifted = Sifted()
    sifted.sift(KEYS)
    sifted.start()
    sifted.store.close()

    sifted.pipeline.let_go()

    assert [type(error) for error in sifted.failed] == [Closed]
    assert not sifted.told


def test_little_room_below_a_ceiling_asks_for_little() -> None:
    """Though for more than that: most may have other tags."""
    assert Sifted(most=3).tagging.most == 100
    assert Sifted(most=500).tagging.most == 501
