"""OSSWEEP_RULES: what may be written, and what would go in a circle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossweep import rules
from ossweep.errors import SettingsError
from ossweep.events import Happened
from ossweep.rules import ANSWER, answer_key

pytestmark = pytest.mark.differs

BELONGINGS = {
    "on": "ObjectRemoved:*",
    "key": "videos/{id}.mp4",
    "delete": {"directory": "hls/{id}/"},
}
REQUESTS = {"on": "ObjectCreated:*", "key": "requests/{name}.json", "run": "request"}
LISTS = {"on": "ObjectCreated:*", "key": "lists/{name}", "run": "manifest"}


def happened(name: str, key: str, bucket: str = "examplebucket") -> Happened:
    return Happened(name=name, bucket=bucket, key=key, at=0, by_ossweep=False, where="event 1")


def read(*documents: Any) -> tuple[rules.Rule, ...]:
    return rules.read(json.dumps(documents))


@pytest.mark.parametrize("name", ["DeleteObject", "DeleteObjects"])
def test_belongings_are_what_the_parts_say(name: str) -> None:
    """The parts of the key are filled in."""
    (rule,) = read(BELONGINGS)
    parts = rule.parts(happened(f"ObjectRemoved:{name}", "videos/7.mp4"))

    assert parts == {"id": "7"}
    assert rule.delete is not None
    assert rule.delete.request("b", parts) == {"bucket": "b", "directory": ["hls/7/"]}


@pytest.mark.parametrize(
    "name",
    [
        "ObjectRemoved:AbortMultipartUpload",
        "ObjectCreated:InitiateMultipartUpload",
        "ObjectCreated:UploadPart",
        "ObjectCreated:UploadPartCopy",
        "ObjectModified:UpdateObjectMeta",
        "ObjectReplication:ObjectRemoved",
        "ObjectRemoved",
        "",
    ],
)
def test_events_that_say_nothing_of_the_object_itself_set_nothing_off(name: str) -> None:
    """When an upload is aborted, an older object of the same key may well be there."""
    removed, created = read(BELONGINGS, REQUESTS)

    assert removed.parts(happened(name, "videos/7.mp4")) is None
    assert created.parts(happened(name, "requests/7.json")) is None


def test_a_rule_may_be_about_one_bucket() -> None:
    """Events of others are none of its business."""
    (rule,) = read({**BELONGINGS, "bucket": "onebucket"})
    event = happened("ObjectRemoved:DeleteObject", "videos/7.mp4")

    assert rule.parts(event) is None
    assert rule.parts(happened(event.name, event.key, "onebucket")) == {"id": "7"}


def test_an_answer_is_no_request_file() -> None:
    """Though its name is of the form."""
    (rule,) = read(REQUESTS)

    assert rule.parts(happened("ObjectCreated:PutObject", "requests/a.answer.json")) is None
    assert rule.parts(happened("ObjectCreated:PutObject", "requests/a.json")) is not None


def test_a_rule_of_lists_is_shown_as_it_was_written() -> None:
    """With what it says of them."""
    written = {**LISTS, "manifest": {"format": "csv", "column": 2}, "only": {"match": "a/*"}}

    (rule,) = read(written)

    assert rule.document() == written


def test_no_two_request_files_have_one_answer() -> None:
    """Whatever their names end with, and the names of their answers end as answers' do."""
    files = ["r/x", "r/x.json", "r/x.json.json", "r/x.txt", "r/x.txt.json", "r/x.answer", "r/x."]

    answers = {answer_key(file, job) for file in files for job in (None, "job-1")}

    assert len(answers) == 2 * len(files)
    assert all(answer.endswith(ANSWER) for answer in answers)
    assert answer_key("r/x.json") == "r/x.answer.json"
    assert answer_key("r/x.json", "job-1") == "r/x.job-1.answer.json"


