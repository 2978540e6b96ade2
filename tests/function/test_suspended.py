"""Where versioning is suspended a deletion loses the null version: nobody does that unasked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, hurried, sum_of
from localcloud.faults import AsTold, Before, CutXml, ErrorInside200, Refuse, Reset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Chain, Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

KEYS = [f"a/{number:04}" for number in range(2500)]
EVENTS: list[dict[str, Any]] = [
    {"prefix": "a/"},
    {"directory": "a"},
    {"keys": KEYS[:3]},
    {"everything": True, "confirm": BUCKET},
]
DENIED = Refuse(403, "AccessDenied", operation="bucket_versioning")


@pytest.fixture
def suspended(deployment: Deployment) -> Deployment:
    """A deployment whose bucket holds what was written before its versioning was suspended."""
    deployment.fill(*KEYS)
    deployment.oss.suspend_versioning(BUCKET)
    return deployment


@pytest.mark.parametrize("event", EVENTS, ids=str)
def test_nothing_is_deleted_where_versioning_is_suspended(
    suspended: Deployment, event: dict[str, Any]
) -> None:
    """The answer says what would be lost, and how to ask for it on purpose."""
    answer = suspended.send(event)

    assert (answer["status"], answer["deleted"], suspended.keys()) == ("stopped", 0, KEYS)
    assert answer["reason"].startswith("nothing was deleted: the bucket's versioning is suspended")
    assert '"null_versions": "lose"' in answer["reason"]
    assert {each.method for each in suspended.oss.requests} == {"GET"}
    assert answer["listed"] == sum_of(answer)


@pytest.mark.parametrize("event", EVENTS, ids=str)
def test_a_request_may_ask_for_it_in_words(suspended: Deployment, event: dict[str, Any]) -> None:
    """Then nobody needs to look."""
    answer = suspended.send({**event, "null_versions": "lose"})

    assert (answer["status"], answer["deleted"]) == ("done", answer["listed"])
    assert suspended.oss.count("bucket_versioning") == 0


@pytest.mark.parametrize("value", ["yes", True, None, "Lose"])
def test_no_other_word_asks_for_it(suspended: Deployment, value: object) -> None:
    """Danger is literal."""
    assert "`null_versions` is" in suspended.refuse({"prefix": "a/", "null_versions": value})


def test_a_job_goes_on_when_versioning_is_enabled_again(suspended: Deployment) -> None:
    """With the continuation, which asks for no more than the request did."""
    stopped = suspended.send({"prefix": "a/"})
    again = suspended.send(stopped["continuation"])
    suspended.oss.enable_versioning(BUCKET)
    answer = suspended.send(again["continuation"])

    assert (stopped["status"], again["status"]) == ("stopped", "stopped")
    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))


@pytest.mark.parametrize("enabled", [False, True])
def test_any_other_bucket_is_looked_at_once(deployment: Deployment, enabled: bool) -> None:
    """Which counts as no listing and no deletion, and needs no word in the answer."""
    deployment.fill(*KEYS)
    if enabled:
        deployment.oss.enable_versioning(BUCKET)

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))
    assert (deployment.oss.count("bucket_versioning"), "notes" in answer) == (1, False)
    assert answer["requests_made"]["list"] == deployment.oss.count("list")


def test_the_look_is_made_beside_the_first_listing(deployment: Deployment) -> None:
    """Neither waits for the other: it costs no time."""
    deployment.fill(*KEYS)
    oss = deployment.oss
    met: list[bool] = []
    oss.misbehave(Before("bucket_versioning", lambda _: met.append(oss.wait_for("list"))))
    oss.misbehave(Before("list", lambda _: met.append(oss.wait_for("bucket_versioning")), times=1))

    deployment.send({"prefix": "a/"})

    assert met == [True, True]


def test_a_dry_run_needs_no_look(suspended: Deployment) -> None:
    """It loses nothing, and its plan says what a job in earnest would."""
    suspended.oss.misbehave(DENIED)

    answer = suspended.send({"prefix": "a/", "dry_run": True})

    assert (answer["status"], answer["plan"]["bucket"]["versioning"]) == ("planned", "Suspended")


@pytest.mark.parametrize(
    "fault",
    [DENIED, Refuse(404, "NoSuchKey", operation="bucket_versioning")],
    ids=["denied", "unknown"],
)
def test_a_job_goes_on_where_nobody_could_look(deployment: Deployment, fault: Fault) -> None:
    """The answer says so."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(fault)

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))
    (note,) = answer["notes"]
    assert note.startswith("nobody could look whether the bucket's versioning is suspended")
    assert deployment.oss.count("bucket_versioning") == 1


@pytest.mark.parametrize(
    "fault",
    [
        CutXml(60, operation="bucket_versioning", times=1),
        ErrorInside200("InternalError", operation="bucket_versioning", times=1),
    ],
    ids=["cut off", "an error inside a 200"],
)
def test_an_answer_that_went_wrong_is_asked_for_again(suspended: Deployment, fault: Fault) -> None:
    """It has told nothing, and is no refusal."""
    suspended.oss.misbehave(fault)

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"], suspended.keys()) == ("stopped", 0, KEYS)


