"""The gate that every request passes: it closes when time is up or OSS refuses everything."""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from ossweep.errors import Closed, Scope
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.budget import Budget
    from ossweep.errors import StoreError
    from ossweep.work import Kind

# How many requests in a row may fail before the job stops. An error of the job's own would come
# back for every key. Refusals of keys count while their code is the same; an outage shows itself by
# several codes, so errors of the moment count whatever they are called. Each of them has had all
# its attempts by then.
PATIENCE = {Scope.JOB: 1, Scope.PASSING: 10, Scope.KEYS: 100}


class Gate:
    """
    Lets a request start, or raises Closed. Threads share it.

    `fence` tells the seconds for which the job is still this invocation's, if others may take it.
    """

    def __init__(self, budget: Budget, fence: Callable[[], float] = lambda: inf) -> None:
        self._budget = budget
        self._fence = fence
        self._lock = Lock()
        self._kind = ""
        self._run = 0
        self.deletions = 0  # requests that have deleted something
        self._trouble: str | None = None
        self.has_asked = False  # whether a deletion may have been sent
        self.stopped: Stop | None = None  # why the gate is closed, if not for time

    def admit(self, kind: Kind, after: float = 0.0) -> None:
        """Return if a request may start in `after` seconds; raise Closed if it may not."""
        if not (self._is_open and self._budget.admits(kind, after)):
            raise Closed
        if kind in {"batch_delete", "delete"}:
            self.has_asked = True

    def admits(self, kind: Kind, in_flight: int = 0) -> bool:
        """Tell whether a request may start now, beside so many others."""
        return self._is_open and self._budget.admits(kind, in_flight=in_flight)

    def left(self) -> float:
        """Return the seconds that a request may take."""
        left, rest = self._budget.left(), self._fence()
        return left if rest > 0 else min(left, rest)

    def answered(self, kind: Kind, seconds: float) -> None:
        """Take note of the time that a request has taken."""
        self._budget.took(kind, seconds)

    def deleted(self) -> None:
        """Take note that OSS has deleted something: a run of errors ends."""
        with self._lock:
            self._run = 0
            self.deletions += 1

    def stop(self, reason: Stop) -> None:
        """Close for a reason of the caller's, unless OSS has given one before."""
        with self._lock:
            self.stopped = self.stopped or reason

    def failed(self, error: StoreError) -> None:
        """Take note of a request that was given up, and close after too many of one kind."""
        kind = error.scope.value if error.scope is Scope.PASSING else error.code
        with self._lock:
            self._run = self._run + 1 if kind == self._kind else 1
            self._kind = kind
            if error.scope is Scope.PASSING:
                self._trouble = f"OSS answered {error}, in all the attempts that a request is given"
            if self.stopped is None and self._run >= PATIENCE[error.scope]:
                times = f" to {self._run} requests in a row" if self._run > 1 else ""
                sentence = f"OSS answered {error.code}{times}: {error.message}"
                self.stopped = Stop(Why.REFUSED, sentence)

    @property
    def trouble(self) -> str | None:
        """What the last request met whose attempts were over, or why the job was let go."""
        is_let_go = self._fence() <= 0 < self._budget.left()
        return self._trouble or (
            "the job's state could not be written in time" if is_let_go else None
        )

    @trouble.setter
    def trouble(self, trouble: str) -> None:
        self._trouble = trouble

    @property
    def refusal(self) -> str | None:
        """Why the gate is closed, if not for time, in a sentence."""
        return self.stopped.sentence if self.stopped is not None else None

    @property
    def _is_open(self) -> bool:
        return self.stopped is None and self._fence() > 0
