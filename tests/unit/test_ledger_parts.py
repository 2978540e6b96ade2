"""A job in parts is nobody's until all of them have ended, and then one invocation's."""

from __future__ import annotations

import pytest

from ossweep.handover.records import Elsewhere, Held, Left, Place
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


@pytest.mark.parametrize("status", ["done", "incomplete", "stopped"])
def test_a_part_that_has_ended_is_not_tried_again_and_names_its_job(status: str) -> None:
    """What has failed in it, the whole job tells."""
    shelf = MemoryShelf()
    part = holding(shelf)
    part.ledger.end(part.held, said(status), None, {**rest(1), "part_of": JOB})

    found = elsewhere(shelf)

    assert (found.answer, found.part_of) == (said(status), JOB)
