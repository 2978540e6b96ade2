"""Cases for the sweep's model: a bucket, an order, a deployment, and what goes wrong."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ossweep.engine.selection import PROTECTED
from ossweep.objects import NEWER, Found
from unit.memory import BEGAN

if TYPE_CHECKING:
    from hypothesis.vendor.pretty import RepresentationPrinter

DIRECTORIES = ["a/", "b/", "a/b/", "\u00e9/"]
FILLERS = tuple(f"{number:04}" for number in range(1300))


def names() -> st.SearchStrategy[str]:
    """Keys that share prefixes, meet directories' names and hold what travels badly."""
    odd = "ab\r\u00e9\ufffd\U0001f4a9"
    return st.tuples(st.sampled_from(odd), st.text(odd + "/", max_size=3)).map("".join)


@dataclass(frozen=True)
class Trouble:
    """What befalls one hop at the request of this number."""

    request: int
    kind: str


@dataclass(frozen=True)
class Stir:
    """What others do between two hops: they write objects anew, and delete some."""

    written: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True, repr=False)
class Case:
    """A bucket, an order, a deployment and what goes wrong."""

    objects: dict[str, Found]
    order: dict[str, object]
    limit: int | None
    protected: tuple[str, ...]
    denied: frozenset[str]
    silent: dict[str, bool]
    slow: frozenset[str]
    troubles: tuple[Trouble, ...]
    stirs: tuple[Stir, ...]
    written: frozenset[str]
    in_flight: int
    listings: int
    most_ranges: int
    page: int

    def __repr__(self) -> str:
        """Return the case in short: it may hold thousands of keys."""
        shown = (f"{each.name}={reprlib.repr(getattr(self, each.name))}" for each in fields(self))
        return f"Case({', '.join(shown)})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:
        printer.text(repr(self))

    @cached_property
    def named(self) -> frozenset[str]:
        """Keys that the order names and no prefix of it holds."""
        return frozenset(key for key in self._texts("keys") if not self.listed(key))

    @cached_property
    def markers(self) -> frozenset[str]:
        return frozenset(self._texts("directory"))

    @cached_property
    def stirred(self) -> frozenset[str]:
        """Keys that others write or delete while the job is going on."""
        return self.written.union(*(stir.written | stir.removed for stir in self.stirs))

    def listed(self, key: str) -> bool:
        """Tell whether a listing is to choose a key."""
        return bool(self.order.get("everything")) or key.startswith(self._prefixes)

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return (*self._texts("prefix"), *self._texts("directory"))

    def spared(self) -> dict[str, int]:
        """Return what is to be skipped, by its reason."""
        met = [*self.named, *filter(self.listed, self.objects)]
        protected = sum(key.startswith(self.protected) for key in met)
        newer = sum(
            self.listed(found.key)
            and not found.key.startswith(self.protected)
            and found.modified >= BEGAN
            for found in self.objects.values()
        )
        tally = {PROTECTED: protected, NEWER: newer}
        return {reason: number for reason, number in tally.items() if number}

    @cached_property
    def chosen(self) -> set[str]:
        """Return the keys that OSS is to be asked to delete."""
        listed = (f.key for f in self.objects.values() if self.listed(f.key) and f.modified < BEGAN)
        return {key for key in (*self.named, *listed) if not key.startswith(self.protected)}

    def _texts(self, field: str) -> tuple[str, ...]:
        texts = self.order.get(field, [])
        assert isinstance(texts, list)
        return tuple(texts)


