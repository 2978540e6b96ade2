"""
The wrappings of the sources' payloads, as envelopes of aws-lambda-powertools' parser.

The shapes are those of the vendor's page "Trigger event format"; fields that it calls optional, or
that its samples disagree about, are not required.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from math import floor
from typing import Annotated, Any

from aws_lambda_powertools.utilities.parser.envelopes.base import BaseEnvelope
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ossweep.errors import RequestError, place_of


def _in_utc(moment: datetime) -> datetime:
    """Return a time in UTC, or refuse it; a time without a zone is in UTC already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError:
        raise PydanticCustomError("refused", "the time lies outside of the calendar") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]


@cache
def _moment() -> TypeAdapter[datetime]:
    return TypeAdapter(Moment)


def unix_seconds(moment: Any) -> int | None:
    """
    Return a time in Unix seconds, rounded down: text with or without its zone, a number of seconds
    or milliseconds. None: it is none, and tells nothing.
    """
    try:
        read = _moment().validate_python(moment)
    except ValidationError:
        return None
    return max(0, floor(in_zone(read).timestamp()))


def in_zone(moment: datetime) -> datetime:
    """Return a time with its zone; where none is told it is UTC, whatever the machine's is."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


class _Told(BaseModel):
    """A part of an event; a null in it counts as nothing."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        return {name: value for name, value in told.items() if value is not None}


class _Named(_Told):
    name: str


class _Object(_Told):
    key: str
    meta: Any = Field(default=None, alias="objectMeta")
    etag: Any = Field(default=None, alias="eTag")


class _Place(_Told):
    bucket: _Named
    object: _Object
    response: Any = Field(default=None, alias="responseElements")


class ObjectEvent(_Told):
    """One element of an OSS event's `events`, or the `data` of its CloudEvent."""

    name: str = Field(alias="eventName")
    time: Moment = Field(alias="eventTime")
    oss: _Place
    response: Any = Field(default=None, alias="responseElements")

    @property
    def request_id(self) -> Any:
        """
        The id of the request by which it happened, if the event tells it.

        The sample of a notification has inside `oss` what other samples have beside it.
        """
        told = self.response or self.oss.response
        return told.get("requestId") if isinstance(told, dict) else None

    @property
    def user_meta(self) -> dict[str, Any]:
        """The user metadata that the object was written with, if the event tells it."""
        told = self.oss.object.meta
        meta = told.get("userMeta") if isinstance(told, dict) else None
        return meta if isinstance(meta, dict) else {}


class _Envelope(BaseEnvelope):
    """An envelope whose parse raises RequestError, with the place of what is wrong."""

    def _read(self, data: Any, model: Any) -> Any:
        if not isinstance(data, dict):  # the parser would take None as it is, and text as JSON
            raise RequestError("it is no object")
        try:
            return self._parse(data=data, model=model)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise RequestError(f"{place_of(first['loc'])}: {first['msg']}") from None


class OssEnvelope(_Envelope):
    """OSS's own trigger: `{"events": [...]}`."""

    def parse(self, data: Any, model: Any) -> list[Any]:
        """Return each element of `events`, as the model has it."""
        return [self._read(event, model) for event in data["events"]]


class CloudEventsEnvelope(_Envelope):
    """EventBridge: one CloudEvent, or a list of them."""

    def parse(self, data: Any, model: Any) -> list[Any]:
        """Return the `data` of each, as the model has it."""
        events = data if isinstance(data, list) else [data]
        return [self._read(event["data"], model) for event in events]


class QueueMessage(_Told):
    """The `data` of a queue's CloudEvent, or the whole of a message where it comes raw."""

    id: str = Field(default="", alias="messageId")
    body: Any = Field(alias="messageBody")


class TopicEnvelope(_Envelope):
    """A topic's message in the format JSON: `Message`, with attributes that may lie."""

    def parse(self, data: Any, model: Any) -> Any:
        """Return the message, as the model has it."""
        body = {"messageId": data["MessageId"], "messageBody": data["Message"]}
        return self._read(body, model)


class TimerEvent(_Told):
    """A timer's event; the payload is always text."""

    time: Moment = Field(alias="triggerTime")
    name: str = Field(alias="triggerName")
    payload: str


class TimerEnvelope(_Envelope):
    """A timer: when, which, and the payload of its configuration."""

    def parse(self, data: Any, model: Any) -> Any:
        """Return the whole, as the model has it: the payload is read by the time beside it."""
        return self._read(data, model)


class _HttpCall(_Told):
    method: str
    path: str


class _RequestContext(_Told):
    http: _HttpCall
    domain: str = Field(default="", alias="domainName")


class HttpEvent(_Told):
    """An HTTP request, version v1."""

    headers: dict[str, str] = {}
    body: str = ""
    in_base64: bool = Field(default=False, alias="isBase64Encoded")
    context: _RequestContext = Field(alias="requestContext")


class HttpEnvelope(_Envelope):
    """An HTTP trigger of FC 3.0."""

    def parse(self, data: Any, model: Any) -> Any:
        """Return the whole, as the model has it: the answer depends on the method and the path."""
        return self._read(data, model)
