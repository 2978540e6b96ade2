"""The changes that the simulation is tried by can still be made."""

from __future__ import annotations

import pytest

from chaos.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.idea)
def test_a_mutant_changes_one_place(mutant: Mutant) -> None:
    """Else it would be another idea that is taken out, or none."""
    text = (ROOT / "src" / "ossweep" / mutant.path).read_text()

    assert text.count(mutant.old) == 1
