"""How a job is, as whoever asks is told: no invocation holds it for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ossweep.leases.records import Departure, End


@dataclass(frozen=True)
class JobState:
    """
    How a job is: "unknown", "ended", "running", "running early" or "dead early" (before there was
    anything to go on from), "dead", as its last holder has left it, or "lost": handed over to
    somebody who has not begun.

    With it, how far it was when that was written, how many `hops` it has had and what number the
    next one has, what time it is, by OSS's clock, and what its last holder has left. `is_lost`
    tells that whoever was called then should have begun; `orders` are those to stop it that stand.
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

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """What was handed to the parts that go on with it, by their names, if they do."""
        split = self.departure is not None and self.departure.how == "split"
        sealed = self.departure.parts if self.departure is not None and split else ()
        return {each["job"]: each for each in sealed}
