"""The carrier for FC 2.0: a function of a service, invoked by the client aliyun-fc2."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ossweep.handover.attempt import (
    PAYLOAD_BYTES,
    check_accepted,
    refusal,
    timeouts,
    unanswered,
    within,
)
from ossweep.handover.outlet import sender

if TYPE_CHECKING:
    from ossweep.errors import HandoverError
    from ossweep.handover.attempt import Credentials, Function


@dataclass(frozen=True)
class FC2:
    """Invokes by the API of 2016-08-15; `endpoint` is a URL that ends with its host."""

    function: Function
    endpoint: str
    credentials: Credentials = field(repr=False)
    certificates: tuple[str, ...] = ()  # files of authorities to believe, beside the world's
    most_bytes: ClassVar[int] = PAYLOAD_BYTES

    def prepare(self) -> None:
        """
        Import the client, and take three habits from it (fc2 2.5.2, fc2/client.py, fc2/auth.py).

        It logs what it signs, and with each refusal its request's headers, the security token
        among them, by the root logger's functions: it gets a logger that says nothing. It tries to
        connect six times, with pauses of 30 s together: trying again is left to `deliver`. And it
        goes through the environment's proxies, which OSS's connections do not.
        """
        import fc2.auth  # noqa: PLC0415 - only those who hand over pay for it
        import fc2.client  # noqa: PLC0415

        silent = logging.Logger("fc2")  # noqa: LOG001 - nobody can find it and switch it on
        silent.disabled = True
        fc2.auth.logging = fc2.client.logging = silent
        fc2.client.requestWithTry = sender(fc2.client.requests, self.certificates)

    def send(self, event: bytes, task_id: str, seconds: float) -> None:
        """Invoke the function asynchronously, in one attempt; raises HandoverError."""
        within(seconds, lambda: self._invoke(event, task_id, seconds), self._error_of)

    def _invoke(self, event: bytes, task_id: str, seconds: float) -> None:
        self.prepare()
        import fc2  # noqa: PLC0415

        key = self.credentials
        client = fc2.Client(
            endpoint=self.endpoint,
            accessKeyID=key.access_key_id,
            accessKeySecret=key.access_key_secret,
            securityToken=key.security_token or "",
            Timeout=timeouts(seconds),
        )
        answer = client.invoke_function(
            self.function.service,
            self.function.name,
            event,
            headers={
                "x-fc-invocation-type": "Async",
                "x-fc-stateful-async-invocation-id": task_id,
            },
            qualifier=self.function.qualifier,
        )
        check_accepted(answer.headers)

    def _error_of(self, error: Exception) -> HandoverError | None:
        status = getattr(error, "status_code", None)  # an FcError's, which has a JSON document, too
        if not isinstance(status, int):
            return unanswered(error, self.credentials)
        document = json.loads(getattr(error, "message", "{}"))
        code, words = document.get("ErrorCode"), document.get("ErrorMessage")
        return refusal(status, str(code or ""), str(words or ""), self.credentials)
