"""Every end names what went wrong, how often, and what helps."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, STATE_BUCKET, carried, hurried
from localcloud.faults import AsTold, Refuse, Reset
from ossweep.helps import HELPS, HELPS_OF_STATE
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment import Deployment

SKEW = 3 * 3600  # seconds


@pytest.fixture
def unanswering() -> Iterator[str]:
    """Return an endpoint that takes connections and answers none."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def told(deployment: Deployment, event: Any = None) -> tuple[str, dict[str, int]]:
    """Return the reason and the errors of a job that has the shortest of times."""
    deployment.world = World()
    deployment.timeout = 4
    answer = deployment.send(event or {"prefix": "a/"})
    assert answer["status"] in {"unfinished", "stopped"}
    return answer["reason"], answer["errors"]


def test_a_refused_connection_is_told(deployment: Deployment) -> None:
    """Port 9 takes none."""
    reason, errors = told(deployment.set(endpoint="http://127.0.0.1:9"))

    assert "was answered: ConnectionError" in reason
    assert "Connection refused" in reason
    assert "OSSWEEP_ENDPOINT" in reason
    assert errors.keys() == {"ConnectionError"}


def test_a_name_that_nobody_knows_is_told(deployment: Deployment) -> None:
    """It is no connection that was refused."""
    reason, errors = told(deployment.set(endpoint="https://oss.invalid"))

    assert "NameNotResolved" in reason
    assert errors.keys() == {"NameNotResolved"}


def test_tls_to_a_server_that_speaks_none_is_told(deployment: Deployment) -> None:
    """With how to write an endpoint that speaks none."""
    endpoint = deployment.oss.endpoint.replace("http:", "https:")

    reason, errors = told(deployment.set(endpoint=endpoint))

    assert "http://" in reason
    assert errors.keys() == {"SSLError"}


def test_an_endpoint_that_never_answers_is_told(deployment: Deployment, unanswering: str) -> None:
    """What was cut off because time was up has got no answer."""
    reason, errors = told(deployment.set(endpoint=unanswering))

    assert "was answered: ReadTimeout" in reason
    assert errors.keys() == {"ReadTimeout"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refuse(503, "ServiceUnavailable", "busy"), "ServiceUnavailable"),
        (Refuse(403, "RequestTimeTooSkewed", "skew"), "RequestTimeTooSkewed"),
        (Reset(), "ConnectionError"),
    ],
)
def test_the_error_that_oss_answers_throughout_is_told(
    deployment: Deployment, fault: Refuse | Reset, code: str
) -> None:
    """Its code, and how often."""
    deployment.oss.misbehave(fault)

    reason, errors = told(deployment)

    assert f": {code} {errors[code]} times" in reason


def test_errors_of_a_job_that_has_ended_well_are_told_too(deployment: Deployment) -> None:
    """How often, and of which kind."""
    deployment.fill("a/1")
    deployment.oss.misbehave(Refuse(500, "InternalError", times=2, operation="list"))

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["errors"]) == ("done", {"InternalError": 2})


def test_errors_are_left_out_where_nothing_went_wrong(deployment: Deployment) -> None:
    """There is no empty field."""
    deployment.fill("a/1")

    assert "errors" not in deployment.send({"prefix": "a/"})


def test_errors_are_counted_over_all_invocations(deployment: Deployment) -> None:
    """They travel with what is left."""
    deployment.fill(*(f"a/{number:05}" for number in range(3000)))
    hurried(deployment, 10, batch_delete=5)
    deployment.oss.misbehave(Refuse(500, "InternalError", times=1, operation="list"))

    first = deployment.send({"prefix": "a/"})
    deployment.oss.behave()
    hurried(deployment, 100)
    deployment.oss.misbehave(Refuse(500, "InternalError", times=2, operation="list"))
    second = deployment.send(first["continuation"])

    assert (first["errors"], second["errors"]) == ({"InternalError": 1}, {"InternalError": 3})
    assert second["status"] == "done"


def test_a_clock_that_is_wrong_is_put_right_by_osss_own(deployment: Deployment) -> None:
    """One refusal for each kind of request that is under way then, and no more."""
    deployment.fill("a/1")
    deployment.world = replace(deployment.world, wall=lambda: time.time() - SKEW)

    answer = deployment.send({"prefix": "a/"})

    assert (answer["status"], answer["deleted"]) == ("done", 1)
    assert 1 <= answer["errors"]["RequestTimeTooSkewed"] <= 2


def test_a_job_whose_keys_have_failed_tells_by_what(deployment: Deployment) -> None:
    """How many by which code, and what that means."""
    deployment.fill("a/1", "a/2", "a/3")
    deployment.oss.misbehave(Refuse(409, "FileImmutable", keys=["a/1", "a/3"]))

    answer = deployment.send({"prefix": "a/"})

    assert answer["reason"] == (
        "2 keys could not be deleted; `failures` names what OSS answered: FileImmutable 2; a "
        "retention policy of the bucket's keeps such objects until it has run out"
    )


