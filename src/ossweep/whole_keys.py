"""
Patterns that were written as whole keys: names begin behind what selects them, so none would match.

An exception of that kind would keep nothing, and nobody would see it before all is gone. So one is
refused that begins with a selector of its own request, be it behind the bucket's name, or as an
address. A regex begins so if any of its alternatives does, at its top or in a group at its start.

A glob may repeat a selector's directories by wildcards. That is sure where it spells the first of
several: `app/log*/keep/**` beside `app/logs/`. Of one directory it is not: below `backups/` there
may well be `backup*/latest`. Then a note asks.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ossweep.addresses import address_of
from ossweep.errors import RequestError
from ossweep.names import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ossweep.conditions import Conditions

# An address, its bucket or its host, and the slash behind that.
_ADDRESS = re.compile(
    r"(?:(?:oss|s3):\\?/\\?/|https?:\\?/\\?/|acs:oss:[^:/]*:[^:/]*:)[^/]*(?:/|\Z)", re.IGNORECASE
)
_BUCKET = re.compile(r"[^/]*/")
_ESCAPE = re.compile(r"\\([^A-Za-z0-9])")
_ANCHOR = re.compile(r"(?:\(\?[a-zA-Z]+\)|\^|\\A)*")
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[a-zA-Z-]*:)|(?!\?))")
_STEP_OF_REGEX = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|.", re.DOTALL)
_LETTERS_OF_GLOB = re.compile(r"\\(?P<kept>.)|(?P<letter>[^\\*?\[])", re.DOTALL)
# A letter with a quantifier behind it is none.
_LETTERS_OF_REGEX = re.compile(
    r"(?:\\(?P<kept>[^A-Za-z0-9])|(?P<letter>[^\\.^$*+?()\[{|]))(?![*+?{])", re.DOTALL
)
_WILD = ("*", "?")
_SPECIAL = re.compile(r"[*?\[]")
MOST_BEGINS = 64  # alternatives of a regex that are looked at
_QUANTIFIERS = ("*", "+", "?", "{")


def check_no_whole_keys(
    only: Conditions, selectors: Sequence[str], where: str, bucket: str | None = None
) -> None:
    """
    Refuse a pattern that begins with one of the selectors, or with an address.

    `bucket` is the request's, if it names one, and `where` begins the sentence of a refusal
    ("request 2: `only`"). Raises RequestError.
    """
    # The shortest says most of a name. Without a slash it says too little: names may begin so, too.
    telling = sorted((each for each in selectors if "/" in each), key=len)
    said = {each: f"the selector {in_quotes(each)}" for each in telling}
    if bucket is not None:
        said.update({f"{bucket}/{each}": f"the bucket and {said[each]}" for each in telling})
    for name, patterns, is_regex in (
        ("match", only.match, False),
        ("except", only.except_, False),
        ("match_regex", only.match_regex, True),
        ("except_regex", only.except_regex, True),
    ):
        for pattern in patterns:
            place = f"{where}: `{name}`: {in_quotes(pattern)}"
            begins = _begins(pattern) if is_regex else [0]
            _check_address(pattern, begins, selectors, place, is_regex=is_regex)
            _check(pattern, begins, said, place, is_regex=is_regex)
            for selector, rest, is_sure in () if is_regex else _repeated(pattern, selectors):
                if is_sure:
                    raise RequestError(
                        f"{place} begins with what matches the selector {in_quotes(selector)}, and "
                        f"a name is only what stands behind it; write {in_quotes(rest)}"
                        f"{_or_in_brackets(pattern, begins)}"
                    )


def _begins(pattern: str) -> list[int]:
    """Return where a regex begins, and each of its alternatives, behind what anchors it."""
    most = 1 if r"\Q" in pattern else MOST_BEGINS  # what is quoted is read otherwise
    begins: list[int] = []
    groups: list[int | None] = []  # those open: how many begins were before one at the start
    at, is_first = 0, True
    while len(begins) < most and (is_first or at < len(pattern)):
        if is_first:
            anchor = _ANCHOR.match(pattern, at)
            at = at if anchor is None else anchor.end()
            group = _GROUP.match(pattern, at)
            if group is not None:
                groups.append(len(begins))
                at = group.end()
                continue
            begins.append(at)
            is_first = False
            continue
        step = _STEP_OF_REGEX.match(pattern, at)
        at = len(pattern) if step is None else step.end()
        letter = "" if step is None else step[0]
        if letter == "(":
            groups.append(None)
        elif letter == ")" and groups:
            before = groups.pop()
            if before is not None and pattern.startswith(_QUANTIFIERS, at):
                del begins[before:]  # it may be left out
        elif letter == "|":
            is_first = not groups or groups[-1] is not None
    return begins


def _check_address(
    pattern: str, begins: Sequence[int], selectors: Sequence[str], where: str, *, is_regex: bool
) -> None:
    for at in begins:
        found = _ADDRESS.match(pattern, at)
        read = None if found is None else address_of(_ESCAPE.sub(r"\1", pattern[at:]))
        if found is None or read is None:
            continue
        key, bucket = pattern[found.end() :], read[0]
        if bucket not in _ESCAPE.sub(r"\1", found[0]):  # it stands behind the service's own host
            key = _BUCKET.sub("", key, count=1)
        behind = [rest for each in selectors if (rest := _behind(key, each, is_regex=is_regex))]
        wanted = f"{pattern[:at]}{behind[0] if behind else key or '**'}"
        raise RequestError(
            f"{where} is an address, and no name is one: a name is what "
            f"stands behind the selector; write it so, such as {in_quotes(wanted)}"
        )


def _check(
    pattern: str, begins: Sequence[int], said: Mapping[str, str], where: str, *, is_regex: bool
) -> None:
    heads = {at: _head(pattern, at, is_regex=is_regex) for at in reversed(begins)}
    for selector, words in said.items():
        wanted, whole, ends = pattern, [], False
        for at, head in heads.items():
            if not (head.startswith(selector) or pattern.startswith(selector, at)):
                continue
            rest = _behind(pattern[at:], selector, is_regex=is_regex)
            if rest is not None:
                whole.append(at)
                ends = ends or rest[:1] in {"", "|", ")"}
                wanted = wanted[:at] + wanted[len(pattern) - len(rest) :]
        if not whole:
            continue
        written = "write what follows it" if ends else f"write {in_quotes(wanted)}"
        raise RequestError(
            f"{where} begins with {words}, and a name is only what stands behind it; "
            f"{written}{_or_in_brackets(pattern, whole)}"
        )


def _or_in_brackets(pattern: str, begins: Sequence[int]) -> str:
    """Return how to write a pattern that was meant as it is, if brackets can say so."""
    if not all(pattern[at].isalnum() for at in begins):
        return ""
    for at in sorted(begins, reverse=True):
        pattern = f"{pattern[:at]}[{pattern[at]}]{pattern[at + 1 :]}"
    return f", or {in_quotes(pattern)} if names do begin so"


def notes_on_globs(only: Conditions, selectors: Sequence[str]) -> Iterator[str]:
    """Yield notes on globs that may have been written as whole keys."""
    for name, patterns in (("match", only.match), ("except", only.except_)):
        for pattern in patterns:
            for selector, rest, _ in [*_repeated(pattern, selectors)][:1]:
                yield (
                    f"`{name}` {in_quotes(pattern)}: a name is only what stands behind the "
                    f"selector {in_quotes(selector)}, which this pattern seems to repeat; "
                    f"if it was meant as a whole key, write {in_quotes(rest)}"
                )


def _repeated(pattern: str, selectors: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """
    Yield the directories among selectors that a glob begins with as it reads them, what it has
    behind each, and whether it is sure that it repeats it.
    """
    parts = pattern.split("/")
    for selector in selectors:
        *names, last = selector.split("/")
        ahead, rest = parts[: len(names)], "/".join(parts[len(names) :])
        if names and not last and rest and all(map(_spells, ahead, names)):
            yield selector, rest, len(names) > 1 and ahead[0] == names[0]


def _spells(glob: str, name: str) -> bool:
    """Tell whether a glob matches a directory's name, and spells more than half of it."""
    letters, pattern = 0, ""
    while glob:
        found = _LETTERS_OF_GLOB.match(glob)
        if found is None and glob[0] not in _WILD:
            return False  # brackets, in which a first letter is put by who means it so
        letters += found is not None
        pattern += glob[0] if found is None else _SPECIAL.sub(r"[\g<0>]", found["kept"] or found[0])
        glob = glob[1 if found is None else found.end() :]
    return 2 * letters > len(name) and fnmatchcase(name, pattern)  # whose steps are few


