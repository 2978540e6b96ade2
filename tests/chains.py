"""A deployment whose jobs take several invocations, of which a test delivers each by hand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from deployment import BUCKET, Clock, no_pauses
from localcloud.faults import Before
from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deployment import Deployment
    from localcloud.arrivals import Request

STATE = f"{BUCKET}/ossweep-state"
SECONDS = 10  # that an invocation has
TAKES = 5  # seconds of a batch of the job's own: one fits into an invocation, and its record


@contextmanager
def called_by_hand(deployment: Deployment, folder: Path) -> Iterator[LocalFc]:
    """
    Let each invocation have the time for one batch, and hand the rest to a function that does
    nothing: what it was called with is in `accepted`. It is deployed from `folder`.
    """
    clock = Clock()
    pass_by = clock.pass_by(TAKES)

    def delete(request: Request) -> None:
        if not request.keys[0].startswith(STATE.removeprefix(f"{BUCKET}/")):
            pass_by(request)

    oss = deployment.oss
    oss.misbehave(Before("batch_delete", delete))
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    deployment.timeout = SECONDS
    with LocalFc(credentials=oss.credentials) as fc:
        code = written(folder, "def handler(event, context):\n    return ''\n")
        fc.deploy(Deployed("ossweep", oss.temporary_credentials, code=code))
        deployment.set(state=STATE, fc_endpoint=fc.endpoint, in_flight="1", reserve_seconds="2")
        yield fc
        fc.wait()
