"""A question for one key tells what would become of it, and changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, hurried
from localcloud.faults import Refuse, ShortPage
from ossweep.errors import StoreError
from ossweep.jobs.threshold import SETTING
from ossweep.objects import NEWER

if TYPE_CHECKING:
    from deployment import Chain, Deployment

DAY = 86_400


def asked(key: str, **request: Any) -> dict[str, Any]:
    return {"do": "explain", "key": key, "request": {"bucket": BUCKET, **request}}


def keeps(answer: dict[str, Any]) -> dict[str, str | None]:
    """Return why each guard and condition would keep the key."""
    assert all(said["keeps"] == (said["reason"] is not None) for said in answer["judged"])
    return {said["by"]: said["reason"] for said in answer["judged"]}


def test_a_key_is_told_by_its_selectors_and_its_object(deployment: Deployment) -> None:
    """All that take it, and nothing of it is deleted."""
    deployment.oss.fill(BUCKET, {"a/b/1": 70}, 1_700_000_000)

    answer = deployment.send(asked("a/b/1", prefix=["a", "b", "a/b/"], directory="a"))

    assert deployment.keys() == ["a/b/1"]
    operations = [request.operation for request in deployment.oss.requests]
    assert operations == ["list", "bucket_versioning"]
    assert answer == {
        "status": "done",
        "reason": "it would be deleted",
        "bucket": BUCKET,
        "dry_run": False,
        "key": "a/b/1",
        "fate": "deleted",
        "selectors": [{"prefix": "a"}, {"prefix": "a/b/"}, {"directory": "a/"}],
        "object": {"size": 70, "modified": "2023-11-14T22:13:20+00:00"},
        "judged": [
            {"by": "protected", "keeps": False, "reason": None},
            {"by": "clock", "keeps": False, "reason": None},
        ],
    }


def test_a_key_that_no_selector_takes_is_told_so(deployment: Deployment) -> None:
    """It takes no request to OSS."""
    deployment.fill("b/1")

    answer = deployment.send(asked("b/1", prefix="a/", keys=["b"]))

    assert (answer["fate"], answer["selectors"], answer["judged"]) == ("not selected", [], [])
    assert answer["reason"].startswith("no selector of the request takes this key")
    assert list(deployment.oss.requests) == []


def test_each_condition_says_what_it_makes_of_a_key(deployment: Deployment) -> None:
    """All of them, though one would be enough to keep it."""
    oss = deployment.oss
    oss.fill(BUCKET, {"a/1.log": 5}, oss.now() - DAY)
    only = {"older_than": "30d", "size": {"at_least": "1B"}, "match": "*.log", "except": "1*"}

    answer = deployment.send(asked("a/1.log", prefix="a/", only=only))

    assert keeps(answer) == {
        "protected": None,
        "clock": None,
        "only.older_than": "younger than asked for",
        "only.size": None,
        "only.match": None,
        "only.except": "name is excepted",
    }
    assert (answer["fate"], answer["reason"]) == ("kept", "it would stay: younger than asked for")
    assert deployment.send({"prefix": "a/", "only": only})["skipped_because"] == {
        "younger than asked for": 1
    }


def test_a_protected_key_is_told_as_kept(deployment: Deployment) -> None:
    """Whatever else would become of it."""
    deployment.set(protected="a/keep").fill("a/keep/1")

    answer = deployment.send(asked("a/keep/1", prefix="a/"))

    assert keeps(answer) == {"protected": "protected", "clock": None}
    assert (answer["fate"], answer["reason"]) == ("kept", "it would stay: protected")


@pytest.mark.parametrize(
    ("request_", "fate"),
    [
        ({"prefix": "a/"}, "kept"),
        ({"keys": ["a/1"]}, "deleted"),
        ({"keys": ["a/1"], "prefix": "a"}, "kept"),
        ({"keys": ["a/1"], "limits": {"bytes": "1GB"}}, "kept"),
        ({"keys": ["a/1"], "only": {"match": "a/*"}}, "kept"),
    ],
    ids=str,
)
def test_a_young_key_is_kept_unless_it_is_asked_for_unseen(
    deployment: Deployment, request_: dict[str, Any], fate: str
) -> None:
    """Just as the job would keep it."""
    deployment.oss.fill(BUCKET, ["a/1"], deployment.oss.now() + 60)

    answer = deployment.send(asked("a/1", **request_))
    deployment.send(request_)

    assert (answer["fate"], keeps(answer)["clock"]) == (fate, NEWER if fate == "kept" else None)
    assert deployment.keys() == (["a/1"] if fate == "kept" else [])


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"prefix": "a/"}, "there is no such object now"),
        (
            {"keys": ["a/1"]},
            (
                "there is no such object now; as `keys` names it, it would be asked for, and OSS "
                "would confirm that all the same"
            ),
        ),
    ],
    ids=str,
)
def test_a_key_without_an_object_is_told_so(
    deployment: Deployment, request_: dict[str, Any], says: str
) -> None:
    """There is nothing to judge."""
    answer = deployment.send(asked("a/1", **request_))

    assert (answer["fate"], answer["reason"], answer["object"]) == ("absent", says, None)
    assert keeps(answer) == {"protected": None}


def test_an_object_above_a_ceiling_of_bytes_is_told_as_kept(deployment: Deployment) -> None:
    """A smaller one may go, unless others go first."""
    deployment.oss.fill(BUCKET, {"a/1": 11, "a/2": 10})
    request = {"prefix": "a/", "limits": {"bytes": "10B"}}

    large, small = (deployment.send(asked(key, **request)) for key in ("a/1", "a/2"))

    assert keeps(large)["limits.bytes"] == "larger than all that limits.bytes allows"
    assert small["reason"] == "it would be deleted, unless a ceiling is reached before it"


def test_the_ceiling_of_a_deployment_is_told(deployment: Deployment) -> None:
    """The request may have none: others may go first all the same."""
    deployment.fill("a/1", "a/2")
    deployment.set(max_objects="1")

    answer = deployment.send(asked("a/2", prefix="a/"))

    assert answer["reason"] == "it would be deleted, unless a ceiling is reached before it"


def test_a_marker_is_told_as_the_last_of_its_directory(deployment: Deployment) -> None:
    """What lies in it goes first."""
    deployment.fill("a/", "a/1")

    answer = deployment.send(asked("a/", directory="a"))

    assert answer["reason"] == "it would be deleted, after all that lies in it"


@pytest.mark.parametrize("by_setting", [True, False])
def test_a_dry_run_is_told_as_one(deployment: Deployment, *, by_setting: bool) -> None:
    """Whoever orders it."""
    deployment.fill("a/1")
    if by_setting:
        deployment.set(dry_run="true")

    answer = deployment.send(asked("a/1", prefix="a/", **({} if by_setting else {"dry_run": True})))

    assert (answer["fate"], answer["dry_run"]) == ("planned", True)
    assert answer["reason"] == "a dry run would count it"


@pytest.mark.parametrize(
    "request_",
    [
        {"prefx": "a/"},
        {"prefix": ""},
        {"bucket": "another", "prefix": "a/"},
        {"prefix": ".dlsdata/"},
        {"everything": True},
        {"prefix": "a/", "only": {"older_than": "30"}},
        5,
    ],
    ids=str,
)
def test_a_question_by_a_wrong_request_is_refused_as_the_request_is(
    deployment: Deployment, request_: Any
) -> None:
    """In the same words."""
    question = {"do": "explain", "key": "a/1", "request": request_}

    assert deployment.refuse(question) == deployment.refuse(request_)


def test_a_question_comes_by_any_door(deployment: Deployment) -> None:
    """By HTTP, in a list with requests, or in a message, and needs no state."""
    deployment.set(http="trigger").fill("a/1", "b/1")
    question = asked("a/1", prefix="a/")
    http: dict[str, Any] = {
        "version": "v1",
        "rawPath": "/",
        "body": json.dumps(question),
        "headers": {},
    }
    http |= {"isBase64Encoded": False, "requestContext": {"http": {"method": "POST", "path": "/"}}}
    message = {
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "subject": "acs:mns:cn-hangzhou:123456789:queues/deletions",
        "data": {"messageId": "M1", "messageBody": json.dumps(question)},
    }

    over_http = deployment.send(http)
    listed = deployment.send([question, {"bucket": BUCKET, "prefix": "b/"}])
    by_message = deployment.send(message)

    assert json.loads(over_http["body"])["fate"] == "deleted"
    first, second = listed["answers"]
    assert (first["fate"], second["status"], second["deleted"]) == ("deleted", "done", 1)
    assert by_message["fate"] == "deleted"
    assert deployment.keys() == ["a/1"]


def test_a_question_leaves_no_state(chain: Chain) -> None:
    """It begins no job."""
    chain.deployment.fill("a/1")

    chain.begin(asked("a/1", prefix="a/"))

    assert chain.state() == []


def test_a_look_that_oss_refuses_is_raised(deployment: Deployment) -> None:
    """Nobody can tell what would become of the key."""
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="list"))

    with pytest.raises(StoreError, match=r"AccessDenied.*examplebucket.*allows.*oss:ListObjects"):
        deployment.send(asked("a/1", prefix="a/"))


def test_a_look_at_tags_that_oss_refuses_keeps_the_key(deployment: Deployment) -> None:
    """As the job would, and the sentence says what helps."""
    deployment.fill("a/1")
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="tags"))
    request = {"prefix": "a/", "only": {"tags": {"a": "b"}}}

    answer = deployment.send(asked("a/1", **request))

    assert (answer["fate"], keeps(answer)["only.tags"]) == (
        "kept",
        "tags could not be read, AccessDenied",
    )
    assert "oss:GetObjectTagging" in answer["reason"]


def test_a_directory_that_time_does_not_suffice_for_is_told_so(deployment: Deployment) -> None:
    """Nobody knows then which of its objects are the latest."""
    deployment.oss.misbehave(ShortPage(1))
    deployment.fill("a/1", "a/2", "a/3")
    hurried(deployment, 3, list=1.1)

    refusal = deployment.refuse(asked("a/1", prefix="a/", only={"keep_latest": 3}))

    assert refusal.startswith(
        "UndoneError: time ran out before it was known what becomes of the key"
    )


def test_a_delete_marker_is_told(deployment: Deployment) -> None:
    """Where versioning is on, nothing is removed; a key that was never there gets one, too."""
    deployment.fill("a/1")
    deployment.oss.enable_versioning(BUCKET)

    there = deployment.send(asked("a/1", prefix="a/"))
    absent = deployment.send(asked("a/2", keys=["a/2"]))
    dry = deployment.send(asked("a/1", prefix="a/", dry_run=True))

    hidden = "; the bucket's versioning is on: a delete marker hides it, and its versions stay"
    assert (there["fate"], there["reason"]) == ("deleted", f"it would be deleted{hidden}")
    assert absent["fate"] == "absent"
    assert "it would be asked for, and OSS would put a delete marker there" in absent["reason"]
    assert dry["reason"] == "a dry run would count it"


def test_suspended_versioning_keeps_a_key_unless_it_may_lose_its_null_version(
    deployment: Deployment,
) -> None:
    """As it stops the job before it deletes anything."""
    deployment.fill("a/1")
    deployment.oss.suspend_versioning(BUCKET)

    kept = deployment.send(asked("a/1", prefix="a/"))
    lost = deployment.send(asked("a/1", prefix="a/", null_versions="lose"))

    assert kept["fate"] == "kept"
    assert str(keeps(kept)["bucket"]).startswith("nothing is deleted: the bucket's versioning is s")
    assert lost["fate"] == "deleted"
    assert "a null version is lost for good then" in lost["reason"]


def test_versioning_that_nobody_may_see_is_noted(deployment: Deployment) -> None:
    """The job would go on, one key at a time at first."""
    deployment.fill("a/1")
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="bucket_versioning"))

    answer = deployment.send(asked("a/1", prefix="a/"))

    assert answer["fate"] == "deleted"
    assert answer["notes"][0].startswith("nobody could look whether the bucket's versioning is sus")


@pytest.mark.parametrize(
    ("request_", "stays", "why"),
    [
        ({"prefix": "a/", "only": {"except": "**/1"}}, "a/b/1", "name is excepted"),
        ({"prefix": "a/"}, "a/b/new", NEWER),
        ({"keys": ["a/b/", "a/b/new"]}, "a/b/1", "no selector of the request takes it"),
        ({"prefix": "a/b/", "keys": ["a/b/new"]}, "a/b/new", NEWER),
    ],
    ids=str,
)
def test_a_directory_in_which_something_stays_is_told_as_kept(
    deployment: Deployment, request_: dict[str, Any], stays: str, why: str
) -> None:
    """In a hierarchical namespace, where OSS refuses to delete it; the job leaves it as well."""
    deployment.fill("a/", "a/b/", "a/b/1")
    deployment.oss.fill(BUCKET, ["a/b/new"], deployment.oss.now() + 60)
    deployment.oss.make_hierarchical(BUCKET)

    answer = deployment.send(asked("a/b/", **request_))
    deployment.send(request_)

    said = f'OSS deletes no directory in which something is left, and "{stays}" stays: {why}'
    assert (answer["fate"], keeps(answer)["bucket"]) == ("kept", said)
    assert "a/b/" in set(deployment.keys())


def test_a_directory_of_which_all_goes_is_told_as_deleted(deployment: Deployment) -> None:
    """As far as a page of it shows, which the sentence says."""
    deployment.fill("a/", *(f"a/{number:04}" for number in range(3)))
    deployment.oss.make_hierarchical(BUCKET)
    question = asked("a/", directory="a")

    whole = deployment.send(question)
    deployment.oss.misbehave(ShortPage(2))
    part = deployment.send(question)

    assert (whole["fate"], part["fate"]) == ("deleted", "deleted")
    assert whole["reason"] == "it would be deleted, after all that lies in it"
    assert part["reason"].endswith("lies in it, if nothing behind its first 2 stays")


def test_a_young_key_that_a_dry_run_names_is_told_as_planned(deployment: Deployment) -> None:
    """A person's order takes it, and so does the dry run of that."""
    deployment.oss.fill(BUCKET, ["new"], deployment.oss.now() + 60)

    fates = [
        deployment.send(asked(key, keys=["new", "absent"], dry_run=True))["fate"]
        for key in ("new", "absent")
    ]
    planned = deployment.send({"bucket": BUCKET, "keys": ["new", "absent"], "dry_run": True})

    assert (fates, planned["remaining"]) == (["planned", "absent"], 2)


@pytest.mark.parametrize(
    ("most", "fate", "reason"),
    [
        ("0", "kept", "it would stay: nothing goes without a plan (OSSWEEP_REQUIRE_PLAN)"),
        (
            "1000",
            "deleted",
            f"it would be deleted, if the request meets no more objects than 1,000 ({SETTING})",
        ),
    ],
)
def test_a_key_is_told_that_it_takes_a_plan(
    deployment: Deployment, most: str, fate: str, reason: str
) -> None:
    """As many objects as the deployment lets go without one are not counted for it."""
    deployment.fill("a/1")

    answer = deployment.set(require_plan=most).send(asked("a/1", prefix="a/"))

    assert (answer["fate"], answer["reason"]) == (fate, reason)
