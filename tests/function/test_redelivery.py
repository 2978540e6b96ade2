"""Whatever is delivered twice, and whoever dies, a job is done once and comes to its end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, Clock, hurried, no_pauses
from localcloud.clients import oss2_bucket
from localcloud.faults import AsTold, Before, DateShift, Refuse, Reset, Withhold
from ossweep.errors import HandoverError, StoreError, UndoneError
from ossweep.handover.continuation import seal
from ossweep.leases.records import FIRST, LEFT
from ossweep.work import Counts, Range, Work
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.arrivals import Request
    from localcloud.faults import Fault

PREFIX = {"bucket": BUCKET, "prefix": "a/"}
TIMER = {
    "triggerTime": "2024-03-01T00:00:00Z",
    "triggerName": "nightly",
    "payload": json.dumps(PREFIX),
}
MESSAGE = {
    "specversion": "1.0",
    "type": "mns:Queue:SendMessage",
    "subject": "acs:mns:cn-hangzhou:123456789:queues/deletions",
    "data": {"messageId": "M1", "messageBody": json.dumps(PREFIX)},
}
REMOVED = {
    "events": [
        {
            "eventName": "ObjectRemoved:DeleteObject",
            "eventSource": "acs:oss",
            "eventTime": "2099-08-13T06:45:43.000Z",
            "oss": {"bucket": {"name": BUCKET}, "object": {"key": "videos/1.mp4"}},
            "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
        }
    ]
}
RULE = {"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": {"directory": "a/"}}
FILES = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}


def fill(chain: Chain, objects: int = 10) -> None:
    chain.deployment.fill(*(f"a/{number:05}" for number in range(objects)), "b")


def late(chain: Chain) -> None:
    """Let so much time pass that whoever has not written to the state for it counts as dead."""
    chain.deployment.oss.misbehave(DateShift(300))


@pytest.mark.parametrize("event", [TIMER, MESSAGE, REMOVED], ids=["timer", "MNS", "OSS"])
def test_an_event_that_comes_again_is_ignored(chain: Chain, event: dict[str, Any]) -> None:
    """It is another invocation, and the same job; what is new there since is not its own."""
    chain.deployment.set(rules=json.dumps([RULE]))
    fill(chain)
    first = chain.begin(event)
    fill(chain)

    again = chain.begin(event)

    assert (first["status"], first["deleted"]) == ("done", 10)
    assert (again["status"], again["job"], again["deleted"]) == ("ignored", first["job"], 0)
    assert again["reason"] == "this job has ended, and this event asks for the same"
    assert len(chain.deployment.keys()) == 11


def test_the_clock_is_the_earlier_of_what_the_state_and_the_bucket_tell(chain: Chain) -> None:
    """The answers to a claim may all come from one front end, whose clock is ahead."""
    deployment = chain.deployment
    fill(chain)
    ahead = [DateShift(600)]
    deployment.oss.misbehave(AsTold(lambda each: ahead if each.bucket == STATE_BUCKET else []))
    anew = partial(deployment.oss.fill, BUCKET, ["a/new"], deployment.oss.now() + 5)
    deployment.oss.misbehave(Before("list", lambda each: each.bucket == BUCKET and anew()))

    answer = chain.begin({"prefix": "a/"})

    assert (answer["deleted"], answer["skipped"]) == (10, 1)
    assert deployment.keys() == ["a/new", "b"]


def test_a_person_who_asks_again_gets_it_done_again(chain: Chain) -> None:
    """Each direct invocation is a job of its own."""
    fill(chain)
    chain.begin(PREFIX)
    fill(chain)

    assert chain.begin(PREFIX)["deleted"] == 10


def test_an_event_whose_keys_have_failed_tries_them_again(chain: Chain) -> None:
    """And nothing else: what was deleted and is there anew has not failed."""
    fill(chain)
    chain.deployment.oss.misbehave(Withhold({"a/00005"}))
    chain.deployment.oss.misbehave(Refuse(403, "FileImmutable", operation="delete"))
    with pytest.raises(UndoneError, match="incomplete"):
        chain.begin(TIMER)
    chain.deployment.oss.behave()
    chain.deployment.fill("a/00004")

    again = chain.begin(TIMER)

    assert (again["status"], again["deleted"], again["at_least"]) == ("done", 10, False)
    assert chain.deployment.keys() == ["a/00004", "b"]
    assert chain.begin(TIMER)["status"] == "ignored"


def test_all_keys_that_have_failed_are_tried_again(chain: Chain) -> None:
    """The answer names a hundred of them; the others are not forgotten for that."""
    chain.deployment.timeout = 600  # hundreds of requests, one after the other
    fill(chain, 600)
    oss = chain.deployment.oss
    odd = {f"a/{number:05}" for number in range(1, 600, 2)}
    oss.misbehave(Refuse(403, "AccessDenied", "No.", odd))
    with pytest.raises(UndoneError, match="incomplete: 300 keys"):
        chain.begin(TIMER)
    oss.behave()
    oss.fill(BUCKET, ["a/00599"], oss.now() + 30)

    again = chain.begin(TIMER)

    assert (again["status"], again["deleted"], again["failed"]) == ("done", 599, 0)
    assert (again["listed"], again["skipped"]) == (600, 1)
    assert chain.deployment.keys() == ["a/00599", "b"]


def test_an_object_that_has_failed_and_was_written_anew_stays(chain: Chain) -> None:
    """A repetition deletes nothing that was written after the job began."""
    fill(chain)
    oss = chain.deployment.oss
    oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/00005"}))
    with pytest.raises(UndoneError, match="incomplete"):
        chain.begin(TIMER)
    oss.behave()
    oss.fill(BUCKET, ["a/00005"], oss.now() + 30)

    again = chain.begin(TIMER)

    assert (again["status"], again["deleted"]) == ("done", 9)
    assert again["skipped_because"] == {"written after the job began": 1}
    assert chain.deployment.keys() == ["a/00005", "b"]


@pytest.mark.parametrize("again", ["the first event", "the last one"])
def test_the_failed_keys_of_a_job_in_parts_are_tried_again_as_well(
    chain: Chain, again: str
) -> None:
    """By the event that ordered it, and by that of whoever told of its end."""
    deployment = chain.deployment
    deployment.fill(*(f"{prefix}/{number:04}" for prefix in "ab" for number in range(4000)))
    hurried(deployment, 60, batch_delete=2)
    oss = deployment.oss
    chain.wait_for_a_split()
    oss.misbehave(Withhold({"b/3007"}))
    oss.misbehave(Refuse(409, "FileImmutable", "No.", {"b/3007"}, operation="delete"))
    event = {**TIMER, "payload": json.dumps({**PREFIX, "prefix": ["a/", "b/"], "parallel": 2})}
    first = chain.begin(event)
    assert len(first["next"]) == 2, first
    incomplete = chain.to_the_end()[-1]
    oss.behave()
    deployment.fill("a/0001")

    if again == "the first event":
        last = chain.begin(event)
    else:
        chain.delivered -= 1
        last = chain.go_on()

    assert (incomplete["status"], incomplete["failed"]) == ("incomplete", 1)
    assert (last["job"], last["status"], last["deleted"]) == (first["job"], "done", 8000)
    assert (last["failed"], last["at_least"], last["listed"]) == (0, False, 8000)
    assert deployment.keys() == ["a/0001"]
    assert [chain.begin(event)["status"] for _ in range(2)] == ["ignored"] * 2


def test_a_job_that_was_stopped_is_not_done_because_its_event_comes_again(chain: Chain) -> None:
    """What failed of it alone would be tried again, and the rest be forgotten."""
    fill(chain, 3000)
    oss = chain.deployment.oss
    oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/00007"}))
    event = {**TIMER, "payload": json.dumps({**PREFIX, "limits": {"objects": 1500}})}
    first = chain.begin(event)
    oss.behave()

    again = chain.begin(event)

    assert (first["status"], first["deleted"], first["failed"]) == ("stopped", 1499, 1)
    assert again == first
    assert len(chain.deployment.keys()) == 1502


def test_any_event_of_a_chain_that_comes_again_does_no_harm(chain: Chain) -> None:
    """Whenever it comes: the chain goes on, and is one."""
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)
    first = chain.begin(TIMER)
    answers = [first]
    while chain.called:
        event = chain.called[0]
        answers.append(chain.go_on())
        assert chain.begin(TIMER)["status"] == "ignored"
        assert chain.begin(event)["status"] == "ignored"

    assert answers[-1]["status"] == "done"
    assert (answers[-1]["deleted"], answers[-1]["at_least"]) == (3000, False)
    assert [each["status"] for each in answers[:-1]] == ["continued"] * (len(answers) - 1)
    tasks = [each.task_id for each in chain.fc.accepted]
    assert len(tasks) == len(set(tasks)) == len(answers) - 1


MESSAGE_AGAIN = {**MESSAGE, "MessageId": "2"}


def out_of_order(request: Request) -> list[Fault]:
    """Let OSS carry out no deletion."""
    return [Refuse(503, "ServiceUnavailable")] if request.bucket == BUCKET else []


@pytest.mark.parametrize("which", ["first", "last"])
def test_a_job_that_an_outage_has_stopped_goes_on_when_its_event_comes_again(
    chain: Chain, which: str
) -> None:
    """That of its first invocation or of its last: whoever repeats it carries the job on."""
    fill(chain)
    chain.deployment.oss.misbehave(AsTold(out_of_order, operation=("batch_delete", "delete")))
    first, last = chain.begin(TIMER), chain.called[0]
    with pytest.raises(UndoneError, match="stopped: 2 invocations in a row have") as stopped:
        chain.go_on()
    chain.deployment.oss.behave()

    again = chain.begin(TIMER if which == "first" else last)

    way = json.dumps({"job": first["job"], "do": "resume"})
    assert str(stopped.value).endswith(f"; it goes on when its event is sent again, or by {way}")
    assert (again["job"], again["status"], again["deleted"]) == (first["job"], "done", 10)


def test_a_job_of_a_request_that_an_outage_has_stopped_goes_on_by_resume(chain: Chain) -> None:
    """A request that is sent again is another job, so nothing is said of that."""
    fill(chain)
    chain.deployment.oss.misbehave(AsTold(out_of_order, operation=("batch_delete", "delete")))
    job = chain.begin(PREFIX)["job"]
    with pytest.raises(UndoneError) as stopped:
        chain.go_on()

    way = json.dumps({"job": job, "do": "resume"})
    assert str(stopped.value).endswith(f"; it goes on by {way}")


def test_a_job_that_had_its_invocations_has_one_more_for_each_event_that_comes(
    chain: Chain,
) -> None:
    """The setting bounds what it does by itself."""
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57).set(max_hops="1")
    so_far = "invocations, the most that OSSWEEP_MAX_HOPS allows; raise that, and it goes on when"

    for hops in (1, 2):
        with pytest.raises(UndoneError, match=f"stopped: the job has taken {hops} {so_far}"):
            chain.begin(TIMER)

    assert (chain.begin(TIMER)["deleted"], chain.called) == (3000, [])


class Death(BaseException):
    """An invocation that meets it does nothing more."""


def dies_once(chain: Chain, enough: Callable[[], bool]) -> None:
    """Let an invocation die in its sweep as soon as enough has been done."""

    def die() -> bool:
        if enough():
            raise Death
        return False

    chain.deployment.terminated = die


def ends_with_a_thousand(chain: Chain, raised: BaseException) -> None:
    """Let an invocation of four thousand objects end when its checkpoint counts the first of them.

    The second waits for that, and is lost.
    """
    fill(chain, 4000)
    oss, clock, over = chain.deployment.oss, Clock(), Event()
    hurried(chain.deployment, 300)
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic)

    def end() -> bool:
        if kept(chain) == 1000:
            over.set()
            raise raised
        return False

    def lose(request: Request) -> list[Fault]:
        if request.operation != "batch_delete" or oss.count("batch_delete") == 1:
            return []
        clock.now += 14  # a checkpoint is due
        assert over.wait(60)
        return [Reset()]

    chain.deployment.terminated = end
    oss.misbehave(AsTold(lose))


def kept(chain: Chain) -> int:
    """Return how many deletions the last checkpoint of the only job counts."""
    oss = chain.deployment.oss
    record = max(key for key in oss.keys(STATE_BUCKET) if not key.endswith("-beat"))
    answer = json.load(oss2_bucket(oss, STATE_BUCKET).get_object(record))["answer"]
    return int(answer["deleted"]) if answer is not None else 0


def has_deleted(chain: Chain) -> bool:
    return chain.deployment.oss.count("batch_delete") >= 1


def revive(chain: Chain) -> None:
    chain.deployment.terminated = lambda: False


FORGED: list[dict[str, Any]] = [
    {"hop": 10**6, "keys": ("nothing",), "counts": Counts(deleted=5)},
    {"hop": 1, "keys": ("nothing",), "parallel": 400},
    {"hop": 1, "ranges": (Range("b"),), "rate": 10**9, "of_parts": 1},
    {"hop": 2, "ranges": (Range("a/"),), "clock": 2**40, "limit": None},
    {"hop": 1, "keys": ("nothing",), "part_of": "another", "idle": 1},
]


@pytest.mark.parametrize("made_up", FORGED, ids=",".join)
@pytest.mark.parametrize("source", ["direct", "message"])
def test_a_made_up_continuation_says_nothing_of_a_job_that_has_records(
    chain: Chain, made_up: dict[str, Any], source: str
) -> None:
    """They hold what it was ordered, how far it is, and what it may delete."""
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)
    job = chain.begin({**PREFIX, "limits": {"objects": 2500}})["job"]
    chain.deployment.oss.fill(BUCKET, ["a/since"], chain.deployment.oss.now() + 60)
    forged = seal(Work(job, BUCKET, unfinished="continue", **made_up))
    message = {**MESSAGE, "data": {"messageId": "M", "messageBody": json.dumps(forged)}}

    chain.begin(forged if source == "direct" else message)
    chain.to_the_end()
    told = chain.begin({"job": job, "do": "status"})

    assert (told["status"], told["deleted"]) == ("stopped", 2500)
    assert len(chain.deployment.keys()) == 502
    assert {"a/since", "b"} < set(chain.deployment.keys())
    assert len(chain.fc.accepted) <= 4


def test_an_invocation_that_fails_leaves_the_job_at_its_last_checkpoint(chain: Chain) -> None:
    """What the checkpoint had counted stays counted, and the next delivery need not wait."""
    ends_with_a_thousand(chain, RuntimeError("can't start new thread"))
    with pytest.raises(RuntimeError):
        chain.begin(TIMER)
    revive(chain)
    chain.deployment.oss.behave()

    answers = [chain.begin(TIMER), *chain.to_the_end()]

    last = answers[-1]
    assert (last["status"], last["at_least"], chain.deployment.keys()) == ("done", True, ["b"])
    assert last["deleted"] == 4000


def test_a_job_whose_invocation_died_goes_on_from_its_checkpoint(chain: Chain) -> None:
    """By its event, sent again; what it counts is the least that was deleted."""
    ends_with_a_thousand(chain, Death())
    with pytest.raises(Death):
        chain.begin(TIMER)
    revive(chain)
    chain.deployment.oss.behave()
    late(chain)

    answers = [chain.begin(TIMER), *chain.to_the_end()]

    last = answers[-1]
    assert (last["status"], last["at_least"], chain.deployment.keys()) == ("done", True, ["b"])
    assert last["deleted"] == 4000
    assert chain.state() == ["000000-01", "end"]


def test_a_call_that_comes_late_resumes_no_job_that_was_stopped(chain: Chain) -> None:
    """It is nobody's word: who made it had been overtaken by who has stopped."""
    fill(chain, 4000)
    hurried(chain.deployment, 60, batch_delete=57)
    job = chain.begin(TIMER)["job"]
    call = chain.called[0]
    chain.deployment.oss.remove(STATE_BUCKET, [f"{STATE}{job}/{FIRST.name}{LEFT}"])
    late(chain)
    chain.begin({"job": job, "do": "stop"})
    stopped = chain.begin(TIMER)
    left = chain.deployment.keys()

    chain.begin(call)

    assert (stopped["status"], chain.deployment.keys()) == ("stopped", left)
    assert chain.begin({"job": job, "do": "status"})["status"] == "stopped"


