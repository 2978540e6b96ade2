"""A word to a job in parts, and to a part: whether it has begun or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, hurried
from localcloud.faults import Before, Refuse
from ossweep.errors import UndoneError
from ossweep.routes.telling import THEY_STOP

if TYPE_CHECKING:
    from localcloud.arrivals import Request

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
    job = job_of(split)
    begun = to(split, job, "status")["hops"]
    split.go_on()
    split.go_on()
    midway = to(split, job, "status")["hops"]
    last = split.to_the_end()[-1]

    assert (begun, midway) == (1, 3)
    assert (last["job"], last["status"], last["deleted"]) == (job, "done", 19_000)
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


def test_a_resume_of_a_job_in_parts_reads_little_of_each(split: Chain) -> None:
    """Less than five requests a part, and ten beside them: there may be many parts, and slow."""
    job = job_of(split)
    to(split, job, "stop")
    split.to_the_end()
    oss = split.deployment.oss
    before = len(oss.requests)

    to(split, job, "resume")

    assert len(oss.requests) - before <= 10 + 2 * 5
