"""A queue of batches that wait to be taken up, and the course that their deletions take."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.batch import Batch
    from ossweep.engine.throttle import Lane
    from ossweep.objects import Listed


@dataclass(eq=False)
class Course:
    """The lane in which deletions go, and how OSS has answered the last of them."""

    lane: Lane
    refused: str = ""  # the code by which OSS refused the batch that came back last, if it did


@dataclass(eq=False)
class Queue:
    """
    Batches in the order in which they are taken up; `listed` is the range whose listing shows them.

    `keys_left` tells how many keys are probably left where they come from: by that, queues take
    turns. A queue without it goes before those that do.
    """

    course: Course
    listed: Listed | None = None
    keys_left: Callable[[], int] | None = None
    batches: deque[Batch] = field(default_factory=deque)
    turn: int = 0  # in which a batch was taken up the last time

    @property
    def waiting(self) -> int:
        """How many keys wait in it."""
        return sum([len(batch.keys) for batch in self.batches])

    @property
    def first(self) -> Batch:
        """The batch that goes next."""
        return self.batches[0]

    def take(self, most: int) -> Batch:
        """Return the first batch, or as much of it as so many keys; the rest stays the first."""
        batch, rest = self.batches.popleft().split(most)
        if rest is not None:
            self.batches.appendleft(rest)
        return batch
