"""A row: something that comes several times without anything else between."""

from __future__ import annotations

from dataclasses import dataclass

ALIKE = 100  # refusals of keys by one code in a row, after which more of them are expected
PROBES = 3  # keys that are tried of those whose like OSS refuses


@dataclass
class Row:
    """Counts how often the last thing has come in a row."""

    what: str = ""
    times: int = 0

    def add(self, what: str) -> int:
        """Take note that it has come; return how often it has by now."""
        self.times = self.times + 1 if what == self.what else 1
        self.what = what
        return self.times

    def end(self) -> None:
        """Take note that something has come that ends every row."""
        self.times = 0
