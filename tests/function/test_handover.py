"""A job goes on in the next invocation, in one chain, to its end or until there is a reason."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, Chain, Clock, hurried, no_pauses, sum_of
from localcloud.faults import AsTold, Before, Refuse, Reset, Withhold
from localcloud.fc_faults import Refuse as RefuseCall
from localcloud.fc_faults import Reset as ResetCall
from ossweep.errors import HandoverError, UndoneError
from ossweep.handover.carrier import PAYLOAD_BYTES
from ossweep.leases.records import LEFT

if TYPE_CHECKING:
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

PREFIX = {"prefix": "a/"}
STATUS, STOP, RESUME = "status", "stop", "resume"


def fill(chain: Chain, objects: int) -> None:
    chain.deployment.fill(*(f"a/{number:05}" for number in range(objects)), "b", "a", "a0")


@pytest.fixture
def long(chain: Chain) -> Chain:
    """A job of 3,000 objects, of which an invocation can delete a thousand."""
    fill(chain, 3000)
    hurried(chain.deployment, 60, batch_delete=57)
    return chain


def to(chain: Chain, job: str, do: str) -> dict[str, Any]:
    return chain.begin({"job": job, "do": do})


def lost(chain: Chain, event: Any) -> tuple[str, dict[str, Any]]:
    """Send what cannot be handed over; return what is said, and the continuation in it."""
    with pytest.raises(HandoverError) as caught:
        chain.begin(event)
    text = str(caught.value)
    found: dict[str, Any] = json.loads(text[text.index(", or this: ") + 11 :])
    return text, found


def assert_nothing_else_is_gone(chain: Chain, answer: dict[str, Any], objects: int) -> None:
    assert (answer["status"], answer["listed"], answer["deleted"]) == ("done", objects, objects)
    assert (answer["at_least"], sum_of(answer)) == (False, objects)
    assert chain.deployment.keys() == ["a", "a0", "b"]


def assert_all_is_gone(chain: Chain, answer: dict[str, Any], objects: int = 3000) -> None:
    assert_nothing_else_is_gone(chain, answer, objects)
    assert chain.state() == ["000000-01", "end"]


def test_a_job_goes_on_until_it_is_done(long: Chain) -> None:
    """Each invocation calls the next one; the sums are exact, and its state is removed."""
    first = long.begin(PREFIX)
    answers = long.to_the_end()

    assert (first["status"], first["deleted"], first["continuation"] is None) == (
        "continued",
        1000,
        False,
    )
    assert first["next"] == f"ossweep-{first['job']}-1"
    assert [each["status"] for each in answers[:-1]] == ["continued"] * (len(answers) - 1)
    assert len(answers) >= 2
    assert_all_is_gone(long, answers[-1])


@pytest.mark.parametrize("unfinished", ["continue", None])
def test_continuing_is_the_default(long: Chain, unfinished: str | None) -> None:
    """Where there is a place for the state."""
    asked = {} if unfinished is None else {"unfinished": unfinished}

    assert long.begin({**PREFIX, **asked})["status"] == "continued"
    assert len(long.called) == 1


def test_a_job_may_be_given_back_instead(long: Chain) -> None:
    """Nobody is called, and its continuation goes on when it is sent back."""
    answers = [long.begin({**PREFIX, "unfinished": "return"})]
    while answers[-1]["continuation"] is not None:
        answers.append(long.begin(answers[-1]["continuation"]))

    assert [each["status"] for each in answers[:-1]] == ["unfinished"] * (len(answers) - 1)
    assert long.fc.accepted == []
    assert_all_is_gone(long, answers[-1])


def test_a_job_that_goes_on_by_itself_does_so_under_its_settings_only(long: Chain) -> None:
    """Taking the place for its state away ends it, before anything is deleted."""
    long.begin(PREFIX)
    del long.deployment.environ["OSSWEEP_STATE"]
    before = long.deployment.keys()

    assert "set OSSWEEP_STATE" in long.deployment.refuse(long.called[0])
    assert long.deployment.keys() == before


@pytest.fixture
def lapsing(chain: Chain) -> tuple[Chain, Clock]:
    """A job whose first hop is left when its lease is about to be over."""
    deployment, clock = chain.deployment, Clock()
    deployment.fill(*(f"a/{number:05}" for number in range(9000)))
    # A look at the state that meets a jump of the clock's seems to take as long: there is time.
    deployment.set(reserve_seconds="140", in_flight="1")
    deployment.timeout = 190
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    deployment.oss.misbehave(Before("batch_delete", clock.pass_by(14)))
    return chain, clock


def test_a_holder_that_is_overtaken_as_it_leaves_calls_nobody(
    lapsing: tuple[Chain, Clock],
) -> None:
    """OSS may take longer for what it writes than its lease lasts: another one goes on by then."""
    chain, clock = lapsing
    oss = chain.deployment.oss

    def overtake(request: Request) -> None:
        if request.key.endswith(LEFT) and clock.now < 1060:  # once, should it be sent again
            clock.now += 30
            oss.fill(STATE_BUCKET, [request.key.replace(f"01{LEFT}", "02")])

    oss.misbehave(Before("put", overtake))

    answer = chain.begin(PREFIX)

    assert (answer["status"], chain.called) == ("ignored", [])


def test_a_holder_that_sees_an_order_to_stop_after_its_lease_calls_nobody(
    lapsing: tuple[Chain, Clock],
) -> None:
    """It has to look once more, and a person who has ordered that sees the job stop."""
    chain, clock = lapsing
    oss = chain.deployment.oss

    def order(request: Request) -> None:
        if request.key.endswith(LEFT) and clock.now < 1060:
            clock.now += 30
            oss.fill(
                STATE_BUCKET, [request.key.replace(f"000000-01{LEFT}", "stop-0123456789abcdef")]
            )

    oss.misbehave(Before("put", order))

    answer = chain.begin(PREFIX)

    assert (answer["status"], chain.called) == ("stopped", [])
    assert chain.begin({"job": answer["job"], "do": "status"})["status"] == "stopped"


def test_a_continuation_too_large_to_be_sent_is_pointed_at(chain: Chain) -> None:
    """Thousands of long names wait where the state is, and are deleted to the last one."""
    keys = [f"a/{'long' * 20}{number:05}" for number in range(4000)]
    chain.deployment.fill(*keys, "b", "a", "a0")
    hurried(chain.deployment, 60, batch_delete=57)

    first = chain.begin({"keys": keys})
    assert len(json.dumps(first["continuation"])) > PAYLOAD_BYTES
    assert chain.called == [{"ossweep_handover": 1, "job": first["job"], "hop": 1}]
    answers = chain.to_the_end()

    assert_all_is_gone(chain, answers[-1], 4000)


def test_a_listing_goes_on_behind_a_key_that_begins_with_a_slash(chain: Chain) -> None:
    """No person may name such a key; OSS shows it where one was written all the same."""
    chain.deployment.fill(*(f"/{number:05}" for number in range(2500)))
    hurried(chain.deployment, 60, batch_delete=57)

    first = chain.begin({"bucket": BUCKET, "everything": True, "confirm": BUCKET})
    answers = chain.to_the_end()

    assert any(each["after"].startswith("/") for each in first["continuation"]["ranges"])
    assert (answers[-1]["status"], answers[-1]["deleted"]) == ("done", 2500)
    assert chain.deployment.keys() == []


def test_a_pointer_at_nothing_is_refused(chain: Chain) -> None:
    """Its job's state was removed by somebody."""
    said = chain.deployment.refuse({"ossweep_handover": 1, "job": "a", "hop": 1})

    assert said == "RequestError: the state of the job a is gone; send its request anew"


