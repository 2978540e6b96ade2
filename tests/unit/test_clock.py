"""When a job began: by OSS's own time, from the answers' dates, and by its event's."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ossweep.store.transport import TimedSession
from ossweep.work import Work

pytestmark = pytest.mark.differs

NOON = 1_767_268_800
OWN = {"x-oss-request-id": "5C3D9175B6FC201293AD0001"}


class Answer:
    """An answer as the transport sees it."""

    def __init__(self, date: str, status: int = 200, own: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = {"Date": date, **(OWN if own is None else own)}


def began(*answers: tuple[float, Answer]) -> int | None:
    """Return what answers tell that come so many seconds after the invocation began."""
    passed = [0.0]
    session = TimedSession(lambda: 10.0, 1, lambda: passed[0])
    for seconds, answer in answers:
        passed[0] = seconds
        session.note_date(cast("Any", answer))
    return session.began


def told(*answers: tuple[str, float]) -> int | None:
    """Return what answers tell that come at once, to requests that were signed at a time."""
    session = TimedSession(lambda: 10.0, 1, lambda: 0.0)
    for date, signed in answers:
        session.note_date(cast("Any", Answer(date)), signed)
    return session.began


def at(clock: str) -> str:
    return f"Thu, 01 Jan 2026 {clock} GMT"


def test_a_late_first_answer_does_not_move_the_clock() -> None:
    """The time that has passed since the handler was called is taken off, and rounded down."""
    assert began((12.5, Answer(at("12:00:12")))) == NOON - 1


def test_the_earliest_estimate_counts() -> None:
    """One answer with a date ahead does not win against the others."""
    assert began((1, Answer(at("13:00:01"))), (2, Answer(at("12:00:02")))) == NOON


def test_a_gateways_date_is_not_believed() -> None:
    """An answer that is not OSS's, or tells of a fault, may have anybody's clock."""
    assert began((0, Answer(at("11:00:00"), own={}))) is None
    assert began((0, Answer(at("11:00:00"), status=503))) is None


def test_a_date_so_far_ahead_that_oss_would_have_refused_the_request_is_not_believed() -> None:
    """It takes what was signed up to a quarter of an hour before its own time, and no earlier."""
    assert told((at("12:14:59"), NOON)) == NOON + 899
    assert told((at("13:00:00"), NOON)) == NOON
    assert told((at("13:00:00"), NOON + 2), (at("12:00:01"), NOON + 2)) == NOON + 1


def test_a_date_that_lies_behind_keeps_more() -> None:
    """Nothing that was written since is deleted by it."""
    assert told((at("11:00:00"), NOON), (at("12:00:09"), NOON)) == NOON - 3600


def test_a_date_that_is_none_is_passed_over() -> None:
    """The next answer tells it."""
    assert began((0, Answer("yesterday")), (1, Answer(at("12:00:01")))) == NOON


A_DAY = 86_400


def clock(event: int | None, **known: Any) -> int:
    """Return the clock of a job that was ordered at a time, and whose invocation began at noon."""
    return Work(job="job", bucket="examplebucket", not_after=event, **known).clock_at(NOON)


def test_a_job_begins_no_later_than_the_event_that_orders_it() -> None:
    """An event may have waited, and what was written meanwhile is not meant."""
    assert (clock(NOON - 5), clock(NOON - 30 * A_DAY)) == (NOON - 5, NOON - 30 * A_DAY)


def test_an_event_that_lies_ahead_moves_nothing() -> None:
    """The job has begun by then."""
    assert (clock(NOON + 5), clock(NOON + 5, judged=True), clock(None)) == (NOON, NOON, NOON)


def test_an_order_older_than_any_source_keeps_one_tells_no_time() -> None:
    """A clock that is not set would spare everything."""
    assert clock(NOON - 30 * A_DAY - 1) == NOON


def test_the_time_of_an_objects_event_counts_however_old() -> None:
    """The object's belongings are not younger than the event."""
    assert clock(NOON - 900 * A_DAY, judged=True) == NOON - 900 * A_DAY


def test_a_clock_that_was_taken_stays() -> None:
    """An invocation that goes on with a job goes on by its clock."""
    assert clock(NOON - 5, clock=NOON - 60) == NOON - 60
