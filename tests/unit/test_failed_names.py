"""Of keys that have failed, more names are kept than an answer names, and no end of them."""

from __future__ import annotations

from ossweep.answers import document
from ossweep.engine.result import Result
from ossweep.objects import NOT_UTF8, Failure
from ossweep.work import FAILED_KEPT, FAILURES_NAMED, Counts, Work, add

WORK = Work("job", "examplebucket")


def failed(first: int, end: int, code: str = "AccessDenied") -> Counts:
    """Counts with so many failures."""
    failures = tuple(Failure(f"a/{number:05}", code, "No.") for number in range(first, end))
    return Counts(failed=len(failures), failures=failures)


def reason(counts: Counts) -> str:
    """What the answer of a job says that has ended with these counts."""
    result = Result(
        listed=counts.failed,
        counts=counts,
        left=WORK,
        stopped=None,
        may_go_on=False,
        expected=None,
    )
    return str(document(WORK, result)["reason"])


def test_failures_beside_the_first_hundred_keep_their_names() -> None:
    """They are tried again when the job's event comes again."""
    both = add(failed(0, 150), failed(150, 300))

    assert [len(both.failures), len(both.also_failed)] == [FAILURES_NAMED, 200]
    names = (*(failure.key for failure in both.failures), *both.also_failed)
    assert set(names) == {f"a/{number:05}" for number in range(300)}
    assert "names are kept" not in reason(both)


def test_a_name_that_is_no_key_is_not_kept() -> None:
    """Trying it again would ask for another key."""
    assert add(failed(0, 150), failed(150, 160, NOT_UTF8)).also_failed == tuple(
        f"a/{number:05}" for number in range(100, 150)
    )


def test_an_answer_tells_how_many_will_not_be_tried_again() -> None:
    """Names are kept up to a bound; nobody is told that more than these are tried again."""
    counts = add(failed(0, FAILURES_NAMED + FAILED_KEPT + 7))

    assert len(counts.also_failed) == FAILED_KEPT
    assert reason(counts).startswith(
        "10,107 keys could not be deleted (of 7 not even the names are kept: only a new request "
        "tries these); `failures` names of 100 of them what OSS answered: AccessDenied 100"
    )
