"""What a line of the log holds of a document: JSON in ASCII, without others' data."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ossweep
from ossweep.events import CONTINUATION_MARK
from ossweep.log import HIDDEN, LONGEST_TEXT, line_of
from ossweep.triggers.documents import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SRC = Path(ossweep.__file__).parent


def reason(text: str) -> str:
    told: str = json.loads(line_of({"reason": text}))["reason"]
    return told


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=9,
)


@given(st.dictionaries(st.text(st.characters(codec=None)), ANYTHING, max_size=4))
def test_every_document_is_a_line_of_printable_ascii(document: dict[str, Any]) -> None:
    """And is JSON that every reader takes."""
    line = line_of(document)

    assert line.isascii()
    assert line.isprintable()
    assert isinstance(json.loads(line, parse_constant=int), dict)


def test_a_document_that_cannot_be_written_is_told_of() -> None:
    """By its message, and why."""
    looped: dict[str, Any] = {"level": "INFO", "message": "sweep ends", "timestamp": "now"}
    looped["self"] = looped

    assert json.loads(line_of(looped)) == {
        "level": "INFO",
        "message": "sweep ends",
        "timestamp": "now",
        "unwritable": "RecursionError",
    }


def test_a_value_that_is_not_json_is_named_by_its_class() -> None:
    """A context would show its credentials."""

    class Context:
        def __str__(self) -> str:
            return "secret"

    assert json.loads(line_of({"given": Context()})) == {"given": "Context"}


@given(st.text(st.characters(codec=None), min_size=1))
def test_a_quoted_key_is_hidden(key: str) -> None:
    """Whatever it holds, quotes and backslashes too."""
    assert reason(f"event: {json.dumps(key)} is protected") == f"event: {HIDDEN} is protected"


@pytest.mark.parametrize(
    "sentence",
    [
        'event: the bucket "other" is not among those in OSSWEEP_BUCKETS',
        'there is no field "dryrun"',
        'or {"job": "request-1", "do": "resume"}',
    ],
)
def test_a_name_that_is_no_key_is_told(sentence: str) -> None:
    """A bucket, a field, a job."""
    assert reason(sentence) == sentence


@given(st.text(st.characters(codec=None), min_size=1), st.integers(0, 1100))
def test_a_key_is_hidden_wherever_it_stands(key: str, before: int) -> None:
    """Before a colon, as the value of a field or behind one, and where the text is cut."""
    quoted = json.dumps(f"/{key}")
    for sentence in (f"{quoted}: no", f"the bucket {quoted}", f'"job": {quoted}', f'"a" {quoted}'):
        told = reason("x" * before + sentence)
        assert f"/{json.dumps(key)[1:-1]}" not in told.replace(HIDDEN, "")
    assert '"/' not in reason("x" * before + quoted[:-1])


def test_an_error_is_named_only_if_its_name_looks_like_a_code() -> None:
    """A made-up continuation may name its errors as it likes."""
    document = {"errors": {"ReadTimeout": 7, "HTTP 503": 1, "customers/1": 1}}

    assert json.loads(line_of(document))["errors"] == {"ReadTimeout": 7, "HTTP 503": 1, HIDDEN: 1}


@pytest.mark.parametrize("after", ["", ". Sending the event again is harmless"])
def test_a_continuation_is_left_out(after: str) -> None:
    """Whether it is whole or not, and wherever it stands."""
    rest = json.dumps({CONTINUATION_MARK: 3, "keys": ["a/}", 'b"'], "ranges": [{"first": "c"}]})

    assert reason(f"no time; or this: {rest}{after}") == f"no time; or this: {{...}}{after}"
    assert reason(f"two: {rest}; {rest}{after}") == f"two: {{...}}; {{...}}{after}"
    assert reason(f"no time; or this: {rest[:-3]}") == "no time; or this: {...}"


def test_a_text_is_cut() -> None:
    """A line has an end."""
    assert len(reason("a" * 10**6)) == LONGEST_TEXT + 3


def _sentences() -> Iterator[str]:
    """The sentences in the code that quote something, with a name for all that is filled in."""
    for path in sorted(SRC.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inside = {part for node in ast.walk(tree) for part in _parts_of(node)}
        for node in ast.walk(tree):
            filled = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(_text_of(part) for part in filled)
            is_sentence = re.search(r'"[^"]+".* ', text) and not text.startswith("<?xml")
            if node not in inside and path.name != "log.py" and is_sentence:
                yield text


def _parts_of(node: ast.AST) -> Sequence[ast.AST]:
    """Return the docstring of a module, class or function, or the parts of an f-string."""
    if isinstance(node, ast.JoinedStr):
        return node.values
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return [each.value for each in node.body[:1] if isinstance(each, ast.Expr)]
    if isinstance(node, ast.Call):  # a field's description is in the schema only
        return [each.value for each in node.keywords if each.arg == "description"]
    return ()


def _text_of(node: ast.AST) -> str:
    if isinstance(node, ast.FormattedValue):
        return "name"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


@pytest.mark.parametrize("sentence", [*_sentences(), f"send a request, such as {EXAMPLE}"])
def test_a_sentence_of_ossweeps_own_is_told_whole(sentence: str) -> None:
    """What it quotes of itself says what to write, and is no key."""
    assert reason(sentence) == sentence


@pytest.mark.parametrize(
    "key", ["lose", "everything", "confirm", "request", "return", "current", "run", "a/"]
)
@pytest.mark.parametrize("words", ["{} is protected", "{}: no", "write {}", "{}: true", "{}, {}"])
def test_a_key_that_is_called_like_ossweeps_own_words_is_hidden(key: str, words: str) -> None:
    """Only in ossweep's own sentence is it no key."""
    sentence = f"event: {words}"
    quoted = json.dumps(key)

    assert reason(sentence.format(quoted, quoted)) == sentence.format(HIDDEN, HIDDEN)
