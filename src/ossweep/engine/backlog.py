"""The backlog: the part of a range that was listed, and is not taken up for deletion yet."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ossweep.engine.batch import Batch
from ossweep.objects import Lot

if TYPE_CHECKING:
    from ossweep.engine.batch import Dates
    from ossweep.engine.queues import Queue
    from ossweep.objects import Found, Page, Unnamed


@dataclass(eq=False)
class Backlog:
    """
    The batches of a range that wait in its queue, and the draft of the next one.

    The selection owns it: it fills the draft, and cuts batches from it. Turns and the dispatcher
    take batches from the queue. `place` is the last key that the selection has dealt with, `cut`
    the last key of the last batch; the draft holds what was met between the two.
    """

    queue: Queue
    place: str
    cut: str = field(init=False)
    chosen: list[Found] = field(default_factory=list)
    chosen_left: float = 0.0  # seconds that were left when the first page of those was asked for
    page_left: float = 0.0  # and when the last one was
    chosen_dates: Dates | None = None  # by which the first of those was judged, or by later ones
    page_dates: Dates | None = None  # and the last one
    between: Counter[tuple[int, str]] = field(default_factory=Counter)  # and not chosen, as Batch's
    unnamed: list[tuple[int, str]] = field(default_factory=list)  # and has no name, as Batch's
    behind: deque[Unnamed] = field(default_factory=deque)  # of these, what lies behind `place`

    def __post_init__(self) -> None:
        self.cut = self.place

    @property
    def has_draft(self) -> bool:
        """Whether a page can make no batch by itself, because something was met before it."""
        return bool(self.chosen or self.between or self.unnamed or self.behind)

    def begin_page(self, left: float, dates: Dates) -> None:
        """
        Take note that a page comes, which was asked for when so many seconds were left, and is
        judged by these dates or later knowledge.
        """
        self.page_left = left
        self.page_dates = dates
        if self.place == self.cut:
            self.chosen_left = left
            self.chosen_dates = dates

    def flush(self) -> None:
        """Cut a batch of the draft, if anything is in it."""
        if self.place != self.cut or self.unnamed or self.between:
            self.cut_batch(Lot(tuple(self.chosen)))

    def cut_batch(self, page: Page) -> None:
        """Put a page's objects into the queue as a batch, with what was met before and stays."""
        batch = Batch(
            page.keys,
            page,
            dict(self.between),
            self.unnamed,
            self.place,
            left=self.chosen_left,
            is_listed=True,
            dates=self.chosen_dates,
        )
        self.queue.batches.append(batch)
        self.cut = self.place
        self.chosen, self.between, self.unnamed = [], Counter(), []
        self.chosen_left = self.page_left
        self.chosen_dates = self.page_dates

    def lose(self, at: int) -> None:
        """Put the next key that is not UTF-8, so none to ask for, behind so many of the chosen."""
        self.unnamed.append((at, self.behind.popleft().text))

    def skip_unnamed(self, at: int, reason: str) -> None:
        """Skip the next key that is not UTF-8, behind so many of the chosen, for a reason."""
        self.behind.popleft()
        self.between[at, reason] += 1
