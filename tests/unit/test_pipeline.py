"""The one place where things happen at the same time."""

from __future__ import annotations

import threading
from contextlib import closing
from threading import Barrier, Event, Lock
from typing import TYPE_CHECKING

import pytest

from ossweep.engine.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 10.0  # real seconds: no test waits so long unless it fails


def long() -> float:
    return LONG


def threads_of_a_pipeline() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ossweep")]


def assert_that_nothing_is_running() -> None:
    for thread in threads_of_a_pipeline():
        thread.join(LONG)
    assert threads_of_a_pipeline() == []


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


@pytest.mark.parametrize("most", [1, 2, 5])
def test_as_many_act_at_once_as_may(most: int) -> None:
    """Not one fewer, and never one more."""
    gauge = Gauge()
    full = Barrier(most)

    def act(batch: int) -> int:
        with gauge:
            full.wait(LONG)  # passes only when as many as may are in here together
            return batch

    with Pipeline(act, most, LONG) as pipeline:
        outcomes = list(pipeline.outcomes(iter(range(most * 20)), long))

    assert sorted(outcomes, key=int) == list(range(most * 20))  # type: ignore[arg-type] # none is None
    assert (gauge.most, gauge.ever) == (most, most * 20)
    assert_that_nothing_is_running()


@pytest.mark.parametrize("most", [1, 3])
def test_the_listing_is_one_batch_ahead_and_no_more(most: int) -> None:
    """While all deletions are taken, the listing stands still: memory has a bound."""
    taken: list[int] = []
    ahead, release = Event(), Event()

    def batches() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            if len(taken) == most + 1:
                ahead.set()
            yield number

    def act(batch: int) -> int:
        assert release.wait(LONG)
        return batch

    with Pipeline(act, most, LONG) as pipeline:
        outcomes = pipeline.outcomes(batches(), lambda: 0.02)
        assert next(outcomes) is None
        assert ahead.wait(LONG)
        assert [next(outcomes) for _ in range(3)] == [None] * 3
        assert taken == list(range(most + 1))
        release.set()
        assert {outcome for outcome in outcomes if outcome is not None} == set(range(50))
    assert_that_nothing_is_running()


def test_while_none_may_run_ahead_no_further_batch_is_taken_up() -> None:
    """Those that are out come back; then the next is taken up, or nothing ever would be."""
    acted: list[int] = []
    slow = Event()

    def act(batch: int) -> int:
        acted.append(batch)
        if batch == 0:
            assert slow.wait(LONG)
        return batch

    ahead: set[int] = set()
    quiet = 0
    with Pipeline(act, 3, LONG) as pipeline:
        outcomes = pipeline.outcomes(iter(range(50)), lambda: 0.02, lambda: len(ahead) < 10)
        while len(ahead) < 10 or quiet < 3:
            outcome = next(outcomes)
            quiet = quiet + 1 if outcome is None else 0
            ahead |= set() if outcome is None else {outcome}
        taken_up = len(acted)
        slow.set()
        rest = {outcome for outcome in outcomes if outcome is not None}

    # Two were out with the slow one as the ninth came; the tenth and the eleventh are theirs.
    assert 11 <= taken_up <= 12
    assert 10 <= len(ahead) <= 11
    assert (ahead & rest, ahead | rest) == (set(), set(range(50)))
    assert_that_nothing_is_running()


def test_outcomes_come_as_they_end() -> None:
    """No batch waits for a slower one before it."""
    others = Event()

    def act(batch: int) -> int:
        if batch == 0:
            assert others.wait(LONG)
        return batch

    seen: list[int | None] = []
    with Pipeline(act, 2, LONG) as pipeline:
        for outcome in pipeline.outcomes(iter(range(10)), long):
            seen.append(outcome)
            if len(seen) == 9:
                others.set()

    assert seen == [*range(1, 10), 0]
    assert_that_nothing_is_running()


def test_while_nothing_ends_the_caller_is_asked_back() -> None:
    """After its patience is over, so that it can look at the time."""
    release = Event()

    def act(batch: int) -> int:
        assert release.wait(LONG)
        return batch

    with Pipeline(act, 1, LONG) as pipeline:
        outcomes = pipeline.outcomes(iter([7]), lambda: 0.0)
        seen = [next(outcomes) for _ in range(5)]
        release.set()
        rest = [outcome for outcome in outcomes if outcome is not None]

    assert (seen, rest) == ([None] * 5, [7])


def test_without_batches_there_are_no_outcomes() -> None:
    """And the pipeline can be used for others after them."""
    made: Pipeline[int, int] = Pipeline(abs, 2, LONG)
    with made as pipeline:
        first = list(pipeline.outcomes(iter(()), long))
        second = list(pipeline.outcomes(iter([-1]), long))
        third = list(pipeline.outcomes(iter([-2, -2]), long))

    assert (first, second, third) == ([], [1], [2, 2])


