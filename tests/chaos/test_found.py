"""What the runs have found, each as small as it can be told, with the seed that showed it first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment import Clock, no_pauses
from localcloud.faults import Before, Refuse, Reset
from ossweep.errors import UndoneError

if TYPE_CHECKING:
    from deployment import Deployment
    from localcloud.oss import LocalOss

STATE = "statebucket"
ORDER = {"prefix": "a/", "unfinished": "return"}


@pytest.fixture
def kept(oss: LocalOss, deployment: Deployment) -> Deployment:
    """Ossweep with a place for its state, 7 seconds at a time, of which each request takes one."""
    oss.create_bucket(STATE)
    clock = Clock()
    oss.misbehave(Before(None, clock.pass_by(1)))
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic, sleep=clock.pass_by(1))
    deployment.timeout = 7
    return deployment.set(state=f"{STATE}/s", reserve_seconds="1", in_flight="1")


def test_time_that_runs_out_before_a_job_begins_is_told(kept: Deployment, oss: LocalOss) -> None:
    """Who cannot even write the first record raises, so that the event comes again: seed 1."""
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="put"))

    with pytest.raises(UndoneError, match="time ran out before it was clear"):
        kept.send(ORDER)


def test_a_question_about_a_job_never_fails(kept: Deployment) -> None:
    """A job that waits for somebody to go on with it is no failure of who asks for it: seed 4."""
    kept.fill("a/1")
    kept.set(reserve_seconds="12").timeout = 18  # time to say that it was let go
    kept.oss.misbehave(Reset(operation="list"))
    kept.send(ORDER)
    kept.oss.behave()
    kept.environ["OSSWEEP_RAISE"] = "direct"

    assert kept.send({"job": "request-1", "do": "status"})["status"] == "unfinished"


def test_a_job_that_is_tried_again_counts_what_it_has_deleted_before(kept: Deployment) -> None:
    """What failed is tried again, and nothing else is asked for: seed 219."""
    kept.fill("a/1", "a/2")
    kept.oss.behave()
    kept.oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/2"}))
    first = kept.send(ORDER)

    again = kept.send(ORDER)

    assert (first["deleted"], first["at_least"]) == (1, False)
    assert (again["deleted"], again["failed"], again["at_least"]) == (1, 1, False)


def test_a_job_knows_its_clock_before_it_has_seen_an_object(kept: Deployment) -> None:
    """
    A checkpoint without a clock would let who goes on delete what was written since: seed 300.

    He would take the time at which the checkpoint was written for the job's beginning.
    """
    kept.fill("a/1")
    kept.oss.misbehave(Reset(operation="list"))

    answer = kept.send(ORDER)

    assert answer["continuation"]["clock"] == pytest.approx(kept.oss.now(), abs=60)
