"""Keys that wait for a look."""

from __future__ import annotations

from ossweep.engine.waiting import PROBES, Waiting
from ossweep.row import ALIKE

KEYS = [f"{number:03}" for number in range(3 * ALIKE)]


def refused() -> Waiting:
    """Return keys of which a hundred looks were refused, and one look is still under way."""
    waiting = Waiting(KEYS)
    for _ in range(ALIKE + 1):
        waiting.take()
    for _ in range(ALIKE):
        waiting.was_refused()
    return waiting


def test_three_keys_far_apart_tell_of_the_others() -> None:
    """The others are kept back, and are there all the same."""
    waiting = refused()

    assert len(waiting) == PROBES
    assert [waiting.take() for _ in range(PROBES)] == ["166", "232", "299"]
    assert len(waiting.kept_back) == len(KEYS) - ALIKE - 1 - PROBES


def test_all_wait_again_in_their_order_when_one_is_shown() -> None:
    """What goes first still does."""
    waiting = refused()
    probe = waiting.take()

    assert waiting.was_shown()

    assert waiting.all == tuple(key for key in KEYS[ALIKE + 1 :] if key != probe)


def test_a_key_that_is_given_back_meanwhile_waits_again() -> None:
    """Its look was under way when the others were kept back, and has told nothing."""
    waiting = refused()
    waiting.give_back(KEYS[ALIKE])

    waiting.was_shown()

    assert waiting.all == tuple(KEYS[ALIKE:])
