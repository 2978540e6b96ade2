"""The HTTP trigger of FC 3.0: a plain request into an event, and the handler's answer out of it."""

from __future__ import annotations

import base64
import json
import time
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from localcloud.fc_answers import Answer

if TYPE_CHECKING:
    from localcloud.fc_answers import Request
    from localcloud.fc_deployed import Call, Outcome

# A function that fails behind an HTTP trigger: the status is NOT ESTABLISHED for FC 3.0.
FAILED = 502
TEXT = ("text/", "application/json", "application/xml", "application/x-www-form-urlencoded")


def event_of(request: Request, call: Call) -> bytes:
    """Wrap a request, whose path begins behind the trigger's address, into the event."""
    now = time.time()
    body, is_base64 = _body(request)
    domain = call.function.name
    event = {
        "version": "v1",
        "rawPath": request.path,
        "body": body,
        "isBase64Encoded": is_base64,
        "headers": {_as_go_spells(name): value for name, value in request.headers.items()},
        "queryParameters": _query(request.query),
        "requestContext": {
            "accountId": call.account_id,
            "domainName": f"{domain}.{call.region}.fcapp.run",
            "domainPrefix": domain,
            "http": {
                "method": request.method,
                "path": unquote(request.path),
                "protocol": "HTTP/1.1",
                "sourceIp": request.sender,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": call.request_id,
            "time": datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "timeEpoch": str(int(now * 1000)),
        },
    }
    return json.dumps(event).encode()


def answer_of(outcome: Outcome) -> Answer:
    """Unwrap what the handler answered; what has not the shape of an answer is its body."""
    if outcome.error_type:
        headers = {"Content-Type": "application/json", "X-Fc-Error-Type": outcome.error_type}
        return Answer(FAILED, outcome.body, headers)
    try:
        return _unwrapped(json.loads(outcome.body))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Answer(200, outcome.body)


def _unwrapped(answer: Any) -> Answer:
    body = str(answer.get("body", "")).encode()
    if answer.get("isBase64Encoded") is True:
        body = base64.b64decode(body, validate=True)
    headers = {str(name): str(value) for name, value in (answer.get("headers") or {}).items()}
    return Answer(HTTPStatus(answer["statusCode"]), body, headers)


def _body(request: Request) -> tuple[str, bool]:
    """Text is passed as text, by its content type; without one, if it is UTF-8 (a guess)."""
    kind = request.headers.get("content-type", "text/")
    if kind.startswith(TEXT):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _query(query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _as_go_spells(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
