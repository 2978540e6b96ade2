"""The plans of `make run`: each as a table and a page, and the order that applies them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from localcloud.plan_page import page_of_plan
from localcloud.plan_table import show_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

_SELECTORS = frozenset({"keys", "prefix", "directory", "manifest", "everything"})
_KEPT = ("unfinished", "parallel")  # what may stand beside `apply` as it stands in a request


def show_plans(console: Console, answers: Iterable[Mapping[str, Any]], page: Path | None) -> None:
    """
    Print the plans in answers, and write each one's page; None: nowhere.

    A dry run that a ceiling has stopped has one as well.
    """
    plans = [each["plan"] for each in answers if "plan" in each]
    for number, plan in enumerate(plans, 1):
        place = None
        if page is not None:
            place = page if number == 1 else page.with_stem(f"{page.stem}-{number}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(page_of_plan(plan), encoding="utf-8")
        show_plan(console, plan, has_page=place is not None)
        if place is not None:
            console.print(Text(f"The page of this plan: {place}"), soft_wrap=True)
        console.print()


def forget_pages(page: Path | None) -> None:
    """Remove the pages that an earlier run has left."""
    if page is not None:
        for each in (page, *page.parent.glob(f"{page.stem}-*{page.suffix}")):
            each.unlink(missing_ok=True)


def requests_in(event: bytes | str) -> list[dict[str, Any]]:
    """Return the requests of a direct event or of a timer's payload; none of any other."""
    try:
        said = json.loads(event)
    except ValueError:
        return []
    if isinstance(said, dict) and isinstance(said.get("payload"), str):
        return requests_in(said["payload"])
    every = said.get("requests", [said]) if isinstance(said, dict) else said
    is_plain = isinstance(every, list) and all(isinstance(each, dict) for each in every)
    return every if is_plain else []


def applies_a_plan(event: bytes) -> bool:
    """Tell whether an event applies a plan, which it names."""
    return any("apply" in each for each in requests_in(event))


def is_dry_run(event: bytes) -> bool:
    """Tell whether an event asks for no more than plans."""
    requests = requests_in(event)
    return bool(requests) and all(each.get("dry_run", False) is True for each in requests)


def application_of(event: bytes, answers: Sequence[Mapping[str, Any]]) -> bytes | None:
    """
    Return the order that applies the plans of an event's dry run, one for each of its requests.

    None if the event holds no requests as JSON, or if one of its plans is kept nowhere. A request
    that asks for no more than a dry run has had it.
    """
    requests = requests_in(event)
    if len(answers) != len(requests) or "payload" in json.loads(event or b"{}"):
        return None
    orders: list[dict[str, Any]] = []
    for request, answer in zip(requests, answers, strict=True):
        plan_id = answer.get("plan", {}).get("id")
        if plan_id is None or _SELECTORS.isdisjoint(request):
            return None
        if not request.get("dry_run", False):
            beside = {name: request[name] for name in _KEPT if name in request}
            orders.append({"apply": plan_id, **beside})
    if not orders:
        return None
    return json.dumps(orders[0] if len(requests) == 1 else {"requests": orders}).encode()