def _head(pattern: str, at: int, *, is_regex: bool) -> str:
    """Return the letters that a pattern spells from a place on."""
    letters, head = _LETTERS_OF_REGEX if is_regex else _LETTERS_OF_GLOB, ""
    while (found := letters.match(pattern, at)) is not None:
        head += found["kept"] or found["letter"]
        at = found.end()
    return head


def _behind(text: str, selector: str, *, is_regex: bool) -> str | None:
    """
    Return what a pattern has behind a selector, if it begins with it.

    A selector is recognised as the pattern reads it, and as a key that was copied into it.
    """
    letters = _LETTERS_OF_REGEX if is_regex else _LETTERS_OF_GLOB
    at = 0
    for letter in selector:
        found = letters.match(text, at)
        if found is None or (found["kept"] or found["letter"]) != letter:
            break
        at = found.end()
    else:
        return text[at:]
    rest = text.removeprefix(selector)
    is_copied = rest != text and any(map(str.isalnum, selector))
    is_quantified = is_regex and rest.startswith(_QUANTIFIERS)
    return rest if is_copied and not is_quantified else None


def heads(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the directories with which a rule's selectors begin, ahead of their first parts."""
    texts = (each.partition("{")[0] for each in patterns if "{" in each)
    return tuple(text[: text.rfind("/") + 1] for text in texts)
