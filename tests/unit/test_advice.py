"""What a large dry run advises."""

from __future__ import annotations

from ossweep.answers import advice
from ossweep.helps import with_help


def test_a_large_dry_run_tells_of_lifecycle_rules() -> None:
    """With the hours that OSS's quota makes of it."""
    said = advice(1_000_000_000)

    assert said is not None
    assert "1,000,000,000 objects takes at least 27.8 hours" in said
    assert "a lifecycle rule of the bucket deletes them" in said


def test_an_answer_without_a_code_is_hardly_osss() -> None:
    """It is called by its status, and what helps is to look for who has answered."""
    said = with_help("listing failed: HTTP 502", "HTTP 502")

    assert "see what answers at OSSWEEP_ENDPOINT, a gateway or a proxy" in said


def test_a_smaller_dry_run_has_no_advice() -> None:
    """Up to ten million objects a sweep is done in minutes."""
    assert advice(9_999_999) is None
