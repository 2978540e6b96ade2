"""Whatever OSS answers, every key ends in its right place, and with its reason."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET, hurried, sum_of
from localcloud.faults import (
    AsTold,
    Before,
    CutBody,
    CutXml,
    ErrorInside200,
    Gateway,
    LoseFromAnswer,
    Refuse,
    Reset,
    Withhold,
)
from ossweep.helps import with_help
from ossweep.objects import GONE_UNANSWERED, NEWER
from ossweep.store import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from deployment import Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

KEYS = [f"a/{number:04}" for number in range(1500)]
STUBBORN = ["a/0003", "a/0700", "a/1400"]


def failures(answer: Mapping[str, Any]) -> dict[str, str]:
    return {failure["key"]: failure["code"] for failure in answer["failures"]}


def test_a_key_left_out_of_an_answer_is_asked_for_again_by_itself(deployment: Deployment) -> None:
    """What a batch did not delete for a passing reason goes with a deletion of its own."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Withhold(STUBBORN))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (answer["status"], answer["deleted"]) == ("done", 1500)
    assert answer["requests_made"]["delete"] == 3


def test_a_key_deleted_but_left_out_of_the_answer_is_counted_once(deployment: Deployment) -> None:
    """Asked for again, the key that is gone already is confirmed."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(LoseFromAnswer(STUBBORN))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"], answer["listed"]) == ("done", 1500, 1500)


def test_an_immutable_key_fails_with_its_reason(deployment: Deployment) -> None:
    """Left out of the batch's answer and then refused: the key has failed, the others have not."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Withhold(STUBBORN))
    deployment.oss.misbehave(
        Refuse(409, "FileImmutable", "The object is immutable.", STUBBORN, operation="delete")
    )

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == STUBBORN
    assert tuple(answer[name] for name in ("status", "deleted", "failed", "remaining")) == (
        "incomplete",
        1497,
        3,
        0,
    )
    assert dict.fromkeys(STUBBORN, "FileImmutable") == failures(answer)
    assert answer["failures"][0]["message"] == "The object is immutable."


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDenied"), (409, "FileImmutable"), (400, "InvalidObjectName")]
)
def test_a_batch_refused_for_some_keys_is_halved_until_they_stand_alone(
    deployment: Deployment, status: int, code: str
) -> None:
    """Two denied keys of 1,500 cost some twenty requests for each, and no other key."""
    deployment.fill(*KEYS)
    denied = STUBBORN[1:]
    deployment.oss.misbehave(Refuse(status, code, "No.", denied))

    answer = deployment.send({"prefix": "a/"})

    assert denied == deployment.keys()
    assert tuple(answer[name] for name in ("status", "deleted", "failed")) == (
        "incomplete",
        1498,
        2,
    )
    assert dict.fromkeys(denied, code) == failures(answer)
    assert deployment.oss.count("batch_delete") + deployment.oss.count("delete") <= 2 * 22


def test_a_malformed_batch_is_halved_until_the_culprit_goes_alone(deployment: Deployment) -> None:
    """A key that the batch's document cannot carry after all is deleted by its URL."""
    deployment.fill(*KEYS)
    culprit = {"a/0700"}
    deployment.oss.misbehave(
        Refuse(400, "MalformedXML", "Bad XML.", culprit, operation="batch_delete")
    )

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (answer["status"], answer["deleted"]) == ("done", 1500)


@pytest.mark.parametrize("fault", [CutBody(400, times=2), CutXml(400, times=2)])
def test_a_listing_cut_off_half_way_is_asked_for_again(
    deployment: Deployment, fault: CutBody | CutXml
) -> None:
    """Half a page counts for nothing; the whole one for all."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(type(fault)(fault.after_bytes, times=2, operation="list"))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (answer["status"], answer["deleted"], answer["listed"]) == ("done", 1500, 1500)


@pytest.mark.parametrize("fault", [CutBody(400, times=2), CutXml(400, times=2)])
def test_keys_left_in_doubt_by_a_cut_off_answer_are_listed_again(
    deployment: Deployment, fault: CutBody | CutXml
) -> None:
    """OSS has deleted them, as the listing shows; only its answers count as deletions."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(type(fault)(fault.after_bytes, times=1, operation="batch_delete"))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (answer["status"], answer["listed"], answer["at_least"]) == ("done", 1500, True)
    assert answer["skipped_because"] == {GONE_UNANSWERED: 1500 - answer["deleted"]}
    assert answer["deleted"] in {500, 1000}


