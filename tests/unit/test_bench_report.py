"""The bench's tables stand in its README between two marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report import BEGIN, END, Goal, Measured, Spread, markdown, write

README = Path(__file__).parents[1] / "bench" / "README.md"


def test_a_page_is_written_anew_between_its_marks_only(tmp_path: Path) -> None:
    """What stood there before goes, and nothing else."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")

    write(page, "new\n")
    write(page, "newer\n")

    assert page.read_text("utf-8") == f"before\n{BEGIN}\n\nnewer\n\n{END}\nafter\n"


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    """Nobody knows where the tables would go."""
    page = tmp_path / "page.md"
    page.write_text("text", "utf-8")

    with pytest.raises(ValueError, match="has not one mark"):
        write(page, "tables")
    assert page.read_text("utf-8") == "text"


def test_readme_has_both_marks() -> None:
    """Once each, the one before the other."""
    text = README.read_text("utf-8")

    assert (text.count(BEGIN), text.count(END)) == (1, 1)
    assert text.index(BEGIN) < text.index(END)


def test_a_missed_goal_is_told() -> None:
    """A table says what was wanted, what was reached, and whether that is enough."""
    measured = Measured("A", "CPU seconds", ("deleter", "seconds"))
    measured.row("ossweep", Spread([3.0, 1.0, 2.0]).text())
    measured.goals.append(Goal("at least 8 times less", "1.2 times", met=False))

    text = markdown(measured)

    assert "| ossweep | 2.00 (1.00 to 3.00) |" in text
    assert "- Goal missed: at least 8 times less: 1.2 times." in text


@pytest.mark.parametrize(("met", "is_told"), [(False, True), (True, False), (None, False)])
def test_the_reason_of_a_missed_goal_is_told(met: bool | None, is_told: bool) -> None:
    """And of no other."""
    goal = Goal("4 s", "9 s", met, "The store is slow")

    assert goal.sentence.endswith(": 4 s: 9 s. The store is slow") is is_told
