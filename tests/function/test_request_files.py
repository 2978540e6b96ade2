"""A request file is answered beside it, once its job has ended, and by nobody but its own job."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest
from oss2.exceptions import ServerError

from deployment import BUCKET, STATE_BUCKET, hurried
from localcloud.arrivals import Request
from localcloud.clients import oss2_bucket
from localcloud.faults import AsTold, Before, Refuse, Reset, Withhold
from ossweep.errors import RequestError, UndoneError
from ossweep.events import Reply
from ossweep.handover.continuation import seal
from ossweep.helps import HELPS_OF_FILES
from ossweep.jobs.replies import FILE_META
from ossweep.work import Work

if TYPE_CHECKING:
    from deployment import Chain, Deployment
    from localcloud.oss import LocalOss

RULE = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}
FILE = "requests/x.json"
ANSWER = "requests/x.answer.json"
PREFIX = b'{"prefix": "a/"}'
SIGNED = frozenset({"x-oss-date", "x-oss-content-sha256"})  # which every request has anew


def put(oss: LocalOss, content: bytes, *, ago: float = 60, bucket: str = BUCKET) -> None:
    """Write the request file, so many seconds ago."""
    oss.fill(bucket, {FILE: content}, oss.now() - ago)


def written(content: bytes | None, number: int = 1, bucket: str = BUCKET) -> dict[str, Any]:
    """Return OSS's event of a request file; each number is an event of its own."""
    told = {} if content is None else {"eTag": md5(content).hexdigest().upper()}  # noqa: S324 - OSS's
    return {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "eventTime": "2026-01-01T00:00:00.000Z",
                "oss": {"bucket": {"name": bucket}, "object": {"key": FILE, **told}},
                "responseElements": {"requestId": f"R{number}"},
            }
        ]
    }


def answer_at(oss: LocalOss, key: str = ANSWER, bucket: str = BUCKET) -> Any:
    """Return what stands beside the request file; None: nothing does."""
    if key not in oss.keys(bucket):
        return None
    return json.loads(oss2_bucket(oss, bucket).get_object(key).read())


def ruled(deployment: Deployment) -> Deployment:
    return deployment.set(rules=json.dumps([RULE]))


def long(chain: Chain) -> Chain:
    """Let a job of three thousand objects below a/ take three invocations."""
    ruled(chain.deployment)
    chain.deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57)
    return chain


def test_a_job_replaces_the_refusal_of_its_own_file(chain: Chain) -> None:
    """A setting was mended, and the event came again."""
    ruled(chain.deployment).fill("a/1")
    oss = chain.deployment.oss
    put(oss, PREFIX)
    chain.deployment.set(protected="a/")
    with suppress(UndoneError):
        chain.begin(written(PREFIX))
    refused = answer_at(oss)

    chain.deployment.set(protected="b/")
    chain.begin(written(PREFIX))

    assert (refused["status"], answer_at(oss)["status"]) == ("refused", "done")


def test_each_of_several_orders_keeps_the_answer_that_tells_more_of_it(chain: Chain) -> None:
    """A repetition carries out what was refused at first, and knows less of what was not."""
    oss = ruled(chain.deployment).oss
    chain.deployment.fill("a/1", "b/1")
    content = b'[{"prefix": "a/"}, {"prefix": "b/"}, {"job": "nobody", "do": "status"}]'
    put(oss, content)
    begun: list[str] = []

    def told(request: Request) -> tuple[Refuse, ...]:
        """Refuse to write the state of the second job."""
        if (request.bucket, request.operation) != (STATE_BUCKET, "put"):
            return ()
        job = request.key.split("/")[1]
        begun.extend([job] * (job not in begun))
        return () if job == begun[0] else (Refuse(403, "AccessDenied", "No."),)

    oss.misbehave(AsTold(told))
    with pytest.raises(UndoneError, match="1 of 3 jobs were not done"):
        chain.begin(written(content))
    first = answer_at(oss)["answers"]
    oss.behave()

    chain.begin(written(content))

    second = answer_at(oss)["answers"]
    assert [each["status"] for each in first] == ["done", "refused", "ignored"]
    assert [each["status"] for each in second] == ["done", "done", "ignored"]
    assert (second[0], second[1]["deleted"]) == (first[0], 1)


