"""Invokes the handler as Function Compute does, but without its API: in a process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from localcloud.fc_deployed import SOURCE, Call, Deployed
from localcloud.fc_process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.fc_deployed import Outcome
    from localcloud.signature import Credentials


@dataclass(frozen=True)
class Ended:
    """How an invocation ended: with an answer, with an error, or killed and with neither."""

    answer: dict[str, Any] | None
    error: dict[str, Any] | None
    log: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Function:
    """A deployed function: its environment, role and time limit in seconds."""

    environment: Mapping[str, str]
    credentials: Credentials
    region: str = "cn-hangzhou"
    timeout: int = 60
    code: Path = SOURCE

    def invoke(
        self, event: bytes, on_log: Callable[[dict[str, Any]], None] = lambda line: None
    ) -> Ended:
        """Invoke it once; `on_log` is called with each line of its log as it comes."""
        deployed = Deployed(
            "ossweep",
            self.credentials,
            environment=self.environment,
            code=self.code,
            timeout=self.timeout,
        )
        call = Call(deployed, event, str(uuid4()), region=self.region)
        return ended_as(run(call, lambda line: on_log(log_entry(line))))


def ended_as(outcome: Outcome) -> Ended:
    """Return how an invocation ended, with its answer and its log read."""
    return Ended(
        answer=json.loads(outcome.body) if outcome.how == "answered" else None,
        error=json.loads(outcome.body) if outcome.how == "raised" else None,
        log=tuple(log_entry(line) for line in outcome.log),
    )


def log_entry(line: str) -> dict[str, Any]:
    """Return a line of the log as a document; one that is none is its message."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"message": line}