@st.composite
def buckets(draw: st.DrawFn, page: int) -> dict[str, Found]:
    """Return a few odd keys, and runs of keys that make it take several pages and batches."""
    runs = st.sampled_from([2, 990, 1000, 1300] if page > 100 else [20 * page, 8 * page, 2])
    keys = set(draw(st.lists(names(), max_size=12)))
    keys |= set(draw(st.lists(st.sampled_from(DIRECTORIES), max_size=3)))
    stems = st.sampled_from(["a/", "a/a", "a/b/", "b/", "c"]) | names()
    for stem in draw(st.lists(stems, max_size=3, unique=True)):
        keys.update(stem + each for each in FILLERS[: draw(runs)])
    young = draw(st.sets(st.sampled_from(sorted(keys)), max_size=5)) if keys else set()
    now = draw(st.sampled_from([BEGAN, BEGAN + 1, BEGAN + 3600]))
    return {
        key: Found(key, number % 7, now if key in young else BEGAN - 1)
        for number, key in enumerate(sorted(keys))
    }


@st.composite
def orders(draw: st.DrawFn, keys: list[str]) -> dict[str, object]:
    """Return a request that `parse` accepts."""
    order: dict[str, object] = {"bucket": "examplebucket", "dry_run": draw(st.integers(0, 7)) == 0}
    if draw(st.integers(0, 3)) == 0:
        return {**order, "everything": True, "confirm": "examplebucket"}
    some = st.sampled_from(keys) if keys else names()
    order["keys"] = draw(st.lists(some | names(), max_size=5, unique=True))
    if draw(st.integers(0, 9)) == 0:
        order["keys"] = sorted({*keys[:2100], "nowhere"})
    prefixes = (some | some | names()).map(lambda name: name[:2])
    order["prefix"] = draw(st.lists(prefixes, max_size=2, unique=True))
    order["directory"] = draw(st.lists(st.sampled_from(DIRECTORIES), max_size=4, unique=True))
    selectors = {name: value for name, value in order.items() if value or name == "dry_run"}
    if not {"keys", "prefix", "directory"} & set(selectors):
        selectors["keys"] = [draw(some)]
    return selectors


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a whole case."""
    page = draw(st.sampled_from([1000, 300, 10, 10, 3, 3]))
    objects = draw(buckets(page))
    keys = sorted(objects)
    some = st.sampled_from(keys) if keys else names()
    trouble = st.builds(
        Trouble,
        st.integers(1, 5 if page > 100 else 40),
        st.sampled_from(
            ["time is nearly up", "time is up", "refused", "listing fails", "others write"]
        ),
    )
    denied = draw(st.frozensets(some, max_size=5))
    if draw(st.integers(0, 4)) == 0:  # enough of them to close the gate, hop after hop
        start = draw(st.integers(0, len(keys)))
        denied |= frozenset(keys[start : start + draw(st.sampled_from([99, 150, 250]))])
    markers = [name for name in DIRECTORIES if name in objects]
    either = some | names()
    others = st.frozensets(either | st.sampled_from(markers) if markers else either, max_size=4)
    stirs = st.lists(st.builds(Stir, others, others), max_size=3)
    troubles = tuple(draw(st.lists(trouble, min_size=page < 100, max_size=3)))
    others_write = any(trouble.kind == "others write" for trouble in troubles)
    return Case(
        objects=objects,
        order=draw(orders(keys)),
        limit=draw(st.none() | st.sampled_from([1, 1000, 1500, max(1, len(keys) - 1)])),
        protected=(
            ".dlsdata/",
            *draw(st.lists(st.sampled_from(["a", "a/b", "\u00e9"]), max_size=1)),
        ),
        denied=denied,
        silent=draw(st.dictionaries(some, st.booleans(), max_size=3)),
        slow=draw(st.frozensets(some, max_size=2)),
        troubles=troubles,
        stirs=tuple(draw(stirs)) if keys else (),
        # What is written anew between its listing and its deletion is lost: OSS deletes blindly.
        written=draw(others) - objects.keys() if others_write else frozenset(),
        in_flight=draw(st.integers(1, 4)),
        listings=draw(st.sampled_from([32, 5, 1])),
        most_ranges=draw(st.sampled_from([1, 2, 3, 64])),
        page=page,
    )
