"""
Orders to stop a job, and what takes them back.

Each order has a number, and so has what takes it back, and all those before it: whatever request is
carried out late, or twice, changes nothing about an order that was given since.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STOP = "stop"  # what all their names begin with
_ORDER = re.compile(STOP + r"(?:-([0-9]{2,}))?(-back)?")


def is_to_stop(names: Iterable[str]) -> bool:
    """Tell by the names of a job's records whether there is an order that nobody has taken back."""
    last, back = _numbers(names)
    return last > back


def next_order(names: Iterable[str]) -> str:
    """Return the name of an order: the one that is there, if nobody has taken it back."""
    last, back = _numbers(names)
    return _name(max(last, back + 1))


def back(names: Iterable[str]) -> str | None:
    """Return the name of what takes all orders back, if there is one to be taken back."""
    last, back = _numbers(names)
    return f"{_name(last)}-back" if last > back else None


def _numbers(names: Iterable[str]) -> tuple[int, int]:
    """Return the numbers of the last order and of the last that was taken back; 0 is none."""
    found = [each for each in map(_ORDER.fullmatch, names) if each]
    orders = (int(each[1] or 1) for each in found if not each[2])
    taken_back = (int(each[1] or 1) for each in found if each[2])
    return max(orders, default=0), max(taken_back, default=0)


def _name(number: int) -> str:
    return f"{STOP}-{number:02d}"
