"""OSSWEEP_DRY_RUN, set while jobs are under way, holds them: nothing more is deleted, nor lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, hurried, sum_of
from localcloud.faults import DateShift, Refuse
from ossweep.leases.records import FIRST, LEFT

if TYPE_CHECKING:
    from deployment import Deployment

PREFIX = {"bucket": BUCKET, "prefix": "a/"}
TIMER = {
    "triggerTime": "2024-03-01T00:00:00Z",
    "triggerName": "nightly",
    "payload": json.dumps(PREFIX),
}
COUNTS = ("listed", "deleted", "failed", "skipped", "remaining")


def to(chain: Chain, job: str, do: str) -> dict[str, Any]:
    return chain.begin({"job": job, "do": do})


def brake(chain: Chain) -> None:
    chain.deployment.set(dry_run="true")


def release(chain: Chain) -> None:
    chain.deployment.set(dry_run="false")


@pytest.fixture
def long(chain: Chain) -> Chain:
    """Objects of which an invocation can delete a thousand, and whose deletion takes three."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57)
    return chain


def is_held(answer: dict[str, Any]) -> bool:
    said = "OSSWEEP_DRY_RUN is set, and nothing more is deleted; once it is unset, the job goes on "
    return bool(answer["status"] == "stopped" and answer["reason"].startswith(said))


def test_a_job_under_way_is_held_by_the_brake(long: Chain) -> None:
    """Its next invocation deletes nothing, and tells how far the job is and what lets it go on."""
    first = long.begin(TIMER)
    brake(long)

    held = long.go_on()

    way = json.dumps({"job": first["job"], "do": "resume"})
    assert is_held(held)
    assert held["reason"].endswith(f"when its event is sent again, or by {way}")
    assert [held[name] for name in COUNTS] == [first[name] for name in COUNTS]
    assert (held["dry_run"], held["continuation"] is not None) == (False, True)
    assert (len(long.deployment.keys()), long.called, "next" in held) == (2000, [], False)
    [line] = [each for each in long.deployment.log if each["level"] in {"WARNING", "ERROR"}]
    assert (line["level"], line["message"], line["job"]) == ("WARNING", "job held", first["job"])


def test_a_job_that_is_held_stays_so_while_the_brake_is_set(long: Chain) -> None:
    """Whatever comes, the answer is the same."""
    job = long.begin(TIMER)["job"]
    call = long.called[0]
    brake(long)
    held = long.go_on()

    again = [long.begin(TIMER), long.begin(call), to(long, job, "resume"), to(long, job, "status")]

    for each in again:
        assert (is_held(each), each["job"]) == (True, job)
        assert [each[name] for name in COUNTS] == [held[name] for name in COUNTS]
    assert (len(long.deployment.keys()), long.called) == (2000, [])


@pytest.mark.parametrize("way", ["event", "call", "resume", "continuation"])
def test_a_job_that_is_held_goes_on_once_the_brake_is_released(long: Chain, way: str) -> None:
    """To its end, with its counts."""
    job = long.begin(TIMER)["job"]
    events = {"event": TIMER, "call": long.called[0], "resume": {"job": job, "do": "resume"}}
    brake(long)
    events["continuation"] = long.go_on()["continuation"]
    release(long)

    long.begin(events[way])
    long.to_the_end()

    end = to(long, job, "status")
    assert (end["status"], end["deleted"], end["at_least"]) == ("done", 3000, False)
    assert long.deployment.keys() == []


def test_a_job_that_died_before_its_first_checkpoint_is_held(long: Chain) -> None:
    """Its record tells that it began in earnest, though nothing else is known of it."""
    job = long.begin(TIMER)["job"]
    left = [key for key in long.deployment.oss.keys(STATE_BUCKET) if LEFT in key]
    long.deployment.oss.remove(STATE_BUCKET, left)
    long.deployment.oss.misbehave(DateShift(300))
    hurried(long.deployment, 60)
    brake(long)

    held = long.begin(TIMER)
    before = long.deployment.keys()
    release(long)
    end = long.begin(TIMER)

    assert (is_held(held), held["job"], len(before)) == (True, job, 2000)
    assert (end["job"], end["status"], long.deployment.keys()) == (job, "done", [])


