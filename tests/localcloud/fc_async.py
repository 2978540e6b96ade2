"""Asynchronous invocations: accepted, run in the background, retried, and told of at their end."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from localcloud.fc_answers import FcError, already_there
from localcloud.fc_deployed import Accepted
from localcloud.fc_faults import Delay, Late, OfDeliveries, Twice

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.fc_deployed import Call, Outcome
    from localcloud.fc_faults import Faults

TASK_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")


@dataclass(frozen=True)
class _Delivery:
    """An invocation to be tried to its end, and again if `again` says so."""

    call: Call
    after_seconds: float = 0
    behind: int = 0
    again: int = 0


class Background:
    """Runs what it is given, so many at a time, until it is stopped."""

    def __init__(
        self,
        run: Callable[[Call], Outcome],
        pause: Callable[[float], object],
        at_once: int,
        stopping: threading.Event,
        faults: Faults,
    ) -> None:
        self.accepted: list[Accepted] = []
        self.failures: list[dict[str, Any]] = []
        self.successes: list[dict[str, Any]] = []
        self._run = run
        self._pause = pause
        self._stopping = stopping
        self._faults = faults
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="fc-async")
        self._changed = threading.Condition()
        self._unfinished = 0
        self._held: list[_Delivery] = []
        self._broken: list[Exception] = []
        self._tasks: set[tuple[str, str]] = set()

    def accept(self, call: Call, task_id: str | None) -> None:
        """Run it later. Without a task id of its own, its request id is its task's."""
        with self._changed:
            if call.function.async_task and task_id is not None:
                self._remember(call.function.full_name, task_id)
            self.accepted.append(Accepted(task_id or call.request_id, call.payload))
            for delivery in _deliveries(call, self._faults):
                self._unfinished += 1 + delivery.again
                if delivery.behind:
                    self._held.append(delivery)
                else:
                    self._pool.submit(self._work_off, delivery)

    def wait(self, timeout: float) -> None:
        """Wait until all that was accepted has come to its end; raise what broke on the way."""
        with self._changed:
            self._let_the_last_go()
            if not self._changed.wait_for(lambda: self._unfinished == 0, timeout):
                message = f"{self._unfinished} asynchronous invocations have not ended"
                raise TimeoutError(message)
            if self._broken:
                raise self._broken.pop()

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _remember(self, function: str, task_id: str) -> None:
        if not TASK_ID.fullmatch(task_id):
            raise FcError(400, "InvalidArgument", f"'{task_id}' is no id of a task")
        if (function, task_id) in self._tasks:
            raise already_there(task_id)
        self._tasks.add((function, task_id))

    def _work_off(self, delivery: _Delivery) -> None:
        try:
            if delivery.after_seconds:
                self._pause(delivery.after_seconds)
            for _ in range(1 + delivery.again):
                self._try_to_the_end(delivery.call)
        except Exception as error:  # noqa: BLE001 it is raised to who waits
            self._broken.append(error)
        finally:
            with self._changed:
                self._unfinished -= 1 + delivery.again
                self._let_go_what_was_behind()
                self._changed.notify_all()

    def _let_go_what_was_behind(self) -> None:
        held = [replace(each, behind=each.behind - 1) for each in self._held]
        self._held = [each for each in held if each.behind]
        for each in held:
            if not each.behind and not self._stopping.is_set():
                self._pool.submit(self._work_off, each)
        self._let_the_last_go()

    def _let_the_last_go(self) -> None:
        """Where only what is held is left, nothing is behind anything: the newest comes first."""
        waiting = sum(1 + each.again for each in self._held)
        if self._held and waiting == self._unfinished and not self._stopping.is_set():
            self._pool.submit(self._work_off, self._held.pop())

    def _try_to_the_end(self, call: Call) -> None:
        if self._stopping.is_set():
            return
        outcome = self._run(call)
        while outcome.error_type and call.attempt <= call.function.retries:
            # How long Function Compute waits before it tries again is NOT ESTABLISHED.
            self._pause(float(2 ** (call.attempt - 1)))
            if self._stopping.is_set():
                return
            call = replace(call, attempt=call.attempt + 1)
            outcome = self._run(call)
        if self._stopping.is_set():
            return
        if outcome.error_type:
            self.failures.append(record(call, outcome))
        elif call.function.on_success:
            self.successes.append(record(call, outcome))


def _deliveries(call: Call, faults: Faults) -> list[_Delivery]:
    """Return the deliveries that faults make of one invocation."""
    met = faults.met_by(call, "Async", OfDeliveries)
    first = _Delivery(
        call,
        after_seconds=sum(fault.seconds for fault in met if isinstance(fault, Delay)),
        behind=max((fault.behind for fault in met if isinstance(fault, Late)), default=0),
        again=sum(isinstance(fault, Twice) and fault.when == "after" for fault in met),
    )
    beside = sum(isinstance(fault, Twice) and fault.when == "beside" for fault in met)
    return [first, *[_Delivery(call)] * beside]


def record(call: Call, outcome: Outcome) -> dict[str, Any]:
    """Return what a destination is sent."""
    return {
        "timestamp": int(time.time() * 1000),
        "requestContext": {
            "requestId": call.request_id,
            "functionArn": call.arn,
            "condition": outcome.error_type or "",
            "approximateInvokeCount": call.attempt,
        },
        "requestPayload": call.payload.decode(errors="replace"),
        "responseContext": {"statusCode": 200, "functionError": outcome.error_type or ""},
        "responsePayload": outcome.body.decode(errors="replace"),
    }