@pytest.mark.parametrize("operation", ["list", "batch_delete", "delete"])
def test_an_error_inside_a_200_is_an_error(deployment: Deployment, operation: str) -> None:
    """A status of success around an error document deletes nothing and is tried again."""
    deployment.fill("a/1", "a/2", "b")
    deployment.oss.misbehave(ErrorInside200("ServiceUnavailable", operation=operation, times=3))

    answers = deployment.send([{"prefix": "a/"}, {"keys": ["b"]}])["answers"]

    assert deployment.keys() == []
    assert [answer["status"] for answer in answers] == ["done", "done"]
    assert sum(answer["requests_made"]["throttled"] for answer in answers) == 3


def test_a_final_error_inside_a_200_fails_the_keys_by_its_code(deployment: Deployment) -> None:
    """The code inside counts, not the status."""
    deployment.fill("a")
    deployment.oss.misbehave(ErrorInside200("AccessDenied", "No.", operation="delete"))

    answer = deployment.send({"keys": ["a"]})

    assert deployment.keys() == ["a"]
    assert (answer["status"], failures(answer)) == ("incomplete", {"a": "AccessDenied"})


def test_a_batch_answered_by_an_error_inside_a_200_is_not_sent_again_blindly(
    deployment: Deployment,
) -> None:
    """A quota's code may come there after a part was deleted; objects written anew since stay."""
    deployment.fill(*KEYS[:50])
    oss = deployment.oss

    def carry_out_a_part(_: Request) -> list[Fault]:
        oss.remove(BUCKET, KEYS[:30])
        oss.fill(BUCKET, {KEYS[5]: b"new"}, modified=time.time() + 2)
        return [ErrorInside200("ServiceUnavailable")]

    oss.misbehave(AsTold(carry_out_a_part, operation="batch_delete", times=1))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == [KEYS[5]]
    assert (answer["status"], answer["deleted"], answer["at_least"]) == ("done", 20, True)
    assert answer["skipped_because"] == {GONE_UNANSWERED: 29, NEWER: 1}


def test_a_run_of_denials_stops_the_sweep(deployment: Deployment) -> None:
    """Ten thousand keys do not fail ten thousand times."""
    deployment.fill(*(f"a/{number:05}" for number in range(10_000)))
    deployment.oss.misbehave(
        Refuse(403, "AccessDenied", "Not for you.", operation=("batch_delete", "delete"))
    )
    deployment.set(in_flight="8")

    answer = deployment.send({"prefix": "a/"})

    assert len(deployment.keys()) == 10_000
    assert answer["status"] == "stopped"
    assert answer["reason"].startswith("OSS answered AccessDenied to what it was asked to delete")
    assert sum(stretch["keys"] for stretch in answer["passed_over"]) == answer["remaining"]
    assert len(deployment.oss.requests) < 400
    assert (0, answer["listed"]) == (answer["deleted"], sum_of(answer))
    assert answer["failed"] <= 100 + 8  # those that were under way


@pytest.mark.parametrize("wholly", [True, False], ids=["403", "left out"])
def test_a_policy_that_denies_a_directory_saves_no_other(
    deployment: Deployment, *, wholly: bool
) -> None:
    """What was passed over is named, and goes once the policy lets it."""
    denied = {f"logs/b/{number:04}" for number in range(300)}
    others = {f"logs/{letter}/{number:04}" for letter in "ac" for number in range(600)}
    deployment.fill(*denied, *others)
    refusal = Refuse(403, "AccessDenied", "No.", denied, operation=("batch_delete", "delete"))
    alone = Refuse(403, "AccessDenied", "No.", denied, operation="delete")
    for fault in [refusal] if wholly else [Withhold(denied), alone]:
        deployment.oss.misbehave(fault)

    stopped = deployment.send({"prefix": "logs/"})
    deployment.oss.behave()
    ended = deployment.send(stopped["continuation"])

    assert (stopped["status"], stopped["deleted"]) == ("stopped", 1200)
    (stretch,) = stopped["passed_over"]
    assert (stretch["code"], stretch["first"] in denied) == ("AccessDenied", True)
    assert stretch["keys"] == stopped["remaining"] > 0
    assert json.dumps(stretch["first"]) in stopped["reason"]
    assert (ended["listed"], ended["passed_over"]) == (1500, [])
    assert ended["listed"] == sum_of(ended)
    assert (ended["status"], ended["remaining"]) == ("incomplete", 0)