@pytest.mark.parametrize("event", [{"prefix": "a/"}, {"keys": KEYS[:4]}], ids=["prefix", "keys"])
@pytest.mark.parametrize("alone", [False, True], ids=["batch", "one by one"])
def test_the_first_null_marker_is_the_last_where_nobody_could_look(
    suspended: Deployment, event: dict[str, Any], alone: bool
) -> None:
    """One key goes alone, and shows it; the job ends there, and may go on."""
    suspended.oss.misbehave(DENIED)
    if alone:
        suspended.oss.misbehave(Refuse(501, "NotImplemented", operation="batch_delete"))

    answer = suspended.send(event)

    assert (answer["status"], answer["deleted"]) == ("stopped", 1)
    assert len(suspended.keys()) == len(KEYS) - 1
    assert answer["reason"].startswith("an answer has shown a null marker")
    assert "nobody could look" in answer["notes"][0]
    assert answer["listed"] == sum_of(answer)
    assert answer["continuation"]["null_marker"]


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(409, "FileImmutable", keys=KEYS[:5], operation=("delete", "batch_delete")),
        Refuse(503, "ServiceUnavailable", operation=("delete", "batch_delete"), times=40),
    ],
    ids=["refused", "busy"],
)
def test_a_key_that_has_not_gone_tells_nothing_of_the_others(
    suspended: Deployment, fault: Fault
) -> None:
    """However many there are: the next one goes alone, too, and the first that goes is the last."""
    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(fault)

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 1)
    assert len(suspended.keys()) == len(KEYS) - 1
    assert suspended.oss.count("batch_delete") == 0


def test_a_key_that_has_gone_without_an_answer_is_the_last(suspended: Deployment) -> None:
    """Its null version may be lost, and each one that followed would lose another."""
    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(Reset("after", operation=("delete", "batch_delete")))

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], answer["at_least"]) == ("stopped", True)
    assert answer["reason"].startswith("a key was asked for alone")
    assert len(suspended.keys()) == len(KEYS) - 1
    assert answer["listed"] == sum_of(answer)


@pytest.mark.parametrize("event", [{"prefix": "a/"}, {"keys": KEYS}])
def test_a_key_that_stays_in_doubt_is_the_last(
    suspended: Deployment, event: dict[str, Any]
) -> None:
    """No look has shown whether it is gone, so nobody knows what it has cost."""

    def lose(request: Request) -> tuple[Fault, ...]:
        is_deletion = request.operation in {"delete", "batch_delete"}
        if is_deletion:
            return (Reset("after"),)
        has_gone = len(suspended.keys()) < len(KEYS)
        return (Refuse(503, "ServiceUnavailable"),) if has_gone else ()

    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(AsTold(lose))

    answer = suspended.send(event)

    assert (answer["status"], answer["at_least"]) == ("stopped", True)
    assert len(suspended.keys()) == len(KEYS) - 1


def test_a_key_whose_answer_did_not_come_in_time_is_the_last(suspended: Deployment) -> None:
    """The next invocation asks for no other, as long as nobody may look."""
    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(Reset("after", operation=("delete", "batch_delete")))
    hurried(suspended, 10, delete=9.5)
    first = suspended.send({"prefix": "a/"})
    suspended.oss.behave()
    suspended.oss.misbehave(DENIED)
    suspended.timeout = 60

    answer = suspended.send(first["continuation"])

    assert first["status"] == "unfinished"
    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert len(suspended.keys()) == len(KEYS) - 1


def test_a_key_whose_answer_is_lost_is_the_last_where_no_other_attempt_fits(
    suspended: Deployment,
) -> None:
    """There may still be time for a request without a pause."""
    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(Reset("after", operation=("delete", "batch_delete")))
    suspended.world = replace(suspended.world, uniform=lambda low, high: 1000.0)

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], len(suspended.keys())) == ("unfinished", len(KEYS) - 1)


def test_a_key_is_looked_at_once_more_where_no_other_attempt_fits(suspended: Deployment) -> None:
    """If it is still there, its attempts did no harm, and another invocation goes on."""
    suspended.oss.misbehave(DENIED)
    suspended.oss.misbehave(Refuse(500, "InternalError", operation=("delete", "batch_delete")))
    suspended.world = replace(suspended.world, uniform=lambda low, high: 1000.0)
    first = suspended.send({"prefix": "a/"})
    suspended.oss.behave()
    suspended.oss.enable_versioning(BUCKET)
    suspended.oss.misbehave(DENIED)

    answer = suspended.send(first["continuation"])

    assert (first["status"], first["deleted"]) == ("unfinished", 0)
    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))


