"""RE2: regular expressions that are matched in time that grows no faster than the text."""

from __future__ import annotations

from typing import Any

import re2

_MOST_MEMORY = 4 * 2**20  # bytes of one expression, which names fill as they are matched


def compiled(expression: str, *, dot_is_any: bool = False, memory: int = _MOST_MEMORY) -> Any:
    """
    Return an expression that is ready to match bytes, in so many bytes of memory.

    Raises ValueError, with RE2's reason, for what is none.
    """
    options = re2.Options()
    options.max_mem = memory
    options.log_errors = False
    options.never_capture = True
    options.dot_nl = dot_is_any
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0]
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(reason) from None
