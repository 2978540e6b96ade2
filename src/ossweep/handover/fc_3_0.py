"""The carrier for FC 3.0: a function, invoked by the client alibabacloud_fc20230330."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from ossweep.handover.attempt import (
    PAYLOAD_BYTES,
    check_accepted,
    refusal,
    timeouts,
    unanswered,
    within,
)
from ossweep.handover.outlet import NO_ENVIRONMENT, adapter

if TYPE_CHECKING:
    from ossweep.errors import HandoverError
    from ossweep.handover.attempt import Credentials, Function

# Libraries below the client; they log requests' headers where DEBUG=sdk is in the environment
# (darabonba-core 1.0.9 and alibabacloud-tea 0.4.3, core.py of both).
TALKERS = ("darabonba-core", "alibabacloud-tea")


@dataclass(frozen=True)
class FC3:
    """Invokes by the API of 2023-03-30; `endpoint` is a URL that ends with its host."""

    function: Function
    endpoint: str
    credentials: Credentials = field(repr=False)
    certificates: tuple[str, ...] = ()  # files of authorities to believe, beside the world's
    most_bytes: ClassVar[int] = PAYLOAD_BYTES

    def prepare(self) -> None:
        """
        Import the client, which takes a third of a second; let it log nothing and use no proxy.

        It looks for proxies in the environment where it is given none, and it believes what
        OpenSSL finds on the machine (darabonba-core 1.0.9, darabonba/core.py).
        """
        import alibabacloud_fc20230330.client  # noqa: PLC0415, F401 - only for those who hand over
        import darabonba.core  # noqa: PLC0415

        core = darabonba.core
        core.os = NO_ENVIRONMENT
        core.DaraCore.get_adapter = staticmethod(self._adapter)
        for name in TALKERS:
            logging.getLogger(name).disabled = True

    def _adapter(self, *_: object, **__: object) -> Any:
        """Return the adapter that makes the client's connections, in place of its own."""
        from darabonba.core import adapters  # noqa: PLC0415 - as in prepare

        return adapter(adapters.HTTPAdapter, self.certificates)

    def send(self, event: bytes, task_id: str, seconds: float) -> None:
        """Invoke the function asynchronously, in one attempt; raises HandoverError."""
        within(seconds, lambda: self._invoke(event, task_id, seconds), self._error_of)

    def _invoke(self, event: bytes, task_id: str, seconds: float) -> None:
        self.prepare()
        from alibabacloud_fc20230330 import client, models  # noqa: PLC0415 - as in prepare
        from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415
        from darabonba.runtime import RuntimeOptions  # noqa: PLC0415

        scheme, _, host = self.endpoint.partition("://")
        config = Config(
            access_key_id=self.credentials.access_key_id,
            access_key_secret=self.credentials.access_key_secret,
            security_token=self.credentials.security_token,
            endpoint=host,
            protocol=scheme,
            region_id=self.function.region,
        )
        connect, read = (max(1, int(each * 1000)) for each in timeouts(seconds))
        answer = client.Client(config).invoke_function_with_options(
            self._name(),
            models.InvokeFunctionRequest(body=BytesIO(event), qualifier=self.function.qualifier),
            models.InvokeFunctionHeaders(x_fc_invocation_type="Async", x_fc_async_task_id=task_id),
            RuntimeOptions(autoretry=False, connect_timeout=connect, read_timeout=read),
        )
        check_accepted(answer.headers)

    def _name(self) -> str:
        """Return the name that FC 3.0 knows it by, a function of FC 2.0 as service$function."""
        service, name = self.function.service, self.function.name
        return f"{service}${name}" if service else name

    def _error_of(self, error: Exception) -> HandoverError | None:
        # A refusal is raised as it is; a failure on the way is wrapped together with its request.
        inner = getattr(error, "inner_exception", error)
        status = getattr(inner, "status_code", None)
        if not isinstance(status, int):
            return unanswered(inner, self.credentials)
        document = getattr(inner, "data", None) or {}
        code, words = document.get("Code"), document.get("Message")
        return refusal(status, str(code or ""), str(words or ""), self.credentials)
