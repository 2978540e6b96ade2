"""A deletion never asks blindly: what is in doubt, or was listed long ago, is looked at first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import oss2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep.engine.budget import Budget
from ossweep.engine.gate import Gate
from ossweep.errors import Closed, Scope, StoreError
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER, Listed, Shown
from ossweep.stops import ORDERED
from ossweep.store.asking import Looked
from ossweep.store.deletion import ATTEMPTS, FEW_ATTEMPTS, FEW_SECONDS, Deletion
from ossweep.store.halves import FRUITLESS
from ossweep.store.review import OLDEST_LISTING
from ossweep.store.stretch import marker_before, stretch_of
from ossweep.world import World
from unit.memory import Clock
from unit.test_store import Free

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

pytestmark = pytest.mark.differs

CLOCK = 1_000_000
OLD, YOUNG = CLOCK - 60, CLOCK
KEYS = [f"a/{number}" for number in range(8)]
SECONDS = 600.0
LISTED = Shown(CLOCK, SECONDS, Listed("a/"))


@dataclass
class Bucket:
    """
    Objects, by when they were written.

    The answers to the first `lost` deletions do not come, though they are carried out if
    `carried_out` says so; then others write `written_anew`. A batch that holds a `poison` key never
    gets an answer, and nothing comes of it.
    """

    there: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, OLD))
    lost: int = 0
    carried_out: bool = True
    written_anew: dict[str, int] = field(default_factory=dict)
    poison: Sequence[str] = ()
    sent: list[list[str]] = field(default_factory=list)
    looks: int = 0
    has_batches: bool = True
    left: Callable[[], float] = lambda: SECONDS

    def delete(self, keys: Sequence[str]) -> set[str]:
        self.sent.append(list(keys))
        is_lost, self.lost = self.lost > 0, self.lost - 1
        if not set(self.poison).isdisjoint(keys):
            raise StoreError("InternalError", "No.", Scope.PASSING)
        if not is_lost or self.carried_out:
            for key in keys:
                self.there.pop(key, None)
        if is_lost:
            self.there |= self.written_anew
            raise ConnectionResetError
        return set(keys)

    def look(
        self, keys: Sequence[str], *, listed: Listed | None, seconds: float, ahead: bool
    ) -> Looked:
        self.looks += 1
        there = {key: self.there[key] for key in keys if key in self.there}
        return Looked(there, dict.fromkeys(keys, self.left()))

    def tags(self, key: str) -> dict[str, str]:
        return {}

    def seen(self, keys: Sequence[str], listed: Listed) -> Looked | None:
        return None

    def clock(self, known: int | None) -> int:
        return CLOCK if known is None else known

    def throttled(self) -> None:
        """Take no note."""

    def without_batches(self) -> None:
        self.has_batches = False


def deletion(bucket: Bucket, shown: Shown | None = None, clock: Clock | None = None) -> Deletion:
    clock = clock or Clock()
    world = World(clock.monotonic, lambda _: None, lambda low, high: low)
    gate = Gate(Budget(SECONDS, clock.monotonic))
    bucket.left = gate.left
    return Deletion(bucket, gate, world, Free(), shown or LISTED)


@pytest.mark.parametrize("shown", [LISTED, Shown(None)])
def test_keys_in_doubt_that_are_gone_are_not_asked_for_again(shown: Shown) -> None:
    """Nobody can tell who has deleted them: they stay in doubt, and count as no deletions."""
    bucket = Bucket(lost=1)
    done = deletion(bucket, shown)

    done.delete(KEYS)

    assert done.kept == dict.fromkeys(KEYS, GONE_UNANSWERED)
    assert (done.deleted, done.doubted, len(bucket.sent)) == (set(), set(KEYS), 1)


def test_keys_in_doubt_that_are_still_there_are_asked_for_again() -> None:
    """OSS has shown them: they are in doubt no more."""
    done = deletion(Bucket(lost=1, carried_out=False))

    done.delete(KEYS)

    assert (done.deleted, done.kept, done.doubted) == (set(KEYS), {}, set())


def test_nothing_is_sent_when_the_gate_has_closed_during_a_look() -> None:
    """Another deletion may have met what ends the job."""
    bucket = Bucket(lost=1, carried_out=False)
    done = deletion(bucket)
    look = bucket.look

    def look_and_stop(
        keys: Sequence[str], *, listed: Listed | None, seconds: float, ahead: bool
    ) -> Looked:
        done.gate.stop(ORDERED)
        return look(keys, listed=listed, seconds=seconds, ahead=ahead)

    bucket.look = look_and_stop  # type: ignore[method-assign]

    with pytest.raises(Closed):
        done.delete(KEYS)

    assert (len(bucket.sent), bucket.looks) == (1, 1)


@pytest.mark.parametrize("shown", [LISTED, Shown(None)])
def test_a_key_in_doubt_that_was_written_anew_stays(shown: Shown) -> None:
    """However often its answer is lost."""
    bucket = Bucket(lost=3, written_anew={"a/3": YOUNG})
    done = deletion(bucket, shown)

    done.delete(KEYS)

    assert bucket.there == {"a/3": YOUNG}
    assert done.kept["a/3"] == NEWER


def test_keys_that_were_listed_long_ago_are_listed_again() -> None:
    """What is newer stays, what is gone needs no request, and the rest goes."""
    clock, bucket = Clock(), Bucket()
    done = deletion(bucket, clock=clock)
    clock.now = OLDEST_LISTING + 1
    bucket.there["a/2"] = YOUNG
    del bucket.there["a/5"]

    done.delete(KEYS)

    assert done.kept == {"a/2": NEWER, "a/5": GONE}
    assert (bucket.there, bucket.looks, done.doubted) == ({"a/2": YOUNG}, 1, set())
    assert "a/5" not in bucket.sent[0]


def test_a_key_that_an_answer_left_out_long_ago_is_in_doubt() -> None:
    """It was asked for: that it is gone may be the deletion's own doing."""
    clock, bucket = Clock(), Bucket()
    done = deletion(bucket, clock=clock)
    sent = bucket.delete

    def leave_out(keys: Sequence[str]) -> set[str]:
        clock.now = OLDEST_LISTING + 1
        return sent(keys) - {"a/1"}

    bucket.delete = leave_out  # type: ignore[method-assign] # OSS's answers are its own

    done.delete(KEYS)

    assert (done.kept, done.doubted) == ({"a/1": GONE_UNANSWERED}, {"a/1"})


