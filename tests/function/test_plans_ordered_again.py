"""A plan is applied once: its event that comes again is ignored, any other order is refused."""

from __future__ import annotations

import json
from hashlib import md5
from typing import Any

import pytest

from deployment import BUCKET, Chain, hurried
from localcloud.faults import Refuse, Withhold
from ossweep.errors import UndoneError

LOGS = [f"logs/{day:02}/{number:03}" for day in range(5) for number in range(500)]
RULE = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}


def direct(order: dict[str, Any], _: str) -> dict[str, Any]:
    return order


def message(order: dict[str, Any], name: str) -> dict[str, Any]:
    text = json.dumps(order)
    return {
        "TopicOwner": "123456789",
        "Message": text,
        "Subscriber": "123456789",
        "PublishTime": 1_790_000_000_040,
        "SubscriptionName": "sweeps",
        "MessageMD5": md5(text.encode(), usedforsecurity=False).hexdigest().upper(),
        "TopicName": "sweeps",
        "MessageId": md5(name.encode(), usedforsecurity=False).hexdigest().upper(),
    }


def tick(order: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "triggerTime": "2026-11-29T10:00:00Z",
        "triggerName": name,
        "payload": json.dumps(order),
    }


def written(order: dict[str, Any], name: str) -> dict[str, Any]:
    """Return OSS's event of a request file that holds an order."""
    etag = md5(json.dumps(order).encode(), usedforsecurity=False).hexdigest().upper()
    return {
        "events": [
            {
                "eventName": "ObjectCreated:PutObject",
                "eventSource": "acs:oss",
                "eventTime": "2026-01-01T00:00:00.000Z",
                "oss": {
                    "bucket": {"name": BUCKET},
                    "object": {"key": f"requests/{name}.json", "eTag": etag},
                },
                "responseElements": {"requestId": f"R{name}"},
            }
        ]
    }


SOURCES = {"direct": direct, "mns": message, "timer": tick, "oss": written}


@pytest.fixture
def filed(chain: Chain) -> Chain:
    """A deployment that runs request files, with logs in its bucket."""
    chain.deployment.set(rules=json.dumps([RULE]))
    chain.deployment.fill(*LOGS)
    return chain


def planned(chain: Chain) -> dict[str, Any]:
    answer = chain.begin({"bucket": BUCKET, "dry_run": True, "prefix": "logs/"})
    plan: dict[str, Any] = answer["plan"]
    return plan


def put(chain: Chain, order: dict[str, Any], name: str) -> None:
    oss = chain.deployment.oss
    oss.fill(BUCKET, {f"requests/{name}.json": json.dumps(order).encode()}, oss.now() - 60)


def answer_to(chain: Chain, name: str) -> dict[str, Any] | None:
    """Return the answer beside a request file, if there is one."""
    content = chain.deployment.oss.content(BUCKET, f"requests/{name}.answer.json")
    return None if content is None else dict(json.loads(content))


def refused(chain: Chain, event: dict[str, Any]) -> str:
    """Send an event by an invocation of its own, which must refuse it."""
    chain.deployment.request_id += "-again"
    return chain.deployment.refuse(event)


def became(plan: dict[str, Any]) -> str:
    return f'the plan "{plan["id"]}" was applied by the job apply-'


@pytest.mark.parametrize("source", SOURCES)
def test_an_event_that_comes_again_after_its_plan_was_applied_is_ignored(
    filed: Chain, source: str
) -> None:
    """Function Compute repeats it where an invocation has died; all is well."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    put(filed, order, "a")
    event = SOURCES[source](order, "a")

    first = filed.begin(event)
    again = filed.deployment.send(event)  # the invocation keeps its id

    assert (first["status"], first["deleted"], again["status"]) == ("done", 2500, "ignored")
    assert again["reason"].endswith(f'"{first["job"]}", "do": "status"}} tells what becomes of it')


@pytest.mark.parametrize("source", SOURCES)
def test_another_order_of_a_plan_that_was_applied_is_refused_with_what_became_of_it(
    filed: Chain, source: str
) -> None:
    """By whatever source either of them has come."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    put(filed, order, "a")
    put(filed, order, "b")
    filed.begin(SOURCES[source](order, "a"))

    said = refused(filed, SOURCES[source](order, "b"))

    assert became(plan) in said
    assert "which is done: it deleted 2,500 objects, 0 failed, and 0 stayed" in said


