"""
One deletion of up to a thousand keys, until each of them has its fate.

An attempt leaves every key confirmed, refused, not sent, or in doubt (`doubt.py`). OSS has no
conditional delete, so a key in doubt is never sent again blindly: its object may have gone
meanwhile, and been written anew. Its stretch is listed again, and objects that are still there, and
not newer than the job's clock, are asked for again (`review.py`). A listing that has grown old
while its keys waited is treated alike.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ossweep.errors import NO_SUCH_REQUEST, NOT_EMPTY, Closed, Scope, StoreError
from ossweep.objects import Failure
from ossweep.row import ALIKE, PROBES, Row
from ossweep.store.asking import Attempts, TroubleError
from ossweep.store.halves import Halves
from ossweep.store.limits import FIRST_PAUSE, LONGEST_PAUSE
from ossweep.store.review import Review
from ossweep.store.verdicts import PARTITION
from ossweep.store.wire import fits_a_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.objects import Shown
    from ossweep.store.asking import Requests
    from ossweep.store.limits import Gate, Pace, Turn
    from ossweep.work import Kind
    from ossweep.world import World

ATTEMPTS = 8  # of one request
HALF_ATTEMPTS = 2  # of each part of a batch that can't be carried out while others can
HALF_PAUSES = 3  # times that the pause before a part is doubled
FEW_ATTEMPTS = 4  # of a batch where less than so much time is left, so that there is some for parts
FEW_SECONDS = 30.0
STORM = 3  # refusals by quotas in a row that mean more than too fast a pace


@dataclass(eq=False, repr=False)
class Deletion:
    """
    Deletes keys. A key in none of `deleted`, `failed`, `full` (directories in which something is
    left) and `kept` (why it stays, or is gone already) is still to do; `passed_over` are those that
    were left because OSS refuses their like.

    `doubted` keys were sent, now or by an earlier invocation, and no answer has decided them; if
    one is gone, or is newer, nobody can tell any more who deleted it. `halved` is how many keys the
    smallest request held that was refused as a whole.
    """

    requests: Requests
    gate: Gate
    world: World
    pace: Pace
    shown: Shown
    deleted: set[str] = field(default_factory=set)
    failed: dict[str, Failure] = field(default_factory=dict)
    full: dict[str, Failure] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, Failure] = field(default_factory=dict)
    halved: int = 0
    # Parts whose attempts are over, and why, while a batch goes in halves.
    _stuck: list[tuple[Sequence[str], StoreError]] | None = field(init=False, default=None)
    _row: Row = field(init=False)  # of refusals
    _attempts: Attempts = field(init=False)
    _review: Review = field(init=False)

    @property
    def doubted(self) -> set[str]:
        """The keys that were sent, and that no answer has decided."""
        return self._review.doubt.keys

    def __post_init__(self) -> None:
        self._attempts = Attempts(self.requests, self.gate, self.world.monotonic)
        self._review = Review(self._attempts, self.world, self.shown, self.kept)
        self._row = Row(self.shown.refused, ALIKE if self.shown.refused else 0)

    def delete(self, keys: Sequence[str], attempts: int = ATTEMPTS) -> None:
        """
        Delete keys that go in one request, in halves if it is refused as a whole; raises Closed.

        Where their like is refused, the rest is probed before any more are asked for.
        """
        try:
            self._delete(keys, attempts)
        except Closed:
            self._look_once_more(keys)
            if self.doubted:
                self.gate.hold()
            raise
        if self.doubted:
            self.gate.left_in_doubt()

    def _delete(self, keys: Sequence[str], attempts: int) -> None:
        left = [keys]
        while left:
            refused = self._ask(left.pop(), attempts)
            if self._review.later:
                left.append(self._review.later)
                self._review.later = []
            if refused is None:
                continue
            self._divide(*refused, left)
            attempts = ATTEMPTS
            if self._refused_code and sum(map(len, left)) > PROBES:
                rest = self._probe([key for part in reversed(left) for key in part])
                left = [rest] if rest else []

    def delete_singly(self, keys: Sequence[str]) -> None:
        """Delete keys by themselves; raises Closed."""
        while keys:
            keys = self._begin(keys)

    def _begin(self, keys: Sequence[str]) -> Sequence[str]:
        """Delete the first of keys by itself, or probe them; return those still to be deleted."""
        if self._refused_code and len(keys) > PROBES:
            return self._probe(keys)
        self.delete(keys[:1])
        return keys[1:]

    def _ask(self, keys: Sequence[str], attempts: int) -> tuple[Sequence[str], StoreError] | None:
        """
        Ask for keys in one request, again if it is worth it; return what is refused, and why.

        Pauses are random, up to a limit that doubles, so that many invocations do not come back at
        once. The pace sets the pauses of a request that OSS's quotas refuse.
        """
        if len(keys) > 1 and not self._may_go_together:
            self._delete_alone(keys)
            return None
        kind: Kind = "delete" if len(keys) == 1 and fits_a_url(keys[0]) else "batch_delete"
        before, pause = self.gate.deletions, 0.0
        for attempt in range(1, attempts + 1):
            self.gate.admit(kind, after=pause)
            if pause:
                self.world.sleep(pause)
            try:
                keys = self._review.still_meant(keys)
                if keys:
                    self._settle(keys, self._send(kind, keys))
                return None  # noqa: TRY300 - what follows is for what went wrong
            except TroubleError as trouble:
                error, throttled = trouble.error, trouble.throttled
            if error.scope is not Scope.PASSING:
                return keys, error
            if attempt == attempts or (not throttled and self._is_late(keys, attempt)):
                break
            pause = self.world.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt))
            if throttled:
                # The pace is for a request that came too fast. One that is refused time and again
                # meets a storm, and has to outlast it.
                turn = self.pace.refused(len(keys), partition=error.code == PARTITION)
                if turn.objects < len(keys):
                    self._delete_in_parts(keys, turn)
                    return None
                pause = turn.after if attempt < STORM else max(turn.after, pause)
        self._give_up(keys, error, others_go=self.gate.deletions > before)
        return None

    def _is_late(self, keys: Sequence[str], attempt: int) -> bool:
        """Tell whether parts of a batch would come too late if it had all of its attempts."""
        return len(keys) > 1 and attempt >= FEW_ATTEMPTS and self.gate.left() < FEW_SECONDS

    def _settle(self, keys: Sequence[str], named: set[str]) -> None:
        """Book what an answer names; ask by itself for each key that it leaves out."""
        if named:
            self.deleted |= named
            self._review.doubt.decided(named)
            self.pace.confirmed(len(named))
            self.gate.deleted()
            self._row.end()
        elif len(keys) == 1:
            self._refuse(
                keys[0], StoreError("NotDeleted", "OSS left the key out of its answer", Scope.KEYS)
            )
            return
        if len(named) == len(keys):
            return
        silent = [key for key in keys if key not in named]
        self._review.doubt.left_out(silent)
        self.delete_singly(silent)  # so that each gets a reason

    @property
    def _may_go_together(self) -> bool:
        return self.requests.has_batches and not self.gate.singly

    def _delete_alone(self, keys: Sequence[str]) -> None:
        """Delete keys one by one, a directory after what is in it, until they may go together."""
        left: Sequence[str] = sorted(keys, reverse=True)
        while left and not self._may_go_together:
            left = self._begin(left)
        if left:
            self.delete(left)

    def _delete_in_parts(self, keys: Sequence[str], turn: Turn) -> None:
        while keys:
            self.gate.admit("batch_delete", after=turn.after)
            self.world.sleep(turn.after)
            self.delete(keys[: turn.objects])
            keys = keys[turn.objects :]
            if keys:
                turn = self.pace.part(len(keys))

    def _divide(self, keys: Sequence[str], error: StoreError, left: list[Sequence[str]]) -> None:
        """Leave halves of keys that were refused as a whole, until the culprits stand alone."""
        if error.scope is Scope.JOB:
            self.gate.failed(error)  # and closes; the keys have done nothing wrong
        elif len(keys) == 1:
            self._refuse(keys[0], error)
        elif error.code in NO_SUCH_REQUEST:
            self.halved = 1
            self.requests.without_batches()
            self._delete_alone(keys)
        else:
            self.gate.missed("batch_delete", error)  # the keys themselves may go
            self.halved = min(self.halved or len(keys), len(keys))
            middle = len(keys) // 2
            left += keys[middle:], keys[:middle]  # the first of them is the next

    @property
    def _refused_code(self) -> str:
        """The code by which OSS has refused so many keys in a row that it will refuse others."""
        return self._row.what if self._row.times >= ALIKE else self.gate.refused

    def _probe(self, keys: Sequence[str]) -> list[str]:
        """
        Probe keys after many were refused; pass over all up to the last probe that is refused, too.

        Return the others, to go on with. That costs a few requests, and not one for each key.
        """
        code, passed = self._refused_code, 0
        for part in range(1, PROBES + 1):
            end = len(keys) * part // PROBES
            probe = keys[end - 1]
            self.delete([probe])
            if probe not in self.failed or self.failed[probe].code != code:
                return [key for key in keys[passed:] if key != probe]
            refusal = self.failed.pop(probe)  # it stays to be done with those before it
            self._review.settle_left_out(keys[passed:end])
            left = [key for key in keys[passed:end] if key not in self.kept]
            self.passed_over.update({key: replace(refusal, key=key) for key in left})
            passed = end
        return []

    def _refuse(self, key: str, error: StoreError) -> None:
        """Book a key that OSS has refused for good, unless it is a directory's turn later."""
        refused = Failure(key, error.code, error.said or error.message)
        self._review.doubt.decided({key})
        if error.code == NOT_EMPTY and key.endswith("/"):
            self.full[key] = refused
            return
        self.gate.failed(error)
        self._row.add(error.code)
        self.failed[key] = refused

    def _give_up(self, keys: Sequence[str], error: StoreError, *, others_go: bool) -> None:
        """Leave keys undone whose attempts are over, which is no refusal."""
        if self._stuck is not None:
            self._stuck.append((keys, error))
            return
        stuck = self._part_until_alone(keys, error, others_go=others_go)
        for each, _ in stuck:
            self._look_once_more(each)
        if stuck:
            self.gate.failed(stuck[-1][1])

    def _part_until_alone(
        self, keys: Sequence[str], error: StoreError, *, others_go: bool
    ) -> list[tuple[Sequence[str], StoreError]]:
        """
        Delete keys in ever smaller parts, for as long as any go, and return the parts that do not.

        Some of the keys may be in the way of the others. Where nothing goes, none of them is.
        """
        halves = Halves(keys, error, lambda: self.world.uniform(-1, 1) > 0, others_go)
        while (part := halves.next()) is not None:
            before, self._stuck = self.gate.deletions, []
            pause = self.world.uniform(0, FIRST_PAUSE * 2 ** min(halves.fruitless, HALF_PAUSES))
            try:
                if halves.fruitless:
                    self.gate.admit("batch_delete", after=pause)
                    self.world.sleep(pause)
                self.delete(part, HALF_ATTEMPTS if halves.anything_goes else 1)
            finally:
                failed, self._stuck = self._stuck, None
            halves.tried(failed, any_goes=self.gate.deletions > before)
        return halves.stuck

    def _look_once_more(self, keys: Sequence[str]) -> None:
        """Look whether a key that went alone is still there: then its attempts did no harm."""
        if self.gate.singly and self.doubted.intersection(keys):
            with suppress(TroubleError, Closed):
                self._review.still_meant(keys)

    def _send(self, kind: Kind, keys: Sequence[str]) -> set[str]:
        """Ask OSS once, and return the keys that its answer names; raises TroubleError, Closed."""
        try:
            return self._attempts.delete(kind, keys)
        except TroubleError as trouble:
            if trouble.in_doubt:
                self._review.doubt.sent(keys, under_way=trouble.under_way)
            self._review.doubt.undecided(keys)
            raise
