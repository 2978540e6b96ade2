"""
Patterns that were written as whole keys: names begin behind what selects them, so none would match.

An exception of that kind would keep nothing, and nobody would see it before all is gone. So one is
refused that begins with a selector of its own request, or as an address.

A glob may repeat a selector's directories by wildcards. That is sure where it spells the first of
several: `app/log*/keep/**` beside `app/logs/`. Of one directory it is not: below `backups/` there
may well be `backup*/latest`. Then a note asks.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ossweep.errors import RequestError
from ossweep.names import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ossweep.conditions import Conditions

_ADDRESS = re.compile(r"(?i)oss:\\?/\\?/")
_BUCKET = re.compile(r"[^/]*/")
_ANCHOR = re.compile(r"(?:\(\?[a-zA-Z]+\)|\^|\\A)*")
_LETTERS_OF_GLOB = re.compile(r"\\(?P<kept>.)|(?P<letter>[^\\*?\[])", re.DOTALL)
# A letter with a quantifier behind it is none.
_LETTERS_OF_REGEX = re.compile(
    r"(?:\\(?P<kept>[^A-Za-z0-9])|(?P<letter>[^\\.^$*+?()\[{|]))(?![*+?{])", re.DOTALL
)
_WILD = ("*", "?")
_SPECIAL = re.compile(r"[*?\[]")
_QUANTIFIERS = ("*", "+", "?", "{")


def check_no_whole_keys(only: Conditions, selectors: Sequence[str], where: str) -> None:
    """
    Refuse a pattern that begins with one of the selectors, or with oss://.

    `where` begins the sentence of a refusal ("request 2: `only`"). Raises RequestError.
    """
    for name, patterns, is_regex in (
        ("match", only.match, False),
        ("except", only.except_, False),
        ("match_regex", only.match_regex, True),
        ("except_regex", only.except_regex, True),
    ):
        for pattern in patterns:
            anchored = _ANCHOR.match(pattern) if is_regex else None
            anchor = "" if anchored is None else anchored[0]
            _check(pattern, anchor, selectors, f"{where}: `{name}`", is_regex=is_regex)


def _check(
    pattern: str, anchor: str, selectors: Sequence[str], where: str, *, is_regex: bool
) -> None:
    text = pattern[len(anchor) :]
    address = _ADDRESS.match(text)
    if address is not None:
        key = _BUCKET.sub("", text[address.end() :], count=1)
        behind = [rest for each in selectors if (rest := _behind(key, each, is_regex=is_regex))]
        wanted = f"{anchor}{behind[0] if behind else key or '**'}"
        raise RequestError(
            f"{where}: {in_quotes(pattern)} is an address, and no name is one: a name is what "
            f"stands behind the selector; write it so, such as {in_quotes(wanted)}"
        )
    # The shortest says most of a name. Without a slash it says too little: names may begin so, too.
    for selector in sorted((each for each in selectors if "/" in each), key=len):
        rest = _behind(text, selector, is_regex=is_regex)
        if rest is None:
            continue
        written = f"write {in_quotes(anchor + rest)}" if rest else "write what follows it"
        written += _or_in_brackets(text, anchor)
        raise RequestError(
            f"{where}: {in_quotes(pattern)} begins with the selector {in_quotes(selector)}, and a "
            f"name is only what stands behind it; {written}"
        )
    for selector, rest, is_sure in () if is_regex else _repeated(pattern, selectors):
        if is_sure:
            raise RequestError(
                f"{where}: {in_quotes(pattern)} begins with what matches the selector "
                f"{in_quotes(selector)}, and a name is only what stands behind it; "
                f"write {in_quotes(rest)}{_or_in_brackets(pattern, '')}"
            )


def _or_in_brackets(text: str, anchor: str) -> str:
    """Return how to write a pattern that was meant as it is, if brackets can say so."""
    if not (text[0].isascii() and text[0].isalnum()):
        return ""
    return f", or {in_quotes(f'{anchor}[{text[0]}]{text[1:]}')} if names do begin so"


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
