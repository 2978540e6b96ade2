"""Lists over several invocations: a job goes on to the line, whoever dies, and adds up."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, hurried, sum_of
from function.test_redelivery import (
    Death,
    dies_once,
    has_deleted,
    late,
    revive,
)
from localcloud.faults import AsTold, DateShift, Refuse
from ossweep.handover.continuation import seal
from ossweep.lists import ListLeft, ListRequest
from ossweep.work import Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment import Chain

KEYS = [f"a/{number:05}" for number in range(4000)]
ORDER = {"bucket": BUCKET, "manifest": "list.txt.gz"}


@pytest.fixture
def long(chain: Chain) -> Chain:
    """A list of 4,000 keys, of which an invocation can delete a thousand."""
    chain.deployment.fill(*KEYS, "b")
    text = "".join(f"{key}\n" for key in [*KEYS, *KEYS[:10]]).encode()
    chain.deployment.oss.fill(BUCKET, {"list.txt.gz": gzip.compress(text)})
    return chain


def put(chain: Chain, key: str, names: Sequence[str]) -> None:
    text = "".join(f"{each}\n" for each in names)
    chain.deployment.oss.fill(BUCKET, {key: text.encode()})


def last_of(chain: Chain, first: dict[str, Any]) -> dict[str, Any]:
    return [first, *chain.to_the_end()][-1]


def test_a_list_goes_on_in_the_next_invocation(long: Chain) -> None:
    """Each key is counted once."""
    hurried(long.deployment, 60, batch_delete=57)

    last = last_of(long, long.begin(ORDER))

    assert (last["status"], last["deleted"], last["listed"]) == ("done", 4000, 4000)
    assert (last["at_least"], sum_of(last)) == (False, 4000)
    assert long.deployment.keys() == ["b", "list.txt.gz"]
    assert long.delivered >= 3


def test_a_ceiling_of_a_list_holds_over_invocations(long: Chain) -> None:
    """As many go as it allows."""
    hurried(long.deployment, 60, batch_delete=57)

    last = last_of(long, long.begin({**ORDER, "limits": {"objects": 2500}}))

    assert (last["status"], last["deleted"]) == ("stopped", 2500)
    assert len(long.deployment.keys()) == 1502


def test_a_list_that_is_written_anew_between_invocations_ends_the_job(long: Chain) -> None:
    """Its ETag stands in the continuation."""
    hurried(long.deployment, 60, batch_delete=57)
    long.begin(ORDER)
    kept = long.deployment.keys()
    long.deployment.oss.fill(BUCKET, {"list.txt.gz": gzip.compress(b"b\n")})

    last = long.to_the_end()[-1]

    assert long.deployment.keys() == kept
    assert (last["status"], last["deleted"]) == ("stopped", 4002 - len(kept))
    assert "has been written anew since it was named or opened" in last["reason"]
    resumed = long.begin({"job": last["job"], "do": "resume"})
    assert (resumed["status"], resumed["deleted"]) == ("stopped", last["deleted"])
    assert resumed["reason"].startswith("nothing was done, because this job has ended")
    assert resumed["continuation"] is None
    assert long.deployment.keys() == kept


def test_a_job_that_a_bad_line_has_stopped_never_runs_the_list_that_replaces_it(
    chain: Chain,
) -> None:
    """It has ended: the corrected list takes a request of its own."""
    deployment = chain.deployment
    deployment.fill("a/1", "b")
    deployment.oss.fill(BUCKET, {"l.txt": b"/bad\na/1\n"})
    stopped = chain.begin({"bucket": BUCKET, "manifest": "l.txt"})
    deployment.oss.fill(BUCKET, {"l.txt": b"b\n"})

    resumed = chain.begin({"job": stopped["job"], "do": "resume"})

    assert (stopped["status"], stopped["continuation"]) == ("stopped", None)
    assert resumed["reason"].startswith("nothing was done, because this job has ended")
    assert deployment.keys() == ["a/1", "b", "l.txt"]


def test_a_stop_of_a_list_offers_a_continuation_where_going_on_may_help(chain: Chain) -> None:
    """A list that may not be read may be allowed; one with a bad line stays bad."""
    deployment = chain.deployment
    del deployment.environ["OSSWEEP_STATE"]
    deployment.fill("a/1")
    deployment.oss.fill(BUCKET, {"good.txt": b"a/1\n", "bad.txt": b"\\a\n"})
    deployment.oss.misbehave(Refuse(403, "AccessDenied", operation="get", times=1))

    refused = deployment.send({"bucket": BUCKET, "manifest": "good.txt"})
    bad = deployment.send({"bucket": BUCKET, "manifest": "bad.txt"})

    assert [each["status"] for each in (refused, bad)] == ["stopped", "stopped"]
    assert bad["continuation"] is None
    assert deployment.send(refused["continuation"])["deleted"] == 1


def test_a_list_that_time_did_not_suffice_to_judge_is_the_same_for_the_next(chain: Chain) -> None:
    """Its ETag is kept from the first look on, though its form was not read to the end."""
    deployment = chain.deployment
    del deployment.environ["OSSWEEP_STATE"]
    deployment.fill("b")
    deployment.oss.fill(BUCKET, {"l.txt": b"".join(b"a/%06d\n" % n for n in range(200_000))})
    no = [Refuse(403, "AccessDenied")]
    told = AsTold(lambda request: no if request.headers.get("range") else [], operation="get")
    deployment.oss.misbehave(told)
    first = deployment.send({"bucket": BUCKET, "manifest": "l.txt"})
    deployment.oss.behave()
    deployment.oss.fill(BUCKET, {"l.txt": b"b\n"})

    last = deployment.send(first["continuation"])

    assert "has been written anew since it was named or opened" in last["reason"]
    assert (last["status"], last["continuation"]) == ("stopped", None)
    assert deployment.keys() == ["b", "l.txt"]


def test_a_job_of_a_list_goes_on_when_its_invocation_dies(long: Chain) -> None:
    """What was asked for and not counted is gone when it is looked at again."""
    event = {
        "triggerTime": "2024-03-01T00:00:00Z",
        "triggerName": "nightly",
        "payload": '{"bucket": "examplebucket", "manifest": "list.txt.gz"}',
    }
    dies_once(long, lambda: has_deleted(long))
    with pytest.raises(Death):
        long.begin(event)
    revive(long)
    late(long)
    long.deployment.oss.fill(BUCKET, [KEYS[0]], long.deployment.oss.now() + 30)

    last = last_of(long, long.begin(event))

    assert (last["status"], last["at_least"]) == ("done", True)
    assert last["listed"] == sum_of(last) == 4000
    assert long.deployment.keys() == [KEYS[0], "b", "list.txt.gz"]


def test_a_continuation_that_is_sent_back_goes_on_with_a_list(long: Chain) -> None:
    """Where no state is kept as well, by the job's own clock."""
    deployment = long.deployment
    del deployment.environ["OSSWEEP_STATE"]
    hurried(deployment, 60, batch_delete=57)
    first = deployment.send(ORDER)
    deployment.oss.misbehave(DateShift(300))
    left, *_ = deployment.keys()  # whichever it is: batches come in any order
    deployment.oss.fill(BUCKET, [left], deployment.oss.now() + 100)

    answer = first
    while answer["continuation"] is not None:
        answer = deployment.send(answer["continuation"])

    assert first["status"] == "unfinished"
    assert (answer["status"], answer["deleted"]) == ("done", 3999)
    assert answer["skipped_because"] == {"written after the job began": 1}
    assert deployment.keys() == [left, "b", "list.txt.gz"]


