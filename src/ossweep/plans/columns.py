"""Objects by columns, as a plan reads a page: nothing is made for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Columns:
    """
    Objects that are to be deleted, in the order of their keys, at least one; all columns have the
    same length.

    `marks` tell an object from what it was before: its ETag without quotation marks, or its
    version's id. Times are Unix seconds, and a class is None where it is not known. `transitioned`
    is when a lifecycle rule moved an object to its class, None for one that OSS tells no such time
    of; the column is None if it was not read.
    """

    keys: Sequence[str]
    sizes: Sequence[int]
    modified: Sequence[int]
    classes: Sequence[str | None]
    marks: Sequence[str]
    transitioned: Sequence[int | None] | None = None
