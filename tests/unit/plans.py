"""Objects for plans, and ways to cut them into pages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ossweep.objects import Columns
from ossweep.plans.bill import duration_of, requests_needed
from ossweep.plans.census import CensusStream
from ossweep.plans.digest import digest_of, hashes_of
from ossweep.plans.document import Plan
from ossweep.plans.early import EarlyDeletion, early_deletion
from ossweep.plans.levels import LEVEL_ROOM, LevelRoom, PassedDirectories
from ossweep.plans.ordered import OrderTold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ossweep.plans.census import Census

DAY = 86_400
CLOCK = 1_790_000_000
ORDERED = OrderTold("examplebucket", ["a/"], made=CLOCK)
MARK = "D7A1AAC43614228F2D5A2EDA462AF88A"


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it."""

    key: str
    size: int = 1
    modified: int = CLOCK - DAY
    storage_class: str | None = "Standard"
    mark: str = MARK
    transitioned: int | None = None


def columns_of(listed: Sequence[Listed], *, knows_transitions: bool = True) -> Columns:
    return Columns(
        keys=[each.key for each in listed],
        sizes=[each.size for each in listed],
        modified=[each.modified for each in listed],
        classes=[each.storage_class for each in listed],
        marks=[each.mark for each in listed],
        transitioned=[each.transitioned for each in listed] if knows_transitions else None,
    )


KEYS = st.text("ab/\u00e9", min_size=1, max_size=7)
CLASSES = st.sampled_from(["Standard", "IA", "ColdArchive", None])
LISTED = st.lists(
    st.builds(
        Listed,
        KEYS,
        st.integers(0, 5),
        st.integers(CLOCK - 200 * DAY, CLOCK - 1),
        CLASSES,
        st.sampled_from(["A", "B"]),
        st.none() | st.integers(CLOCK - 200 * DAY, CLOCK - 1),
    ),
    unique_by=lambda each: each.key,
    min_size=1,
    max_size=24,
).map(lambda listed: sorted(listed, key=lambda each: each.key))


def pages_of(listed: Sequence[Listed], borders: Sequence[int]) -> list[Sequence[Listed]]:
    """Cut objects into pages, none of them empty, that end before the objects of these numbers."""
    ends = [*sorted({each for each in borders if 0 < each < len(listed)}), len(listed)]
    begins = [0, *ends[:-1]]
    pages = [listed[begin:end] for begin, end in zip(begins, ends, strict=True)]
    return [page for page in pages if page]


BORDERS = st.lists(st.integers(1, 24), max_size=8)


def census_of(listed: Sequence[Listed], base: int = 0) -> Census:
    """Take the census of one stream of objects."""
    return census_of_pages(pages_of(listed, range(0, len(listed), 1_000)), base)


def census_of_pages(
    pages: Iterable[Sequence[Listed]], base: int = 0, room: LevelRoom = LEVEL_ROOM
) -> Census:
    """Take the census of one stream of pages."""
    directories = PassedDirectories(room)
    stream = CensusStream(base, directories)
    for page in pages:
        columns = columns_of(page)
        hashes = hashes_of(columns)
        stream.meet(columns, hashes, digest_of(columns, hashes))
    return replace(stream.census(), directories=directories.levels())


def plan_of(listed: Sequence[Listed], **also: Any) -> Plan:
    """Return the plan of these objects."""
    census = census_of(listed)
    said: dict[str, Any] = {
        "id": "plan-1",
        "ordered": ORDERED,
        "census": census,
        "early": early_deletion(columns_of(listed), CLOCK) if listed else EarlyDeletion(),
        "requests": requests_needed(census.by_class),
        "duration": duration_of(len(listed), seconds_each=240),
    }
    return Plan(**(said | also))
