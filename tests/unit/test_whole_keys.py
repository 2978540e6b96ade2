"""Patterns that were written as whole keys are refused, with what to write instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ossweep import rules
from ossweep.errors import RequestError, SettingsError
from ossweep.request import parse

LOGS = {"prefix": "logs/"}


def refusal(selectors: dict[str, Any], **only: Any) -> str:
    """Return the sentence for a request with these conditions, "" if it is taken."""
    try:
        parse({**selectors, "only": only})
    except RequestError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("name", "pattern", "instead"),
    [
        ("match", "logs/*.log", "*.log"),
        ("except", "logs/keep/**", "keep/**"),
        ("match_regex", "logs/.*", ".*"),
        ("match_regex", "^logs/.*", "^.*"),
        ("except_regex", "logs/keep/", "keep/"),
        ("except_regex", r"(?i)\Alogs\/keep", r"(?i)\Akeep"),
    ],
)
def test_a_pattern_that_begins_with_the_selector_is_refused(
    name: str, pattern: str, instead: str
) -> None:
    """The sentence says what stands behind it."""
    said = refusal(LOGS, **{name: ["x", pattern]})

    assert f"`{name}`: {json.dumps(pattern)} begins with the selector" in said
    assert f'"logs/", and a name is only what stands behind it; write {json.dumps(instead)}' in said


@pytest.mark.parametrize(
    ("name", "pattern", "way_out"),
    [
        ("except", "logs/keep/**", "[l]ogs/keep/**"),
        ("except_regex", "^logs/keep/", "^[l]ogs/keep/"),
    ],
)
def test_a_name_that_does_begin_so_has_a_pattern(name: str, pattern: str, way_out: str) -> None:
    """It is told, and taken."""
    assert f", or {json.dumps(way_out)} if names do begin so" in refusal(LOGS, **{name: pattern})
    assert refusal(LOGS, **{name: way_out}) == ""


@pytest.mark.parametrize(
    ("selectors", "pattern", "instead"),
    [
        ({"directory": "src"}, "src/a", "a"),
        ({"prefix": ["b/", "src/a/"], "keys": ["c"]}, "src/a/b", "b"),
        ({"prefix": ["src/a/", "src/"]}, "src/a/b", "a/b"),
        ({"prefix": "a[b]/"}, "a[b]/c", "c"),
        ({"prefix": "a[b]/"}, r"a\[b\]/c", "c"),
        ({"prefix": "logs/2024-"}, "logs/2024-*", "*"),
    ],
)
def test_a_selector_is_recognised(selectors: dict[str, Any], pattern: str, instead: str) -> None:
    """As it is read, or copied; of several the one that leaves most of the name."""
    assert f"; write {json.dumps(instead)}" in refusal(selectors, match=pattern)


@pytest.mark.parametrize(
    ("selectors", "pattern", "instead"),
    [
        ({"prefix": "app/logs/"}, "app/log*/keep/**", "keep/**"),
        ({"directory": "app/logs"}, "app/log?/*.gz", "*.gz"),
        ({"prefix": ["x/", "app/logs/"]}, "app/l*ogs/a/b", "a/b"),
        ({"prefix": "app/lo*gs/"}, r"app/?o\*gs/a", "a"),
    ],
)
def test_a_pattern_that_repeats_several_directories_by_wildcards_is_refused(
    selectors: dict[str, Any], pattern: str, instead: str
) -> None:
    """Where it spells the first of them: it was written from the bucket's root."""
    said = refusal(selectors, **{"except": pattern})

    assert f"`except`: {json.dumps(pattern)} begins with what matches the selector" in said
    assert f"; write {json.dumps(instead)}, or " in said
    way_out = json.loads(said.partition(", or ")[2].removesuffix(" if names do begin so"))
    assert refusal(selectors, **{"except": way_out}) == ""


def test_a_selector_alone_is_no_pattern() -> None:
    """Nothing is behind it that could be written."""
    assert "; write what follows it, or " in refusal(LOGS, match="logs/")