def test_a_key_whose_request_may_be_under_way_is_looked_at_before_each_attempt() -> None:
    """It is carried out between the second attempt and the third, and the key is written anew."""
    bucket = Bucket(lost=1, carried_out=False)
    done = deletion(bucket)
    sent = bucket.delete

    def carry_out_late(keys: Sequence[str]) -> set[str]:
        if len(bucket.sent) == 1:
            bucket.sent.append(list(keys))
            bucket.there = {"a/3": YOUNG}
            raise oss2.exceptions.ServerError(
                503, {"x-oss-request-id": "6A5B"}, b"", {"Code": "TotalQpsLimitExceeded"}
            )
        return sent(keys)

    bucket.delete = carry_out_late  # type: ignore[method-assign] # OSS's answers are its own

    done.delete(KEYS)

    assert (bucket.there, len(bucket.sent), bucket.looks) == ({"a/3": YOUNG}, 2, 2)
    assert done.kept == dict.fromkeys(KEYS, GONE_UNANSWERED) | {"a/3": NEWER}


def test_keys_in_doubt_from_an_earlier_invocation_stay_so_until_they_are_answered() -> None:
    """It has just looked at them, and does so again when the first attempt tells nothing."""
    bucket = Bucket(lost=1, carried_out=False)
    bucket.there.pop("a/2")
    done = deletion(bucket, Shown(CLOCK, doubted=frozenset({"a/1", "a/2"})))

    done.delete(KEYS)

    assert (done.kept, done.doubted) == ({"a/2": GONE_UNANSWERED}, {"a/2"})
    assert (bucket.sent, bucket.looks) == ([KEYS, [key for key in KEYS if key != "a/2"]], 1)


