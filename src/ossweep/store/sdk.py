"""How oss2 is imported first: without its noise."""

from __future__ import annotations

import warnings

# A docstring of oss2 2.19.1 holds `\&`. Whoever compiles it (a cache without its bytecode, a new
# Python) is warned of that, from 3.12 on in the function's log, with lines of the docstring.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "invalid escape sequence", Warning, r".*\boss2.api$")
    import oss2

__all__ = ["oss2"]
