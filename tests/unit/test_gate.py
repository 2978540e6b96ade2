"""The gate closes for time and for OSS's refusals, and stays closed."""

from __future__ import annotations

import pytest

from ossweep.engine.budget import Budget
from ossweep.engine.gate import PLACES, Gate
from ossweep.errors import Closed, Scope, StoreError
from ossweep.helps import HELPS
from ossweep.stops import ORDERED
from unit.memory import Clock

TEN = "OSS answered {} to 10 requests in a row: Words."


def gate(clock: Clock | None = None, seconds: float = 60.0) -> Gate:
    return Gate(Budget(seconds, (clock or Clock()).monotonic))


def error(scope: Scope, code: str = "Code") -> StoreError:
    return StoreError(code, "Words.", scope)


@pytest.mark.parametrize(
    ("scope", "patience", "refusal"),
    [
        (Scope.JOB, 1, "OSS answered Code: Words."),
        (Scope.PASSING, 10, TEN.format("Code")),
    ],
)
def test_a_run_of_one_error_closes_the_gate(scope: Scope, patience: int, refusal: str) -> None:
    """As many as an error of its kind is given, and not one fewer."""
    watched = gate()

    for _ in range(patience - 1):
        watched.failed(error(scope))
        watched.admit("delete")
    watched.failed(error(scope))

    assert watched.refusal == refusal
    with pytest.raises(Closed):
        watched.admit("delete")


def test_a_deletion_ends_a_run() -> None:
    """OSS does not refuse everything."""
    watched = gate()

    for _ in range(9):
        watched.failed(error(Scope.PASSING))
    watched.deleted()
    for _ in range(9):
        watched.failed(error(Scope.PASSING))

    assert watched.refusal is None
    watched.failed(error(Scope.PASSING))
    assert watched.refusal == TEN.format("Code")


def test_refusals_of_keys_close_nothing() -> None:
    """After a hundred by one code, with none that went, those behind them will be alike."""
    watched = gate()

    for _ in range(99):
        watched.failed(error(Scope.KEYS))
    before = watched.refused
    watched.failed(error(Scope.KEYS))
    after = watched.refused
    watched.deleted()

    assert (before, after, watched.refused, watched.refusal) == ("", "Code", "", None)


def test_another_code_begins_another_run_of_refused_keys() -> None:
    """Only identical refusals say that others will be like them."""
    watched = gate()

    for code in ("One", "Other", "One"):
        for _ in range(99):
            watched.failed(error(Scope.KEYS, code))

    assert watched.refused == ""


def test_the_gate_closes_where_nothing_goes_in_any_place() -> None:
    """After stretches in so many places that were passed over for one code."""
    watched = gate()

    for _ in range(PLACES - 1):
        watched.passed_over(error(Scope.KEYS))
    watched.admit("delete")
    watched.passed_over(error(Scope.KEYS))

    assert watched.refusal == (
        "OSS answered Code to whatever it was asked to delete, in 20 stretches of keys: Words."
    )


def test_the_reason_says_what_helps_where_nothing_goes_for_a_known_code() -> None:
    """As of any refusal that ends a job."""
    watched = gate()

    for _ in range(PLACES):
        watched.passed_over(error(Scope.KEYS, "FileImmutable"))

    assert str(watched.refusal).endswith(
        f"in 20 stretches of keys: Words.; {HELPS['FileImmutable']}"
    )


def test_no_stretch_closes_the_gate_where_anything_has_gone() -> None:
    """However many there are: what is in other places may go, too."""
    watched = gate()

    watched.deleted()
    for _ in range(10 * PLACES):
        watched.passed_over(error(Scope.KEYS))

    watched.admit("delete")


def test_an_outage_is_one_whatever_its_errors_are_called() -> None:
    """OSS's 500, a gateway's 502 and broken connections come in turn."""
    watched = gate()

    for code in ("InternalError", "BadGateway", "ReadTimeout") * 3:
        watched.failed(error(Scope.PASSING, code))
    assert watched.refusal is None
    watched.failed(error(Scope.PASSING, "InternalError"))

    assert watched.refusal is not None
    assert watched.refusal.startswith("OSS answered InternalError to 10 requests in a row: Words.")


def test_the_first_refusal_is_the_one_that_is_told() -> None:
    """Requests that were under way may fail with others."""
    watched = gate()

    watched.failed(error(Scope.JOB, "SecurityTokenExpired"))
    watched.failed(error(Scope.JOB, "InvalidAccessKeyId"))
    watched.deleted()

    assert watched.refusal is not None
    assert watched.refusal.startswith("OSS answered SecurityTokenExpired: Words.;")
    with pytest.raises(Closed):
        watched.admit("list")


def test_a_request_that_would_not_be_back_in_time_is_not_let_through() -> None:
    """A pause before it counts as well."""
    clock = Clock()
    watched = gate(clock)
    watched.answered("delete", 4.0)  # the next is expected to take up to 6 s
    clock.now = 53.0

    watched.admit("delete", after=1.0)

    with pytest.raises(Closed):
        watched.admit("delete", after=1.1)
    assert (watched.left(), watched.refusal) == (7.0, None)


def test_the_gate_closes_on_request() -> None:
    """With a reason of its own."""
    watched = gate()

    watched.stop(ORDERED)

    assert (watched.refusal, watched.admits("delete")) == ("it was ordered to stop", False)
    with pytest.raises(Closed):
        watched.admit("list")


def test_an_order_to_stop_hides_no_refusal() -> None:
    """Nor does a refusal hide an order; what came first is told."""
    refused, stopped = gate(), gate()

    refused.failed(error(Scope.JOB))
    refused.stop(ORDERED)
    stopped.stop(ORDERED)
    stopped.failed(error(Scope.JOB))

    assert refused.refusal == "OSS answered Code: Words."
    assert stopped.refusal == "it was ordered to stop"
