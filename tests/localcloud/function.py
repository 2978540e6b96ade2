"""Invokes the handler as Function Compute does: in its own process, killed at its time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.signature import Credentials

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src"
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # what of the caller's environment the function sees


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
        with tempfile.TemporaryDirectory() as folder:
            result = Path(folder) / "result"
            process = subprocess.Popen(
                [sys.executable, "-m", "localcloud.runtime", str(result)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self._environment(),
                cwd=self.code,
            )
            limit = Timer(self.timeout, process.kill)
            limit.start()
            with process:
                log = _converse(process, event, on_log)
            limit.cancel()
            ended = json.loads(result.read_text("utf-8")) if result.exists() else {}
        return Ended(
            answer=json.loads(ended["answer"]) if "answer" in ended else None,
            error=json.loads(ended["error"]) if "error" in ended else None,
            log=log,
        )

    def _environment(self) -> dict[str, str]:
        context = {
            "REQUEST_ID": str(uuid4()),
            "REGION": self.region,
            "ACCESS_KEY_ID": self.credentials.access_key_id,
            "ACCESS_KEY_SECRET": self.credentials.access_key_secret,
            "SECURITY_TOKEN": self.credentials.security_token or "",
            "TIMEOUT": str(self.timeout),
        }
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **self.environment,
            **{f"LOCALCLOUD_{name}": value for name, value in context.items()},
            "PYTHONPATH": os.pathsep.join((str(self.code), str(TESTS))),
        }


def _converse(
    process: subprocess.Popen[bytes], event: bytes, on_log: Callable[[dict[str, Any]], None]
) -> tuple[dict[str, Any], ...]:
    """Send the event, and collect the log until the process ends."""
    log = []
    if process.stdin is not None and process.stdout is not None:
        process.stdin.write(event)
        process.stdin.close()
        for line in process.stdout:
            entry = _log_entry(line)
            log.append(entry)
            on_log(entry)
    return tuple(log)


def _log_entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    return entry if isinstance(entry, dict) else {"message": line.decode(errors="replace")}
