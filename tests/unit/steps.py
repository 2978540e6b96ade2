"""A pipeline without a thread: what is started waits until a test lets it go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Steps:
    """A pipeline whose requests wait until they are let go, the oldest first."""

    waiting: list[tuple[Callable[[], Any], Callable[[Any], None]]] = field(default_factory=list)

    @property
    def busy(self) -> bool:
        return bool(self.waiting)

    @property
    def in_flight(self) -> int:
        return len(self.waiting)

    def start(self, act: Callable[[], Any], book: Callable[[Any], None]) -> None:
        self.waiting.append((act, book))

    def let_go(self) -> None:
        going, self.waiting = self.waiting, []
        for act, book in going:
            book(act())
