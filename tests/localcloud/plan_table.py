"""Prints a plan for terminals: what goes, with bars, what it costs, and advice as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from localcloud.plan_words import (
    costs_of,
    how_exact,
    key_shown,
    measure,
    name_of,
    not_shown,
    objects,
    origin_of,
    share,
    size,
    title_of,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console

_BAR = 20  # characters
_MOST_ROWS = 12  # of directories
_EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
_FULL = "\u2588"


def show_plan(console: Console, plan: Mapping[str, Any], *, has_page: bool = False) -> None:
    """Print the document of a plan; what is long is left to its page, if it has one."""
    console.print(Text(f"{name_of(plan)}: {title_of(plan)}", style="bold"))
    for line in origin_of(plan):
        console.print(Text(line))
    console.print(Text(f"digest {plan['digest']}", style="dim"))
    if plan["objects"]:
        console.print(Text(f"written from {plan['oldest']} to {plan['newest']}"))
        console.print(Text(f"from {_quoted(plan['first'])} to {_quoted(plan['last'])}"))
        rows = [*_rows(plan["by_storage_class"].items()), None, *_rows(_directories(plan))]
        console.print()
        console.print(_amounts(rows, plan))
        for line in how_exact(plan):
            console.print(Text(line))
        console.print()
    for line in costs_of(plan):
        console.print(Text(line))
    for reason, number in plan["skipped_because"].items():
        console.print(Text(f"kept: {objects(number)}, {visible(reason)}"))
    _show_sentences(console, plan["advice"])
    _show_rule(console, plan["lifecycle"], has_page=has_page)


def bar(part: int, whole: int, width: int = _BAR) -> str:
    """Draw a share; what is there at all is seen."""
    eighths = round(share(part, whole) * width * 8)
    if part and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return (_FULL * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _amounts(
    rows: Iterable[tuple[str, Mapping[str, int]] | None], plan: Mapping[str, Any]
) -> Table:
    """Return a table of classes, a line left empty, and directories."""
    table = Table(box=None, pad_edge=False)
    table.add_column("class, directory", overflow="fold")
    table.add_column("objects", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("share", no_wrap=True)
    by = measure(plan)
    for row in rows:
        if row is None:
            table.add_row()
            continue
        name, amount = row
        table.add_row(
            Text(name),
            f"{amount['objects']:,}",
            size(amount["bytes"]),
            Text(bar(amount[by], plan[by])),
        )
    return table


def _rows(
    amounts: Iterable[tuple[str, Mapping[str, int]]],
) -> Iterator[tuple[str, Mapping[str, int]]]:
    yield from ((key_shown(name), amount) for name, amount in amounts)


def _directories(plan: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield the rows of directories, few enough to be seen at once."""
    largest = plan["by_directory"]["largest"]
    room = _MOST_ROWS - len(list(not_shown(plan)))
    shown = len(largest) if len(largest) <= room else _MOST_ROWS - 2
    yield from ((each["directory"], each) for each in largest[:shown])
    yield from not_shown(plan, largest[shown:])


def _show_sentences(console: Console, sentences: Iterable[str]) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(overflow="fold")
    for each in sentences:
        table.add_row("-", Text(visible(each)))
    if table.row_count:
        console.print(table)


def _show_rule(console: Console, lifecycle: Mapping[str, Any] | None, *, has_page: bool) -> None:
    if lifecycle is None:
        return
    if lifecycle["rule"] is None:
        console.print(Text(f"no lifecycle rule would do it: {visible(lifecycle['why'])}"))
        return
    if has_page:
        console.print(Text("a lifecycle rule would do it as well: see the page"))
        return
    console.print(Text("a lifecycle rule would do it as well:"))
    for line in lifecycle["rule"].splitlines():
        console.print(Text(visible(line), style="dim"))
    _show_sentences(console, lifecycle["differences"])


def _quoted(key: str) -> str:
    return f'"{key_shown(key)}"'
