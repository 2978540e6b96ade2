"""
The one place where things happen at the same time.

One thread dispatches: the caller's. It alone decides and books, so that nothing in the engine needs
a lock. Requests run in threads of their own, each of which does one thing at a time: it lists one
page, looks at one object, or deletes one batch, and knows nothing of the others. The dispatcher
starts all that may start, then waits until one of them ends, books it, and looks again.

Who waits for whom, and what bounds memory: a range's next page is asked for when the page before it
has come and fewer than `frontier.AHEAD` of its batches wait to be taken up; a batch is taken up
when the throttle has room for it, unless too many of its range's batches wait for a slower one
before them (`settlement.EARLY`). So at most as many ranges as may be listed at once, with so many
pages each, and as many batches as may be in flight are in memory, whatever the size of the job.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, final

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


@final
class Pipeline:
    """
    Runs requests in threads, for as long as its `with` block lasts, and books them in the caller's.

    Requests that are still under way when the block is left must be ending by themselves: they
    have `grace` seconds for that.
    """

    def __init__(self, threads: int, grace: float) -> None:
        self._grace = grace
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ossweep")
        self._under_way: dict[Future[Any], Callable[[Any], None]] = {}
        self._beside: dict[Future[Any], Callable[[Any], None]] = {}
        self._ended: SimpleQueue[Future[Any]] = SimpleQueue()

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *raised: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        every = (*self._under_way, *self._beside)
        began = [each for each in every if not each.cancelled()]
        wait(began, timeout=self._grace)

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return len(self._under_way)

    @property
    def busy(self) -> bool:
        """Whether any request is under way."""
        return bool(self._under_way)

    def start(self, act: Callable[[], R], book: Callable[[R], None]) -> None:
        """Call `act` in a thread; what it returns is booked when the caller settles."""
        self._submit(act, book, self._under_way)

    def beside(self, act: Callable[[], R], book: Callable[[R], None]) -> None:
        """Do the same with what is none of the work's requests: nothing waits for its end."""
        self._submit(act, book, self._beside)

    def settle(self, patience: float) -> None:
        """Book what has ended; if nothing has, wait so many seconds for the next to end."""
        try:
            self._book(self._ended.get(timeout=max(0.0, patience)))
            while True:
                self._book(self._ended.get_nowait())
        except Empty:
            return

    def settle_late(self) -> None:
        """Book what has ended while the block was being left."""
        for future in (*self._under_way, *self._beside):
            if future.done() and not future.cancelled():
                self._book(future)

    def _book(self, future: Future[Any]) -> None:
        which = self._under_way if future in self._under_way else self._beside
        which.pop(future)(future.result())

    def _submit(
        self,
        act: Callable[[], R],
        book: Callable[[R], None],
        where: dict[Future[Any], Callable[[Any], None]],
    ) -> None:
        future = self._threads.submit(act)
        where[future] = book
        future.add_done_callback(self._ended.put)
