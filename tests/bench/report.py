"""What was measured, as a table on the terminal and in the README beside this file."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

BEGIN, END = (
    "<!-- bench: what stands up to the next mark is written by make bench -->",
    "<!-- /bench -->",
)


@dataclass(frozen=True)
class Spread:
    """Several runs' figures."""

    values: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.values)

    def less(self, start: float) -> Spread:
        """Return what is left of each of them without what it costs to start at all."""
        return Spread([value - start for value in self.values])

    def times(self, factor: float) -> Spread:
        """Return them as they would be for so many times the keys."""
        return Spread([value * factor for value in self.values])

    def text(self, digits: int = 2, unit: str = "") -> str:
        """Write the median, and the least and the most if there are several."""
        middle = f"{self.median:,.{digits}f}{unit}"
        if len(self.values) == 1:
            return middle
        return f"{middle} ({min(self.values):,.{digits}f} to {max(self.values):,.{digits}f})"


@dataclass(frozen=True)
class Goal:
    """
    What was to be reached, what was, and whether that is enough; None if nobody could tell.

    `why` is a sentence about what stands in the way, told where it is missed.
    """

    text: str
    reached: str
    met: bool | None
    why: str = ""

    @property
    def verdict(self) -> str:
        return {True: "met", False: "missed", None: "not measured"}[self.met]

    @property
    def sentence(self) -> str:
        """All of it, without a full stop."""
        why = f". {self.why}" if self.met is False and self.why else ""
        return f"Goal {self.verdict}: {self.text}: {self.reached}{why}"


@dataclass
class Measured:
    """A measure's table: `columns` of names, `rows` of text; goals, and what there is to say."""

    letter: str
    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # of ossweep itself: the bench has failed

    def row(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)


def show(measured: Measured, console: Console) -> None:
    """Write it to the terminal."""
    table = Table(title=f"{measured.letter}. {measured.title}", title_justify="left")
    for number, column in enumerate(measured.columns):
        table.add_column(column, justify="right" if number else "left")
    for row in measured.rows:
        table.add_row(*row)
    console.print(table)
    for goal in measured.goals:
        style = {True: "green", False: "red", None: "yellow"}[goal.met]
        console.print(f"  {goal.sentence}", style=style)
    for note in measured.notes:
        console.print(f"  {note}", highlight=False)
    for fault in measured.faults:
        console.print(f"  FAILED: {fault}", style="bold red", highlight=False)


def markdown(measured: Measured) -> str:
    """Write it as README has it."""
    lines = [
        f"**{measured.letter}. {measured.title}**",
        "",
        "| " + " | ".join(measured.columns) + " |",
        "|"
        + "|".join("---:" if number else "---" for number in range(len(measured.columns)))
        + "|",
        *("| " + " | ".join(row) + " |" for row in measured.rows),
        "",
        *(f"- {goal.sentence}." for goal in measured.goals),
        *(f"- {note}" for note in measured.notes),
        *(f"- FAILED: {fault}" for fault in measured.faults),
        "",
    ]
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Put text between the two marks of a page. Raises ValueError for a page without them."""
    old = page.read_text("utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1:
        raise ValueError(f"{page} has not one mark {BEGIN!r} and one {END!r}")
    before, _, rest = old.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