@pytest.mark.parametrize(
    "event",
    [
        {"ossweep_handover": 1, "job": "a"},
        {"ossweep_handover": 1, "job": "a", "hop": 0},
        {"ossweep_handover": 1, "job": "a", "hop": "1"},
        {"ossweep_handover": 1, "job": "a/b", "hop": 1},
        {"ossweep_handover": 1, "job": "a", "hop": 1, "more": 1},
    ],
)
def test_a_pointer_is_read_literally(chain: Chain, event: dict[str, Any]) -> None:
    """Nothing that looks like one is guessed at."""
    assert chain.deployment.refuse(event).startswith("RequestError: the event")


def test_an_invocation_that_achieves_nothing_is_tried_again_once(chain: Chain) -> None:
    """Then the job stops, and says why; its continuation is there."""
    fill(chain, 2500)
    hurried(
        chain.deployment, 60, list=58.4
    )  # a page is listed, and nothing can be deleted any more

    answers = [chain.begin(PREFIX), *chain.to_the_end()]

    assert [each["status"] for each in answers] == ["continued", "stopped"]
    assert answers[-1]["reason"].startswith("2 invocations in a row have achieved nothing")
    assert answers[-1]["continuation"] is not None
    assert to(chain, answers[0]["job"], STATUS)["reason"] == answers[-1]["reason"]


