"""The checkpoints of a hop: what is left, written to the job's state every few seconds."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ossweep import policy
from ossweep.answers import bare
from ossweep.engine.ports import Checkpoint
from ossweep.errors import NO_TIME, Closed, StoreError
from ossweep.handover import continuation
from ossweep.stops import OVERTAKEN, SPLIT

if TYPE_CHECKING:
    from ossweep.engine.gate import Gate
    from ossweep.handover.carrier import Carrier
    from ossweep.jobs.share import Share
    from ossweep.leases.leases import Leases
    from ossweep.leases.records import Lease
    from ossweep.session import Session
    from ossweep.stops import Stop
    from ossweep.work import Work

SOON = 1.0  # seconds until one that was not written is tried again, or a split is looked at again
ENOUGH = 5.0  # seconds after which fewer parts than were asked for have to do
LEAST_RESERVED = 2000  # objects: fewer would make a batch wait for a checkpoint
MOST_RESERVED = 64_000  # objects: as many batches as may be in flight


class Checkpoints:
    """
    Keeps a hop's checkpoints, the first of them early, and renews its lease between them.

    Each checkpoint reserves what may be asked for until the next one: twice as many objects as were
    asked for since the one before.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that a checkpoint is made of
        self,
        work: Work,
        lease: Lease,
        leases: Leases,
        gate: Gate,
        session: Session,
        carrier: Carrier | None,
    ) -> None:
        self._parts = work.parallel
        self._lease = lease
        self._leases = leases
        self._gate = gate
        self._app = session
        self._carrier = carrier
        self._asked = work.counts.asked
        self._ceiling = policy.ceiling_of(work, session.settings)
        self._began = session.world.monotonic()
        self._every = session.settings.checkpoint_seconds if work.parallel == 1 else SOON
        self._next = self._began + min(self._every, session.budget.left() / 3)
        self._next_beat = self._began

    def due(self) -> bool:
        """Tell whether it is time for the next one."""
        return self._app.world.monotonic() >= self._next

    def keep(self, share: Share, reserved: int) -> Checkpoint:
        """
        Keep one; return why the sweep shall end, if it shall, and how many objects it has reserved.

        It never reserves less than the `reserved` objects that the sweep may still ask for: even
        if the answer to its writing is lost, the record may be there.
        """
        began, asked = self._app.world.monotonic(), share.left.counts.asked
        if self._carrier is not None:
            with suppress(ImportError):  # handing over will fail, and say so
                self._carrier.prepare()  # it takes a second, which there may not be at the end
        room = MOST_RESERVED
        if self._ceiling is not None:
            room = self._ceiling.objects - asked - len(share.left.doubted)
        more = min(max(LEAST_RESERVED, 2 * (asked - self._asked)), MOST_RESERVED, room)
        # As long as a first key has to show what a deletion loses, only one that is about to go is
        # on record: what is reserved counts as asked for, and a death would end the job.
        reserved = max(reserved, more if reserved or share.left.harmless else 0)
        if share.left.dry_run:
            reserved = 0  # it asks for nothing
        try:
            stop = self._leases.keep(
                self._lease,
                share.answer["continuation"] or continuation.seal(share.left),
                bare(share.answer),
                share.expected,
                reserved,
            )
        except (StoreError, Closed) as error:
            self._not_written("checkpoint not written", error)
            self._next = self._app.world.monotonic() + min(SOON, self._every)
            return Checkpoint(None, None, str(error) or NO_TIME)
        self._next = began + self._every
        self._asked = asked
        if stop is OVERTAKEN:
            return Checkpoint(stop, None)
        return Checkpoint(stop or self._reason_to_split(share), reserved)

    def beat_due(self) -> bool:
        """Tell whether the lease should be renewed, and no renewal was tried just now."""
        now = self._app.world.monotonic()
        if not self._leases.timer.is_due or now < self._next_beat:
            return False
        self._next_beat = now + self._leases.timer.every
        return True

    def beat(self) -> None:
        """Renew the lease."""
        try:
            self._leases.heartbeat(self._lease)
        except (StoreError, Closed) as error:
            self._not_written("sign of life not written", error)

    def _not_written(self, what: str, error: Exception) -> None:
        said = str(error) or NO_TIME
        self._app.logger.warning(what, error=said)
        if self._leases.timer.left() <= 0:
            self._gate.trouble = f"the job's state could not be written within its lease: {said}"

    def _reason_to_split(self, share: Share) -> Stop | None:
        """
        Return the stop to split, once the listing has as many ranges as parts were asked for.

        Where nobody may look at the bucket, a first key has to show what a deletion loses: in
        parts, each would lose one of its own. Nor is it split while lists are left: another part
        might delete one that is still read.
        """
        if self._parts == 1 or not share.left.harmless or share.left.lists:
            return None
        waited = self._app.world.monotonic() - self._began >= ENOUGH
        wanted = 2 if waited else self._parts
        return SPLIT if len(share.left.ranges) >= wanted else None
