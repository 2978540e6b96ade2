"""A word to a job in parts, and to a part: whether it has begun or not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, hurried
from localcloud.faults import AsTold, Before, DateShift, Refuse
from ossweep.errors import UndoneError
from ossweep.leases.records import LEFT
from ossweep.routes.telling import THEY_STOP

if TYPE_CHECKING:
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

IN_PARTS = {"bucket": BUCKET, "prefix": ["a/", "b/"], "parallel": 2}


@pytest.fixture
def split(chain: Chain) -> Chain:
    """A job in two parts, whose invocations are on their way; each can delete some thousand."""
    chain.deployment.fill(*(f"{each}/{number:05}" for each in "ab" for number in range(9500)))
    hurried(chain.deployment, 30, batch_delete=4).set(reserve_seconds="10")
    chain.wait_for_a_split()
    chain.begin(IN_PARTS)
    chain.deployment.oss.behave()
    hurried(chain.deployment, 30, batch_delete=4).set(reserve_seconds="10")
    return chain


def job_of(chain: Chain) -> str:
    [key] = [key for key in chain.deployment.oss.keys(STATE_BUCKET) if key.endswith("000000-01")]
    return key.removeprefix(STATE).partition("/")[0]


def to(chain: Chain, job: str, do: str) -> dict[str, Any]:
    return chain.begin({"job": job, "do": do})


def test_a_job_in_parts_is_listed_as_its_parts_are(split: Chain) -> None:
    """As `status` has it, and not as it was when it was split."""
    job = job_of(split)
    for _ in range(2):
        split.go_on()
    to(split, job, "stop")
    split.to_the_end()

    told = to(split, job, "status")
    listed = {each["job"]: each for each in split.begin({"do": "list"})["jobs"]}

    assert told["status"] == "stopped"
    assert listed[job] == {name: told[name] for name in listed[job]}


def test_hops_of_a_job_in_parts_are_its_invocations(split: Chain) -> None:
    """The one that splits it, each of its parts', and none twice when they are joined."""
    # Threads renew a lease in their own time, while this clock leaps: it outlasts an invocation.
    split.deployment.set(checkpoint_seconds="11")
    job = job_of(split)
    begun = to(split, job, "status")["hops"]
    split.go_on()
    split.go_on()
    midway = to(split, job, "status")["hops"]
    last = split.to_the_end()[-1]

    assert (begun, midway) == (1, 3)
    assert (last["job"], last["status"], last["at_least"]) == (job, "done", False)
    assert last["deleted"] == 19_000
    assert to(split, job, "status")["hops"] == 1 + split.delivered


def test_a_part_that_has_not_begun_is_on_its_way(split: Chain) -> None:
    """The whole job's record knows it."""
    told = to(split, f"{job_of(split)}-p1", "status")

    assert (told["status"], told["reason"]) == ("continued", "its first invocation is on its way")
    assert (told["bucket"], told["hops"]) == (BUCKET, 0)


def test_a_part_finds_an_order_to_stop_when_it_begins(split: Chain) -> None:
    """It deletes nothing then."""
    part = f"{job_of(split)}-p1"
    before = split.deployment.keys()

    given = to(split, part, "stop")
    told = to(split, part, "status")
    whole = to(split, job_of(split), "status")
    stopped = split.go_on()

    assert (given["status"], given["reason"]) == ("continued", "it stops before it begins")
    assert told["reason"] == (
        "its first invocation is on its way; it is ordered to stop, and stops before it begins"
    )
    assert whole["reason"] == f"its parts go on with it; ordered to stop: {part}"
    assert (stopped["job"], stopped["status"]) == (part, "stopped")
    assert split.deployment.keys() == before


def test_a_part_that_has_not_begun_is_called_by_resume(split: Chain) -> None:
    """The order to stop is taken back, and whoever comes first does it."""
    part = f"{job_of(split)}-p1"
    to(split, part, "stop")

    resumed = to(split, part, "resume")
    last = split.to_the_end()[-1]

    assert resumed["status"] == "continued"
    assert resumed["reason"] == (
        f"an order to stop was taken back; an invocation was called for {part}; "
        "its first invocation is on its way"
    )
    assert (last["status"], split.deployment.keys()) == ("done", [])


def test_an_order_to_stop_a_job_in_parts_is_told_of(split: Chain) -> None:
    """Of the job, and of each of its parts."""
    job = job_of(split)
    to(split, job, "stop")

    whole, part = (to(split, each, "status")["reason"] for each in (job, f"{job}-p2"))

    assert whole == f"its parts go on with it; it is ordered to stop, and {THEY_STOP}"
    assert part == (
        "its first invocation is on its way; it is ordered to stop, and stops before it begins"
    )


