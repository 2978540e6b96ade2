"""What is said where nobody could be called to go on with a job."""

from __future__ import annotations

import pytest

from ossweep.errors import Closed, HandoverError, Scope, StoreError
from ossweep.jobs.calls import handover_error


@pytest.mark.parametrize(
    ("error", "is_of_call"),
    [
        (StoreError("AccessDenied", "No.", Scope.JOB), False),
        (HandoverError("AccessDenied", "No.", passing=False), True),
    ],
    ids=["state", "call"],
)
def test_help_is_about_the_service_that_refused(error: Exception, *, is_of_call: bool) -> None:
    """OSS, with the job's state, and Function Compute have a code in common."""
    said = str(handover_error(error, "job", None))

    assert ("fc:InvokeFunction" in said) is is_of_call


@pytest.mark.parametrize(
    ("met", "helps"),
    [("", True), ("time ran out; none of 3 writes was carried out: ServiceUnavailable", False)],
    ids=["no time", "outage"],
)
def test_more_time_is_no_help_against_an_outage(met: str, *, helps: bool) -> None:
    """The state's requests tell what they have met, and what helps against that."""
    said = str(handover_error(Closed(met), "job", None))

    assert ("raise the function's time limit" in said) is helps


@pytest.mark.parametrize(
    ("job", "ways"),
    [
        ("mns-0123456789abcdef0123-1", "the job goes on when its event is sent again, or {}"),
        ("7d3b2c1e-1", "the job goes on when this is sent: {}"),
    ],
)
def test_an_event_is_to_be_sent_again_only_where_it_finds_the_job(job: str, ways: str) -> None:
    """A direct or HTTP request that is sent again makes another job."""
    said = str(handover_error(HandoverError("Code", "No.", passing=False), job, None))

    assert said.endswith(ways.format(f'{{"job": "{job}", "do": "resume"}}'))
