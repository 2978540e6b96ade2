"""
A person's word that a job may go on, which takes back the orders to stop that it can have known.

It may be brought twice, and whoever brings it may die. So what it takes back is written down when
it comes first, and is the same whenever it comes again: an order that was given since stands. Where
that could not be written, the times of both tell which is the younger.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import Scope, StoreError
from ossweep.leases.decisions import Observed
from ossweep.leases.folder import parts_listed
from ossweep.leases.orders import BACK, STOP, folder_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ossweep.leases.folder import Folder
    from ossweep.leases.ports import StateObjects
    from ossweep.leases.records import End

RESUME = "resume-"


@dataclass(frozen=True)
class Word:
    """What a person has said: its name, and the time of the event that brings it, if it has one."""

    name: str
    at: int | None = None  # Unix seconds

    @property
    def content(self) -> bytes:
        """What an order holds that is given by it."""
        return b"{}" if self.at is None else json.dumps({"at": self.at}).encode()


def taken_back_by(word: Word, folder: Folder, parts: Collection[str], holder: str) -> list[str]:
    """
    Return the orders that a word takes back, those to a job and to its parts, by their full names.

    The word is the same one whenever it has the same name, and is written down in the job's folder,
    by a holder who has no other's name. Raises Closed and StoreError.
    """
    objects, name = folder.objects, f"{folder.name}{RESUME}{word.name}"
    kept = objects.read(name)
    if kept is None:
        known = _orders_to(folder, parts)
        if word.at is not None:
            known = [order for order in known if _given_at(order, objects) <= word.at]
        content = json.dumps({"by": holder, "orders": known}).encode()
        if objects.create(name, lambda: content):
            return known
        kept = objects.read(name)
    return _orders_in(kept.content) if kept is not None else []  # the job has ended since


def obeyed(observed: Observed | End | None, folder: str) -> list[str]:
    """Return the orders to a job by which it is stopped, if it is; the folder is the job's."""
    departure = observed.departure if isinstance(observed, Observed) else None
    if departure is None or departure.how != "stopped":
        return []
    return [order for order in departure.orders if folder_of(order) == folder]


def remembered(names: Iterable[str]) -> set[str]:
    """Return those of a job's records by which a word that comes again is known."""
    return {name for name in names if name.startswith((RESUME, STOP))}


def take_back(objects: StateObjects, orders: Iterable[str]) -> None:
    """Take orders back, by their full names; raises Closed and StoreError."""
    for order in orders:
        objects.write(order + BACK, b"{}")


def _orders_to(folder: Folder, parts: Collection[str]) -> list[str]:
    """Return the orders to a job and to its parts that stand, and those that they stopped by."""
    known = set(folder.orders_known())
    if parts:
        job = folder.name.removesuffix("/")
        for part, listing in parts_listed(job, parts, folder.objects).values():
            known.update(part.orders_known(listing))
    return sorted(known)


def _given_at(order: str, objects: StateObjects) -> int:
    """Return when an order was given: by its event, or else when it was written."""
    kept = objects.read(order)
    if kept is None:
        return 0  # only what takes it back is left
    try:
        at = json.loads(kept.content).get("at", kept.written)
    except (ValueError, AttributeError, RecursionError):
        return kept.written
    return at if isinstance(at, int) else kept.written


def _orders_in(content: bytes) -> list[str]:
    try:
        found = json.loads(content)["orders"]
        if all(map(folder_of, found)):
            return list(found)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    raise StoreError(
        "BadRecord", "a job's record is damaged; send the job's request anew", Scope.JOB
    )
