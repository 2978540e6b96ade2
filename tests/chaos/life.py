"""An invocation in this process: its clock, its credentials, its log, and its death."""

from __future__ import annotations

import io
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.stillness import Dispatcher
from chaos.turnstile import PATIENCE
from deployment import Lines
from localcloud.faults import Reset
from localcloud.signature import Credentials
from ossweep import app
from ossweep.log import open_log
from ossweep.store import Credentials as Role
from ossweep.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.turnstile import Turnstile

JITTER = 0.15  # where in its range every draw lies: by chance all of them, and none a long pause


class Killed(BaseException):
    """The process is gone: nothing of it, not even its last words, is carried out."""


class OwnFaultError(Exception):
    """A fault in an invocation that is none of OSS's: no thread can be started, say."""


@dataclass(frozen=True)
class Delivery:
    """An event to be delivered; `attempt` counts from 1, `spare` ones are not tried again."""

    event: Any
    request_id: str
    due: float
    attempt: int = 1
    spare: bool = False
    by_person: bool = False


@dataclass(eq=False)
class Slot:
    """A logger, for one invocation after the other: a logger's name is its own for ever."""

    number: int
    stream: Lines = field(default_factory=Lines)

    def __post_init__(self) -> None:
        self.logger = open_log(f"chaos-{self.number}", self.stream)


@dataclass(eq=False)
class Life:
    """One invocation, from its start to its answer or its death."""

    number: int
    delivery: Delivery
    turnstile: Turnstile
    slot: Slot
    timeout: int
    reserve: float
    api: str
    origin: float
    kill_at: int | None = None  # the number of its request at which it is killed
    carried_out: bool = False
    terminate_at: int | None = None
    expire_at: int | None = None
    fails_at: float | None = None  # the time from which on a fault is raised in it
    cut_off_until: float = 0.0  # once it has written its first record
    has_written: bool = False
    is_heard: bool = True  # whether the state has answered all that it was asked, and soon
    has_swept: bool = False
    can_renew: bool = True  # as far as that goes by what it was answered when it wrote
    requests: int = 0
    is_dead: bool = False
    terminated_at: float | None = None
    answer: Any = None
    error: BaseException | None = None
    ended: float = 0.0
    has_ended: bool = False

    def __post_init__(self) -> None:
        self.began = self.turnstile.now
        self.key = Credentials(
            f"STS.life{self.number}", f"secret-of-{self.number}", f"token-of-{self.number}"
        )
        self.name = self.key.access_key_id
        self._nonces = 0
        self._ident: int | None = None  # of its thread
        self.dispatcher = Dispatcher(self.turnstile.changed)
        self._text = self.slot.stream.text = io.StringIO()

    def start(self, environ: Mapping[str, str]) -> None:
        """Begin to answer the event."""
        self.thread = threading.Thread(target=self._answer, args=(environ,), daemon=True)
        self.thread.start()

    @property
    def sweeps(self) -> bool:
        """Whether it is at work on a job."""
        return self.dispatcher.sweep is not None

    @property
    def is_behind(self) -> bool:
        """Whether it has not looked around yet at this time: by itself it goes by the machine's."""
        return self.dispatcher.looks and self.dispatcher.looked_at != self.turnstile.now

    def stirs(self) -> None:
        """Have it look around."""
        until = time.monotonic() + PATIENCE
        self.dispatcher.wake()
        while self.dispatcher.looks and not self.dispatcher.has_looked:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.name} does not stir")
            self.turnstile.glance()
        if self.dispatcher.has_looked:
            self.dispatcher.looked_at = self.turnstile.now

    def meets(self) -> None:
        """Take note that something happens to it, which what is under way does not show."""
        self.dispatcher.looked_at = None

    def die(self) -> None:
        """Be killed: what it has asked for and was not carried out never is."""
        self.is_dead = True
        self.turnstile.gone(self.name, [Reset("before")])

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._text.getvalue()

    @property
    def jobs(self) -> set[str]:
        """The jobs that it has logged lines about."""
        lines = (json.loads(line) for line in self.log.splitlines())
        return {line["job"] for line in lines if "job" in line}

    @property
    def deadline(self) -> float:
        """When it will be killed."""
        return self.began + self.timeout

    def world(self) -> World:
        """Return the world as it sees it: its monotonic clock begins anywhere."""
        return World(
            monotonic=self._monotonic,
            sleep=self._sleep,
            uniform=lambda low, high: low + JITTER * (high - low),
            nonce=self._nonce,
            wall=lambda: self.turnstile.now,
        )

    def _answer(self, environ: Mapping[str, str]) -> None:
        self._ident = threading.get_ident()
        try:
            service = "tools" if self.api == "fc2" else None
            self.answer = json.loads(
                app.answer(
                    json.dumps(self.delivery.event).encode(),
                    app.Invocation(
                        request_id=self.delivery.request_id,
                        began=self._monotonic(),
                        timeout_seconds=self.timeout,
                        region="cn-hangzhou",
                        credentials=Role(
                            self.key.access_key_id,
                            self.key.access_key_secret,
                            self.key.security_token,
                        ),
                        function_name="tools$ossweep" if service else "ossweep",
                        account_id="123456789",
                        service=service,
                        terminated=self._is_terminated,
                    ),
                    environ,
                    self.slot.logger,
                    self.world(),
                )
            )
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the run's to judge
            self.error = error
        self.ended = self.turnstile.now
        self.dispatcher = Dispatcher(self.turnstile.changed)
        self.has_ended = True
        self.turnstile.changed()

    def _is_terminated(self) -> bool:
        if self.fails_at is not None and self.turnstile.now >= self.fails_at:
            raise OwnFaultError("can't start new thread")
        return self.terminated_at is not None

    def _monotonic(self) -> float:
        if self.is_dead:
            raise Killed
        if threading.get_ident() == self._ident:
            self.dispatcher.asks_for_the_time()
        return self.origin + self.turnstile.now

    def _sleep(self, seconds: float) -> None:
        if seconds > 0:
            ends = self.turnstile.now + seconds
            if threading.get_ident() == self._ident:
                self.dispatcher.is_held = True
            self.turnstile.wait(self.name, f"sleep {ends:.6f}", None, ends)
        if self.is_dead:
            raise Killed

    def _nonce(self) -> str:
        self._nonces += 1
        return f"{self.number}-{self._nonces}"
