"""What README says is so: its examples, its settings, its permissions, its files."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chains import called_by_hand
from deployment import BUCKET
from localcloud.tree import RULES, plant
from ossweep.checkpoints import LEAST_RESERVED, MOST_RESERVED
from ossweep.engine.batches import PROTECTED
from ossweep.engine.gate import PLACES
from ossweep.handover.lease import LEAST_BEAT, SLACK
from ossweep.settings import Settings, variable
from ossweep.store.deletion import OLDEST_LISTING
from ossweep.triggers.dates import filled
from ossweep.work import GONE, GONE_UNANSWERED, LONGEST_KEPT, NEWER

if TYPE_CHECKING:
    from deployment import Deployment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"<!-- send (\S+) -->\n```json\n(.*?)```.*?<!-- get -->\n```json\n(.*?)```", README, re.DOTALL
)
# The job that takes several invocations: what is sent, and some of what is answered, in turn.
LONG = re.findall(
    r"<!-- long: (send|get|next)(?: invocation, which answers)? ?(\S*) -->\n```json\n(.*?)```",
    README,
    re.DOTALL,
)
# The first cells of the permissions' table.
ROWS = re.findall(r"^\| ((?:`\w+:\w+`(?:, )?)+) \|", README, re.MULTILINE)
PERMITTED = {action for actions in ROWS for action in re.findall(r"`(oss:\w+)`", actions)}
VARYING = {"job", "seconds", "estimated_end"}
NEEDS = {
    "list": "oss:ListObjects",
    "list_versions": "oss:ListObjectVersions",
    "batch_delete": "oss:DeleteObject",
    "delete": "oss:DeleteObject",
    "get": "oss:GetObject",
    "bucket_versioning": "oss:GetBucketVersioning",
    "put": "oss:PutObject",
}


@pytest.mark.parametrize(("file", "request_", "answer"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_an_example_gets_the_answer_that_is_shown(
    deployment: Deployment, file: str, request_: str, answer: str
) -> None:
    """The request is the file's, and the answer is what the handler says."""
    plant(deployment.oss, BUCKET)

    said = deployment.send(request_.encode())

    assert json.loads(request_) == json.loads((ROOT / file).read_text("utf-8"))
    assert _lasting(json.loads(answer)) == _lasting(said)


def test_the_long_job_goes_as_it_is_told(deployment: Deployment, tmp_path: Path) -> None:
    """Each event in turn gets the answer below it, of which the fields that matter are shown."""
    plant(deployment.oss, BUCKET)
    deployment.request_id = "7d3b2c1e"
    said: dict[str, Any] = {}

    with called_by_hand(deployment, tmp_path) as fc:
        for what, file, shown in LONG:
            document = json.loads(shown)
            if file:
                assert document == json.loads((ROOT / file).read_text("utf-8"))
            if what == "send":
                said = deployment.send(document)
                continue
            if what == "next":
                said = deployment.send(fc.accepted[-1].payload)
            assert _lasting(document).items() <= _lasting(said).items()
            assert document.keys() <= said.keys()
            assert said["job"] == "7d3b2c1e-1"


def test_the_jobs_end_is_estimated_as_a_time(deployment: Deployment, tmp_path: Path) -> None:
    """It is the one field of the long job that is another one each time."""
    (shown,) = (json.loads(text) for _, _, text in LONG if "estimated_end" in text)
    plant(deployment.oss, BUCKET)

    with called_by_hand(deployment, tmp_path):
        job = deployment.send(json.loads(LONG[0][2]))["job"]
        said = deployment.send({"job": job, "do": "status"})

    for answer in (shown, said):
        moment = datetime.fromisoformat(answer["estimated_end"])
        assert moment.utcoffset() == timedelta(0)


def test_all_examples_are_found() -> None:
    """The patterns that find them find all."""
    assert len(EXAMPLES) == README.count("<!-- send ") == README.count("<!-- get -->") == 2
    assert len(LONG) == README.count("<!-- long: ") == 9


