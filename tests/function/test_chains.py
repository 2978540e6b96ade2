"""Chains of real processes, which call each other by the unmodified clients, come to their end."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from deployment import BUCKET, STATE_BUCKET, sum_of
from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc2_client, fc3_invoke
from localcloud.fc_faults import Kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.fc_deployed import Call
    from localcloud.oss import LocalOss

pytestmark = pytest.mark.timeout(300)

OTHERS = ["a", "a0", "b"]
LONG = 280  # seconds: a busy machine takes its time
RESERVE = 6  # seconds, so that what hands over is in time however busy the machine is


@dataclass
class Deployment:
    """A function on the local Function Compute, whose invocations last few seconds."""

    oss: LocalOss
    fc: LocalFc
    function: Deployed

    def fill(self, objects: int) -> None:
        self.oss.fill(BUCKET, [*(f"a/{number:07}" for number in range(objects)), *OTHERS])

    def invoke(self, document: Any, kind: str = "Async") -> Any:
        """Send an event by the client of the function's own API; return the answer, if any."""
        event = json.dumps(document).encode()
        if self.function.service is None:
            body = fc3_invoke(self.fc, self.function.name, event, kind=kind).body
        else:
            headers = {"x-fc-invocation-type": kind}
            client = fc2_client(self.fc)
            name = self.function.name
            body = client.invoke_function(self.function.service, name, event, headers=headers).data
        return json.loads(body) if body else None

    def answers(self) -> list[dict[str, Any]]:
        """Return what invocations have answered, or the error that Function Compute makes of it."""
        return [json.loads(each.outcome.body) for each in self.fc.invocations]

    def to_the_end(self, document: Any) -> dict[str, Any]:
        """Send an event, and return the answer of the last invocation that comes of it."""
        self.invoke(document)
        self.fc.wait(LONG)
        return self.answers()[-1]

    def status(self, job: str) -> dict[str, Any]:
        found: dict[str, Any] = self.invoke({"job": job, "do": "status"}, "Sync")
        return found


@contextmanager
def deployed(oss: LocalOss, service: str | None, seconds: int, **settings: str) -> Iterator[Any]:
    """Deploy a function whose invocations work for so many seconds."""
    oss.create_bucket(STATE_BUCKET)
    with LocalFc(credentials=oss.credentials) as fc:
        environment = {
            "OSSWEEP_BUCKETS": BUCKET,
            "OSSWEEP_ENDPOINT": oss.endpoint,
            "OSSWEEP_STATE": f"{STATE_BUCKET}/state",
            "OSSWEEP_FC_ENDPOINT": fc.endpoint,
            "OSSWEEP_RESERVE_SECONDS": str(RESERVE),
            "OSSWEEP_CHECKPOINT_SECONDS": "1",
            **{f"OSSWEEP_{name.upper()}": text for name, text in settings.items()},
        }
        function = Deployed(
            "ossweep",
            oss.temporary_credentials,
            service=service,
            timeout=seconds + RESERVE,
            environment=environment,
        )
        fc.deploy(function)
        yield Deployment(oss, fc, function)


def hops(deployment: Deployment) -> int:
    """Return how many invocations were at work, by how many were called."""
    return len(deployment.fc.accepted)


def assert_all_is_gone(deployment: Deployment, last: dict[str, Any], objects: int) -> None:
    """The sums are exact, nothing outside of the order is gone, and the state was removed."""
    assert (last["status"], last["listed"], last["deleted"]) == ("done", objects, objects)
    assert (last["at_least"], sum_of(last), last["continuation"]) == (False, objects, None)
    assert deployment.oss.keys(BUCKET) == OTHERS
    kept = [key.rpartition("/")[2] for key in deployment.oss.keys(STATE_BUCKET)]
    assert kept == ["000000-01", "end"]


def test_a_chain_of_many_invocations_is_exact(oss: LocalOss) -> None:
    """By FC 3.0: each of a few seconds, and all of them together exact."""
    with deployed(oss, None, 2, in_flight="2", max_rate="3300") as chain:
        chain.fill(24_000)
        last = chain.to_the_end({"prefix": "a/"})

        assert hops(chain) >= 4
        assert chain.fc.failures == []
        assert_all_is_gone(chain, last, 24_000)
        told = chain.status(last["job"])
        assert (told["status"], told["hops"]) == ("done", hops(chain))


def test_a_function_of_a_service_goes_on_by_fc_2(oss: LocalOss) -> None:
    """Its context names the service, and that chooses the client."""
    with deployed(oss, "service", 2, in_flight="1", max_rate="2200") as chain:
        chain.fill(6_000)
        last = chain.to_the_end({"prefix": "a/"})

        assert hops(chain) >= 2
        assert chain.fc.failures == []
        assert_all_is_gone(chain, last, 6_000)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_chain_goes_on_when_an_invocation_dies(
    oss: LocalOss, by: Literal[signal.Signals.SIGKILL, signal.Signals.SIGTERM]
) -> None:
    """Function Compute sends its event again; what it did last may not have been counted."""
    with deployed(oss, None, 3, in_flight="1", max_rate="1400", log_seconds="1") as chain:
        chain.fill(6_000)
        # Its second line is that it has been at work for a second.
        chain.fc.misbehave(Kill(at_line=2, by=by, times=1, of=is_second_hop))
        last = chain.to_the_end({"prefix": "a/"})

        assert [each.outcome.how for each in chain.fc.invocations].count("killed") == 1
        assert oss.keys(BUCKET) == OTHERS
        assert (last["status"], last["remaining"]) == ("done", 0)
        first = chain.answers()[0]
        # What was deleted between a checkpoint and the death is met by nobody any more.
        assert first["deleted"] < last["deleted"] <= 6_000
        assert last["at_least"] or last["deleted"] == 6_000
        assert last["at_least"] or by == signal.SIGTERM
        assert chain.fc.failures == []
        assert chain.status(last["job"])["status"] == "done"


def is_second_hop(call: Call) -> bool:
    return bool(json.loads(call.payload).get("hop") == 1)