def test_a_job_that_died_before_any_checkpoint_spares_what_is_new(chain: Chain) -> None:
    """It began when its first invocation did, whoever does it in the end."""
    fill(chain, 2000)
    dies_once(chain, lambda: has_deleted(chain))
    with pytest.raises(Death):
        chain.begin(TIMER)
    revive(chain)
    late(chain)
    oss = chain.deployment.oss
    oss.fill(BUCKET, ["a/new"], oss.now() + 30)

    again = chain.begin(TIMER)

    assert (again["status"], again["at_least"]) == ("done", True)
    assert again["skipped_because"] == {"written after the job began": 1}
    assert chain.deployment.keys() == ["a/new", "b"]


def test_a_jobs_first_record_keeps_its_events_time(chain: Chain) -> None:
    """Whichever invocation holds the job in the end, objects written after the event stay."""
    oss = chain.deployment.oss
    event = {**MESSAGE, "time": datetime.fromtimestamp(oss.now() - 60, timezone.utc).isoformat()}
    oss.fill(BUCKET, ["a/since"], oss.now() - 30)
    fill(chain, 2000)
    dies_once(chain, lambda: has_deleted(chain))
    with pytest.raises(Death):
        chain.begin(event)
    revive(chain)
    late(chain)

    again = chain.begin(event)

    assert (again["status"], chain.deployment.keys()) == ("done", ["a/since", "b"])


