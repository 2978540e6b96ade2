"""Every file in events/ does what it says, and every file in events/refused/ is turned down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from deployment import BUCKET, STATE_BUCKET, sum_of
from localcloud.tree import LIST_RULE, RULES, plant
from ossweep.request import schema

if TYPE_CHECKING:
    from deployment import Deployment

EVENTS = Path(__file__).parents[2] / "events"
REFUSED = EVENTS / "refused"
REFUSALS: dict[str, str] = json.loads((REFUSED / "refusals.json").read_text("utf-8"))

# What each event deletes from the tree, and how its jobs end.
DONE = {
    "direct/apply.json": (800, ["done"]),
    "direct/apply-with-tolerance.json": (800, ["done"]),
    "direct/batch.json": (101, ["done", "done"]),
    "direct/ceiling.json": (500, ["stopped"]),
    "direct/ceiling-of-bytes.json": (17, ["stopped"]),
    "direct/directory.json": (601, ["done"]),
    "direct/dry-run.json": (0, ["planned"]),
    "direct/empty.json": (0, ["ignored"]),
    "direct/everything.json": (2930, ["done"]),
    "direct/explain.json": (0, ["done"]),
    "direct/inventory.json": (60, ["done"]),
    "direct/keys.json": (3, ["done"]),
    "direct/keep-latest.json": (1122, ["done"]),
    "direct/large.json": (666, ["done"]),
    "direct/manifest-csv.json": (20, ["done"]),
    "direct/manifest-encoded.json": (4, ["done"]),
    "direct/manifest-json.json": (4, ["done"]),
    "direct/manifest-jsonl.json": (5, ["done"]),
    "direct/manifest-unchanged.json": (10, ["done"]),
    "direct/manifest.json": (12, ["done"]),
    "direct/manifests.json": (32, ["done"]),
    "direct/match-regex.json": (216, ["done"]),
    "direct/newer-than.json": (37, ["done"]),
    "direct/older-than.json": (111, ["done"]),
    "direct/one-key.json": (1, ["done"]),
    "direct/parallel.json": (1200, ["done"]),
    "direct/prefix.json": (900, ["done"]),
    "direct/prefixes.json": (200, ["done"]),
    "direct/return.json": (900, ["done"]),
    "direct/since-a-date.json": (800, ["done"]),
    "direct/skip-early-delete.json": (824, ["done"]),
    "direct/storage-class.json": (26, ["done"]),
    "direct/tags.json": (30, ["done"]),
    "direct/union.json": (802, ["done"]),
    "http/console-invocation.json": (100, ["done"]),
    "http/get-schema.json": (0, [None]),
    "http/get-settings.json": (0, [None]),
    "http/post.json": (100, ["done"]),
    "job/resume.json": (0, ["ignored"]),
    "job/status.json": (0, ["ignored"]),
    "job/stop.json": (0, ["ignored"]),
    "mns/queue-raw.json": (101, ["done", "done"]),
    "mns/queue-single.json": (100, ["done"]),
    "mns/queue.json": (101, ["done", "done"]),
    "mns/topic-json-with-attributes.json": (100, ["done"]),
    "mns/topic-json.json": (100, ["done"]),
    "mns/topic-oss-notification.json": (6, ["done"]),
    "mns/topic-stream-with-attributes.json": (100, ["done"]),
    "mns/topic-stream.json": (100, ["done"]),
    "oss/eventbridge-list.json": (6, ["done", "ignored"]),
    "oss/eventbridge-removed.json": (6, ["done"]),
    "oss/list-file.json": (12, ["done"]),
    "oss/nothing-to-do.json": (0, ["ignored"]),
    "oss/removed.json": (6, ["done"]),
    "oss/request-file.json": (100, ["done"]),
    "timer/nightly.json": (100, ["done"]),
    "timer/older-than.json": (47, ["done"]),
}
# The plan that these apply is made first, by another event.
PLANNED_BY = dict.fromkeys(
    ("direct/apply.json", "direct/apply-with-tolerance.json"), "direct/dry-run.json"
)


def test_every_event_is_expected_to_do_something() -> None:
    """No file that nobody looks at."""
    files = {path for path in EVENTS.rglob("*.json") if path.parent != REFUSED}

    assert {path.relative_to(EVENTS).as_posix() for path in files} == DONE.keys()


@pytest.mark.parametrize("name", DONE)
def test_an_event_does_what_its_name_says(deployment: Deployment, name: str) -> None:
    """
    Sent to a bucket with a believable tree, it deletes what it orders and fails nowhere.

    State is kept, as the template has it. No job is known there yet that a command could be about.
    """
    plant(deployment.oss, BUCKET)
    before = set(deployment.keys())
    gone, statuses = DONE[name]
    deployment.set(
        rules=json.dumps([*RULES, LIST_RULE]), state=f"{BUCKET}/ossweep-state", http="trigger"
    )

    event = (EVENTS / name).read_text("utf-8")
    if name in PLANNED_BY:
        plan = deployment.send((EVENTS / PLANNED_BY[name]).read_bytes())["plan"]
        event = event.replace(json.loads(event)["apply"], plan["id"])

    answers = _answers(deployment.send(event.encode()))

    assert [answer.get("status") for answer in answers] == statuses
    assert len(before.difference(deployment.keys())) == gone
    for answer in answers:
        if "listed" in answer:
            assert answer["listed"] == sum_of(answer)


def _deletes(name: str) -> bool:
    """Tell whether an event is one request that deletes something."""
    event = json.loads((EVENTS / name).read_text("utf-8") or "{}")
    return "bucket" in event and not event.get("dry_run", False)


@pytest.mark.parametrize("name", [n for n in DONE if n.startswith("direct/") and _deletes(n)])
def test_an_event_that_is_planned_and_applied_deletes_the_same(
    deployment: Deployment, name: str
) -> None:
    """What its plan counts goes, and nothing else."""
    event = json.loads((EVENTS / name).read_text("utf-8"))
    plant(deployment.oss, BUCKET)
    before = len(deployment.keys())
    deployment.oss.create_bucket(STATE_BUCKET)
    deployment.set(state=f"{STATE_BUCKET}/state")

    plan = deployment.send({**event, "dry_run": True})["plan"]
    answer = deployment.send({"apply": plan["id"]})

    assert before - len(deployment.keys()) == DONE[name][0]
    assert plan["objects"] == answer["deleted"] == DONE[name][0]
    assert answer["plan"]["digest"] == plan["digest"]
    assert answer["plan"]["as_planned"] is True or "limits" in event
    assert answer["listed"] == sum_of(answer)


@pytest.mark.parametrize("name", [name for name in DONE if name.startswith("direct/")])
def test_a_direct_event_keeps_to_the_published_schema(name: str) -> None:
    """What the schema describes is what the handler takes."""
    event = json.loads((EVENTS / name).read_text("utf-8") or "[]")

    for request in event.get("requests", [event.get("request", event)]) if event else []:
        jsonschema.validate(request, schema())


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_refused_event_gets_its_sentence_and_deletes_nothing(
    deployment: Deployment, name: str
) -> None:
    """The sentence is the one in refusals.json, word for word."""
    refusal = deployment.refuse((REFUSED / name).read_bytes())

    assert refusal == REFUSALS[name]
    assert deployment.oss.requests == []


def test_every_refused_event_has_its_sentence() -> None:
    """No file without a sentence, and no sentence without a file."""
    assert {path.name for path in REFUSED.iterdir()} - {"refusals.json"} == REFUSALS.keys()


def _answers(answer: Any) -> list[dict[str, Any]]:
    body = json.loads(answer["body"]) if "statusCode" in answer else answer
    answers: list[dict[str, Any]] = body.get("answers", [body])
    return answers