def test_keys_that_an_answer_left_out_keep_no_room_below_a_ceiling(deployment: Deployment) -> None:
    """A look has shown that they were not deleted: all of them go once the policy lets it."""
    denied = {f"logs/b/{number:04}" for number in range(300)}
    gone = "logs/b/0250"  # though its answer left it out
    deployment.fill(*denied, *(f"logs/{letter}/{n:04}" for letter in "ac" for n in range(300)))
    refuse = Refuse(403, "AccessDenied", "No.", denied, operation="delete")
    for fault in (Withhold(denied - {gone}), LoseFromAnswer({gone}), refuse):
        deployment.oss.misbehave(fault)

    stopped = deployment.send({"prefix": "logs/", "limits": {"objects": 900}})
    deployment.oss.behave()
    ended = deployment.send(stopped["continuation"])

    assert (stopped["status"], stopped["deleted"], stopped["failed"]) == ("stopped", 600, 100)
    assert stopped["continuation"]["counts"]["unanswered"] == 1
    assert (stopped["listed"], stopped["at_least"]) == (sum_of(stopped), True)
    assert (ended["status"], ended["deleted"], ended["failed"]) == ("incomplete", 799, 100)
    assert ended["listed"] == sum_of(ended)


def test_a_stopped_sweep_goes_on_where_it_stopped(deployment: Deployment) -> None:
    """Once the permission is there, the continuation deletes the rest."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation=("batch_delete", "delete")))
    stopped = deployment.send({"prefix": "a/"})
    deployment.oss.behave()

    answer = deployment.send(stopped["continuation"])

    assert len(deployment.keys()) == stopped["failed"] == answer["failed"] >= 100
    assert (answer["status"], answer["deleted"]) == ("incomplete", 1500 - stopped["failed"])
    assert answer["listed"] == sum_of(answer)


def test_a_run_of_immutable_keys_is_settled_stop_by_stop(deployment: Deployment) -> None:
    """Each continuation gets further: none of them asks for the same keys again."""
    deployment.timeout = 600  # hundreds of requests, one after the other
    deployment.fill(*KEYS)
    immutable = {key for key in KEYS if "a/0500" <= key < "a/0750"}
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No.", immutable))

    answers = [deployment.send({"prefix": "a/"})]
    while answers[-1]["continuation"] is not None and len(answers) < 10:
        answers.append(deployment.send(answers[-1]["continuation"]))

    assert set(deployment.keys()) == immutable
    assert [answer["status"] for answer in answers[:-1]] == ["stopped"] * (len(answers) - 1)
    assert (answers[-1]["status"], answers[-1]["deleted"], answers[-1]["failed"]) == (
        "incomplete",
        1250,
        250,
    )
    assert all(answer["listed"] == sum_of(answer) for answer in answers)


def test_denials_with_successes_between_them_stop_nothing(deployment: Deployment) -> None:
    """Only an unbroken run of errors does."""
    deployment.timeout = 600  # hundreds of requests, one after the other
    keys = [f"a/{number:04}" for number in range(240)]
    deployment.fill(*keys)
    denied = {key for number, key in enumerate(keys) if number % 2}
    deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", denied))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("incomplete", 120, 120)
    assert len(answer["failures"]) == 100


@pytest.mark.parametrize(
    "request_", [{"prefix": "a/"}, {"keys": ["a/1"]}, {"keys": ["a/1", "a/2"]}]
)
def test_a_bucket_that_does_not_exist_stops_the_sweep_at_once(
    deployment: Deployment, request_: dict[str, Any]
) -> None:
    """No key has failed: none could have been deleted."""
    deployment.set(buckets="*")

    answer = deployment.send({**request_, "bucket": "no-such-bucket"})

    assert (answer["status"], answer["deleted"], answer["failed"]) == ("stopped", 0, 0)
    assert "NoSuchBucket" in answer["reason"]
    assert {each.operation for each in deployment.oss.requests} <= {"bucket_versioning", "list"}
    assert len(deployment.oss.requests) <= 1 + ("prefix" in request_)
    assert answer["listed"] == sum_of(answer)


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (Credentials("LTAI-of-nobody", "secret"), "InvalidAccessKeyId"),
        (Credentials("LTAI-local", "not-the-secret"), "SignatureDoesNotMatch"),
    ],
)
def test_wrong_credentials_stop_the_sweep_at_once(
    deployment: Deployment, credentials: Credentials, code: str
) -> None:
    """The first answer says it all."""
    deployment.fill(*KEYS)
    deployment.credentials = credentials

    answer = deployment.send({"keys": KEYS})

    assert len(deployment.keys()) == 1500
    assert answer["status"] == "stopped"
    assert code in answer["reason"]
    assert 1500 == answer["remaining"] == len(answer["continuation"]["keys"])


def test_a_listing_that_is_denied_stops_the_sweep_and_says_so(deployment: Deployment) -> None:
    """What was listed before is dealt with, and the rest is left for the continuation."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Refuse(403, "AccessDenied", "No listing.", operation="list"))

    answer = deployment.send({"prefix": "a/"})

    assert (
        answer["status"],
        answer["reason"],
        answer["listed"],
    ) == (
        "stopped",
        with_help('listing "a/" failed: AccessDenied: "No listing."', "AccessDenied"),
        0,
    )
    (left,) = answer["continuation"]["ranges"]
    assert (left["prefix"], left["after"], left["until"]) == ("a/", "", "")