def test_a_later_refusal_of_a_whole_file_replaces_no_answer_to_its_orders(chain: Chain) -> None:
    """They were carried out, whatever the setting says now."""
    oss = ruled(chain.deployment).oss
    content = b'[{"prefix": "a/"}, {"prefix": "b/"}]'
    put(oss, content)
    chain.begin(written(content))
    there = answer_at(oss)

    chain.deployment.set(protected="a/")
    with suppress(UndoneError):
        chain.begin(written(content))

    assert (answer_at(oss), [each["status"] for each in there["answers"]]) == (there, ["done"] * 2)


@pytest.mark.parametrize(
    "content", [PREFIX, b'[{"prefix": "a/"}, {"prefix": "b/"}]'], ids=["one", "several"]
)
def test_the_answer_of_a_deletion_replaces_that_of_a_dry_run(chain: Chain, content: bytes) -> None:
    """A deployment's dry run was switched off and on again, and the event came each time."""
    oss = ruled(chain.deployment).oss
    chain.deployment.fill("a/1", "b/1")
    put(oss, content)
    told = []

    for dry_run in ("true", "false", "true"):
        chain.deployment.set(dry_run=dry_run)
        chain.begin(written(content))
        there = answer_at(oss)
        told.append({each["status"] for each in there.get("answers", [there])})

    assert told == [{"planned"}, {"done"}, {"done"}]


def test_the_invocation_that_ends_a_job_writes_its_answer(chain: Chain) -> None:
    """Until then the file is told that the job goes on."""
    oss = long(chain).deployment.oss
    put(oss, PREFIX)

    first = chain.begin(written(PREFIX))
    meanwhile = answer_at(oss)
    last = chain.to_the_end()[-1]

    assert (first["status"], meanwhile) == ("continued", first)
    assert (last["status"], last["deleted"], answer_at(oss)) == ("done", 3000, last)


def test_a_word_that_a_job_goes_on_replaces_no_end_however_late(chain: Chain) -> None:
    """OSS may carry out what was given up long ago."""
    oss = long(chain).deployment.oss
    put(oss, PREFIX)
    lost = _losing(oss, ANSWER)
    first = chain.begin(written(PREFIX))
    sent = lost.pop()

    last = chain.to_the_end()[-1]
    own = {name: text for name, text in sent.headers.items() if name.lower().startswith("x-oss-")}
    with suppress(ServerError):
        oss2_bucket(oss, BUCKET).put_object(
            ANSWER, json.dumps(first), {name: own[name] for name in own.keys() - SIGNED}
        )

    assert (first["status"], last["status"], answer_at(oss)) == ("continued", "done", last)


def _losing(oss: LocalOss, *keys: str) -> list[Request]:
    """Lose what is written at these keys, as long as anything is in the list that is returned."""
    lost = [Request("", "", "", "", {}, {})]

    def told(request: Request) -> tuple[Reset, ...]:
        if not lost or request.operation != "put" or request.key not in keys:
            return ()
        lost[:] = [request]
        return (Reset("before"),)

    oss.misbehave(AsTold(told))
    return lost


def test_an_answer_is_written_in_the_time_kept_for_endings(deployment: Deployment) -> None:
    """A job that has used up its own is answered all the same, and can be gone on with."""
    oss = ruled(deployment).oss
    deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    put(oss, PREFIX)
    hurried(deployment.set(**{"raise": "none"}), 10, batch_delete=8.9)

    answer = deployment.send(written(PREFIX))
    oss.behave()

    assert (answer["status"], answer_at(oss)) == ("unfinished", answer)
    last = deployment.send(answer["continuation"])
    assert (last["status"], last["deleted"], answer_at(oss)) == ("done", 3000, last)


