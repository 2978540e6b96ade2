"""What can go wrong at Function Compute, on order: with requests, deliveries and running calls."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from localcloud.standing import Chance, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.fc_deployed import Call


@dataclass(frozen=True)
class Fault(Chance):
    """Meets calls of one kind (None: of all), all of them or those that the test chooses."""

    kind: Literal["Async", "Sync", "HTTP"] | None = field(default="Async", kw_only=True)
    of: Callable[[Call], bool] | None = field(default=None, kw_only=True)

    def concerns(self, call: Call, kind: str) -> bool:
        return self.kind in (None, kind) and (self.of is None or self.of(call))


@dataclass(frozen=True)
class OfRequests(Fault):
    """Meets requests to invoke a function, by either API, that would not be refused anyway."""


@dataclass(frozen=True)
class Refuse(OfRequests):
    """An error document; nothing is invoked."""

    status: int
    code: str
    message: str = "Refused by the local Function Compute, as ordered."

    @property
    def settles(self) -> bool:
        return True


@dataclass(frozen=True)
class Reset(OfRequests):
    """The connection is reset: before anything is done, or after, so that success goes untold."""

    when: Literal["before", "after"] = "before"

    @property
    def settles(self) -> bool:
        return self.when == "before"


@dataclass(frozen=True)
class Latency(OfRequests):
    """The request waits before anything is done."""

    seconds: float


@dataclass(frozen=True)
class OfDeliveries(Fault):
    """Meets what was accepted to be run later, once however often it is then tried."""


@dataclass(frozen=True)
class Twice(OfDeliveries):
    """It is delivered twice, under one request id: both at once, or one after the other's end."""

    when: Literal["beside", "after"] = "beside"


@dataclass(frozen=True)
class Late(OfDeliveries):
    """
    It comes behind so many others, delivered before or later.

    When nothing else is left to wait for it comes all the same; a test that waits for the end of
    all says that nothing else is to come.
    """

    behind: int = 1


@dataclass(frozen=True)
class Delay(OfDeliveries):
    """It is held back for so many seconds, by the same pause as a retry is."""

    seconds: float


@dataclass(frozen=True)
class OfRuns(Fault):
    """Meets each run of a function, each retry again."""


@dataclass(frozen=True)
class Kill(OfRuns):
    """
    It is killed, which counts as an error like any other, even if it has answered meanwhile.

    So many seconds after it was started, or once it has logged so many lines, whatever is first;
    one that has ended before is left in peace. SIGKILL follows SIGTERM as at the time limit.
    """

    after_seconds: float | None = None
    at_line: int | None = None
    by: Literal[signal.Signals.SIGKILL, signal.Signals.SIGTERM] = signal.SIGKILL

    @property
    def settles(self) -> bool:
        return True


OfOneSort = TypeVar("OfOneSort", bound=Fault)


class Faults(Standing[Fault]):
    """The faults that stand at Function Compute."""

    def met_by(self, call: Call, kind: str, sort: type[OfOneSort]) -> Sequence[OfOneSort]:
        """The faults of a sort that this call meets, oldest first, up to one that settles it."""
        met = self.striking(lambda fault: isinstance(fault, sort) and fault.concerns(call, kind))
        return [fault for fault in met if isinstance(fault, sort)]