def test_an_event_that_comes_while_its_holder_may_live_is_to_come_again(chain: Chain) -> None:
    """Nobody waits longer than there is time for: the source tries again later."""
    fill(chain, 10)
    dies_once(chain, lambda: True)
    with pytest.raises(Death):
        chain.begin(TIMER)
    revive(chain)
    clock = Clock()
    waits = clock.pass_by(1)
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic, sleep=waits)
    chain.deployment.timeout = 15  # less than a lease

    with pytest.raises(UndoneError, match="send the event again later"):
        chain.begin(TIMER)

    assert clock.now < 1000 + chain.deployment.timeout - 1
    assert len(chain.deployment.keys()) == 11


def test_an_event_that_comes_twice_at_once_is_done_once(chain: Chain) -> None:
    """The second learns from a checkpoint that the first is at work."""
    fill(chain, 3000)
    deployment, clock, oss = chain.deployment, Clock(), chain.deployment.oss
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    other = replace(deployment, environ=dict(deployment.environ), log=[])
    other.world = World(sleep=lambda _: wait(), uniform=lambda low, _: low)
    told: list[dict[str, Any]] = []

    def wait() -> None:
        clock.now += 3  # the first invocation's checkpoints and signs of life are due
        deployment.oss.wait_for("put", oss.count("put") + 1, timeout=0.5)

    oss.misbehave(Before("batch_delete", lambda _: told.append(other.send(TIMER)), times=1))
    answer = chain.begin(TIMER)

    [ignored] = told
    assert (ignored["status"], ignored["job"]) == ("ignored", answer["job"])
    assert ignored["reason"].startswith("another invocation is at work on this job")
    assert (answer["status"], answer["deleted"], answer["at_least"]) == ("done", 3000, False)


