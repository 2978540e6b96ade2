"""Whether an invocation stands still: all that it has under way waits at the turnstile."""

from __future__ import annotations

import inspect
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ossweep.engine.sweep import sweep
from ossweep.store import connections

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from ossweep.engine.gate import Gate
    from ossweep.engine.pipeline import Pipeline

_SOURCE, _FIRST = inspect.getsourcelines(sweep)
# Where a sweep asks for the time last before it waits for its requests, or leaves.
_WAITS = next(_FIRST + n for n, line in enumerate(_SOURCE) if "pipeline.settle(" in line)
_READS = connections._Reader.readinto.__code__  # noqa: SLF001 - the last before an answer is waited for
_LEAVES = next(_FIRST + n for n, line in enumerate(_SOURCE) if "gate.left() <= -GRACE" in line)


@dataclass
class Dispatcher:
    """
    What an invocation's main thread does, by where it asks what time it is.

    Which of a sweep's requests comes first is the machine's choice, and so would be the run, unless
    all of them are there before one is let go. Only the dispatcher knows how many there are. It is
    asked in its own thread: to look into the frames of another one is not safe.
    """

    changed: Callable[[], None]  # is called where it comes to wait
    sweep: FrameType | None = None
    pipeline: Pipeline | None = None
    gate: Gate | None = None
    waits: bool = False
    leaves: bool = False  # or does, or goes on to wait
    standing: tuple[Future[Any], ...] = ()  # what was under way as it came to wait
    rounds: int = 0  # how often it has looked around
    woken: int | None = None  # after how many rounds it was last
    looked_at: float | None = None  # what time it was when it has looked around
    beside: tuple[Future[Any], ...] = ()  # what ended sweeps had under way beside them
    is_held: bool = False  # by an answer that it waits for, or by a pause

    def asks_for_the_time(self) -> None:
        """Take note of it; the dispatcher's own thread calls this."""
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - there is no other way to look
        depth, is_held = 0, False
        while frame is not None and frame.f_code is not sweep.__code__:
            is_held = is_held or frame.f_code is _READS
            frame, depth = frame.f_back, depth + 1
        self.is_held = is_held
        if is_held:
            self.changed()
        if frame is None:
            if self.pipeline is not None:
                every = (*self.pipeline._beside, *self.pipeline._under_way)  # noqa: SLF001 - as above
                self.beside = (*self._behind(), *every)
                for each in every:
                    each.add_done_callback(lambda _: self.changed())
            self.sweep = self.pipeline = self.gate = None
            self.waits = self.leaves = False
            return
        if self.sweep is not frame or self.pipeline is None:
            self.sweep = frame
            self.pipeline, self.gate = frame.f_locals.get("pipeline"), frame.f_locals["gate"]
            self.looked_at = None
        # Past the budget and the gate.
        self.waits = depth == 2 and frame.f_lineno == _WAITS
        self.leaves = depth == 2 and frame.f_lineno == _LEAVES
        if self.waits and self.pipeline is not None:
            self.standing = (*self.pipeline._under_way, *self.pipeline._beside)  # noqa: SLF001 - as above
            self.rounds += 1
            self.changed()

    def wake(self) -> None:
        """Let something end that is none of its requests, so that it looks around."""
        if self.pipeline is not None:
            nothing: Future[None] = Future()
            nothing.set_result(None)
            self.woken = None
            self.pipeline._beside[nothing] = self._wakes  # noqa: SLF001 - as above
            self.pipeline._ended.put(nothing)  # noqa: SLF001 - as above

    def _wakes(self, _: None) -> None:
        self.woken = self.rounds

    @property
    def has_looked(self) -> bool:
        """Whether it has looked around, from beginning to end, since it was woken."""
        return self.woken is not None and self.rounds > self.woken

    @property
    def looks(self) -> bool:
        """Whether it looks at the time again and again; for a moment it may be about to do more."""
        return self.sweep is not None and not self.leaves

    @property
    def under_way(self) -> int | None:
        """How much must wait at the turnstile for it to stand still; None while it is at work."""
        if self.sweep is None:
            # Its one request, and what the sweep before has left behind. What an invocation has cut
            # off at its end may still stand at the turnstile, and nobody waits for it.
            return 1 + len(self._behind())
        # Who leaves has a moment of the machine's time for what is still under way, whatever it is.
        return len(self.standing) + len(self._behind()) if self.waits else None

    @property
    def hears(self) -> bool:
        """Whether something has ended since it came to wait: it is about to be told."""
        return self.waits and any(each.done() for each in self.standing)

    def _behind(self) -> list[Future[Any]]:
        """Return what sweeps that have ended have left behind, and is still at work."""
        return [each for each in self.beside if not each.done()] if self.beside else []

    @property
    def pauses(self) -> bool:
        """Whether it waits for nothing but the time, as far as can be seen."""
        return self.waits and self.under_way == 0
