"""The carrier for FC 3.0: a function, invoked by a request that the vendor's library signs."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote
from uuid import uuid4

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

VERSION = "2023-03-30"
ALGORITHM = "ACS3-HMAC-SHA256"
MOST_WORDS = 64 * 1024  # bytes that are read of a refusal
REFUSED = 300  # and all statuses above it


class _Refused(Exception):  # noqa: N818 - an answer
    """An answer that is a refusal: a status, and what is told with it."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True)
class FC3:
    """
    Invokes by the API of 2023-03-30; `endpoint` is a URL that ends with its host.

    The request is InvokeFunction's as the vendor's client alibabacloud_fc20230330 4.8.3 makes it.
    That client itself takes 0.3 CPU seconds and 31 MB to import; the library that signs, a tenth
    and a third of these.
    """

    function: Function
    endpoint: str
    credentials: Credentials = field(repr=False)
    certificates: tuple[str, ...] = ()  # files of authorities to believe, beside the world's
    most_bytes: ClassVar[int] = PAYLOAD_BYTES

    def prepare(self) -> None:
        """Import what signs and what sends."""
        import alibabacloud_openapi_util.client  # noqa: PLC0415, F401 - for those who hand over
        import requests.adapters  # noqa: PLC0415, F401

    def send(self, event: bytes, task_id: str, seconds: float) -> None:
        """Invoke the function asynchronously, in one attempt; raises HandoverError."""
        within(seconds, lambda: self._invoke(event, task_id, seconds), self._error_of)

    def _invoke(self, event: bytes, task_id: str, seconds: float) -> None:
        import requests  # noqa: PLC0415 - as in prepare

        path = f"/{VERSION}/functions/{quote(self._name(), safe='~')}/invocations"
        query = {"qualifier": self.function.qualifier} if self.function.qualifier else {}
        answer = sender(requests, self.certificates)(
            "POST",
            f"{self.endpoint}{path}",
            params=query,
            data=event,
            headers=self._signed(path, query, event, task_id),
            timeout=timeouts(seconds),
            allow_redirects=False,
            stream=True,
        )
        with closing(answer):
            if answer.status_code >= REFUSED:
                body = answer.raw.read(MOST_WORDS, decode_content=False)
                raise _Refused(answer.status_code, body)
            check_accepted(answer.headers)

    def _signed(
        self, path: str, query: dict[str, str], event: bytes, task_id: str
    ) -> dict[str, str]:
        """Return the request's headers, all of which are signed."""
        from alibabacloud_openapi_util.client import Client  # noqa: PLC0415 - as in prepare

        key, digest = self.credentials, sha256(event).hexdigest()
        token = {"x-acs-security-token": key.security_token} if key.security_token else {}
        headers = {
            "host": self.endpoint.partition("://")[2].rstrip("/"),
            "accept": "application/json",
            "content-type": "application/octet-stream",
            "x-acs-action": "InvokeFunction",
            "x-acs-version": VERSION,
            "x-acs-date": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": digest,
            "x-fc-invocation-type": "Async",
            "x-fc-async-task-id": task_id,
            **token,
        }
        request = SimpleNamespace(method="POST", pathname=path, query=query, headers=headers)
        signature: Any = Client.get_authorization(
            request, ALGORITHM, digest, key.access_key_id, key.access_key_secret
        )
        return {**headers, "authorization": signature}

    def _name(self) -> str:
        """Return the name that FC 3.0 knows it by, a function of FC 2.0 as service$function."""
        service, name = self.function.service, self.function.name
        return f"{service}${name}" if service else name

    def _error_of(self, error: Exception) -> HandoverError | None:
        if not isinstance(error, _Refused):
            return unanswered(error, self.credentials)
        try:
            document = json.loads(error.body)
        except ValueError:
            document = {}
        told = document if isinstance(document, dict) else {}
        code, words = told.get("Code"), told.get("Message")
        return refusal(error.status, str(code or ""), str(words or ""), self.credentials)