FAILED = "1 key could not be deleted; `failures` names what OSS answered: FileImmutable 1; "
ORDER = {"keys": ["b"], "prefix": "a/"}


@pytest.fixture
def immutable(deployment: Deployment) -> Deployment:
    """One that cannot delete `b`, and a thousand objects in each invocation."""
    deployment.fill(*(f"a/{number:04}" for number in range(2500)), "b")
    deployment.oss.misbehave(Refuse(409, "FileImmutable", keys=["b"]))
    return hurried(deployment, 60, batch_delete=57)


def test_a_job_that_has_not_ended_tells_what_has_failed_until_then(immutable: Deployment) -> None:
    """Where time ran out, where a ceiling was reached, and where the next invocation is called."""
    returned = immutable.send(ORDER)
    stopped = immutable.send({**ORDER, "limits": {"objects": 2}})
    with carried(immutable) as chain:
        continued = chain.begin(ORDER)

    helped = FAILED + HELPS["FileImmutable"]
    assert returned["reason"] == f"time ran out; {helped}; send the continuation back to go on"
    more = "for more, send a new request"
    assert stopped["reason"] == f"limits.objects allows 2 objects; {more}; {helped}"
    assert continued["reason"] == f"time ran out; {helped}; the next invocation is on its way"


def test_a_job_that_is_given_up_tells_what_has_failed_until_then(immutable: Deployment) -> None:
    """Because it had as many invocations as it may have."""
    with carried(immutable.set(max_hops="1")) as chain:
        answer = chain.begin(ORDER)

    assert answer["status"] == "stopped"
    assert answer["reason"].endswith(FAILED + HELPS["FileImmutable"])


@pytest.mark.parametrize("operations", [("list",), ("batch_delete", "delete")])
def test_a_role_that_may_not_is_told_what_to_look_at(
    deployment: Deployment, operations: tuple[str, ...]
) -> None:
    """Whether it may not list or not delete; status tells the same."""
    deployment.fill(*(f"a/{number:03}" for number in range(300)))
    with carried(deployment) as chain:
        deployment.oss.misbehave(
            AsTold(
                lambda request: (
                    [Refuse(403, "AccessDenied", "no right")] if request.bucket == BUCKET else []
                ),
                operation=operations,
            )
        )
        answer = chain.begin({"prefix": "a/"})
        status = chain.begin({"job": answer["job"], "do": "status"})

    for told in (answer, status):
        assert (told["status"], told["bucket"]) == ("stopped", BUCKET)
        assert "AccessDenied" in told["reason"]
        assert told["reason"].endswith(HELPS["AccessDenied"])


def test_the_states_bucket_is_told_from_the_one_that_is_swept(deployment: Deployment) -> None:
    """By its name, and by the setting that names it."""
    deployment.set(state="nowhere/state")

    said = deployment.refuse({"prefix": "a/"})

    assert said.startswith("StoreError: NoSuchBucket")
    assert "the jobs' state in the bucket nowhere (OSSWEEP_STATE)" in said


@pytest.mark.parametrize(
    ("fault", "helps"),
    [
        (Refuse(403, "AccessDenied"), HELPS_OF_STATE["AccessDenied"]),
        (Refuse(503, "ServiceUnavailable"), "OSS asks for fewer requests: go on later"),
    ],
    ids=["denied", "busy"],
)
def test_an_error_of_the_state_has_help_about_the_state(
    deployment: Deployment, fault: Refuse, helps: str
) -> None:
    """It is read and written, at a rate that no setting changes."""
    deployment.oss.create_bucket(STATE_BUCKET)
    deployment.set(state=f"{STATE_BUCKET}/state")
    deployment.oss.misbehave(
        AsTold(lambda request: [fault] if request.bucket == STATE_BUCKET else [])
    )

    said = deployment.refuse({"prefix": "a/"})

    assert said.endswith(f"(OSSWEEP_STATE); {helps}")


def test_a_state_that_cannot_be_reached_is_told(deployment: Deployment) -> None:
    """Time runs out before anything is known of the job."""
    deployment.set(state=f"{STATE_BUCKET}/state", endpoint="http://127.0.0.1:9")
    deployment.world, deployment.timeout = World(), 4

    said = deployment.refuse({"prefix": "a/"})

    assert "Connection refused" in said
    assert f"the bucket {STATE_BUCKET} (OSSWEEP_STATE)" in said


def test_invocations_that_achieve_nothing_name_the_cause(deployment: Deployment) -> None:
    """The job stops after two of them."""
    deployment.fill("a/1")
    with carried(hurried(deployment, 10, list=4)) as chain:
        busy = Refuse(503, "ServiceUnavailable", "busy")
        deployment.oss.misbehave(
            AsTold(lambda request: [busy] if request.bucket == BUCKET else [], operation="list")
        )
        chain.begin({"prefix": "a/"})
        last = chain.to_the_end()[-1]

    assert last["status"] == "stopped"
    assert "achieved nothing: time ran out; none of " in last["reason"]
    assert "ServiceUnavailable" in last["reason"]