def test_a_request_file_that_orders_a_plan_again_is_answered_with_what_became_of_it(
    filed: Chain,
) -> None:
    """Its answer lies beside it, and that of the first file stays."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    for name in "ab":
        put(filed, order, name)
    filed.begin(written(order, "a"))

    with pytest.raises(UndoneError):
        filed.begin(written(order, "b"))

    first, second = answer_to(filed, "a"), answer_to(filed, "b")
    assert first is not None
    assert second is not None
    assert (first["status"], first["deleted"], second["status"]) == ("done", 2500, "refused")
    assert became(plan) in second["reason"]


def test_a_request_file_that_orders_a_plan_under_way_is_told_what_to_ask(filed: Chain) -> None:
    """The job's own answer belongs to the file that began it."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    for name in "ab":
        put(filed, order, name)
    hurried(filed.deployment, 20, batch_delete=9)
    job = filed.begin(written(order, "a"))["job"]

    filed.begin(written(order, "b"))
    filed.to_the_end()

    first, second = answer_to(filed, "a"), answer_to(filed, "b")
    assert first is not None
    assert second is not None
    assert (first["status"], first["deleted"], second["status"]) == ("done", 2500, "ignored")
    assert f'{{"job": "{job}", "do": "status"}} tells what becomes of it' in second["reason"]


def test_a_request_file_that_lets_a_plan_go_on_is_answered_as_well(filed: Chain) -> None:
    """The job had been held, and another file than its own lets it go on."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    for name in "ab":
        put(filed, order, name)
    filed.deployment.set(consent_tag="ossweep=allowed")
    held = filed.begin(written(order, "a"))
    filed.deployment.oss.describe(BUCKET, tags={"ossweep": "allowed"})

    done = filed.begin(written(order, "b"))

    first, second = answer_to(filed, "a"), answer_to(filed, "b")
    assert first is not None
    assert second is not None
    assert (held["status"], done["status"]) == ("stopped", "done")
    assert (first["deleted"], second["deleted"]) == (2500, 2500)


def test_an_event_that_comes_again_while_its_plan_is_applied_is_harmless(filed: Chain) -> None:
    """The job goes on as it would without, to its end and its answer."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    put(filed, order, "a")
    hurried(filed.deployment, 20, batch_delete=9)
    filed.begin(written(order, "a"))

    again = filed.begin(written(order, "a"))
    filed.to_the_end()
    last = filed.begin(written(order, "a"))

    answer = answer_to(filed, "a")
    assert answer is not None
    assert (again["status"], last["status"], answer["status"]) == ("ignored", "ignored", "done")
    assert (answer["deleted"], len(filed.deployment.keys())) == (2500, 2)


def test_an_application_that_ended_incomplete_tells_its_own_event_the_same_again(
    filed: Chain,
) -> None:
    """Any other order is told what became of the plan, and nothing is tried again."""
    plan = planned(filed)
    order = {"apply": plan["id"]}
    oss = filed.deployment.oss
    oss.misbehave(Withhold([LOGS[3]]))
    oss.misbehave(Refuse(409, "FileImmutable", keys=[LOGS[3]], operation="delete"))
    with pytest.raises(UndoneError) as first:
        filed.begin(tick(order, "a"))
    oss.behave()

    said = refused(filed, tick(order, "b"))
    with pytest.raises(UndoneError) as last:
        filed.begin(tick(order, "a"))

    assert "which is incomplete: it deleted 2,499 objects, 1 failed, and 0 stayed" in said
    assert first.value.answers[0]["failures"] == last.value.answers[0]["failures"]
    assert oss.keys(BUCKET).count(LOGS[3]) == 1


def test_one_object_that_a_plan_has_deleted_is_told_as_one(filed: Chain) -> None:
    """And not as several."""
    plan = filed.begin({"bucket": BUCKET, "dry_run": True, "keys": [LOGS[0]]})["plan"]
    filed.begin({"apply": plan["id"]})

    assert "it deleted 1 object, 0 failed" in refused(filed, {"apply": plan["id"]})
