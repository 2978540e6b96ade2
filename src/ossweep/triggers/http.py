"""An HTTP request, as FC 3.0's trigger wraps it, and the response that it unwraps."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from ossweep.errors import RequestError

# Where FC's own API, and with it the console, is reached; a trigger's host ends otherwise.
_API_DOMAIN = ".fc.aliyuncs.com"


@dataclass(frozen=True)
class HttpRequest:
    """
    A request: method, path and body.

    `is_invocation` tells that it is FC's InvokeFunction, which comes wrapped like this where a
    function has an HTTP trigger. `token` is what it brings as `Authorization: Bearer`.
    """

    method: str
    path: str
    body: bytes
    is_invocation: bool
    token: str | None


def recognises(document: Any) -> bool:
    """Tell whether an HTTP trigger has sent this."""
    context = document.get("requestContext") if isinstance(document, dict) else None
    return (
        isinstance(document, dict)
        and document.get("version") == "v1"
        and isinstance(context, dict)
        and "http" in context
    )


def read(document: Any) -> HttpRequest:
    """Read the request; raises RequestError."""
    from ossweep.triggers.envelopes import HttpEnvelope, HttpEvent  # noqa: PLC0415 - for HTTP

    try:
        event = HttpEnvelope().parse(document, HttpEvent)
    except RequestError as refusal:
        raise RequestError(f"this is no HTTP request: {refusal}") from None
    headers = {name.lower(): value for name, value in event.headers.items()}
    return HttpRequest(
        method=event.context.http.method.upper(),
        path=event.context.http.path or "/",
        body=_body(event.body, in_base64=event.in_base64),
        is_invocation=(
            headers.get("x-acs-action") == "InvokeFunction"
            and event.context.domain.endswith(_API_DOMAIN)
        ),
        token=_token(headers.get("authorization", "")),
    )


def response(status: int, body: Any) -> str:
    """Return what FC turns into an HTTP response with a JSON body."""
    return json.dumps(
        {
            "statusCode": status,
            "headers": {"Content-Type": "application/json; charset=utf-8"},
            "isBase64Encoded": False,
            "body": json.dumps(body),
        }
    )


def _token(authorization: str) -> str | None:
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _body(body: str, *, in_base64: bool) -> bytes:
    try:
        return base64.b64decode(body, validate=True) if in_base64 else body.encode()
    except ValueError:  # no Base64, or no UTF-8
        raise RequestError("the request's body cannot be decoded; send JSON in UTF-8") from None
