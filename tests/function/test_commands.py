"""A word to a job: how far it is, stop it, let it go on."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE, STATE_BUCKET, Chain, hurried, ordered_to_stop, sum_of
from localcloud.clients import oss2_bucket
from localcloud.faults import Before, DateShift, Refuse
from ossweep.handover.continuation import seal
from ossweep.leases.records import FIRST, LEFT, Departure, End, Fence, Record, written
from ossweep.stops import Why
from ossweep.work import Work
from ossweep.world import World

if TYPE_CHECKING:
    from localcloud.arrivals import Request

PREFIX = {"bucket": BUCKET, "prefix": "a/"}


@pytest.fixture
def long(chain: Chain) -> Chain:
    """A job of 3,000 objects, of which an invocation can delete a thousand."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)), "b")
    hurried(chain.deployment, 60, batch_delete=57)
    return chain


def to(chain: Chain, job: str, do: str) -> dict[str, Any]:
    return chain.begin({"job": job, "do": do})


def during(chain: Chain, do: str, when: str = "batch_delete") -> list[dict[str, Any]]:
    """Say a word to a job once, while an invocation is at work on it; return what was answered."""
    answers: list[dict[str, Any]] = []

    def say(_: object) -> None:
        [key] = [key for key in chain.deployment.oss.keys("statebucket") if key.endswith("-01")]
        answers.append(to(chain, key.split("/")[1], do))

    def say_of_job(request: Request) -> None:
        if request.bucket == BUCKET and not answers:
            say(request)

    chain.deployment.oss.misbehave(Before(when, say_of_job))
    return answers


def test_a_job_that_has_been_handed_over_is_going_on(long: Chain) -> None:
    """With its counts so far."""
    first = long.begin(PREFIX)

    told = to(long, first["job"], "status")

    assert (told["status"], told["reason"]) == ("continued", "its next invocation is on its way")
    assert (told["hops"], told["deleted"], told["bucket"]) == (1, 1000, BUCKET)
    assert (told["continuation"], sum_of(told)) == (None, told["listed"])


def test_a_job_at_work_is_told_of(long: Chain) -> None:
    """By what its holder has written; noughts that are nobody's figures are called that."""
    told = during(long, "status", when="list")
    first = long.begin(PREFIX)
    record = Record("holder", 17.0, continuation=long.called[0], answer=first)
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    shelf.put_object(f"{STATE}{first['job']}/000001-01", written(record))
    told.append(to(long, first["job"], "status"))

    at_work = "an invocation is at work on it"
    unknown = f"{at_work}; before its first checkpoint nothing is known of its counts"
    assert [(each["status"], each["reason"], each["deleted"]) for each in told] == [
        ("continued", unknown, 0),
        ("continued", at_work, 1000),
    ]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_job_tells_its_bucket_from_its_first_record_on(long: Chain, dry_run: bool) -> None:
    """And whether it is a dry run, by status and in the list of jobs."""
    told = during(long, "status", when="list")
    job = long.begin({**PREFIX, "dry_run": dry_run})["job"]
    died = f"{STATE}{job}/000000-01"
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    first = shelf.get_object(died).read()
    for each in long.deployment.oss.keys(STATE_BUCKET):
        shelf.delete_object(each)
    shelf.put_object(died, first)
    long.deployment.oss.misbehave(DateShift(300))
    told.append(to(long, job, "status"))
    told += long.begin({"do": "list"})["jobs"]

    assert [(each["bucket"], each["dry_run"]) for each in told] == 3 * [(BUCKET, dry_run)]
    assert "before its first checkpoint" in told[1]["reason"]


def test_a_job_that_has_answered_nothing_yet_knows_its_bucket(long: Chain) -> None:
    """What is left of it stands in the state, and so does where."""
    first = long.begin(PREFIX)
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    left = Departure("released", long.called[0], None)
    shelf.put_object(f"{STATE}{first['job']}/000000-01-left", written(left))

    told = to(long, first["job"], "status")

    assert (told["status"], told["bucket"], told["deleted"]) == ("unfinished", BUCKET, 1000)


def test_a_pace_and_an_end_are_told(long: Chain) -> None:
    """The pace is that of the job so far, and the end what it makes of the rest."""
    first = long.begin(PREFIX)

    told = to(long, first["job"], "status")

    assert (first["deleted"], first["seconds"]) == (1000, 57.0)
    assert told["objects_per_second"] == 17.5
    assert datetime.fromisoformat(told["estimated_end"]) > datetime.now(timezone.utc)


