"""The plans of `make run`: each as a table and a page, and the order that applies one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from localcloud.plan_page import page_of_plan
from localcloud.plan_table import show_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rich.console import Console

_SELECTORS = frozenset({"keys", "prefix", "directory", "manifest", "everything"})
_KEPT = ("unfinished", "parallel")  # what may stand beside `apply` as it stands in a request


def show_plans(console: Console, answers: Iterable[Mapping[str, Any]], page: Path | None) -> None:
    """Print the plans in answers, and write each one's page; None: nowhere."""
    plans = [each["plan"] for each in answers if each["status"] == "planned" and "plan" in each]
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


def application_of(event: bytes, planned: Mapping[str, Any]) -> bytes | None:
    """
    Return the order that applies the plan of an event's dry run.

    None if the event is not one request as JSON, asks for no more than a dry run, or if its plan is
    kept nowhere.
    """
    plan_id = planned.get("plan", {}).get("id")
    try:
        request = json.loads(event)
    except ValueError:
        return None
    if plan_id is None or not isinstance(request, dict) or _SELECTORS.isdisjoint(request):
        return None
    if request.get("dry_run", False):
        return None
    beside = {name: request[name] for name in _KEPT if name in request}
    return json.dumps({"apply": plan_id, **beside}).encode()
