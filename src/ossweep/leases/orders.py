"""
Orders to stop a job, and what takes them back: the one truth about whether a job is to stop.

Each order is an object with a name of its own, and an object beside it takes it back. So a request
that is carried out late, or twice, is about that order alone, and changes nothing about a newer
one. A job that has stopped names the orders that it has obeyed, and stays stopped as long as one of
them was not taken back. A job that has stopped by itself obeys an order with the name of its fence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STOP = "stop"  # what all their names begin with
BACK = "-back"
_ORDER = re.compile(rf"({STOP}(?:-[0-9a-f]+)?)({BACK})?")
_IN_FULL = re.compile(rf"([A-Za-z0-9_-]{{1,100}}/){STOP}(?:-[0-9a-f]+)?")


@dataclass(frozen=True)
class Word:
    """A person's word: its name, and the time of the event that brings it, if it has one."""

    name: str
    at: int | None = None  # Unix seconds

    @property
    def content(self) -> bytes:
        """The content of an order that is given by it."""
        return b"{}" if self.at is None else json.dumps({"at": self.at}).encode()


def order_name(word: str) -> str:
    """Return the name of the order that a person's word gives, the same however often it comes."""
    return f"{STOP}-{sha256(word.encode()).hexdigest()[:16]}"


def own_order(fence: str) -> str:
    """Return the name of the order that a holder obeys which stops by itself."""
    return f"{STOP}-{fence.replace('-', '')}"


def standing(names: Iterable[str]) -> list[str]:
    """Return the orders among the names of a job's records that nobody has taken back."""
    found = [each for each in map(_ORDER.fullmatch, names) if each]
    back = {each[1] for each in found if each[2]}
    return sorted(each[1] for each in found if not each[2] and each[1] not in back)


def folder_of(order: str) -> str:
    """Return the folder of the job that an order is given to; "" if it is no order's full name."""
    found = _IN_FULL.fullmatch(order)
    return found[1] if found else ""