def test_a_job_whose_invocation_is_gone_is_dead(long: Chain) -> None:
    """Nothing has been written for longer than a lease lasts."""

    def look_back(_: object) -> None:
        long.deployment.oss.misbehave(DateShift(300))

    long.deployment.oss.misbehave(Before("batch_delete", look_back, times=1))
    told = during(long, "status")
    long.begin(PREFIX)

    assert told[0]["status"] == "unfinished"
    assert told[0]["reason"].startswith(("its invocation died", "its invocation has died"))


# Names of jobs by the identity of an event: a message's, a timer's, one of OSS's, and a part's.
OF_EVENTS = [f"{source}-{'0123456789' * 2}-1" for source in ("mns", "timer", "oss")]
OF_EVENTS += [f"{OF_EVENTS[0]}-p2"]
OF_INVOCATIONS = ["7d3b2c1e-1", "request-0123456789abcdef0123-1", "7d3b2c1e-1-p2", "mns-1"]


@pytest.mark.parametrize("job", [*OF_EVENTS, *OF_INVOCATIONS])
def test_status_advises_to_send_an_event_again_only_where_that_finds_the_job(
    long: Chain, job: str
) -> None:
    """A job that is named after its invocation goes on by `resume` alone."""
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    record = Record("holder", 17.0, continuation={"job": job, "hop": 0})
    shelf.put_object(f"{STATE}{job}/000000-01", written(record))
    long.deployment.oss.misbehave(DateShift(300))

    by_event = "when its event is sent again, or " if job in OF_EVENTS else ""
    assert to(long, job, "status")["reason"] == (
        f"its invocation has died; it goes on {by_event}by resume"
    )


def test_a_job_that_died_before_its_first_checkpoint_needs_its_event(long: Chain) -> None:
    """Status says so beforehand, and resume says nothing else."""
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    for job in ("early", OF_EVENTS[0]):
        shelf.put_object(f"{STATE}{job}/000000-01", written(Record("holder", 17.0)))
    long.deployment.oss.misbehave(DateShift(300))

    told, resumed = to(long, "early", "status"), to(long, "early", "resume")
    of_event = to(long, OF_EVENTS[0], "status")

    died = "its invocation died before its first checkpoint"
    assert (of_event["status"], of_event["reason"]) == (
        "unfinished",
        f"{died}; its event, sent again, begins it anew",
    )
    assert (told["status"], told["reason"]) == (
        "unfinished",
        f"{died}; its request, sent again, makes another job",
    )
    assert (resumed["status"], resumed["reason"]) == (
        "ignored",
        "this job died before its first checkpoint; send its event again",
    )


def test_a_job_whose_invocation_died_tells_that_more_may_be_gone(long: Chain) -> None:
    """Before its first checkpoint, too, where nothing is known of what it has deleted."""
    job = long.begin(PREFIX)["job"]
    records = [f"{STATE}{job}/{FIRST.name}{ending}" for ending in (LEFT, "-w01")]
    long.deployment.oss.remove(STATE_BUCKET, records)
    long.deployment.oss.misbehave(DateShift(300))

    told = to(long, job, "status")

    assert (told["status"], told["deleted"], told["at_least"]) == ("unfinished", 0, True)
    assert told["reason"].startswith("its invocation died before its first checkpoint")


def test_hops_count_who_took_over_and_who_tried_again(long: Chain) -> None:
    """Each has had the job, and no other hop tells of it."""
    long.deployment.oss.misbehave(Refuse(409, "FileImmutable", keys={"a/00007"}))
    first = long.begin(PREFIX)
    died = Record("holder", 17.0, continuation=long.called[0], answer=first)
    key = f"{STATE}{first['job']}/{Fence(1).name}"
    oss2_bucket(long.deployment.oss, STATE_BUCKET).put_object(key, written(died))
    long.deployment.oss.misbehave(DateShift(300))
    long.delivered += 1
    hurried(long.deployment, 60)

    ended = [to(long, first["job"], do) for do in ("resume", "status")]
    again = [to(long, first["job"], do) for do in ("resume", "status")]

    assert [each["status"] for each in (*ended, *again)] == ["incomplete"] * 4
    assert (ended[1]["hops"], again[1]["hops"]) == (3, 4)


