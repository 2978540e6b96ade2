"""The place to begin a listing that is to show certain keys, and little else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def marker_before(key: str) -> str:
    """
    Return a marker after which a listing begins with `key`, or with very few keys before it.

    A marker is a place, not a key: it lies as close before `key` as its length limit allows.
    """
    code = ord(key[-1])
    if code == 0:
        return key[:-1]
    last = chr(0xD7FF if code == 0xE000 else code - 1)  # noqa: PLR2004 - surrogates are no text
    marker = key[:-1] + last
    return marker + "\U0010fffd" if len(marker.encode()) <= 1019 else marker  # noqa: PLR2004 - of 1,023


def stretch_of(keys: Sequence[str]) -> tuple[str, str]:
    """Return the prefix that all keys share, and the marker from which a listing shows them."""
    first, last = min(keys), max(keys)
    pairs = enumerate(zip(first, last, strict=False))
    shared = next((at for at, (one, other) in pairs if one != other), len(first))
    return first[:shared], marker_before(first)
