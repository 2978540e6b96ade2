"""The handler answers before its time is up, and hands the rest on exactly."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, Deployment, hurried, sum_of
from localcloud.faults import Latency, Refuse, Trickle
from localcloud.function import Function

if TYPE_CHECKING:
    from localcloud.oss import LocalOss


def to_the_end(deployment: Deployment, request: Any) -> list[dict[str, Any]]:
    """Send a request, and every continuation, until there is none; return all answers."""
    answers = [deployment.send(request)]
    while answers[-1]["continuation"] is not None:
        assert len(answers) < 100
        answers.append(deployment.send(answers[-1]["continuation"]))
    return answers


def test_20000_objects_interrupted_five_times_are_counted_exactly(deployment: Deployment) -> None:
    """However often it is interrupted, each object is deleted once and counted once."""
    deployment.fill(*(f"a/{number:05}" for number in range(20_000)), "b")
    hurried(deployment, 5, batch_delete=1)  # at most three batches an invocation

    answers = to_the_end(deployment, {"prefix": "a/"})

    assert len(answers) > 5
    assert ["unfinished"] * (len(answers) - 1) + ["done"] == [a["status"] for a in answers]
    assert deployment.keys() == ["b"]
    assert (answers[-1]["listed"], answers[-1]["deleted"]) == (20_000, 20_000)
    for answer in answers:
        assert answer["listed"] == sum_of(answer)
    for before, after in pairwise(answers):
        assert before["deleted"] <= after["deleted"]  # the last may find that nothing is left
        assert before["job"] == after["job"]


def test_no_listing_starts_that_would_not_be_back_in_time(deployment: Deployment) -> None:
    """A second page of three seconds, and half as much more, does not fit into four seconds."""
    deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    hurried(deployment, 8, list=3)

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["listed"], answer["deleted"]) == ("unfinished", 1000, 1000)
    assert deployment.oss.count("list") == 1


def test_a_continuation_of_named_keys_holds_those_that_are_left(deployment: Deployment) -> None:
    """Those that are deleted are not asked for again."""
    keys = [f"k/{number:05}" for number in range(30_000)]
    deployment.fill(*keys[::1000])
    hurried(deployment, 6, batch_delete=1)

    first, *others = to_the_end(deployment, {"keys": keys})

    left = first["continuation"]["keys"]
    assert keys[first["deleted"] :] == left
    assert (len(left), 30_000) == (first["remaining"], first["listed"])
    assert deployment.keys() == []
    assert (others[-1]["status"], others[-1]["deleted"]) == ("done", 30_000)
    assert deployment.oss.count("batch_delete") == 30


def test_failures_are_carried_along_and_not_counted_twice(deployment: Deployment) -> None:
    """A key that failed in the first invocation is still named in the last one's answer."""
    deployment.fill(*(f"a/{number:04}" for number in range(5000)))
    immutable = {"a/0002", "a/1003", "a/4998"}
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No.", immutable))
    hurried(deployment, 4, batch_delete=1)

    answers = to_the_end(deployment, {"prefix": "a/"})

    assert len(answers) > 1
    assert tuple(answers[-1][name] for name in ("status", "deleted", "failed")) == (
        "incomplete",
        4997,
        3,
    )
    assert immutable == {failure["key"] for failure in answers[-1]["failures"]}
    assert all(answer["listed"] == sum_of(answer) for answer in answers)


def test_marker_objects_wait_for_the_last_invocation(deployment: Deployment) -> None:
    """A directory is still shown until all below it is gone."""
    deployment.fill("d/", *(f"d/{number:04}" for number in range(4000)))
    hurried(deployment, 4, batch_delete=1)

    first, *others = to_the_end(deployment, {"directory": "d"})

    assert [found["key"] for found in first["continuation"]["held"]] == ["d/"]
    assert deployment.keys() == []
    assert tuple(others[-1][name] for name in ("status", "listed", "deleted")) == (
        "done",
        4001,
        4001,
    )


def test_a_dry_run_goes_on_where_it_stopped(deployment: Deployment) -> None:
    """Even counting may take longer than one invocation has."""
    deployment.fill(*(f"a/{number:04}" for number in range(5000)))
    hurried(deployment, 4, list=1)

    answers = to_the_end(deployment, {"prefix": "a/", "dry_run": True})

    assert len(answers) > 1
    assert tuple(answers[-1][name] for name in ("status", "listed", "remaining")) == (
        "planned",
        5000,
        5000,
    )
    assert len(deployment.keys()) == 5000


def test_a_ceiling_holds_across_continuations(deployment: Deployment) -> None:
    """The objects of earlier invocations count."""
    deployment.fill(*(f"a/{number:04}" for number in range(5000)))
    hurried(deployment, 4, batch_delete=1)  # two batches an invocation

    answers = to_the_end(deployment, {"prefix": "a/", "limits": {"objects": 3500}})

    assert len(answers) > 1
    assert (answers[-1]["status"], answers[-1]["deleted"]) == ("stopped", 3500)
    assert len(deployment.keys()) == 1500