def test_a_hundred_failures_are_named_and_all_are_counted(deployment: Deployment) -> None:
    """The list is capped, the count is not."""
    deployment.timeout = 600  # hundreds of requests, one after the other
    keys = [f"a/{number:04}" for number in range(120)]
    deployment.fill(*keys, *(f"{key}+" for key in keys))
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No.", set(keys)))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["deleted"], answer["failed"], len(answer["failures"])) == (120, 120, 100)


def test_a_protected_key_is_spared_and_counted_with_its_reason(deployment: Deployment) -> None:
    """A request that contains a protected prefix goes around it."""
    deployment.set(protected="keep/").fill("a", "keep/1", "keep/2", ".dlsdata/x", "b")

    answer = deployment.send({"everything": True, "confirm": BUCKET})

    assert deployment.keys() == [".dlsdata/x", "keep/1", "keep/2"]
    assert tuple(answer[name] for name in ("status", "listed", "deleted", "skipped")) == (
        "done",
        5,
        2,
        3,
    )
    assert answer["skipped_because"] == {"protected": 3}


def test_a_protected_key_among_named_ones_is_spared(deployment: Deployment) -> None:
    """It is skipped, and the others are deleted."""
    deployment.fill("a", "b", ".dlsdata/x")

    answer = deployment.send({"keys": ["a", ".dlsdata/x", "b"]})

    assert deployment.keys() == [".dlsdata/x"]
    assert (answer["listed"], answer["deleted"], answer["skipped"]) == (3, 2, 1)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "OperationNotSupported"),
        (403, "AccessDenied"),
        (405, "MethodNotAllowed"),
        (501, "NotImplemented"),
    ],
)
def test_a_bucket_without_batches_is_emptied_one_by_one(
    deployment: Deployment, status: int, code: str
) -> None:
    """Whichever error such a bucket answers a batch with, which is not established."""
    deployment.fill(*(f"a/{number}" for number in range(20)))
    deployment.oss.misbehave(Refuse(status, code, operation="batch_delete"))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", 20, [])


def test_the_error_that_refuses_a_whole_batch_is_counted(deployment: Deployment) -> None:
    """Its keys go one by one: a job that crawls tells why."""
    deployment.fill("a/1", "a/2", "a/3", "a/4")
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="batch_delete"))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["errors"]) == ("done", {"AccessDenied": 3})


