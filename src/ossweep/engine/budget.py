"""The time a job has, and how much of it a request of each kind is expected to take."""

from __future__ import annotations

from collections import defaultdict, deque
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.work import Kind

REMEMBERED = 64  # requests of one kind that the expectation looks back on
MARGIN = 1.5  # a request may take this much longer than the slowest of those
UNKNOWN = 1.0  # seconds expected of a kind that has not been asked yet


class Budget:
    """Counts down the seconds until the handler must have its answer ready. Threads share it."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        # A budget of two seconds would never begin if its first request were expected to take one.
        self._guess = min(UNKNOWN, seconds / 4)
        self._lock = Lock()
        self._took: defaultdict[Kind, deque[float]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def left(self) -> float:
        """Return the seconds left; negative once time is up."""
        return self._deadline - self._clock()

    def took(self, kind: Kind, seconds: float) -> None:
        """Take note of how long a request has taken, from its start to the end of its answer."""
        with self._lock:
            self._took[kind].append(seconds)

    def expected(self, kind: Kind) -> float:
        """Return the seconds within which a request of this kind should be back."""
        with self._lock:
            took = self._took[kind]
            return MARGIN * max(took) if took else self._guess

    def admits(self, kind: Kind, after: float = 0.0) -> bool:
        """
        Tell whether a request that starts in `after` seconds should be back in time.

        A listing is worth its time only if what it finds can still be deleted.
        """
        needed = self.expected(kind)
        if kind == "list":
            needed += self.expected("batch_delete")
        return self.left() - after >= needed