def test_state_that_cannot_be_reached_is_told_before_anything_is_deleted(chain: Chain) -> None:
    """A job that might be another's already is not begun."""
    fill(chain)
    chain.deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="put"))

    with pytest.raises(StoreError, match="AccessDenied"):
        chain.begin(PREFIX)

    assert len(chain.deployment.keys()) == 11


def test_state_that_does_not_answer_is_told_before_anything_is_deleted(chain: Chain) -> None:
    """Time that runs out is told by a sentence, too."""
    fill(chain)
    clock = Clock()
    chain.deployment.oss.misbehave(Reset(operation="put"))
    waits = clock.pass_by(30)
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic, sleep=waits)

    with pytest.raises(UndoneError, match="before it was clear who carries the job"):
        chain.begin(PREFIX)

    assert len(chain.deployment.keys()) == 11


def test_a_holder_that_cannot_renew_its_lease_stops_asking(chain: Chain) -> None:
    """Another may begin when it is over: nobody deletes any more by then."""
    fill(chain, 4000)
    hurried(chain.deployment, 120, batch_delete=6)
    oss = chain.deployment.oss
    refuse = Refuse(403, "AccessDenied", operation="put")
    oss.misbehave(Before("batch_delete", lambda _: oss.misbehave(refuse), times=1))

    with pytest.raises(HandoverError, match="AccessDenied"):
        chain.begin(PREFIX)

    # Of four batches that would take six seconds each, the lease of fifteen lets three begin.
    assert 1001 <= len(chain.deployment.keys()) <= 2001
    said = [line["message"] for line in chain.deployment.log]
    assert "checkpoint not written" in said


