"""The sources of things to delete: a file for each kind, and its line in the table here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.engine.sources.directories import Directories
from ossweep.engine.sources.named import NamedKeys
from ossweep.engine.sources.ranges import Ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ossweep.engine.source import Source
    from ossweep.engine.sources.shared import Shared

# In the order in which they ask for what there is to delete.
SOURCES: tuple[Callable[[Shared], Source], ...] = (NamedKeys, Ranges, Directories)


def open_sources(
    shared: Shared, kinds: Iterable[Callable[[Shared], Source]] = SOURCES
) -> list[Source]:
    """Return the sources of a sweep, each of which knows the others by what they share."""
    for kind in kinds:
        shared.sources.append(kind(shared))
    return shared.sources