def test_the_triggers_own_spelling_of_events_is_understood() -> None:
    """There they begin with oss:."""
    (rule,) = read({**BELONGINGS, "on": "oss:ObjectRemoved:DeleteObject"})

    assert rule.on == "ObjectRemoved:DeleteObject"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("x", "rule 1: it is no object; write"),
        ({**BELONGINGS, "when": 1}, 'rule 1: there is no field "when"'),
        ({**BELONGINGS, "on": "ObjectRemoved"}, 'rule 1: `on` is "ObjectRemoved"; write one of'),
        ({**BELONGINGS, "on": "ObjectRemoved:AbortMultipartUpload"}, "rule 1: `on` is"),
        ({**BELONGINGS, "key": ""}, 'rule 1: `key` is ""; write a string'),
        ({**BELONGINGS, "key": "a{b"}, "rule 1: a part is written {name}"),
        ({"on": "ObjectCreated:*", "key": "a"}, 'rule 1: write either "run" or "delete"'),
        ({**BELONGINGS, "run": "request"}, 'rule 1: write either "run" or "delete"'),
        (
            {**REQUESTS, "run": "x"},
            'rule 1: `run` is "x"; write "run": "request", or "run": "manifest"',
        ),
        ({**REQUESTS, "on": "ObjectRemoved:*"}, 'rule 1: "run" reads the object'),
        ({**REQUESTS, "only": {"match": "*"}}, "rule 1: `only` is said of lists, beside"),
        ({**BELONGINGS, "only": {"match": "*"}}, "rule 1: `only` is said of lists, beside"),
        ({**BELONGINGS, "manifest": {}}, "rule 1: `manifest` is said of lists, beside"),
        ({**LISTS, "manifest": {}}, "rule 1: `manifest` is {}; write what a request says of"),
        ({**LISTS, "manifest": "csv"}, 'rule 1: `manifest` is "csv"; write what a request'),
        ({**LISTS, "manifest": {"key": "a"}}, "rule 1: `manifest.key` is the event's, whose"),
        (
            {**LISTS, "manifest": {"format": "xml"}},
            "rule 1: for each list: `manifest`: `format` is",
        ),
        (
            {**LISTS, "manifest": {"unchangd": True}},
            'rule 1: for each list: `manifest`: there is no field "unchangd"',
        ),
        ({**LISTS, "only": []}, "rule 1: `only` is []; write an object, or leave it out"),
        ({**LISTS, "only": {"match": "{name}/*"}}, "rule 1: no part such as {name} is filled in"),
        (
            {**LISTS, "only": {"older_than": 30}},
            "rule 1: for each list: `only`: `older_than` is",
        ),
        (
            {**LISTS, "only": {"keep_latest": 1}},
            "rule 1: for each list: `only.keep_latest` keeps",
        ),
        ({**BELONGINGS, "delete": {}}, "rule 1: `delete` is an object with one or more of"),
        ({**BELONGINGS, "delete": {"everything": True}}, "rule 1: `delete` is an object with"),
        ({**BELONGINGS, "delete": {"keys": "a"}}, 'rule 1: `delete.keys` is "a"; write a list'),
        ({**BELONGINGS, "delete": {"keys": [1]}}, "rule 1: `delete.keys` is [1]; write a list"),
        ({**BELONGINGS, "delete": {"prefix": ""}}, "rule 1: `delete`: `prefix`: an empty prefix"),
        ({**BELONGINGS, "delete": {"keys": ["/a"]}}, "rule 1: `delete`: `keys`: the key"),
        ({**BELONGINGS, "delete": {"directory": "a/{b}"}}, "rule 1: `key` has no part {b}"),
        ({**BELONGINGS, "delete": {"prefix": "hls/{id}"}}, 'rule 1: the prefix "hls/{id}" ends'),
        (
            {**BELONGINGS, "delete": {"prefix": "hls/", "only": None}},
            "rule 1: `delete.only` is null; write an object, or leave it out",
        ),
        (
            {**BELONGINGS, "delete": {"prefix": "hls/", "only": {"except_regex": "{id}/.*"}}},
            "rule 1: no part such as {id} is filled in within `only`",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_its_number(document: Any, sentence: str) -> None:
    """At the start, before any event is looked at."""
    with pytest.raises(SettingsError) as refusal:
        read(document)

    assert str(refusal.value).startswith(f"OSSWEEP_RULES: {sentence}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("{", "OSSWEEP_RULES is not JSON"), ("{}", "OSSWEEP_RULES is no list; write a list of rules")],
)
def test_rules_are_a_list(text: str, sentence: str) -> None:
    """In JSON."""
    with pytest.raises(SettingsError, match=sentence):
        rules.read(text)


@pytest.mark.parametrize(
    "documents",
    [
        [{**BELONGINGS, "delete": {"directory": "videos"}}],
        [{**BELONGINGS, "delete": {"keys": ["videos/{id}.mp4"]}}],
        [{**BELONGINGS, "delete": {"prefix": "videos/{id}."}}],
        [{**BELONGINGS, "key": "{x}/{id}.mp4", "delete": {"directory": "hls"}}],
        [
            BELONGINGS,
            {"on": "ObjectRemoved:*", "key": "hls/{id}/a", "delete": {"keys": ["videos/{id}.mp4"]}},
        ],
    ],
)
def test_rules_that_go_in_a_circle_are_refused(documents: list[Any]) -> None:
    """At once, or by way of another rule."""
    with pytest.raises(SettingsError, match="would set it off again"):
        read(*documents)


@pytest.mark.parametrize(
    "documents",
    [
        [BELONGINGS],
        [BELONGINGS, {**BELONGINGS, "key": "hls/{id}/x", "delete": {"keys": ["cache/{id}"]}}],
        [{**BELONGINGS, "on": "ObjectCreated:*", "delete": {"directory": "videos"}}],
        [
            {**BELONGINGS, "bucket": "onebucket"},
            {
                **BELONGINGS,
                "bucket": "twobuckets",
                "key": "hls/{id}/x",
                "delete": {"keys": ["videos/{id}.mp4"]},
            },
        ],
    ],
)
def test_rules_that_follow_one_another_are_not(documents: list[Any]) -> None:
    """A chain that ends is none of a circle's."""
    assert len(read(*documents)) == len(documents)