def test_a_state_without_which_nothing_is_asked_for_is_told(chain: Chain) -> None:
    """A job with a ceiling waits for its first checkpoint, and time passes."""
    fill(chain, 3000)
    clock = Clock()
    refuse = Refuse(503, "ServiceUnavailable", operation="put")
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    chain.deployment.oss.misbehave(Before("list", lambda _: chain.deployment.oss.misbehave(refuse)))
    chain.deployment.oss.misbehave(Before("put", clock.pass_by(1)))

    answer = chain.begin({**PREFIX, "limits": {"objects": 2000}, "unfinished": "return"})

    assert (answer["status"], answer["deleted"]) == ("unfinished", 0)
    assert answer["reason"].startswith("the job's state could not be written")


def test_state_that_is_gone_when_a_hop_ends_hands_nothing_over(chain: Chain) -> None:
    """The invocation raises, and its event goes on from what could be kept."""
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)
    oss = chain.deployment.oss
    oss.misbehave(
        Before(
            "batch_delete", lambda _: oss.misbehave(Refuse(403, "AccessDenied", operation="put"))
        )
    )
    with pytest.raises(HandoverError, match="AccessDenied"):
        chain.begin(TIMER)
    assert chain.called == []
    oss.behave()
    hurried(chain.deployment, 60, batch_delete=57)
    late(chain)

    answers = [chain.begin(TIMER), *chain.to_the_end()]

    assert (answers[-1]["status"], answers[-1]["at_least"]) == ("done", True)
    assert chain.deployment.keys() == ["b"]