def test_a_repetition_leaves_the_answer_as_it_is(chain: Chain) -> None:
    """While the job goes on, and when it has ended."""
    oss = long(chain).deployment.oss
    put(oss, PREFIX)
    first = chain.begin(written(PREFIX))

    assert chain.begin(written(PREFIX))["status"] == "ignored"
    assert answer_at(oss) == first
    last = chain.to_the_end()[-1]
    assert chain.begin(written(PREFIX))["status"] == "ignored"
    assert answer_at(oss) == last


def test_a_repetition_writes_an_answer_that_is_missing(chain: Chain) -> None:
    """Nothing else would tell the file's writer any more."""
    oss = ruled(chain.deployment).oss
    chain.deployment.fill("a/1")
    put(oss, PREFIX)
    oss.misbehave(Refuse(403, "AccessDenied", keys={ANSWER}, operation="put"))
    with pytest.raises(UndoneError, match="its answer was not written: AccessDenied"):
        chain.begin(written(PREFIX))
    oss.behave()

    assert chain.begin(written(PREFIX))["status"] == "ignored"

    answer = answer_at(oss)
    assert (answer["status"], answer["deleted"]) == ("done", 1)


def test_without_state_an_answer_that_is_lost_repeats_no_job(deployment: Deployment) -> None:
    """The repetition would delete what has been written anew; the log tells of it."""
    oss = ruled(deployment).oss
    put(oss, b'{"keys": ["a"]}')
    oss.misbehave(Refuse(403, "AccessDenied", keys={ANSWER}, operation="put"))

    answer = deployment.send(written(None))

    assert answer["status"] == "done"
    assert "answer not written" in [line["message"] for line in deployment.log]


def test_a_file_that_is_gone_is_named(deployment: Deployment) -> None:
    """What it ordered nobody knows; nothing is deleted."""
    ruled(deployment)

    with pytest.raises(UndoneError) as raised:
        deployment.send(written(PREFIX))

    said = str(raised.value)
    assert f'"{FILE}"): the request file is gone (NoSuchKey)' in said
    assert said.endswith(
        "to order that, write the file again. Sent again, it is refused again: correct it first"
    )


@pytest.mark.parametrize(
    ("key", "operation", "place"),
    [(FILE, "get", "the request file"), (ANSWER, "put", "the answer")],
    ids=["the file", "its answer"],
)
def test_a_file_that_nobody_may_touch_is_named_with_what_helps(
    chain: Chain, key: str, operation: str, place: str
) -> None:
    """By its bucket and key, and the permissions that it takes."""
    oss = ruled(chain.deployment).oss
    put(oss, PREFIX)
    oss.misbehave(Refuse(403, "AccessDenied", "No.", keys={key}, operation=operation))

    with pytest.raises(UndoneError) as raised:
        chain.begin(written(PREFIX))

    said = f'AccessDenied: "No." - {place} "{key}" in the bucket {BUCKET}; '
    assert said + HELPS_OF_FILES["AccessDenied"] in str(raised.value)


def test_a_file_that_was_replaced_before_it_was_read_says_so(deployment: Deployment) -> None:
    """What it ordered nobody knows; the newer file has an event and an answer of its own."""
    oss = ruled(deployment).oss
    deployment.fill("a/1", "b/1")
    newer = b'{"prefix": "b/"}'
    put(oss, newer)
    newers = deployment.send(written(newer, 2))

    answer = deployment.send(written(PREFIX))

    assert answer["status"] == "ignored"
    assert "the file was overwritten before it was read" in answer["reason"]
    assert deployment.keys() == ["a/1", ANSWER, FILE]
    assert answer_at(oss) == newers


@pytest.mark.parametrize("form", ['"{}"', "{}"])
def test_an_etag_may_be_written_in_several_ways(deployment: Deployment, form: str) -> None:
    """In quotes or without, in capitals or not."""
    deployment.fill("a/1")
    put(ruled(deployment).oss, PREFIX)
    event = written(PREFIX)
    told = event["events"][0]["oss"]["object"]
    told["eTag"] = form.format(told["eTag"].lower())

    assert deployment.send(event)["status"] == "done"


