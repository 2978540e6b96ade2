"""ossweep as a test deploys it: on a local OSS, with the environment and the world it hands in."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from ossweep import app
from ossweep.errors import SweepError
from ossweep.store import Credentials
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.oss import LocalOss

BUCKET = "examplebucket"
_INVOCATIONS = count(1)


def no_pauses() -> World:
    """Return the real world, but for retries: they come at once, and always in the middle."""
    return World(sleep=lambda _: None, uniform=lambda low, high: (low + high) / 2)


@dataclass
class Deployment:
    """A deployed ossweep, to send events to."""

    oss: LocalOss
    environ: dict[str, str] = field(default_factory=dict)
    world: World = field(default_factory=no_pauses)
    timeout: int = 60
    request_id: str = "request"
    function_name: str = "ossweep"
    region: str = "cn-hangzhou"
    account_id: str = "123456789"
    credentials: Credentials | None = None
    log: list[dict[str, Any]] = field(default_factory=list)

    def set(self, **settings: str) -> Deployment:
        """Set OSSWEEP_ variables by the rest of their names."""
        self.environ.update({f"OSSWEEP_{name.upper()}": text for name, text in settings.items()})
        return self

    def send(self, event: Any) -> dict[str, Any]:
        """Invoke it with an event, bytes or a document, and return its answer."""
        stream = io.StringIO()
        # A logger's name is its own for ever: each invocation has another.
        logger = Logger(service=f"ossweep-{next(_INVOCATIONS)}", stream=stream)
        try:
            answer = app.answer(
                event if isinstance(event, bytes) else json.dumps(event).encode(),
                app.Invocation(
                    request_id=self.request_id,
                    began=self.world.monotonic(),
                    timeout_seconds=self.timeout,
                    region=self.region,
                    credentials=self.credentials or self._role(),
                    function_name=self.function_name,
                    account_id=self.account_id,
                ),
                self._environ(),
                logger,
                self.world,
            )
        finally:
            self.log += [json.loads(line) for line in stream.getvalue().splitlines()]
        document: dict[str, Any] = json.loads(answer)
        return document

    def refuse(self, event: Any) -> str:
        """Invoke it with an event that it must refuse, and return the class and the sentence."""
        try:
            answer = self.send(event)
        except SweepError as refusal:
            return f"{type(refusal).__name__}: {refusal}"
        raise AssertionError(f"not refused, but answered: {answer}")

    def fill(self, *keys: str) -> None:
        """Put objects of an hour ago into the bucket."""
        self.oss.fill(BUCKET, keys)

    def keys(self) -> list[str]:
        """Return what is really there."""
        return self.oss.keys(BUCKET)

    def _environ(self) -> Mapping[str, str]:
        return {
            "OSSWEEP_BUCKETS": BUCKET,
            "OSSWEEP_ENDPOINT": self.oss.endpoint,
            **self.environ,
        }

    def _role(self) -> Credentials:
        role = self.oss.credentials
        return Credentials(role.access_key_id, role.access_key_secret, role.security_token)


class Clock:
    """A clock that stands still until it is moved; threads share it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> Callable[[object], None]:
        """Return a function that moves the clock, whatever it is called with."""

        def move(_: object) -> None:
            self.now += seconds

        return move


def sum_of(answer: Mapping[str, Any]) -> int:
    """Return the sum that must agree with `listed`."""
    return sum(answer[name] for name in ("deleted", "failed", "skipped", "remaining"))
