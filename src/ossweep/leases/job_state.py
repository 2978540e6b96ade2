"""The state of a job, as a person is told it; no invocation has to hold the job for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ossweep.leases.records import Departure, End, Fence


@dataclass(frozen=True)
class JobState:
    """
    How a job is: "unknown", "ended", "running", "running early" or "dead early" (before there was
    anything to go on from), "dead", "called anew" (dead, and an invocation is on its way), as its
    last holder has left it, or "lost": handed over to an invocation that has not begun.

    With it come the answer so far, how many `hops` the job has had and the number of the next one,
    the time by OSS's clock, and how its last holder, that of `fence`, has left it. `is_lost` tells
    that the invocations called then should have begun; `orders` are the standing orders to stop the
    job.
    """

    how: str
    answer: dict[str, Any] | None = None
    hops: int = 0
    next_hop: int = 0
    expected: int | None = None
    now: int = 0
    departure: Departure | None = None
    is_lost: bool = False
    orders: tuple[str, ...] = ()
    end: End | None = None
    fence: Fence | None = None

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """The work that was handed to its parts, by their names, if parts go on with it."""
        split = self.departure is not None and self.departure.how == "split"
        sealed = self.departure.parts if self.departure is not None and split else ()
        return {each["job"]: each for each in sealed}
