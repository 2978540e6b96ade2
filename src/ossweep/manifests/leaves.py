"""
Leaves: what a format makes of up to 65,536 bytes of a list at a time.

Each begins where a line begins, and is as long as it can be: so a line is too long wherever it
stands, or nowhere, however the bytes arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEAF_BYTES = 65_536  # the longest line, element or row
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that a format can make nothing of, and its text."""

    line: int
    wrong: str
    text: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """
    Rows that stand one after another, in columns of texts and of JSON's values.

    `used` bytes and `count` lines are done with: those of the rows, blank ones, and `wrong` ones.
    Where none are, the line that begins there is too long. `text_of` shows a row as it is written.
    """

    used: int
    count: int = 0
    lines: Sequence[int] = ()
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    wrong: Sequence[Wrong] = ()
    text_of: Callable[[int], str] = str


class Splitter(Protocol):
    """A format: makes leaves of bytes."""

    def split(self, window: bytes, number: int, *, final: bool) -> Leaf:
        """
        Return what stands in bytes that begin with the line of a number.

        They are LEAF_BYTES, or fewer if they are `final`. Raises ListError.
        """

    def end(self) -> None:
        """Take note that all has been split. Raises ListError if something is missing."""


def lines_of(window: bytes, *, final: bool) -> tuple[int, str]:
    """
    Return how many bytes the whole lines have that bytes begin with, and their text.

    What is not UTF-8 in it becomes lone surrogates.
    """
    used = len(window) if final else window.rfind(b"\n") + 1
    return used, window[:used].decode("utf-8", "surrogateescape")


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, whatever ends them; a final newline is no line."""
    lines = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def without_blanks(lines: Sequence[str], number: int) -> tuple[Sequence[str], Sequence[int]]:
    """Return the lines that are not empty, and their numbers, of which the first is given."""
    numbers = range(number, number + len(lines))
    if "" not in lines:
        return lines, numbers
    found = [(line, at) for line, at in zip(lines, numbers, strict=True) if line]
    return [line for line, _ in found], [at for _, at in found]
