"""With OSSWEEP_CONSENT_TAG nothing is deleted from a bucket that does not have the tag."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, Chain, hurried, sum_of
from localcloud.faults import After, DateShift, Gateway, Refuse
from ossweep.errors import UndoneError
from ossweep.leases.records import LEFT

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Deployment
    from localcloud.faults import Fault

PREFIX = {"bucket": BUCKET, "prefix": "a/"}
TIMER = {
    "triggerTime": "2024-03-01T00:00:00Z",
    "triggerName": "nightly",
    "payload": json.dumps(PREFIX),
}
MISSING = (
    "the bucket examplebucket lacks the tag of its consent: OSSWEEP_CONSENT_TAG asks for "
    "ossweep=allowed"
)
UNSEEN = (
    "nobody could look at the tags of the bucket examplebucket, and OSSWEEP_CONSENT_TAG asks for "
    "ossweep=allowed: "
)
COUNTS = ("listed", "deleted", "failed", "skipped", "remaining")
CONSENTING = {"ossweep": "allowed", "more": "tags"}


def consent(deployment: Deployment, **tags: str) -> None:
    """Let the bucket have these tags, or those of its consent."""
    deployment.oss.describe(BUCKET, tags=tags or CONSENTING)


def withdraw(deployment: Deployment) -> None:
    deployment.oss.describe(BUCKET)


@pytest.fixture
def asking(deployment: Deployment) -> Deployment:
    """A deployment that asks for consent, in a bucket that has not given it."""
    deployment.fill("a/1", "a/2", "b")
    return deployment.set(consent_tag="ossweep=allowed")


@pytest.fixture
def long(chain: Chain) -> Chain:
    """A job of three invocations, in a bucket that consents as it begins."""
    deployment = chain.deployment.set(consent_tag="ossweep=allowed")
    deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    consent(deployment)
    hurried(deployment, 60, batch_delete=57)
    return chain


def is_held(answer: dict[str, Any]) -> bool:
    said = f"{MISSING}, and nothing more is deleted; once it has this tag, the job goes on "
    return bool(answer["status"] == "stopped" and answer["reason"].startswith(said))


@pytest.mark.parametrize(
    "event",
    [PREFIX, {"keys": ["b"]}, {"directory": "a"}, {"everything": True, "confirm": BUCKET}, TIMER],
    ids=str,
)
def test_a_bucket_that_consents_is_swept(asking: Deployment, event: dict[str, Any]) -> None:
    """Its tags are looked at once, and before anything is deleted."""
    consent(asking)

    answer = asking.send(event)

    made = [each.operation for each in asking.oss.requests]
    assert (answer["status"], answer["dry_run"], "notes" in answer) == ("done", False, False)
    assert (made[0], made.count("bucket_tags")) == ("bucket_tags", 1)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"ossweep": "Allowed"},
        {"ossweep": "allowed "},
        {"OSSweep": "allowed"},
        {"allowed": "ossweep"},
        {"other": "ossweep=allowed"},
        {"ossweep": "denied"},
        {"ossweep": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize("event", [PREFIX, {"keys": ["b"]}], ids=str)
def test_a_bucket_with_any_other_tags_is_only_planned(
    asking: Deployment, event: dict[str, Any], tags: dict[str, str]
) -> None:
    """To the letter; the answer says why, and what to do."""
    asking.oss.describe(BUCKET, tags=tags)

    answer = asking.send(event)

    assert (answer["status"], answer["dry_run"], answer["deleted"]) == ("planned", True, 0)
    assert answer["listed"] == sum_of(answer) == answer["remaining"]
    how = "give it this tag, and send the request again"
    assert answer["notes"] == [f"{MISSING}: so this is a dry run, and nothing is deleted; {how}"]
    assert asking.keys() == ["a/1", "a/2", "b"]
    assert {each.method for each in asking.oss.requests} == {"GET"}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refuse(403, "AccessDenied"), "AccessDenied: "),
        (Refuse(501, "NotImplemented"), "NotImplemented: "),
        (Refuse(503, "ServiceUnavailable"), "ServiceUnavailable: "),
        (Gateway(502, 0), "HTTP 502"),
    ],
    ids=str,
)
def test_a_bucket_whose_tags_nobody_can_look_at_is_only_planned(
    asking: Deployment, fault: Fault, said: str
) -> None:
    """Doubt keeps the objects; where a permission is missing, it is named."""
    consent(asking)
    asking.oss.misbehave(replace(fault, operation="bucket_tags"))

    answer = asking.send(PREFIX)

    [note] = answer["notes"]
    assert (answer["status"], asking.keys()) == ("planned", ["a/1", "a/2", "b"])
    assert note.startswith(f"{UNSEEN}{said}")
    assert ("oss:GetBucketTagging of this bucket" in note) is (said == "AccessDenied: ")
    assert "see to that, and send the request again" in note


@pytest.mark.parametrize("planned", ["request", "deployment"])
def test_a_dry_run_needs_no_consent(asking: Deployment, planned: str) -> None:
    """It is one anyway: only its plan looks at the bucket's tags."""
    asking.set(dry_run=str(planned == "deployment").lower())

    answer = asking.send({**PREFIX, "dry_run": planned == "request"})

    assert (answer["status"], "notes" in answer) == ("planned", False)
    assert asking.oss.count("bucket_tags") == 1


