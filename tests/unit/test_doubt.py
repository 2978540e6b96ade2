"""Doubt stays with a key until an answer ends it."""

from __future__ import annotations

from ossweep.store.doubt import Doubt


def test_a_look_ends_the_doubt_of_keys_whose_request_was_answered() -> None:
    """One whose answer never came may be carried out after the look, too."""
    doubt = Doubt()
    doubt.sent({"answered"}, under_way=False)
    doubt.sent({"cut off"}, under_way=True)

    doubt.shown("answered")
    doubt.shown("cut off")

    assert (doubt.keys, doubt.needs_look({"answered", "cut off"})) == ({"cut off"}, False)


def test_an_answer_ends_any_doubt() -> None:
    """It names the key as deleted, or as refused."""
    doubt = Doubt()
    doubt.sent({"a", "b"}, under_way=True)

    doubt.decided({"a"})

    assert (doubt.keys, doubt.needs_look({"a"}), doubt.needs_look({"b"})) == ({"b"}, False, True)


def test_a_key_in_doubt_is_looked_at_again_after_an_attempt_that_decides_nothing() -> None:
    """What a look has shown holds for one attempt."""
    doubt = Doubt()
    doubt.sent({"cut off"}, under_way=True)
    doubt.shown("cut off")

    doubt.undecided({"cut off", "never in doubt"})

    assert (doubt.needs_look({"cut off"}), doubt.needs_look({"never in doubt"})) == (True, False)


def test_a_look_decides_about_a_key_that_its_answer_has_left_out() -> None:
    """Unless an earlier request for it may still be carried out."""
    doubt = Doubt()
    doubt.brought({"cut off"})

    doubt.left_out({"cut off", "answered"})

    assert doubt.answered(["answered", "cut off"]) == ["answered"]
    assert (doubt.needs_look({"answered"}), doubt.needs_look({"cut off"})) == (False, True)
