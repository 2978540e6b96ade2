"""
Text: a key a line. Nothing is trimmed but what ends the line, a newline with or without a carriage
return before it: spaces belong to keys.

A line in which nothing stands is no line, but it counts. So a key that ends with a carriage return,
holds a newline, or is empty cannot be written so.
"""

from __future__ import annotations

from ossweep.manifests.leaves import Leaf, lines_of, split_lines, without_blanks


class TextSplitter:
    """Makes leaves of text."""

    def split(self, window: bytes, number: int, *, final: bool) -> Leaf:
        """Return the keys of whole lines."""
        used, text = lines_of(window, final=final)
        every = split_lines(text)
        keys, lines = without_blanks(every, number)
        return Leaf(used, len(every), lines, {"key": keys}, (), keys.__getitem__)

    def end(self) -> None:
        """Lines may end anywhere."""
