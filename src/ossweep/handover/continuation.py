"""The continuation: a job's rest as a JSON document that goes on when it is sent back."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ossweep.errors import RequestError
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.work import Failure

MARK = "ossweep_continuation"
FORM = 1  # of the document; another number is another form
FAILURES_BYTES = 32_768  # of failures that travel on by name; all are counted


@cache
def _form() -> TypeAdapter[Work]:
    return TypeAdapter(Work)  # built when a job is the first to need it: most never do


def is_continuation(document: Any) -> bool:
    """Tell whether a JSON document means to be a continuation."""
    return isinstance(document, dict) and MARK in document


def seal(work: Work) -> dict[str, Any]:
    """Return the document that goes on with this work when it is sent back as an event."""
    counts = replace(work.counts, failures=_fitting(work.counts.failures))
    document = {MARK: FORM, **_form().dump_python(replace(work, counts=counts), mode="json")}
    return {**document, "fingerprint": _fingerprint(document)}


def unseal(document: dict[str, Any], where: str) -> Work:
    """
    Return the work in a continuation.

    The fingerprint tells an edited or damaged document; it is no secret, and what the work may
    touch is checked against the deployment like any request. Raises RequestError.
    """
    content = {name: value for name, value in document.items() if name != "fingerprint"}
    if content.get(MARK) != FORM:
        raise RequestError(
            f"{where} is a continuation of another form than {FORM}, made by another version; "
            "send the request anew"
        )
    if document.get("fingerprint") != _fingerprint(content):
        raise RequestError(
            f"{where} is a continuation that has been changed since it was made; "
            "send it back as it was, or send a new request"
        )
    del content[MARK]
    try:
        return _form().validate_python(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RequestError(
            f"{where} is no continuation: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from None


def _fingerprint(document: dict[str, Any]) -> str:
    try:
        return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    except RecursionError:
        return ""  # nothing that was made here is nested so deeply


def _fitting(failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
    size = 0
    for number, failure in enumerate(failures):
        size += len(json.dumps([failure.key, failure.code, failure.message]))
        if size > FAILURES_BYTES:
            return failures[:number]
    return failures
