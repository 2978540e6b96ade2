"""What asks the local Function Compute: the vendor's unmodified clients, and handlers to be run."""

from __future__ import annotations

import json
import textwrap
import urllib.error
import urllib.request
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import fc2
from alibabacloud_fc20230330.client import Client
from alibabacloud_fc20230330.models import InvokeFunctionHeaders, InvokeFunctionRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from localcloud.function import Ended, log_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcloud.fc import LocalFc, Outcome
    from localcloud.signature import Credentials

TIMEOUT = 60


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP, or from a client; header names in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def fc2_client(fc: LocalFc, credentials: Credentials | None = None) -> Any:
    """aliyun-fc2's client."""
    key = credentials or fc.credentials
    return fc2.Client(
        endpoint=fc.endpoint,
        accessKeyID=key.access_key_id,
        accessKeySecret=key.access_key_secret,
        securityToken=key.security_token or "",
        Timeout=TIMEOUT,
    )


def fc3_invoke(  # noqa: PLR0913 all but three have a default
    fc: LocalFc,
    name: str,
    event: bytes,
    *,
    kind: str = "Sync",
    task_id: str | None = None,
    qualifier: str | None = None,
    credentials: Credentials | None = None,
) -> Reply:
    """Invoke with alibabacloud_fc20230330's client."""
    key = credentials or fc.credentials
    config = Config(
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        security_token=key.security_token,
        endpoint=fc.endpoint.removeprefix("http://"),
        protocol="http",
        region_id=fc.region,
    )
    answer = Client(config).invoke_function_with_options(
        name,
        InvokeFunctionRequest(body=BytesIO(event), qualifier=qualifier),
        InvokeFunctionHeaders(x_fc_invocation_type=kind, x_fc_async_task_id=task_id),
        RuntimeOptions(read_timeout=TIMEOUT * 1000),
    )
    return Reply(answer.status_code, answer.body.read(), answer.headers)


@dataclass(frozen=True)
class Remote:
    """A function deployed on the local Function Compute, to be invoked as `Function` is."""

    fc: LocalFc
    name: str

    def invoke(
        self, event: bytes, on_log: Callable[[dict[str, Any]], None] = lambda line: None
    ) -> Ended:
        """Invoke it once by the API of FC 3.0; `on_log` is called with each line of its log."""
        self.fc.on_log = lambda line: on_log(log_entry(line))
        reply = fc3_invoke(self.fc, self.name, event)
        failed = "x-fc-error-type" in reply.headers
        raised = failed and "errorType" in reply.document
        return Ended(
            answer=None if failed else reply.document,
            error=reply.document if raised else None,
            log=tuple(log_entry(line) for line in self._last().log),
        )

    def _last(self) -> Outcome:
        """Return how the last one ended that was waited for; others may go on beside it."""
        return next(each for each in reversed(self.fc.invocations) if each.type == "Sync").outcome


def http(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send a plain request."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return Reply(answer.status, answer.read(), _small(answer.headers))
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Reply(refusal.code, refusal.read(), _small(refusal.headers))


def written(folder: Path, source: str) -> Path:
    """Return a code directory whose index.py is that."""
    folder.mkdir(exist_ok=True)
    (folder / "index.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return folder


def _small(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
