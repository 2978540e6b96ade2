"""
The lease timer: a holder that cannot renew its lease in time stops by itself.

One monotonic clock of this machine's is enough for that, because the holder counts from before it
sent a renewal, and the others from when OSS carried it out, which was later. So the holder's count
ends first, by `SLACK` seconds more. OSS's clocks play no part in it.
"""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_BEAT = 3.0  # seconds: a busy machine has to find the time for one
LATE = 1.5  # beats without a checkpoint, after which the lease is renewed by a sign of life
BEATS = 3  # that may be missed before a holder is taken for dead
SLACK = 2  # seconds more: OSS tells times in whole seconds


class LeaseTimer:
    """
    Counts down to when the holder must have stopped asking OSS. Threads share it.

    Others take the holder for dead `seconds` after the last renewal that OSS has carried out. The
    holder counts from before it sent that renewal, and stops `SLACK` seconds earlier. A lease that
    is over stays over: a renewal that comes later is no permission to go on.
    """

    def __init__(self, beat_seconds: float, clock: Callable[[], float]) -> None:
        self.every = max(LEAST_BEAT, beat_seconds)
        self.seconds = BEATS * self.every + SLACK
        self._clock = clock
        self._lock = Lock()
        self._sent = -inf
        self._until = -inf

    def begin(self, sent: float) -> None:
        """Take note that the lease has begun, by a request that was sent at this time."""
        with self._lock:
            self._sent, self._until = sent, sent + self.seconds - SLACK

    def renew(self, sent: float) -> None:
        """Take note of a renewal that was sent at this time and has been carried out."""
        with self._lock:
            if sent > self._sent and self._clock() < self._until:
                self._sent, self._until = sent, sent + self.seconds - SLACK

    def left(self) -> float:
        """Return the seconds that are left; not positive once the hop is nobody's any more."""
        with self._lock:
            return self._until - self._clock()

    @property
    def is_due(self) -> bool:
        """Whether it should be renewed by now; a checkpoint that comes in time does that, too."""
        return self._clock() - self._sent >= LATE * self.every