def test_a_bucket_with_versions_keeps_state_as_well(chain: Chain) -> None:
    """Nothing of it is left in any version but who began a job and how it ended."""
    chain.deployment.oss.enable_versioning(STATE_BUCKET)
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)

    answers = [chain.begin(TIMER), *chain.to_the_end()]

    assert (answers[-1]["deleted"], answers[-1]["at_least"]) == (3000, False)
    assert chain.begin(TIMER)["status"] == "ignored"
    versions = oss2_bucket(chain.deployment.oss, STATE_BUCKET).list_object_versions()
    assert {each.key.rpartition("/")[2] for each in versions.versions} == {"000000-01", "end"}
    assert versions.delete_marker == []


def test_state_is_never_swept(chain: Chain) -> None:
    """Not even by whoever empties the bucket that it is in."""
    chain.deployment.set(state=f"{BUCKET}/{STATE}")
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)

    first = chain.begin({"everything": True, "confirm": BUCKET})
    answers = [first, *chain.to_the_end()]

    assert (answers[-1]["status"], answers[-1]["deleted"]) == ("done", 3001)
    kept = [f"{STATE}{first['job']}/000000-01", f"{STATE}{first['job']}/end"]
    assert chain.deployment.keys() == kept
    said = chain.deployment.refuse({"directory": f"{STATE}{first['job']}"})
    assert "where OSSWEEP_STATE keeps the jobs' state" in said


def test_events_about_state_are_ignored(chain: Chain) -> None:
    """Whatever the rules say: each checkpoint would be an event."""
    chain.deployment.set(
        state=f"{BUCKET}/{STATE}", rules=json.dumps([{**FILES, "key": "{all}.json"}])
    )
    event = json.loads(json.dumps(REMOVED))
    event["events"][0]["eventName"] = "ObjectCreated:PutObject"
    event["events"][0]["oss"]["object"]["key"] = f"{STATE}job/000000-01.json"

    answer = chain.begin(event)

    assert (answer["status"], answer["reason"]) == (
        "ignored",
        "ossweep keeps its jobs' state there",
    )
