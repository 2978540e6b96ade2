"""The nouns of the local Function Compute: a deployed function, a call of it, how a call ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.signature import Credentials

SOURCE = Path(__file__).parents[2] / "src"
How = Literal["answered", "raised", "timed out", "out of memory", "exited", "killed", "stopped"]


@dataclass(frozen=True)
class Deployed:
    """A deployed function: what template.yml says of it, and the credentials its role gives it."""

    name: str
    credentials: Credentials
    environment: Mapping[str, str] = field(default_factory=dict)
    code: Path = SOURCE
    handler: str = "index.handler"
    runtime: Literal["python3.10", "python3.12"] = "python3.10"  # whose context it is given
    service: str | None = None  # of FC 2.0; a function of FC 3.0 has none
    qualifiers: tuple[str, ...] = ("LATEST",)
    timeout: int = 60  # seconds
    memory: int = 512  # MB
    log_project: str = ""
    log_store: str = ""
    retries: int = 3  # maxAsyncRetryAttempts
    async_task: bool = True  # asyncTask: without it a task's id is not looked at
    on_success: bool = False  # whether successes, too, have a destination
    http_methods: tuple[str, ...] = ()  # of its HTTP trigger; none, no trigger
    http_auth: Literal["anonymous", "function"] = "anonymous"  # the trigger's authType

    @property
    def full_name(self) -> str:
        """Its name for FC 3.0, which sees a function of FC 2.0 as service$function."""
        return f"{self.service}${self.name}" if self.service else self.name


@dataclass(frozen=True)
class Call:
    """A function to be run once with an event."""

    function: Deployed
    payload: bytes
    request_id: str
    account_id: str = "123456789"
    region: str = "cn-hangzhou"
    qualifier: str = "LATEST"
    attempt: int = 1

    @property
    def arn(self) -> str:
        function = self.function
        owner = f"acs:fc:{self.region}:{self.account_id}"
        if function.service:
            return f"{owner}:services/{function.service}.{self.qualifier}/functions/{function.name}"
        return f"{owner}:functions/{function.name}/{self.qualifier}"


@dataclass(frozen=True)
class Outcome:
    """How a call ended: its answer's bytes, or the document Function Compute makes of its end."""

    how: How
    body: bytes
    log: tuple[str, ...] = ()

    @property
    def error_type(self) -> str | None:
        """What stands in X-Fc-Error-Type; it is the same for an exception and for a timeout."""
        return None if self.how == "answered" else "UnhandledInvocationError"


@dataclass(frozen=True)
class Accepted:
    """An event that was taken to be run later, whether it has been run or not."""

    task_id: str
    payload: bytes


@dataclass(frozen=True)
class Invocation:
    """A call that has run; attempts of one asynchronous invocation have one request id."""

    request_id: str
    function: str
    payload: bytes
    type: str
    attempt: int
    outcome: Outcome
