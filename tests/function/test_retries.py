"""What passes is tried again, with growing pauses; what is final is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET, no_pauses, sum_of
from localcloud.faults import Before, CutBody, Gateway, Refuse, Reset
from ossweep.store.deletion import ATTEMPTS

if TYPE_CHECKING:
    from deployment import Deployment
    from localcloud.faults import Fault

KEYS = [f"a/{number:04}" for number in range(2500)]
THROTTLING = (
    "TotalQpsLimitExceeded",
    "PartitionQpsLimitted",
    "MetaOperationQpsLimitExceeded",
    "ActiveRequestLimitExceeded",
    "DownloadTrafficRateLimitExceeded",
    "UploadTrafficRateLimitExceeded",
    "CpuLimitExceeded",
    "ServiceUnavailable",
)


@pytest.mark.parametrize("code", THROTTLING)
def test_throttled_requests_are_tried_again_and_counted(deployment: Deployment, code: str) -> None:
    """Every code by which OSS asks for fewer requests passes."""
    deployment.fill("a/1", "a/2")
    deployment.oss.misbehave(Refuse(503, code, times=4))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (
        answer["status"],
        answer["deleted"],
        answer["requests_made"]["throttled"],
    ) == ("done", 2, 4)


@pytest.mark.parametrize(
    ("status", "code"),
    [(500, "InternalError"), (408, "RequestTimeout"), (429, "TooMany"), (502, "BadGateway")],
)
@pytest.mark.parametrize("operation", ["list", "batch_delete", "delete"])
def test_errors_of_the_moment_are_tried_again(
    deployment: Deployment, status: int, code: str, operation: str
) -> None:
    """Each kind of request outlives them."""
    deployment.fill("a/1", "a/2", "b")
    deployment.oss.misbehave(Refuse(status, code, operation=operation, times=ATTEMPTS - 1))

    answers = deployment.send([{"prefix": "a/"}, {"keys": ["b"]}])["answers"]

    assert deployment.keys() == []
    assert [answer["status"] for answer in answers] == ["done", "done"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["list", "batch_delete", "delete"])
def test_a_reset_connection_is_tried_again(
    deployment: Deployment, when: str, operation: str
) -> None:
    """Whether or not OSS has carried the request out."""
    deployment.fill("a/1", "a/2", "b")
    deployment.oss.misbehave(
        Reset("before" if when == "before" else "after", operation=operation, times=3)
    )

    answers = deployment.send([{"prefix": "a/"}, {"keys": ["b"]}])["answers"]

    assert deployment.keys() == []
    assert [answer["status"] for answer in answers] == ["done", "done"]


def test_a_listing_page_tried_again_neither_loses_nor_repeats_a_key(
    deployment: Deployment,
) -> None:
    """Every second listing fails in one way or another, and the sums are exact."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(Refuse(503, "ServiceUnavailable", operation="list", probability=0.4))
    deployment.oss.misbehave(CutBody(9000, operation="list", probability=0.3, seed=1))
    deployment.oss.misbehave(Reset("after", operation="list", probability=0.3, seed=2))

    answer = deployment.send({"prefix": "a/"})

    assert deployment.keys() == []
    assert (answer["status"], answer["listed"], answer["deleted"]) == ("done", 2500, 2500)


def test_pauses_grow_and_are_drawn_by_chance(deployment: Deployment) -> None:
    """
    Full jitter: between nothing and twice as much as the time before, up to ten seconds.

    What OSS's quotas refuse goes by the throttle instead.
    """
    drawn: list[tuple[float, float]] = []
    slept: list[float] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return high / 4

    deployment.world = replace(no_pauses(), uniform=uniform, sleep=slept.append)
    deployment.fill("a")
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="delete"))

    answer = deployment.send({"keys": ["a"]})

    assert drawn == [(0, 0.4), (0, 0.8), (0, 1.6), (0, 3.2), (0, 6.4), (0, 10), (0, 10)]
    assert [high / 4 for _, high in drawn] == slept
    assert (answer["status"], answer["failed"], answer["remaining"]) == ("unfinished", 0, 1)
    assert "InternalError" in answer["reason"]
    assert deployment.oss.count("delete") == ATTEMPTS