def test_without_the_setting_nobody_looks(deployment: Deployment) -> None:
    """Every bucket that may be swept consents."""
    deployment.fill("a/1")

    assert deployment.send(PREFIX)["status"] == "done"
    assert deployment.oss.count("bucket_tags") == 0


def test_each_bucket_of_a_batch_is_looked_at_once(asking: Deployment) -> None:
    """And answers for itself; each plan of those that do not consent looks once more."""
    asking.oss.create_bucket("other")
    asking.oss.fill("other", ["a/1"])
    asking.set(buckets=f"{BUCKET},other")
    consent(asking)

    answers = asking.send([{**PREFIX, "bucket": each} for each in (BUCKET, "other", "other")])

    assert [each["status"] for each in answers["answers"]] == ["done", "planned", "planned"]
    assert [each.bucket for each in asking.oss.requests if each.operation == "bucket_tags"] == [
        BUCKET,
        *3 * ["other"],
    ]
    assert (asking.keys(), asking.oss.keys("other")) == (["b"], ["a/1"])


def test_a_rule_needs_consent_as_well(asking: Deployment) -> None:
    """What belongs to an object stays as long as nobody consents."""
    asking.fill("videos/1.mp4", "hls/1/a")
    asking.set(
        rules=json.dumps(
            [
                {
                    "on": "ObjectRemoved:*",
                    "key": "videos/{id}.mp4",
                    "delete": {"directory": "hls/{id}/"},
                }
            ]
        )
    )
    with open("events/oss/removed.json", encoding="utf-8") as file:  # noqa: PTH123
        event = json.load(file)

    answer = asking.send(event)

    assert (answer["status"], answer["dry_run"]) == ("planned", True)
    assert asking.oss.count("batch_delete") + asking.oss.count("delete") == 0


def test_an_event_that_comes_again_after_consent_is_carried_out(chain: Chain) -> None:
    """The dry run was another job, as under OSSWEEP_DRY_RUN."""
    deployment = chain.deployment.set(consent_tag="ossweep=allowed")
    deployment.fill("a/1")

    planned = chain.begin(TIMER)
    again = chain.begin(TIMER)
    consent(deployment)
    done = chain.begin(TIMER)

    assert (planned["status"], again["status"], done["status"]) == ("planned", "ignored", "done")
    assert (planned["job"], planned["job"] != done["job"]) == (again["job"], True)
    assert (deployment.keys(), "notes" in done) == ([], False)


def test_a_job_under_way_is_held_when_consent_is_withdrawn(long: Chain) -> None:
    """Its next invocation deletes nothing, and tells how far the job is and what lets it go on."""
    first = long.begin(TIMER)
    withdraw(long.deployment)

    held = long.go_on()

    way = json.dumps({"job": first["job"], "do": "resume"})
    assert is_held(held)
    assert held["reason"].endswith(f"when its event is sent again, or by {way}")
    assert [held[name] for name in COUNTS] == [first[name] for name in COUNTS]
    assert (held["dry_run"], held["continuation"] is not None) == (False, True)
    assert (len(long.deployment.keys()), long.called, "next" in held) == (2000, [], False)
    [line] = [each for each in long.deployment.log if each["level"] in {"WARNING", "ERROR"}]
    assert (line["level"], line["message"], line["job"]) == ("WARNING", "job held", first["job"])


def test_a_job_that_is_held_stays_so_until_there_is_consent(long: Chain) -> None:
    """Whatever comes, the answer is the same, and none of it takes an invocation of the job's."""
    job = long.begin(TIMER)["job"]
    call = long.called[0]
    withdraw(long.deployment)
    held = long.go_on()
    resume = {"job": job, "do": "resume"}

    again = [long.begin(each) for each in (TIMER, call, resume, {"job": job, "do": "status"})]

    for each in again:
        assert (is_held(each), each["job"]) == (True, job)
        assert [each[name] for name in COUNTS] == [held[name] for name in COUNTS]
    assert (len(long.deployment.keys()), long.called) == (2000, [])
    assert again[-1]["hops"] == 2


@pytest.mark.parametrize("way", ["event", "call", "resume", "continuation"])
def test_a_job_that_is_held_goes_on_with_consent(long: Chain, way: str) -> None:
    """To its end, with its counts, and without a note on what is over."""
    job = long.begin(TIMER)["job"]
    events = {"event": TIMER, "call": long.called[0], "resume": {"job": job, "do": "resume"}}
    withdraw(long.deployment)
    events["continuation"] = long.go_on()["continuation"]
    consent(long.deployment)

    long.begin(events[way])
    long.to_the_end()

    end = long.begin({"job": job, "do": "status"})
    assert (end["status"], end["deleted"], end["at_least"]) == ("done", 3000, False)
    assert (long.deployment.keys(), "notes" in end) == ([], False)