def test_a_continuation_of_a_request_that_never_began_is_the_request(
    deployment: Deployment,
) -> None:
    """In a batch, time may run out before the last request's turn."""
    deployment.fill("a/1", "a/2", "b", "c")
    hurried(deployment, 6, list=4.5)  # and the deletion would not be back in time

    answers = deployment.send([{"prefix": "a/"}, {"keys": ["b"]}])["answers"]
    deployment.oss.behave()
    again = deployment.send([answer["continuation"] for answer in answers])["answers"]

    assert [(answer["status"], answer["deleted"], answer["remaining"]) for answer in answers] == [
        ("unfinished", 0, 2),
        ("unfinished", 0, 1),
    ]
    assert [(a["status"], a["deleted"]) for a in again] == [("done", 2), ("done", 1)]
    assert deployment.keys() == ["c"]


@pytest.mark.parametrize(
    "edit",
    [
        {"bucket": "otherbucket"},
        {"ranges": [{"prefix": "", "after": ""}]},
        {"keys": ["z"]},
        {"dry_run": False},
        {"clock": 4_000_000_000},
        {"fingerprint": "0" * 64},
        {"more": 1},
    ],
)
def test_an_edited_continuation_is_refused(deployment: Deployment, edit: dict[str, Any]) -> None:
    """The order stays what it was."""
    deployment.fill(*(f"a/{number:04}" for number in range(3000)), "z")
    hurried(deployment, 6, list=2).set(buckets="*")
    order = {"bucket": BUCKET, "prefix": "a/", "dry_run": True}
    continuation = deployment.send(order)["continuation"]

    refusal = deployment.refuse({**continuation, **edit})

    assert "RequestError: the request is a continuation that has been changed" in refusal
    assert len(deployment.keys()) == 3001


def test_a_continuation_survives_other_json_tools(deployment: Deployment) -> None:
    """Neither the order of its fields nor its spaces matter."""
    deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    hurried(deployment, 6, list=2)
    continuation = deployment.send({"prefix": "a/"})["continuation"]

    shuffled = dict(reversed(continuation.items()))
    answer = deployment.send(json.dumps(shuffled, indent=3, ensure_ascii=False).encode())

    assert answer["deleted"] > 1000


def test_a_continuation_of_another_form_is_refused(deployment: Deployment) -> None:
    """What another version has made may mean something else."""
    assert deployment.refuse({"ossweep_continuation": 2}) == (
        "RequestError: the request is a continuation of another form than 1, made by another "
        "version; send the request anew"
    )


def test_a_continuation_is_held_to_the_deployments_rules(deployment: Deployment) -> None:
    """A bucket that may no longer be swept is not, whatever was begun."""
    deployment.fill(*(f"a/{number:04}" for number in range(3000)))
    hurried(deployment, 6, list=2)
    continuation = deployment.send({"prefix": "a/"})["continuation"]

    refusal = deployment.set(buckets="otherbucket").refuse(continuation)

    assert "is not among those in OSSWEEP_BUCKETS" in refusal


def test_a_time_limit_below_the_reserve_is_refused(deployment: Deployment) -> None:
    """There would be no time to do anything in."""
    deployment.timeout = 2

    assert deployment.refuse({"keys": ["a"]}) == (
        "SettingsError: the function's time limit of 2 s leaves nothing beside the 2 s of "
        "OSSWEEP_RESERVE_SECONDS; raise the limit"
    )


@pytest.mark.parametrize(
    "fault",
    [
        Latency(20, operation="batch_delete"),
        Latency(20, operation="list"),
        Trickle(0.2, operation="batch_delete"),
        Trickle(0.2, operation="list"),
        Refuse(500, "InternalError", operation="batch_delete"),
    ],
    ids=lambda fault: f"{type(fault).__name__} {fault.operation}",
)
def test_an_answer_that_hangs_does_not_make_the_handler_late(
    oss: LocalOss, fault: Latency | Trickle | Refuse
) -> None:
    """Function Compute kills the function at its limit; an answer has come before."""
    oss.fill(BUCKET, [f"a/{number:04}" for number in range(50)])
    oss.misbehave(fault)
    environment = {
        "OSSWEEP_BUCKETS": BUCKET,
        "OSSWEEP_ENDPOINT": oss.endpoint,
        "OSSWEEP_RESERVE_SECONDS": "3",
    }

    ended = Function(environment, oss.credentials, timeout=5).invoke(b'{"prefix": "a/"}')
    oss.behave()

    assert ended.answer is not None
    assert ended.answer["status"] == "unfinished"
    assert ended.answer["listed"] == sum_of(ended.answer)
    assert ended.answer["continuation"] is not None
