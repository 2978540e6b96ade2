"""What reached the local OSS: the request as the dialect reads it, and the log of all of them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Request:
    """One request: `keys` are those of a batch deletion, `status` is None until it is answered."""

    operation: str
    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    keys: tuple[str, ...] = ()
    status: int | None = None

    @property
    def touched(self) -> tuple[str, ...]:
        """The objects it is about, whether one in the path or many in the body."""
        return self.keys or ((self.key,) if self.key else ())


class Log:
    """The requests in the order of their arrival, written by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._requests: dict[int, Request] = {}
        self._statuses: dict[int, int] = {}
        self._tickets = 0

    def arrived(self, request: Request) -> int:
        with self._lock:
            self._tickets += 1
            self._requests[self._tickets] = request
            self._lock.notify_all()
            return self._tickets

    def answered(self, ticket: int, status: int) -> None:
        with self._lock:
            self._statuses[ticket] = status
            self._lock.notify_all()

    def wait_for_answers(self, bucket: str, timeout: float) -> bool:
        with self._lock:
            return self._lock.wait_for(lambda: self._are_answered(bucket), timeout)

    def _are_answered(self, bucket: str) -> bool:
        return all(
            ticket in self._statuses
            for ticket, request in self._requests.items()
            if request.bucket == bucket
        )

    def wait_for(self, operation: str, count: int, timeout: float, but: tuple[str, ...]) -> bool:
        with self._lock:
            return self._lock.wait_for(lambda: self._count(operation, but) >= count, timeout)

    def count(self, operation: str) -> int:
        with self._lock:
            return self._count(operation)

    def _count(self, operation: str, but: tuple[str, ...] = ()) -> int:
        return sum(
            request.operation == operation and not request.key.endswith(but)
            for request in self._requests.values()
        )

    def requests(self) -> list[Request]:
        with self._lock:
            return [
                replace(request, status=self._statuses.get(ticket))
                for ticket, request in self._requests.items()
            ]

    def forget(self) -> None:
        with self._lock:
            self._requests.clear()
            self._statuses.clear()