def test_a_held_job_tells_of_the_brake_that_holds_it_now(long: Chain) -> None:
    """One may be taken back while the other stands."""
    long.begin(TIMER)
    long.deployment.set(dry_run="true")
    braked = long.go_on()
    long.deployment.set(dry_run="false")
    withdraw(long.deployment)

    resumed = long.begin({"job": braked["job"], "do": "resume"})
    held = long.begin(TIMER)

    assert is_held(resumed)
    assert braked["reason"].startswith("OSSWEEP_DRY_RUN is set, and nothing more is deleted; once ")
    assert is_held(held)


def test_a_job_that_died_before_its_first_checkpoint_is_held(long: Chain) -> None:
    """Its record tells that it began in earnest; no note on a dry run stays with it."""
    job = long.begin(TIMER)["job"]
    left = [key for key in long.deployment.oss.keys(STATE_BUCKET) if LEFT in key]
    long.deployment.oss.remove(STATE_BUCKET, left)
    long.deployment.oss.misbehave(DateShift(300))
    hurried(long.deployment, 60)
    withdraw(long.deployment)

    held = long.begin(TIMER)
    before = long.deployment.keys()
    consent(long.deployment)
    end = long.begin(TIMER)

    assert (is_held(held), held["job"], len(before)) == (True, job, 2000)
    assert (end["job"], end["status"], long.deployment.keys()) == (job, "done", [])
    assert not any(MISSING in note for note in end.get("notes", ()))


def test_parts_of_a_job_are_held_and_go_on(chain: Chain) -> None:
    """Each by itself; the event of the whole job calls them once there is consent."""
    deployment = chain.deployment.set(consent_tag="ossweep=allowed")
    consent(deployment)
    deployment.fill(*(f"{each}/{number:05}" for each in "ab" for number in range(9500)))
    hurried(deployment, 30, batch_delete=4).set(reserve_seconds="10")
    chain.wait_for_a_split()
    event = {**TIMER, "payload": json.dumps({**PREFIX, "prefix": ["a/", "b/"], "parallel": 2})}
    job = chain.begin(event)["job"]
    deployment.oss.behave()
    hurried(deployment, 30, batch_delete=4).set(reserve_seconds="10")
    withdraw(deployment)
    before = deployment.keys()

    held = [is_held(each) for each in chain.to_the_end()]
    said = [chain.begin(each) for each in (event, {"job": job, "do": "resume"})]

    assert (held, chain.called, deployment.keys()) == ([True, True], [], before)
    assert all(MISSING in each["reason"] for each in said)
    consent(deployment)
    assert (chain.begin(event)["status"], len(chain.called)) == ("ignored", 2)
    assert (chain.to_the_end()[-1]["status"], deployment.keys()) == ("done", [])


def test_a_continuation_that_is_sent_back_is_held(deployment: Deployment) -> None:
    """Where no state is kept, too: it comes back as it was."""
    deployment.set(consent_tag="ossweep=allowed")
    consent(deployment)
    deployment.fill(*(f"a/{number:05}" for number in range(2500)))
    hurried(deployment, 60, batch_delete=57)
    first = deployment.send(PREFIX)
    withdraw(deployment)

    held = deployment.send(first["continuation"])
    consent(deployment)
    hurried(deployment, 60)
    last = deployment.send(held["continuation"])

    assert (is_held(held), held["deleted"], held["continuation"]) == (
        True,
        1000,
        first["continuation"],
    )
    assert (last["status"], last["deleted"]) == ("done", 2500)


def test_a_look_that_fails_for_the_moment_lets_the_event_come_again(long: Chain) -> None:
    """Nobody has withdrawn anything: the job is held, and FC tries its invocation once more."""
    long.begin(TIMER)
    call = long.called[0]
    long.deployment.oss.misbehave(Refuse(503, "ServiceUnavailable", operation="bucket_tags"))

    with pytest.raises(UndoneError, match="nobody could look at the tags"):
        long.go_on()
    kept = long.deployment.keys()
    long.deployment.oss.behave()
    hurried(long.deployment, 60)
    end = long.begin(call)

    assert len(kept) == 2000
    assert (end["status"], end["deleted"], long.deployment.keys()) == ("done", 3000, [])


def test_consent_is_looked_at_in_each_invocation_of_a_job(long: Chain) -> None:
    """Once, before its first deletion."""
    long.begin(TIMER)
    long.to_the_end()

    operations = [
        each.operation
        for each in long.deployment.oss.requests
        if each.bucket == BUCKET and each.operation in {"bucket_tags", "batch_delete"}
    ]
    assert operations == ["bucket_tags", "batch_delete"] * 3


@pytest.mark.parametrize("when", [consent, withdraw], ids=["given", "taken"])
def test_consent_that_changes_during_an_invocation_is_the_next_ones(
    asking: Deployment, when: Callable[[Deployment], None]
) -> None:
    """As with OSSWEEP_DRY_RUN: for now, send `stop`."""
    if when is withdraw:
        consent(asking)
    asking.oss.misbehave(After(lambda _: when(asking), operation="bucket_tags"))

    answer = asking.send(PREFIX)

    assert answer["status"] == ("planned" if when is consent else "done")
