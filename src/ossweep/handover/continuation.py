"""
The continuation: a job's rest as a JSON document that goes on when it is sent back.

The codec is `seal` and `unseal`: the fields of `Work`, a form number, a fingerprint. A document is
read again when it is written, so one that nobody could go on with is an error now and not later.
Documents of the first form are kept as test data, and every later version reads them; a document of
another form is refused by its number.

The fingerprint shows an accident, and stops no attacker. So `_check` refuses whatever no sweep
leaves behind, the deployment's settings apply as to any request, and where state is kept, the
records say how far a job is. The size is bounded: by `rest.py` for ranges, by `failures.py` for
the names of failures.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import cache
from hashlib import sha256
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Any

from ossweep.errors import RequestError, Scope, StoreError, place_of
from ossweep.events import CONTINUATION_MARK as MARK
from ossweep.handover.checks import check_work
from ossweep.handover.failures import counts_that_fit
from ossweep.names import JOB, UnfitError
from ossweep.work import Totals, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic import TypeAdapter

FORM = 1  # of the document; another number is another form
# Fields that an earlier version does not know are written only where they say something: after a
# step back it goes on with all other jobs.
NEWEST = (
    "only",
    "selectors",
    "limit_bytes",
    "sizes",
    "reserved_bytes",
    "lists",
    "keys_done",
    "plan",
    "applied",
    "applies",
)
NEWEST_COUNTS = ("failed_bytes", "unanswered_bytes")
SAMPLE = 1000  # names that are written to measure how fast a continuation is written
TIMES = 3  # it is written at the end: for the answer, for the state, and for the next invocation


@cache
def _form() -> TypeAdapter[Work]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as below

    return TypeAdapter(Work)  # built when a job is the first to need it: most never do


def is_continuation(document: Any) -> bool:
    """Tell whether a JSON document means to be a continuation."""
    return isinstance(document, dict) and MARK in document


def seal(work: Work) -> dict[str, Any]:
    """
    Return the document that goes on with this work when it is sent back as an event.

    It has been read again: raises StoreError for a document that nobody could go on with.
    """
    kept = replace(
        work, counts=counts_that_fit(work.counts, keeps_names=work.unfinished == "continue")
    )
    document = {MARK: FORM, **_said(kept)}
    sealed = {**document, "fingerprint": _fingerprint(document)}
    try:
        unseal(sealed, "what was left")
    except RequestError as error:
        raise StoreError("NotReadable", str(error), Scope.JOB) from None
    return sealed


def _said(work: Work, include: set[str] | None = None) -> dict[str, Any]:
    """Return what a work says in these fields, or in all; the newest only if they say something."""
    said: dict[str, Any] = _form().dump_python(work, mode="json", include=include)
    for name in NEWEST:
        # A ceiling of 0 bytes, as a part may have it, says something.
        if said.get(name) in (None, [], {}) or (name == "reserved_bytes" and not said[name]):
            said.pop(name, None)
    for each in said.get("lists", ()):
        if not each["asked"]:
            del each["asked"]
    for each in said.get("ranges", ()):
        if not each["approved"]:
            del each["approved"]
    for name in NEWEST_COUNTS:
        if work.limit_bytes is None or not said["counts"][name]:
            del said["counts"][name]
    return said


def is_rest_of(work: Work, sealed: Mapping[str, Any]) -> bool:
    """
    Tell whether a work is the rest in a continuation, however its event has narrowed it since.

    No two invocations leave a job with the same totals: even one that has overtaken another and
    done nothing differs, by its doubt about what the other has done.
    """
    names = {"job", *(each.name for each in fields(Totals))}
    own = _said(work, names)
    return bool(own == {name: sealed.get(name) for name in names})


def changed(sealed: Mapping[str, Any], **numbers: int) -> dict[str, Any]:
    """Return a continuation with other numbers in it, much faster than sealing it anew."""
    document = {name: value for name, value in sealed.items() if name != "fingerprint"} | numbers
    return {**document, "fingerprint": _fingerprint(document)}


def seconds_to_write(work: Work, clock: Callable[[], float]) -> float:
    """
    Return about how long it takes to write down the rest of a work, as often as it is written.

    Most of it are names, and a request may hold some hundred thousand. So this machine's speed is
    measured with a thousand of them, some of each kind.
    """
    also = work.counts.also_failed
    keys = (work.keys, work.keys_done, work.passed, also)
    lots = (*keys, work.ranges, work.directories, work.held, work.selectors)
    names = sum(map(len, lots)) + sum(len(each.open) for each in work.lists)
    if names <= SAMPLE:
        return 0.0
    some = _sample(work, names)
    _form()  # before the measurement, which would count the time to build it
    began = clock()
    seal(some)
    return TIMES * (clock() - began) * names / SAMPLE


def _sample(work: Work, names: int) -> Work:
    """Return a work with about a thousand of so many names, as many of each kind as there are."""

    def most(lot: Collection[Any]) -> int:
        return ceil(len(lot) * SAMPLE / names)

    return replace(
        work,
        keys=work.keys[: most(work.keys)],
        doubted=(),
        sizes={},
        ranges=work.ranges[: most(work.ranges)],
        directories=frozenset(islice(work.directories, most(work.directories))),
        held=work.held[: most(work.held)],
        passed=work.passed[: most(work.passed)],
        keys_done=work.keys_done[: most(work.keys_done)],
        selectors=work.selectors[: most(work.selectors)],
        plan=None,
        counts=replace(
            work.counts,
            failures=(),
            named=(),
            also_failed=work.counts.also_failed[: most(work.counts.also_failed)],
        ),
    )


def unseal(document: dict[str, Any], where: str) -> Work:
    """
    Return the work in a continuation.

    The fingerprint shows an edited or damaged document. It is no secret, so the work is checked
    against the deployment like any request. Raises RequestError.
    """
    content = {name: value for name, value in document.items() if name != "fingerprint"}
    if content.get(MARK) != FORM:
        raise RequestError(
            f"{where} is a continuation of another form than {FORM}, made by another version; "
            "send the request anew"
        )
    fingerprint = _fingerprint(content)
    if fingerprint is None or document.get("fingerprint") != fingerprint:
        raise RequestError(
            f"{where} is a continuation that has been changed since it was made; "
            "send it back as it was, or send a new request"
        )
    del content[MARK]
    from pydantic import ValidationError  # noqa: PLC0415 - most jobs leave nothing

    try:
        work = _form().validate_json(json.dumps(content), strict=True)
        check_work(work)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RequestError(
            f"{where} is no continuation: {place_of(first['loc'])}: {first['msg']}"
        ) from None
    except UnfitError as error:
        raise RequestError(f"{where} is no continuation: {error}") from None
    return work


def compact(document: Mapping[str, Any]) -> bytes:
    """Return a document in the fewest bytes: keys may be most of it, and JSON in UTF-8."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def check_job(job: str, where: str) -> str:
    """Return a job's name, part of its records' keys; raises RequestError if it is none."""
    if not JOB.fullmatch(job):
        raise RequestError(
            f"{where}: {json.dumps(job[:80])} is not the name of a job; a name has 1 to 100 "
            "letters, digits, hyphens and underscores"
        )
    return job


def _fingerprint(document: dict[str, Any]) -> str | None:
    try:
        return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    except RecursionError:
        return None  # nothing that was made here is nested so deeply
