"""A plan as the jobs' state keeps it, and the job that applies it as far as it has come."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ossweep.conditions import LAST_SECOND
from ossweep.plans.comparison import Changed, Tolerance
from ossweep.plans.digest import Digest
from ossweep.plans.directories import Amount
from ossweep.plans.sofar import hashes_in
from ossweep.plans.stretches import PlannedStretch, rows_of, stretches_of_rows, total_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORM = 2
CHANGED_TOLD = 10  # stretches that differ, of which an answer tells both figures
_UNREADABLE = "the plan cannot be read, or was made by another version"


@dataclass(frozen=True)
class KeptPlan:
    """
    A plan as it is kept: its clock, when it was `made`, and what it holds objects to.

    Its `id` is made of all else that is in it, and of its `order`, by that order's hash: whoever
    names a plan names what it holds. An event that waited for long has an old clock: so the plan's
    age counts from when it was kept, `kept_at`. Both are in Unix seconds by OSS's clock. `named`
    are the sorted hashes of objects known by name. What lay below the `protected` prefixes is not
    in it; nor, where it `is_cut`, what lies beyond a ceiling. Where it `is_steady`, no old object
    can become one of its kind: none gains a tag or another class, no older version shows again, and
    none is renamed. So many keys are `nameless`: nobody can ask for them, and they count against
    ceilings all the same.
    """

    order: str
    made: int
    digest: Digest
    stretches: Sequence[PlannedStretch]
    named: array[int]
    protected: tuple[str, ...] = ()
    is_cut: bool = False
    is_steady: bool = False
    kept_at: int = 0
    nameless: int = 0

    @cached_property
    def id(self) -> str:
        """By what it is applied."""
        return id_of(self.written())

    def holds(self, hash_: int) -> bool:
        """Tell whether an object known by name is as it was planned."""
        at = bisect_left(self.named, hash_)
        return at < len(self.named) and self.named[at] == hash_

    def written(self) -> bytes:
        """Return it as it is kept; the order is kept beside it."""
        document = {
            "form": FORM,
            "order": self.order,
            "made": self.made,
            "digest": asdict(self.digest),
            "stretches": rows_of(self.stretches),
            "named": self.named.tobytes().hex(),
            "protected": list(self.protected),
            "is_cut": self.is_cut,
            "is_steady": self.is_steady,
            "kept_at": self.kept_at,
            "nameless": self.nameless,
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def read(cls, content: bytes) -> KeptPlan:
        """Read it again; raises ValueError, with a sentence, for what is none."""
        try:
            whole = json.loads(content)
            document = whole if whole["form"] == FORM else {}
            named = array("Q")
            named.frombytes(bytes.fromhex(document["named"]))
            digest = Digest(**document["digest"])
            digest.check()
            found = cls(
                document["order"],
                document["made"],
                digest,
                stretches_of_rows(document["stretches"]),
                array("Q", sorted(named)),
                tuple(document["protected"]),
                document["is_cut"] is True,
                document["is_steady"] is True,
                document["kept_at"],
                document["nameless"],
            )
            found.check()
        except (KeyError, TypeError, RecursionError, ValueError):
            raise ValueError(f"{_UNREADABLE}; plan anew") from None
        return found

    def check(self) -> None:
        """Raise ValueError for what no dry run has kept."""
        texts = (self.order, *self.protected)
        total = total_of(self.stretches).objects + len(self.named)
        is_known = all(
            type(each) is int and 0 <= each <= LAST_SECOND
            for each in (self.made, self.kept_at, self.nameless)
        )
        if not (is_known and all(isinstance(each, str) for each in texts)):
            raise ValueError(_UNREADABLE)
        if total != self.digest.objects or "" in self.protected:
            raise ValueError(_UNREADABLE)


def hash_of(content: bytes) -> str:
    """Return what tells a plan's order from all others."""
    return sha256(content).hexdigest()


def id_of(written: bytes) -> str:
    """Return the id of a plan that is kept so."""
    return f"plan-{sha256(written).hexdigest()[:20]}"


def named_of(text: str) -> array[int]:
    """Return the sorted hashes of named objects in a plan so far."""
    return array("Q", sorted(hashes_in(text)))


@dataclass(frozen=True)
class Applied:
    """
    How far a plan is applied: what differs so far, and what is left of the tolerance.

    `changed` are the first stretches that differ, of `stretches` in all; named objects count as
    such, too.
    """

    tolerance: Tolerance = field(default_factory=Tolerance)
    changed: tuple[Changed, ...] = ()
    stretches: int = 0

    def with_change(self, changed: Changed) -> Applied:
        """Return it with one more stretch that differs."""
        told = (*self.changed, changed)[:CHANGED_TOLD]
        return replace(self, changed=told, stretches=self.stretches + 1)

    def without(self, changed: Changed, used: Amount) -> Applied:
        """Return it as it was before a difference went by so much of the tolerance."""
        return replace(
            self,
            tolerance=replace(self.tolerance, used=self.tolerance.used - used),
            changed=tuple(each for each in self.changed if each != changed),
            stretches=self.stretches - 1,
        )

    def __add__(self, other: Applied) -> Applied:
        """Return what both parts of a job have met."""
        one, two = self.tolerance, other.tolerance
        return Applied(
            Tolerance(
                one.objects + two.objects,
                one.bytes + two.bytes,
                one.used + two.used,
            ),
            (*self.changed, *other.changed)[:CHANGED_TOLD],
            self.stretches + other.stretches,
        )

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "changed": [asdict(each) for each in self.changed]}

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> Applied:
        """Read it again; raises ValueError, with a sentence, for what is none."""
        if document is None:
            return cls()
        try:
            told = document["tolerance"]
            tolerance = Tolerance(told["objects"], told["bytes"], Amount(**told["used"]))
            changed = tuple(
                Changed(
                    each["after"],
                    each["until"],
                    Digest(**each["planned"]),
                    Digest(**each["met"]),
                    each["stays"] is True,
                    Amount(**each["left"]) if each.get("left") else None,
                )
                for each in document["changed"]
            )
            found = cls(tolerance, changed, document["stretches"])
            found.check()
        except (KeyError, TypeError):
            raise ValueError("how far a plan is applied cannot be read") from None
        return found

    def narrowed(self, other: Applied) -> Applied:
        """Return it with no more tolerance than another order of the same plan has."""
        one, two = self.tolerance, other.tolerance
        most = min(one.objects, two.objects), min(one.bytes, two.bytes)
        return replace(self, tolerance=Tolerance(*most, one.used))

    def check(self) -> None:
        """Raise ValueError, with a sentence, for what no application has met."""
        tolerance = self.tolerance
        used = tolerance.used
        numbers = [tolerance.objects, tolerance.bytes, used.objects, used.bytes]
        numbers.append(self.stretches)
        for each in self.changed:
            numbers += [] if each.left is None else [each.left.objects, each.left.bytes]
        if any(type(each) is not int or each < 0 for each in numbers):
            raise ValueError("how far a plan is applied holds numbers that none are")
        if not all(isinstance(each.after + each.until, str) for each in self.changed):
            raise ValueError("a stretch that differs has no borders")
        for each in self.changed:
            each.planned.check()
            each.met.check()
