"""What this form's first documents hold is read for ever, and what has another form says so."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from math import nan
from pathlib import Path
from typing import Any

import pytest

from ossweep.answers import ignored
from ossweep.errors import RequestError, StoreError
from ossweep.handover.continuation import seal, unseal
from ossweep.jobs.pointers import pointer
from ossweep.leases.records import Departure, End, Record, record_of, written
from ossweep.objects import Stretch
from ossweep.plans.comparison import Tolerance
from ossweep.plans.directories import Amount
from ossweep.plans.kept import Applied
from ossweep.stops import Why
from ossweep.work import BATCH_KEYS, Counts, Range, Work
from unit.works import SOME

pytestmark = pytest.mark.differs

GOLDEN = Path(__file__).parent / "golden"

OVER = Stretch("c/7", "c/8", 2, "AccessDenied", "No.")
BOTH = replace(
    SOME,
    dry_run=True,
    null_versions="lose",
    errors={"ReadTimeout": 7},
    notes=("`*` is a letter",),
    counts=replace(SOME.counts, named=("a/1",), also_failed=("a/2",)),
    ranges=(
        Range("c/", "c/1", "c/5"),
        Range("c/", "c/6", "c/9", {"protected": 1}, 1, 2, 3, OVER, ("c/8",)),
        Range("d/"),
    ),
    applies="plan-job-1",
    applied=Applied(Tolerance(2, 3, Amount(1, 2)), (), 1).document(),
)
ASKED = replace(BOTH, tags_told=False)
LISTED = replace(ASKED, keys_done=(), lists=tuple(replace(each, asked=()) for each in BOTH.lists))
UNPLANNED = replace(
    LISTED,
    plan=None,
    applies=None,
    applied=None,
    ranges=tuple(replace(each, approved=()) for each in LISTED.ranges),
)
WEIGHED = replace(UNPLANNED, lists=())
CHOSEN = replace(
    WEIGHED,
    limit_bytes=None,
    sizes={},
    reserved_bytes=0,
    counts=replace(WEIGHED.counts, failed_bytes=0, unanswered_bytes=0),
)
WORK = replace(CHOSEN, only=None, selectors=())
ANSWER = {
    **ignored("it was ordered to stop", "job", "examplebucket", dry_run=False),
    "status": "stopped",
    "deleted": 3,
    "failures": [{"key": "\u00e9\r\U0001f4a9", "code": "FileImmutable", "message": "No."}],
    "skipped_because": {"protected": 2},
}
REST = seal(replace(WORK, ranges=()))

RECORDS: dict[str, Record | Departure | End] = {
    "record.json": Record(
        "5C3D9175-B6FC 4f2a",
        17.0,
        reserved=4000,
        late=2,
        beat=3,
        began=1_000_000,
        continuation=REST,
        answer=ANSWER,
        expected=70,
        sent=1_000_123,
    ),
    "left.json": Departure(
        "split", REST, ANSWER, expected=70, why=Why.ORDERED, parts=[REST], orders=["job/stop-0a1b"]
    ),
    "end.json": End(7, 2, 1_000_000, ANSWER, REST, Why.ORDERED, WORK.reply, more_hops=9),
}


def golden(name: str) -> bytes:
    """Return a document as it was written when its form was new."""
    return (GOLDEN / name).read_bytes()


NOUNS = [BOTH, WEIGHED.counts, LISTED.ranges[1], *RECORDS.values()]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_a_golden_document_has_something_in_each_field(
    noun: Work | Counts | Range | Record | Departure | End,
) -> None:
    """Else a field could be lost, and nobody would see it."""
    values = [(each, getattr(noun, each.name)) for each in fields(noun)]

    assert [each.name for each, value in values if not value or value == each.default] == []


def test_a_golden_continuation_is_read() -> None:
    """As the work that it came from."""
    assert unseal(json.loads(golden("continuation.json")), "the request") == WORK


def test_a_continuation_is_written_as_the_golden_one() -> None:
    """What is written otherwise is another form, and has another number."""
    assert seal(WORK) == json.loads(golden("continuation.json"))


def test_a_golden_continuation_with_conditions_is_read_and_written() -> None:
    """What a job without any does not say is in it."""
    document = json.loads(golden("conditions.json"))

    assert unseal(document, "the request") == CHOSEN
    assert seal(CHOSEN) == document


def test_a_golden_continuation_with_lists_is_read_and_written() -> None:
    """Each with its place, and with the lines before that which are left."""
    document = json.loads(golden("lists.json"))

    assert unseal(document, "the request") == UNPLANNED
    assert seal(UNPLANNED) == document


def test_a_golden_continuation_with_a_plan_is_read_and_written() -> None:
    """A dry run goes on with the sums so far."""
    document = json.loads(golden("plan.json"))

    assert unseal(document, "the request") == LISTED
    assert seal(LISTED) == document


def test_a_golden_continuation_with_what_lists_have_asked_for_is_read_and_written() -> None:
    """Without an answer; and with the keys beside them, which a list may name once more."""
    document = json.loads(golden("lists-asked.json"))

    assert unseal(document, "the request") == ASKED
    assert seal(ASKED) == document


def test_a_golden_continuation_with_tags_that_were_told_is_read_and_written() -> None:
    """What a job that has seen none does not say is in it."""
    document = json.loads(golden("tags-told.json"))

    assert unseal(document, "the request") == BOTH
    assert seal(BOTH) == document


def test_a_golden_continuation_below_a_ceiling_of_bytes_is_read_and_written() -> None:
    """What a job without one does not say is in it."""
    document = json.loads(golden("bytes.json"))

    assert unseal(document, "the request") == WEIGHED
    assert seal(WEIGHED) == document


@pytest.mark.parametrize("name", RECORDS)
def test_a_golden_record_is_read(name: str) -> None:
    """As what it came from."""
    kind: type[Any] = type(RECORDS[name])

    assert record_of(kind, golden(name)) == RECORDS[name]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_written_as_the_golden_one(name: str) -> None:
    """What is written otherwise is another form, and has another number."""
    assert json.loads(written(RECORDS[name])) == json.loads(golden(name))


def earlier(name: str) -> bytes:
    """Return a document as it was written before the last fields were added to its form."""
    return (GOLDEN / "earlier" / name).read_bytes()


def test_a_continuation_without_the_newest_fields_is_read() -> None:
    """Jobs under way outlive a deployment: what it adds has the value that says nothing."""
    read = unseal(json.loads(earlier("continuation.json")), "the request")

    assert read == replace(WORK, together=BATCH_KEYS, more_hops=0, harmless=False)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_without_the_newest_fields_is_read(name: str) -> None:
    """As a continuation is, which most records hold."""
    record = RECORDS[name]
    kind: type[Any] = type(record)
    newest = {"continuation", "parts", "orders", "more_hops"} & {each.name for each in fields(kind)}

    read = record_of(kind, earlier(name))

    assert read == replace(record, **{each: getattr(read, each) for each in newest})
    assert unseal(read.continuation, "the state").together == BATCH_KEYS


def newer(name: str, mark: str) -> dict[str, Any]:
    """Return a golden document of the next form, with a field that this one does not know."""
    document = json.loads(golden(name))
    return {**document, mark: document[mark] + 1, "more": True}


def test_a_continuation_of_a_newer_form_is_told_as_such() -> None:
    """Before anything else is said of it."""
    with pytest.raises(
        RequestError, match=r"^it is a continuation of another form than 1, made by"
    ):
        unseal(newer("continuation.json", "ossweep_continuation"), "it")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_a_newer_form_is_told_as_such(name: str) -> None:
    """And not as a damaged one, for which there would be something else to do."""
    kind: type[Any] = type(RECORDS[name])
    content = json.dumps(newer(name, "form")).encode()

    with pytest.raises(StoreError, match=r"^NewerRecord: a job's record has the form 2, and this"):
        record_of(kind, content)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"form":1,"more":2}', b"\xff"], ids=ascii
)
def test_a_record_that_is_damaged_is_told_as_such(name: str, content: bytes) -> None:
    """By one sentence, whatever is in it."""
    kind: type[Any] = type(RECORDS[name])

    with pytest.raises(StoreError, match=r"^BadRecord: a job's record is damaged"):
        record_of(kind, content)


UNREADABLE_TIME: list[dict[str, Any]] = [
    {"answer": {**ANSWER, "remaining": -1}},
    {"answer": {**ANSWER, "listed": 2**63}},
    {"answer": {**ANSWER, "seconds": nan}},
    {"continuation": {**REST, "job": "a/b"}},
]


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("change", UNREADABLE_TIME, ids=["less", "too much", "no number", "no job"])
def test_a_record_is_proved_readable_when_it_is_written(name: str, change: dict[str, Any]) -> None:
    """It is no use to whoever comes later, and the one before it is."""
    with pytest.raises(StoreError, match=r"^NotReadable: a job's record is damaged"):
        written(replace(RECORDS[name], **change))


def test_a_handover_of_a_newer_form_is_told_as_such() -> None:
    """It says where the state lies, and may mean something else by that."""
    with pytest.raises(RequestError, match=r"^the event is a handover of another form than 1, ma"):
        pointer({"ossweep_handover": 2, "job": "job", "hop": 1})