def test_invocations_that_only_halve_what_was_refused_come_to_the_culprit(chain: Chain) -> None:
    """Each has the time for one batch; the keys are listed, or named."""
    keys = [f"a/{number}" for number in range(8)]
    for number, order in enumerate((PREFIX, {"keys": keys})):
        chain.deployment.oss.behave()
        chain.deployment.fill(*keys)
        chain.deployment.request_id = f"order-{number}"
        hurried(chain.deployment, 60, batch_delete=25)
        chain.deployment.oss.misbehave(Refuse(403, "AccessDenied", "No.", {keys[0]}))

        answers = [chain.begin(order), *chain.to_the_end()]

        assert [each["status"] for each in answers] == [*["continued"] * 3, "incomplete"]
        assert [each["deleted"] + each["failed"] for each in answers[:2]] == [0, 0]
        assert (answers[3]["deleted"], answers[3]["failed"]) == (7, 1)
        assert chain.deployment.keys() == [keys[0]]


def test_a_job_takes_only_so_many_invocations(long: Chain) -> None:
    """The setting that says so is named, and the job goes on when it allows more."""
    long.deployment.set(max_hops="2")
    answers = [long.begin(PREFIX), *long.to_the_end()]

    assert [each["status"] for each in answers] == ["continued", "stopped"]
    assert "2 invocations, the most that OSSWEEP_MAX_HOPS allows" in answers[-1]["reason"]

    long.deployment.set(max_hops="9")
    answers = [to(long, answers[0]["job"], RESUME), *long.to_the_end()]
    assert_all_is_gone(long, answers[-1])


def test_a_ceiling_holds_over_the_whole_job(long: Chain) -> None:
    """Each invocation counts what those before it have deleted."""
    first = long.begin({**PREFIX, "limits": {"objects": 2500}})
    answers = [first, *long.to_the_end()]

    last = answers[-1]
    assert (last["status"], last["deleted"], last["continuation"]) == ("stopped", 2500, None)
    assert len(long.deployment.keys()) == 3003 - 2500
    assert to(long, first["job"], STATUS)["status"] == "stopped"


