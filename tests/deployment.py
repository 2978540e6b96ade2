"""ossweep as a test deploys it: on a local OSS, with the environment and the world it hands in."""

from __future__ import annotations

import io
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from localcloud.faults import Before
from ossweep import app, log
from ossweep.errors import SweepError, UndoneError
from ossweep.leases.timer import BEATS
from ossweep.stops import resuming
from ossweep.store import Credentials
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aws_lambda_powertools import Logger

    from localcloud.arrivals import Request
    from localcloud.fc import LocalFc
    from localcloud.oss import LocalOss

BUCKET = "examplebucket"
STATE_BUCKET = "statebucket"
STANDSTILL = 3  # seconds for which a machine is waited for
SIGNS_OF_LIFE = ("-beat",)  # how their keys end: they are no checkpoints
STATE = "state/"  # the prefix below which jobs' state is kept there
_INVOCATIONS = count(1)
_REQUESTS = count(1)


def no_pauses() -> World:
    """Return the real world, but for retries: they come at once, and always in the middle."""
    return World(sleep=lambda _: None, uniform=lambda low, high: (low + high) / 2)


class Lines(io.StringIO):
    """A logger's stream, whose lines go to whoever it belongs to at the moment."""

    def __init__(self) -> None:
        super().__init__()
        self.text = io.StringIO()

    def write(self, text: str) -> int:
        return self.text.write(text)


# Loggers that no invocation has at the moment: a logger's name is its own for ever, and each one
# more makes all others slower.
_FREE: list[tuple[Logger, Lines]] = []


def _opened() -> tuple[Logger, Lines]:
    lines = Lines()
    return log.open_log(f"ossweep-{next(_INVOCATIONS)}", lines), lines


@dataclass
class Deployment:
    """A deployed ossweep, to send events to."""

    oss: LocalOss
    environ: dict[str, str] = field(default_factory=dict)
    world: World = field(default_factory=no_pauses)
    timeout: int = 60
    request_id: str = "request"
    function_name: str = "ossweep"
    service: str | None = None  # that the context names
    terminated: Callable[[], bool] = lambda: False
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
        logger, lines = _FREE.pop() if _FREE else _opened()
        stream = lines.text = io.StringIO()
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
                    service=self.service,
                    qualifier="LATEST",
                    terminated=self.terminated,
                ),
                self._environ(),
                logger,
                self.world,
            )
        finally:
            self.log += [json.loads(line) for line in stream.getvalue().splitlines()]
            logger.clear_state()
            _FREE.append((logger, lines))
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


@dataclass
class Chain:
    """
    A deployment whose invocations call each other.

    What they send is taken by the local Function Compute, and delivered by the test's own hand.
    """

    deployment: Deployment
    fc: LocalFc
    delivered: int = 0
    raised: list[UndoneError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deployment.set(
            state=f"{STATE_BUCKET}/{STATE}".rstrip("/"), fc_endpoint=self.fc.endpoint
        )

    def begin(self, event: Any) -> dict[str, Any]:
        """Send an event by an invocation of its own."""
        self.deployment.request_id = f"request-{next(_REQUESTS)}"
        return self.deployment.send(event)

    @property
    def called(self) -> list[Any]:
        """What has been sent and not been delivered yet."""
        return [json.loads(each.payload) for each in self.fc.accepted[self.delivered :]]

    def go_on(self) -> dict[str, Any]:
        """Deliver the oldest event that was not delivered yet."""
        event = self.called[0]
        self.delivered += 1
        return self.begin(event)

    def to_the_end(self) -> list[dict[str, Any]]:
        """
        Deliver all events, and those that come of them; return the answers.

        What an invocation raises at a job's bad end holds one, too.
        """
        answers: list[dict[str, Any]] = []
        while self.called:
            assert len(answers) < 100
            try:
                answers.append(self.go_on())
            except UndoneError as error:
                if not error.answers:
                    raise
                self.raised.append(error)
                answers += map(dict, error.answers)
        return answers

    def wait_for_checkpoints(self, others: int) -> None:
        """Let each thousand but the first wait for one more checkpoint, beside so many writes."""
        oss = self.deployment.oss

        def wait(request: Request) -> None:
            if request.bucket == BUCKET:
                written = others + oss.count("batch_delete") - 1
                assert oss.wait_for("put", written, but=SIGNS_OF_LIFE)

        oss.misbehave(Before("batch_delete", wait))

    def wait_for_a_split(self, operation: str = "batch_delete") -> None:
        """Let all deletions but the first wait for the checkpoint that tells a job to split."""
        oss = self.deployment.oss

        def wait(_: Request) -> None:
            assert oss.count(operation) == 1 or oss.wait_for("put", 2, but=SIGNS_OF_LIFE)

        oss.misbehave(Before(operation, wait))

    def state(self) -> list[str]:
        """Return what is kept of jobs, without their names."""
        keys = self.deployment.oss.keys(STATE_BUCKET)
        return [key.removeprefix(STATE).partition("/")[2] for key in keys]


@contextmanager
def carried(deployment: Deployment) -> Iterator[Chain]:
    """Let a deployment's invocations call each other."""
    from localcloud.fc import Deployed, LocalFc  # noqa: PLC0415 - its clients take a while to load
    from localcloud.fc_faults import Late  # noqa: PLC0415

    oss = deployment.oss
    oss.create_bucket(STATE_BUCKET)
    with LocalFc(credentials=oss.credentials) as fc:
        for service in (None, "service"):
            fc.deploy(Deployed(deployment.function_name, oss.credentials, service=service))
        fc.misbehave(Late(behind=999))  # than which so many come never
        yield Chain(deployment, fc)


def hurried(deployment: Deployment, seconds: int, **passing: float) -> Deployment:
    """
    Give each invocation so many seconds, which pass only as requests of these kinds are made of the
    bucket that is swept.

    One deletion is made at a time: those that fly together would pass the time of all of them.
    """
    clock = Clock()
    for operation, took in passing.items():
        deployment.oss.misbehave(Before(operation, _of_bucket(deployment.oss, clock.pass_by(took))))
    deployment.world = replace(no_pauses(), monotonic=clock.monotonic)
    deployment.timeout = seconds
    # A process that stands still for longer than its lease has lost the job.
    every = max(5, max(map(int, passing.values()), default=0) // BEATS + 1)
    return deployment.set(reserve_seconds="1", in_flight="1", checkpoint_seconds=str(every))


def _of_bucket(oss: LocalOss, act: Callable[[object], object]) -> Callable[[Request], None]:
    def do(request: Request) -> None:
        if request.bucket == BUCKET:
            # Else a machine that stands still for a moment makes the state slow by this clock.
            oss.wait_for_answers(STATE_BUCKET, STANDSTILL)
            act(request)

    return do


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


@dataclass
class Days:
    """A clock of Unix seconds that is so many days ahead of the real one."""

    passed: int = 0

    def now(self) -> float:
        return time.time() + self.passed * 86_400


def sum_of(answer: Mapping[str, Any]) -> int:
    """Return the sum that must agree with `listed`."""
    return sum(answer[name] for name in ("deleted", "failed", "skipped", "remaining"))


def ordered_to_stop(job: str) -> str:
    """Return the reason of a job that a person has stopped."""
    return f"it was ordered to stop; it goes on by {resuming(job)}"