def test_a_resume_of_a_job_in_parts_tells_what_it_has_done(split: Chain) -> None:
    """How many orders were taken back, and for whom an invocation was called."""
    job = job_of(split)
    to(split, job, "stop")
    split.to_the_end()

    resumed = to(split, job, "resume")
    split.to_the_end()

    assert resumed["status"] == "continued"
    assert resumed["reason"] == (
        "an order to stop was taken back; invocations were called for 2 parts; "
        "its parts go on with it"
    )
    assert to(split, job, "status")["status"] == "done"


@pytest.fixture
def resumed(split: Chain) -> Chain:
    """A job in two parts that were stopped, and whose invocations a `resume` has just called."""
    to(split, job_of(split), "stop")
    split.to_the_end()
    to(split, job_of(split), "resume")
    return split


def test_invocations_that_a_resume_has_called_are_on_their_way(resumed: Chain) -> None:
    """Status and list say so of each part, and of the whole job."""
    job = job_of(resumed)

    whole, part = to(resumed, job, "status"), to(resumed, f"{job}-p1", "status")
    listed = {each["job"]: each["status"] for each in resumed.begin({"do": "list"})["jobs"]}

    assert (whole["status"], whole["reason"]) == ("continued", "its parts go on with it")
    assert (part["status"], part["reason"]) == ("continued", "its next invocation is on its way")
    assert listed == dict.fromkeys((job, f"{job}-p1", f"{job}-p2"), "continued")


def test_a_second_resume_calls_nobody_who_is_on_the_way(resumed: Chain) -> None:
    """It says so, and the job comes to its end by the first one's."""
    waiting = len(resumed.called)

    again = to(resumed, job_of(resumed), "resume")

    assert (again["status"], len(resumed.called)) == ("continued", waiting)
    assert again["reason"] == (
        "there was no order to stop that this word takes back, and no part to call an invocation "
        "for; its parts go on with it"
    )
    assert (resumed.to_the_end()[-1]["status"], resumed.deployment.keys()) == ("done", [])


def test_invocations_that_a_resume_has_called_in_vain_are_called_again(resumed: Chain) -> None:
    """They have a lease's time to begin: then they count as lost."""
    job = job_of(resumed)
    resumed.delivered += len(resumed.called)
    resumed.deployment.oss.misbehave(DateShift(300))

    told = to(resumed, job, "status")
    again = to(resumed, job, "resume")

    assert told["status"] == "unfinished"
    assert told["reason"].startswith(
        f"{job}-p1: its next invocation never began; it goes on by resume"
    )
    assert (len(resumed.called), again["status"]) == (2, "continued")
    assert again["reason"].startswith("invocations were called for 2 parts; ")


def test_an_order_to_stop_reaches_those_whom_a_resume_has_called(resumed: Chain) -> None:
    """They stop before they begin."""
    before = resumed.deployment.keys()

    to(resumed, job_of(resumed), "stop")
    answers = resumed.to_the_end()

    assert [each["status"] for each in answers] == ["stopped", "stopped"]
    assert resumed.deployment.keys() == before


@pytest.fixture
def dead(split: Chain) -> Chain:
    """A job in two parts, both of which have begun; the first one's invocation has died."""
    for _ in range(2):
        split.go_on()
    split.delivered += 1  # it has called nobody
    oss, of_part = split.deployment.oss, f"{STATE}{job_of(split)}-p1/"
    records = [key for key in oss.keys(STATE_BUCKET) if key.startswith(of_part)]
    kept = {key: oss.content(STATE_BUCKET, key) for key in records if not key.endswith(LEFT)}
    oss.remove(STATE_BUCKET, records)
    oss.fill(STATE_BUCKET, kept, oss.now() - 300)
    return split


def test_an_invocation_that_was_called_for_a_dead_part_is_on_its_way(dead: Chain) -> None:
    """Nothing that its holder has written is written over: it may live all the same."""
    job, oss = job_of(dead), dead.deployment.oss
    before = {key: oss.content(STATE_BUCKET, key) for key in oss.keys(STATE_BUCKET)}

    resumed, told = to(dead, job, "resume"), to(dead, f"{job}-p1", "status")
    again = to(dead, job, "resume")

    assert resumed["reason"].startswith(f"an invocation was called for {job}-p1; ")
    assert (told["status"], told["reason"]) == ("continued", "its next invocation is on its way")
    assert (again["status"], told["at_least"], len(dead.called)) == ("continued", True, 2)
    assert {key: oss.content(STATE_BUCKET, key) for key in before} == before


