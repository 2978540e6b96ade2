"""OSSWEEP_RULES: the deployment's decision about what an event of OSS asks for."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from ossweep.errors import RequestError, SettingsError
from ossweep.patterns import Pattern
from ossweep.request import parse
from ossweep.whole_keys import check_no_whole_keys, heads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ossweep.events import Happened

ANSWER = ".answer.json"  # the end of the name under which a request file's answer is written


def answer_key(key: str, job: str | None = None) -> str:
    """
    Return the key of the answer to a request file, or to one of the jobs in it.

    No two files have the same: the answer to `x` could only be that to a file whose own name is an
    answer's, and such a file is never run.
    """
    other = "" if key.endswith(".json") else ANSWER.removesuffix(".json")
    return key.removesuffix(".json") + (f".{job}" if job else "") + other + ANSWER


# Events after which an object is there, or is gone. Parts of an upload are neither, and when an
# upload is aborted, an older object of the same key may well be there.
EVENTS = (
    "ObjectCreated:AppendObject",
    "ObjectCreated:CompleteMultipartUpload",
    "ObjectCreated:CopyObject",
    "ObjectCreated:PostObject",
    "ObjectCreated:PutObject",
    "ObjectCreated:PutSymlink",
    "ObjectRemoved:DeleteObject",
    "ObjectRemoved:DeleteObjects",
)
WILDCARDS = ("ObjectCreated:*", "ObjectRemoved:*")

_FIELDS = {"on", "bucket", "key", "run", "manifest", "only", "delete"}
_OF_LISTS = ("manifest", "only")  # what is said beside "run": "manifest"
_SELECTORS = ("keys", "prefix", "directory")
_WHAT_TO_DELETE = (
    "`delete` is an object with one or more of keys, prefix and directory, and perhaps only"
)
_SAMPLE = "x"  # a part's value when a rule's deletion is tried out


@dataclass(frozen=True)
class Belongings:
    """The belongings that a rule deletes: patterns of keys, of prefixes and of directories."""

    keys: tuple[Pattern, ...] = ()
    prefix: tuple[Pattern, ...] = ()
    directory: tuple[Pattern, ...] = ()
    only: Mapping[str, Any] | None = None  # the conditions of the request

    def request(self, bucket: str, parts: Mapping[str, str]) -> dict[str, Any]:
        """Return the request, with the parts filled in."""
        filled = {
            name: [pattern.fill(parts) for pattern in getattr(self, name)] for name in _SELECTORS
        }
        said = {"bucket": bucket, **{name: names for name, names in filled.items() if names}}
        return said if self.only is None else {**said, "only": self.only}

    def texts(self) -> dict[str, Any]:
        """Return the patterns and conditions as they were written."""
        texts: dict[str, Any] = {
            name: [each.text for each in getattr(self, name)] for name in _SELECTORS
        }
        return {name: said for name, said in {**texts, "only": self.only}.items() if said}

    def patterns(self) -> Iterator[tuple[str, Pattern]]:
        """Yield each pattern with the name of its selector."""
        for name in _SELECTORS:
            for pattern in getattr(self, name):
                yield name, pattern

    def can_remove(self, key: Pattern) -> bool:
        """Tell whether this may delete an object whose key matches a pattern."""
        return any(
            pattern.meets(key, below=selector != "keys") for selector, pattern in self.patterns()
        )


@dataclass(frozen=True)
class Rule:
    """
    When something happens to an object whose key matches: run it as a request, or as a list of
    what to delete from its bucket, or delete what belongs to it.

    `manifest` is what is said of the list, as a request says it, and `only` its conditions.
    """

    on: str
    key: Pattern
    bucket: str | None = None
    run: Literal["request", "manifest"] | None = None
    delete: Belongings | None = None
    manifest: Mapping[str, Any] | None = None
    only: Mapping[str, Any] | None = None

    def parts(self, happened: Happened) -> Mapping[str, str] | None:
        """Return the parts of the key, or None if the rule says nothing about what happened."""
        if self.bucket not in (None, happened.bucket) or not self.concerns(happened.name):
            return None
        if self.run is not None and happened.key.endswith(ANSWER):
            return None
        return self.key.match(happened.key)

    def runs(self, bucket: str, key: str) -> bool:
        """Tell whether the rule runs an object of this key as a request."""
        return (
            self.run == "request"
            and self.bucket in (None, bucket)
            and not key.endswith(ANSWER)
            and self.key.match(key) is not None
        )

    def list_request(self, bucket: str, key: str) -> dict[str, Any]:
        """Return the request to delete what a list names."""
        listed = key if self.manifest is None else {"key": key, **self.manifest}
        said = {"bucket": bucket, "manifest": listed}
        return said if self.only is None else {**said, "only": self.only}

    def document(self) -> dict[str, Any]:
        """Return the rule as OSSWEEP_RULES has it."""
        deletion = {} if self.delete is None else self.delete.texts()
        said = {
            "bucket": self.bucket,
            "run": self.run,
            "manifest": self.manifest,
            "only": self.only,
            "delete": deletion,
        }
        return {
            "on": self.on,
            "key": self.key.text,
            **{name: value for name, value in said.items() if value},
        }

    def concerns(self, name: str) -> bool:
        """Tell whether the rule is about events of this name."""
        return name in EVENTS and fnmatchcase(name, self.on)

    def sets_off(self, other: Rule) -> bool:
        """Tell whether this rule may delete an object whose removal another rule waits for."""
        return (
            self.delete is not None
            and other.on.startswith("ObjectRemoved:")
            and (self.bucket is None or other.bucket in (None, self.bucket))
            and self.delete.can_remove(other.key)
        )


def read(text: str) -> tuple[Rule, ...]:
    """Read OSSWEEP_RULES; raises SettingsError with the rule's number."""
    try:
        documents = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"OSSWEEP_RULES is not JSON: {error}; write a list of rules") from None
    if not isinstance(documents, list):
        raise SettingsError("OSSWEEP_RULES is no list; write a list of rules")
    rules = []
    for number, document in enumerate(documents, start=1):
        try:
            rules.append(_rule(document))
        except (ValueError, RequestError) as error:
            raise SettingsError(f"OSSWEEP_RULES: rule {number}: {error}") from None
    _refuse_circles(rules)
    return tuple(rules)


