"""Sweeps with conditions against a plain model: what goes is what every condition lets go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ossweep.conditions import Conditions
from ossweep.filters.making import filters_of
from ossweep.filters.reasons import LATEST
from ossweep.objects import NEWER, UNREADABLE_TIME, Classed
from ossweep.whereabouts import outermost
from ossweep.work import Ceiling, Range, Work
from unit.memory import BEGAN, Bucket, Hop, MemoryStore, sent_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ossweep.objects import Found
    from ossweep.work import Counts

DAY = 86_400
NAMES = st.sampled_from(("x", "x.log", "y/x.log", "y/z/x.txt", "y.log/x", "z", "y/"))
DIRECTORIES = st.sampled_from(("", "a/", "a/b/", "c/"))
KEYS = st.builds("{}{}{}".format, DIRECTORIES, st.integers(0, 9), NAMES)
TIMES = st.sampled_from((-40 * DAY, -30 * DAY, -10 * DAY, -1, 0, 60)).map(lambda ago: BEGAN + ago)
CLASSES = ("Standard", "IA", "Archive", "ColdArchive")
FOUND = st.builds(
    Classed,
    KEYS,
    st.integers(0, 30),
    TIMES,
    st.sampled_from((*CLASSES, "Another", None)),
    st.none() | TIMES | st.just(UNREADABLE_TIME),
)
GLOBS = st.lists(st.sampled_from(("**/*.log", "*.log", "?x*", "**/x.txt", "1*")), max_size=2)
CONDITIONS = st.builds(
    Conditions,
    older_than=st.none() | st.sampled_from((1, 5 * DAY, 30 * DAY)),
    newer_than=st.none() | st.sampled_from((20 * DAY, 50 * DAY)),
    at_least=st.none() | st.integers(0, 20),
    below=st.none() | st.integers(1, 31),
    storage_class=st.lists(st.sampled_from(CLASSES), max_size=2, unique=True).map(tuple),
    skip_early_delete=st.booleans(),
    match=GLOBS.map(lambda globs: tuple(dict.fromkeys(globs))),
    except_=GLOBS.map(lambda globs: tuple(dict.fromkeys(globs))),
    match_regex=st.sampled_from(((), (r".*\.log",), (r"\d.*",))),
    except_regex=st.sampled_from(((), (r"9",))),
    tags=st.sampled_from(((), (("a", "1"),), (("a", "1"), ("b", "")))),
    keep_latest=st.none() | st.integers(1, 4),
)
MOST = st.integers(1, 12)
TAGS = st.sampled_from(({}, {"a": "1"}, {"a": "2", "b": ""}, {"a": "1", "b": ""}))
SELECTORS = st.lists(st.sampled_from(("", "a/", "a/b/", "c", "c/1")), min_size=1, unique=True)


def asked(only: Conditions) -> bool:
    try:
        only.check()
    except ValueError:
        return False
    return True


def fate(
    found: Found, only: Conditions, selectors: Sequence[str], tags: Mapping[str, str]
) -> str | None:
    """Return why an object stays, as one who looks at each by itself would say."""
    if found.modified >= BEGAN:
        return NEWER
    names = [found.key[len(each) :] for each in selectors if found.key.startswith(each)]
    if only.newer_than is not None:
        only = replace(only, newer_than=None, after=max(0, BEGAN - only.newer_than))
    filters = filters_of(only)
    reason = filters.reason_to_keep(found, BEGAN, names)
    if reason is None and filters.tags is not None:
        return filters.tags.reason_to_keep(tags)
    return reason


def with_latest(
    fates: Mapping[str, str | None],
    found: Sequence[Found],
    only: Conditions,
    selectors: Sequence[str],
) -> dict[str, str | None]:
    """Return fates in which the newest of each directory stay, of those whose names match."""
    patterns = ("match", "except_", "match_regex", "except_regex")
    names = Conditions(**{each: getattr(only, each) for each in patterns})
    newest_first = sorted(found, key=lambda each: (each.modified, each.key), reverse=True)
    counted = [
        each.key
        for each in newest_first
        if not each.key.endswith("/") and fate(each, names, selectors, {}) is None
    ]
    directories = {key.rpartition("/")[0] for key in counted}
    lots = ([key for key in counted if key.rpartition("/")[0] == each] for each in directories)
    newest = {key for lot in lots for key in lot[: only.keep_latest or 0]}
    return {key: why or (LATEST if key in newest else None) for key, why in fates.items()}


@given(
    objects=st.lists(FOUND, max_size=40, unique_by=lambda found: found.key),
    only=CONDITIONS.filter(asked),
    selectors=SELECTORS,
    page=st.sampled_from((1, 3, 10, 100)),
    stops=st.lists(st.integers(1, 12), max_size=3),
    tags=st.lists(TAGS, min_size=40, max_size=40),
    listings=st.sampled_from((1, 4)),
)
def test_a_sweep_deletes_what_all_conditions_let_go(  # noqa: PLR0913, PLR0917 - drawn
    objects: list[Found],
    only: Conditions,
    selectors: list[str],
    page: int,
    stops: list[int],
    tags: list[dict[str, str]],
    listings: int,
) -> None:
    """
    Whatever the pages, however often it is interrupted, and each key is counted once.

    When all has been done once more, nothing else has gone.
    """
    tags_of = dict(zip((found.key for found in objects), tags, strict=False))
    bucket = Bucket({found.key: found for found in objects}, page=page, tags=dict(tags_of))
    ranges = tuple(map(Range, outermost(selectors)))
    first = work = Work(
        "job", "examplebucket", ranges=ranges, only=only, selectors=tuple(selectors), clock=BEGAN
    )
    below = [found for found in objects if found.key.startswith(tuple(selectors))]
    fates = {found.key: fate(found, only, selectors, tags_of[found.key]) for found in below}
    fates = with_latest(fates, below, only, selectors)
    may_go = {key for key, reason in fates.items() if reason is None}

    for stop in [*stops, 10_000]:
        hop = Hop(listings=listings)
        store = MemoryStore(bucket, hop.gate, {stop: hop.leave(0)})
        result = hop.sweep(work, store)
        work = sent_back(result)

    gone = {found.key for found in objects} - bucket.objects.keys()
    kept = [reason for reason in fates.values() if reason is not None]
    assert gone == may_go
    assert result.left.finished
    assert result.counts.deleted == len(may_go)
    assert result.counts.skipped == {reason: kept.count(reason) for reason in kept}
    assert result.listed == len(below)

    hop = Hop(listings=listings)
    hop.sweep(first, MemoryStore(bucket, hop.gate))

    assert gone == {found.key for found in objects} - bucket.objects.keys()


@given(
    objects=st.lists(FOUND, max_size=40, unique_by=lambda found: found.key),
    only=CONDITIONS.filter(asked),
    tags=st.lists(TAGS, min_size=40, max_size=40),
    page=st.sampled_from((1, 3, 10, 100)),
    most=MOST,
)
def test_a_ceiling_lets_go_as_many_as_all_conditions_do(
    objects: list[Found], only: Conditions, tags: list[dict[str, str]], page: int, most: int
) -> None:
    """Up to its number, and in a dry run it counts the same."""
    tags_of = dict(zip((found.key for found in objects), tags, strict=False))
    bucket = Bucket({found.key: found for found in objects}, page=page, tags=dict(tags_of))
    work = Work(
        "job", "examplebucket", ranges=(Range(""),), only=only, selectors=("",), clock=BEGAN
    )
    fates = {found.key: fate(found, only, [""], tags_of[found.key]) for found in objects}
    fates = with_latest(fates, objects, only, [""])
    may_go = {key for key, reason in fates.items() if reason is None}

    def swept(work: Work) -> Counts:
        hop = Hop(ceiling=Ceiling(most, "limits.objects"))
        return hop.sweep(work, MemoryStore(bucket, hop.gate)).counts

    planned = swept(replace(work, dry_run=True))
    deleted = swept(work)

    gone = {found.key for found in objects} - bucket.objects.keys()
    assert gone <= may_go
    assert len(gone) == min(most, len(may_go)) == deleted.deleted == planned.planned


def test_conditions_that_time_makes_impossible_let_a_job_go_on() -> None:
    """With a date and a duration: nothing is young enough any more, and all of it stays."""
    only = Conditions(before=BEGAN - 600_000, newer_than=300_000)
    bucket = Bucket.of([f"a/{number:04}" for number in range(300)], page=100)
    work = Work("job", "examplebucket", ranges=(Range("a/"),), only=only, selectors=("a/",))
    hop = Hop()

    first = hop.sweep(work, MemoryStore(bucket, hop.gate, {2: hop.leave(0.1)}))
    last = Hop()
    result = last.sweep(sent_back(first), MemoryStore(bucket, last.gate))

    assert not first.left.finished
    assert result.left.finished
    assert sum(result.counts.skipped.values()) == 300
