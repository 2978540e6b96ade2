"""Function Compute's order to end: heard while a job is at work, and obeyed afterwards."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import index

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def runtime() -> Iterator[list[int]]:
    """Stand in for the runtime's own handler; yields the signals that it was given."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        yield heard
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_order_to_end_is_obeyed_when_the_answer_is_ready() -> None:
    """The runtime's own way of ending comes after it, and is called once."""
    with runtime() as heard:
        with index.Termination() as termination:
            before = termination.ordered
            signal.raise_signal(signal.SIGTERM)
            during = (termination.ordered, list(heard))

        assert (before, during, heard) == (False, (True, []), [signal.SIGTERM])


def test_the_runtimes_own_way_of_ending_is_put_back() -> None:
    """An order that comes between two invocations is not ossweep's."""
    with runtime() as heard:
        with index.Termination() as termination:
            pass
        assert heard == []
        signal.raise_signal(signal.SIGTERM)

        assert (termination.ordered, heard) == (False, [signal.SIGTERM])


def test_an_order_to_end_outlasts_what_is_raised() -> None:
    """A job that fails at that moment does not keep the process alive."""

    def fail() -> None:
        with index.Termination():
            signal.raise_signal(signal.SIGTERM)
            raise ValueError("any")

    with runtime() as heard:
        with pytest.raises(ValueError, match="any"):
            fail()

        assert heard == [signal.SIGTERM]


def test_outside_of_the_main_thread_there_is_nothing_to_hear() -> None:
    """Where the runtime calls the handler so, it works all the same."""
    seen: list[bool] = []

    def call() -> None:
        with index.Termination() as termination:
            seen.append(termination.ordered)

    with runtime() as heard:
        before = signal.getsignal(signal.SIGTERM)
        thread = Thread(target=call)
        thread.start()
        thread.join()

        assert (seen, heard, signal.getsignal(signal.SIGTERM)) == ([False], [], before)
