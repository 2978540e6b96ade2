"""A job's rest travels as it is, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ossweep.errors import RequestError
from ossweep.handover.continuation import is_continuation, seal, unseal
from ossweep.triggers.documents import parse
from ossweep.work import Counts, Failure, Found, Range, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT = st.text(max_size=5)
NAME = TEXT.filter(lambda name: not name.startswith(("/", "\\")))  # as no key in OSS begins
NUMBER = st.integers(0, 2**53) | st.integers(0, 3)
TALLY = st.dictionaries(TEXT, NUMBER, max_size=3)
WORK = st.builds(
    Work,
    job=TEXT,
    bucket=st.sampled_from(["examplebucket", "b-1"]),
    dry_run=st.booleans(),
    limit=st.none() | NUMBER,
    clock=st.none() | NUMBER,
    hop=NUMBER,
    keys=st.lists(NAME, max_size=3, unique=True).map(tuple),
    ranges=st.lists(st.builds(Range, NAME, NAME), max_size=3).map(tuple),
    directories=st.frozensets(NAME, max_size=3),
    held=st.lists(st.builds(Found, NAME, NUMBER, NUMBER), max_size=3).map(tuple),
    passed=st.lists(NAME, max_size=3).map(tuple),
    unsettled=NUMBER,
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
)
SOME = Work(
    job="job",
    bucket="examplebucket",
    limit=5,
    clock=1_000_000,
    hop=1,
    keys=("a", "b\r", "\u00e9\U0001f4a9"),
    ranges=(Range("c/", "c/1"), Range("d/")),
    directories=frozenset({"c/"}),
    held=(Found("c/", 0, 5),),
    passed=("c/2", "d/1"),
    unsettled=9,
    counts=Counts(3, 4, 1, (Failure("e", "FileImmutable", "No."),), {"protected": 2}, 6, 7),
    requests_made={"list": 1},
    milliseconds=8,
)


def shuffled(value: Any) -> Any:
    """Return a document with the fields of each object the other way round."""
    if isinstance(value, dict):
        return {name: shuffled(inner) for name, inner in reversed(value.items())}
    return [shuffled(inner) for inner in value] if isinstance(value, list) else value


def changed(value: Any) -> Iterator[Any]:
    """Yield a document as often as it has leaves, each time with another one changed."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in changed(inner))
            yield {each: inner for each, inner in value.items() if each != name}
        yield {**value, "more": 1}
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from ([*value[:number], other, *value[number + 1 :]] for other in changed(inner))
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
    edits = [edit for edit in changed(sealed) if is_continuation(edit)]

    assert len(edits) > 90
    for edit in edits:
        with pytest.raises(RequestError):
            unseal(edit, "the request")


@settings(deadline=None)  # as above
@given(WORK, st.data())
def test_one_changed_value_anywhere_is_refused(work: Work, data: st.DataObject) -> None:
    """Of any work."""
    edits = [edit for edit in changed(seal(work)) if is_continuation(edit)]

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


def forged(**fields: Any) -> dict[str, Any]:
    """Return a continuation in which fields are other ones, with the fingerprint that fits."""
    document = {**json.loads(json.dumps(seal(SOME))), **fields}
    del document["fingerprint"]
    text = json.dumps(document, sort_keys=True)
    return {**document, "fingerprint": sha256(text.encode()).hexdigest()}


def test_a_fingerprint_is_no_secret() -> None:
    """Whoever makes one that fits is held to what any sweep may leave."""
    assert unseal(forged(), "the request") == SOME
    assert unseal(forged(hop=2), "the request") == replace(SOME, hop=2)


COUNTS = json.loads(json.dumps(seal(SOME)))["counts"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"more": 1}, "more: "),
        ({"counts": {**COUNTS, "more": 1}}, "counts.more: "),
        ({"ranges": [{"prefix": "a", "more": 1}]}, "ranges.0.more: "),
        ({"held": [{"key": "a", "size": 1, "modified": 1, "more": 1}]}, "held.0.more: "),
        ({"counts": {**COUNTS, "failures": [{"key": "a", "code": "b"}]}}, "counts.failures.0."),
        ({"dry_run": "false"}, "dry_run: "),
        ({"dry_run": 0}, "dry_run: "),
        ({"dry_run": None}, "dry_run: "),
        ({"hop": "1"}, "hop: "),
        ({"limit": 1.5}, "limit: "),
        ({"limit": True}, "limit: "),
        ({"clock": "2024-05-01"}, "clock: "),
        ({"keys": "abc"}, "keys: "),
        ({"keys": [7]}, "keys.0: "),
        ({"keys": {"a": "b"}}, "keys: "),
        ({"ranges": ["a/"]}, "ranges.0: "),
        ({"ranges": [{"after": "a/"}]}, "ranges.0.prefix: "),
        ({"job": None}, "job: "),
    ],
    ids=lambda value: "" if isinstance(value, str) else ascii(value)[:50],
)
def test_a_forged_continuation_of_another_shape_is_refused(
    fields: dict[str, Any], said: str
) -> None:
    """Field by field: nothing is overlooked, and nothing is made to fit."""
    with pytest.raises(RequestError) as refused:
        unseal(forged(**fields), "request 2")

    assert str(refused.value).startswith(f"request 2 is no continuation: {said}")


