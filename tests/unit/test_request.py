"""What may be written in a request, and the sentence for each thing that may not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ossweep import manifest_request
from ossweep.amiss import LATER
from ossweep.conditions import LEAST_DAYS
from ossweep.errors import RequestError
from ossweep.lists import ListRequest
from ossweep.only import FIELDS as CONDITION_FIELDS
from ossweep.request import FIELDS as NAMES_OF_FIELDS
from ossweep.request import Limits, Request, parse, schema
from ossweep.request_form import validated

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.differs

WHOLE = (
    "to empty the whole bucket on purpose write "
    '"everything": true and "confirm": "<the bucket\'s name>"'
)
EXAMPLE = 'write an object such as {"bucket": "examplebucket", "keys": ["exampledir/a.txt"]}'
BUCKET = (
    "is not the name of a bucket; a name has 3 to 63 lower-case letters, "
    "digits and hyphens, and no hyphen at either end"
)
PILE, PILE_IN_JSON = "\N{PILE OF POO}", r"\ud83d\udca9"


@pytest.mark.parametrize(
    ("document", "request_"),
    [
        ({"keys": ["a"]}, Request(keys=("a",))),
        ({"bucket": None, "keys": ["a"]}, Request(keys=("a",))),
        ({"bucket": "a-1", "keys": ["a"]}, Request(bucket="a-1", keys=("a",))),
        ({"bucket": "b" * 63, "keys": ["a"]}, Request(bucket="b" * 63, keys=("a",))),
        ({"keys": ["b", "a", "b"]}, Request(keys=("b", "a"))),
        (
            {"keys": [" a ", "A", "a\r\n", ".", "..", "a//b", "caf\u00e9", "cafe\u0301"]},
            Request(keys=(" a ", "A", "a\r\n", ".", "..", "a//b", "caf\u00e9", "cafe\u0301")),
        ),
        ({"keys": ["x" * 1023]}, Request(keys=("x" * 1023,))),
        ({"keys": [PILE * 255 + "abc"]}, Request(keys=(PILE * 255 + "abc",))),
        ({"prefix": "src"}, Request(prefix=("src",))),
        ({"prefix": ["b", "a", "b"]}, Request(prefix=("b", "a"))),
        ({"directory": "src"}, Request(directory=("src/",))),
        ({"directory": "src/"}, Request(directory=("src/",))),
        ({"directory": "src//"}, Request(directory=("src//",))),
        ({"directory": ["src", "src/", "b"]}, Request(directory=("src/", "b/"))),
        ({"directory": "x" * 1022}, Request(directory=("x" * 1022 + "/",))),
        ({"everything": True}, Request(everything=True)),
        ({"manifest": "a"}, Request(manifest=(ListRequest("a"),))),
        (
            {"manifest": ["a", {"key": "a", "unchanged": None}, {"key": "a", "unchanged": False}]},
            Request(manifest=(ListRequest("a"), ListRequest("a", unchanged=False))),
        ),
        (
            {"everything": True, "confirm": "one"},
            Request(everything=True, confirm="one"),
        ),
        ({"keys": ["a"], "everything": False}, Request(keys=("a",))),
        ({"keys": ["a"], "dry_run": True}, Request(keys=("a",), dry_run=True)),
        ({"keys": ["a"], "versions": "current"}, Request(keys=("a",))),
        ({"keys": ["a"], "unfinished": "return"}, Request(keys=("a",), unfinished="return")),
        ({"keys": ["a"], "unfinished": "continue"}, Request(keys=("a",), unfinished="continue")),
        ({"keys": ["a"], "limits": None}, Request(keys=("a",))),
        (
            {"keys": ["a"], "limits": {"objects": 1}},
            Request(keys=("a",), limits=Limits(objects=1)),
        ),
        (
            {"keys": ["a"], "limits": {"objects": 1, "bytes": "2TB"}},
            Request(keys=("a",), limits=Limits(objects=1, bytes=2 * 10**12)),
        ),
        (
            {"keys": ["a"], "limits": {"bytes": "1.5 KiB"}},
            Request(keys=("a",), limits=Limits(bytes=1536)),
        ),
        (
            {"keys": ["a"], "prefix": "b", "directory": "c"},
            Request(keys=("a",), prefix=("b",), directory=("c/",)),
        ),
    ],
    ids=lambda value: "" if isinstance(value, Request) else ascii(value)[:60],
)
def test_a_request_is_read(document: dict[str, Any], request_: Request) -> None:
    """Keys and prefixes to the letter, directories with their slash, each once and in order."""
    assert parse(document) == request_


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        # the document itself
        (None, f"request 2 is null; {EXAMPLE}"),
        (True, f"request 2 is true; {EXAMPLE}"),
        ("text", f'request 2 is the string "text"; {EXAMPLE}'),
        ("x" * 81, f'request 2 is the string "{"x" * 77}..."; {EXAMPLE}'),
        (7, f"request 2 is the number 7; {EXAMPLE}"),
        (0.5, f"request 2 is the number 0.5; {EXAMPLE}"),
        ([], f"request 2 is an empty list; {EXAMPLE}"),
        ([{"keys": ["a"]}] * 1200, f"request 2 is a list of 1,200; {EXAMPLE}"),
        (
            {},
            (
                "request 2: nothing says what to delete; write at least one of "
                "`keys`, `prefix`, `directory`, `manifest`, `everything`"
            ),
        ),
        (
            {"bucket": "one", "everything": False},
            (
                "request 2: nothing says what to delete; write at least one of "
                "`keys`, `prefix`, `directory`, `manifest`, `everything`"
            ),
        ),
        # fields
        (
            {"keys": ["a"], "dryrun": True},
            'request 2: there is no field "dryrun"; did you mean `dry_run`?',
        ),
        (
            {"keys": ["a"], "DRY_RUN": True},
            'request 2: there is no field "DRY_RUN"; did you mean `dry_run`?',
        ),
        ({"Keys": ["a"]}, 'request 2: there is no field "Keys"; did you mean `keys`?'),
        (
            {"keys": ["a"], "xyzzy": 1},
            (
                'request 2: there is no field "xyzzy"; the fields are bucket, keys, prefix, '
                "directory, manifest, everything, confirm, versions, null_versions, dry_run, only, "
                "limits, unfinished, parallel, apply, tolerance"
            ),
        ),
        (
            {"keys": ["a"], "limits": {"objects": 1, "objets": 2}},
            'request 2: `limits`: there is no field "objets"; did you mean `objects`?',
        ),
        (
            {"keys": ["a"], "limits": {"objets": 2}},
            'request 2: `limits`: there is no field "objets"; did you mean `objects`?',
        ),
        (
            {"keys": ["a"], "\ud800": 1},
            (
                'request 2: there is no field "\\ud800"; the fields are bucket, keys, prefix, '
                "directory, manifest, everything, confirm, versions, null_versions, dry_run, only, "
                "limits, unfinished, parallel, apply, tolerance"
            ),
        ),
        (
            {"manifest": None},
            "request 2: `manifest` is null; write its key, or an object with its `key`",
        ),
        (
            {"keys": ["a"], "manifest": []},
            "request 2: `manifest` is an empty list; write 1 to 100 lists, or leave it out",
        ),
        (
            {"manifest": ["a"] * 101},
            "request 2: `manifest` is a list of 101; write 1 to 100 lists, or leave it out",
        ),
        (
            {"manifest": ["a", {"key": "b", "unchaged": True}]},
            'request 2: `manifest[1]`: there is no field "unchaged"; did you mean `unchanged`?',
        ),
        (
            {"manifest": ["a", ["b"]]},
            "request 2: `manifest[1]` is a list of 1; write its key, or an object with its `key`",
        ),
        (
            {"prefix": "a", "only": {}},
            (
                "request 2: `only` asks for nothing; write an object such as "
                '{"older_than": "30d", "match": "**/*.log"}, or leave it out'
            ),
        ),
        (
            {"keys": ["a"], "only": {"keep_latest": 3}},
            (
                "request 2: `only.keep_latest` keeps the latest of each directory, and `keys` "
                "names objects one by one; write a prefix, a directory or `everything` instead"
            ),
        ),
        (
            {"manifest": "a.txt", "only": {"keep_latest": 3}},
            (
                "request 2: `only.keep_latest` keeps the latest of each directory, and `manifest` "
                "names objects one by one; write a prefix, a directory or `everything` instead"
            ),
        ),
        (
            {"bucket": "b\u0661\u0662", "keys": ["a"]},
            f'request 2: `bucket`: "b\\u0661\\u0662" {BUCKET}',
        ),
        (
            {"bucket": "b" * 64, "keys": ["a"]},
            f'request 2: `bucket`: "{"b" * 64}" {BUCKET}',
        ),
        # keys
        ({"keys": "a"}, 'request 2: `keys` is the string "a"; write a list of strings'),
        ({"keys": None}, "request 2: `keys` is null; write a list of strings"),
        ({"keys": {}}, "request 2: `keys` is an object; write a list of strings"),
        (
            {"keys": []},
            "request 2: `keys` is an empty list; write a list with at least one string in it",
        ),
        ({"keys": ["a", 1]}, "request 2: `keys[1]` is the number 1; write a string"),
        ({"keys": ["a", ["b"]]}, "request 2: `keys[1]` is a list of 1; write a string"),
        (
            {"keys": ["a", ""]},
            (
                "request 2: `keys`: a key is empty; every object in OSS has a name: "
                "write it, or leave the entry out"
            ),
        ),
        (
            {"keys": ["/a/{b}"]},
            (
                'request 2: `keys`: the key "/a/{b}" begins with a slash; no key in OSS does: '
                "write it without"
            ),
        ),
        (
            {"keys": ["//"]},
            (
                'request 2: `keys`: the key "//" begins with a slash; no key in OSS does: '
                "write it without"
            ),
        ),
        (
            {"keys": ["\\a"]},
            (
                'request 2: `keys`: the key "\\\\a" begins with a backslash; no key in OSS does: '
                "write it without, and `/` between directories"
            ),
        ),
        (
            {"keys": ["x" * 1024]},
            (
                f'request 2: `keys`: the key "{"x" * 77}..." is 1,024 bytes long; OSS has no key '
                "longer than 1,023 bytes: write the key as OSS lists it"
            ),
        ),
        (
            {"keys": [PILE * 256]},
            (
                f'request 2: `keys`: the key "{PILE_IN_JSON * 77}..." is 1,024 bytes long; OSS has '
                "no key longer than 1,023 bytes: write the key as OSS lists it"
            ),
        ),
        (
            {"keys": ["a\ud83d"]},
            (
                'request 2: `keys`: the key "a\\ud83d" holds half of a surrogate pair, which UTF-8 '
                "cannot carry and OSS cannot store; write the whole character"
            ),
        ),
        # prefix
        ({"prefix": ""}, f"request 2: `prefix`: an empty prefix would match every object; {WHOLE}"),
        (
            {"prefix": None},
            f"request 2: `prefix`: an empty prefix would match every object; {WHOLE}",
        ),
        (
            {"prefix": ["a", ""]},
            f"request 2: `prefix`: an empty prefix would match every object; {WHOLE}",
        ),
        (
            {"prefix": []},
            "request 2: `prefix` is an empty list; write a list with at least one string in it",
        ),
        ({"prefix": [None]}, "request 2: `prefix[0]` is null; write a string"),
        ({"prefix": 5}, "request 2: `prefix` is the number 5; write a list of strings"),
        (
            {"prefix": "/a"},
            (
                'request 2: `prefix`: the prefix "/a" begins with a slash; no key in OSS does: '
                "write it without"
            ),
        ),
        # directory
        (
            {"directory": "/"},
            f"request 2: `directory`: this directory would be the whole bucket; {WHOLE}",
        ),
        (
            {"directory": ""},
            f"request 2: `directory`: this directory would be the whole bucket; {WHOLE}",
        ),
        (
            {"directory": None},
            f"request 2: `directory`: this directory would be the whole bucket; {WHOLE}",
        ),
        (
            {"directory": ["a", "/"]},
            f"request 2: `directory`: this directory would be the whole bucket; {WHOLE}",
        ),
        ({"directory": False}, "request 2: `directory` is false; write a list of strings"),
        (
            {"directory": "x" * 1023},
            (
                f'request 2: `directory`: the directory "{"x" * 77}..." is 1,024 bytes long; OSS '
                "has no key longer than 1,023 bytes: write the key as OSS lists it"
            ),
        ),
        # danger is literal
        (
            {"everything": "true"},
            'request 2: `everything` is the string "true"; write true or false, without quotes',
        ),
        (
            {"everything": 1},
            "request 2: `everything` is the number 1; write true or false, without quotes",
        ),
        (
            {"keys": ["a"], "dry_run": "false"},
            'request 2: `dry_run` is the string "false"; write true or false, without quotes',
        ),
        (
            {"keys": ["a"], "dry_run": None},
            "request 2: `dry_run` is null; write true or false, without quotes",
        ),
        (
            {"keys": ["a"], "dry_run": 0},
            "request 2: `dry_run` is the number 0; write true or false, without quotes",
        ),
        (
            {"keys": ["a"], "confirm": "one"},
            (
                'request 2: `confirm` confirms "everything": true, which is not there; '
                "write it, or leave `confirm` out"
            ),
        ),
        (
            {"everything": True, "confirm": True},
            "request 2: `confirm` is true; write a string",
        ),
        # limits
        (
            {"keys": ["a"], "limits": {}},
            (
                "request 2: `limits` is empty; write `objects`, `bytes` or both in it, or leave it "
                "out"
            ),
        ),
        (
            {"keys": ["a"], "limits": {"objects": None, "bytes": "1B"}},
            "request 2: `limits.objects` is null; write a whole number, without quotes",
        ),
        (
            {"keys": ["a"], "limits": {"bytes": 2_000_000}},
            (
                "request 2: `limits.bytes` is the number 2000000; write a size with its unit, such "
                'as "1MB" or "10MiB"'
            ),
        ),
        (
            {"keys": ["a"], "limits": {"bytes": None}},
            (
                'request 2: `limits.bytes` is null; write a size with its unit, such as "1MB" or '
                '"10MiB"'
            ),
        ),
        (
            {"keys": ["a"], "limits": {"bytes": "2T"}},
            (
                'request 2: `limits.bytes` is the string "2T", which may be thousands or 1,024s; '
                "write `2TB` or `2TiB`"
            ),
        ),
        (
            {"keys": ["a"], "limits": {"bytes": "0B"}},
            (
                'request 2: `limits.bytes` is the string "0B"; write a size of at least 1 B and '
                "less than 9,223,372,036,854,775,808 B"
            ),
        ),
        (
            {"keys": ["a"], "limits": {"bytes": "9999999PB"}},
            (
                'request 2: `limits.bytes` is the string "9999999PB"; write a size of at least 1 B '
                "and less than 9,223,372,036,854,775,808 B"
            ),
        ),
        (
            {"keys": ["a"], "limits": 5},
            'request 2: `limits` is the number 5; write an object such as {"objects": 1000}',
        ),
        (
            {"keys": ["a"], "limits": {"objects": "5"}},
            'request 2: `limits.objects` is the string "5"; write a whole number, without quotes',
        ),
        (
            {"keys": ["a"], "limits": {"objects": 5.0}},
            "request 2: `limits.objects` is the number 5.0; write a whole number, without quotes",
        ),
        (
            {"keys": ["a"], "limits": {"objects": True}},
            "request 2: `limits.objects` is true; write a whole number, without quotes",
        ),
        (
            {"keys": ["a"], "limits": {"objects": 0}},
            "request 2: `limits.objects` is the number 0; write a whole number from 1 on",
        ),
        (
            {"keys": ["a"], "limits": {"objects": 2**63}},
            (
                "request 2: `limits.objects` is the number 9223372036854775808; "
                "write a whole number below 2^63"
            ),
        ),
        # not yet
        *(
            ({"keys": ["a"], name: None}, f"request 2: `{name}` is not supported yet; {instead}")
            for name, instead in LATER.items()
        ),
        (
            {"keys": ["a"], "versions": "all"},
            (
                'request 2: `versions`: "all" is not supported yet; leave `versions` out, or write '
                '"current", which deletes the current version of each object'
            ),
        ),
        (
            {"keys": ["a"], "versions": None},
            "request 2: `versions` is null; write 'current'",
        ),
        (
            {"keys": ["a"], "unfinished": "stop"},
            "request 2: `unfinished` is the string \"stop\"; write 'return' or 'continue'",
        ),
    ],
    ids=lambda value: ascii(value)[:60] if not isinstance(value, str) else "",
)
def test_a_request_is_refused(document: Any, sentence: str) -> None:
    """In one sentence that says what is wrong, where, and what to write instead."""
    with pytest.raises(RequestError) as refused:
        parse(document, "request 2")

    assert str(refused.value) == sentence


ANYTHING = st.text(st.characters()) | st.text("/\\a\ud800{}", max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*NAMES_OF_FIELDS, "only", "dryrun"])
NEARLY = st.dictionaries(
    FIELDS,
    JSON
    | st.lists(ANYTHING, max_size=3)
    | st.sampled_from([True, False, "current", "return", "continue", "one", {"objects": 1}]),
    max_size=5,
)


@given(JSON | NEARLY)
@example({"keys": ["a"], "limits": {"objects": 10**4000}})
@example({"prefix": float("inf")})
def test_any_document_is_a_request_or_is_refused(document: Any) -> None:
    """There is no third way, and what is accepted is accepted for good."""
    try:
        request = parse(document)
    except RequestError as refusal:
        words = str(refusal)
        assert words.startswith("the request")
        assert "\n" not in words
    else:
        names = (*request.keys, *request.prefix, *request.directory)
        assert names or request.everything or request.manifest
        assert all(name and name[0] not in "/\\" for name in names)
        assert all(directory.endswith("/") for directory in request.directory)
        assert max((len(name.encode()) for name in names), default=0) <= 1023


NAMES = st.text(min_size=1, max_size=10).filter(lambda name: name[0] not in "/\\")
ONE_OR_MORE = NAMES | st.lists(NAMES, min_size=1, max_size=3)
LISTS = NAMES | st.fixed_dictionaries(
    {"key": NAMES},
    optional={
        "bucket": st.none() | st.just("listbucket"),
        "format": st.sampled_from(["text", "csv", "jsonl", "json", "inventory", None]),
        "unchanged": st.none() | st.booleans(),
    },
)
OBJECTS = {"objects": st.integers(1, 2**63 - 1)}
BYTES = {"bytes": st.sampled_from(["1B", "2TB", "1.5 KiB"])}
LIMITS = st.fixed_dictionaries(OBJECTS, optional=BYTES) | st.fixed_dictionaries(BYTES)
VALID = st.fixed_dictionaries(
    {"keys": st.lists(NAMES, min_size=1, max_size=3)},
    optional={
        "bucket": st.none() | st.from_regex(r"\A[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\Z"),
        "prefix": ONE_OR_MORE,
        "directory": ONE_OR_MORE,
        "manifest": LISTS | st.lists(LISTS, min_size=1, max_size=3),
        "everything": st.booleans(),
        "versions": st.just("current"),
        "dry_run": st.booleans(),
        "limits": st.none() | LIMITS,
        "unfinished": st.sampled_from(["return", "continue", None]),
    },
)
SCHEMA = jsonschema.Draft202012Validator(schema())


@given((VALID | NEARLY).filter(lambda document: "only" not in document))  # which is read first
@example({"keys": ["a"], "parallel": True})
@example({"keys": ["a"], "limits": {"objects": True}})
@example({"keys": ["a"], "limits": {"bytes": "1"}})
@example({"everything": True, "confirm": None, "null_versions": "lose", "parallel": 32})
def test_a_request_reads_the_same_with_the_form_and_without(document: dict[str, Any]) -> None:
    """What is read at once is what the form would have read; what the form refuses is refused."""
    assert _read(lambda: parse(document)) == _read(lambda: _by_the_form(document))


def _by_the_form(document: dict[str, Any]) -> Request:
    values = validated(document, "the request")
    limits = values["limits"]
    read = None if limits is None else Limits(limits.objects, limits.bytes)
    return Request(**{**values, "limits": read})


def _read(read: Callable[[], Request]) -> Any:
    """Return the values that are read, each with its type, or the sentence of the refusal."""
    try:
        return [(name, type(value), value) for name, value in vars(read()).items()]
    except RequestError as refusal:
        return str(refusal)


@given(VALID)
def test_a_valid_request_needs_no_form(document: dict[str, Any]) -> None:
    """The form is a third of a cold start: only what is not right is worth it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "ossweep.request_form", None)
        assert parse(document).keys


