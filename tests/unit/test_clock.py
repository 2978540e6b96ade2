"""When an invocation began by OSS's own time, reckoned from the answers' dates."""

from __future__ import annotations

from typing import Any, cast

from ossweep.store.transport import Session

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
    session = Session(lambda: 10.0, 1, lambda: passed[0])
    for seconds, answer in answers:
        passed[0] = seconds
        session.note_date(cast("Any", answer))
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


def test_a_date_that_is_none_is_passed_over() -> None:
    """The next answer tells it."""
    assert began((0, Answer("yesterday")), (1, Answer(at("12:00:01")))) == NOON