def test_a_ceiling_that_is_lowered_holds_for_parts_that_have_used_up_unequal_shares(
    chain: Chain,
) -> None:
    """To the object: what parts leave of it, because they know nothing of each other, the whole
    job uses in the end.
    """
    deployment = chain.deployment
    deployment.fill(*(f"{prefix}/{number:04}" for prefix in "ab" for number in range(4000)))
    hurried(deployment, 60, batch_delete=2).set(max_objects="7000")
    chain.wait_for_a_split()
    first = chain.begin({"prefix": ["a/", "b/"], "parallel": 2})
    chain.go_on()
    gone = 8000 - len(deployment.keys())
    deployment.set(max_objects=str(gone + 200))

    last = chain.to_the_end()[-1]

    assert len(first["next"]) == 2
    assert (last["job"], last["status"]) == (first["job"], "stopped")
    assert last["reason"] == (
        f"OSSWEEP_MAX_OBJECTS allows {gone + 200:,} objects; for more, raise that and send a new "
        "request"
    )
    assert last["deleted"] == 8000 - len(deployment.keys()) == gone + 200


def test_a_permanent_error_stops_a_job_at_once(long: Chain) -> None:
    """It would meet the next invocation as well; whoever has mended it lets the job go on."""
    oss = long.deployment.oss
    first = long.begin(PREFIX)
    oss.misbehave(Refuse(403, "SecurityTokenExpired", operation="batch_delete", times=1))
    [second] = long.to_the_end()

    assert (first["status"], second["status"], long.called) == ("continued", "stopped", [])
    assert second["reason"].startswith("OSS answered SecurityTokenExpired")
    told = to(long, first["job"], STATUS)
    assert (told["status"], told["reason"]) == ("stopped", second["reason"])

    to(long, first["job"], RESUME)
    assert_all_is_gone(long, long.to_the_end()[-1])


@pytest.mark.parametrize(
    "fault",
    [
        RefuseCall(429, "ResourceExhausted", times=3),
        RefuseCall(500, "InternalServerError", times=3),
        ResetCall("before", times=2),
        ResetCall("after", times=2),
    ],
    ids=["throttled", "broken", "reset before", "reset after"],
)
def test_a_call_that_fails_for_a_moment_is_repeated(
    long: Chain, fault: RefuseCall | ResetCall
) -> None:
    """An invocation whose call succeeded without an answer is called once."""
    long.fc.misbehave(fault)

    first = long.begin(PREFIX)

    assert first["status"] == "continued"
    assert len(long.called) == 1
    assert_all_is_gone(long, long.to_the_end()[-1])


@pytest.mark.parametrize("way", ["continuation", "resume", "event"])
@pytest.mark.parametrize(
    "fault",
    [RefuseCall(403, "AccessDenied"), RefuseCall(429, "ResourceExhausted")],
    ids=["denied", "throttled"],
)
def test_a_job_that_cannot_be_handed_over_is_not_lost(
    long: Chain, fault: RefuseCall, way: str
) -> None:
    """The invocation raises; what it says works, and so does its event when it is sent again."""
    long.fc.misbehave(fault)
    said, rest = lost(long, PREFIX)
    event = long.deployment.request_id
    assert said.startswith(f'the rest could not be handed over: {fault.code}: "Refused by')
    assert long.called == []
    told = to(long, rest["job"], STATUS)
    assert (told["status"], told["deleted"]) == ("unfinished", 1000)

    long.fc.behave()
    if way == "event":
        long.deployment.request_id = event
        long.deployment.send(PREFIX)
    else:
        long.begin(rest if way == "continuation" else {"job": rest["job"], "do": RESUME})
    answers = long.to_the_end()

    assert_all_is_gone(long, answers[-1])


@pytest.mark.parametrize(
    ("fault", "helps"),
    [
        (Refuse(403, "AccessDenied", "no right"), "oss:GetObject, oss:PutObject"),
        (Reset("before"), "OSSWEEP_ENDPOINT"),
    ],
    ids=["denied", "reset"],
)
def test_a_state_that_fails_at_the_end_is_not_the_carriers_fault(
    long: Chain, fault: Fault, helps: str
) -> None:
    """What helps is about the state, and nothing about Function Compute."""
    long.deployment.oss.misbehave(
        AsTold(lambda request: [fault] if request.bucket == STATE_BUCKET else [], operation="list")
    )

    with pytest.raises(HandoverError) as raised:
        long.begin(PREFIX)

    said = str(raised.value)
    assert f"the jobs' state in the bucket {STATE_BUCKET} (OSSWEEP_STATE)" in said
    assert helps in said
    assert "fc:InvokeFunction" not in said
    assert "OSSWEEP_FC_ENDPOINT" not in said