def test_the_batches_are_advanced_by_one_thread_at_a_time() -> None:
    """A generator that is entered twice at once would raise."""
    gauge = Gauge()

    def batches() -> Iterator[int]:
        for number in range(300):
            with gauge:
                pass
            yield number

    made: Pipeline[int, int] = Pipeline(abs, 4, LONG)
    with made as pipeline:
        outcomes = list(pipeline.outcomes(batches(), long))

    assert (len(outcomes), gauge.most) == (300, 1)


def failing_act(batch: int) -> int:
    if batch == 3:
        raise ZeroDivisionError
    return batch


def failing_batches() -> Iterator[int]:
    yield from (0, 1, 2)
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("act", "batches"),
    [(failing_act, lambda: iter(range(10))), (abs, failing_batches)],
    ids=["in a thread", "in the batches"],
)
def test_an_exception_reaches_the_caller(
    act: Callable[[int], int], batches: Callable[[], Iterator[int]]
) -> None:
    """And leaves no thread running."""
    with pytest.raises(ZeroDivisionError), Pipeline(act, 2, LONG) as pipeline:
        list(pipeline.outcomes(batches(), long))

    assert_that_nothing_is_running()


def test_an_exception_waits_for_those_who_are_under_way() -> None:
    """The caller gets it when nothing acts any more."""
    inside, release = Event(), Event()
    ended: list[int] = []

    def act(batch: int) -> int:
        if batch == 0:
            inside.set()
            assert release.wait(LONG)
            ended.append(batch)
            return batch
        assert inside.wait(LONG)
        raise ZeroDivisionError

    class Cut:
        def close(self) -> None:
            release.set()

    with (
        pytest.raises(ZeroDivisionError),
        Pipeline(act, 2, LONG) as pipeline,
        closing(Cut()),
    ):
        list(pipeline.outcomes(iter(range(2)), long))

    assert ended == [0]
    assert_that_nothing_is_running()


def test_who_leaves_early_does_not_start_what_was_waiting() -> None:
    """Of the batches listed ahead none is acted on."""
    acted: list[int] = []
    first, ahead, release = Event(), Event(), Event()

    def batches() -> Iterator[int]:
        yield 0
        ahead.set()
        yield from range(1, 100)

    def act(batch: int) -> int:
        acted.append(batch)
        first.set()
        assert release.wait(LONG)
        return batch

    class Cut:
        def close(self) -> None:
            release.set()

    with Pipeline(act, 1, LONG) as pipeline, closing(Cut()):
        outcomes = pipeline.outcomes(batches(), lambda: 0.0)
        while not (first.is_set() and ahead.is_set()):
            assert next(outcomes) is None

    assert acted == [0]
    assert_that_nothing_is_running()


@pytest.mark.timeout(30)  # or a hundred graces would pass
def test_what_never_began_is_neither_waited_for_nor_an_outcome() -> None:
    """Whoever leaves at once cancels what no thread has taken up; often enough, some is."""
    for steps in range(100):
        made: Pipeline[int, int] = Pipeline(abs, 2, LONG)
        with made as pipeline:
            outcomes = pipeline.outcomes(iter(range(1, 100)), lambda: 0.0)
            for _ in range(1 + steps % 7):
                next(outcomes)
        assert set(pipeline.late()) <= set(range(1, 100))

    assert_that_nothing_is_running()


def test_who_comes_back_while_the_caller_leaves_is_late() -> None:
    """What has been done is told, though nobody has waited for it."""
    inside, release = Barrier(3), Event()

    def act(batch: int) -> int:
        inside.wait(LONG)
        assert release.wait(LONG)
        return batch

    class Cut:
        def close(self) -> None:
            release.set()

    with Pipeline(act, 2, LONG) as pipeline, closing(Cut()):
        outcomes = pipeline.outcomes(iter([1, 2]), lambda: 0.0)
        while inside.n_waiting < 2:
            assert next(outcomes) is None
        inside.wait(LONG)

    assert sorted(pipeline.late()) == [1, 2]
    assert_that_nothing_is_running()


def test_who_cannot_be_stopped_does_not_hold_up_the_caller() -> None:
    """The grace is over, and the caller goes on without it."""
    release = Event()

    def act(batch: int) -> int:
        assert release.wait(LONG)
        return batch

    try:
        with Pipeline(act, 1, grace=0.0) as pipeline:
            assert next(pipeline.outcomes(iter([1]), lambda: 0.0)) is None
        still_running = not release.is_set()
    finally:
        release.set()

    assert still_running
    assert_that_nothing_is_running()
