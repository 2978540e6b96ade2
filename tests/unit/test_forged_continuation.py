"""A continuation whose fingerprint fits is still held to what a sweep may leave behind."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ossweep.errors import RequestError
from ossweep.handover.continuation import seal, unseal
from ossweep.plans.comparison import Changed, Tolerance
from ossweep.plans.digest import Digest
from ossweep.plans.kept import Applied
from ossweep.work import Range, Work
from unit.works import SOME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.differs


def forged(**fields: Any) -> dict[str, Any]:
    """Return a continuation in which fields are other ones, with the fingerprint that fits."""
    document = {**json.loads(json.dumps(seal(SOME))), **fields}
    del document["fingerprint"]
    text = json.dumps(document, sort_keys=True)
    return {**document, "fingerprint": sha256(text.encode()).hexdigest()}


def places_in(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the ways to all values in a document."""
    yield path
    if isinstance(value, dict | list | tuple):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in inside:
            yield from places_in(each, (*path, name))


def with_other(value: Any, path: tuple[str | int, ...], other: object) -> Any:
    """Return a document with another value at one place."""
    if not path:
        return other
    changed: Any = dict(value) if isinstance(value, dict) else [*value]
    changed[path[0]] = with_other(value[path[0]], path[1:], other)
    return changed


def test_a_fingerprint_is_no_secret() -> None:
    """A forged one that fits is held to what any sweep may leave."""
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
        {"of_parts": 0},
        {"shared": -1},
        {"of_requests": 0},
        {"keys": ["a", "b", "a"]},
        {"keys": ["a", "b"], "doubted": ["c"]},
        {"keys": ["a", "b"], "doubted": ["a", "a"]},
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


@pytest.mark.parametrize("rate", [0, -1])
def test_a_forged_continuation_that_deletes_nothing_in_a_second_is_refused(rate: int) -> None:
    """It would never be its turn."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: its counts or"):
        unseal(forged(rate=rate), "request 2")


@pytest.mark.parametrize(
    ("first", "last", "keys"),
    [("a/4", "a/6", 2), ("a/5", "a/8", 2), ("a/7", "a/6", 2), ("a/5", "a/6", 0), ("b", "c", 2)],
)
def test_a_forged_continuation_that_has_passed_over_others_keys_is_refused(
    first: str, last: str, keys: int
) -> None:
    """The answer would tell of what is not in the order."""
    over = {"first": first, "last": last, "keys": keys, "code": "AccessDenied", "message": "No."}
    ranges = [{"prefix": "a/", "after": "a/4", "until": "a/7", "passed_over": over}]

    with pytest.raises(RequestError) as refused:
        unseal(forged(ranges=ranges), "request 2")

    assert str(refused.value) == (
        "request 2 is no continuation: a range has passed over what it does not hold"
    )


def overlapping(*ranges: Range) -> dict[str, Any]:
    return {"ranges": [{"prefix": r.prefix, "after": r.after, "until": r.until} for r in ranges]}


@pytest.mark.parametrize(
    "ranges",
    [
        (Range("a"), Range("a")),
        (Range("a", "", "a5"), Range("a", "a4")),
        (Range("a", "", ""), Range("a", "a4")),
        (Range("a", "a4"), Range("a", "", "a4")),
        (Range("a", "a4", "a5"), Range("a", "a1", "a2")),
        (Range("a"), Range("a/b")),
        (Range("a", "", "a1"), Range("a/b")),
        (Range("a/b"), Range("a")),
        (Range("b"), Range("a")),
        (Range(""), Range("a")),
        (Range("a"), Range("b"), Range("b")),
    ],
    ids=lambda ranges: " ".join(f"{r.prefix}:{r.after}-{r.until}" for r in ranges),
)
def test_a_forged_continuation_whose_ranges_overlap_is_refused(ranges: tuple[Range, ...]) -> None:
    """An object that is listed twice would be asked for and counted twice."""
    with pytest.raises(RequestError) as refused:
        unseal(forged(**overlapping(*ranges)), "request 2")

    assert str(refused.value) == (
        "request 2 is no continuation: its ranges overlap, or are not in order"
    )


@pytest.mark.parametrize(
    "ranges",
    [
        (Range("a", "", "a4"), Range("a", "a4")),
        (Range("a", "", "a4"), Range("a", "a5", "a6"), Range("a", "a6")),
        (Range("a", "a4"), Range("b", "", "b1")),
        (Range("a-"), Range("a/")),
        (Range("", "", "a"), Range("", "a")),
    ],
    ids=lambda ranges: " ".join(f"{r.prefix}:{r.after}-{r.until}" for r in ranges),
)
def test_ranges_beside_each_other_are_gone_on_with(ranges: tuple[Range, ...]) -> None:
    """With or without something between them."""
    assert unseal(forged(**overlapping(*ranges)), "request 2").ranges == ranges


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"after": "c/5", "until": "c/5"}, "a range ends before it begins"),
        ({"after": "c/5", "until": "c/4"}, "a range ends before it begins"),
        ({"failed": -1}, "a range counts less than nothing"),
        ({"planned": -1}, "a range counts less than nothing"),
        ({"bytes": -1}, "a range counts less than nothing"),
        ({"spared": {"protected": -1}}, "a range counts less than nothing"),
        ({"failed": 2}, "its ranges count more than the job does"),
        ({"planned": 7}, "its ranges count more than the job does"),
        ({"bytes": 5}, "its ranges count more than the job does"),
        ({"spared": {"protected": 3}}, "its ranges count more than the job does"),
        ({"spared": {"else": 1}}, "its ranges count more than the job does"),
    ],
    ids=lambda value: "" if isinstance(value, str) else ascii(value),
)
def test_a_forged_continuation_with_a_range_that_none_leaves_is_refused(
    fields: dict[str, Any], said: str
) -> None:
    """What it counts is given back when ranges are joined; the sums would go below nought."""
    with pytest.raises(RequestError) as refused:
        unseal(forged(ranges=[{"prefix": "c/", **fields}]), "request 2")

    assert str(refused.value) == f"request 2 is no continuation: {said}"


@pytest.mark.parametrize("name", ["a" * 1024, "\u00e9" * 512])
@pytest.mark.parametrize(
    "place",
    [
        lambda name: {"keys": [name]},
        lambda name: {"passed": [name]},
        lambda name: {"directories": [name]},
        lambda name: {"ranges": [{"prefix": name, "after": ""}]},
        lambda name: {"ranges": [{"prefix": "", "after": name}]},
        lambda name: {"ranges": [{"prefix": "", "until": name}]},
        lambda name: {"held": [{"key": name, "size": 0, "modified": 0}]},
    ],
    ids=["keys", "passed", "directories", "prefix", "after", "until", "held"],
)
def test_a_forged_continuation_with_a_name_that_no_object_has_is_refused(
    place: Callable[[str], dict[str, Any]], name: str
) -> None:
    """Wherever it stands."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: the "):
        unseal(forged(**place(name)), "request 2")


