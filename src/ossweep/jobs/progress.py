"""Whether a hop has achieved anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ossweep.work import Work


def achieved(work: Work, left: Work) -> bool:
    """
    Tell whether less is left of a job's work than there was, or more is known of it.

    Halving a refused batch is progress: it brings the next hop nearer to the key that is to blame,
    until that stands alone. Looking at keys without asking for or skipping them is none, because
    each hop looks at them again.
    """
    return (
        left.counts.settled > work.counts.settled
        or len(left.keys) < len(work.keys)
        or left.together < work.together
        or _extent(left) != _extent(work)
        or left.lists != work.lists
    )


def _extent(work: Work) -> list[tuple[str, str, str]]:
    """Return the stretches that the work's ranges make up: cutting one in two is no progress."""
    stretches: list[tuple[str, str, str]] = []
    for each in work.ranges:
        if stretches and stretches[-1][0] == each.prefix and stretches[-1][2] == each.after:
            stretches[-1] = (each.prefix, stretches[-1][1], each.until)
        else:
            stretches.append((each.prefix, each.after, each.until))
    return stretches