def _rule(document: Any) -> Rule:
    if not isinstance(document, dict):
        raise RequestError('it is no object; write {"on": ..., "key": ..., "delete": ...}')
    unknown = sorted(document.keys() - _FIELDS)
    if unknown:
        raise ValueError(
            f"there is no field {json.dumps(unknown[0])}; the fields are on, bucket, "
            "key, and run or delete, and beside run also manifest and only"
        )
    on = _on(document.get("on"))
    key = Pattern(_text(document, "key"))
    bucket = _text(document, "bucket") if "bucket" in document else None
    if ("run" in document) == ("delete" in document):
        raise ValueError('write either "run" or "delete"')
    beside = [name for name in _OF_LISTS if name in document]
    if beside and document.get("run") != "manifest":
        raise ValueError(
            f'`{beside[0]}` is said of lists, beside "run": "manifest"; leave it out, or write it '
            "in the request file, or in `delete`"
        )
    if beside:
        return _of_lists(document, Rule(on, key, bucket, run=_run(document["run"], on)))
    if "run" in document:
        return Rule(on, key, bucket, run=_run(document["run"], on))
    return Rule(on, key, bucket, delete=_deletion(document["delete"], key))


def _text(document: Mapping[str, Any], name: str) -> str:
    text = document.get(name)
    if not isinstance(text, str) or not text:
        raise ValueError(f"`{name}` is {json.dumps(text)}; write a string")
    return text


def _on(on: Any) -> str:
    name = on.removeprefix("oss:") if isinstance(on, str) else on
    if name not in (*EVENTS, *WILDCARDS):
        raise ValueError(
            f"`on` is {json.dumps(on)}; write one of {', '.join((*WILDCARDS, *EVENTS))}"
        )
    return str(name)


