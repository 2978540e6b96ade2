"""
The search for what is in the way of a batch that no attempt has carried out.

Any of its keys may be the culprit, or several, or none, where OSS answers nothing at the moment. So
a half is tried, and half of that if it does not go, down to a pair: some part is free of culprits,
if there are few. Then the largest of the other parts are tried, for as long as any go. Where a
number of them in a row have not gone, none will.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ossweep.errors import StoreError

FRUITLESS = 14  # parts in a row that do not go: down to two of a thousand keys, and some others
MORE_FRUITLESS = 64  # where any has gone before: it is no outage
SMALL = 3  # keys of a part of which no half is sure to be a batch


@dataclass(eq=False, repr=False)
class Halves:
    """
    The parts of a batch: those to be tried, and what has not gone of them (`stuck`), and why.

    `anything_goes` tells whether any has; keys go alone only then, unless the batch itself is
    small: a key by itself is another request, that tells nothing of batches. `turn` tells whether
    the second half of a part is tried before the first: the next search may have more luck.
    """

    whole: Sequence[str]
    why: StoreError
    turn: Callable[[], bool]
    anything_goes: bool = False
    fruitless: int = 0  # parts in a row
    _alone: list[tuple[Sequence[str], StoreError]] = field(init=False, default_factory=list)
    _parts: list[tuple[Sequence[str], StoreError]] = field(init=False, default_factory=list)
    _goes_on: bool = field(init=False, default=True)  # with half of what has not gone last
    _was_smallest: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._has_failed(self.whole, self.why)

    @property
    def stuck(self) -> list[tuple[Sequence[str], StoreError]]:
        """What has not gone, and why."""
        return [*self._alone, *self._parts]

    def next(self) -> Sequence[str] | None:
        """Return the part to try now, if there is one and any may still go."""
        ready = [at for at, (part, _) in enumerate(self._parts) if len(part) > 1 or self._singly]
        if not ready or self.fruitless >= (MORE_FRUITLESS if self.anything_goes else FRUITLESS):
            return None
        at = ready[-1] if self._goes_on else max(ready, key=lambda at: len(self._parts[at][0]))
        return self._parts.pop(at)[0]

    def tried(self, failed: Sequence[tuple[Sequence[str], StoreError]], *, any_goes: bool) -> None:
        """Take note of what of a part has not gone, and whether anything has gone meanwhile."""
        self.anything_goes = self.anything_goes or any_goes
        self.fruitless = 0 if any_goes else self.fruitless + 1
        if not failed:
            self._goes_on = self._was_smallest = False
        for keys, why in failed:
            self._has_failed(keys, why)

    @property
    def _singly(self) -> bool:
        return self.anything_goes or len(self.whole) <= FRUITLESS

    def _has_failed(self, keys: Sequence[str], why: StoreError) -> None:
        """Divide a part whose attempts are over."""
        if len(keys) == 1:
            self._alone.append((keys, why))
        else:
            middle = len(keys) // 2
            halves = [(keys[:middle], why), (keys[middle:], why)]
            self._parts += halves if self.turn() else halves[::-1]
        is_smallest = len(keys) == 1 or (len(keys) <= SMALL and not self._singly)
        self._goes_on = not (is_smallest and self._was_smallest)  # then to one beside it, once
        self._was_smallest = is_smallest