def test_no_pause_is_longer_than_the_time_left(deployment: Deployment) -> None:
    """What could not be tried again in time is left for the continuation."""
    slept: list[float] = []
    deployment.world = replace(no_pauses(), uniform=lambda _, high: high, sleep=slept.append)
    deployment.timeout = 5
    deployment.fill("a")
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="delete"))

    answer = deployment.send({"keys": ["a"]})

    assert slept == [0.4, 0.8, 1.6]
    assert (answer["status"], answer["failed"], answer["remaining"]) == ("unfinished", 0, 1)
    assert answer["continuation"]["keys"] == ["a"]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDenied"),
        (409, "FileImmutable"),
        (404, "NoSuchBucket"),
        (400, "InvalidArgument"),
    ],
)
def test_final_errors_are_not_tried_again(deployment: Deployment, status: int, code: str) -> None:
    """One request is enough to know."""
    deployment.oss.misbehave(Refuse(status, code, "No.", operation="delete"))

    deployment.send({"keys": ["a"]})

    assert deployment.oss.count("delete") == 1


def test_a_listing_that_keeps_failing_stops_the_sweep_with_a_continuation(
    deployment: Deployment,
) -> None:
    """Some of the keys may be gone by then; the sums agree and the rest can go on."""
    deployment.fill(*KEYS)
    deployment.oss.misbehave(
        Refuse(503, "ServiceUnavailable", "Busy.", lambda _: True, operation="get")
    )
    failing = Refuse(503, "ServiceUnavailable", "Busy.", operation="list")
    deployment.oss.misbehave(
        Before("batch_delete", lambda _: deployment.oss.misbehave(failing), times=1)
    )

    stopped = deployment.send({"prefix": "a/"})
    deployment.oss.behave()
    answer = deployment.send(stopped["continuation"])

    assert stopped["reason"].startswith('listing failed: ServiceUnavailable: "Busy."; OSS asks for')
    assert stopped["listed"] == sum_of(stopped)
    assert deployment.keys() == []
    assert (answer["status"], answer["deleted"]) == ("done", 2500)


def test_a_redirect_is_followed_by_nobody(deployment: Deployment) -> None:
    """OSS redirects no deletion: whoever answers so is not OSS."""
    deployment.fill("a")
    deployment.oss.misbehave(Refuse(307, "TemporaryRedirect", operation="delete"))

    answer = deployment.send({"keys": ["a"]})

    assert deployment.keys() == ["a"]
    assert (answer["deleted"], deployment.oss.count("delete")) == (0, 1)


def test_the_environment_of_the_machine_does_not_meddle(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that is set for the machine is not asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    deployment.fill("a")

    answer = deployment.send({"keys": ["a"]})

    assert (deployment.oss.keys(BUCKET), answer["status"]) == ([], "done")


@pytest.mark.parametrize("also", [(), ("BadGateway",)])
def test_an_outage_stops_the_sweep_and_fails_no_key(
    deployment: Deployment, also: tuple[str, ...]
) -> None:
    """By one code or by several in turn; when it is over, the continuation deletes everything."""
    deployment.fill(*(f"a/{number:05}" for number in range(12_000)))
    for code in also:
        deployment.oss.misbehave(Refuse(502, code, operation="batch_delete", probability=0.5))
    deployment.oss.misbehave(Refuse(500, "InternalError", operation="batch_delete"))

    stopped = deployment.send({"prefix": "a/"})
    deployment.oss.behave()
    ended = deployment.send(stopped["continuation"])

    assert (stopped["status"], stopped["failed"], stopped["at_least"]) == ("stopped", 0, True)
    assert stopped["listed"] == sum_of(stopped)
    assert (ended["status"], ended["deleted"], deployment.keys()) == ("done", 12_000, [])


@pytest.mark.parametrize(
    "lost",
    [
        [Reset("before", operation="delete", times=1)],
        [
            Refuse(503, "", operation="delete", times=1),
            Gateway(200, 0, operation="delete", times=1),
        ],
    ],
    ids=["reset", "somebody else's 200"],
)
def test_a_named_key_that_was_asked_for_and_seen_is_looked_at_again(
    deployment: Deployment, lost: list[Fault]
) -> None:
    """Its request may be carried out after all; what is written then is no object of the job."""
    deployment.timeout = 8
    deployment.fill("a")
    oss = deployment.oss
    for fault in lost:
        oss.misbehave(fault)
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="delete"))
    first = deployment.send({"keys": ["a"]})
    oss.behave()
    oss.fill(BUCKET, ["a"], oss.now() + 5)

    last = deployment.send(first["continuation"])

    assert (first["status"], first["continuation"]["doubted"]) == ("unfinished", ["a"])
    assert (last["status"], last["deleted"], deployment.keys()) == ("done", 0, ["a"])