def test_a_form_that_takes_long_is_judged_over_several_invocations(chain: Chain) -> None:
    """The last of them comes to the bad line at the end; nothing was deleted."""
    deployment = chain.deployment
    del deployment.environ["OSSWEEP_STATE"]
    names = [f"a/{number:07}" for number in range(500_000)]
    deployment.fill(names[0])
    put(chain, "list.txt", [*names, "/bad"])
    hurried(deployment, 60, get=14)

    answers = [deployment.send({"bucket": BUCKET, "manifest": "list.txt"})]
    while answers[-1]["status"] == "unfinished":
        answers.append(deployment.send(answers[-1]["continuation"]))

    assert answers[-1]["status"] == "stopped"
    assert 'the list "list.txt", line 500,001 ("/bad"): ' in answers[-1]["reason"]
    assert 2 <= len(answers) <= 4
    assert deployment.keys() == [names[0], "list.txt"]


def test_a_list_that_cannot_be_read_for_its_form_in_time_ends_the_job(chain: Chain) -> None:
    """With what to do."""
    deployment = chain.deployment
    put(chain, "list.txt", [f"a/{number:07}" for number in range(300_000)])
    hurried(deployment, 60, get=31)

    last = last_of(chain, chain.begin({"bucket": BUCKET, "manifest": "list.txt"}))

    assert last["status"] == "stopped"
    said = 'nothing: the time limit is too short to read the list "list.txt" for its form, before '
    assert said in last["reason"]


