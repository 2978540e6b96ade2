r"""
Shell globs on names: `*` and `?` stay within one directory, `**` crosses, `[a-z]`, `[!a]`, `\*`.

A glob becomes a regular expression, and no pattern and no key can hang it: one with so few stars
that the `re` module cannot try much again is matched by that, any other by RE2, in linear time.
(A glob library that uses `re` for all of them needs 12 seconds for `*a*a*a*b` on a key of 256
characters; and to match paths it takes `a` for `a/` and `a//b` for `a/b`, which are other objects.)

A key is opaque: a dot at its beginning hides nothing, and `a//b` has a name in the middle that is
empty. Where there are two readings, the object stays: a star alone between slashes, or `**` at the
end, matches nothing empty in `match`, and does in `except` (`widely`). What shells read in ways
that differ is refused.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_STAR = "[^/]*"
_CROSSES = "**"
_FEW = 64  # characters of a pattern that is tried at each slash of a key
_SPECIAL = re.compile(r"(?s)(\*+)|(\?)|\\(.?)|\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]|(.)")
_OTHER_MEMBERS = re.compile(r"/|\[[:=.]|\\[A-Za-z0-9]")
# What is asked of the end of a name only; `**/*` asks that it does not end with a slash.
_ENDING = re.compile(r"(?!\*\*/\*\Z)(\*\*/)?\*([\w.,:;=@&%$#~+ -]*)", re.ASCII)
_MEMBER = re.compile(r"(?s)\\?(.)(?:-\\?(.))?")


class Globs:
    """Patterns of which one has to match. Raises ValueError, with a sentence, for what is none."""

    def __init__(self, patterns: Sequence[str], *, widely: bool) -> None:
        pieces = [_pieces(pattern, widely=widely) for pattern in patterns]
        expressions = "|".join(_joined(each, widely=widely) for each in pieces)
        expression = f"(?s)(?:{expressions})"
        self.is_quick = all(
            len(pattern) <= _FEW and _has_few_stars(each)
            for pattern, each in zip(patterns, pieces, strict=True)
        )
        # Tells whether a name matches; raises UnicodeEncodeError for one that is no UTF-8.
        self.matches: Callable[[str], object] = (
            re.compile(expression).fullmatch if self.is_quick else _linear(expression)
        )
        self._ending = None if len(patterns) > 1 or widely else _ENDING.fullmatch(patterns[0])

    def match_all(self, names: Sequence[str]) -> bool:
        """Tell whether all names match: of a pattern that only asks for an end, at a glance."""
        if self._ending is None:
            return all(map(self.matches, names))
        crosses, ending = self._ending.groups()
        if not crosses and "/" in "".join(names):
            return False
        return all(map(str.endswith, names, repeat(ending))) if ending else all(names)


def _linear(expression: str) -> Callable[[str], object]:
    from ossweep.filters.linear import compiled  # noqa: PLC0415 - few patterns need it

    fullmatch = compiled(expression).fullmatch
    return lambda name: fullmatch(name.encode())


def _has_few_stars(pieces: Sequence[Sequence[str]]) -> bool:
    """
    Tell whether a name is matched in steps that grow no faster than it does.

    A star is tried again within its own directory only, if that has no other. Of those that cross,
    the last may end the pattern, where it never fails, and one may come before it.
    """
    crossing = sum(piece == [_CROSSES] for piece in pieces[:-1])
    return crossing <= 1 and all(piece.count(_STAR) <= 1 for piece in pieces)


def _joined(pieces: Sequence[Sequence[str]], *, widely: bool) -> str:
    """Return the expression for pieces between slashes."""
    texts = []
    has_crossed = False
    for piece in pieces[:-1]:
        if piece != [_CROSSES]:
            texts.append(_behind(piece, has_crossed=has_crossed) + "/")
        has_crossed = piece == [_CROSSES]
    last = pieces[-1]
    if last == [_CROSSES]:
        texts.append(".*" if widely else ".+")
    else:
        texts.append(_behind(last, has_crossed=has_crossed))
    return "".join(texts)


def _behind(piece: Sequence[str], *, has_crossed: bool) -> str:
    """Return the expression for a piece, and for `**/` before it if that stands there."""
    if not has_crossed:
        return "".join(piece)
    if piece[:1] == [_STAR]:  # any directories and any beginning: the star is a part of it
        return ".*" + "".join(piece[1:])
    return "(?:.*/)?" + "".join(piece)


def _pieces(pattern: str, *, widely: bool) -> list[list[str]]:
    """Return what a pattern holds between its slashes, each part as an expression."""
    _refuse_other_readings(pattern, widely=widely)
    pieces: list[list[str]] = [[]]
    for part in _parts(pattern):
        if part == "/":
            pieces.append([])
        else:
            pieces[-1].append(part)
    if any(_CROSSES in piece and len(piece) > 1 for piece in pieces):
        raise ValueError(
            "`**` has to stand alone between slashes; "
            "write `**/*.log` for all names that end so, or `*.log` for those of one directory"
        )
    kept = [
        piece
        for at, piece in enumerate(pieces)
        if not (piece == [_CROSSES] and at and pieces[at - 1] == [_CROSSES])  # twice is once
    ]
    return kept if widely else [["[^/]+"] if piece == [_STAR] else piece for piece in kept]


def _refuse_other_readings(pattern: str, *, widely: bool) -> None:
    """Refuse what other tools would read as something else than its characters."""
    if pattern.startswith("!"):
        raise ValueError(
            "some tools read `!` at the beginning as an exception; "
            r"write the pattern under `except`, or `\\!` for the character"
        )
    if pattern.startswith(("/", "./")):
        raise ValueError(
            "a name is matched from its beginning, where no slash and no `./` stand; "
            "write the pattern without"
        )
    if widely and pattern.endswith("/"):
        raise ValueError(
            "this names the directory's marker and nothing in it; "
            "write `**` behind the slash, which keeps the marker as well"
        )


def _parts(pattern: str) -> Iterator[str]:
    for found in _SPECIAL.finditer(pattern):
        stars, one, escaped, negated, members, plain = found.groups()
        if stars is not None:
            yield from _stars(stars)
        elif one is not None:
            yield "[^/]"
        elif escaped is not None:
            yield _literal(escaped)
        elif members is not None:
            yield _class(members, is_negated=bool(negated))
        elif plain == "[":
            raise ValueError(r"`[` has no `]`; write it, or `\\[` for the character")
        elif plain in "{}":
            raise ValueError(
                r"`{a,b}` is not read here; write a list of patterns, or `\\{` for the character"
            )
        else:
            yield "/" if plain == "/" else re.escape(plain)


def _stars(stars: str) -> Iterator[str]:
    if len(stars) > len(_CROSSES):
        raise ValueError("more than two stars stand together; write `*` or `**`")
    yield _CROSSES if stars == _CROSSES else _STAR


def _literal(escaped: str) -> str:
    """Return the expression for a character behind a backslash."""
    if not escaped or escaped == "/" or (escaped.isalnum() and escaped.isascii()):
        raise ValueError(
            f"a backslash makes a special character a plain one, and `\\{escaped}` has none; "
            r"write `\\\\` for a backslash, and `/` between directories"
        )
    return re.escape(escaped)


def _class(members: str, *, is_negated: bool) -> str:
    """Return the expression for the characters between brackets, none of which is a slash."""
    if not members or _OTHER_MEMBERS.search(members):
        raise ValueError(
            "between brackets only characters and ranges such as a-z are read, and no slash; "
            "write them one by one"
        )
    texts = []
    for found in _MEMBER.finditer(members):
        first, last = found[1], found[2] or found[1]
        if first > last:
            raise ValueError(f"the range {first}-{last} is upside down; write {last}-{first}")
        # A star and its like never match a slash, nor does a range over it.
        halves = [(first, "."), ("0", last)] if first < "/" < last else [(first, last)]
        texts += [re.escape(a) + "-" + re.escape(b) for a, b in halves]
    return f"[{'^/' if is_negated else ''}{''.join(texts)}]"
