"""A job in parts is nobody's until all of them have ended, and then one invocation's."""

from __future__ import annotations

import pytest

from ossweep.leases.orders import Word
from ossweep.leases.records import Departure, Fence, Lease, NotGranted
from ossweep.stops import ORDERED, Why
from unit.state_objects import (
    JOB,
    LEASE,
    MemoryStateObjects,
    elsewhere,
    holding,
    leases_on,
    rest,
    said,
)

PARTS = [{**rest(1), "job": f"{JOB}-p{number}"} for number in (1, 2)]
WHOLE = rest(3)


@pytest.fixture
def objects() -> MemoryStateObjects:
    """A objects with the state of a job that has been split."""
    objects = MemoryStateObjects()
    first = holding(objects)
    left = Departure("split", rest(0), said("continued"), parts=PARTS)
    first.leases.depart(first.lease, left)
    return objects


def test_the_event_of_a_job_in_parts_calls_each_of_them_again(objects: MemoryStateObjects) -> None:
    """The invocation that split it may have died before it had called all."""
    assert elsewhere(objects).parts == tuple(PARTS)


def test_a_part_that_begins_long_after_it_was_handed_over_is_a_repetition(
    objects: MemoryStateObjects,
) -> None:
    """What its keys name may have been written anew meanwhile."""
    soon = leases_on(objects, job=f"{JOB}-p1").claim(1)
    objects.remove([f"{JOB}-p1/000001-01"])
    objects.pass_by(LEASE + 1)

    late = leases_on(objects, job=f"{JOB}-p1").claim(1)

    assert isinstance(soon, Lease)
    assert isinstance(late, Lease)
    assert (soon.is_repeated, late.is_repeated) == (False, True)


def test_a_job_in_parts_is_not_resumed_as_a_whole(objects: MemoryStateObjects) -> None:
    """Its marker objects would go before what lies below them."""
    found = leases_on(objects).resume(Word("word"))

    assert isinstance(found, NotGranted)
    assert found.parts == tuple(PARTS)


def test_the_last_part_holds_the_whole_job(objects: MemoryStateObjects) -> None:
    """With what all of them have left."""
    assert leases_on(objects).gather(1, WHOLE) == Lease(Fence(1), WHOLE)


@pytest.mark.parametrize("status", ["done", "incomplete", "stopped"])
def test_only_one_of_two_parts_that_end_at_once_holds_the_job(
    objects: MemoryStateObjects, status: str
) -> None:
    """The other learns how the job has ended, even if failed keys could be tried again."""
    leases = leases_on(objects)
    lease = leases.gather(1, WHOLE)
    assert isinstance(lease, Lease)
    leases.end(lease, said(status), None)

    assert leases_on(objects).gather(1, WHOLE) == NotGranted("this job has ended", said(status))


@pytest.fixture
def part() -> MemoryStateObjects:
    """A objects with the state of a part that has stopped by an order to the whole job."""
    objects = MemoryStateObjects()
    objects.write("whole/stop-1", b"{}")
    one = holding(objects)
    one.leases.is_part_of("whole")
    assert one.keep(1) == ORDERED
    left = Departure("stopped", rest(1), said("stopped"), why=Why.ORDERED)
    assert one.leases.depart_as_ordered(one.lease, left) == ORDERED
    return objects


def test_a_part_is_stopped_as_long_as_an_order_to_the_whole_stands(
    part: MemoryStateObjects,
) -> None:
    """What takes that back lies in the whole job's state."""
    stopped = leases_on(part).job_state().how
    part.write("whole/stop-1-back", b"{}")

    assert (stopped, leases_on(part).job_state().how) == ("stopped", "released")


def test_a_word_to_a_part_takes_back_no_order_to_the_whole(part: MemoryStateObjects) -> None:
    """That is about the other parts as well."""
    found = leases_on(part).resume(Word("word"))

    assert isinstance(found, NotGranted)
    assert found.reason == "this job was stopped"


@pytest.mark.parametrize("status", ["done", "incomplete", "stopped"])
def test_a_part_that_has_ended_is_not_tried_again_and_names_its_job(status: str) -> None:
    """What has failed in it, the whole job tells."""
    objects = MemoryStateObjects()
    part = holding(objects)
    part.leases.end(part.lease, said(status), None, {**rest(1), "part_of": JOB})

    found, resumed = elsewhere(objects), leases_on(objects).resume(Word("word"))

    assert (found.answer, found.part_of) == (said(status), JOB)
    assert resumed == NotGranted("this job has ended", said(status))
