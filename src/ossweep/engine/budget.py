"""The time a job has, and how much of it a request of each kind is expected to take."""

from __future__ import annotations

from collections import defaultdict, deque
from contextlib import contextmanager
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ossweep.work import Kind

REMEMBERED = 128  # requests of one kind that the expectation looks back on
MOST = 0.9  # of those: what so many of them took is what a request usually takes
MARGIN = 1.5  # a request may take this much longer than those
UNKNOWN = 1.0  # seconds expected of a kind that has not been asked yet
MANY = 64  # requests in flight that leave as much time as the slowest has taken


class Took:
    """The seconds that the last requests of a kind took: usually, and at the slowest."""

    def __init__(self, guess: float) -> None:
        self.usually = self.slowest = guess
        self._last: deque[float] = deque(maxlen=REMEMBERED)

    def add(self, seconds: float) -> None:
        """Take note of one."""
        self._last.append(seconds)
        ranked = sorted(self._last)
        self.usually = MARGIN * ranked[ceil(MOST * len(ranked)) - 1]
        self.slowest = MARGIN * ranked[-1]

    def expected(self, in_flight: int) -> float:
        """
        Return the seconds that a request beside so many others is given to come back in.

        One request in a hundred may take many times as long as the others. A job that always left
        time for that one would always end too early; a job that never did would lose, with n
        requests in flight at the end, an answer in n of a hundred runs. So the more are in flight,
        the earlier is the last moment to start one more: they become fewer towards the end, and the
        last ones are given what a request usually takes.
        """
        share = min(1.0, in_flight / MANY)
        return self.usually + share * (self.slowest - self.usually)


class Budget:
    """
    Counts down the seconds until the handler must have its answer ready. Threads share it.

    `unknown` seconds, or less if there are few, are expected of a kind that was never asked.
    """

    def __init__(
        self, seconds: float, clock: Callable[[], float], unknown: float = UNKNOWN
    ) -> None:
        self._clock = clock
        self._deadline = clock() + seconds
        self._is_ended = False
        # A budget of two seconds would never begin if its first request were expected to take one.
        guess = min(unknown, seconds / 4)
        self._lock = Lock()
        self._took: defaultdict[Kind, Took] = defaultdict(lambda: Took(guess))

    def left(self) -> float:
        """Return the seconds left; negative once time is up."""
        return self._deadline - self._clock()

    def end(self) -> None:
        """Let time be up now."""
        self._is_ended = True
        self._deadline = min(self._deadline, self._clock())

    @contextmanager
    def kept_back(self, seconds: float) -> Iterator[None]:
        """Let time be up so much earlier meanwhile, or in half of what is left if that is more."""
        with self.owed(max(0.0, min(seconds, self.left() / 2))):
            yield

    @contextmanager
    def owed(self, seconds: float) -> Iterator[None]:
        """Let time be up so much earlier meanwhile, even if none is left then."""
        self._deadline -= seconds
        try:
            yield
        finally:
            self._deadline += 0 if self._is_ended else seconds

    def took(self, kind: Kind, seconds: float) -> None:
        """Take note of how long a request has taken, from its start to the end of its answer."""
        with self._lock:
            self._took[kind].add(seconds)

    def expected(self, kind: Kind, in_flight: int = 0) -> float:
        """Return the seconds within which a request of this kind should be back."""
        with self._lock:
            return self._took[kind].expected(in_flight)

    def admits(self, kind: Kind, after: float = 0.0, in_flight: int = 0) -> bool:
        """
        Tell whether a request that starts in `after` seconds, beside so many others, should be back
        in time.

        A listing, or a look at tags, is worth its time only if what it finds can still be deleted.
        """
        needed = self.expected(kind, in_flight)
        if kind in {"list", "tags"}:
            needed += self.expected("batch_delete", in_flight)
        return self.left() - after >= needed