@pytest.mark.parametrize(
    ("selectors", "only"),
    [
        (LOGS, {"match": "**/logs/*"}),
        (LOGS, {"match": "log/*", "except_regex": r"x|\.log$"}),
        ({"prefix": "*"}, {"match": "*.log"}),
        ({"prefix": "2024-"}, {"match": "2024-*"}),
        ({"prefix": "a"}, {"match": "a*"}),
        ({"prefix": "a"}, {"match_regex": "a*b"}),
        ({"prefix": "d"}, {"match_regex": r"\d+"}),
        ({"prefix": "."}, {"match_regex": ".*"}),
        ({"keys": ["logs/a"]}, {"match": "logs/*"}),
        ({"everything": True, "confirm": "b", **LOGS}, {"except": "logs/keep/**"}),
        ({"manifest": "lists/a.txt"}, {"match": "logs/*"}),
        ({"prefix": "app/logs/"}, {"except": ["app/*/keep/**", "app/l*/x", "app/**", "*/logs/a"]}),
        ({"prefix": "app/logs/"}, {"except": ["*", "**/x", "*/keep/**", "app/log*", "log*/x"]}),
        ({"prefix": "app/logs/2024-"}, {"except": "app/log*/keep"}),
        ({"prefix": "backups/"}, {"except": "backup*/latest"}),
    ],
)
def test_a_pattern_of_names_is_taken(selectors: dict[str, Any], only: dict[str, str]) -> None:
    """Whether it only looks like a selector, or whole keys are names."""
    assert refusal(selectors, **only) == ""


@pytest.mark.parametrize(
    ("selectors", "name", "pattern", "instead"),
    [
        (LOGS, "except", "oss://examplebucket/logs/keep/**", "keep/**"),
        (LOGS, "match", "OSS://examplebucket/other/*", "other/*"),
        (LOGS, "match_regex", "^oss://examplebucket/logs/.*", "^.*"),
        ({"keys": ["a"]}, "match", "oss://examplebucket/a", "a"),
        ({"everything": True, "confirm": "b"}, "match", "oss://examplebucket/", "**"),
    ],
)
def test_an_address_is_no_pattern(
    selectors: dict[str, Any], name: str, pattern: str, instead: str
) -> None:
    """Whatever selects."""
    said = refusal(selectors, **{name: pattern})

    assert f"`{name}`: {json.dumps(pattern)} is an address, and no name is one: " in said
    assert said.endswith(f"such as {json.dumps(instead)}")


def rule(deletion: dict[str, Any]) -> str:
    return json.dumps([{"on": "ObjectRemoved:*", "key": "videos/{id}.mp4", "delete": deletion}])


@pytest.mark.parametrize(
    ("deletion", "pattern"),
    [
        ({"prefix": "hls/{id}/"}, "hls/*/keep"),
        ({"directory": "hls/all"}, "hls/all/keep"),
    ],
)
def test_a_rule_has_no_such_pattern(deletion: dict[str, Any], pattern: str) -> None:
    """What stands ahead of its parts is enough."""
    with pytest.raises(SettingsError, match=r"^OSSWEEP_RULES: rule 1: `delete`: `only`: `except`"):
        rules.read(rule({**deletion, "only": {"except": pattern}}))


@pytest.mark.parametrize("deletion", [{"keys": ["hls/{id}"]}, {"prefix": "h{id}/"}])
def test_a_rules_pattern_of_names_is_taken(deletion: dict[str, Any]) -> None:
    """Of its keys, the whole key is the name."""
    assert rules.read(rule({**deletion, "only": {"except": "hls/*"}}))


def test_a_pattern_of_many_stars_is_compared_at_once() -> None:
    """Nothing that somebody sends takes long to read."""
    selector = f"app/{'a' * 900}/"

    assert refusal({"prefix": selector}, **{"except": f"app/{'*a' * 500}b/x"}) == ""
