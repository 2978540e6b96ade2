"""With OSSWEEP_REQUIRE_PLAN a job that meets more objects than that stops before it deletes any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployment import BUCKET, STATE_BUCKET, Chain, Deployment, hurried, ordered_to_stop, sum_of
from localcloud.faults import Before, Refuse
from ossweep.errors import UndoneError
from ossweep.jobs.threshold import LONGEST_SHOWN

ROOT = Path(__file__).parents[2]
KEYS = [f"a/{number:05}" for number in range(2500)]
PREFIX = {"bucket": BUCKET, "prefix": "a/"}
TIMER = {
    "triggerTime": "2024-03-01T00:00:00Z",
    "triggerName": "nightly",
    "payload": json.dumps(PREFIX),
}
DELETIONS = ("batch_delete", "delete")
TO_APPLY = 'and then {"apply": "..."} with the id of the plan in its answer'


def reason(most: int, request: dict[str, Any], *, is_kept: bool = False) -> str:
    first = "" if is_kept else "set OSSWEEP_STATE to keep plans in, "
    return (
        f"nothing was deleted, because these are more than {most:,} objects, and "
        f"OSSWEEP_REQUIRE_PLAN lets no more go without a plan; {first}send "
        f"{json.dumps({**request, 'dry_run': True})}, {TO_APPLY}"
    )


def deletions(deployment: Deployment) -> int:
    return sum(deployment.oss.count(each) for each in DELETIONS)


def counts(deployment: Deployment) -> int:
    """Return how often jobs were counted."""
    return sum(line["message"] == "counting" for line in deployment.log)


@pytest.fixture
def full(deployment: Deployment) -> Deployment:
    """A deployment whose bucket holds more than two pages."""
    deployment.fill(*KEYS, "b")
    return deployment


@pytest.mark.parametrize(
    "request_",
    [
        PREFIX,
        {"directory": "a"},
        {"everything": True, "confirm": BUCKET},
        {"prefix": "a/", "keys": ["b"], "limits": {"objects": 10}},
        {"prefix": ["a/0", "b"]},
        {**PREFIX, "limits": {"bytes": "1KB"}},
        {**PREFIX, "only": {"match": "*1*"}},
        {"manifest": "list.txt"},
    ],
    ids=str,
)
def test_a_request_for_more_objects_stops_before_it_deletes_any(
    full: Deployment, request_: dict[str, Any]
) -> None:
    """And says what to send instead; the counts agree."""
    full.oss.fill(BUCKET, {"list.txt": "\n".join(KEYS).encode()})
    before = full.keys()
    full.set(require_plan="100")

    answer = full.send(request_)

    assert (answer["status"], answer["deleted"], answer["bytes"]) == ("stopped", 0, 0)
    assert answer["reason"] == reason(100, request_)
    assert (answer["dry_run"], answer["continuation"], "keys" in answer) == (False, None, False)
    assert answer["listed"] == sum_of(answer) > 100
    assert (full.keys(), deletions(full)) == (before, 0)
    assert answer["requests_made"]["list"] == full.oss.count("list")


def test_no_more_is_listed_than_shows_that_there_are_more(full: Deployment) -> None:
    """A bucket may hold a thousand million."""
    full.set(require_plan="999")

    answer = full.send(PREFIX)

    assert answer["status"] == "stopped"
    assert full.oss.count("list") < 20


@pytest.mark.parametrize(
    ("most", "status"), [(2499, "stopped"), (2500, "done"), (10**18 - 1, "done")]
)
def test_as_many_as_that_go_without_a_plan(full: Deployment, most: int, status: str) -> None:
    """And not one more."""
    full.set(require_plan=str(most))

    answer = full.send(PREFIX)

    assert (answer["status"], answer["deleted"]) == (status, 2500 if status == "done" else 0)
    assert answer["requests_made"]["list"] == full.oss.count("list")
    assert answer["listed"] == sum_of(answer)


def test_zero_means_every_request(full: Deployment) -> None:
    """But for one that meets nothing at all."""
    full.set(require_plan="0")

    one, none = full.send({"keys": ["b"]}), full.send({"prefix": "c/"})

    assert (one["status"], one["reason"]) == ("stopped", reason(0, {"keys": ["b"]}))
    assert (none["status"], none["listed"]) == ("done", 0)
    assert full.keys() == [*KEYS, "b"]


@pytest.mark.parametrize("most", ["", None])
def test_without_the_setting_nothing_is_counted(full: Deployment, most: str | None) -> None:
    """No plan is asked for."""
    if most is not None:
        full.set(require_plan=most)

    assert full.send(PREFIX)["status"] == "done"
    assert counts(full) == 0


@pytest.mark.parametrize("only", [{}, {"only": {"older_than": "1s"}}], ids=str)
def test_named_keys_count_without_a_look(full: Deployment, only: dict[str, Any]) -> None:
    """Whether they are there or not; protected ones do not count."""
    full.set(require_plan="3", protected="keep/")
    more = {"keys": ["b", "x", "y", "z"], **only}

    stopped = full.send(more)
    made = list(full.oss.requests)
    done = full.send({"keys": ["b", "x", "y", "keep/1"], **only})

    assert (stopped["status"], stopped["reason"]) == ("stopped", reason(3, more))
    assert (stopped["listed"], stopped["remaining"], made) == (4, 4, [])
    assert (done["status"], counts(full), full.keys()) == ("done", 0, KEYS)


def test_named_keys_and_what_is_listed_add_up(full: Deployment) -> None:
    """One too many is one too many."""
    full.set(require_plan="2501")

    stopped = full.send({**PREFIX, "keys": ["b", "x"]})
    done = full.send({**PREFIX, "keys": ["b"]})

    assert (stopped["status"], stopped["listed"], stopped["remaining"]) == ("stopped", 2502, 2502)
    assert (done["status"], done["deleted"]) == ("done", 2501)


def test_objects_that_stay_do_not_count(full: Deployment) -> None:
    """Conditions and guards are asked first."""
    full.fill("keep/1")
    full.set(require_plan="25", protected="keep/,a/01")

    request = {"everything": True, "confirm": BUCKET, "only": {"match": "**/*00"}}
    answer = full.send(request)

    assert (answer["status"], answer["deleted"], counts(full)) == ("done", 15, 1)
    assert answer["listed"] == sum_of(answer)


def test_a_dry_run_needs_no_plan(full: Deployment) -> None:
    """It makes one."""
    full.set(require_plan="0")

    answer = full.send({**PREFIX, "dry_run": True})

    assert (answer["status"], answer["remaining"], counts(full)) == ("planned", 2500, 0)


def test_a_long_request_is_not_repeated(full: Deployment) -> None:
    """Who has sent it has it; a reason stays short."""
    full.set(require_plan="1")
    keys = [f"k{number:04}" for number in range(LONGEST_SHOWN // 9)]

    answer = full.send({"keys": keys})

    assert f'send the same request with "dry_run": true, {TO_APPLY}' in answer["reason"]
    assert len(answer["reason"]) < LONGEST_SHOWN


def test_each_request_of_a_batch_is_counted_by_itself(full: Deployment) -> None:
    """One that stops keeps no other."""
    full.set(require_plan="1")

    answers = full.send([PREFIX, {"keys": ["b"]}])["answers"]

    assert [each["status"] for each in answers] == ["stopped", "done"]
    assert full.keys() == KEYS


def test_a_rule_is_counted_as_well(full: Deployment) -> None:
    """What belongs to an object may be more than anybody thought."""
    full.oss.fill(BUCKET, [f"hls/intro/{number}" for number in range(5)], 1_600_000_000)
    rule = {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "hls/{id}/"}}
    full.set(rules=json.dumps([rule]), require_plan="4")
    event = json.loads((ROOT / "events/oss/removed.json").read_text("utf-8"))
    key = event["events"][0]["oss"]["object"]["key"]
    event["events"][0]["oss"]["object"]["key"] = "videos/intro.mp4"

    answer = full.send(event)

    assert key.startswith("videos/")
    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert '"directory": ["hls/intro/"], "dry_run": true' in answer["reason"]
    assert deletions(full) == 0


def test_a_timer_is_stopped_as_a_ceiling_would_stop_it(chain: Chain) -> None:
    """It is meant: nothing is raised, and no line of the log is an error. Again, it says so."""
    deployment = chain.deployment.set(require_plan="100")
    deployment.fill(*KEYS)

    first = chain.begin(TIMER)
    deployment.oss.forget()
    second = chain.begin(TIMER)
    status = chain.begin({"job": first["job"], "do": "status"})

    assert (first["status"], first["reason"]) == ("stopped", reason(100, PREFIX, is_kept=True))
    assert second == first
    assert (status["status"], status["reason"], status["deleted"]) == (
        "stopped",
        first["reason"],
        0,
    )
    assert [each for each in deployment.oss.requests if each.bucket == BUCKET] == []
    assert {line["level"] for line in deployment.log} == {"INFO", "WARNING"}
    assert (deployment.keys(), chain.called) == (KEYS, [])


def test_the_log_warns_of_a_job_that_needs_a_plan(chain: Chain) -> None:
    """Without the keys of its request; what to send for them is said with it."""
    deployment = chain.deployment.set(require_plan="100")
    deployment.fill(*KEYS)

    job = chain.begin(TIMER)["job"]

    (line,) = [each for each in deployment.log if each["level"] == "WARNING"]
    assert (line["message"], line["job"], line["deleted"]) == ("job needs a plan", job, 0)
    assert line["whole"] == json.dumps({"job": job, "do": "status"})
    assert chain.begin(json.loads(line["whole"]))["reason"] == reason(100, PREFIX, is_kept=True)


def test_a_job_that_stops_before_it_asks_for_anything_has_made_no_request(
    full: Deployment,
) -> None:
    """Its requests have the usual kinds."""
    full.set(require_plan="0")

    made = full.send({"keys": ["b"]})["requests_made"]

    assert made == {"list": 0, "batch_delete": 0, "delete": 0, "throttled": 0}


def test_a_job_is_counted_once(chain: Chain) -> None:
    """Its next invocations go on with what was let go, also in parts."""
    deployment = chain.deployment.set(require_plan="19000")
    deployment.fill(*(f"{each}/{number:05}" for each in "ab" for number in range(9500)))
    hurried(deployment, 30, batch_delete=4).set(reserve_seconds="10")
    chain.wait_for_a_split()
    event = {**TIMER, "payload": json.dumps({**PREFIX, "prefix": ["a/", "b/"], "parallel": 2})}

    chain.begin(event)
    deployment.oss.behave()
    hurried(deployment, 60)
    ends = chain.to_the_end()

    assert (ends[-1]["status"], ends[-1]["deleted"], deployment.keys()) == ("done", 19_000, [])
    assert counts(deployment) == 1


def test_a_job_under_way_goes_on_when_the_setting_comes(chain: Chain) -> None:
    """It had begun without; one that has not asked for anything yet has not begun."""
    deployment = chain.deployment
    deployment.fill(*KEYS)
    hurried(deployment, 60, batch_delete=57)
    chain.begin(TIMER)
    deployment.set(require_plan="100")
    hurried(deployment, 60)

    [end] = chain.to_the_end()

    assert (end["status"], end["deleted"], counts(deployment)) == ("done", 2500, 0)


def test_a_job_that_was_held_before_it_began_is_counted(chain: Chain) -> None:
    """Whichever invocation is the first that might delete."""
    deployment = chain.deployment.set(require_plan="100")
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Refuse(503, "ServiceUnavailable", operation="list", times=8))
    with pytest.raises(UndoneError, match="ServiceUnavailable"):
        chain.begin(TIMER)
    deployment.oss.behave()

    end = chain.begin(TIMER)

    assert (end["status"], end["deleted"]) == ("stopped", 0)
    assert "these are more than 100 objects" in end["reason"]
    assert deployment.keys() == KEYS


def test_a_continuation_without_a_state_is_counted_again(deployment: Deployment) -> None:
    """It is a document from outside, and may claim anything."""
    deployment.fill(*KEYS)
    hurried(deployment, 60, batch_delete=57)
    first = deployment.send(PREFIX)
    hurried(deployment, 60)
    deployment.set(require_plan="1000")

    stopped = deployment.send(first["continuation"])
    deployment.set(require_plan="1500")
    done = deployment.send(first["continuation"])

    assert (stopped["status"], stopped["deleted"]) == ("stopped", 1000)
    assert stopped["reason"].startswith("nothing more was deleted, because these are more than 1,0")
    assert stopped["listed"] == sum_of(stopped)
    assert (done["status"], done["deleted"]) == ("done", 2500)


def test_a_count_that_takes_too_long_stops_the_job(full: Deployment) -> None:
    """Nothing is deleted uncounted; it would be no other time."""
    full.set(require_plan="5000")
    hurried(full, 60, list=40)

    answer = full.send(PREFIX)

    assert (answer["status"], answer["deleted"], answer["continuation"]) == ("stopped", 0, None)
    assert answer["reason"].startswith(
        "nothing was deleted, because what would go could not be counted before time ran out, and "
        "OSSWEEP_REQUIRE_PLAN lets no more than 5,000 objects go without a plan; set OSSWEEP_STATE"
    )
    assert answer["listed"] == sum_of(answer)
    assert deletions(full) == 0


def test_a_count_that_had_little_time_is_the_next_invocations(chain: Chain) -> None:
    """Where requests before it had most of an invocation, another one has all of its own."""
    deployment = chain.deployment.set(require_plan="5000")
    deployment.fill(*KEYS, *(f"b/{number:05}" for number in range(1500)))
    hurried(deployment, 60, batch_delete=40)
    first, second = chain.begin([{"prefix": "b/"}, PREFIX])["answers"]
    hurried(deployment, 60)

    ends = {each["job"]: each for each in chain.to_the_end()}

    assert first["status"] == second["status"] == "continued"
    assert ends[second["job"]]["status"] == "done"
    assert deployment.keys() == []


def test_a_listing_that_is_refused_is_told_as_ever(full: Deployment) -> None:
    """The count meets it first, and nothing was deleted."""
    full.set(require_plan="5000")
    full.oss.misbehave(Refuse(403, "AccessDenied", operation="list"))

    answer = full.send(PREFIX)

    assert (answer["status"], answer["deleted"], deletions(full)) == ("stopped", 0, 0)
    assert "AccessDenied" in answer["reason"]
    assert "oss:ListObjects" in answer["reason"]


def test_an_order_to_stop_that_comes_during_the_count_is_obeyed(chain: Chain) -> None:
    """Before anything is deleted; resumed, the job is counted anew."""
    deployment = chain.deployment.set(require_plan="5000")
    deployment.fill(*KEYS)
    hurried(deployment, 60, list=2)
    jobs: list[str] = []

    def stop(_: object) -> None:
        [name] = {each.split("/")[1] for each in deployment.oss.keys(STATE_BUCKET)}
        jobs.append(name)
        Deployment(deployment.oss, dict(deployment.environ)).send({"job": name, "do": "stop"})

    deployment.oss.misbehave(Before("list", stop, times=1))

    stopped = chain.begin(TIMER)
    kept = deployment.keys()
    hurried(deployment, 60)
    end = chain.begin({"job": jobs[0], "do": "resume"})

    assert (stopped["status"], stopped["reason"]) == ("stopped", ordered_to_stop(jobs[0]))
    assert (kept, stopped["deleted"]) == (KEYS, 0)
    assert (end["status"], end["deleted"], counts(deployment)) == ("done", 2500, 2)


def test_a_holder_that_counts_gives_signs_of_life(chain: Chain) -> None:
    """Else another invocation would take the job over meanwhile."""
    deployment = chain.deployment.set(require_plan="9000")
    deployment.fill(*(f"a/{number:05}" for number in range(9000)))
    hurried(deployment, 60, list=1)

    end = [chain.begin(TIMER), *chain.to_the_end()][-1]

    assert (end["status"], end["deleted"], counts(deployment)) == ("done", 9000, 1)
    operations = [(each.bucket, each.operation) for each in deployment.oss.requests]
    counted = operations[: operations.index((BUCKET, "bucket_versioning"))]
    assert counted.count((STATE_BUCKET, "put")) > 1