@pytest.mark.parametrize(
    "fields",
    [
        {"hop": -1},
        {"unsettled": -1},
        {"milliseconds": -1},
        {"keys": ["a", "b", "a"]},
        {"counts": {**COUNTS, "deleted": -1}},
        {"counts": {**COUNTS, "bytes": -1}},
        {"counts": {**COUNTS, "failed": -1}},
        {"counts": {**COUNTS, "planned": -1}},
        {"counts": {**COUNTS, "unanswered": -1}},
        {"counts": {**COUNTS, "skipped": {"protected": 2, "else": -1}}},
    ],
    ids=lambda fields: ascii(fields)[:50],
)
def test_a_forged_continuation_that_contradicts_itself_is_refused(fields: dict[str, Any]) -> None:
    """Less than nothing would make room below a ceiling, and a key named twice count twice."""
    with pytest.raises(RequestError) as refused:
        unseal(forged(**fields), "request 2")

    assert str(refused.value) == (
        "request 2 is no continuation: its counts or its keys contradict each other"
    )


@pytest.mark.parametrize("name", ["/a", "\\a", "a" * 1024, "\u00e9" * 512])
@pytest.mark.parametrize(
    "place",
    [
        lambda name: {"keys": [name]},
        lambda name: {"passed": [name]},
        lambda name: {"directories": [name]},
        lambda name: {"ranges": [{"prefix": name, "after": ""}]},
        lambda name: {"ranges": [{"prefix": "", "after": name}]},
        lambda name: {"held": [{"key": name, "size": 0, "modified": 0}]},
    ],
    ids=["keys", "passed", "directories", "prefix", "after", "held"],
)
def test_a_forged_continuation_with_a_name_that_no_object_has_is_refused(
    place: Callable[[str], dict[str, Any]], name: str
) -> None:
    """Wherever it stands."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: the "):
        unseal(forged(**place(name)), "request 2")


@pytest.mark.parametrize(
    "bucket", ["", "Examplebucket", "a/b", "ab", "example.com:80", "-ab", "a" * 64]
)
def test_a_forged_continuation_about_no_bucket_is_refused(bucket: str) -> None:
    """It would become part of a host's name."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: .*name of a bucket"):
        unseal(forged(bucket=bucket), "request 2")


def test_a_forged_continuation_with_half_a_surrogate_pair_is_refused() -> None:
    """Wherever it stands, UTF-8 could not carry it."""
    for fields in ({"keys": ["\ud83d"]}, {"job": "\ud83d"}, {"\ud83d": 1}):
        with pytest.raises(RequestError):
            unseal(forged(**fields), "the request")


def test_a_continuation_nested_too_deeply_is_refused_whatever_its_fingerprint() -> None:
    """An empty one fits nothing."""
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]

    with pytest.raises(RequestError):
        unseal({**seal(SOME), "keys": nested, "fingerprint": ""}, "the request")


@pytest.mark.parametrize(
    "document", [None, 7, "ossweep_continuation", [], ["ossweep_continuation"], {}, {"keys": []}]
)
def test_a_document_without_its_mark_is_no_continuation(document: Any) -> None:
    """It is read as a request."""
    assert not is_continuation(document)


def test_a_continuation_names_as_many_failures_as_fit() -> None:
    """A hundred long ones would not fit into an asynchronous event; all of them are counted."""
    failures = tuple(Failure(f"{number:03}" + "x" * 1000, "Code", "No.") for number in range(100))
    work = replace(SOME, counts=Counts(failed=100, failures=failures))

    back = unseal(seal(work), "the request")

    assert (back.counts.failed, back.counts.failures) == (100, failures[:32])
    assert replace(back, counts=work.counts) == work