def _run(run: Any, on: str) -> Literal["request", "manifest"]:
    if run not in {"request", "manifest"}:
        raise ValueError(
            f'`run` is {json.dumps(run)}; write "run": "request", or "run": "manifest"'
        )
    if not on.startswith("ObjectCreated:"):
        raise ValueError('"run" reads the object, so `on` must be an ObjectCreated event')
    return "request" if run == "request" else "manifest"


def _of_lists(document: Mapping[str, Any], rule: Rule) -> Rule:
    """Return a rule with what it says of lists; it is tried out."""
    said = document.get("manifest")
    if "manifest" in document and not (isinstance(said, dict) and said):
        raise ValueError(
            f"`manifest` is {json.dumps(said)}; write what a request says of a list, such as "
            '{"format": "csv"}, or leave it out'
        )
    strange = next((name for name in ("key", "bucket") if name in (said or {})), None)
    if strange is not None:
        raise ValueError(
            f"`manifest.{strange}` is the event's, whose object is the list; leave it out"
        )
    rule = replace(rule, manifest=said, only=_only(document, rule.key, "only"))
    name = rule.key.fill(dict.fromkeys(rule.key.parts, _SAMPLE))
    parse(rule.list_request("examplebucket", name), "for each list")
    return rule


def _only(document: Mapping[str, Any], key: Pattern, name: str) -> Mapping[str, Any] | None:
    """Return the conditions of a rule, in which nothing is filled in."""
    only = document.get("only")
    if "only" in document and not isinstance(only, dict):
        raise ValueError(f"`{name}` is {json.dumps(only)}; write an object, or leave it out")
    filled = [part for part in key.parts if f"{{{part}}}" in json.dumps(only, ensure_ascii=False)]
    if filled:
        raise ValueError(f"no part such as {{{filled[0]}}} is filled in within `only`")
    return only


def _deletion(document: Any, key: Pattern) -> Belongings:
    if not isinstance(document, dict) or document.keys() - {*_SELECTORS, "only"}:
        raise ValueError(_WHAT_TO_DELETE)
    named = {name: _patterns(name, document[name]) for name in _SELECTORS if name in document}
    if not named:
        raise ValueError(_WHAT_TO_DELETE)
    deletion = Belongings(**named, only=_only(document, key, "delete.only"))
    for selector, pattern in deletion.patterns():
        strangers = set(pattern.parts) - set(key.parts)
        if strangers:
            raise ValueError(f"`key` has no part {{{min(strangers)}}}")
        if selector == "prefix" and pattern.text.endswith("}"):
            raise ValueError(
                f"the prefix {json.dumps(pattern.text)} ends with a part, so that 1 would also "
                "match 10; write what follows the part, or use directory"
            )
    said = parse(deletion.request("examplebucket", dict.fromkeys(key.parts, _SAMPLE)), "`delete`")
    if said.only is not None and said.only.names:
        texts = (pattern.text for name, pattern in deletion.patterns() if name != "keys")
        check_no_whole_keys(said.only, heads(texts), "`delete`: `only`")
    return deletion


def _patterns(name: str, texts: Any) -> tuple[Pattern, ...]:
    listed = [texts] if isinstance(texts, str) and name != "keys" else texts
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise ValueError(f"`delete.{name}` is {json.dumps(texts)}; write a list of strings")
    return tuple(Pattern(text) for text in listed)


def _refuse_circles(rules: list[Rule]) -> None:
    """Refuse rules that would set off themselves, at once or by way of others."""
    for first in range(len(rules)):
        reached: set[int] = set()
        todo = [first]
        while todo:
            rule = rules[todo.pop()]
            for number, other in enumerate(rules):
                if number not in reached and rule.sets_off(other):
                    reached.add(number)
                    todo.append(number)
        if first in reached:
            raise SettingsError(
                f"OSSWEEP_RULES: rule {first + 1}: what it deletes would set it off again; "
                "let it delete keys that no such rule matches"
            )
