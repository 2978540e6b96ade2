"""The gate that every request passes: it closes when time is up or OSS refuses everything."""

from __future__ import annotations

from math import inf
from threading import Lock
from typing import TYPE_CHECKING

from ossweep.engine.troubles import Troubles
from ossweep.errors import Closed, Scope
from ossweep.helps import HELPS, with_help
from ossweep.row import ALIKE, Row
from ossweep.stops import GONE_UNSEEN, Stop, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ossweep.engine.budget import Budget
    from ossweep.errors import StoreError
    from ossweep.work import Kind

# How many requests in a row may fail before the job stops. An error of the job's own would come
# back for every key. An outage shows itself by several codes, so all errors of the moment count
# together; each request has had all its attempts by then. A refusal of keys stops only their like.
PATIENCE = {Scope.JOB: 1, Scope.PASSING: 10}

# Stretches of keys, refused by one code, after which a job that has deleted nothing at all stops.
# They lie in different places: the range is cut behind each of them.
PLACES = 20


class Gate:
    """
    Lets a request start, or raises Closed. Threads share it.

    `fence` tells the seconds for which the job is still this invocation's, if others may take it.
    `helps` is what helps against errors of the requests that pass here.
    """

    def __init__(
        self,
        budget: Budget,
        fence: Callable[[], float] = lambda: inf,
        helps: Mapping[str, str] = HELPS,
    ) -> None:
        self._budget = budget
        self._fence = fence
        self._helps = helps
        self._lock = Lock()
        self._row = Row()  # of errors
        self._places = Row()  # of stretches that were passed over
        self._refused = ""
        self._troubles = Troubles(helps)
        self.deletions = 0  # requests that have deleted something
        self._trouble: str | None = None
        self.unwritten = ""  # why a checkpoint is missing without which nothing is asked for
        self.has_asked = False  # whether a deletion may have been sent
        self.stopped: Stop | None = None  # why the gate is closed, if not for time
        self.reasons: frozenset[Stop] = frozenset()  # that were given, that one among them
        # Whether keys go one at a time, because no look could tell what a deletion loses. The first
        # key that goes tells it by its answer; a refusal, or no answer, tells nothing.
        self.singly = False
        self._is_held = False  # as a key that went alone is in doubt, and time does not suffice
        # Whether it is known that deletions lose no null version, or nobody asks.
        self.harmless = False

    def admit(self, kind: Kind, after: float = 0.0) -> None:
        """Return if a request may start in `after` seconds; raise Closed if it may not."""
        if not (self._is_open and self._budget.admits(kind, after)):
            raise Closed(self.refusal or self.trouble or "")
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
        with self._lock:
            self._troubles.asked(kind)

    def missed(self, kind: Kind, error: StoreError) -> None:
        """Take note of what an attempt has met that was not answered as it should be."""
        with self._lock:
            self._troubles.missed(kind, error)

    @property
    def errors(self) -> dict[str, int]:
        """The errors of attempts by kind, and how often each came."""
        with self._lock:
            return dict(self._troubles.errors)

    def deleted(self) -> None:
        """Take note that OSS has deleted something: a run of errors ends."""
        with self._lock:
            self._row.end()
            self._refused = ""
            self.singly = False
            self.harmless = True
            self.deletions += 1

    def stop(self, reason: Stop) -> None:
        """
        Close for a reason of the caller's, unless there was one before.

        Later reasons are kept, too: requests that were under way as the gate closed have met them.
        """
        with self._lock:
            self.stopped = self.stopped or reason
            self.reasons |= {reason}

    def left_in_doubt(self) -> None:
        """
        Take note of a key of which nobody can tell any more whether it was deleted.

        If it went alone, to show what a deletion costs, it may have cost a null version, and the
        next key would be no better, unless others have shown that none is lost.
        """
        if self.singly and not self.harmless:
            self.stop(GONE_UNSEEN)

    def hold(self) -> None:
        """
        Take note of a key in doubt for which there is no time any more.

        If it went alone, no other goes after it.
        """
        if self.singly and not self.harmless:
            self._is_held = True

    def failed(self, error: StoreError) -> None:
        """Take note of a request that was given up, and close after too many of one kind."""
        kind = error.scope.value if error.scope is Scope.PASSING else error.code
        with self._lock:
            run = self._row.add(kind)
            self._refused = error.code if error.scope is Scope.KEYS and run >= ALIKE else ""
            if error.scope is Scope.PASSING:
                words = str(error).rstrip(".")
                self._trouble = f"requests failed in all of their attempts, the last with {words}"
            if self.stopped is None and run >= PATIENCE.get(error.scope, inf):
                said = with_help(_given_up(error, run), error.code, self._helps)
                self.stopped = Stop(Why.REFUSED, said)

    @property
    def refused(self) -> str:
        """The code by which OSS refuses key after key, if nothing has gone since it began to."""
        return self._refused

    def passed_over(self, error: StoreError) -> None:
        """Take note of a stretch that was passed over, and close if nothing goes in any place."""
        with self._lock:
            places = self._places.add(error.code)
            if self.stopped is None and not self.deletions and places >= PLACES:
                sentence = (
                    f"OSS answered {error.code} to whatever it was asked to delete, in {places} "
                    f"stretches of keys: {error.words}"
                )
                self.stopped = Stop(Why.REFUSED, with_help(sentence, error.code))

    @property
    def trouble(self) -> str | None:
        """What kept the work from its end, with what requests have met; None if nothing did."""
        is_let_go = self._fence() <= 0 < self._budget.left()
        cause = self._cause or (
            "the job's state could not be written within its lease; where it answers slowly, raise "
            "OSSWEEP_CHECKPOINT_SECONDS"
            if is_let_go
            else None
        )
        return self._with_what_was_met(cause)

    @trouble.setter
    def trouble(self, trouble: str) -> None:
        self._trouble = trouble

    def trouble_unless(self, cause: str) -> str | None:
        """Return what kept the work from its end; this, if no request has failed for good."""
        return self._with_what_was_met(self._cause or cause)

    @property
    def _cause(self) -> str | None:
        missing = "the job's state could not be written, and nothing is asked for without it"
        return self._trouble or (f"{missing}: {self.unwritten}" if self.unwritten else None)

    def _with_what_was_met(self, cause: str | None) -> str | None:
        with self._lock:
            met = self._troubles.sentence
        return f"{cause or 'time ran out'}; {met}" if met is not None else cause

    @property
    def refusal(self) -> str | None:
        """Why the gate is closed, if not for time, in a sentence."""
        return self.stopped.sentence if self.stopped is not None else None

    @property
    def _is_open(self) -> bool:
        return self.stopped is None and not self._is_held and self._fence() > 0


def _given_up(error: StoreError, run: int) -> str:
    if not error.answered:
        times = f"{run} requests in a row" if run > 1 else "a request"
        return f"OSS did not answer {times}: {error}"
    times = f" to {run} requests in a row" if run > 1 else ""
    return f"OSS answered {error.code}{times}: {error.words}"
