"""The failures in a continuation: as many as travel on with what OSS said, and names of others."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep.objects import NAMELESS

if TYPE_CHECKING:
    from ossweep.work import Counts

FAILURES_BYTES = 32_768  # for failures that travel on by name; all are counted


def counts_that_fit(counts: Counts, *, keeps_names: bool) -> Counts:
    """
    Return counts with as many failures as travel on, and the names of the others.

    The names are for jobs that go on by themselves: a document that a person sends back has to stay
    small.
    """
    size, number = 0, 0
    for failure in counts.failures:
        size += len(json.dumps([failure.key, failure.code, failure.message]))
        if size > FAILURES_BYTES:
            break
        number += 1
    others = [each.key for each in counts.failures[number:] if each.code not in NAMELESS]
    also_failed = (*counts.also_failed, *others) if keeps_names else ()
    return replace(counts, failures=counts.failures[:number], also_failed=also_failed)
