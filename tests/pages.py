"""Reads the page of a plan, as it is written or as a browser has it, to hold it to the plan."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Figures = list[tuple[str | None, ...]]


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def having(self, attribute: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements that have this one."""
        return [attrs for _, attrs in self.found if attribute in attrs]

    def figures(self, kind: str) -> Figures:
        """Return the names, objects and bytes of all rows of a kind."""
        return [
            (each[f"data-{kind}"], each["data-objects"], each["data-bytes"])
            for each in self.having(f"data-{kind}")
        ]


def figures_of(plan: Mapping[str, Any], kind: str) -> Figures:
    """Return what the rows of a kind, directories or classes, are to show."""
    if kind == "class":
        return [_row(name, each) for name, each in plan["by_storage_class"].items()]
    return [_row(each["directory"], each) for each in _below(plan["by_directory"]["largest"])]


def _row(name: str, amount: Mapping[str, int]) -> tuple[str | None, ...]:
    return name, str(amount["objects"]), str(amount["bytes"])


def _below(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return directories, each before those below it."""
    return [one for each in found for one in (each, *_below(each.get("largest", [])))]