@pytest.mark.parametrize("newer", [PREFIX, b'{"prefix": "b/"}'], ids=["the same", "another"])
def test_the_end_of_an_older_job_leaves_the_answer_to_a_newer_file(
    chain: Chain, newer: bytes
) -> None:
    """However long it takes, and whatever the newer file says."""
    oss = long(chain).deployment.oss
    put(oss, PREFIX)
    chain.begin(written(PREFIX))
    put(oss, newer, ago=10)
    oss.behave()  # the newer job takes no time
    newers = chain.begin(written(newer, 2))

    older = chain.to_the_end()[-1]

    assert newers["status"] == older["status"] == "done"
    assert answer_at(oss) == newers
    assert chain.begin(written(PREFIX))["status"] == "ignored"
    assert answer_at(oss) == newers


@pytest.mark.parametrize("there", [b"[" * 100_000, b'{"job": {}}', b"\xff", b"[]", b""])
def test_a_strange_object_in_an_answers_place_is_no_trouble(
    deployment: Deployment, there: bytes
) -> None:
    """It stays, as it says of itself that it answers this very file."""
    oss = ruled(deployment).oss
    put(oss, PREFIX)
    deployment.fill("a/1")
    bucket = oss2_bucket(oss, BUCKET)
    head = bucket.head_object(FILE)
    bucket.put_object(ANSWER, there, {FILE_META: f"{head.last_modified} {head.etag}"})

    answer = deployment.send(written(PREFIX))

    assert (answer["status"], answer["deleted"]) == ("done", 1)
    assert bucket.get_object(ANSWER).read() == there


def test_an_answer_to_an_older_file_is_replaced(deployment: Deployment) -> None:
    """It is the newer file's that is waited for."""
    oss = ruled(deployment).oss
    put(oss, PREFIX)
    first = deployment.send(written(PREFIX))
    deployment.request_id = "another"
    deployment.fill("a/1")
    put(oss, PREFIX, ago=10)

    second = deployment.send(written(PREFIX, 2))

    assert (first["deleted"], second["deleted"]) == (0, 1)
    assert answer_at(oss) == second


def test_each_of_several_jobs_has_an_answer_of_its_own(chain: Chain) -> None:
    """The file's own tells what the first invocation knew, and the jobs' names."""
    oss = long(chain).deployment.oss
    chain.deployment.fill("b")
    content = b'[{"prefix": "a/"}, {"keys": ["b"]}]'
    put(oss, content)

    first = chain.begin(written(content))
    ends = {answer["job"]: answer for answer in chain.to_the_end()}
    again = chain.begin(written(content))

    assert answer_at(oss) == first
    assert [each["job"] for each in first["answers"]] == list(ends)
    for job, end in ends.items():
        assert (end["status"], answer_at(oss, f"requests/x.{job}.answer.json")) == ("done", end)
    assert [each["status"] for each in again["answers"]] == ["ignored", "ignored"]


def test_a_repetition_writes_the_answer_to_a_whole_file_that_is_missing(chain: Chain) -> None:
    """It tells what the jobs were answered that others have carried out, one with each order."""
    oss = ruled(chain.deployment).oss
    chain.deployment.fill("a/1", "b/1")
    content = b'[{"prefix": "a/"}, {"prefix": "b/"}]'
    put(oss, content)
    lost = _losing(oss, ANSWER)
    with pytest.raises(UndoneError, match="was not written"):
        chain.begin(written(content))
    lost.clear()

    again = chain.begin(written(content))

    there = answer_at(oss)["answers"]
    assert [each["status"] for each in again["answers"]] == ["ignored", "ignored"]
    assert [(each["status"], each["deleted"]) for each in there] == [("done", 1), ("done", 1)]
    own = [answer_at(oss, f"requests/x.{each['job']}.answer.json") for each in there]
    assert own == there


