"""What README says is so: its examples, its settings, its permissions, its files."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET
from localcloud.tree import RULES, plant
from ossweep.settings import Settings, variable

if TYPE_CHECKING:
    from deployment import Deployment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"<!-- send (\S+) -->\n```json\n(.*?)```.*?<!-- get -->\n```json\n(.*?)```", README, re.DOTALL
)
VARYING = {"job", "seconds"}
NEEDS = {
    "list": "oss:ListObjects",
    "batch_delete": "oss:DeleteObject",
    "delete": "oss:DeleteObject",
    "get": "oss:GetObject",
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


def test_both_examples_are_found() -> None:
    """The pattern that finds them finds all."""
    assert len(EXAMPLES) == README.count("<!-- send ") == README.count("<!-- get -->") == 2


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


def test_the_permissions_are_those_of_the_requests_made(deployment: Deployment) -> None:
    """Whatever is asked of OSS is in the table, and nothing in the table is never asked."""
    plant(deployment.oss, BUCKET)
    deployment.set(rules=json.dumps(RULES))

    deployment.send({"directory": "src", "prefix": "odd/", "keys": ["src.txt"]})
    deployment.send((ROOT / "events/oss-request-file.json").read_bytes())

    made = {NEEDS[request.operation] for request in deployment.oss.requests}
    assert made == set(re.findall(r"^\| `(oss:\w+)`", README, re.MULTILINE))


def test_the_rules_that_are_shown_are_those_of_the_local_cloud() -> None:
    """The events of OSS are tried with them."""
    (shown,) = re.findall(r"<!-- rules -->\n```json\n(.*?)```", README, re.DOTALL)

    assert json.loads(shown) == list(RULES)


def test_every_file_that_readme_links_to_is_there() -> None:
    """No link leads nowhere, and every accepted event is linked to."""
    links = {link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link}

    assert {link for link in links if not (ROOT / link).exists()} == set()
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
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`"