def test_a_key_that_is_written_anew_after_a_lost_answer_is_the_last(suspended: Deployment) -> None:
    """It stays, as its object is newer; whether a null version was lost nobody can tell."""
    suspended.oss.misbehave(DENIED)
    asked: list[str] = []

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "delete" and not asked:
            asked.append(request.key)
            return [Reset("after")]
        if request.operation == "list" and len(asked) == 1:
            suspended.oss.fill(BUCKET, asked, modified=suspended.oss.now() + 1)
            asked.append("written anew")
        return []

    suspended.oss.misbehave(AsTold(told))
    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert suspended.keys() == KEYS


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse(403, "Forbidden", operation="bucket_versioning"),
        Refuse(404, "NoSuchKey", operation="bucket_versioning"),
        Refuse(501, "NotImplemented", operation="bucket_versioning"),
    ],
    ids=["denied by another name", "unknown", "not implemented"],
)
def test_a_single_key_goes_alone_whatever_refuses_the_look(
    suspended: Deployment, refusal: Refuse
) -> None:
    """What stands before OSS has codes of its own, and knows nothing of the bucket."""
    suspended.oss.misbehave(refusal)

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 1)
    assert len(suspended.keys()) == len(KEYS) - 1


def test_a_single_key_may_be_all_there_is(suspended: Deployment) -> None:
    """Then the answer tells what was lost, and there is nothing to stop."""
    suspended.oss.misbehave(DENIED)

    answer = suspended.send({"keys": KEYS[:1]})

    assert (answer["status"], answer["deleted"], answer["continuation"]) == ("done", 1, None)
    assert answer["notes"][1].startswith("an answer has shown a null marker")


def test_no_key_goes_after_a_null_marker_until_somebody_may_look(chain: Chain) -> None:
    """However often the event comes again, or the job is resumed."""
    deployment = chain.deployment
    deployment.fill(*KEYS)
    deployment.oss.suspend_versioning(BUCKET)
    deployment.oss.misbehave(DENIED)
    job = chain.begin({"prefix": "a/"})["job"]

    again = [chain.begin({"job": job, "do": "resume"}) for _ in range(2)]

    assert [each["status"] for each in again] == ["stopped", "stopped"]
    assert len(deployment.keys()) == len(KEYS) - 1
    deployment.oss.behave()
    deployment.oss.enable_versioning(BUCKET)
    assert chain.begin({"job": job, "do": "resume"})["status"] == "done"


def test_a_few_keys_tell_where_nobody_may_look_or_delete(deployment: Deployment) -> None:
    """What is refused alone loses nothing: the rest shows by itself that it may not go."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(DENIED)
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation=("batch_delete", "delete")))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("stopped", 0)
    assert deployment.oss.count("delete") < 300


def test_the_other_keys_wait_for_one_where_nobody_may_look(deployment: Deployment) -> None:
    """Until an answer has shown that nothing is lost; then all go as ever."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(DENIED)

    answer = deployment.send({"prefix": "a/"})

    first, *others = [each for each in deployment.oss.requests if each.operation != "list"][1:]
    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))
    assert (first.operation, len(others)) == ("delete", 3)


def test_an_enabled_buckets_markers_end_nothing(deployment: Deployment) -> None:
    """They have an id of their own: no version is lost."""
    deployment.fill(*KEYS)
    deployment.oss.enable_versioning(BUCKET)
    deployment.oss.misbehave(DENIED)

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("done", len(KEYS))


def test_a_look_without_an_answer_is_made_again(suspended: Deployment) -> None:
    """Deletions wait for it."""
    suspended.oss.misbehave(Reset(operation="bucket_versioning", times=3))

    answer = suspended.send({"prefix": "a/"})

    assert (answer["status"], suspended.keys()) == ("stopped", KEYS)
    assert suspended.oss.count("bucket_versioning") == 4


def test_nothing_is_deleted_while_no_look_is_answered(suspended: Deployment) -> None:
    """It stays to be done, and the answer names the cause."""
    suspended.oss.misbehave(Refuse(500, "InternalError", operation="bucket_versioning"))

    answer = suspended.send({"keys": KEYS[:3]})

    assert (answer["status"], answer["deleted"], suspended.keys()) == ("unfinished", 0, KEYS)
    assert "InternalError" in answer["reason"]
    assert answer["continuation"] is not None


def test_every_invocation_of_a_job_looks(chain: Chain) -> None:
    """Somebody may suspend versioning in between."""
    deployment = chain.deployment
    deployment.fill(*KEYS)

    def told(request: Request) -> Sequence[Fault]:
        if request.operation == "batch_delete" and request.bucket == BUCKET:
            deployment.oss.suspend_versioning(BUCKET)
        return []

    deployment.set(in_flight="1", max_rate="100")
    deployment.timeout = 6
    deployment.oss.misbehave(AsTold(told))
    chain.begin({"prefix": "a/"})
    last = chain.to_the_end()

    assert deployment.keys() != []
    assert not last or last[-1]["status"] == "stopped"
