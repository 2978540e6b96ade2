"""
Orders to stop a job, and what takes them back.

Each order has a name of its own, and what takes it back is an object beside it: whatever request is
carried out late, or twice, is about that order alone, and changes nothing about a newer one.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STOP = "stop"  # what all their names begin with
BACK = "-back"
_ORDER = re.compile(rf"({STOP}(?:-[0-9a-f]+)?)({BACK})?")


def order_name(giver: str, number: int) -> str:
    """Return the name of an order: the one of this number that somebody gives."""
    return f"{STOP}-{sha256(f'{giver} {number}'.encode()).hexdigest()[:16]}"


def standing(names: Iterable[str]) -> list[str]:
    """Return the orders among the names of a job's records that nobody has taken back."""
    found = [each for each in map(_ORDER.fullmatch, names) if each]
    taken_back = {each[1] for each in found if each[2]}
    return sorted(each[1] for each in found if not each[2] and each[1] not in taken_back)
