"""What a handler returns or raises is sent on as FC's own Python runtime sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localcloud.fc_clients import written
from localcloud.fc_deployed import Call, Deployed, Outcome
from localcloud.fc_process import run
from localcloud.signature import Credentials

if TYPE_CHECKING:
    from pathlib import Path

ROLE = Credentials("STS.role", "role-secret", "role-token")


def outcome_of(folder: Path, source: str) -> Outcome:
    deployed = Deployed("tried", ROLE, code=written(folder / "code", source))
    return run(Call(deployed, b"", "request"))


@pytest.mark.parametrize(
    ("returned", "body"),
    [
        ('"text"', b"text"),
        (r'b"\xff"', b"\xff"),
        ("None", b"null"),
        ('{"b": 1, "a": [2]}', b'{\n    "a": [\n        2\n    ],\n    "b": 1\n}'),
        ('__import__("decimal").Decimal("1.5")', b"1.5"),
        ('__import__("datetime").date(2026, 1, 2)', b'"2026-01-02"'),
    ],
)
def test_text_and_bytes_are_sent_as_they_are_and_all_else_as_json(
    tmp_path: Path, returned: str, body: bytes
) -> None:
    """Indented and sorted by its keys."""
    outcome = outcome_of(tmp_path, f"def handler(event, context):\n    return {returned}\n")

    assert (outcome.how, outcome.body) == ("answered", body)


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(e, c): raise KeyError('x')", "KeyError", "'x'"),
        ("def handler(e, c): return {1: 1, 'a': 2}", "TypeError", None),
        ("def handler(e, c): return object()", "TypeError", None),
        ("import missing", "ImportModuleError", "Unable to import module 'index'"),
        ("def", "UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("1 / 0", "UserCodeError", "Module initialization error: 'division by zero'"),
        ("other = 1", "HandlerNotFound", "Handler 'handler' is missing on module 'index'"),
    ],
)
def test_an_exception_becomes_fc_s_error_document(
    tmp_path: Path, source: str, kind: str, message: str | None
) -> None:
    """With the class, the message and where it happened."""
    outcome = outcome_of(tmp_path, source)

    document = json.loads(outcome.body)
    assert (outcome.how, outcome.error_type) == ("raised", "UnhandledInvocationError")
    assert (document["errorType"], message or document["errorMessage"]) == (
        kind,
        document["errorMessage"],
    )
    assert isinstance(document["stackTrace"], list)


def test_a_stack_trace_names_the_handler_s_lines(tmp_path: Path) -> None:
    """And none of the runtime's."""
    source = "def handler(event, context):\n    raise ValueError('no')\n"

    document = json.loads(outcome_of(tmp_path, source).body)

    [frame] = document["stackTrace"]
    assert frame[1:] == ["line 2", "in handler", "raise ValueError('no')"]
