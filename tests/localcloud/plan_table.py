"""Prints a plan for terminals: what goes, with bars, what it costs, and advice as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from localcloud.plan_words import costs_of, measure, not_shown, objects, share, size, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import Console

_BAR = 20  # characters
_EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589"
_FULL = "\u2588"


def show_plan(console: Console, plan: Mapping[str, Any]) -> None:
    """Print the document of a plan."""
    console.print(
        Text(f"Plan {visible(plan['id'])}: {objects(plan['objects'])}, {size(plan['bytes'])}")
    )
    console.print(Text(f"digest {plan['digest']}", style="dim"))
    if plan["objects"]:
        console.print(Text(f"written from {plan['oldest']} to {plan['newest']}"))
        console.print(Text(f"from {_quoted(plan['first'])} to {_quoted(plan['last'])}"))
        console.print(_amounts("storage class", plan["by_storage_class"].items(), plan))
        console.print(_amounts("directory", _directories(plan), plan))
    for line in costs_of(plan):
        console.print(Text(line))
    for reason, number in plan["skipped_because"].items():
        console.print(Text(f"kept: {objects(number)}, {visible(reason)}"))
    for sentence in plan["advice"]:
        console.print(Text(f"- {visible(sentence)}"))
    _show_rule(console, plan["lifecycle"])


def bar(part: int, whole: int, width: int = _BAR) -> str:
    """Draw a share; what is there at all is seen."""
    eighths = round(share(part, whole) * width * 8)
    if part and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return (_FULL * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def _amounts(
    title: str, rows: Iterable[tuple[str, Mapping[str, int]]], plan: Mapping[str, Any]
) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="fold")
    table.add_column("objects", justify="right")
    table.add_column("size", justify="right")
    table.add_column("share", no_wrap=True)
    by = measure(plan)
    for name, amount in rows:
        table.add_row(
            Text(visible(name)),
            f"{amount['objects']:,}",
            size(amount["bytes"]),
            Text(bar(amount[by], plan[by])),
        )
    return table


def _directories(plan: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
    yield from ((each["directory"], each) for each in plan["by_directory"]["largest"])
    yield from not_shown(plan)


def _show_rule(console: Console, lifecycle: Mapping[str, Any] | None) -> None:
    if lifecycle is None:
        return
    if lifecycle["rule"] is None:
        console.print(Text(f"no lifecycle rule would do it: {visible(lifecycle['why'])}"))
        return
    console.print(Text("a lifecycle rule would do it as well:"))
    for line in lifecycle["rule"].splitlines():
        console.print(Text(visible(line), style="dim"))
    for each in lifecycle["differences"]:
        console.print(Text(f"- {visible(each)}"))


def _quoted(key: str) -> str:
    return f'"{visible(key)}"'
