"""The result of a sweep: how far it came, how it ended, and what is left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.errors import code_of, quoted
from ossweep.helps import with_help
from ossweep.names import in_quotes
from ossweep.plurals import counted
from ossweep.stops import Stop, Why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ossweep.engine.room import Full
    from ossweep.objects import Stretch
    from ossweep.work import Counts, Work


@dataclass(frozen=True)
class Result:
    """
    How a sweep ended.

    `stopped` says what ended it early, if anything but time did; `may_go_on` whether the work
    that is left can be done by another invocation under the same order; `expected` how many objects
    that probably is, None if it cannot be told; `trouble` what kept requests from being answered.
    `passed_over` is still to do, and would be refused as what lies before it was; `notes` are what
    else there is to know.
    """

    listed: int
    counts: Counts
    left: Work
    stopped: Stop | None
    may_go_on: bool
    expected: int | None
    trouble: str | None = None
    passed_over: tuple[Stretch, ...] = ()
    notes: tuple[str, ...] = ()


def refusal_of(passed_over: Sequence[Stretch]) -> str:
    """Return why nothing goes on where only what was passed over is left, in order."""
    first = passed_over[0]
    keys = counted(sum(stretch.keys for stretch in passed_over), "key")
    last = max(stretch.last for stretch in passed_over)
    place = f"from {json.dumps(first.first)} to {json.dumps(last)}"
    stretches = f" in {len(passed_over)} stretches" if len(passed_over) > 1 else ""
    sentence = (
        f"OSS answered {code_of(first.code)} to what it was asked to delete of "
        f"{keys} {place}{stretches}, which were passed over: {quoted(first.message)}"
    )
    return with_help(sentence, first.code)


def stop_at_ceiling(full: Full, *, ends: bool) -> Stop:
    """
    Return the stop at a ceiling, which may have been filled up by what only may be gone.

    What lies beyond it is another job's, if the stop `ends` this one.
    """
    sentence = full.sentence
    if not full.in_doubt:
        is_setting = sentence.startswith("OSSWEEP_")
        more = f"for more, {'raise that and ' if is_setting else ''}send a new request"
        # The share of a part tells nothing of the whole.
        if ends and full.too_large is not None:
            name, size = in_quotes(full.too_large.key), full.too_large.size
            sentence = f"{sentence}, and {name} alone has {size:,}"
        return Stop(Why.CEILING, f"{sentence}; {more}" if ends else sentence)
    return Stop(
        Why.DOUBT,
        f"{sentence}, of which {full.in_doubt:,} may have been asked for by an invocation that "
        "died, or without an answer; look at what is left, and send a new request for it",
    )
