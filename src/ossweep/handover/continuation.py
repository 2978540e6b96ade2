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
from collections import Counter
from dataclasses import fields, replace
from functools import cache
from hashlib import sha256
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING, Any

from ossweep import manifest_request
from ossweep.errors import RequestError, Scope, StoreError, place_of
from ossweep.events import CONTINUATION_MARK as MARK
from ossweep.handover.failures import counts_that_fit
from ossweep.names import JOB, KEY_BYTES, UnfitError, check_bucket, check_name
from ossweep.work import Totals, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic import TypeAdapter

    from ossweep.work import Range

FORM = 1  # of the document; another number is another form
MOST = 2**63  # what any number in it stays below
# Fields that an earlier version does not know are written only where they say something: after a
# step back it goes on with all other jobs.
NEWEST = ("only", "selectors", "limit_bytes", "sizes", "reserved_bytes", "lists", "keys_done")
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
        _check(work)
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


def _check(work: Work) -> None:
    """Refuse a work that no sweep leaves behind: the fingerprint is no secret."""
    if not (JOB.fullmatch(work.job) and JOB.fullmatch(work.part_of or work.job)):
        raise UnfitError("its job is none")
    check_bucket(work.bucket)
    if work.reply is not None:
        check_bucket(work.reply.bucket)
        check_name(work.reply.key, "the key")
    found = [each.key for each in work.held]
    also = (*work.counts.named, *work.counts.also_failed)
    for name in (*work.keys, *work.keys_done, *found, *work.passed, *also):
        _check_key(name)
    for name in work.directories:
        check_name(name, "the directory")
    counts = work.counts
    numbers = [counts.deleted, counts.bytes, counts.failed, counts.planned, counts.unanswered]
    numbers += [
        work.hop,
        work.more_hops,
        work.idle,
        work.parallel,
        0 if work.rate is None else work.rate - 1,
        work.of_parts - 1,
        work.of_requests - 1,
        work.together - 1,
        work.asked_before,
        work.unsettled,
        work.milliseconds,
        work.reserved_bytes,
        counts.failed_bytes,
        counts.unanswered_bytes,
        *work.sizes.values(),
        *counts.skipped.values(),
    ]
    numbers += [
        work.clock or 0,
        work.not_after or 0,
        work.limit or 0,
        work.limit_bytes or 0,
        work.shared or 0,
        *work.requests_made.values(),
        *work.errors.values(),
        *(each.size for each in work.held),
    ]
    in_range = min(numbers) >= 0 and max(numbers) < MOST
    names = set(work.keys)
    doubted = set(work.doubted)
    are_names = len(names) == len(work.keys) and len(doubted) == len(work.doubted)
    are_known = work.sizes.keys() == (doubted if work.limit_bytes is not None else set())
    are_done = names.isdisjoint(work.keys_done)
    if not (in_range and are_names and are_known and are_done and doubted <= names):
        raise UnfitError("its counts or its keys contradict each other")
    _check_ranges(work)
    manifest_request.check_left(work.lists)
    _check_conditions(work)


def _check_conditions(work: Work) -> None:
    """Refuse conditions that no request can have had, or selectors that are none."""
    for name in work.selectors:
        check_name(name, "the prefix")
    if work.only is None:
        return
    from ossweep.filters.making import filters_of  # noqa: PLC0415 - for jobs with conditions

    try:
        work.only.check()
        filters_of(work.only)
    except ValueError as error:
        raise UnfitError(str(error)) from None
    if (work.keys or work.lists) and work.only.keep_latest is not None:
        raise UnfitError("it keeps the latest of directories, and names keys")


def _check_key(key: str) -> None:
    """
    Refuse a key that no listing can have shown.

    A listing may show a key that no person may name: one that begins with a slash.
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= KEY_BYTES:
        raise UnfitError("the key of an object is one that none can have")


def _check_ranges(work: Work) -> None:
    """Refuse ranges that overlap, or that would give back more than was counted."""
    counts = work.counts
    skipped: Counter[str] = Counter()
    for each in work.ranges:
        check_name(each.prefix, "the prefix")
        for name in filter(None, (each.after, each.until)):
            _check_key(name)
        if each.until and each.until <= each.after:
            raise UnfitError("a range ends before it begins")
        if min((each.failed, each.planned, each.bytes, *each.spared.values())) < 0:
            raise UnfitError("a range counts less than nothing")
        _check_passed_over(each)
        skipped.update(each.spared)
    if any(map(_overlap, work.ranges, work.ranges[1:])):
        raise UnfitError("its ranges overlap, or are not in order")
    enough = [
        counts.failed >= sum(each.failed for each in work.ranges),
        counts.planned >= sum(each.planned for each in work.ranges),
        counts.bytes >= sum(each.bytes for each in work.ranges),
        *(counts.skipped.get(reason, 0) >= number for reason, number in skipped.items()),
    ]
    if not all(enough):
        raise UnfitError("its ranges count more than the job does")


def _check_passed_over(keys: Range) -> None:
    """Refuse a stretch of keys that does not lie in its range."""
    over = keys.passed_over
    if over is None:
        return
    inside = over.first in keys and over.last in keys and over.first <= over.last
    if not (inside and 0 < over.keys < MOST):
        raise UnfitError("a range has passed over what it does not hold")


def _overlap(before: Range, after: Range) -> bool:
    """Tell whether a range begins before another one has ended."""
    if before.prefix == after.prefix:
        return not before.until or after.after < before.until
    return after.prefix < before.prefix or after.prefix.startswith(before.prefix)


def _fingerprint(document: dict[str, Any]) -> str | None:
    try:
        return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    except RecursionError:
        return None  # nothing that was made here is nested so deeply