def test_an_ended_job_is_told_of_as_it_ended(long: Chain) -> None:
    """With the number of its hops."""
    first = long.begin(PREFIX)
    last = long.to_the_end()[-1]

    told = to(long, first["job"], "status")

    assert {name: told[name] for name in last} == last
    assert (told["hops"], told["estimated_end"]) == (1 + long.delivered, None)


@pytest.mark.parametrize("do", ["status", "stop", "resume"])
def test_an_unknown_job_is_told_as_such(chain: Chain, do: str) -> None:
    """And no state of it comes to be."""
    told = to(chain, "nobody", do)

    assert (told["status"], told["job"]) == ("ignored", "nobody")
    assert told["reason"].startswith("there is no such job; if there was one, it has ended long")
    assert chain.state() == []


def test_an_order_to_stop_ends_a_chain_before_its_next_hop(long: Chain) -> None:
    """The invocation that was called finds the order; the rest is there, and no more is deleted."""
    first = long.begin(PREFIX)
    before = long.deployment.keys()

    told = to(long, first["job"], "stop")
    answer = long.go_on()

    assert told["reason"] == "it stops at its next checkpoint, or before it goes on"
    assert (answer["status"], answer["reason"]) == ("stopped", ordered_to_stop(first["job"]))
    assert (long.deployment.keys(), long.called) == (before, [])
    assert answer["continuation"] is not None
    after = to(long, first["job"], "status")
    assert (after["status"], after["reason"]) == ("stopped", ordered_to_stop(first["job"]))


def test_an_order_to_stop_holds_for_a_job_that_nobody_is_at_work_on(long: Chain) -> None:
    """Its event, sent again, finds the order; only resume takes it back."""
    shelf = oss2_bucket(long.deployment.oss, STATE_BUCKET)
    first = long.begin(PREFIX)
    record = Record("holder", 17.0, continuation=long.called[0])
    shelf.put_object(f"{STATE}{first['job']}/000001-01", written(record))
    long.deployment.oss.misbehave(DateShift(300))
    before = long.deployment.keys()

    told = to(long, first["job"], "stop")
    after = to(long, first["job"], "status")
    [listed] = long.begin({"do": "list"})["jobs"]
    again = long.go_on()

    assert {each["reason"] for each in (after, listed)} == {
        "nobody is at work on it, and it is ordered to stop, until resume"
    }
    assert (told["status"], told["reason"]) == (
        "unfinished",
        "nobody is at work on it, and whoever comes finds the order to stop, until resume",
    )
    assert (again["status"], again["reason"]) == ("stopped", ordered_to_stop(first["job"]))
    assert long.deployment.keys() == before


def test_an_order_to_stop_ends_a_hop_at_its_next_checkpoint(chain: Chain) -> None:
    """What is under way comes back and is counted."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(6000)), "b")
    hurried(chain.deployment, 600, batch_delete=6)  # within the lease
    during(chain, "stop")
    chain.wait_for_checkpoints(2)  # the order is written as well

    answer = chain.begin(PREFIX)

    assert (answer["status"], answer["reason"]) == ("stopped", ordered_to_stop(answer["job"]))
    assert answer["deleted"] == 6001 - len(chain.deployment.keys()) < 6000
    assert (answer["at_least"], chain.called) == (False, [])


@pytest.fixture
def taken_back(chain: Chain) -> Chain:
    """A job whose order to stop is taken back just as its holder writes that it obeys."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(6000)))
    hurried(chain.deployment, 600, batch_delete=6)  # within the lease
    oss = chain.deployment.oss
    during(chain, "stop")
    chain.wait_for_checkpoints(2)  # the order is written as well

    def take_back(request: Request) -> None:
        if request.key.endswith("-left"):
            given = [key for key in oss.keys(STATE_BUCKET) if "/stop-" in key]
            oss.fill(STATE_BUCKET, {f"{key}-back": b"{}" for key in given})

    oss.misbehave(Before("put", take_back))
    return chain


def test_a_job_goes_on_whose_order_is_taken_back_while_it_stops(taken_back: Chain) -> None:
    """Its holder looks once more when it has written that it stops: nobody else would go on."""
    answer = taken_back.begin(PREFIX)

    assert (answer["status"], answer["reason"]) == (
        "continued",
        "it was resumed meanwhile; the next invocation is on its way",
    )
    assert taken_back.to_the_end()[-1]["status"] == "done"