def test_a_call_that_was_heard_and_not_told_is_not_doubled(long: Chain) -> None:
    """The event sent again and the invocation that was called after all find each other."""
    long.fc.misbehave(ResetCall("after"))
    lost(long, PREFIX)
    long.fc.behave()
    request = long.deployment.request_id
    assert len(long.called) == 1

    second = long.go_on()
    long.deployment.request_id = request
    repeated = long.deployment.send(PREFIX)

    assert (second["status"], repeated["status"]) == ("continued", "ignored")
    assert_all_is_gone(long, long.to_the_end()[-1])


def test_several_jobs_that_cannot_be_handed_over_are_all_told_of(chain: Chain) -> None:
    """The first one does not stop the others, and each of them can be resumed."""
    chain.deployment.fill(*(f"a/{number:05}" for number in range(3000)), "a", "a0", "b", "c")
    hurried(chain.deployment, 60, batch_delete=28)
    chain.fc.misbehave(RefuseCall(403, "AccessDenied"))

    with pytest.raises(UndoneError, match=r"2 of 2 jobs were not done: job \S+: unfin") as no:
        chain.begin([PREFIX, {"keys": ["c"]}])
    chain.fc.behave()
    jobs = re.findall(r'"job": "([^"]+)", "do": "resume"', str(no.value))
    last = [chain.begin({"job": job, "do": RESUME})["status"] for job in jobs]

    assert last == ["continued", "done"]
    assert_nothing_else_is_gone(chain, chain.to_the_end()[-1], 3000)


@pytest.mark.parametrize("kind", ["fc2", "fc3"])
def test_a_function_of_a_service_is_called_by_either_client(long: Chain, kind: str) -> None:
    """By its own API's, or by that of FC 3.0 under the name of both."""
    long.deployment.function_name, long.deployment.service = "service$ossweep", "service"
    long.deployment.set(carrier=kind)

    long.begin(PREFIX)
    assert_all_is_gone(long, long.to_the_end()[-1])


def test_a_dry_run_goes_on_as_well(long: Chain) -> None:
    """It lists more than an invocation has time for, and deletes nothing."""
    hurried(long.deployment, 60, list=29)

    answers = [long.begin({**PREFIX, "dry_run": True}), *long.to_the_end()]

    assert len(answers) > 2
    last = answers[-1]
    assert (last["status"], last["listed"], last["remaining"]) == ("planned", 3000, 3000)
    assert len(long.deployment.keys()) == 3003


def test_a_directorys_marker_goes_with_the_last_hop(chain: Chain) -> None:
    """Whatever happens before, it is there as long as anything below it is."""
    chain.deployment.fill("a/", *(f"a/{number:05}" for number in range(3000)), "b", "a", "a0")
    hurried(chain.deployment, 60, batch_delete=57)

    answers = [chain.begin({"directory": "a"})]
    while chain.called:
        assert chain.deployment.keys()[1] == "a/"
        answers.append(chain.go_on())

    assert_all_is_gone(chain, answers[-1], 3001)


def test_a_job_that_ends_before_it_is_told_to_split_has_ended(chain: Chain) -> None:
    """The checkpoint that says so was under way meanwhile."""
    chain.deployment.fill(*(f"{prefix}/{number:03}" for prefix in "ab" for number in range(1000)))
    oss, clock = chain.deployment.oss, Clock()
    chain.deployment.world = replace(no_pauses(), monotonic=clock.monotonic)

    def delete(request: Request) -> None:
        clock.now += 2  # a checkpoint is due
        assert oss.wait_for("put", 2)

    def write(_: Request) -> None:
        assert oss.count("put") == 1 or oss.wait_for("batch_delete", 2)

    oss.misbehave(Before("batch_delete", delete))
    oss.misbehave(Before("put", write))

    answer = chain.begin({"prefix": ["a/", "b/"], "parallel": 2})

    assert (answer["status"], answer["deleted"], answer["reason"]) == ("done", 2000, None)
    assert (chain.deployment.keys(), chain.state()) == ([], ["000000-01", "end"])
    assert chain.called == []