def test_keys_that_were_listed_just_now_are_not_listed_again() -> None:
    """A second request for each batch would be one too many."""
    clock, bucket = Clock(), Bucket()
    done = deletion(bucket, clock=clock)
    clock.now = OLDEST_LISTING

    done.delete(KEYS)

    assert (done.deleted, bucket.looks) == (set(KEYS), 0)


def test_named_keys_are_never_too_old() -> None:
    """Nobody has listed them; a person has named them, however young they are."""
    clock, bucket = Clock(), Bucket(dict.fromkeys(KEYS, YOUNG))
    done = deletion(bucket, Shown(None), clock)
    clock.now = 100.0

    done.delete(KEYS)

    assert (done.deleted, bucket.looks) == (set(KEYS), 0)


@pytest.mark.parametrize("poison", [("a/5",), ("a/0", "a/7"), ("a/1", "a/2", "a/6")])
def test_a_batch_that_alone_cannot_be_carried_out_is_halved_until_the_culprits_are_alone(
    poison: tuple[str, ...],
) -> None:
    """All others go; the culprits stay to be done, and have not failed."""
    bucket = Bucket(poison=poison)
    done = deletion(bucket)
    sent = bucket.delete

    def while_others_go(keys: Sequence[str]) -> set[str]:
        if len(keys) == len(KEYS):
            done.gate.deleted()
        return sent(keys)

    bucket.delete = while_others_go  # type: ignore[method-assign] # another batch's answers come

    done.delete(KEYS)

    assert bucket.there.keys() == set(poison)
    assert (done.deleted, done.failed, done.kept) == (set(KEYS) - set(poison), {}, {})


def test_a_culprit_is_found_though_nothing_else_is_left_to_be_done() -> None:
    """One half of its batch goes, and tells that it is no outage."""
    bucket = Bucket(poison=("a/5",))
    done = deletion(bucket)

    done.delete(KEYS)

    assert (bucket.there, done.deleted) == ({"a/5": OLD}, set(KEYS) - {"a/5"})


def test_culprits_are_found_though_every_half_holds_one() -> None:
    """And nothing else is left to be done."""
    bucket = Bucket(poison=("a/0", "a/7"))
    done = deletion(bucket)

    done.delete(KEYS)

    assert bucket.there.keys() == {"a/0", "a/7"}


def test_a_batch_where_nothing_goes_costs_few_more_requests() -> None:
    """That is an outage, and no key is the culprit."""
    bucket = Bucket(poison=KEYS)
    done = deletion(bucket)

    done.delete(KEYS)

    assert [len(keys) for keys in bucket.sent[:ATTEMPTS]] == [len(KEYS)] * ATTEMPTS
    assert len(bucket.sent) <= ATTEMPTS + FRUITLESS
    assert (done.deleted, done.failed, done.doubted) == (set(), {}, set(KEYS))


def test_parts_of_a_batch_are_tried_early_where_little_time_is_left() -> None:
    """Else none of them would be, in no invocation whose time is short."""
    clock, bucket = Clock(), Bucket(poison=("a/5",))
    done = deletion(bucket, clock=clock)
    clock.now = SECONDS - FEW_SECONDS + 1

    done.delete(KEYS)

    assert [len(keys) for keys in bucket.sent].count(len(KEYS)) == FEW_ATTEMPTS
    assert bucket.there.keys() == {"a/5"}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300))
def test_a_marker_lies_before_its_key(key: str) -> None:
    """And is none that OSS would refuse as too long, where the key is not."""
    assert marker_before(key).encode() < key.encode()
    assert len(marker_before(key).encode()) <= max(1023, len(key.encode()) + 3)


@given(
    st.lists(
        st.text(st.sampled_from("ab/\x00é\ue000😀"), min_size=1, max_size=5),
        min_size=1,
        unique=True,
    )
)
def test_a_stretch_holds_all_of_its_keys(keys: list[str]) -> None:
    """Each begins with the prefix and comes after the marker."""
    prefix, marker = stretch_of(keys)

    assert all(key.startswith(prefix) and key.encode() > marker.encode() for key in keys)
