"""A ceiling of bytes stops a job before the object that would be one too many, whatever happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, Chain, hurried
from localcloud.faults import AsTold, DateShift, Refuse, Reset
from ossweep.errors import UndoneError
from ossweep.objects import GONE_UNANSWERED, NEWER

if TYPE_CHECKING:
    from deployment import Deployment
    from localcloud.arrivals import Request
    from localcloud.faults import Fault

MORE = "for more, send a new request"
TIMER = {"triggerTime": "2024-03-01T00:00:00Z", "triggerName": "nightly"}


def asking(limit: int, **request: Any) -> dict[str, Any]:
    """Return a request with a ceiling of so many bytes."""
    return {**request, "limits": {"bytes": f"{limit}B"}}


def numbered(objects: int, size: int = 10, prefix: str = "a/") -> dict[str, int]:
    return {f"{prefix}{number:04}": size for number in range(objects)}


def told(answer: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(answer[name] for name in names)


@pytest.mark.parametrize("limit", [10, 9999, 10_000, 10_019, 24_999])
def test_a_ceiling_of_bytes_stops_before_the_object_after_it(
    deployment: Deployment, limit: int
) -> None:
    """As many objects go as it has room for, and not one more."""
    deployment.oss.fill(BUCKET, numbered(2500))

    answer = deployment.send(asking(limit, prefix="a/"))

    assert 2500 - limit // 10 == len(deployment.keys())
    assert told(answer, "status", "deleted", "bytes", "continuation") == (
        "stopped",
        limit // 10,
        limit // 10 * 10,
        None,
    )
    assert answer["reason"] == f"limits.bytes allows {limit:,} bytes; {MORE}"


def test_a_ceiling_of_bytes_that_is_just_enough_stops_nothing(deployment: Deployment) -> None:
    """There is no object after the last one."""
    deployment.oss.fill(BUCKET, {"a/1": 70, "a/2": 30, "a/": 0})

    answer = deployment.send(asking(100, directory="a"))

    assert told(answer, "status", "deleted", "bytes") == ("done", 3, 100)


def test_an_object_behind_one_that_is_too_large_stays(deployment: Deployment) -> None:
    """The job has stopped there, though a smaller one would fit."""
    deployment.oss.fill(BUCKET, {"a/1": 10, "a/2": 500, "a/3": 1, "a/4": 0})

    answer = deployment.send(asking(20, prefix="a/"))

    assert deployment.keys() == ["a/2", "a/3", "a/4"]
    assert told(answer, "status", "deleted") == ("stopped", 1)


@pytest.mark.parametrize("selector", [{"prefix": "a/"}, {"keys": ["a/1\n"]}], ids=str)
def test_an_object_that_is_larger_than_the_ceiling_is_named(
    deployment: Deployment, selector: dict[str, Any]
) -> None:
    """With its size, and as JSON has it: nothing else says why nothing went."""
    deployment.oss.fill(BUCKET, {"a/1\n": 1234})

    answer = deployment.send(asking(500, **selector))

    assert told(answer, "status", "deleted") == ("stopped", 0)
    assert answer["reason"] == (
        f'limits.bytes allows 500 bytes, and "a/1\\n" alone has 1,234; {MORE}'
    )
    assert [line["reason"] for line in deployment.log if "reason" in line] == [
        f'limits.bytes allows 500 bytes, and "..." alone has 1,234; {MORE}'
    ]


def test_the_ceiling_that_is_met_first_is_named(deployment: Deployment) -> None:
    """Objects and bytes may be bounded at once."""
    deployment.oss.fill(BUCKET, numbered(10))
    request = {"prefix": "a/", "limits": {"objects": 4, "bytes": "25B"}}

    first, second = deployment.send(request), deployment.send({**request, "limits": {"objects": 4}})

    assert told(first, "deleted", "reason") == (2, f"limits.bytes allows 25 bytes; {MORE}")
    assert told(second, "deleted", "reason") == (4, f"limits.objects allows 4 objects; {MORE}")


def test_a_named_key_below_a_ceiling_of_bytes_is_looked_at_first(deployment: Deployment) -> None:
    """Nobody knows its size otherwise; what was written after the job began stays."""
    oss = deployment.oss
    oss.fill(BUCKET, {"a": 40, "b": 40, "c": 40})
    oss.fill(BUCKET, {"d": 1}, oss.now() + 60)

    answer = deployment.send(asking(100, keys=["d", "gone", "a", "b", "c"]))

    assert deployment.keys() == ["c", "d"]
    assert told(answer, "status", "deleted", "bytes", "remaining") == ("stopped", 2, 80, 1)
    assert answer["skipped_because"] == {NEWER: 1, "gone before its turn came": 1}
    assert answer["requests_made"]["list"] == 1  # they lie side by side


def test_a_marker_object_takes_its_bytes_of_the_ceiling(deployment: Deployment) -> None:
    """It goes last, and stays where there is no room left for it."""
    deployment.oss.fill(BUCKET, {"a/": 50, "a/1": 60})

    answer = deployment.send(asking(100, directory="a"))

    assert deployment.keys() == ["a/"]
    assert told(answer, "status", "deleted", "remaining") == ("stopped", 1, 1)
    assert answer["reason"] == f"limits.bytes allows 100 bytes; {MORE}"


def test_a_dry_run_stops_at_a_ceiling_of_bytes(deployment: Deployment) -> None:
    """It shows what the deletion would do."""
    deployment.oss.fill(BUCKET, numbered(5))

    answer = deployment.send({**asking(39, prefix="a/"), "dry_run": True})

    assert told(answer, "status", "remaining", "bytes") == ("stopped", 3, 30)
    assert len(deployment.keys()) == 5


def test_an_object_that_oss_refuses_weighs_on_a_ceiling_of_bytes(deployment: Deployment) -> None:
    """It was asked for, as on one of objects."""
    deployment.oss.fill(BUCKET, numbered(5))
    deployment.oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/0001"}))

    answer = deployment.send(asking(30, prefix="a/"))

    assert told(answer, "status", "deleted", "failed") == ("stopped", 2, 1)
    assert len(deployment.keys()) == 3


def test_a_lost_answer_weighs_on_a_ceiling_of_bytes(deployment: Deployment) -> None:
    """OSS has deleted the batch, and the credentials have expired before anybody could look."""
    deployment.oss.fill(BUCKET, numbered(30))
    deployment.oss.misbehave(Reset("after", operation="batch_delete", times=1))
    seen: list[object] = []

    def expire(request: Request) -> list[Fault]:
        if request.operation == "batch_delete":
            seen.append(request)
        return [Refuse(403, "SecurityTokenExpired")] if len(seen) > 1 else []

    deployment.oss.misbehave(AsTold(expire))
    first = deployment.send(asking(100, prefix="a/"))
    deployment.oss.behave()

    last = deployment.send(first["continuation"])

    assert told(first, "status", "at_least") == ("stopped", True)
    assert len(deployment.keys()) == 20
    assert told(last, "status", "at_least", "deleted") == ("stopped", True, 0)
    assert "limits.bytes allows 100 bytes, of which 100 may have been asked" in last["reason"]


def test_a_named_key_in_doubt_keeps_its_bytes(deployment: Deployment) -> None:
    """It was carried out behind the invocation's back: another key has no room for that."""
    deployment.timeout = 8
    oss = deployment.oss
    oss.fill(BUCKET, {"a": 60, "b": 60})
    oss.misbehave(Reset("before", operation="delete", times=1))
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="delete"))
    first = deployment.send(asking(100, keys=["a", "b"]))
    oss.behave()
    oss.remove(BUCKET, ["a"])

    last = deployment.send(first["continuation"])

    assert (first["status"], first["continuation"]["doubted"]) == ("unfinished", ["a"])
    assert first["continuation"]["sizes"] == {"a": 60}
    assert deployment.keys() == ["b"]
    assert told(last, "status", "deleted", "at_least") == ("stopped", 0, True)
    assert last["skipped_because"] == {GONE_UNANSWERED: 1}


