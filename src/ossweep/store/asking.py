"""The requests that a deletion makes of a bucket, as it sees them, and what a look has shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from ossweep.errors import Closed, Scope, StoreError
from ossweep.store.verdicts import is_throttling, is_undecided, may_be_under_way, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ossweep.objects import Listed
    from ossweep.store.limits import Gate
    from ossweep.work import Kind

T = TypeVar("T")

_LOOK = "a listing that was to show what is left of the keys that are deleted"


class Requests(Protocol):
    """The requests of a deletion, one attempt each; whatever goes wrong is raised."""

    def delete(self, keys: Sequence[str]) -> set[str]:
        """Ask OSS once to delete keys; return those that its answer names."""

    def look(
        self, keys: Sequence[str], *, listed: Listed | None, seconds: float, ahead: bool
    ) -> Looked:
        """
        Look at at least one key, and at as many as there is time for in so many seconds.

        Keys that were listed lie close together, and are listed again; if `ahead`, with what comes
        behind them in their range.
        """

    def seen(self, keys: Sequence[str], listed: Listed) -> Looked | None:
        """Return what a look ahead in their range has shown of all keys, if that is not too old."""

    def clock(self, known: int | None) -> int:
        """Return the job's clock: what is `known` of it, or earlier; raises StoreError."""

    def throttled(self) -> None:
        """Count an answer by which OSS asked for fewer requests."""

    def without_batches(self) -> None:
        """Take note that the bucket carries out no request for several keys."""

    @property
    def has_batches(self) -> bool:
        """Whether a request for several keys may be carried out, as far as anybody knows."""


@dataclass(frozen=True)
class Looked:
    """
    The result of a look: when each key that is there was written, in Unix seconds.

    `left` has, for each key that was looked at, the seconds of the invocation that were left then;
    keys that are gone are among them. A key that is not in it has not been looked at.
    """

    there: Mapping[str, int]
    left: Mapping[str, float]


class TroubleError(Exception):
    """
    An attempt that did not get the answer it should.

    Its keys are `in_doubt` if it may have been carried out, and `under_way` if it yet may be.
    """

    def __init__(self, error: StoreError, raised: Exception) -> None:
        super().__init__(error)
        self.error = error
        self.throttled = is_throttling(getattr(raised, "status", 0), error.code)
        self.in_doubt = is_undecided(raised)
        self.under_way = may_be_under_way(raised)


@dataclass(frozen=True)
class Attempts:
    """One attempt of each of a deletion's requests, timed, counted and judged."""

    requests: Requests
    gate: Gate
    monotonic: Callable[[], float]

    def delete(self, kind: Kind, keys: Sequence[str]) -> set[str]:
        """Ask OSS once, and return the keys that it names; raises TroubleError, Closed."""
        self.gate.admit(kind)  # which may have closed during a pause or a look
        return self._once(kind, lambda: self.requests.delete(keys))

    def look(
        self, keys: Sequence[str], *, listed: Listed | None, seconds: float, ahead: bool
    ) -> Looked:
        """Look at keys; raises Closed, TroubleError, about the job where OSS refuses the look."""
        if self.gate.left() <= 0:  # which a turn may have been waited for; a closed gate lets look
            raise Closed
        look = partial(self.requests.look, keys, listed=listed, seconds=seconds, ahead=ahead)
        try:
            return self._once("list", look)
        except TroubleError as trouble:
            error = trouble.error
            if error.scope is Scope.KEYS:
                words = f"{error.words} - {_LOOK}" if error.words else _LOOK
                trouble.error = StoreError(error.code, words, Scope.JOB)
            raise

    def _once(self, kind: Kind, request: Callable[[], T]) -> T:
        began = self.monotonic()
        try:
            return request()
        except Closed:
            raise
        except Exception as raised:  # noqa: BLE001 - no answer may end the invocation midway
            # No variable may hold what is raised here: it would keep its connection open.
            raise self._trouble_of(kind, raised) from None
        finally:
            self.gate.answered(kind, self.monotonic() - began)

    def _trouble_of(self, kind: Kind, raised: Exception) -> TroubleError:
        trouble = TroubleError(verdict(raised), raised)
        if trouble.throttled:
            self.requests.throttled()
        if trouble.error.scope is not Scope.KEYS or kind == "list":  # others are told key by key
            self.gate.missed(kind, trouble.error)
        return trouble