def test_one_part_has_the_list(long: Chain) -> None:
    """The others have ranges; all of them add up."""
    deployment = long.deployment
    deployment.fill(*(f"{prefix}/{number:04}" for prefix in "pqr" for number in range(1500)))
    long.wait_for_a_split()

    first = long.begin({**ORDER, "prefix": ["p/", "q/", "r/"], "parallel": 3})
    last = last_of(long, first)

    assert (last["status"], last["deleted"], last["listed"]) == ("done", 8500, 8500)
    assert deployment.keys() == ["b", "list.txt.gz"]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (ListRequest("list.txt", bucket="otherbucket"), "is not among those in OSSWEEP_BUCKETS"),
        (ListRequest("state/x", bucket=STATE_BUCKET), "lies where OSSWEEP_STATE keeps the jobs'"),
    ],
    ids=["bucket", "state"],
)
def test_a_forged_continuation_reads_no_list_that_a_request_may_not(
    chain: Chain, request_: ListRequest, said: str
) -> None:
    """What it says of a bad line would show what lies there."""
    chain.deployment.set(buckets=f"{BUCKET},{STATE_BUCKET}")
    work = Work("x", BUCKET, lists=(ListLeft(request_),), hop=1)

    assert said in chain.deployment.refuse(seal(work))
    assert said in chain.deployment.refuse(
        {"bucket": BUCKET, "manifest": {"key": request_.key, "bucket": request_.bucket}}
    )


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_list_goes_only_when_it_has_been_read(chain: Chain, parallel: int) -> None:
    """Though a prefix takes it, whose objects other parts would delete meanwhile."""
    deployment = chain.deployment
    deployment.fill(*KEYS, *(f"{each}/{number:04}" for each in "pqr" for number in range(1500)))
    put(chain, "q/0list.txt", KEYS)
    hurried(deployment, 60, batch_delete=57)

    chain.begin({"manifest": "q/0list.txt", "prefix": ["p/", "q/", "r/"], "parallel": parallel})
    last = chain.to_the_end()[-1]

    assert (last["status"], deployment.keys()) == ("done", [])


def test_a_list_that_names_itself_stays(chain: Chain) -> None:
    """It is read to its end, in whatever invocation that is."""
    deployment = chain.deployment
    deployment.fill(*KEYS)
    put(chain, "a/00000list", [*KEYS[:1], "a/00000list", *KEYS[1:]])
    hurried(deployment, 60, batch_delete=57)

    chain.begin({"manifest": {"key": "a/00000list", "format": "text"}})
    last = chain.to_the_end()[-1]

    assert (last["status"], deployment.keys()) == ("done", ["a/00000list"])
    assert last["skipped_because"] == {"a list that the job reads": 1}
