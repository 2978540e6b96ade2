"""The log of a job: a line at its start, one every few seconds, and one at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools import Logger

    from ossweep.engine.sweep import Progress
    from ossweep.work import Work

PREFIXES_SHOWN = 20
_NOT_IN_THE_LOG = frozenset({"job", "bucket", "failures", "continuation", "keys"})


@dataclass
class Log:
    """Writes a job's lines. `every` is the time between two lines of progress, in seconds."""

    logger: Logger
    work: Work
    clock: Callable[[], float]
    every: float
    _began: float = field(init=False)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self._last = self.clock()

    def start(self, seconds_left: float) -> None:
        """Tell what is going to be done."""
        work = self.work
        self._line(
            "sweep starts",
            hop=work.hop,
            dry_run=work.dry_run,
            keys=len(work.keys),
            prefixes=[each.prefix for each in work.ranges[:PREFIXES_SHOWN]],
            seconds_left=round(seconds_left, 1),
        )

    def progress(self, progress: Progress) -> None:
        """Tell how far the sweep is, if it is time to."""
        now = self.clock()
        if now - self._last < self.every:
            return
        self._last = now
        counts = progress.counts
        here = counts.deleted - self.work.counts.deleted
        self._line(
            "sweeping",
            listed=progress.listed,
            deleted=counts.deleted,
            failed=counts.failed,
            skipped=sum(counts.skipped.values()),
            deleted_per_second=round(here / (now - self._began), 1),
            seconds_left=round(progress.seconds_left, 1),
        )

    def end(self, answer: Mapping[str, Any]) -> None:
        """Tell how the sweep ended: what the answer says, but for its lists."""
        shown = {name: value for name, value in answer.items() if name not in _NOT_IN_THE_LOG}
        self._line("sweep ends", **shown)

    def _line(self, message: str, **fields: Any) -> None:
        self.logger.info(message, job=self.work.job, bucket=self.work.bucket, **fields)
