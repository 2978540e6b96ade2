"""
Patterns that were written as whole keys: names begin behind what selects them, so none would match.

An exception of that kind would keep nothing, and nobody would see it before all is gone. So one is
refused that begins with a selector of its own request, or as an address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ossweep.errors import RequestError
from ossweep.names import in_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.conditions import Conditions

_ADDRESS = re.compile(r"(?i)oss:\\?/\\?/")
_BUCKET = re.compile(r"[^/]*/")
_ANCHOR = re.compile(r"(?:\(\?[a-zA-Z]+\)|\^|\\A)*")
_LETTERS_OF_GLOB = re.compile(r"\\(?P<kept>.)|(?P<letter>[^\\*?\[])", re.DOTALL)
# A letter with a quantifier behind it is none.
_LETTERS_OF_REGEX = re.compile(
    r"(?:\\(?P<kept>[^A-Za-z0-9])|(?P<letter>[^\\.^$*+?()\[{|]))(?![*+?{])", re.DOTALL
)
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
        if text[0].isascii() and text[0].isalnum():
            meant_so = f"{anchor}[{text[0]}]{text[1:]}"
            written += f", or {in_quotes(meant_so)} if names do begin so"
        raise RequestError(
            f"{where}: {in_quotes(pattern)} begins with the selector {in_quotes(selector)}, and a "
            f"name is only what stands behind it; {written}"
        )


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
