"""What is said where nobody could be called to go on with a job."""

from __future__ import annotations

import pytest

from ossweep.errors import HandoverError, Scope, StoreError
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
