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


def listed_keys(shared: Shared) -> Source | None:
    """Return the keys of lists as a source; None for an order without lists."""
    if shared.lists is None or not shared.work.lists:
        return None
    from ossweep.engine.sources.lists import ListedKeys  # noqa: PLC0415 - most orders have none

    return ListedKeys(shared, shared.lists)


# In the order in which they ask for what there is to delete.
SOURCES: tuple[Callable[[Shared], Source | None], ...] = (
    NamedKeys,
    listed_keys,
    Ranges,
    Directories,
)


def open_sources(
    shared: Shared, kinds: Iterable[Callable[[Shared], Source | None]] = SOURCES
) -> list[Source]:
    """Return the sources of a sweep, each of which knows the others by what they share."""
    for kind in kinds:
        source = kind(shared)
        if source is not None:
            shared.sources.append(source)
    return shared.sources
