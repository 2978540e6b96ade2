"""What a job's records hold of its answers, by types that pydantic reads them by."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Interval
from typing_extensions import NotRequired, TypedDict  # pydantic asks for it before Python 3.12

# What a sum of some, a quotient and a date can be made of.
Number = Annotated[int, Interval(ge=0, lt=2**63)]
Seconds = Annotated[float, Interval(ge=0, lt=2**63)]


class Refused(TypedDict):
    """What an answer holds of a key that has failed."""

    key: str
    code: str
    message: str


class Over(TypedDict):
    """What an answer holds of keys that were passed over."""

    first: str
    last: str
    keys: Number
    code: str
    message: str


class Told(TypedDict):
    """What an answer holds in any case, and what is read of it if there is more."""

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
