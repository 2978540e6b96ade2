"""The API of the local Function Compute: which function a request means, and what it answers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from localcloud.fc_answers import (
    ASYNC_LIMIT,
    SYNC_LIMIT,
    Answer,
    FcError,
    HungUp,
    error_answer,
    not_supported,
    too_large,
)
from localcloud.fc_deployed import Call
from localcloud.fc_faults import Latency, OfRequests, Refuse, Reset
from localcloud.fc_http import answer_of, event_of
from localcloud.fc_signature import verify_acs3, verify_fc, verify_trigger

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from localcloud.fc_answers import Request
    from localcloud.fc_async import Background
    from localcloud.fc_deployed import Deployed, Outcome
    from localcloud.fc_faults import Faults
    from localcloud.signature import Credentials

OF_FC2 = re.compile(r"/2016-08-15/services/([^/]+)/functions/([^/]+)/invocations")
OF_FC3 = re.compile(r"/2023-03-30/functions/([^/]+)/invocations")
# Behind a real trigger's own domain the path begins at once; on loopback it has this before it.
OF_A_TRIGGER = re.compile(r"/http-triggers/([^/]+)(/.*)?")
TASK_IDS = {
    "2016-08-15": "x-fc-stateful-async-invocation-id",
    "2023-03-30": "x-fc-async-task-id",
}
LOG_TAIL = 4096


@dataclass(frozen=True)
class Api:
    """What the server's threads share."""

    account: Credentials
    account_id: str
    region: str
    functions: Mapping[str, Deployed]  # by their full names; more may be deployed at any time
    run: Callable[[Call, str], Outcome]
    background: Background
    faults: Faults
    stopping: threading.Event

    def answer(self, request: Request, request_id: str) -> Answer:
        """Answer anything, refusals included; raises HungUp where a fault forbids an answer."""
        version = "2023-03-30" if request.path.startswith("/2023-03-30/") else "2016-08-15"
        try:
            answer = self._carry_out(request, request_id)
        except FcError as error:
            answer = error_answer(error, version, request_id)
        return replace(answer, headers={**answer.headers, "X-Fc-Request-Id": request_id})

    def _carry_out(self, request: Request, request_id: str) -> Answer:
        if trigger := OF_A_TRIGGER.fullmatch(request.path):
            return self._triggered(unquote(trigger[1]), trigger[2] or "/", request, request_id)
        if request.method == "POST" and (match := OF_FC2.fullmatch(request.path)):
            verify_fc(request, self._accounts())
            service, _, qualifier = unquote(match[1]).partition(".")
            function = self._function_of_a_service(service, unquote(match[2]))
            return self._invoked(function, qualifier, request, request_id)
        if request.method == "POST" and (match := OF_FC3.fullmatch(request.path)):
            verify_acs3(request, self._accounts())
            qualifier = parse_qs(request.query).get("qualifier", [""])[0]
            return self._invoked(self._function(unquote(match[1])), qualifier, request, request_id)
        raise not_supported(request.method, request.path)

    def _accounts(self) -> list[Credentials]:
        """The account's key and those of the functions' roles; what a role may do is not asked."""
        roles = [function.credentials for function in list(self.functions.values())]
        return [self.account, *roles]

    def _function_of_a_service(self, service: str, name: str) -> Deployed:
        """A function of FC 3.0 has no service, so FC 2.0's API is taken not to reach it."""
        if service not in {function.service for function in list(self.functions.values())}:
            raise FcError(404, "ServiceNotFound", f"service '{service}' does not exist")
        return self._function(f"{service}${name}")

    def _function(self, full_name: str) -> Deployed:
        if full_name not in self.functions:
            raise FcError(404, "FunctionNotFound", f"function '{full_name}' does not exist")
        return self.functions[full_name]

    def _invoked(
        self, function: Deployed, qualifier: str, request: Request, request_id: str
    ) -> Answer:
        if qualifier and qualifier not in function.qualifiers:
            message = f"alias '{qualifier}' of '{function.full_name}' does not exist"
            raise FcError(404, "AliasNotFound", message)
        call = self._call(function, request.body, request_id, qualifier or "LATEST")
        how = request.headers.get("x-fc-invocation-type", "Sync").capitalize()
        if how not in ("Async", "Sync"):
            raise FcError(400, "InvalidArgument", f"x-fc-invocation-type '{how}' is unknown")
        met = self.faults.met_by(call, how, OfRequests)
        self._suffer(met)
        try:
            if how == "Async":
                return self._accepted(call, request)
            return self._run_at_once(call, request)
        finally:
            if any(isinstance(fault, Reset) for fault in met):
                raise HungUp

    def _suffer(self, met: Sequence[OfRequests]) -> None:
        """Meet what comes before anything is done."""
        seconds = sum(fault.seconds for fault in met if isinstance(fault, Latency))
        if seconds and self.stopping.wait(seconds):
            raise HungUp
        for fault in met:
            if isinstance(fault, Reset) and fault.when == "before":
                raise HungUp
            if isinstance(fault, Refuse):
                raise FcError(fault.status, fault.code, fault.message)

    def _accepted(self, call: Call, request: Request) -> Answer:
        if len(call.payload) > ASYNC_LIMIT:
            raise too_large(ASYNC_LIMIT)
        header = TASK_IDS[request.path.split("/")[1]]
        task_id = request.headers.get(header)
        self.background.accept(call, task_id)
        return Answer(202, b"", {header: task_id or call.request_id})

    def _run_at_once(self, call: Call, request: Request) -> Answer:
        if len(call.payload) > SYNC_LIMIT:
            raise too_large(SYNC_LIMIT)
        outcome = self.run(call, "Sync")
        headers = {"Content-Type": "application/octet-stream"}
        if outcome.error_type:
            headers["X-Fc-Error-Type"] = outcome.error_type
        if request.headers.get("x-fc-log-type", "None") == "Tail":
            tail = "\n".join(outcome.log).encode()[-LOG_TAIL:]
            headers["X-Fc-Log-Result"] = base64.b64encode(tail).decode()
        return Answer(200, outcome.body, headers)

    def _triggered(self, name: str, path: str, request: Request, request_id: str) -> Answer:
        function = self._function(name)
        if request.method not in function.http_methods:
            # 403 or 405, and with which code: NOT ESTABLISHED.
            raise FcError(405, "MethodNotAllowed", f"the trigger does not take {request.method}")
        if function.http_auth == "function":
            verify_trigger(request, self._accounts())
        call = self._call(function, b"", request_id, "LATEST")
        if len(request.body) > SYNC_LIMIT:
            raise too_large(SYNC_LIMIT)
        call = replace(call, payload=event_of(replace(request, path=path), call))
        return answer_of(self.run(call, "HTTP"))

    def _call(self, function: Deployed, payload: bytes, request_id: str, qualifier: str) -> Call:
        return Call(
            function,
            payload,
            request_id,
            account_id=self.account_id,
            region=self.region,
            qualifier=qualifier,
        )