@pytest.mark.parametrize("status", [400, 501])
def test_a_bucket_says_once_that_it_has_no_batches(deployment: Deployment, status: int) -> None:
    """From then on nobody asks it for one: its keys go alone at once."""
    names = [f"{prefix}/{number}" for prefix in "abc" for number in range(20)]
    deployment.fill(*names)
    deployment.oss.misbehave(Refuse(status, "NotImplemented", operation="batch_delete"))

    answer = deployment.set(in_flight="1").send({"prefix": ["a/", "b/", "c/"]})

    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", 60, [])
    assert answer["requests_made"]["batch_delete"] == 1
    assert answer["requests_made"]["delete"] == 60


@pytest.mark.parametrize("number", [1, 300])
@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDenied"), (501, "NotImplemented"), (400, "InvalidArgument")]
)
def test_a_look_that_is_refused_fails_no_key(
    deployment: Deployment, number: int, status: int, code: str
) -> None:
    """A role that may not list finds out when an answer is lost: the job says so, and can go on."""
    keys = KEYS[:number]
    deployment.fill(*keys)
    oss = deployment.oss
    oss.misbehave(Refuse(status, code, "No listing.", operation="list"))
    oss.misbehave(Reset("after", operation=("batch_delete", "delete"), times=1))

    stopped = deployment.send({"keys": keys})
    asked = oss.count("list")
    oss.behave()
    answer = deployment.send(stopped["continuation"])

    assert (deployment.keys(), asked) == ([], 1)
    assert (stopped["status"], stopped["failed"], stopped["remaining"]) == ("stopped", 0, number)
    assert (stopped["at_least"], stopped["continuation"]["doubted"]) == (True, keys)
    assert stopped["reason"].startswith(
        f'OSS answered {code}: "No listing." - a listing that was to show what is left'
    )
    assert (answer["status"], answer["at_least"], answer["failed"]) == ("done", True, 0)
    assert answer["skipped_because"] == {GONE_UNANSWERED: number}


def test_a_lost_answer_weighs_on_the_ceiling_whatever_follows_it(deployment: Deployment) -> None:
    """OSS has deleted the batch, its answer is lost, and then the credentials have expired."""
    deployment.fill(*(f"a/{number:02}" for number in range(30)))
    deployment.oss.misbehave(Reset("after", operation="batch_delete", times=1))
    seen: list[object] = []

    def expire(request: Request) -> list[Fault]:
        if request.operation == "batch_delete":
            seen.append(request)
        return [Refuse(403, "SecurityTokenExpired")] if len(seen) > 1 else []

    deployment.oss.misbehave(AsTold(expire))

    first = deployment.send({"prefix": "a/", "limits": {"objects": 10}})
    deployment.oss.behave()
    last = deployment.send(first["continuation"])

    assert (first["status"], first["at_least"]) == ("stopped", True)
    assert len(deployment.keys()) == 20
    assert (last["status"], last["at_least"]) == ("stopped", True)


@pytest.mark.parametrize("status", [502, 503])
def test_a_batch_that_a_gateway_answers_for_is_not_sent_again_blindly(
    deployment: Deployment, status: int
) -> None:
    """OSS has carried it out, and what an application has written since stays."""
    deployment.fill("a/1", "a/2")
    oss = deployment.oss

    def write_anew(request: Request) -> None:
        if oss.count("batch_delete"):
            oss.fill(BUCKET, ["a/1"], modified=oss.now() + 1)

    oss.misbehave(Gateway(status, 0, operation="batch_delete", times=1))
    oss.misbehave(Before("list", write_anew))

    answer = deployment.send({"prefix": "a/"})

    assert (deployment.keys(), oss.count("batch_delete")) == (["a/1"], 1)
    assert (answer["status"], answer["deleted"], answer["at_least"]) == ("done", 0, True)
    assert answer["skipped_because"] == {NEWER: 1, GONE_UNANSWERED: 1}


