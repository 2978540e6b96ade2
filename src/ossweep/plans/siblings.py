"""
Siblings: what a selector takes, or leaves, beside what its author may have had in mind.

A `prefix` without a slash at its end is a plain string match: `src` takes the tree of the directory
`src/`, and `src2/` and `src.txt` as well. And a named key that ends with a slash is a directory's
own object: whatever lies below it stays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping  # noqa: TC003 - a continuation is read by these types
from dataclasses import dataclass, field
from heapq import nlargest
from typing import TYPE_CHECKING

from ossweep.names import in_quotes
from ossweep.plans.directories import NOTHING, Amount, added
from ossweep.plurals import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.objects import Columns

MOST_NAMED_BESIDE = 20  # siblings of a prefix that are kept by name
TOLD = 3  # of them in a sentence
_AFTER_SLASH = chr(ord("/") + 1)


@dataclass(frozen=True)
class Siblings:
    """
    What a prefix takes: `within` the directory of its name, and `beside` it.

    `named` are the first of those beside it, each a directory with what it has below it, or an
    object at the top; the others are in `beside` only, and then `is_cut`.
    """

    prefix: str
    within: Amount = NOTHING
    beside: Amount = NOTHING
    named: Mapping[str, Amount] = field(default_factory=dict)
    is_cut: bool = False

    def __add__(self, other: Siblings) -> Siblings:
        """Return what the same prefix takes in both parts of its keys."""
        named = added(self.named, other.named)
        kept = sorted(named)[:MOST_NAMED_BESIDE]
        return Siblings(
            self.prefix,
            self.within + other.within,
            self.beside + other.beside,
            {name: named[name] for name in kept},
            self.is_cut or other.is_cut or len(kept) < len(named),
        )

    @property
    def is_surprising(self) -> bool:
        """Whether both are there: a directory of the name, and something beside it."""
        return bool(self.within.objects and self.beside.objects)

    def sentence(self) -> str:
        """Say what the prefix takes beside the directory, where that `is_surprising`."""
        largest = nlargest(TOLD, self.named.items(), key=lambda each: (each[1].objects, each[0]))
        names = sorted(name for name, _ in largest)
        told = [
            f"below {in_quotes(name)}" if name.endswith("/") else in_quotes(name) for name in names
        ]
        within, beside = (counted(each.objects, "object") for each in (self.within, self.beside))
        more = ["elsewhere"] if self.is_cut or len(names) < len(self.named) else []
        return (
            f"the prefix {in_quotes(self.prefix)} takes {within} below "
            f"{in_quotes(self.prefix + '/')}, and {beside} beside it: "
            f"{_listed([*told, *more])}; write `directory` instead to leave them"
        )


def siblings_of(prefix: str, columns: Columns) -> Siblings | None:
    """
    Return what a prefix takes of objects that all begin with it.

    None if it ends with a slash, or is empty: then there is no directory of its name.
    """
    if not prefix or prefix.endswith("/"):
        return None
    keys, sizes = columns.keys, columns.sizes
    first = bisect_left(keys, prefix + "/")
    end = bisect_left(keys, prefix + _AFTER_SLASH, first)
    within = Amount(end - first, sum(sizes[first:end]))
    whole = Amount(len(keys), sum(sizes))
    named: dict[str, Amount] = {}
    cut = _add_named(prefix, columns, 0, first, named)
    cut = _add_named(prefix, columns, end, len(keys), named) or cut
    return Siblings(prefix, within, whole - within, named, cut)


def _add_named(prefix: str, columns: Columns, at: int, end: int, named: dict[str, Amount]) -> bool:
    """Add up what lies beside a directory, by name; return whether not all of it has one."""
    keys, sizes = columns.keys, columns.sizes
    while at < end:
        slash = keys[at].find("/", len(prefix)) + 1
        name = keys[at][:slash] if slash else keys[at]
        if name not in named and len(named) == MOST_NAMED_BESIDE:
            return True
        after = bisect_left(keys, name[:-1] + _AFTER_SLASH, at, end) if slash else at + 1
        named[name] = named.get(name, NOTHING) + Amount(after - at, sum(sizes[at:after]))
        at = after
    return False


@dataclass(frozen=True)
class BelowNamed:
    """
    What lies below a named key that ends with a slash, and stays; `more` may follow.

    Most directories have no object of their own, and then the key `is_there` only by its name.
    """

    key: str
    below: Amount = NOTHING
    more: bool = False
    is_there: bool = True

    def __add__(self, other: BelowNamed) -> BelowNamed:
        """Return what lies below the same key in both parts of a listing."""
        below, more = self.below + other.below, self.more or other.more
        return BelowNamed(self.key, below, more, self.is_there or other.is_there)

    def sentence(self) -> str:
        """Say that it stays, where there is something."""
        least = "at least " if self.more else ""
        stay = counted(self.below.objects, "object below it stays", "objects below it stay")
        stay, them = f"{least}{stay}", "it" if self.below.objects == 1 else "them"
        if self.is_there:
            return (
                f"the key {in_quotes(self.key)} is a directory's own object, and {stay}; write "
                f"`directory` instead to delete {them}, too"
            )
        return (
            f"the key {in_quotes(self.key)} shows no object, and {stay}; write `directory` instead "
            f"to delete {them}"
        )


def below_named(
    key: str, columns: Columns, *, more: bool = False, is_there: bool = True
) -> BelowNamed | None:
    """
    Return what a listing shows below a named key; None if it names no directory.

    `more` tells that the listing goes on: one page of it is enough to say so.
    """
    if not key.endswith("/"):
        return None
    keys, sizes = columns.keys, columns.sizes
    first, end = bisect_right(keys, key), bisect_left(keys, key[:-1] + _AFTER_SLASH)
    is_last = end < len(keys)
    below = Amount(end - first, sum(sizes[first:end]))
    return BelowNamed(key, below, more and not is_last, is_there)


def _listed(names: Sequence[str] | Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