def test_a_job_that_ends_while_the_whole_answer_is_written_is_told_in_it(chain: Chain) -> None:
    """Two may write it at once, neither knowing all: so each looks once more."""
    oss = long(chain).deployment.oss
    content = b'[{"prefix": "a/"}, {"keys": ["b"]}]'
    put(oss, content)
    oss.misbehave(Refuse(403, "AccessDenied", keys=_is_answer, operation="put"))
    with pytest.raises(UndoneError, match="was not written"):
        chain.begin(written(content))
    oss.behave()
    meanwhile: list[str] = []

    def end(request: Request) -> None:
        if request.key == ANSWER and not meanwhile:
            meanwhile.append(ANSWER)
            chain.to_the_end()

    oss.misbehave(Before("put", end))

    chain.begin(written(content))

    assert [each["status"] for each in answer_at(oss)["answers"]] == ["done", "done"]


def _is_answer(key: str) -> bool:
    return key.endswith(".answer.json")


def test_a_word_to_a_job_is_answered_beside_its_file(chain: Chain) -> None:
    """A request file may hold one, too."""
    oss = ruled(chain.deployment).oss
    content = b'{"job": "nobody", "do": "status"}'
    put(oss, content)

    answer = chain.begin(written(content))

    assert (answer["job"], answer_at(oss)) == ("nobody", answer)


def test_a_request_file_may_lie_in_another_bucket_than_its_objects(chain: Chain) -> None:
    """Its answer goes to where it is."""
    oss = long(chain).deployment.oss
    oss.create_bucket("otherbucket")
    chain.deployment.set(buckets=f"{BUCKET},otherbucket")
    content = json.dumps({"bucket": BUCKET, "prefix": "a/"}).encode()
    put(oss, content, bucket="otherbucket")

    chain.begin(written(content, bucket="otherbucket"))
    last = chain.to_the_end()[-1]

    assert last["deleted"] == 3000
    assert answer_at(oss, bucket="otherbucket") == last
    assert oss.keys(BUCKET) == []


def test_the_last_invocation_of_a_request_files_job_raises_as_the_first_would(
    chain: Chain,
) -> None:
    """It was OSS's event that ordered it; its answer is written all the same."""
    oss = long(chain).deployment.oss
    oss.misbehave(Withhold({"a/2999"}))
    oss.misbehave(Refuse(403, "FileImmutable", "No.", {"a/2999"}, operation="delete"))
    put(oss, PREFIX)
    chain.begin(written(PREFIX))

    chain.to_the_end()

    [raised] = chain.raised
    assert "incomplete" in str(raised)
    assert answer_at(oss)["status"] == "incomplete"


@pytest.mark.parametrize("denied", ["a/", "b/"], ids=["first", "last"])
def test_the_last_part_of_a_job_tells_that_nobody_goes_on(chain: Chain, denied: str) -> None:
    """Where a part has stopped the job never comes to its end, and its file is told so."""
    deployment = ruled(chain.deployment).set(in_flight="1", checkpoint_seconds="1")
    deployment.fill(*(f"{prefix}/{number:03}" for prefix in "ab" for number in range(900)))
    oss = deployment.oss
    # Below a ceiling nothing is asked for before the first checkpoint, at which the job is split.
    content = b'{"prefix": ["a/", "b/"], "parallel": 2, "limits": {"objects": 9000}}'
    put(oss, content)

    first = chain.begin(written(content))
    meanwhile = answer_at(oss)
    oss.misbehave(Refuse(403, "AccessDenied", "No.", lambda key: key.startswith(denied)))
    chain.to_the_end()

    assert (first["status"], meanwhile["status"]) == ("continued", "continued")
    answer = answer_at(oss)
    assert (answer["job"], answer["status"]) == (first["job"], "stopped")
    number = 1 if denied == "a/" else 2
    assert answer["reason"].startswith(f"{first['job']}-p{number}: OSS answered AccessDenied to")
    assert (answer["listed"], answer["deleted"]) == (1800, 900)
    assert answer["remaining"] + answer["failed"] == 900


