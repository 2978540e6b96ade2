"""A number stands with what it counts: one of it, or several."""

from __future__ import annotations

import pytest

from ossweep.plurals import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 objects"), (1, "1 object"), (1000, "1,000 objects")]
)
def test_a_noun_follows_its_number(number: int, said: str) -> None:
    """Only one of it is no plural."""
    assert counted(number, "object") == said


@pytest.mark.parametrize(("number", "said"), [(1, "1 of them stays"), (2, "2 of them stay")])
def test_a_verb_follows_its_number(number: int, said: str) -> None:
    """Where there is more to it than an s, both are written."""
    assert counted(number, "of them stays", "of them stay") == said
