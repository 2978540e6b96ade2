"""Checkpoints and signs of life, which go on beside a sweep's requests."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ossweep.engine.dispatcher import Dispatcher
    from ossweep.engine.gate import Gate
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.ports import Checkpoint, Keeper
    from ossweep.engine.result import Result
    from ossweep.work import Work

BEATS = 2  # signs of life that may be under way at once: one that hangs does not keep the next
ASIDE = 1.0  # seconds that the sweep waits at its end for what is under way beside it


class Beside:
    """
    Starts checkpoints and signs of life when they are due.

    One checkpoint is under way at a time, so that none is overtaken by an older one.
    """

    def __init__(
        self,
        keeper: Keeper | None,
        gate: Gate,
        dispatcher: Dispatcher,
        result: Callable[[], Result],
    ) -> None:
        self._keeper = keeper
        self._gate = gate
        self._dispatcher = dispatcher
        self._result = result
        self._is_keeping = False
        self._was_kept = True
        self._beats = 0
        self._over_since: float | None = None  # seconds that were left when the work was over
        if keeper is not None:
            # Before the first checkpoint nothing is asked for.
            dispatcher.reserve((0, 0), 0, 0, harmless=False)
            dispatcher.turns.recorded = 0

    def start(self, pipeline: Pipeline) -> None:
        """Start what is due."""
        keeper, self._over_since = self._keeper, None
        if keeper is None:
            return
        turns = self._dispatcher.turns
        is_due = keeper.due() or (turns.starved and self._was_kept)
        if is_due and not self._is_keeping:
            self._is_keeping = True
            wanted = turns.objects.left or int(turns.starved)
            result = self._result()
            size = self._dispatcher.bytes_to_reserve(result.left)
            left = replace(result.left, reserved_bytes=size)
            pipeline.beside(
                partial(keeper.keep, replace(result, left=left), wanted),
                partial(self._book_checkpoint, turns.taken, self._dispatcher.approvals, left),
            )
        if keeper.beat_due() and self._beats < BEATS:
            self._beats += 1
            pipeline.beside(keeper.beat, self._book_beat)

    def has_ended(self) -> bool:
        """Tell whether none of them is under way any more, or has been for too long."""
        left = self._gate.left()
        self._over_since = left if self._over_since is None else self._over_since
        return not (self._is_keeping or self._beats) or self._over_since - left >= ASIDE

    def _book_checkpoint(
        self, taken: tuple[int, int], approvals: int, left: Work, checkpoint: Checkpoint
    ) -> None:
        self._is_keeping = False
        self._was_kept = checkpoint.reserved is not None
        # The sweep waits for it only if it has reserved too little.
        self._gate.unwritten = checkpoint.error if self._dispatcher.turns.starved else ""
        if checkpoint.stop is not None:
            self._gate.stop(checkpoint.stop)
        elif checkpoint.reserved is not None:
            self._dispatcher.turns.recorded = approvals
            self._dispatcher.reserve(
                taken, checkpoint.reserved, left.reserved_bytes, harmless=left.harmless
            )

    def _book_beat(self, _: None) -> None:
        self._beats -= 1
