"""A name that was meant otherwise is refused, or told of."""

from __future__ import annotations

import json

import pytest

from ossweep import meant
from ossweep.conditions import Conditions
from ossweep.errors import RequestError
from ossweep.request import parse
from ossweep.settings import Settings

pytestmark = pytest.mark.differs

ALLOWED = Settings(buckets=("one", "two"), endpoint="https://oss.example.org:8443/")
HOST = "oss-cn-hangzhou.aliyuncs.com"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("oss://one/logs/a b.txt", "logs/a b.txt"),
        ("OSS://one/a%20b", "a%20b"),
        (f"https://one.{HOST}/logs/a%20b.txt?Expires=1&Signature=x", "logs/a b.txt"),
        (f"http://one.{HOST}/a#b", "a"),
        ("https://one.oss-cn-hangzhou-internal.aliyuncs.com/a", "a"),
        (f"https://{HOST}/one/a/b", "a/b"),
        (f"https://ONE.{HOST}:443/a", "a"),
        ("http://one.oss.aliyuncs.com/a", "a"),
        ("https://one.oss-accelerate.aliyuncs.com/a", "a"),
        ("https://one.s3.oss-cn-hangzhou.aliyuncs.com/a", "a"),
        ("s3://one/a", "a"),
        (f"oss://one.{HOST}/a/b", "a/b"),
        ("oss://one.cn-hangzhou.oss-dls.aliyuncs.com/a", "a"),
        ("acs:oss:cn-hangzhou:1234:one/a/b", "a/b"),
        ("acs:oss:*:*:one/a", "a"),
        ("https://one.oss.example.org:8443/a%2Fb", "a/b"),
        ("http://oss.example.org:8443/one/a", "a"),
    ],
)
@pytest.mark.parametrize("field", ["keys", "prefix", "directory"])
def test_an_address_is_refused_with_the_key_that_was_meant(
    address: str, key: str, field: str
) -> None:
    """It is the address of an object in a bucket that may be swept."""
    request = parse({field: [address]})

    with pytest.raises(RequestError, match="is an address and no key") as refused:
        meant.check_no_address(request, "one", ALLOWED, "request 2")

    slash = "/" if field == "directory" and not address.endswith("/") else ""
    assert str(refused.value).startswith(f"request 2: `{field}`: ")
    assert f'; write "{key}' in str(refused.value)
    assert "bucket" not in str(refused.value).rpartition("; write ")[2] or slash


def test_an_address_in_another_bucket_names_that() -> None:
    """Both are allowed."""
    with pytest.raises(RequestError, match='write "a" with "bucket": "two"'):
        meant.check_no_address(parse({"keys": ["oss://two/a"]}), "one", ALLOWED, "it")


def test_an_address_of_a_whole_bucket_is_refused() -> None:
    """Nobody empties it by mistake."""
    with pytest.raises(RequestError, match='it names the whole bucket "one"'):
        meant.check_no_address(parse({"prefix": "oss://one/"}), "one", ALLOWED, "it")


@pytest.mark.parametrize(
    "name",
    [
        "oss://three/a",
        "https://example.com/a",
        f"https://three.{HOST}/a",
        "oss:/one/a",
        "backup/oss://one/a",
        "https://one.example.org/a",
        "https://one.oss.example.org.evil.org/a",
        f"one.{HOST}/a",
        "acs:mns:*:*:one/a",
        "https:",
    ],
)
def test_a_name_that_may_be_a_key_is_taken_for_one(name: str) -> None:
    """Keys may look like anything; only what names a bucket that is swept was surely meant so."""
    meant.check_no_address(parse({"keys": [name], "prefix": name}), "one", ALLOWED, "it")


def test_any_address_is_refused_where_any_bucket_may_be_swept() -> None:
    """It could be in any of them."""
    with pytest.raises(RequestError):
        meant.check_no_address(
            parse({"keys": ["oss://three/a"]}), "one", Settings(buckets=("*",)), "it"
        )


def test_an_asterisk_is_told_to_have_been_taken_to_the_letter() -> None:
    """Only some of many names are shown."""
    request = parse({"prefix": [f"{letter}/*" for letter in "abcde"], "keys": ["k"]})

    [note] = meant.notes(request)

    assert note.startswith('`prefix` "a/*", `prefix` "b/*", `prefix` "c/*" and 2 more: ')
    assert "to the letter" in note


def test_the_note_on_an_asterisk_says_how_a_pattern_is_written() -> None:
    """And what it says can be sent."""
    [note] = meant.notes(parse({"keys": ["logs/*.log"]}))

    _, _, advice = note.partition(": write ")
    request = parse(json.loads(f"{{{advice}}}"))
    assert (request.prefix, request.only) == (("logs/",), Conditions(match=("*.log",)))


def test_a_name_without_one_needs_no_note() -> None:
    """Nothing is said."""
    assert meant.notes(parse({"prefix": "a/?[b]"})) == ()


@pytest.mark.parametrize(
    ("name", "pattern", "instead"),
    [("except", "log*/keep/**", "keep/**"), ("match", "log?/*.gz", "*.gz")],
)
def test_a_pattern_that_seems_to_repeat_its_selector_is_noted(
    name: str, pattern: str, instead: str
) -> None:
    """Directories may be named so, and it is taken; the dry run's answer says how it was read."""
    request = parse({"prefix": ["x/", "logs/"], "only": {name: ["*", pattern]}})

    [note] = meant.notes(request)

    assert note.startswith(f"`{name}` {json.dumps(pattern)}: a name is only what stands behind the")
    assert note.endswith(f"if it was meant as a whole key, write {json.dumps(instead)}")


@pytest.mark.parametrize("pattern", ["*/keep/**", "**/x", "l*/x", "[l]ogs/x", "log*", "other*/x"])
def test_a_pattern_of_names_needs_no_note(pattern: str) -> None:
    """It spells too little of the selector, or something else."""
    assert meant.notes(parse({"prefix": "logs/", "only": {"except": pattern}})) == ()
