"""
The one place where things happen at the same time.

One thread takes the next batch from the listing while up to `most` others delete. The caller's
thread waits for whichever ends first, and hands each outcome on at once: no batch waits for a
slower one before it. What bounds memory: one batch listed ahead, `most` batches in deletion, and
as many outcomes waiting for a slower batch before them as the caller allows; while all of those
are taken, the listing stands still.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
R = TypeVar("R")


class Pipeline(Generic[T, R]):
    """
    Runs `act` on batches in threads, for as long as its `with` block lasts.

    Whoever leaves the block early has seen to it that requests under way end by themselves; they
    have `grace` seconds for that.
    """

    def __init__(self, act: Callable[[T], R], most: int, grace: float) -> None:
        self._act = act
        self._most = most
        self._grace = grace
        self._threads = ThreadPoolExecutor(most + 1, thread_name_prefix="ossweep")
        self._deletions: set[Future[R]] = set()
        self._listing: Future[T | None] | None = None

    def __enter__(self) -> Pipeline[T, R]:
        return self

    def __exit__(self, *raised: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        began = [each for each in self._under_way() if not each.cancelled()]
        wait(began, timeout=self._grace)

    def late(self) -> list[R]:
        """Return the outcomes that came while the block was being left."""
        ended = (each for each in self._deletions if each.done() and not each.cancelled())
        return [deletion.result() for deletion in ended]

    def outcomes(
        self,
        batches: Iterator[T],
        patience: Callable[[], float],
        may_run_ahead: Callable[[], bool] = lambda: True,
    ) -> Iterator[R | None]:
        """
        Yield each outcome as it comes, and None after `patience()` seconds without one.

        While `may_run_ahead()` is false, no further batch is taken up until one comes back.
        """
        self._listing = self._threads.submit(next, batches, None)
        while under_way := self._under_way():
            full = len(self._deletions) == self._most
            if full or (self._deletions and not may_run_ahead()):
                under_way = self._deletions
            done, _ = wait(under_way, timeout=patience(), return_when=FIRST_COMPLETED)
            if not done:
                yield None
            for deletion in self._deletions & done:
                self._deletions.remove(deletion)
                yield deletion.result()
            if self._listing in done:
                self._take_up(batches)

    def _under_way(self) -> set[Future[Any]]:
        return {*self._deletions, *([] if self._listing is None else [self._listing])}

    def _take_up(self, batches: Iterator[T]) -> None:
        batch = self._listing.result() if self._listing else None
        self._listing = None
        if batch is not None:
            self._deletions.add(self._threads.submit(self._act, batch))
            self._listing = self._threads.submit(next, batches, None)