def test_a_named_key_whose_answer_is_lost_is_looked_at_in_the_next_invocation(
    deployment: Deployment,
) -> None:
    """Its application has written it anew meanwhile: it stays."""
    deployment.fill("a", "b")
    deployment.oss.misbehave(Reset("after", operation="batch_delete"))
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="list"))
    unfinished = deployment.send({"keys": ["a", "b"]})
    deployment.oss.behave()
    deployment.oss.fill(BUCKET, ["a"], modified=deployment.oss.now())

    answer = deployment.send(unfinished["continuation"])

    assert (unfinished["status"], unfinished["continuation"]["doubted"]) == (
        "unfinished",
        ["a", "b"],
    )
    assert deployment.keys() == ["a"]
    assert (answer["status"], answer["at_least"], answer["deleted"]) == ("done", True, 0)
    assert answer["skipped_because"] == {NEWER: 1, GONE_UNANSWERED: 1}


def test_time_is_told_as_the_end_of_a_job_whose_listing_has_met_its_ceiling(
    deployment: Deployment,
) -> None:
    """What was chosen below the ceiling still waits to be deleted."""
    deployment.fill(*(f"a/{number:05}" for number in range(4000)))
    hurried(deployment, 60, batch_delete=57)

    answer = deployment.send({"prefix": "a/", "limits": {"objects": 3500}})

    assert (answer["status"], answer["deleted"]) == ("unfinished", 1000)
    assert answer["reason"].startswith("time ran out")


def test_requests_that_fail_are_told_as_the_end_of_a_job_whose_listing_has_met_its_ceiling(
    deployment: Deployment,
) -> None:
    """An outage is no ceiling."""
    keys = [f"a/{number:05}" for number in range(300)]
    deployment.fill(*keys)
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="batch_delete"))

    answer = deployment.send({"keys": keys, "limits": {"objects": 100}})

    assert (answer["status"], answer["deleted"]) == ("unfinished", 0)
    assert answer["reason"].startswith("requests failed in all of their attempts")


def test_a_ceiling_that_is_full_of_keys_in_doubt_is_told_so(deployment: Deployment) -> None:
    """Nobody knows whether the order was carried out: it is no end that was meant."""
    deployment.fill(*(f"a/{number:04}" for number in range(2000)))
    hurried(deployment, 30, batch_delete=3)
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="batch_delete"))

    answer = deployment.send({"prefix": "a/", "limits": {"objects": 1000}})

    assert (answer["status"], answer["deleted"], answer["at_least"]) == ("stopped", 0, True)
    assert "of which 1,000 may have been asked for" in answer["reason"]


def test_a_named_key_stays_in_doubt_until_an_answer_decides_it(deployment: Deployment) -> None:
    """An earlier invocation's request is carried out at last, behind the look of the next one."""
    deployment.timeout = 8
    deployment.fill("a")
    oss = deployment.oss
    oss.misbehave(Reset("before", operation="delete", times=1))
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="delete"))
    first = deployment.send({"keys": ["a"], "limits": {"objects": 1}})
    oss.behave()

    def refuse(request: Request) -> list[Fault]:
        oss.remove(BUCKET, ["a"])
        return [Refuse(503, "ServiceUnavailable")]

    oss.misbehave(AsTold(refuse, operation="delete", times=1))

    last = deployment.send(first["continuation"])

    assert (first["status"], first["continuation"]["doubted"]) == ("unfinished", ["a"])
    assert (last["status"], last["deleted"], last["at_least"]) == ("done", 0, True)
    assert last["skipped_because"] == {GONE_UNANSWERED: 1}


def test_an_answer_says_how_many_more_may_be_gone(deployment: Deployment) -> None:
    """Those whose answer was lost as an invocation ended, and that no listing shows again."""
    deployment.fill(*KEYS[:1200])
    deployment.oss.misbehave(Gateway(302, 0, operation="batch_delete", times=1))
    stopped = deployment.send({"prefix": "a/"})
    deployment.oss.behave()

    answer = deployment.send(stopped["continuation"])

    assert (answer["status"], answer["deleted"], answer["at_least"]) == ("done", 200, True)
    assert answer["notes"][0].startswith("up to 1,000 more objects may be gone")
