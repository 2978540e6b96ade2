"""
A person's word that a job may go on, which takes back the orders to stop that it can have known.

A word may be brought twice, and the invocation that brings it may die. So the orders that it takes
back are written down when it first comes, and are the same whenever it comes again: an order given
since then stands. Where that could not be written down, the times of word and order tell which is
younger.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ossweep.leases.decisions import Observed
from ossweep.leases.folder import parts_listed
from ossweep.leases.orders import BACK, STOP, Word, folder_of
from ossweep.leases.records import damaged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ossweep.leases.folder import Folder
    from ossweep.leases.ports import StateObjects
    from ossweep.leases.records import End

RESUME = "resume-"


def taken_back_by(word: Word, folder: Folder, parts: Collection[str], holder: str) -> list[str]:
    """
    Return the full names of the orders that a word takes back, to a job and to its parts.

    Words of the same name are the same word. It is written down in the job's folder, by a holder
    whose name no other has. Raises Closed and StoreError.
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
    """Return the orders by which a job is stopped, if it is; the folder is the job's."""
    departure = observed.departure if isinstance(observed, Observed) else None
    if departure is None or departure.how != "stopped":
        return []
    return [order for order in departure.orders if folder_of(order) == folder]


def remembered(names: Iterable[str]) -> set[str]:
    """Return the names of those records by which a word that comes again is recognised."""
    return {name for name in names if name.startswith((RESUME, STOP))}


def take_back(objects: StateObjects, orders: Iterable[str]) -> None:
    """Take orders back, by their full names; raises Closed and StoreError."""
    for order in orders:
        objects.write(order + BACK, b"{}")


def _orders_to(folder: Folder, parts: Collection[str]) -> list[str]:
    """Return the orders to a job and its parts that stand, and those by which they stopped."""
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
        return 0  # the order is gone, and only the object that takes it back is left
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
    raise damaged()