def test_parts_of_a_job_are_held_and_go_on(chain: Chain) -> None:
    """Each by itself; the event of the whole job calls them once the brake is released."""
    deployment = chain.deployment
    deployment.fill(*(f"{each}/{number:05}" for each in "ab" for number in range(9500)))
    hurried(deployment, 30, batch_delete=4).set(reserve_seconds="10")
    chain.wait_for_a_split()
    event = {**TIMER, "payload": json.dumps({**PREFIX, "prefix": ["a/", "b/"], "parallel": 2})}
    job = chain.begin(event)["job"]
    deployment.oss.behave()
    hurried(deployment, 30, batch_delete=4).set(reserve_seconds="10")
    brake(chain)
    before = deployment.keys()

    held = [is_held(each) for each in chain.to_the_end()]
    said = [chain.begin(event), to(chain, job, "resume"), to(chain, job, "status")]

    assert (held, chain.called, deployment.keys()) == ([True, True], [], before)
    assert [each["status"] for each in said] == ["stopped"] * 3
    assert all(": OSSWEEP_DRY_RUN is set, and nothing" in each["reason"] for each in said)
    release(chain)
    assert (chain.begin(event)["status"], len(chain.called)) == ("ignored", 2)
    assert (chain.to_the_end()[-1]["status"], deployment.keys()) == ("done", [])


def test_a_continuation_that_is_sent_back_is_held(deployment: Deployment) -> None:
    """Where no state is kept, too: it comes back as it was."""
    deployment.fill(*(f"a/{number:05}" for number in range(2500)))
    hurried(deployment, 60, batch_delete=57)
    first = deployment.send(PREFIX)
    deployment.set(dry_run="true")

    held = deployment.send(first["continuation"])
    deployment.set(dry_run="false")
    hurried(deployment, 60)
    last = deployment.send(held["continuation"])

    assert (is_held(held), held["deleted"], held["continuation"]) == (
        True,
        1000,
        first["continuation"],
    )
    assert (sum_of(held), last["status"], last["deleted"]) == (held["listed"], "done", 2500)


def test_a_job_that_is_begun_under_the_brake_is_a_dry_run(long: Chain) -> None:
    """Also one whose event had been carried out before."""
    hurried(long.deployment, 60)
    done = long.begin(TIMER)
    long.deployment.fill("a/new")
    brake(long)

    planned = long.begin(TIMER)

    assert (done["status"], planned["status"]) == ("done", "planned")
    assert (planned["dry_run"], planned["job"] != done["job"]) == (True, True)
    assert long.deployment.keys() == ["a/new"]


def test_keys_that_have_failed_are_not_tried_again_under_the_brake(long: Chain) -> None:
    """They are once it is released."""
    hurried(long.deployment, 60)
    long.deployment.oss.misbehave(Refuse(409, "FileImmutable", keys={"a/00007"}))
    job = long.begin(PREFIX)["job"]
    long.deployment.oss.behave()
    brake(long)

    held = to(long, job, "resume")
    release(long)
    end = to(long, job, "resume")

    assert (is_held(held), held["failed"], held["deleted"]) == (True, 1, 2999)
    assert (end["status"], end["deleted"], long.deployment.keys()) == ("done", 3000, [])
    assert f"{STATE}{job}/{FIRST.name}" in long.deployment.oss.keys(STATE_BUCKET)


def test_a_job_that_is_held_has_no_invocation_for_it(long: Chain) -> None:
    """Else the brake would use up OSSWEEP_MAX_HOPS, and the job would not go on by itself."""
    job = long.begin(TIMER)["job"]
    brake(long)
    long.go_on()
    hops = to(long, job, "status")["hops"]
    for _ in range(3):
        long.begin(TIMER)

    assert to(long, job, "status")["hops"] == hops
