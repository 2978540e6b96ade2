"""The checkpoints of a hop: what is left, written to the job's state every few seconds."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ossweep.answers import bare
from ossweep.errors import Closed, StoreError
from ossweep.handover import continuation

if TYPE_CHECKING:
    from ossweep.handover.carrier import Carrier
    from ossweep.handover.ledger import Ledger
    from ossweep.handover.records import Held
    from ossweep.job import App, Share
    from ossweep.work import Work

SPLIT = "it goes on in several chains of invocations"
SOON = 1.0  # seconds between two looks at whether a job can be split
ENOUGH = 5.0  # seconds after which fewer parts than were asked for have to do


class Checkpoints:
    """Keeps a hop's checkpoints, the first of them early."""

    def __init__(
        self, work: Work, held: Held, ledger: Ledger, app: App, carrier: Carrier | None
    ) -> None:
        self._parts = work.parallel
        self._held = held
        self._ledger = ledger
        self._app = app
        self._carrier = carrier
        self._began = app.world.monotonic()
        self._every = app.settings.checkpoint_seconds if work.parallel == 1 else SOON
        self._next = self._began + min(self._every, app.budget.left() / 3)

    def due(self) -> bool:
        """Tell whether it is time for the next one."""
        return self._app.world.monotonic() >= self._next

    def keep(self, share: Share) -> str | None:
        """Keep one; return why the sweep shall end, if it shall."""
        if self._carrier is not None:
            with suppress(ImportError):  # to hand over will fail, and tell of it
                self._carrier.prepare()  # it takes a second, which there may not be at the end
        try:
            reason = self._ledger.keep(
                self._held, continuation.seal(share.left), bare(share.answer), share.expected
            )
        except (StoreError, Closed) as error:
            self._app.logger.warning("no checkpoint", error=str(error) or type(error).__name__)
            return None
        finally:
            self._next = self._app.world.monotonic() + self._every
        return reason or self._reason_to_split(share)

    def _reason_to_split(self, share: Share) -> str | None:
        """Return it when the listing has been cut into as many ranges as there are to be parts."""
        if self._parts == 1:
            return None
        waited = self._app.world.monotonic() - self._began >= ENOUGH
        wanted = 2 if waited else self._parts
        return SPLIT if len(share.left.ranges) >= wanted else None