@given(VALID)
def test_the_schema_accepts_what_is_accepted(document: dict[str, Any]) -> None:
    """An editor that checks by it never underlines a valid request."""
    parse(document)

    SCHEMA.validate(document)


TEXTS = st.sampled_from(["a", "**/*.log", "[x]b"])
PATTERNS = TEXTS | st.lists(TEXTS, min_size=1, max_size=3)
CLASSES = st.sampled_from([*LEAST_DAYS])
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "older_than": st.sampled_from(["30d", "36 h", "P2W", "2036-05-01Z"]),
        "newer_than": st.sampled_from(["9000d", "2001-05-01 12:00:00+08:00"]),
        "size": st.sampled_from([{"at_least": "1.5MB"}, {"at_least": "0B", "below": "5 GiB"}]),
        "storage_class": CLASSES | st.lists(CLASSES, min_size=1, max_size=3),
        "skip_early_delete": st.booleans(),
        "tags": st.dictionaries(st.sampled_from("abc"), st.text("d:", max_size=3), min_size=1),
        "match": PATTERNS,
        "except": PATTERNS,
        "match_regex": st.sampled_from([".*", ["a+", r"\d"]]),
        "except_regex": st.sampled_from(["^keep", ["a", "b$"]]),
        "keep_latest": st.integers(1, 10_000),
    },
)


