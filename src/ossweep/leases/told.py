"""The answers in a job's records, as types by which pydantic reads them."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Interval
from typing_extensions import NotRequired, TypedDict  # pydantic asks for it before Python 3.12

# Numbers that can be added, divided, and made a date of.
Number = Annotated[int, Interval(ge=0, lt=2**63)]
Seconds = Annotated[float, Interval(ge=0, lt=2**63)]


class Refused(TypedDict):
    """A key that has failed, in an answer."""

    key: str
    code: str
    message: str


class Over(TypedDict):
    """A stretch of keys that were passed over, in an answer."""

    first: str
    last: str
    keys: Number
    code: str
    message: str


class Told(TypedDict):
    """The fields that every answer has, and those others that are read."""

    __pydantic_config__ = {"extra": "allow"}  # type: ignore[misc] # pydantic's own way  # noqa: RUF012

    job: str
    status: str
    reason: str | None
    bucket: str | None
    dry_run: bool
    listed: Number
    deleted: Number
    bytes: Number
    failed: Number
    skipped: Number
    remaining: Number
    failures: list[Refused]
    skipped_because: dict[str, Number]
    at_least: bool
    requests_made: dict[str, Number]
    seconds: Seconds
    passed_over: NotRequired[list[Over]]
    errors: NotRequired[dict[str, Number]]
    keys: NotRequired[list[str]]