def test_a_named_key_in_doubt_goes_in_the_room_that_it_has(deployment: Deployment) -> None:
    """The ceiling is full of it, and it is there yet."""
    deployment.timeout = 8
    oss = deployment.oss
    oss.fill(BUCKET, {"a": 60})
    oss.misbehave(Reset("before", operation="delete", times=1))
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="delete"))
    first = deployment.send(asking(60, keys=["a"]))
    oss.behave()

    last = deployment.send(first["continuation"])

    assert first["continuation"]["doubted"] == ["a"]
    assert told(last, "status", "deleted", "bytes") == ("done", 1, 60)


def test_a_ceiling_of_bytes_holds_over_continuations(deployment: Deployment) -> None:
    """Each invocation counts what those before it have deleted."""
    deployment.oss.fill(BUCKET, numbered(3000))
    hurried(deployment, 60, batch_delete=57)

    answer = deployment.send(asking(25_005, prefix="a/"))
    hops = 1
    while answer["status"] == "unfinished":
        answer, hops = deployment.send(answer["continuation"]), hops + 1

    assert told(answer, "status", "deleted", "bytes") == ("stopped", 2500, 25_000)
    assert (len(deployment.keys()), hops > 2) == (500, True)


def test_a_ceiling_of_bytes_holds_over_a_job_that_goes_on_by_itself(chain: Chain) -> None:
    """And its event, which comes again when it has stopped, deletes no more."""
    chain.deployment.oss.fill(BUCKET, numbered(3000))
    hurried(chain.deployment, 60, batch_delete=57)
    event = {**TIMER, "payload": json.dumps(asking(25_005, bucket=BUCKET, prefix="a/"))}

    first = chain.begin(event)
    last = chain.to_the_end()[-1]
    again = chain.begin(event)

    assert first["status"] == "continued"
    assert told(last, "status", "deleted", "bytes") == ("stopped", 2500, 25_000)
    assert told(again, "job", "status", "deleted") == (first["job"], "stopped", 2500)
    assert len(chain.deployment.keys()) == 500


