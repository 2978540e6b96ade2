"""Keys that wait for a look."""

from __future__ import annotations

from ossweep.engine.waiting import Waiting
from ossweep.row import ALIKE, PROBES

KEYS = [f"{number:03}" for number in range(3 * ALIKE)]


def refused(turn: int = 0) -> Waiting:
    """Return keys of which a hundred looks were refused, and one look is still under way."""
    waiting = Waiting(KEYS, turn)
    for _ in range(ALIKE + 1):
        waiting.take()
    for _ in range(ALIKE):
        waiting.was_refused()
    return waiting


def test_three_keys_far_apart_tell_of_the_others() -> None:
    """The others are kept back, and are there all the same."""
    waiting = refused()

    assert len(waiting) == PROBES
    assert [waiting.take() for _ in range(PROBES)] == ["101", "167", "233"]
    assert len(waiting.kept_back) == len(KEYS) - ALIKE - 1 - PROBES


def test_all_wait_again_in_their_order_when_one_is_shown() -> None:
    """What goes first still does."""
    waiting = refused()
    probe = waiting.take()

    assert waiting.was_shown(probe)

    assert waiting.all == tuple(key for key in KEYS[ALIKE + 1 :] if key != probe)


def test_a_key_that_is_given_back_meanwhile_waits_again() -> None:
    """Its look was under way when the others were kept back, and has told nothing."""
    waiting = refused()
    probe = waiting.take()
    waiting.give_back(KEYS[ALIKE])

    waiting.was_shown(probe)

    assert waiting.all == tuple(key for key in KEYS[ALIKE:] if key != probe)


def test_each_turn_has_other_probes() -> None:
    """What those of one turn could not tell, those of the next may."""
    first, second = refused(), refused(turn=1)

    assert [first.take() for _ in range(PROBES)] == ["101", "167", "233"]
    assert [second.take() for _ in range(PROBES)] == ["102", "168", "234"]


def test_each_probe_tells_of_others_that_it_was_one() -> None:
    """Those under way beside the first are told apart from what is looked at afterwards."""
    waiting = refused()
    probes = [waiting.take() for _ in range(PROBES)]

    assert [waiting.was_shown(probe) for probe in probes] == [True, True, True]
    assert not waiting.was_shown(waiting.take())
