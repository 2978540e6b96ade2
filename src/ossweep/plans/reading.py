"""What a continuation says of plans, read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ossweep.names import PLAN
from ossweep.plans.kept import Applied
from ossweep.plans.sofar import SoFar

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_plans(
    plan: Mapping[str, Any] | None, applied: Mapping[str, Any] | None, applies: str | None
) -> None:
    """Raise ValueError, with a sentence, for what no sweep can have left of plans."""
    SoFar.of(plan)
    Applied.of(applied)
    if applies is not None and not PLAN.fullmatch(applies):
        raise ValueError("it applies what is no plan")
