"""A job's rest travels as it is, or not at all."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossweep.errors import RequestError
from ossweep.handover.continuation import (
    changed,
    is_continuation,
    seal,
    seconds_to_write,
    unseal,
)
from ossweep.objects import Failure, Found
from ossweep.triggers.documents import parse
from ossweep.work import Counts, Range, Work
from unit.works import SOME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.differs

TEXT = st.text(max_size=5)
NAMED = TEXT.filter(lambda name: not name.startswith(("/", "\\")))  # as a person may
NAME = st.text(min_size=1, max_size=5)  # as a listing may show
NUMBER = st.integers(0, 2**53) | st.integers(0, 3)
TALLY = st.dictionaries(TEXT, NUMBER, max_size=3)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Range, ...]:
    """Draw ranges as a sweep leaves them: in order, with or without something between them."""
    drawn = []
    for prefix in ("b", "c/", "\u00e9")[: draw(st.integers(0, 3))]:
        ends = sorted({prefix + draw(TEXT) + "x" for _ in range(draw(st.integers(0, 4)))})
        starts = ["", *ends]
        for start, end in zip(starts, [*ends, ""], strict=True):
            if draw(st.integers(0, 3)):
                numbers = draw(st.tuples(NUMBER, NUMBER, NUMBER))
                drawn.append(Range(prefix, start, end, draw(TALLY), *numbers))
    return tuple(drawn)


def counted(work: Work) -> Work:
    """Return a work whose counts hold what its ranges count."""
    total = Counter(work.counts.skipped)
    for each in work.ranges:
        total.update(each.spared)
    counts = replace(
        work.counts,
        skipped=dict(total),
        failed=work.counts.failed + sum(each.failed for each in work.ranges),
        planned=work.counts.planned + sum(each.planned for each in work.ranges),
        bytes=work.counts.bytes + sum(each.bytes for each in work.ranges),
    )
    return replace(work, counts=counts)


WORK = st.builds(
    Work,
    job=st.from_regex("[A-Za-z0-9_-]{1,100}", fullmatch=True),
    bucket=st.sampled_from(["examplebucket", "b-1"]),
    dry_run=st.booleans(),
    limit=st.none() | NUMBER,
    clock=st.none() | NUMBER,
    hop=NUMBER,
    keys=st.lists(NAME, max_size=3, unique=True).map(tuple),
    ranges=ranges(),
    directories=st.frozensets(NAMED, max_size=3),
    held=st.lists(st.builds(Found, NAME, NUMBER, NUMBER), max_size=3).map(tuple),
    passed=st.lists(NAME, max_size=3).map(tuple),
    unsettled=NUMBER,
    source=st.sampled_from(["direct", "timer"]),
    unfinished=st.sampled_from(["return", "continue"]),
    idle=NUMBER,
    at_least=st.booleans(),
    counts=st.builds(
        Counts,
        deleted=NUMBER,
        bytes=NUMBER,
        failed=NUMBER,
        failures=st.lists(st.builds(Failure, TEXT, TEXT, TEXT), max_size=3).map(tuple),
        skipped=TALLY,
        planned=NUMBER,
        unanswered=NUMBER,
    ),
    requests_made=TALLY,
    milliseconds=NUMBER,
).map(counted)


def shuffled(value: Any) -> Any:
    """Return a document with the fields of each object the other way round."""
    if isinstance(value, dict):
        return {name: shuffled(inner) for name, inner in reversed(value.items())}
    return [shuffled(inner) for inner in value] if isinstance(value, list) else value


def altered(value: Any) -> Iterator[Any]:
    """Yield a document as often as it has leaves, each time with another one changed."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in altered(inner))
            yield {each: inner for each, inner in value.items() if each != name}
        yield {**value, "more": 1}
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from ([*value[:number], other, *value[number + 1 :]] for other in altered(inner))
            yield [*value[:number], *value[number + 1 :]]
        yield [*value, "more"]
        if value != value[::-1]:
            yield value[::-1]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield str(value)
    elif isinstance(value, str):
        yield value + " "
        yield None
    else:
        yield 0
        yield "null"


@settings(deadline=None)  # the first to need it builds the form
@given(WORK, st.booleans(), st.sampled_from([None, 3]))
def test_any_work_comes_back_as_it_went(work: Work, ascii_only: bool, indent: int | None) -> None:
    """Through any JSON tool, whatever it does to spaces, escapes and the order of fields."""
    text = json.dumps(shuffled(seal(work)), ensure_ascii=ascii_only, indent=indent)

    document = parse(text.encode())

    assert is_continuation(document)
    assert unseal(document, "the request") == work


def test_every_change_of_a_continuation_is_refused() -> None:
    """Whichever value it is, and whatever is added or left out."""
    sealed = json.loads(json.dumps(seal(SOME)))
    edits = [edit for edit in altered(sealed) if is_continuation(edit)]

    assert len(edits) > 110
    for edit in edits:
        with pytest.raises(RequestError):
            unseal(edit, "the request")


