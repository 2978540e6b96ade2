"""What a request may say of a list, and the sentence for each thing that it may not."""

from __future__ import annotations

from typing import Any

import pytest

from ossweep.errors import RequestError
from ossweep.lists import ListRequest
from ossweep.manifest_request import parse

pytestmark = pytest.mark.differs

WHERE = "request 2: `manifest`"
EXAMPLE = "write its key, or an object with its `key`"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("a.txt", ListRequest("a.txt")),
        ({"key": "a.txt"}, ListRequest("a.txt")),
        ({"key": "a", "bucket": None, "format": None, "column": None}, ListRequest("a")),
        (
            {
                "key": "a",
                "bucket": "other-bucket",
                "format": "csv",
                "compression": "gzip",
                "encoding": "url",
                "header": True,
                "column": "name",
                "unchanged": False,
            },
            ListRequest("a", "other-bucket", "csv", "gzip", "url", True, "name", False),
        ),
        ({"key": "a", "column": 1, "header": False}, ListRequest("a", column=1, header=False)),
        ({"key": "a", "format": "inventory"}, ListRequest("a", format="inventory")),
        (
            {"key": "a", "format": "json", "encoding": "none", "compression": "none"},
            ListRequest("a", format="json", encoding="none", compression="none"),
        ),
    ],
)
def test_a_list_is_asked_for(document: Any, expected: ListRequest) -> None:
    """By its key, or with what is known of it."""
    assert parse(document) == expected


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (None, f"{WHERE} is null; {EXAMPLE}"),
        (7, f"{WHERE} is the number 7; {EXAMPLE}"),
        ([], f"{WHERE} is an empty list; {EXAMPLE}"),
        (["a", "b"], f"{WHERE} is a list of 2; {EXAMPLE}"),
        ({}, f"{WHERE} does not say where the list is; {EXAMPLE}"),
        ("", f"{WHERE}: `key`: a key is empty; every object in OSS has a name: write it"),
        (
            {"key": ["a"]},
            f"{WHERE}: `key` is a list of 1; write a string",
        ),
        (
            "/a",
            (
                f'{WHERE}: `key`: the key "/a" begins with a slash; no key in OSS does: write it '
                "without"
            ),
        ),
        ({"kye": "a"}, f'{WHERE}: there is no field "kye"; did you mean `key`?'),
        (
            {"key": "a", "Unchanged": False},
            f'{WHERE}: there is no field "Unchanged"; did you mean `unchanged`?',
        ),
        (
            {"key": "a", "xyzzy": 1},
            (
                f'{WHERE}: there is no field "xyzzy"; the fields are key, bucket, format, '
                "compression, encoding, header, column, unchanged"
            ),
        ),
        (
            {"key": "a", "bucket": "A"},
            (
                f'{WHERE}: `bucket`: "A" is not the name of a bucket; a name has 3 to 63 '
                "lower-case letters, digits and hyphens, and no hyphen at either end"
            ),
        ),
        ({"key": "a", "bucket": 1}, f"{WHERE}: `bucket` is the number 1; write a string"),
        (
            {"key": "a", "format": "xml"},
            (
                f"{WHERE}: `format` is the string \"xml\"; write 'text', 'csv', 'jsonl', 'json' or "
                "'inventory'"
            ),
        ),
        (
            {"key": "a", "compression": True},
            f"{WHERE}: `compression` is true; write 'gzip' or 'none'",
        ),
        (
            {"key": "a", "encoding": "utf-8"},
            f"{WHERE}: `encoding` is the string \"utf-8\"; write 'url' or 'none'",
        ),
        (
            {"key": "a", "header": "true"},
            f'{WHERE}: `header` is the string "true"; write true or false, without quotes',
        ),
        (
            {"key": "a", "unchanged": 0},
            f"{WHERE}: `unchanged` is the number 0; write true or false, without quotes",
        ),
        (
            {"key": "a", "column": 0},
            (
                f"{WHERE}: `column` is the number 0; write the column's name, or its number from "
                "1 to 1,000"
            ),
        ),
        (
            {"key": "a", "column": True},
            f"{WHERE}: `column` is true; write the column's name, or its number from 1 to 1,000",
        ),
        (
            {"key": "a", "format": "text", "header": True},
            (f"{WHERE}: `header` is said of CSV, and `format` is 'text'; leave one of the two out"),
        ),
        (
            {"key": "a", "format": "jsonl", "column": "a"},
            (
                f"{WHERE}: `column` is said of CSV, and `format` is 'jsonl'; leave one of the "
                "two out"
            ),
        ),
        (
            {"key": "a", "header": False, "column": "a"},
            (
                f"{WHERE}: `column` names a column, which only a header does, and `header` is "
                "false; write the column's number, or leave `header` out"
            ),
        ),
        (
            {"key": "a", "format": "inventory", "encoding": "url"},
            (
                f"{WHERE}: `encoding` is nothing to be said of an inventory, whose manifest.json "
                "tells it; leave it out"
            ),
        ),
        (
            {"key": "a", "format": "inventory", "column": 1},
            (
                f"{WHERE}: `column` is nothing to be said of an inventory, whose manifest.json "
                "tells it; leave it out"
            ),
        ),
    ],
)
def test_a_list_is_not_asked_for_so(document: Any, sentence: str) -> None:
    """Each refusal says what is wrong, and what to write."""
    with pytest.raises(RequestError) as refused:
        parse(document, WHERE)

    assert str(refused.value) == sentence
