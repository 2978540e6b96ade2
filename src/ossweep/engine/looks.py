"""
Looks at named keys, and the batches of those that are there and may go.

The keys are taken in the order of their bytes. One page of a listing shows a thousand neighbours;
where it has shown few of those that were asked for, the next ones are looked at by themselves.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ossweep.engine.draft import Draft
from ossweep.engine.runs import FEW, SINGLY
from ossweep.engine.waiting import Waiting
from ossweep.errors import Scope, StoreError
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER, Absent, Neighbours
from ossweep.work import BATCH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.ports import Store
    from ossweep.engine.selection import Selection
    from ossweep.errors import Closed
    from ossweep.objects import Found


def look_at(store: Store, keys: Sequence[str]) -> Neighbours | None:
    """
    Look at one key, or at neighbours; raises Closed, StoreError.

    None where OSS refuses to list what all of them lie in: a policy may yet allow a look at each.
    """
    if len(keys) == 1:
        found = store.find(keys[0])
        return Neighbours(1, {} if found is None else {found.key: found}, {})
    try:
        return store.look(keys, with_etags=False)
    except StoreError as error:
        if error.scope is not Scope.KEYS:
            raise
        return None


class Looks:
    """
    The named keys that are looked at, until they are in a batch or have been skipped.

    If they `take_young`, as for a dry run of a person's first order, no key stays for its age, nor
    because nothing was seen of it: in earnest it would be asked for unseen. The `doubted` keys were
    asked for before, and have their room below the ceiling already. They go first, so that none
    waits behind a key without room. Several looks may be under way at once. A key stays among
    `names` until it is in a batch or has been skipped, so a look that never comes back leaves it to
    be done.
    """

    def __init__(
        self,
        selection: Selection,
        keys: Iterable[str] = (),
        doubted: Iterable[str] = (),
        *,
        take_young: bool = False,
    ) -> None:
        self._selection = selection
        self._doubted = frozenset(doubted)
        self._take_young = take_young
        self._waiting = Waiting(sorted(keys, key=lambda key: (key not in self._doubted, key)))
        self._singly = 0  # keys that are looked at by themselves, before a page is tried again
        self._under_way: dict[str, None] = {}
        self._refused: dict[str, None] = {}  # keys whose look OSS has refused
        self._draft = Draft()

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that are neither in a batch nor skipped."""
        chosen = (found.key for found in self._draft.found)
        return (*chosen, *self._under_way, *self._waiting.all, *self._refused)

    @property
    def refused(self) -> tuple[str, ...]:
        """The keys whose look OSS has refused, or would."""
        return (*self._refused, *self._waiting.kept_back)

    @property
    def ended(self) -> bool:
        """Whether no key waits for a look, and none is under way."""
        return not (self._waiting or self._under_way)

    @property
    def under_way(self) -> int:
        """How many keys are looked at, or were and are not judged yet."""
        return len(self._under_way)

    @property
    def ahead(self) -> int:
        """How many keys are looked at, or were and are in no batch yet."""
        return len(self._under_way) + len(self._draft.found)

    def next(self) -> list[str]:
        """Return the keys to look at next; none if none waits, or the ceiling allows none."""
        if not self._waiting or not self._has_room(self._waiting.first, None):
            return []
        keys = self._waiting.take_in_order(1 if self._singly else BATCH_KEYS, FEW)
        self._singly = max(0, self._singly - 1)
        self._under_way.update(dict.fromkeys(keys))
        return keys

    def has_failed(self, keys: Sequence[str], error: Closed | StoreError) -> None:
        """Take note that a look has shown nothing; what OSS has refused is not tried again."""
        left = [key for key in keys if key in self._under_way]
        is_refused = isinstance(error, StoreError) and error.scope is Scope.KEYS
        if is_refused and self._take_young and self._doubted.isdisjoint(left):
            self.judge(left, {}, inf)
        elif is_refused:
            self._take_back(left)
            self._refused.update(dict.fromkeys(left))
            self._waiting.was_refused()
        else:
            self.give_back(left)

    def are_refused_together(self, keys: Sequence[str]) -> None:
        """Take note that OSS has refused to show keys together: each is looked at by itself."""
        self._singly = max(self._singly, len(keys))
        self.give_back(keys)

    def are_shown(self, keys: Sequence[str], decided: int) -> Sequence[str]:
        """Return those of keys that a page has come to; the others wait again."""
        if len(keys) > 1 and decided < FEW:
            self._singly = SINGLY
        self.give_back(keys[decided:])
        return keys[:decided]

    def judge(
        self, keys: Sequence[str], there: Mapping[str, Found], left: float
    ) -> Mapping[str, str]:
        """
        Judge keys, of which some are there; return why those are skipped that are.

        Raises StoreError without a clock, before anything is judged.
        """
        for key in keys:
            self._waiting.was_shown(key)
        dates = self._selection.dates_now() if there else None
        reasons: dict[str, str] = {}
        above: list[str] = []
        for key in keys:
            found = there.get(key)
            if found is None and self._take_young and key not in self._doubted:
                found = Absent(key, 0, 0)
            reason = self._reason_to_skip(key, found)
            if reason is None and not self._has_room(key, found):
                above.append(key)
                continue
            del self._under_way[key]
            goes = found if reason is None else None
            if key in self._doubted:
                self._selection.room_left.settle_doubt(key, goes)
            if reason is not None:
                reasons[key] = reason
            elif found is not None:
                if key not in self._doubted:
                    self._selection.room_left.take(found)
                self._draft.add(found, left, dates)
        self.give_back([key for key in above if key in self._doubted])
        self._give_back_last([key for key in above if key not in self._doubted])
        return reasons

    def cut(self, left: float) -> Batch | None:
        """Return a batch, if it is time for one; `left` are the seconds left."""
        batch = self._draft.cut(left, fills=bool(self._under_way))
        if batch is None:
            return None
        return replace(batch, doubt_is_named=True, doubted=self._doubted)

    def give_back(self, keys: Sequence[str]) -> None:
        """Let keys wait again, in their order, before all others."""
        self._take_back(keys)
        self._waiting.give_back(*keys)

    def _give_back_last(self, keys: Sequence[str]) -> None:
        self._take_back(keys)
        for key in keys:
            self._waiting.give_back_last(key)

    def _take_back(self, keys: Sequence[str]) -> None:
        for key in keys:
            del self._under_way[key]

    def _has_room(self, key: str, found: Found | None) -> bool:
        if key in self._doubted:
            return self._selection.room_left.allows_again(key, found)
        return self._selection.has_room(found)

    def _reason_to_skip(self, key: str, found: Found | None) -> str | None:
        if isinstance(found, Absent):
            return None
        if found is not None:
            reason = self._selection.reason_to_skip(found)
            is_taken = reason == NEWER and self._take_young and key not in self._doubted
            return None if is_taken else reason
        return GONE_UNANSWERED if key in self._doubted else GONE
