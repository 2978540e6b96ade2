"""Virtual time, and where all that takes some waits for its turn: a run is the same every time."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 20.0  # real seconds until a run that stands still is given up
GLANCE = 0.01  # real seconds between two looks at who is at work, where nobody says anything


def closed() -> threading.Lock:
    """Return a lock that is held until somebody lets go."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Waiting:
    """A request that has come, or a sleeper: `ends` is when it will be over, once that is drawn."""

    owner: str
    label: str
    about: Any
    ends: float | None = None
    came: float = 0.0
    given_up: bool = False  # by then its client waits no longer
    is_cut: bool = False  # off when the time for the work is up
    fate: Any = None
    go: threading.Lock = field(default_factory=closed)


class Turnstile:
    """
    Where threads wait, each in the name of its owner, until whoever plays the run lets them go.

    `now` is the time of the whole world: Unix seconds by OSS's clock, and nobody else's.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.waiting: list[Waiting] = []
        self._lock = threading.Lock()
        # Is held until something changes: less than half of what a condition costs.
        self._changed = closed()
        self._gone: dict[str, Any] = {}

    def wait(
        self, owner: str, label: str, about: Any, ends: float | None = None, *, is_cut: bool = False
    ) -> Any:
        """Wait for one's turn; return one's fate. Whoever is gone has it already."""
        with self._lock:
            if owner in self._gone:
                return self._gone[owner]
            waiting = Waiting(owner, label, about, ends, came=self.now, is_cut=is_cut)
            self.waiting.append(waiting)
        self.changed()
        if not waiting.go.acquire(timeout=2 * PATIENCE):
            raise TimeoutError(f"{owner} was never let go: {label}")
        return waiting.fate

    def let_go(self, waiting: Waiting, fate: Any) -> None:
        """Let one go."""
        with self._lock:
            self.waiting.remove(waiting)
        waiting.fate = fate
        waiting.go.release()

    def gone(self, owner: str, fate: Any) -> None:
        """Let all of an owner's go, now and from now on."""
        with self._lock:
            self._gone[owner] = fate
            gone = [each for each in self.waiting if each.owner == owner]
            self.waiting = [each for each in self.waiting if each.owner != owner]
        for each in gone:
            each.fate = fate
            each.go.release()

    def of(self, owner: str) -> list[Waiting]:
        """Return what waits in an owner's name."""
        return [each for each in self.waiting if each.owner == owner]

    def changed(self) -> None:
        """Take note that somebody may have come to stand still."""
        with suppress(RuntimeError):  # somebody has taken note already
            self._changed.release()

    def glance(self) -> None:
        """Let the others work until something has changed since the last time, or for a moment."""
        self._changed.acquire(timeout=GLANCE)