@given(CONDITIONS | st.dictionaries(st.sampled_from([*CONDITION_FIELDS]), JSON, max_size=3))
def test_the_schema_accepts_conditions_that_are_accepted(only: dict[str, Any]) -> None:
    """Whatever has been thought of, and what has not."""
    document = {"prefix": "logs/", "only": only}
    try:
        parse(document)
    except RequestError:
        return
    SCHEMA.validate(document)


def _shown(name: str) -> dict[str, Any]:
    found: dict[str, Any] = schema()["$defs"][name]["properties"]
    return found


def test_the_schema_shows_the_fields_that_are_read() -> None:
    """Those of conditions and of lists, each with a description."""
    assert _shown("OnlyShown").keys() == set(CONDITION_FIELDS)
    assert _shown("ManifestShown").keys() == set(manifest_request.FIELDS)
    shown = [schema(), *schema()["$defs"].values()]
    fields = [field for form in shown for field in form["properties"].values()]
    assert all(field.get("description") for field in fields)
    assert not [text for text in map(str, fields) if ".py" in text]


@pytest.mark.parametrize("name", CONDITION_FIELDS)
def test_the_examples_of_a_condition_can_be_sent(name: str) -> None:
    """As they stand in the schema."""
    for example_ in _shown("OnlyShown")[name].get("examples", [True]):
        assert parse({"prefix": "logs/", "only": {name: example_}}).only is not None


