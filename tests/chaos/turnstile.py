"""Virtual time, and where all that takes some waits for its turn: a run is the same every time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 20.0  # real seconds until a run that stands still is given up
GLANCE = 0.001  # real seconds between two looks at who is at work, where nobody says anything


@dataclass(eq=False)
class Waiting:
    """A request that has come, or a sleeper: `ends` is when it will be over, once that is drawn."""

    owner: str
    label: str
    about: Any
    ends: float | None = None
    came: float = 0.0
    given_up: bool = False  # by then its client waits no longer
    fate: Any = None
    go: threading.Event = field(default_factory=threading.Event)


class Turnstile:
    """
    Where threads wait, each in the name of its owner, until whoever plays the run lets them go.

    `now` is the time of the whole world: Unix seconds by OSS's clock, and nobody else's.
    """

    def __init__(self, now: float) -> None:
        self.now = now
        self.waiting: list[Waiting] = []
        self._changed = threading.Condition()
        self._changes = 0
        self._seen = 0
        self._gone: dict[str, Any] = {}

    def wait(self, owner: str, label: str, about: Any, ends: float | None = None) -> Any:
        """Wait for one's turn; return one's fate. Whoever is gone has it already."""
        with self._changed:
            if owner in self._gone:
                return self._gone[owner]
            waiting = Waiting(owner, label, about, ends, came=self.now)
            self.waiting.append(waiting)
            self._changes += 1
            self._changed.notify_all()
        if not waiting.go.wait(2 * PATIENCE):
            raise TimeoutError(f"{owner} was never let go: {label}")
        return waiting.fate

    def let_go(self, waiting: Waiting, fate: Any) -> None:
        """Let one go."""
        with self._changed:
            self.waiting.remove(waiting)
        waiting.fate = fate
        waiting.go.set()

    def gone(self, owner: str, fate: Any) -> None:
        """Let all of an owner's go, now and from now on."""
        with self._changed:
            self._gone[owner] = fate
            gone = [each for each in self.waiting if each.owner == owner]
            self.waiting = [each for each in self.waiting if each.owner != owner]
        for each in gone:
            each.fate = fate
            each.go.set()

    def of(self, owner: str) -> list[Waiting]:
        """Return what waits in an owner's name."""
        return [each for each in self.waiting if each.owner == owner]

    def changed(self) -> None:
        """Take note that somebody may have come to stand still."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def glance(self) -> None:
        """Let the others work until something has changed since the last time, or for a moment."""
        with self._changed:
            if self._changes == self._seen:
                self._changed.wait(GLANCE)
            self._seen = self._changes