def test_keys_that_fail_are_told_by_the_last_hop(long: Chain) -> None:
    """They are named, and the job has ended as incomplete."""
    kept = {"a/00500", "a/02500"}
    long.deployment.oss.misbehave(Withhold(kept))
    long.deployment.oss.misbehave(Refuse(403, "FileImmutable", keys=kept, operation="delete"))

    first = long.begin(PREFIX)
    last = long.to_the_end()[-1]

    assert (last["status"], last["deleted"], last["failed"]) == ("incomplete", 2998, 2)
    assert {failure["key"] for failure in last["failures"]} == kept
    assert to(long, first["job"], STATUS)["status"] == "incomplete"


def test_a_later_invocation_raises_for_a_timers_job(long: Chain) -> None:
    """The timer's own invocation has long ended when keys fail: Function Compute is told here."""
    long.deployment.oss.misbehave(Withhold({"a/02500"}))
    long.deployment.oss.misbehave(Refuse(403, "FileImmutable", operation="delete"))
    timer = {
        "triggerTime": "2024-03-01T00:00:00Z",
        "triggerName": "nightly",
        "payload": json.dumps({"bucket": BUCKET, **PREFIX}),
    }

    assert long.begin(timer)["status"] == "continued"
    long.to_the_end()
    [raised] = long.raised
    assert re.match(r"job timer-\w+-1: incomplete: 1 key could not be", str(raised))
    long.delivered -= 1
    long.deployment.oss.behave()
    [again] = long.to_the_end()
    assert (again["status"], again["deleted"], again["at_least"]) == ("done", 3000, False)
    assert long.deployment.keys() == ["a", "a0", "b"]


def test_a_later_invocation_raises_for_a_persons_job_too(long: Chain) -> None:
    """Nobody reads the answer of a later invocation, whoever ordered the job; the log has it."""
    long.deployment.oss.misbehave(Withhold({"a/02500"}))
    long.deployment.oss.misbehave(Refuse(403, "FileImmutable", operation="delete"))
    job = long.begin(PREFIX)["job"]
    long.to_the_end()

    [raised] = long.raised
    assert [answer["failed"] for answer in raised.answers] == [1]
    lines = [line for line in long.deployment.log if line["level"] == "ERROR"]
    assert [(line["message"], line["job"], line["status"]) for line in lines] == [
        ("sweep ends", job, "incomplete"),
        ("job ended badly", job, "incomplete"),
    ]


def test_a_person_who_lets_a_job_go_on_gets_its_answer(long: Chain) -> None:
    """The person waits for it, and need not read it in an exception."""
    job = long.begin(PREFIX)["job"]
    expired = Refuse(403, "SecurityTokenExpired")
    long.deployment.oss.misbehave(
        AsTold(lambda each: [expired] if each.bucket == BUCKET else [], operation="batch_delete")
    )
    long.to_the_end()

    answer = to(long, job, RESUME)

    assert (answer["job"], answer["status"]) == (job, "stopped")


def test_an_order_to_end_hands_nothing_over(long: Chain) -> None:
    """Function Compute kills the invocation, and sends its event again: that goes on."""
    long.deployment.terminated = lambda: True
    first = long.begin(PREFIX)
    assert (first["status"], long.called) == ("unfinished", [])

    long.deployment.terminated = lambda: False
    long.deployment.send(PREFIX)

    assert_all_is_gone(long, long.to_the_end()[-1])
