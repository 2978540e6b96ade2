"""The books of a sweep: what is settled for good, and what its answers have shown on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.work import BATCH_KEYS, Counts, add

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ossweep.engine.outcomes import Outcome
    from ossweep.objects import Found
    from ossweep.work import Work


class Books:
    """
    All that has settled so far, in this and in earlier invocations. The sources write in it.

    `doubted` are the named keys that were asked for and not answered, with their sizes; without a
    ceiling of bytes, 0. `deletions` counts those of
    this invocation, whether or not they are settled. `together` is how many keys may be asked for
    at once: fewer than a batch holds, until anything is settled, if OSS refused an earlier
    invocation's batches as a whole. `tags_told` tells whether OSS has told the tags of any object
    of the job.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self.settled = work.counts
        self.doubted = {key: work.sizes.get(key, 0) for key in work.doubted}
        self.is_in_doubt = False  # whether answers are missing in this invocation
        self.deletions = 0
        self.together = work.together
        self.tags_told = work.tags_told
        self._halved = 0  # keys of the smallest request that was refused as a whole

    @property
    def has_deleted(self) -> bool:
        """Whether a deletion has settled in this invocation."""
        return self.settled.deleted != self._work.counts.deleted

    def enter(self, outcome: Outcome) -> None:
        """Enter an outcome that has come back, whenever it settles."""
        self.is_in_doubt = self.is_in_doubt or bool(outcome.in_doubt)
        self.deletions += outcome.counts.deleted
        if outcome.head is not None:
            self.deletions += outcome.head.counts.deleted
        if outcome.halved:
            self._halved = min(self._halved or outcome.halved, outcome.halved)
        if outcome.counts.deleted or outcome.counts.failed:
            self.together = BATCH_KEYS

    def settle(self, counts: Counts) -> None:
        """Count for good."""
        self.settled = add(self.settled, counts)

    def skip(self, key: str, reason: str) -> None:
        """Settle a key known by name that stays, or is gone; a doubt about it stays."""
        in_doubt = int(key in self.doubted)
        lost = self.doubted.get(key, 0)
        self.settle(Counts(skipped={reason: 1}, unanswered=in_doubt, unanswered_bytes=lost))

    def doubt(self, objects: Iterable[Found]) -> None:
        """Take note that objects known by name were asked for, and not answered."""
        counts = self._work.limit_bytes is not None
        self.doubted.update({found.key: found.size if counts else 0 for found in objects})

    def together_after(self, counts: Counts) -> int:
        """
        Return how many keys to ask for at once when another invocation goes on with such counts.

        It never grows where nothing was settled. So a hop that has only halved refused batches has
        come nearer to the culprit, and that counts as having achieved something.
        """
        learnt = max(1, self._halved // 2) if self._halved else BATCH_KEYS
        is_settled = counts.settled > self._work.counts.settled
        return learnt if is_settled else min(learnt, self._work.together)
