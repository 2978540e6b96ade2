"""A job as several chains of invocations, on the local Function Compute, with FC 3.0's client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, sum_of
from localcloud.faults import Latency, Refuse
from localcloud.fc import LocalFc
from localcloud.fc_clients import fc3_invoke
from localcloud.fc_deployed import Deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.oss import LocalOss

pytestmark = pytest.mark.timeout(300)

STATE = "statebucket"
KEYS = [f"a/{number:05}" for number in range(10_000)]


@dataclass
class Cloud:
    """A deployed ossweep that can go on by itself."""

    oss: LocalOss
    fc: LocalFc
    settings: dict[str, str] = field(default_factory=dict)

    def send(self, event: dict[str, Any]) -> dict[str, Any]:
        self.fc.deploy(
            Deployed(
                "ossweep",
                self.oss.temporary_credentials,
                timeout=30,
                environment={
                    "OSSWEEP_BUCKETS": BUCKET,
                    "OSSWEEP_ENDPOINT": self.oss.endpoint,
                    "OSSWEEP_STATE": f"{STATE}/state",
                    "OSSWEEP_FC_ENDPOINT": self.fc.endpoint,
                    "OSSWEEP_CHECKPOINT_SECONDS": "1",
                    "OSSWEEP_IN_FLIGHT": "3",
                    "OSSWEEP_MAX_RATE": "3000",  # so that there is something left to split
                    "OSSWEEP_RESERVE_SECONDS": "8",
                    **self.settings,
                },
            )
        )
        answer: dict[str, Any] = fc3_invoke(self.fc, "ossweep", json.dumps(event).encode()).document
        return answer

    def finish(self) -> dict[str, Any]:
        """Wait until nothing is under way; return the last answer that was given."""
        self.fc.wait(280)
        answer: dict[str, Any] = json.loads(self.fc.invocations[-1].outcome.body)
        return answer


@pytest.fixture
def cloud(oss: LocalOss) -> Iterator[Cloud]:
    """Nothing is in it yet."""
    oss.create_bucket(STATE)
    with LocalFc(credentials=oss.credentials, at_once=3) as fc:
        yield Cloud(oss, fc)


def test_parts_delete_what_one_chain_would_and_one_answer_tells_of_it(cloud: Cloud) -> None:
    """Exact sums, the marker object last, and what is spared or refused counted once."""
    oss = cloud.oss
    oss.misbehave(Latency(0.12, operation=("list", "batch_delete")))
    oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/00007", "a/09000"}))
    oss.fill(BUCKET, ["a/", *KEYS, "a", "a0", "b/"])
    oss.fill(BUCKET, ["a/00003x", "a/08000x"], oss.now() + 3600)

    first = cloud.send({"directory": "a", "parallel": 3})
    cloud.finish()  # which raises: keys have failed, and nobody reads the answer
    last = cloud.send({"job": first["job"], "do": "status"})

    assert (first["status"], len(first["next"])) == ("continued", 3)
    assert oss.keys(BUCKET) == ["a", "a/00003x", "a/00007", "a/08000x", "a/09000", "a0", "b/"]
    assert (last["job"], last["status"]) == (first["job"], "incomplete")
    assert (last["listed"], last["deleted"]) == (10_003, 9_999)
    assert (last["failed"], last["skipped_because"]) == (
        2,
        {"written after the job began": 2},
    )
    assert sorted(each["key"] for each in last["failures"]) == ["a/00007", "a/09000"]
    assert (last["listed"], last["at_least"]) == (sum_of(last), False)
    deletions = [each for each in oss.requests if each.bucket == BUCKET and each.key == "a/"]
    assert deletions[-1].operation == "delete"


def test_a_job_in_parts_is_stopped_and_goes_on_as_one(cloud: Cloud) -> None:
    """By its own name; its status is that of all of them."""
    cloud.settings["OSSWEEP_MAX_RATE"] = "1000"
    cloud.oss.misbehave(Latency(0.12, operation=("list", "batch_delete")))
    cloud.oss.fill(BUCKET, KEYS[:5_000])
    job = cloud.send({"prefix": "a/", "parallel": 2})["job"]

    stopping = cloud.send({"job": job, "do": "stop"})
    cloud.fc.wait(280)
    stopped = cloud.send({"job": job, "do": "status"})
    resumed = cloud.send({"job": job, "do": "resume"})
    cloud.fc.wait(280)
    ended = cloud.send({"job": job, "do": "status"})

    assert stopping["job"] == job
    assert "stopped" in stopped["parts"].values()
    assert (stopped["status"], stopped["listed"]) == ("stopped", sum_of(stopped))
    assert 0 < stopped["deleted"] < 5_000
    assert resumed["job"] == job
    assert (ended["status"], ended["deleted"]) == ("done", 5_000)
    assert cloud.oss.keys(BUCKET) == []


def test_a_small_job_is_not_split(cloud: Cloud) -> None:
    """It is done before there is anything to share."""
    cloud.oss.fill(BUCKET, KEYS[:100])

    answer = cloud.send({"prefix": "a/", "parallel": 8})

    assert (answer["status"], answer["deleted"]) == ("done", 100)
    assert len(cloud.fc.invocations) == 1
