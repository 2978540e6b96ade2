"""What is said where nobody could be called to go on with a job."""

from __future__ import annotations

import pytest

from ossweep.errors import HandoverError, Scope, StoreError
from ossweep.jobs.calls import handover_error


@pytest.mark.parametrize(
    ("error", "permission"),
    [
        (StoreError("AccessDenied", "No.", Scope.JOB), "oss:PutObject"),
        (HandoverError("AccessDenied", "No.", passing=False), "fc:InvokeFunction"),
    ],
    ids=["state", "call"],
)
def test_help_is_about_the_service_that_refused(error: Exception, permission: str) -> None:
    """OSS, with the job's state, and Function Compute have a code in common."""
    said = str(handover_error(error, "job", None))

    assert [each for each in ("oss:PutObject", "fc:InvokeFunction") if each in said] == [permission]
