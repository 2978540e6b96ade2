"""The one place where things happen at the same time."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial
from threading import Barrier, Event, Lock
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.differs

LONG = 10.0  # real seconds: no test waits so long unless it fails


def threads_of_a_pipeline() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ossweep")]


def assert_that_nothing_is_running() -> None:
    for thread in threads_of_a_pipeline():
        thread.join(LONG)
    assert threads_of_a_pipeline() == []


def settle_all(pipeline: Pipeline) -> None:
    while pipeline.busy:
        pipeline.settle(LONG)


class Gauge:
    """Counts how many are inside of it, and how many were at most."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.now = self.most = self.ever = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.ever += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self.now -= 1


class Held:
    """Something to act on that ends when it is let go."""

    def __init__(self) -> None:
        self.begun = Event()
        self._go = Event()

    def act(self) -> str:
        self.begun.set()
        assert self._go.wait(LONG)
        return "held"

    def close(self) -> None:
        self._go.set()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_actions_run_at_once_up_to_the_number_of_threads(threads: int) -> None:
    """Not one fewer, and never one more."""
    gauge = Gauge()
    full = Barrier(threads)
    booked: list[int] = []

    def act(number: int) -> int:
        with gauge:
            full.wait(LONG)  # passes only when as many as may are in here together
            return number

    with Pipeline(threads, LONG) as pipeline:
        for number in range(threads * 20):
            pipeline.start(partial(act, number), booked.append)
        settle_all(pipeline)

    assert sorted(booked) == list(range(threads * 20))
    assert (gauge.most, gauge.ever) == (threads, threads * 20)
    assert_that_nothing_is_running()


def test_each_is_booked_by_its_own_book() -> None:
    """A page goes where its listing was started, and an answer where its batch was."""
    first: list[int] = []
    second: list[str] = []

    with Pipeline(2, LONG) as pipeline:
        pipeline.start(lambda: 1, first.append)
        pipeline.start(lambda: "a", second.append)
        settle_all(pipeline)

    assert (first, second) == ([1], ["a"])


def test_everything_is_booked_in_the_callers_thread() -> None:
    """Nothing that is booked needs a lock, and nothing is booked before the caller settles."""
    acted: list[threading.Thread] = []
    booked: list[threading.Thread] = []
    ended = Barrier(9)

    def act() -> None:
        acted.append(threading.current_thread())
        ended.wait(LONG)

    with Pipeline(8, LONG) as pipeline:
        for _ in range(8):
            pipeline.start(act, lambda _: booked.append(threading.current_thread()))
        ended.wait(LONG)
        before = len(booked)
        settle_all(pipeline)

    assert threading.current_thread() not in acted
    assert (before, booked) == (0, [threading.current_thread()] * 8)


def test_the_first_action_to_end_is_booked_first() -> None:
    """Nothing waits for something slower that was started before it."""
    slow = Held()
    booked: list[object] = []

    with Pipeline(2, LONG) as pipeline, closing(slow):
        pipeline.start(slow.act, booked.append)
        for number in range(9):
            pipeline.start(partial(abs, number), booked.append)
        while len(booked) < 9:
            pipeline.settle(LONG)
        slow.close()
        settle_all(pipeline)

    assert booked == [*range(9), "held"]


def test_all_that_has_ended_is_booked_at_once() -> None:
    """The caller decides what to do next when it knows all that there is to know."""
    booked: list[int] = []
    one_after_the_other, last = 1, Event()

    with Pipeline(one_after_the_other, LONG) as pipeline:
        for number in range(50):
            pipeline.start(partial(abs, number), booked.append)
        pipeline.start(last.set, lambda _: None)
        assert last.wait(LONG)
        pipeline.settle(LONG)
        at_once = len(booked)

    assert at_once == 50


def test_booking_may_start_more_actions() -> None:
    """Until nothing is left."""
    booked: list[int] = []

    with Pipeline(2, LONG) as pipeline:

        def book(number: int) -> None:
            booked.append(number)
            if number:
                pipeline.start(partial(abs, number - 1), book)

        pipeline.start(partial(abs, 20), book)
        settle_all(pipeline)

    assert booked == list(range(20, -1, -1))


