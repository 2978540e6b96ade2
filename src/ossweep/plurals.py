"""Plurals: a number with what it counts, as a sentence says it."""

from __future__ import annotations


def counted(number: int, one: str, more: str | None = None) -> str:
    """Return `1 object` or `1,000 objects`; `more` is what one noun, with an s, does not say."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"
