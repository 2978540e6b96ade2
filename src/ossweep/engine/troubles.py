"""Troubles on the way to OSS and back: by kind, how often, and in one sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ossweep.helps import HELPS, HELPS_OF_TAGS, with_help

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.errors import StoreError
    from ossweep.work import Kind

KINDS_NAMED = 20  # of errors; whatever else comes is counted as one more kind
OTHERS = "other"
TOLD = 3  # kinds that the sentence names

_ONE_AND_MORE: dict[Kind, tuple[str, str]] = {
    "list": ("listing", "listings"),
    "batch_delete": ("batch", "batches"),
    "delete": ("deletion", "deletions"),
    "tags": ("look at tags", "looks at tags"),
    "get": ("read", "reads"),
    "put": ("write", "writes"),
    "names": ("listing", "listings"),
}


class Troubles:
    """
    The attempts of an invocation that OSS has not answered, or with an error.

    `helps` is what helps there: no rate of deletions makes refusals of the state's requests rarer.
    """

    def __init__(self, helps: Mapping[str, str] = HELPS) -> None:
        self._helps = helps
        self.errors: Counter[str] = Counter()
        self._asked: Counter[Kind] = Counter()
        self._missed: Counter[Kind] = Counter()
        self._words: dict[str, str] = {}  # of the last error of a kind
        self._of_tags: Counter[str] = Counter()  # errors that only looks at tags have met
        self._answered = False  # whether any of the errors was an answer

    def asked(self, kind: Kind) -> None:
        """Take note of an attempt that is over, however it ended."""
        self._asked[kind] += 1

    def missed(self, kind: Kind, error: StoreError) -> None:
        """Take note of what an attempt has met."""
        code = error.code
        if code not in self.errors and len(self.errors) >= KINDS_NAMED:
            code = OTHERS
        self.errors[code] += 1
        self._missed[kind] += 1
        self._of_tags[code] += kind == "tags"
        self._words[code] = error.words
        self._answered = self._answered or error.answered

    @property
    def sentence(self) -> str | None:
        """A sentence on what went wrong, how often, and what helps; None if nothing did."""
        if not self.errors:
            return None
        most = self.errors.most_common(TOLD)
        kinds = ", ".join(f"{code} {_times(number)}" for code, number in most)
        first = most[0][0]
        words = f" ({self._words[first]})" if self._words[first] else ""
        helps = HELPS_OF_TAGS if self._of_tags[first] == self.errors[first] else self._helps
        return with_help(f"{self._extent}: {kinds}{words}", first, helps)

    @property
    def _extent(self) -> str:
        """How many of the requests are concerned."""
        done = "was carried out" if self._answered else "was answered"
        lost = [
            f"{number:,} {_ONE_AND_MORE[kind][number > 1]}"
            for kind, number in sorted(self._missed.items(), reverse=True)
            if number == self._asked[kind]
        ]
        if lost:
            return f"none of {' and '.join(lost)} {done}"
        return f"{self._missed.total():,} of {self._asked.total():,} requests went wrong"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number:,} times"