@pytest.mark.parametrize("patience", [0.0, -1.0, 0.001])
def test_the_caller_gets_control_back_while_nothing_ends(patience: float) -> None:
    """After its patience is over, so that it can look at the time."""
    slow = Held()
    booked: list[object] = []

    with Pipeline(1, LONG) as pipeline, closing(slow):
        pipeline.start(slow.act, booked.append)
        for _ in range(5):
            pipeline.settle(patience)
        quiet = (pipeline.busy, list(booked))
        slow.close()
        settle_all(pipeline)

    assert (quiet, booked) == ((True, []), ["held"])


def test_a_pipeline_that_has_started_nothing_is_idle() -> None:
    """So is one that has booked everything it started."""
    with Pipeline(2, LONG) as pipeline:
        before = pipeline.busy
        pipeline.settle(0.0)
        pipeline.start(lambda: 1, lambda _: None)
        meanwhile = pipeline.busy
        settle_all(pipeline)

    assert (before, meanwhile, pipeline.busy) == (False, True, False)


def fail(_: object = None) -> int:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("act", "book"), [(fail, print), (lambda: 1, fail)], ids=["in a thread", "in the book"]
)
def test_an_exception_reaches_the_caller(
    act: Callable[[], int], book: Callable[[int], None]
) -> None:
    """And leaves no thread running."""

    def run() -> None:
        with Pipeline(2, LONG) as pipeline:
            pipeline.start(act, book)
            settle_all(pipeline)

    with pytest.raises(ZeroDivisionError):
        run()

    assert_that_nothing_is_running()


def test_an_exception_waits_for_those_who_are_under_way() -> None:
    """The caller gets it when nothing acts any more."""
    slow = Held()
    ended: list[str] = []

    def run() -> None:
        with Pipeline(2, LONG) as pipeline, closing(slow):
            pipeline.start(lambda: ended.append(slow.act()), lambda _: None)
            assert slow.begun.wait(LONG)
            pipeline.start(fail, lambda _: None)
            settle_all(pipeline)

    with pytest.raises(ZeroDivisionError):
        run()

    assert ended == ["held"]
    assert_that_nothing_is_running()


def test_leaving_early_starts_nothing_that_was_waiting() -> None:
    """Actions that no thread has taken up are not acted on, then or later."""
    slow = Held()
    acted: list[int] = []

    with Pipeline(1, LONG) as pipeline, closing(slow):
        pipeline.start(slow.act, lambda _: None)
        for number in range(100):
            pipeline.start(partial(acted.append, number), lambda _: None)
        assert slow.begun.wait(LONG)

    assert acted == []
    assert_that_nothing_is_running()


@pytest.mark.timeout(30)  # or a hundred graces would pass
def test_actions_that_never_began_are_neither_waited_for_nor_booked() -> None:
    """Leaving at once cancels them; a thread may just have taken one up."""
    for steps in range(100):
        acted: list[int] = []
        booked: list[None] = []
        with Pipeline(2, LONG) as pipeline:
            for number in range(20):
                pipeline.start(partial(acted.append, number), booked.append)
            for _ in range(steps % 7):
                pipeline.settle(0.0)
        pipeline.settle_late()
        assert_that_nothing_is_running()
        assert len(booked) == len(acted)


def test_an_action_that_ends_while_the_caller_leaves_is_booked_late() -> None:
    """What has been done is told, though nobody has waited for it."""
    first, second = Held(), Held()
    booked: list[str] = []

    with Pipeline(2, LONG) as pipeline, closing(first), closing(second):
        for held in (first, second):
            pipeline.start(held.act, booked.append)
            assert held.begun.wait(LONG)
        pipeline.settle(0.0)
    before = list(booked)
    pipeline.settle_late()
    pipeline.settle_late()

    assert (before, booked) == ([], ["held", "held"])
    assert_that_nothing_is_running()


def test_an_action_that_cannot_be_stopped_does_not_hold_up_the_caller() -> None:
    """The grace is over, and the caller goes on without it; it is not booked."""
    stuck = Held()
    booked: list[str] = []

    with closing(stuck):
        with Pipeline(1, grace=0.0) as pipeline:
            pipeline.start(stuck.act, booked.append)
            assert stuck.begun.wait(LONG)
        pipeline.settle_late()
        still_running = len(threads_of_a_pipeline())

    assert (still_running, booked) == (1, [])
    assert_that_nothing_is_running()