def test_an_answer_sets_nothing_off(chain: Chain) -> None:
    """Whichever invocation writes it, it carries ossweep's mark."""
    oss = long(chain).deployment.oss
    put(oss, PREFIX)

    chain.begin(written(PREFIX))
    chain.to_the_end()

    answers = [each for each in oss.requests if (each.operation, each.key) == ("put", ANSWER)]
    assert len(answers) == 3
    assert all("x-oss-meta-ossweep" in each.headers for each in answers)


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        (BUCKET, "precious.json"),
        (BUCKET, "requests/deeper/x.json"),
        (BUCKET, "requests/x.answer.json"),
        ("otherbucket", FILE),
    ],
)
def test_a_made_up_continuation_writes_nowhere_but_beside_a_request_file(
    deployment: Deployment, bucket: str, key: str
) -> None:
    """Its fingerprint is no secret, so where it says its answer goes is held to the rules."""
    oss = ruled(deployment).oss
    oss.create_bucket("otherbucket")
    reply = Reply(bucket, key, int(oss.now()), "5B3C")
    forged = seal(Work(job="job", bucket=BUCKET, keys=("a",), reply=reply))

    answer = deployment.send(forged)

    assert (answer["status"], oss.keys(BUCKET), oss.keys("otherbucket")) == ("done", [], [])
    assert "put" not in {each.operation for each in oss.requests}


def test_a_made_up_continuation_writes_no_state(chain: Chain) -> None:
    """Not even where a rule would run what lies there."""
    state = {**RULE, "key": "state/{job}/{name}.json"}
    oss = chain.deployment.set(rules=json.dumps([state]), buckets="*").oss
    reply = Reply("statebucket", "state/job/x.json", int(oss.now()), "5B3C")
    forged = seal(Work(job="job", bucket=BUCKET, hop=1, keys=("a",), reply=reply))

    with pytest.raises(RequestError, match="the state of the job job is gone"):
        chain.begin(forged)

    assert "x.answer.json" not in chain.state()


def test_parts_leave_the_answer_to_the_whole(deployment: Deployment) -> None:
    """What became of one of them is no answer to the file."""
    oss = ruled(deployment).oss
    put(oss, PREFIX)
    reply = Reply(BUCKET, FILE, int(oss.now()) - 60, "5B3C")
    part = Work(job="job-p1", part_of="job", bucket=BUCKET, keys=("a",), reply=reply)

    deployment.send(seal(part))

    assert answer_at(oss) is None


def test_a_made_up_continuation_leaves_what_others_were_answered(deployment: Deployment) -> None:
    """However new it says that its file is, and whether or not the file was of several requests."""
    oss = ruled(deployment).oss
    put(oss, PREFIX)
    honest = deployment.send(written(PREFIX))
    there = oss.keys(BUCKET)

    for several in (False, True):
        reply = Reply(BUCKET, FILE, 2**60, "5B3C", of_several=several)
        deployment.send(seal(Work(job="job", bucket=BUCKET, keys=("a",), reply=reply)))

    assert (answer_at(oss), oss.keys(BUCKET)) == (honest, there)


def test_the_state_says_where_a_jobs_answer_belongs(chain: Chain) -> None:
    """What a made-up continuation says of a job that has ended is nobody's business."""
    oss = ruled(chain.deployment).oss
    ended = chain.begin({"keys": ["a"]})
    reply = Reply(BUCKET, FILE, 2**60, "5B3C")
    forged = Work(job=ended["job"], bucket=BUCKET, hop=1, keys=("b",), reply=reply)

    answer = chain.begin(seal(replace(forged, unfinished="continue")))

    assert (answer["status"], answer_at(oss)) == ("ignored", None)


def test_a_repeated_handover_writes_an_answer_that_is_missing(chain: Chain) -> None:
    """Function Compute sends that again, and not the event that ordered the job."""
    oss = ruled(chain.deployment).oss
    chain.deployment.fill(*(f"a/{number:04}" for number in range(1500)))
    put(oss, PREFIX)
    hurried(chain.deployment, 60, batch_delete=57)
    chain.begin(written(PREFIX))
    (handover,) = chain.called
    oss.misbehave(Refuse(403, "AccessDenied", keys={ANSWER}, operation="put"))
    with pytest.raises(UndoneError, match="its answer was not written: AccessDenied"):
        chain.go_on()
    oss.behave()

    assert chain.begin(handover)["status"] == "ignored"

    answer = answer_at(oss)
    assert (answer["status"], answer["deleted"]) == ("done", 1500)
