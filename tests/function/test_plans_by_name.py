"""Commands that name a plan are about the job that applies it, and dry runs tell of that job."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deployment import BUCKET, Chain, Days, hurried
from localcloud.faults import AsTold, Refuse

LOGS = [f"logs/{day:02}/{number:03}" for day in range(5) for number in range(500)]


@pytest.fixture
def plan(chain: Chain) -> dict[str, Any]:
    """A plan of the logs, in a deployment whose invocations are short."""
    chain.deployment.fill(*LOGS)
    made: dict[str, Any] = chain.begin({"bucket": BUCKET, "dry_run": True, "prefix": "logs/"})
    hurried(chain.deployment, 20, batch_delete=9)
    return {**made["plan"], "job": made["job"]}


def command(chain: Chain, name: str, do: str) -> dict[str, Any]:
    return chain.begin({"job": name, "do": do})


def listed(chain: Chain) -> dict[str, dict[str, Any]]:
    return {each["job"]: each for each in chain.begin({"do": "list"})["jobs"]}


def applies(job: str, plan: dict[str, Any]) -> str:
    return f'the job {job} applies the plan "{plan["id"]}"'


def test_a_stop_that_names_a_plan_stops_the_job_that_applies_it(
    chain: Chain, plan: dict[str, Any]
) -> None:
    """That is what is meant, and the answer names the job."""
    first = chain.begin({"apply": plan["id"]})

    said = command(chain, plan["id"], "stop")
    last = chain.to_the_end()[-1]

    stops = "it stops at its next checkpoint, or before it goes on"
    assert (said["job"], said["status"]) == (first["job"], "continued")
    assert said["reason"] == f"{applies(first['job'], plan)}; {stops}"
    assert (last["status"], last["deleted"]) == ("stopped", first["deleted"])


def test_a_status_that_names_a_plan_is_that_of_the_job(chain: Chain, plan: dict[str, Any]) -> None:
    """With the job's own counts."""
    first = chain.begin({"apply": plan["id"]})

    said = command(chain, plan["id"], "status")

    assert (said["job"], said["status"], said["deleted"]) == (first["job"], "continued", 1000)
    assert said["reason"].startswith(f"{applies(first['job'], plan)}; ")


def test_a_resume_that_names_a_plan_lets_the_job_go_on(chain: Chain, plan: dict[str, Any]) -> None:
    """It does so to its end."""
    first = chain.begin({"apply": plan["id"]})
    command(chain, plan["id"], "stop")
    chain.to_the_end()

    said = command(chain, plan["id"], "resume")
    last = chain.to_the_end()[-1]

    assert said["job"] == first["job"]
    assert said["reason"].startswith(applies(first["job"], plan))
    assert (last["status"], last["deleted"]) == ("done", 2500)


@pytest.mark.parametrize("do", ["status", "stop", "resume"])
def test_a_command_to_a_plan_that_no_job_applies_says_what_to_send(
    chain: Chain, plan: dict[str, Any], do: str
) -> None:
    """And does nothing: it may be applied afterwards."""
    said = command(chain, plan["id"], do)
    chain.begin({"apply": plan["id"]})

    assert (said["job"], said["status"]) == (plan["id"], "ignored")
    assert said["reason"] == (
        f'the plan "{plan["id"]}" has not been applied, and nothing was done; to apply it, send '
        f"{json.dumps({'apply': plan['id']})}"
    )
    assert chain.to_the_end()[-1]["deleted"] == 2500


def test_a_command_to_a_plan_that_is_not_there_says_so(chain: Chain) -> None:
    """It is no name of a job either."""
    said = command(chain, "plan-5f0c", "stop")

    assert said["status"] == "ignored"
    assert said["reason"].startswith('there is no plan "plan-5f0c"; look at its id')


def test_a_command_to_a_plan_that_is_too_old_advises_a_new_one(aging: Chain, days: Days) -> None:
    """An application would be refused."""
    aging.deployment.fill(*LOGS[:20])
    plan = aging.begin({"bucket": BUCKET, "dry_run": True, "prefix": "logs/"})["plan"]
    days.passed = 8

    said = command(aging, plan["id"], "status")

    assert said["reason"].endswith("it was never applied; plan anew")


def test_a_job_that_is_named_as_plans_are_is_a_job(chain: Chain) -> None:
    """An invocation may have any id, and names the job."""
    chain.deployment.fill("a")
    chain.deployment.request_id = "plan-of-mine"
    job = chain.deployment.send({"bucket": BUCKET, "keys": ["a"]})["job"]

    said = command(chain, job, "status")

    assert (said["job"], said["status"], said["deleted"]) == ("plan-of-mine-1", "done", 1)


def test_the_list_of_jobs_tells_of_plans(chain: Chain, plan: dict[str, Any]) -> None:
    """Of the one that a job applies, and of the one that a dry run has made; of no other."""
    applying = chain.begin({"apply": plan["id"]})["job"]
    other = chain.begin({"bucket": BUCKET, "keys": ["a"]})["job"]

    jobs = listed(chain)

    assert (jobs[applying]["plan"], jobs[plan["job"]]["plan"]) == (plan["id"], plan["id"])
    assert "plan" not in jobs[other]


def test_the_list_of_jobs_tells_of_the_plan_of_a_job_in_parts(chain: Chain) -> None:
    """Its parts tell of none by themselves."""
    chain.deployment.fill(*LOGS, *(f"more/{number:04}" for number in range(2500)))
    order = {"bucket": BUCKET, "dry_run": True, "prefix": ["logs/", "more/"]}
    plan = chain.begin(order)["plan"]
    hurried(chain.deployment, 30, batch_delete=4)
    chain.wait_for_a_split()

    job = chain.begin({"apply": plan["id"], "parallel": 2})["job"]

    assert len(chain.called) == 2
    assert listed(chain)[job]["plan"] == plan["id"]


def test_the_status_of_a_dry_run_tells_of_the_job_that_applies_its_plan(
    chain: Chain, plan: dict[str, Any]
) -> None:
    """And nothing else is advised to send."""
    job = chain.begin({"apply": plan["id"]})["job"]
    asked = json.dumps({"job": job, "do": "status"})

    under_way = command(chain, plan["job"], "status")["plan"]
    chain.to_the_end()
    ended = command(chain, plan["job"], "status")["plan"]

    assert (under_way["applied_by"], ended["applied_by"]) == (job, job)
    assert (
        under_way["advice"][-1] == f"the job {job} applies this plan; {asked} tells how far it is"
    )
    said = f"this plan was applied by the job {job}, which is done; {asked} tells more"
    assert ended["advice"] == [*plan["advice"][:-1], said]


def test_the_status_of_a_dry_run_whose_plan_waits_says_how_to_apply_it(
    chain: Chain, plan: dict[str, Any]
) -> None:
    """As its own answer did."""
    said = command(chain, plan["job"], "status")["plan"]

    assert said == {name: plan[name] for name in said}
    assert json.dumps({"apply": plan["id"]}) in said["advice"][-1]


def test_the_status_of_a_dry_run_does_without_the_look_at_an_application(
    chain: Chain, plan: dict[str, Any]
) -> None:
    """Where that cannot be looked at, the plan is told as it was made."""
    chain.begin({"apply": plan["id"]})
    denied = Refuse(403, "AccessDenied", "No.")
    chain.deployment.oss.misbehave(
        AsTold(lambda request: [denied] if "/apply-" in f"/{request.key}" else [])
    )

    said = command(chain, plan["job"], "status")

    assert said["status"] == "planned"