def test_a_timers_dates_are_those_that_readme_shows() -> None:
    """A range begins as it says, and has as many."""
    at = datetime(2024, 3, 31, 2, tzinfo=timezone.utc)
    rows = re.findall(
        r"^\| `(\{trigger_time.*?\})` \| (.*?)( and so on.*)? \|$", README, re.MULTILINE
    )

    assert len(rows) == 3
    for template, dates, more in rows:
        found = filled(template, at, timezone.utc)
        assert ", ".join(found).startswith(dates)
        assert (len(found), found[-1] in more) == ((7, True) if more else (1, False))


def test_the_settings_table_is_the_settings() -> None:
    """Each variable with its form, its default and its meaning."""
    rows = re.findall(r"^\| `(OSSWEEP_\w+)` \| (.*?) \| (.*?) ?\| (.*?) \|$", README, re.MULTILINE)

    assert rows == [
        (
            variable(entry),
            entry.metadata["form"],
            _shown(entry.default),
            entry.metadata["says"],
        )
        for entry in fields(Settings)
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        f"A listing that is older than {OLDEST_LISTING:g} seconds when its keys' turn comes",
        f"if it is no older than {LONGEST_KEPT // 86_400} days",
        f"three times `OSSWEEP_CHECKPOINT_SECONDS`, or three times {LEAST_BEAT:g} seconds",
        f"until {SLACK} seconds before its lease is over",
        f"{LEAST_RESERVED:,} to {MOST_RESERVED:,} objects",
        f"nothing at all has gone in {PLACES} places",
    ],
)
def test_the_figures_are_those_of_the_code(sentence: str) -> None:
    """What a person reckons with is what is done."""
    assert sentence in README


@pytest.mark.parametrize("reason", [PROTECTED, NEWER, GONE, GONE_UNANSWERED])
def test_each_reason_to_skip_a_key_is_explained(reason: str) -> None:
    """By the words that the answer has."""
    assert f"`{reason}`" in README


@pytest.mark.parametrize("versions", [False, True])
def test_the_permissions_are_those_of_the_requests_made(
    deployment: Deployment, tmp_path: Path, *, versions: bool
) -> None:
    """Whatever is asked of OSS is in the table, and nothing in the table is never asked."""
    if versions:
        deployment.oss.enable_versioning(BUCKET)
    plant(deployment.oss, BUCKET)
    deployment.set(rules=json.dumps(RULES))

    with called_by_hand(deployment, tmp_path):
        deployment.send({"directory": "src", "prefix": "odd/", "keys": ["src.txt"]})
        deployment.send((ROOT / "events/oss-request-file.json").read_bytes())

    made = {NEEDS[request.operation] for request in deployment.oss.requests}
    # Which versions a batch deletes stands in its body, and not in the log.
    of_versions = {"oss:ListObjectVersions", "oss:DeleteObjectVersion"}
    unseen = {"oss:DeleteObjectVersion"} if versions else of_versions
    assert made | unseen == PERMITTED


def test_the_permissions_are_those_of_the_functions_policies() -> None:
    """Only the function's role has a table here; the triggers' roles are in .ram."""
    ours = [path for path in (ROOT / ".ram").glob("*-policy.json") if path.stem != "trigger-policy"]
    allowed = {
        action
        for path in ours
        for statement in json.loads(path.read_text("utf-8"))["Statement"]
        for action in statement["Action"]
    }

    assert allowed == {action for actions in ROWS for action in re.findall(r"`(.*?)`", actions)}


def test_the_rules_that_are_shown_are_those_of_the_local_cloud() -> None:
    """The events of OSS are tried with them."""
    (shown,) = re.findall(r"<!-- rules -->\n```json\n(.*?)```", README, re.DOTALL)

    assert json.loads(shown) == list(RULES)


def test_every_file_that_readme_links_to_is_there() -> None:
    """No link leads nowhere, and every accepted event is linked to."""
    links = {link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link}
    headings = re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    within = {f"#{heading.lower().replace(' ', '-')}" for heading in headings}

    assert {link for link in links - within if not (ROOT / link).exists()} == set()
    assert {f"events/{path.name}" for path in (ROOT / "events").glob("*.json")} <= links


def test_every_make_command_that_readme_names_exists() -> None:
    """And `make help` shows each."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= targets


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in VARYING}


def _shown(default: Any) -> str:
    if default in (None, ()):
        return ""
    if isinstance(default, bool):
        return f"`{json.dumps(default)}`"
    if isinstance(default, str):
        return f"`{default}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`"
