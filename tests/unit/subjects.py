"""Objects as filters see them, and pages of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ossweep.objects import UNREADABLE_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOCK = 100_000_000  # the job's
DAY = 86_400


@dataclass(frozen=True)
class Seen:
    """An object."""

    key: str = "a/b.log"
    size: int = 1000
    modified: int = CLOCK - 50 * DAY
    storage_class: str | None = "Standard"
    transitioned: int | None = None


@dataclass(frozen=True)
class SeenPage:
    """A page of objects as a whole."""

    keys: Sequence[str]
    oldest: int
    newest: int
    smallest: int
    largest: int
    classes: frozenset[str | None] | None = None
    last_transition: int | None = None


def overview_of(found: Sequence[Seen]) -> SeenPage:
    times = [each.modified for each in found]
    sizes = [each.size for each in found]
    return SeenPage(
        [each.key for each in found],
        min(times),
        max(times),
        min(sizes),
        max(sizes),
        frozenset(each.storage_class for each in found),
        max((each.transitioned for each in found if each.transitioned is not None), default=None),
    )


CLASSES = ["Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive", "ClassOf2030", None]
NAMES = st.lists(
    st.sampled_from(["a", "b", "/", ".", "-", ".log", "x/", "\n", "\u00e9"]), min_size=1, max_size=6
).map("".join)
AGES = st.sampled_from(
    [each + more for each in (0, 1, 30 * DAY, 60 * DAY, 180 * DAY) for more in (-1, 0, 1)]
)


def pages(classes: Sequence[str | None] = CLASSES) -> st.SearchStrategy[list[Seen]]:
    """Pages of objects that are often alike."""
    objects = st.builds(
        Seen,
        key=NAMES,
        size=st.integers(0, 4),
        modified=AGES.map(lambda age: CLOCK - age),
        storage_class=st.sampled_from(classes),
        transitioned=st.none() | AGES.map(lambda age: CLOCK - age) | st.just(UNREADABLE_TIME),
    )
    return st.lists(objects, min_size=1, max_size=4, unique_by=lambda each: each.key).map(
        lambda found: sorted(found, key=lambda each: each.key)
    )
