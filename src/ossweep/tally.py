"""Sums of counts that are kept by name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def tally(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sums of counts, by name."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)