def test_an_invocation_that_was_called_in_vain_for_a_dead_part_is_called_again(dead: Chain) -> None:
    """Once it has had the time of a lease to begin."""
    part = f"{job_of(dead)}-p1"
    to(dead, job_of(dead), "resume")
    dead.deployment.oss.misbehave(DateShift(300))

    assert to(dead, part, "status")["reason"].startswith("its invocation has died; it goes on")
    to(dead, job_of(dead), "resume")
    assert [each["job"] for each in dead.called].count(part) == 2


def test_the_event_of_a_job_calls_once_for_a_dead_part(dead: Chain) -> None:
    """And the job comes to its end by that."""
    job, deployment = job_of(dead), dead.deployment
    deployment.request_id = job.rpartition("-")[0]

    again = [deployment.send(IN_PARTS) for _ in range(2)]

    assert [each["status"] for each in again] == ["ignored"] * 2
    assert [each["job"] for each in dead.called].count(f"{job}-p1") == 1
    to_the_end(dead)
    assert (to(dead, job, "status")["status"], deployment.keys()) == ("done", [])


def out_of_order(request: Request) -> list[Fault]:
    """Let OSS carry out no deletion."""
    is_deletion = request.operation in {"batch_delete", "delete"} and request.bucket == BUCKET
    return [Refuse(503, "ServiceUnavailable")] if is_deletion else []


def to_the_end(chain: Chain) -> None:
    """Deliver all events, whatever they raise."""
    while chain.called:
        with suppress(UndoneError):
            chain.go_on()


def test_parts_that_have_stopped_by_themselves_go_on_when_the_jobs_event_comes_again(
    split: Chain,
) -> None:
    """For each of them an invocation is called, and counts as on its way."""
    job, deployment = job_of(split), split.deployment
    deployment.oss.misbehave(AsTold(out_of_order))
    to_the_end(split)
    stopped = to(split, job, "status")
    deployment.oss.behave()
    deployment.request_id = job.rpartition("-")[0]

    again, once_more = deployment.send(IN_PARTS), deployment.send(IN_PARTS)

    assert stopped["reason"].startswith(f"{job}-p1: 2 invocations in a row have achieved nothing")
    assert (again["status"], once_more["status"], len(split.called)) == ("ignored", "ignored", 2)
    assert again["reason"].startswith("its parts go on with it")
    assert to(split, job, "status")["status"] == "continued"
    to_the_end(split)
    assert (to(split, job, "status")["status"], deployment.keys()) == ("done", [])


def test_a_resume_that_cannot_write_whom_it_has_called_has_called_them(split: Chain) -> None:
    """Status then tells no more than it can know, and another `resume` calls again."""
    job = job_of(split)
    to(split, job, "stop")
    split.to_the_end()
    left = {key for key in split.deployment.oss.keys(STATE_BUCKET) if key.endswith("-left")}
    split.deployment.oss.misbehave(Refuse(403, "AccessDenied", keys=left, operation="put"))

    resumed = to(split, job, "resume")
    split.deployment.oss.behave()

    assert "invocations were called for 2 parts" in resumed["reason"]
    assert to(split, job, "status")["status"] == "unfinished"
    assert split.to_the_end()[-1]["status"] == "done"


def test_a_resume_that_breaks_off_tells_what_it_had_done(split: Chain) -> None:
    """The orders are taken back; the same word does the rest."""
    job = job_of(split)
    to(split, job, "stop")
    split.to_the_end()
    oss = split.deployment.oss

    def break_off(request: Request) -> None:
        if request.key.endswith("-back"):
            oss.misbehave(Refuse(403, "AccessDenied", operation="get"))

    oss.misbehave(Before("put", break_off))
    with pytest.raises(UndoneError, match=r"^an order to stop was taken back; then AccessDenied"):
        to(split, job, "resume")
    oss.behave()

    assert to(split, job, "resume")["reason"].startswith("invocations were called for 2 parts; ")


def test_a_resume_of_a_job_in_parts_asks_little_for_each(split: Chain) -> None:
    """Four requests a part, and fifteen beside them: there may be many parts, and slow."""
    job = job_of(split)
    to(split, job, "stop")
    split.to_the_end()
    oss = split.deployment.oss
    before = len(oss.requests)

    to(split, job, "resume")

    assert len(oss.requests) - before <= 15 + 2 * 4