def test_a_job_that_nobody_goes_on_with_is_not_stopped_by_what_was_taken_back(
    taken_back: Chain,
) -> None:
    """Its continuation is there, and its event goes on with it as well."""
    answer = taken_back.begin({**PREFIX, "unfinished": "return"})
    told = to(taken_back, answer["job"], "status")

    assert (answer["status"], answer["reason"]) == (
        "unfinished",
        "it was resumed meanwhile; send the continuation back to go on",
    )
    assert told["status"] == "unfinished"
    assert taken_back.begin(answer["continuation"])["status"] == "done"


def test_a_resume_of_a_job_at_work_tells_what_it_takes_back(chain: Chain) -> None:
    """With the job's bucket and counts; the same word, where it changes nothing, says that."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    chain.deployment.world = World()  # whose clock goes on, so that there are signs of life
    chain.deployment.set(checkpoint_seconds="1")
    told: list[dict[str, Any]] = []

    def speak(request: Request) -> None:
        if request.bucket == BUCKET and not told:
            [key] = [key for key in chain.deployment.oss.keys(STATE_BUCKET) if key.endswith("-01")]
            job = key.split("/")[1]
            told.append({})
            told[:] = [to(chain, job, do) for do in ("stop", "status", "resume", "resume")]

    chain.deployment.oss.misbehave(Before("batch_delete", speak))
    answer = chain.begin(PREFIX)

    _, after, resumed, again = told
    assert after["reason"].endswith("; it is ordered to stop, and stops at its next checkpoint")
    assert (resumed["status"], resumed["bucket"]) == ("continued", BUCKET)
    assert resumed["reason"].startswith("an order to stop was taken back; an invocation is at work")
    assert again["reason"].startswith("there was no order to stop that this word takes back; an in")
    assert (answer["status"], answer["deleted"]) == ("done", 3000)


def test_a_job_that_is_stopped_is_ordered_to_stop_once_more(long: Chain) -> None:
    """An invocation about to go on, because the first order was taken back, is to see it."""
    first = long.begin(PREFIX)
    to(long, first["job"], "stop")
    stopped = long.go_on()
    before = long.deployment.keys()

    again = to(long, first["job"], "stop")
    late = long.begin(stopped["continuation"])

    assert [each["status"] for each in (stopped, again, late)] == 3 * ["stopped"]
    assert long.deployment.keys() == before
    to(long, first["job"], "resume")
    assert long.to_the_end()[-1]["status"] == "done"


def test_a_message_that_resumes_a_job_twice_takes_back_no_order_in_between(long: Chain) -> None:
    """The order is younger than the word that comes again."""
    long.deployment.set(sources="direct,mns")
    first = long.begin(PREFIX)
    word = json.dumps({"job": first["job"], "do": "resume"})
    resume = {"TopicOwner": "1", "TopicName": "t", "MessageId": "M1", "Message": word}
    to(long, first["job"], "stop")
    long.go_on()
    long.begin(resume)
    to(long, first["job"], "stop")
    before = long.deployment.keys()

    again = [each["status"] for each in (*long.to_the_end(), long.begin(resume))]

    assert again == ["stopped", "stopped"]
    assert long.deployment.keys() == before


def test_a_resume_that_is_refused_leaves_a_job_stopped(long: Chain) -> None:
    """A repetition of its event finds it so, as before."""
    event = {
        "triggerTime": "2024-03-01T00:00:00Z",
        "triggerName": "nightly",
        "payload": json.dumps(PREFIX),
    }
    first = long.begin(event)
    to(long, first["job"], "stop")
    stopped = long.go_on()
    before, allowed = long.state(), dict(long.deployment.environ)
    long.deployment.set(buckets="otherbucket")

    refused = long.deployment.refuse({"job": first["job"], "do": "resume"})
    long.deployment.environ = allowed

    assert refused.startswith("PolicyError: the state of the job")
    assert long.state() == before
    assert long.begin(event)["reason"] == stopped["reason"]


@pytest.mark.parametrize("way", ["resume", "continuation"])
def test_a_stopped_job_goes_on_when_it_is_told_to(long: Chain, way: str) -> None:
    """By a word, or by its continuation; the sums are exact."""
    first = long.begin(PREFIX)
    to(long, first["job"], "stop")
    stopped = long.go_on()

    if way == "resume":
        to(long, first["job"], "resume")
    else:
        long.begin(stopped["continuation"])
    last = long.to_the_end()[-1]

    assert (last["status"], last["deleted"], last["at_least"]) == ("done", 3000, False)
    assert (long.deployment.keys(), long.state()) == (["b"], ["000000-01", "end"])


def test_a_stopped_timers_job_raises_nothing(long: Chain) -> None:
    """To try again is not what the person wants who has stopped it."""
    timer = {
        "triggerTime": "2024-03-01T00:00:00Z",
        "triggerName": "nightly",
        "payload": json.dumps(PREFIX),
    }
    first = long.begin(timer)
    to(long, first["job"], "stop")

    assert long.go_on()["status"] == "stopped"


def test_a_job_that_goes_on_is_not_resumed_twice(long: Chain) -> None:
    """Its next invocation was called already: whoever comes first does it."""
    first = long.begin(PREFIX)
    resumed = to(long, first["job"], "resume")
    late = long.go_on()

    assert (resumed["status"], late["status"]) == ("continued", "ignored")
    last = long.to_the_end()[-1]
    assert (last["deleted"], last["at_least"], long.deployment.keys()) == (3000, False, ["b"])


def test_an_ended_job_is_neither_stopped_nor_resumed(chain: Chain) -> None:
    """There is nothing to be done; it answers as it ended, and a `resume` says why."""
    chain.deployment.fill("a/1", "b")
    first = chain.begin(PREFIX)

    stopped, resumed = to(chain, first["job"], "stop"), to(chain, first["job"], "resume")
    ended = "nothing was done, because this job has ended: done"
    assert {name: stopped[name] for name in first} == first
    assert {name: resumed[name] for name in first} == {**first, "reason": ended}
    assert chain.state() == ["000000-01", "end"]


def test_a_job_that_has_ended_at_a_ceiling_tells_the_way_to_more(long: Chain) -> None:
    """A new request, once the deployment allows it: a `resume` does nothing, and says so."""
    long.deployment.set(max_objects="1500")
    job = long.begin(PREFIX)["job"]
    reason = "OSSWEEP_MAX_OBJECTS allows 1,500 objects; for more, raise that and send a new request"
    ended = long.to_the_end()[-1]
    long.deployment.set(max_objects="9999")

    resumed = to(long, job, "resume")

    assert (ended["status"], ended["reason"]) == ("stopped", reason)
    assert resumed["reason"] == f"nothing was done, because this job has ended: stopped; {reason}"
    assert len(long.deployment.keys()) == 1501


def test_a_failed_key_is_not_tried_again_where_the_latest_stay(chain: Chain) -> None:
    """It may be one of them by then: the job has its end, which says what to do."""
    keys = [f"a/{number:02}" for number in range(20)]
    chain.deployment.fill(*keys)
    refusal = Refuse(409, "FileImmutable", keys=keys[:1], operation=("delete", "batch_delete"))
    chain.deployment.oss.misbehave(refusal)

    ended = chain.begin({**PREFIX, "only": {"keep_latest": 2}})
    status = to(chain, ended["job"], "status")

    assert (ended["status"], ended["failed"], ended["deleted"]) == ("incomplete", 1, 17)
    assert ended["reason"].endswith("; send its request anew to try the failed keys again")
    assert (status["status"], status["failed"], status["deleted"]) == ("incomplete", 1, 17)


def test_an_incomplete_job_tells_that_a_resume_tries_what_has_failed(chain: Chain) -> None:
    """Also one that was stopped before, whose failed keys a first `resume` did not try."""
    chain.deployment.fill(*(f"a/{number:04}" for number in range(300)))
    refusal = Refuse(403, "AccessDenied", operation=("delete", "batch_delete"))
    chain.deployment.oss.misbehave(refusal)
    stopped = chain.begin(PREFIX)
    chain.deployment.oss.behave()
    job = stopped["job"]

    went_on = to(chain, job, "resume")

    way = json.dumps({"job": job, "do": "resume"})
    assert (stopped["status"], went_on["status"]) == ("stopped", "incomplete")
    assert went_on["failed"] == 100
    assert went_on["reason"].endswith(f"; {way} tries the failed keys again")
    assert to(chain, job, "resume")["status"] == "done"


def test_a_resume_takes_back_an_order_that_came_as_the_job_ended(chain: Chain) -> None:
    """The order stands until then, and keeps what has failed from being tried again."""
    chain.deployment.fill("a/1", "b")
    oss = chain.deployment.oss

    def order(request: Request) -> None:
        if request.key.endswith("/end"):
            oss.behave()
            to(chain, request.key.split("/")[1], "stop")

    oss.misbehave(Refuse(409, "FileImmutable", operation=("delete", "batch_delete")))
    oss.misbehave(Before("put", order))
    job = chain.begin(PREFIX)["job"]

    told, resumed = to(chain, job, "status"), to(chain, job, "resume")

    assert told["status"] == "incomplete"
    assert told["reason"].endswith("what has failed is not tried again, until resume")
    assert (resumed["status"], resumed["reason"], chain.deployment.keys()) == ("done", None, ["b"])


def test_a_resume_of_an_incomplete_job_tries_again_what_has_failed(chain: Chain) -> None:
    """As its event sent again does: what was written since the job began stays."""
    chain.deployment.fill("a/1", "a/2", "a/3")
    oss = chain.deployment.oss
    oss.misbehave(Refuse(403, "AccessDenied", keys={"a/1", "a/2"}))
    first = chain.begin(PREFIX)
    oss.behave()
    oss.fill(BUCKET, ["a/2", "a/4"], oss.now() + 30)

    resumed = to(chain, first["job"], "resume")

    assert (first["status"], first["failed"]) == ("incomplete", 2)
    assert (resumed["status"], resumed["deleted"], resumed["failed"]) == ("done", 2, 0)
    assert resumed["skipped_because"] == {"written after the job began": 1}
    assert chain.deployment.keys() == ["a/2", "a/4"]
    assert to(chain, first["job"], "resume")["status"] == "done"


def test_a_resume_that_is_refused_leaves_an_incomplete_job_as_it_ended(chain: Chain) -> None:
    """An order to stop is taken back by nobody who may not go on."""
    chain.deployment.fill("a/1")
    chain.deployment.oss.misbehave(Refuse(403, "AccessDenied", keys={"a/1"}))
    job = chain.begin(PREFIX)["job"]
    before = chain.state()
    chain.deployment.set(buckets="otherbucket")

    refused = chain.deployment.refuse({"job": job, "do": "resume"})

    assert refused.startswith("PolicyError: the state of the job")
    assert chain.state() == before


@pytest.mark.parametrize(
    "command",
    [
        {"job": "a", "do": "delete"},
        {"job": "a", "do": "STOP"},
        {"job": "a/b", "do": "stop"},
        {"job": "", "do": "stop"},
        {"job": 1, "do": "stop"},
        {"job": "a", "do": "stop", "prefix": "a/"},
        {"do": "stop"},
        {"job": "a", "do": ["stop"]},
        {"job": "a", "do": None},
    ],
)
def test_a_word_is_taken_literally(chain: Chain, command: dict[str, Any]) -> None:
    """What is no command is refused, and what else it might have meant is not guessed."""
    assert chain.deployment.refuse(command).startswith("RequestError: the request: ")


def test_a_word_needs_a_place_where_state_is_kept(chain: Chain) -> None:
    """The refusal says so."""
    del chain.deployment.environ["OSSWEEP_STATE"]

    said = chain.deployment.refuse({"job": "a", "do": "status"})
    assert said == "PolicyError: the deployment keeps no state of jobs; set OSSWEEP_STATE"


def test_a_part_that_has_used_up_its_share_does_not_stop_the_whole(chain: Chain) -> None:
    """What it has left is the whole job's, which others are still at work on."""
    whole, one, other = (
        Work(job, BUCKET, clock=1, part_of=of, limit=7, hop=1)
        for job, of in (("whole", None), ("whole-p1", "whole"), ("whole-p2", "whole"))
    )
    chain.deployment.fill("a/1")
    answer = chain.begin({**PREFIX, "unfinished": "return"})
    ended = {**answer, "job": "whole-p1", "status": "stopped", "reason": "limits.objects"}
    split = Departure("split", seal(whole), answer, parts=[seal(one), seal(other)])
    chain.deployment.oss.fill(
        STATE_BUCKET,
        {
            f"{STATE}whole/{FIRST.name}": written(Record("somebody", 17.0)),
            f"{STATE}whole/{FIRST.name}{LEFT}": written(split),
            f"{STATE}whole-p1/end": written(End(1, 1, 1, ended, seal(one), Why.CEILING)),
            f"{STATE}whole-p2/{FIRST.name}": written(Record("another", 17.0)),
        },
        chain.deployment.oss.now(),
    )

    told = to(chain, "whole", "status")

    assert (told["status"], told["reason"]) == ("continued", "its parts go on with it")
    assert told["parts"]["whole-p1"] == "stopped"
