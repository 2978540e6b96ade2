"""What the local Function Compute answers over HTTP, and its error documents."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SYNC_LIMIT = 32 * 1024 * 1024
ASYNC_LIMIT = 128 * 1024


@dataclass(frozen=True)
class Request:
    """A request as it came: the path still encoded, header names in small letters."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    sender: str = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """An answer to be sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class FcError(Exception):
    """
    A refusal of Function Compute's own, before any function runs.

    Status, code and message are those of the vendor's page "Error codes" (FC 2.0), but for those
    that say otherwise where they are raised.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class HungUp(Exception):  # noqa: N818 nobody has erred: it was ordered
    """The connection is to be reset instead of an answer."""


def error_answer(error: FcError, version: str, request_id: str) -> Answer:
    """Return the refusal as clients of that version read it."""
    if version == "2023-03-30":
        document = {"RequestId": request_id, "Code": error.code, "Message": error.message}
    else:
        document = {"ErrorCode": error.code, "ErrorMessage": error.message}
    body = json.dumps(document).encode()
    return Answer(error.status, body, {"Content-Type": "application/json"})


def not_supported(method: str, path: str) -> FcError:
    return FcError(400, "PathNotSupported", f"'{path}' against '{method}' is not supported")


def too_large(limit: int) -> FcError:
    """The page says 400, where one might expect 413."""
    message = f"payload size exceeds maximum allowed size ({limit} bytes)"
    return FcError(400, "EntityTooLarge", message)


def already_there(task_id: str) -> FcError:
    """
    The refusal of a task whose id is taken.

    The vendor's page "Task deduplication" gives the 409; the code is the one that a public program
    looks for, under FC 2.0. What FC 3.0 says, and for how long it remembers, is NOT ESTABLISHED.
    """
    message = f"stateful async invocation '{task_id}' already exists"
    return FcError(409, "StatefulAsyncInvocationAlreadyExists", message)
