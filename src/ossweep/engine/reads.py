"""The reads of a sweep: requests that show what there is to delete, a page or one object each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from ossweep.engine.unseen import Unseen
from ossweep.engine.window import ListingWindow
from ossweep.errors import Closed, Scope, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.gate import Gate
    from ossweep.engine.pipeline import Pipeline
    from ossweep.stops import Stop

SOON = 2.5  # seconds after which what was looked at goes; a little later it is looked at again

T = TypeVar("T")
# The answer to a question, the seconds it took, and the seconds left when it was asked.
Timed: TypeAlias = "tuple[T, float, float]"


@dataclass(frozen=True)
class Question(Generic[T]):
    """
    A request that shows something of a place: a prefix, or a key.

    `ask` is called in a thread; what it returns goes to `show` with the seconds that were left when
    it was asked for, and what it or `show` raises to `fail`, in the dispatcher's.
    """

    place: str
    ask: Callable[[], T]
    show: Callable[[T, float], None]
    fail: Callable[[Closed | StoreError], None]


class Reads:
    """
    Runs the questions of all sources, as many at once as are worth it.

    `is_over` tells that nothing more is asked. A failure is kept in `unseen`, and ends all reads,
    unless OSS refuses that place only.
    """

    def __init__(self, gate: Gate, most: int) -> None:
        self._gate = gate
        self._window = ListingWindow(start=1, most=most)
        self._under_way = 0
        self._at_end: list[Callable[[], None]] = []
        self.unseen = Unseen()
        self.is_over = False

    @property
    def most(self) -> int:
        """How many may be under way at once, as of now."""
        return self._window.size

    @property
    def has_room(self) -> bool:
        """Whether one more may be under way."""
        return not self.is_over and self._under_way < self._window.size

    @property
    def seconds_left(self) -> float:
        """The seconds that a request may take now."""
        return self._gate.left()

    def may_begin(self, pipeline: Pipeline) -> bool:
        """Tell whether the gate lets one more begin."""
        return self._gate.admits("list", pipeline.in_flight)

    def begin(self, pipeline: Pipeline, question: Question[T]) -> None:
        """Ask a question."""
        self._under_way += 1
        pipeline.start(partial(self._answer_to, question), partial(self._book, question))

    def at_end(self, act: Callable[[], None]) -> None:
        """Have something done when nothing more is asked."""
        self._at_end.append(act)

    def end(self) -> None:
        """
        Ask nothing more.

        Pages that have failed would say, if they were asked once more, that there is none left.
        """
        self.is_over = True
        for act in self._at_end:
            act()

    def stop(self, reason: Stop) -> None:
        """Ask nothing more, of OSS either, for a reason of the caller's."""
        self._gate.stop(reason)
        self.end()

    def _answer_to(self, question: Question[T]) -> Timed[T] | Closed | StoreError:
        """Ask; in a thread."""
        left = self._gate.left()
        try:
            shown = question.ask()
        except (Closed, StoreError) as error:
            return error
        return shown, left - self._gate.left(), left

    def _book(self, question: Question[T], answer: Timed[T] | Closed | StoreError) -> None:
        self._under_way -= 1
        try:
            if isinstance(answer, Exception):
                raise answer
            shown, seconds, left = answer
            self._window.answered(seconds)
            question.show(shown, left)
        except (Closed, StoreError) as error:
            self.failed(question.place, error, question.fail)

    def failed(
        self,
        place: str,
        error: Closed | StoreError,
        fail: Callable[[Closed | StoreError], None],
        what: str = "listing",
    ) -> None:
        """Take note that a place could not be seen; what it was to show `fail`s."""
        if isinstance(error, Closed):
            fail(error)
            self.end()
            return
        self.unseen.add(place, error, what)
        if error.scope is not Scope.KEYS:
            self.end()
        fail(error)