@given(NEARLY)
def test_the_schema_never_refuses_what_is_accepted(document: dict[str, Any]) -> None:
    """Nor one that nobody has thought of."""
    try:
        parse(document)
    except RequestError:
        return
    SCHEMA.validate(document)


@pytest.mark.parametrize(
    "document",
    [
        {"keys": ["a"], "dryrun": True},
        {"keys": ["a"], "dry_run": "false"},
        {"keys": []},
        {"keys": [1]},
        {"prefix": ""},
        {"directory": [""]},
        {"everything": 1},
        {"keys": ["a"], "limits": {"objects": 0}},
        {"keys": ["a"], "limits": {"bytes": 1}},
        {"keys": ["a"], "versions": "all"},
        {"manifest": {"key": "a", "unchaged": True}},
        {"manifest": {"key": "a", "unchanged": "true"}},
        {"keys": ["a"], "only": {}},
        {"keys": ["a"], "only": None},
        {"keys": ["a"], "only": {"oldr_than": "30d"}},
        {"keys": ["a"], "only": {"older_than": 30}},
        {"keys": ["a"], "only": {"size": {"at_leat": "1MB"}}},
        {"keys": ["a"], "only": {"storage_class": "STANDARD_IA"}},
        {"keys": ["a"], "only": {"tags": {"project": 7}}},
        {"keys": ["a"], "only": {"match": []}},
        {"keys": ["a"], "only": {"skip_early_delete": "true"}},
        {"prefix": "a", "only": {"keep_latest": 0}},
    ],
    ids=ascii,
)
def test_the_schema_refuses_what_is_dangerous(document: dict[str, Any]) -> None:
    """A mistake is seen before it is sent."""
    jsonschema.Draft202012Validator.check_schema(schema())

    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(document)
