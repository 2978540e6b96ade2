"""The local Function Compute as tests use it: deployed to, invoked over HTTP, looked into."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from localcloud.fc_api import Api
from localcloud.fc_async import Background
from localcloud.fc_deployed import Accepted, Call, Deployed, Invocation, Outcome
from localcloud.fc_faults import Faults, OfRuns
from localcloud.fc_process import run
from localcloud.fc_server import FcServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.fc_faults import Fault
    from localcloud.signature import Credentials

__all__ = ["Accepted", "Deployed", "Invocation", "LocalFc", "Outcome"]


class LocalFc:
    """
    Function Compute on loopback: InvokeFunction of FC 2.0 and FC 3.0, and HTTP triggers.

    `pause` is called with the seconds before a retry; without it they are really waited.
    `on_log` is called with each line that a function logs, as it comes; it may be set anew.
    """

    def __init__(  # noqa: PLR0913 all but two have a default
        self,
        functions: Iterable[Deployed] = (),
        *,
        credentials: Credentials,
        account_id: str = "123456789",
        region: str = "cn-hangzhou",
        at_once: int = 2,
        pause: Callable[[float], object] | None = None,
        on_log: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.credentials = credentials
        self.invocations: list[Invocation] = []
        self.on_log = on_log
        self._functions: dict[str, Deployed] = {}
        self._stopping = threading.Event()
        self._faults = Faults()
        self._background = Background(
            lambda call: self._run(call, "Async"),
            pause or self._stopping.wait,
            at_once,
            self._stopping,
            self._faults,
        )
        self._server = FcServer()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        for function in functions:
            self.deploy(function)

    def __enter__(self) -> LocalFc:  # noqa: PYI034 typing has no Self before 3.11
        self._server.start(
            Api(
                account=self.credentials,
                account_id=self.account_id,
                region=self.region,
                functions=self._functions,
                run=self._run,
                background=self._background,
                faults=self._faults,
                stopping=self._stopping,
            )
        )
        return self

    def __exit__(self, *_: object) -> None:
        """End what runs, and all threads."""
        self._stopping.set()
        self._server.stop()
        self._background.stop()

    def deploy(self, function: Deployed) -> None:
        """Add a function or replace it: its environment may need to know `endpoint`."""
        self._functions[function.full_name] = function

    def http_url(self, function: Deployed) -> str:
        """Where the function's HTTP trigger is, without the slash its path begins with."""
        if not function.http_methods:
            raise ValueError(f"{function.name} has no HTTP trigger: give it http_methods")
        return f"{self.endpoint}/http-triggers/{function.full_name}"

    def misbehave(self, fault: Fault) -> None:
        """Let it meet what is asked of it from now on."""
        self._faults.add(fault)

    def behave(self) -> None:
        """Remove every fault; what one has got hold of stays held."""
        self._faults.clear()

    def wait(self, timeout: float = 60) -> None:
        """Wait until all asynchronous work is done, that which it began included."""
        self._background.wait(timeout)

    @property
    def accepted(self) -> list[Accepted]:
        """What was taken to be run later, in that order."""
        return self._background.accepted

    @property
    def failures(self) -> list[dict[str, Any]]:
        """What the failure destination was sent."""
        return self._background.failures

    @property
    def successes(self) -> list[dict[str, Any]]:
        """What the success destination was sent, for functions that have one."""
        return self._background.successes

    def _run(self, call: Call, kind: str) -> Outcome:
        kills = self._faults.met_by(call, kind, OfRuns)
        outcome = run(call, self.on_log, self._stopping, kills)
        self.invocations.append(
            Invocation(
                call.request_id,
                call.function.full_name,
                call.payload,
                kind,
                call.attempt,
                outcome,
            )
        )
        return outcome
