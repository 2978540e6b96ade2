"""A job in parts is nobody's until all of them have ended, and then one invocation's."""

from __future__ import annotations

import pytest

from ossweep.handover.records import Elsewhere, Held, Left, Place
from ossweep.stops import ORDERED, Why
from unit.shelf import JOB, MemoryShelf, elsewhere, holding, ledger_on, rest, said

PARTS = [rest(1), rest(2)]
WHOLE = rest(3)


@pytest.fixture
def shelf() -> MemoryShelf:
    """A shelf with the state of a job that has been split."""
    shelf = MemoryShelf()
    first = holding(shelf)
    left = Left("split", rest(0), said("continued"), parts=PARTS)
    first.ledger.leave(first.held, left)
    return shelf


def test_the_event_of_a_job_in_parts_calls_each_of_them_again(shelf: MemoryShelf) -> None:
    """Whoever split it may have died before it had called all."""
    assert elsewhere(shelf).parts == tuple(PARTS)


def test_a_job_in_parts_is_not_resumed_as_a_whole(shelf: MemoryShelf) -> None:
    """Its marker objects would go before what lies below them."""
    found = ledger_on(shelf).resume("word")

    assert isinstance(found, Elsewhere)
    assert found.parts == tuple(PARTS)


def test_the_last_part_holds_the_whole_job(shelf: MemoryShelf) -> None:
    """With what all of them have left."""
    assert ledger_on(shelf).gather(1, WHOLE) == Held(Place(1), WHOLE)


@pytest.mark.parametrize("status", ["done", "incomplete", "stopped"])
def test_of_two_parts_that_end_at_once_one_holds_the_job(shelf: MemoryShelf, status: str) -> None:
    """The other learns how it has ended, even if what failed could be tried again."""
    ledger = ledger_on(shelf)
    held = ledger.gather(1, WHOLE)
    assert isinstance(held, Held)
    ledger.end(held, said(status), None)

    assert ledger_on(shelf).gather(1, WHOLE) == Elsewhere("this job has ended", said(status))


@pytest.fixture
def part() -> MemoryShelf:
    """A shelf with the state of a part that has stopped by an order to the whole job."""
    shelf = MemoryShelf()
    shelf.write("whole/stop-1", b"{}")
    one = holding(shelf)
    one.ledger.is_part_of("whole")
    assert one.keep(1) == ORDERED
    left = Left("stopped", rest(1), said("stopped"), why=Why.ORDERED)
    assert one.ledger.leave_as_ordered(one.held, left) == ORDERED
    return shelf


def test_a_part_is_stopped_as_long_as_an_order_to_the_whole_stands(part: MemoryShelf) -> None:
    """What takes that back lies in the whole job's state."""
    stopped = ledger_on(part).look().how
    part.write("whole/stop-1-back", b"{}")

    assert (stopped, ledger_on(part).look().how) == ("stopped", "released")


def test_a_word_to_a_part_takes_back_no_order_to_the_whole(part: MemoryShelf) -> None:
    """That is about the other parts as well."""
    found = ledger_on(part).resume("word")

    assert isinstance(found, Elsewhere)
    assert found.reason == "this job was stopped"


@pytest.mark.parametrize("status", ["done", "incomplete", "stopped"])
def test_a_part_that_has_ended_is_not_tried_again_and_names_its_job(status: str) -> None:
    """What has failed in it, the whole job tells."""
    shelf = MemoryShelf()
    part = holding(shelf)
    part.ledger.end(part.held, said(status), None, {**rest(1), "part_of": JOB})

    found = elsewhere(shelf)

    assert (found.answer, found.part_of) == (said(status), JOB)