@pytest.mark.parametrize("name", ["/a", "\\a"])
@pytest.mark.parametrize(
    "place",
    [
        lambda name: {"directories": [name]},
        lambda name: {"ranges": [{"prefix": name, "after": ""}]},
    ],
    ids=["directories", "prefix"],
)
def test_no_continuation_names_what_no_person_may_name(
    place: Callable[[str], dict[str, Any]], name: str
) -> None:
    """A directory and a prefix are a person's own words."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: the "):
        unseal(forged(**place(name)), "request 2")


@pytest.mark.parametrize("name", ["/a", "\\a"])
def test_a_key_that_a_listing_has_shown_is_taken_from_a_continuation(name: str) -> None:
    """No person may name such a key, but it may lie where a listing stands still."""
    work = Work("job", "examplebucket", hop=1, ranges=(Range("", name),), passed=(name,))

    assert unseal(seal(work), "the state") == work


@pytest.mark.parametrize("what", [{"keys": [""]}, {"passed": [""]}])
def test_a_key_without_a_name_is_refused(what: dict[str, Any]) -> None:
    """Asked for alone, it would be the bucket."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: the key"):
        unseal(forged(**what), "request 2")


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


LISTED = json.loads(json.dumps(seal(SOME)))["lists"][0]
POSITION = LISTED["position"]


@pytest.mark.parametrize(
    "change",
    [
        {"position": {**POSITION, "offset": -1}},
        {"position": {**POSITION, "number": 5}},
        {"position": {**POSITION, "line": 3}},
        {"open": [[4, 9]]},
        {"open": [[4, 5], [5, 6]]},
        {"open": [[4, 3]]},
        {"open": []},
        {"until": 0},
        {"bad": -1},
        {"asked": [[3, 4]]},
        {"asked": [[5, 6]]},
        {"asked": [[8, 8]]},
        {"asked": [[5, 4]]},
        {"asked": [[7, 7], [5, 5]]},
        {"etag": ""},
        {"request": {**LISTED["request"], "key": ""}},
        {"request": {**LISTED["request"], "format": "text"}},
    ],
    ids=ascii,
)
def test_a_forged_continuation_with_lists_that_no_sweep_leaves_is_refused(
    change: dict[str, Any],
) -> None:
    """A line would be told twice, or never."""
    with pytest.raises(RequestError, match=r"^request 2 is no continuation: "):
        unseal(forged(lists=[{**LISTED, **change}]), "request 2")


APPLIED = Applied(Tolerance(1, 1), (Changed("a", "b", Digest(1, 1), Digest(2, 2)),), 1).document()
OTHERS: tuple[object, ...] = (None, 5, -1, 1.5, True, "x", [], {}, [None], {"a": 1}, 10**30)


@pytest.mark.parametrize("path", [*places_in(APPLIED)], ids=str)
@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_a_forged_account_of_an_application_is_read_or_refused(
    path: tuple[str | int, ...], other: object
) -> None:
    """No other error leaves the reading of a continuation."""
    applied = with_other(APPLIED, path, other)

    with suppress(RequestError):
        unseal(forged(applies="plan-1", applied=applied), "the request")
