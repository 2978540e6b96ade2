"""The room below ceilings, and the allowance that each checkpoint gives of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ossweep.engine.allowance import Allowance
from ossweep.engine.batch import Batch
from ossweep.engine.room import Full, Room
from ossweep.objects import Found, Lot
from ossweep.work import BATCH_KEYS, Ceiling, Counts, Work

WORK = Work("job", "examplebucket", limit_bytes=100)
DOUBTFUL = replace(WORK, keys=("a", "b"), doubted=("a",), sizes={"a": 60})
OBJECTS = Ceiling(3, "limits.objects")


def found(size: int, key: str = "x") -> Found:
    return Found(key, size, 1)


def test_a_room_without_a_ceiling_has_no_end() -> None:
    """Nor is anything noted of it."""
    room = Room(replace(WORK, limit_bytes=None), None)

    assert all(room.choose(found(10**12)) for _ in range(5))
    assert (room.objects, room.reached, room.counts_bytes) == (BATCH_KEYS, None, False)


def test_an_object_takes_its_bytes_of_the_room() -> None:
    """Up to the last one."""
    room = Room(WORK, None)

    assert room.choose(found(40))
    assert room.choose(found(60))
    assert not room.choose(found(1))
    assert room.reached == "limits.bytes allows 100 bytes"


def test_an_object_that_is_too_large_closes_the_room() -> None:
    """Pages that come later hold none that is chosen because it is smaller."""
    room = Room(WORK, None)

    assert not room.choose(found(101))
    assert not room.choose(found(1))
    assert not room.allows(None)
    assert not room.holds(Lot((found(1),)))
    assert room.reached == "limits.bytes allows 100 bytes"


def test_an_object_that_no_room_could_hold_is_told_of() -> None:
    """One that only came too late is not: the bytes that went show that."""
    room, another = Room(WORK, None), Room(WORK, None)
    room.choose(found(101))
    another.take(found(99))
    another.choose(found(50))

    counts = Counts(deleted=1, bytes=99)
    assert room.full_by(Counts()) == Full("limits.bytes allows 100 bytes", 0, found(101))
    assert another.full_by(counts) == Full("limits.bytes allows 100 bytes", 0)


def test_a_ceiling_of_one_object_allows_one_object() -> None:
    """Its sentence counts it as a person would."""
    room = Room(replace(WORK, limit_bytes=None), Ceiling(1, "limits.objects"))
    room.take(found(1))

    assert not room.allows(found(1))
    assert room.reached == "limits.objects allows 1 object"


def test_a_page_is_chosen_whole_only_if_all_its_bytes_have_room() -> None:
    """And then takes them."""
    room, page = Room(WORK, None), Lot((found(50), found(20)))

    assert room.holds(page)
    room.take_page(page)
    assert not room.holds(page)


def test_chosen_objects_that_stay_give_their_room_back() -> None:
    """Objects and bytes alike."""
    room = Room(WORK, OBJECTS)
    room.take(found(60), found(40))

    room.give_back(found(60))

    assert room.objects == 2
    assert room.allows(found(60))


def test_objects_asked_for_before_have_taken_their_room() -> None:
    """Deleted, refused, or never answered."""
    counts = Counts(deleted=1, bytes=30, failed_bytes=30, unanswered_bytes=30)

    room = Room(replace(WORK, counts=counts), None)

    assert room.allows(found(10))
    assert not room.allows(found(11))


def test_a_key_in_doubt_goes_again_in_its_own_room() -> None:
    """And nothing else in that."""
    room = Room(DOUBTFUL, None)

    assert room.allows(found(40, "b"))
    room.take(found(40, "b"))
    assert room.allows_again("a", found(60, "a"))
    room.settle_doubt("a", found(60, "a"))
    assert not room.allows(found(1))


def test_a_key_in_doubt_that_has_grown_needs_more_room() -> None:
    """What it has more than before may be taken."""
    room = Room(DOUBTFUL, None)
    room.take(found(40, "b"))

    assert not room.allows_again("a", found(61, "a"))


def test_a_key_in_doubt_that_is_gone_keeps_its_room() -> None:
    """It may be the job that has deleted it."""
    room = Room(DOUBTFUL, None)

    room.settle_doubt("a", None)

    assert not room.allows(found(41, "b"))


def test_a_claim_of_too_many_doubts_is_held_to_the_ceiling() -> None:
    """A document from outside may say anything."""
    work = replace(DOUBTFUL, keys=("a", "b"), doubted=("a", "b"), sizes={"a": 60, "b": 60})
    room = Room(work, None)

    assert room.allows_again("a", found(60, "a"))
    room.settle_doubt("a", found(60, "a"))
    assert not room.allows_again("b", found(60, "b"))


@pytest.mark.parametrize(
    ("counts", "full"),
    [
        (Counts(deleted=1, bytes=50), None),
        (Counts(deleted=2, bytes=51), Full("limits.bytes allows 100 bytes", 0)),
        (Counts(bytes=40, unanswered=1, unanswered_bytes=20), ("limits.bytes", 20)),
        (Counts(bytes=40, failed_bytes=20, unanswered_bytes=20), ("limits.bytes", 0)),
        (Counts(deleted=3, bytes=3), Full("limits.objects allows 3 objects", 0)),
        (Counts(deleted=1, unanswered=2), Full("limits.objects allows 3 objects", 2)),
    ],
)
def test_a_ceiling_is_full_only_if_what_closed_the_room_has_none_in_the_end(
    counts: Counts, full: Full | tuple[str, int] | None
) -> None:
    """An object of 50 bytes had none; what was not asked for after all has left some."""
    room = Room(WORK, OBJECTS)
    room.take(found(99))
    assert not room.choose(found(50))

    told = room.full_by(counts)

    if isinstance(full, tuple):
        assert told is not None
        assert (told.sentence.split()[0], told.in_doubt) == full
    else:
        assert told == full


def test_an_allowance_without_a_bound_lacks_nothing() -> None:
    """As where no state is kept."""
    allowance = Allowance()

    assert not allowance.lacks(10**12)
    assert (allowance.is_bound, allowance.left) == (False, 0)


def test_an_allowance_is_what_a_checkpoint_has_reserved_since() -> None:
    """What was taken up while it was written is part of it."""
    allowance = Allowance()
    allowance.taken = 70
    allowance.reserve(50, 40)

    assert allowance.left == 20
    assert (allowance.lacks(20), allowance.lacks(21)) == (False, True)


@pytest.mark.parametrize(
    ("lacking", "room", "wanted"),
    [
        (0, 1000, 100),  # twice what was taken up
        (80, 1000, 160),  # twice what waits
        (80, 90, 90),  # no more than the ceiling has room for
        (0, 10, 50),  # but what may still be taken up
    ],
)
def test_a_checkpoint_wants_twice_what_went_and_never_less_than_may_yet_go(
    lacking: int, room: int, wanted: int
) -> None:
    """Its record may be there though nobody has heard so."""
    allowance = Allowance()
    allowance.reserve(0, 100)
    allowance.taken, allowance.lacking = 50, lacking

    assert allowance.wanted(room) == wanted


def test_the_bytes_of_a_batch_leave_out_what_was_asked_for_before() -> None:
    """Those have their room already."""
    page = Lot((found(1, "a"), found(2, "b"), found(4, "c")))
    batch = Batch(page.keys, page)

    assert [batch.bytes_anew(most) for most in (1, 2, 9)] == [1, 3, 7]
    assert replace(batch, doubted=frozenset({"b"})).bytes_anew(3) == 5
