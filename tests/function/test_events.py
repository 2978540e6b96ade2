"""Every file in events/ does what it says, and every file in events/refused/ is turned down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from deployment import BUCKET, sum_of
from localcloud.tree import plant
from ossweep.request import schema

if TYPE_CHECKING:
    from deployment import Deployment

EVENTS = Path(__file__).parents[2] / "events"
ACCEPTED = sorted(EVENTS.glob("*.json"))
REFUSED = EVENTS / "refused"
REFUSALS: dict[str, str] = json.loads((REFUSED / "refusals.json").read_text("utf-8"))
STATUSES = {"dry-run.json": "planned", "ceiling.json": "stopped"}


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_an_event_does_what_its_name_says(deployment: Deployment, path: Path) -> None:
    """Sent to a bucket with a believable tree, it deletes some of it and fails nowhere."""
    plant(deployment.oss, BUCKET)
    before = len(deployment.keys())

    answer = deployment.send(path.read_bytes())

    answers = answer.get("answers", [answer])
    assert {STATUSES.get(path.name, "done")} == {each["status"] for each in answers}
    assert before - len(deployment.keys()) == sum(each["deleted"] for each in answers)
    for each in answers:
        assert each["listed"] == sum_of(each) > 0


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_an_event_keeps_to_the_published_schema(path: Path) -> None:
    """What the schema describes is what the handler takes."""
    event = json.loads(path.read_text("utf-8"))

    for request in event.get("requests", [event]):
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