def test_a_ceiling_of_bytes_holds_over_a_stop_and_a_resume(chain: Chain) -> None:
    """The resumed job goes on with the room that it had."""
    chain.deployment.oss.fill(BUCKET, numbered(3000))
    hurried(chain.deployment, 60, batch_delete=57)
    job = chain.begin(asking(25_005, prefix="a/"))["job"]
    chain.begin({"job": job, "do": "stop"})
    stopped = chain.to_the_end()[-1]

    answers = [chain.begin({"job": job, "do": "resume"}), *chain.to_the_end()]

    assert told(stopped, "status") == ("stopped",)
    assert told(answers[-1], "status", "deleted", "bytes") == ("stopped", 2500, 25_000)
    assert len(chain.deployment.keys()) == 500


def test_a_ceiling_of_bytes_holds_over_parts(chain: Chain) -> None:
    """To the object: what one part leaves of its share, the whole job uses in the end."""
    chain.deployment.oss.fill(BUCKET, {**numbered(1000), **numbered(7000, prefix="b/")})
    chain.wait_for_a_split()
    request = {**asking(75_005, prefix=["a/", "b/"]), "parallel": 2}

    first = chain.deployment.set(in_flight="2").send(request)
    last = chain.to_the_end()[-1]

    assert len(first["next"]) == 2
    assert told(last, "job", "status", "deleted") == (first["job"], "stopped", 7500)
    assert last["reason"] == f"limits.bytes allows 75,005 bytes; {MORE}"
    assert len(chain.deployment.keys()) == 500


def test_failed_keys_are_tried_again_below_a_ceiling_of_bytes(chain: Chain) -> None:
    """They have their room: nothing else has taken it."""
    chain.deployment.oss.fill(BUCKET, numbered(5))
    chain.deployment.oss.misbehave(Refuse(409, "FileImmutable", "No.", {"a/0001"}))
    event = {**TIMER, "payload": json.dumps(asking(50, bucket=BUCKET, prefix="a/"))}
    with pytest.raises(UndoneError, match="incomplete"):
        chain.begin(event)
    chain.deployment.oss.behave()

    again = chain.begin(event)

    assert told(again, "status", "deleted", "bytes") == ("done", 5, 50)
    assert chain.deployment.keys() == []


class Death(BaseException):
    """An invocation that meets it does nothing more."""


def test_a_dead_invocations_reserve_weighs_on_a_ceiling_of_bytes(chain: Chain) -> None:
    """A resumed job deletes what that leaves, and says what may have filled the ceiling."""
    deployment = chain.deployment
    deployment.oss.fill(BUCKET, numbered(4000))
    hurried(deployment, 300)

    def die() -> bool:
        if deployment.oss.count("batch_delete"):
            raise Death
        return False

    deployment.terminated = die
    with pytest.raises(Death):
        chain.begin(asking(25_005, bucket=BUCKET, prefix="a/"))
    (state,) = {key.split("/")[1] for key in deployment.oss.keys(STATE_BUCKET)}
    gone = 4000 - len(deployment.keys())
    deployment.terminated = lambda: False
    deployment.oss.misbehave(DateShift(300))

    answers = [chain.begin({"job": state, "do": "resume"}), *chain.to_the_end()]

    assert gone >= 1000
    assert 4000 - len(deployment.keys()) <= 2500
    assert told(answers[-1], "status", "at_least") == ("stopped", True)
    assert "limits.bytes allows 25,005 bytes, of which 2" in answers[-1]["reason"]
