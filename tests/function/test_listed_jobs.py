"""A deployment's jobs are listed, with how each is; a dry run names some of the keys."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Clock, hurried, no_pauses, sum_of
from localcloud.faults import Before
from ossweep.errors import NO_TIME, UndoneError
from ossweep.leases.records import Record, written
from ossweep.routes.commands import LISTED

if TYPE_CHECKING:
    from deployment import Chain, Deployment
    from localcloud.arrivals import Request

LIST = {"do": "list"}


def test_jobs_are_listed_with_status_and_counts(chain: Chain) -> None:
    """One that has ended, and one that goes on."""
    chain.deployment.fill("b", *(f"a/{number:05}" for number in range(3000)))
    ended = chain.begin({"keys": ["b"]})["job"]
    hurried(chain.deployment, 60, batch_delete=57)
    going_on = chain.begin({"prefix": "a/"})["job"]

    answer = chain.begin(LIST)

    told = {job["job"]: (job["status"], job["deleted"], job["bucket"]) for job in answer["jobs"]}
    assert told == {ended: ("done", 1, BUCKET), going_on: ("continued", 1000, BUCKET)}
    assert answer["next"] is None
    assert all(job["listed"] == sum_of(job) for job in answer["jobs"])


def test_many_jobs_are_listed_in_pages(chain: Chain) -> None:
    """Each names how to ask for the next one; none is listed twice or left out."""
    names = [f"job-{number}" for number in range(LISTED + 10)]
    chain.deployment.oss.fill(STATE_BUCKET, [f"{STATE}{name}/000000-01" for name in names])

    first = chain.begin(LIST)
    second = chain.begin(first["next"])

    assert len(first["jobs"]) == LISTED
    assert second["next"] is None
    assert [job["job"] for job in (*first["jobs"], *second["jobs"])] == sorted(
        names, key=lambda name: f"{name}/"
    )


def test_jobs_are_found_behind_objects_that_lie_in_no_folder(chain: Chain) -> None:
    """A page may hold none, and tell that there are more."""
    oss = chain.deployment.oss
    oss.fill(STATE_BUCKET, [f"{STATE}file-{number:04}" for number in range(2 * LISTED)])
    oss.fill(STATE_BUCKET, [f"{STATE}job/end"])

    answer = chain.begin(LIST)

    assert [job["job"] for job in answer["jobs"]] == ["job"]
    assert answer["next"] is None


def test_a_folder_that_is_no_job_is_not_listed(chain: Chain) -> None:
    """Nor anything beside the state; one that cannot be read hides no others."""
    oss = chain.deployment.oss
    oss.fill(STATE_BUCKET, ["other/job/end", f"{STATE}a b/end", f"{STATE}bad/end", f"{STATE}file"])

    [only] = chain.begin(LIST)["jobs"]

    assert (only["job"], only["status"]) == ("bad", "unknown")
    assert "damaged" in only["reason"]


def test_a_record_with_a_number_that_none_counts_to_hides_no_others(chain: Chain) -> None:
    """It is damaged, and its job alone is not known."""
    chain.deployment.fill("b")
    ended = chain.begin({"keys": ["b"]})
    record = json.loads(written(Record("A", 11.0, answer={**ended, "job": "bad"})))
    record["answer"]["deleted"] = 10**400
    chain.deployment.oss.fill(STATE_BUCKET, {f"{STATE}bad/000000-01": json.dumps(record).encode()})

    jobs = {job["job"]: job["status"] for job in chain.begin(LIST)["jobs"]}

    assert jobs == {ended["job"]: "done", "bad": "unknown"}


def test_a_job_that_there_was_no_time_to_look_at_hides_no_others(chain: Chain) -> None:
    """The answer says so, and how to ask for those behind it."""
    names = ["job-1", "job-2"]
    chain.deployment.oss.fill(STATE_BUCKET, [f"{STATE}{name}/000000-01" for name in names])
    clock = Clock()
    chain.deployment.oss.misbehave(Before("list", clock.pass_by(5)))
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    chain.deployment.timeout = 10

    answer = chain.begin(LIST)

    assert answer["jobs"] == [{"job": "job-1", "status": "unknown", "reason": NO_TIME}]
    assert answer["next"] == {"do": "list", "after": "job-1"}


@pytest.mark.parametrize("more", [{"job": "a"}, {"after": 1}, {"after": "a/b"}, {"prefix": "a"}])
def test_a_question_for_jobs_is_read_literally(chain: Chain, more: dict[str, object]) -> None:
    """Nothing that looks like one is guessed at."""
    assert chain.deployment.refuse({**LIST, **more}).startswith("RequestError: the request: ")


def test_a_deployment_without_a_state_has_no_jobs_to_list(deployment: Deployment) -> None:
    """The setting that is missing is named."""
    assert "set OSSWEEP_STATE" in deployment.refuse(LIST)


def test_status_tells_what_the_last_hop_knew(chain: Chain) -> None:
    """While the next one has not written its first checkpoint."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    hurried(chain.deployment, 10, batch_delete=5)
    first = chain.begin({"prefix": "a/"})
    told: list[dict[str, Any]] = []

    def ask(request: Request) -> None:
        if request.bucket == BUCKET and not told:
            told.append(chain.begin({"job": first["job"], "do": "status"}))

    chain.deployment.oss.misbehave(Before("list", ask))
    chain.go_on()

    assert (told[0]["status"], told[0]["reason"]) == ("continued", "an invocation is at work on it")
    assert {name: told[0][name] for name in ("listed", "deleted", "remaining")} == {
        name: first[name] for name in ("listed", "deleted", "remaining")
    }


def test_a_failed_handover_keeps_the_answers_of_the_others(chain: Chain) -> None:
    """The exception tells of each job, and holds all answers."""
    chain.deployment.fill("c", *(f"a/{number:05}" for number in range(3000)))
    hurried(chain.deployment, 10, batch_delete=4).set(fc_endpoint="http://127.0.0.1:9")

    with pytest.raises(UndoneError, match=r"1 of 2 jobs were not done: .*; the others: job ") as no:
        chain.begin([{"keys": ["c"]}, {"prefix": "a/"}])

    first, second = no.value.answers
    assert f"the others: job {first['job']}: done, 1 deleted" in str(no.value)
    assert (first["deleted"], second["status"], second["error"]) == (
        1,
        "unfinished",
        "HandoverError",
    )


def test_a_dry_run_names_some_of_the_keys(deployment: Deployment) -> None:
    """The first ones, and no more than ten; the log has none of them."""
    deployment.fill(*(f"a/{number:05}" for number in range(1500)))

    answer = deployment.send({"prefix": "a/", "dry_run": True})

    assert answer["keys"] == [f"a/{number:05}" for number in range(10)]
    assert "a/00000" not in str(deployment.log)


def test_keys_that_a_dry_run_names_travel_with_it(chain: Chain) -> None:
    """Whatever invocation has met them."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    hurried(chain.deployment, 60, list=29)

    answers = [chain.begin({"prefix": "a/", "dry_run": True}), *chain.to_the_end()]

    assert len(answers) > 1
    assert answers[-1]["keys"] == [f"a/{number:05}" for number in range(10)]


def test_a_deletion_names_no_keys(deployment: Deployment) -> None:
    """It tells how many."""
    deployment.fill("a/1")

    assert "keys" not in deployment.send({"prefix": "a/"})