@settings(deadline=None)  # as above
@given(WORK, st.data())
def test_a_changed_value_anywhere_is_refused(work: Work, data: st.DataObject) -> None:
    """In the continuation of any work."""
    edits = [edit for edit in altered(seal(work)) if is_continuation(edit)]

    with pytest.raises(RequestError):
        unseal(edits[data.draw(st.integers(0, len(edits) - 1))], "the request")


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            {"ossweep_continuation": 2},
            (
                "request 2 is a continuation of another form than 1, made by another version; "
                "send the request anew"
            ),
        ),
        (
            {"ossweep_continuation": "1"},
            (
                "request 2 is a continuation of another form than 1, made by another version; "
                "send the request anew"
            ),
        ),
        (
            {"hop": 7},
            (
                "request 2 is a continuation that has been changed since it was made; "
                "send it back as it was, or send a new request"
            ),
        ),
        (
            {"fingerprint": None},
            (
                "request 2 is a continuation that has been changed since it was made; "
                "send it back as it was, or send a new request"
            ),
        ),
    ],
)
def test_a_continuation_is_refused_with_what_to_do(edit: dict[str, Any], sentence: str) -> None:
    """Another version's, or an edited one."""
    with pytest.raises(RequestError) as refused:
        unseal({**seal(SOME), **edit}, "request 2")

    assert str(refused.value) == sentence


def test_a_continuation_nested_too_deeply_is_refused() -> None:
    """What reading an event still bears may be too deep for its fingerprint, some frames below."""
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]

    with pytest.raises(RequestError):
        unseal({**seal(SOME), "keys": nested}, "the request")


@pytest.mark.parametrize(
    "document", [None, 7, "ossweep_continuation", [], ["ossweep_continuation"], {}, {"keys": []}]
)
def test_a_document_without_its_mark_is_no_continuation(document: Any) -> None:
    """It is read as a request."""
    assert not is_continuation(document)


def test_a_continuation_names_as_many_failures_as_fit() -> None:
    """A hundred long ones would not fit into an asynchronous event; all of them are counted."""
    failures = tuple(Failure(f"{number:03}" + "x" * 1000, "Code", "No.") for number in range(100))
    work = replace(SOME, counts=replace(SOME.counts, failed=100, failures=failures))

    back = unseal(seal(work), "the request")

    assert (back.counts.failed, back.counts.failures) == (100, failures[:32])
    assert replace(back, counts=work.counts) == work


@pytest.mark.parametrize(("unfinished", "names"), [("continue", 68), ("return", 0)])
def test_a_job_that_goes_on_by_itself_keeps_the_names_of_the_other_failures(
    unfinished: Literal["return", "continue"], names: int
) -> None:
    """They are tried again when the job has ended; what a person sends back has to stay small."""
    failures = tuple(Failure(f"{number:03}" + "x" * 1000, "Code", "No.") for number in range(100))
    counts = replace(SOME.counts, failed=100, failures=failures)

    back = unseal(seal(replace(SOME, unfinished=unfinished, counts=counts)), "the request")

    assert back.counts.also_failed == tuple(each.key for each in failures[100 - names :])


def test_numbers_can_be_changed_without_reading_the_rest_again() -> None:
    """Its reader finds it whole."""
    assert unseal(changed(seal(SOME), idle=2, parallel=1), "it") == replace(
        SOME, idle=2, parallel=1
    )


MANY: dict[str, Callable[[int], dict[str, Any]]] = {
    "keys": lambda most: {"keys": tuple(map(str, range(most)))},
    "ranges": lambda most: {"ranges": tuple(Range(f"{number:09}/") for number in range(most))},
    "directories": lambda most: {"directories": frozenset(map(str, range(most)))},
    "held": lambda most: {"held": tuple(Found(str(number), 0, 5) for number in range(most))},
    "passed": lambda most: {"passed": tuple(map(str, range(most)))},
}


@pytest.mark.parametrize(("names", "seconds"), [(0, 0), (1000, 0), (1001, 6), (100_000, 600)])
@pytest.mark.parametrize("kind", MANY)
def test_the_more_is_named_the_longer_it_takes_to_write_it(
    kind: str, names: int, seconds: int
) -> None:
    """Three times what a thousand names take on this machine, for each thousand."""
    ticks = count(0, 2)
    work = Work("job", "examplebucket", hop=1, **MANY[kind](names))

    assert round(seconds_to_write(work, lambda: float(next(ticks)))) == seconds


def test_names_of_all_kinds_are_counted_together() -> None:
    """With what was counted in ranges, and with doubts about keys."""
    ticks = count(0, 2)
    many = {name: value for each in MANY.values() for name, value in each(300).items()}
    counted_in = replace(SOME, **{**many, "ranges": (*SOME.ranges[:2], *many["ranges"])})
    work = replace(counted_in, ranges=tuple(sorted(counted_in.ranges, key=lambda r: r.prefix)))

    assert seconds_to_write(replace(work, doubted=work.keys[:5]), lambda: float(next(ticks))) > 0
