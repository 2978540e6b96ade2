"""The census: exact sums over what was met, in any order and in bounded memory."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ossweep.plans.census import SAMPLED, Census, CensusStream, Sampled, census_in_any_order
from ossweep.plans.digest import Digest, digest_of, hashes_of, in_hex
from ossweep.plans.directories import (
    MOST_EDGES,
    MOST_NAMED,
    NOTHING,
    Amount,
    DirectorySums,
    by_rank,
    in_any_order,
    lie_together,
    parent_of,
    rank,
)
from ossweep.plans.levels import (
    LEVEL_ROOM,
    LEVELS,
    LevelRoom,
    PassedDirectories,
    joined_levels,
    whole_levels,
)
from unit.key_shapes import SHAPES, keys_of
from unit.plans import BORDERS, CLOCK, LISTED, Listed, census_of_pages, columns_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM = TypeAdapter(Census)


def whole(found: Census) -> Census:
    return replace(found, directories=whole_levels(found.directories))


def plain_directories(listed: Sequence[Listed], base: int, level: int) -> dict[str, Amount]:
    """Add up directories as one would who has all objects at hand."""
    amounts: dict[str, Amount] = {}
    for each in listed:
        pieces = each.key[base:].split("/")
        if len(pieces) > level:
            name = each.key[:base] + "".join(f"{piece}/" for piece in pieces[:level])
            amounts[name] = amounts.get(name, NOTHING) + Amount(1, each.size)
    return amounts


def plain_levels(
    listed: Sequence[Listed], base: int, most: int = MOST_NAMED
) -> list[dict[str, Amount]]:
    """Return the largest of each directory that is one itself, level by level."""
    found: list[dict[str, Amount]] = []
    for level in range(1, LEVELS + 1):
        groups: dict[str, dict[str, Amount]] = {}
        for name, amount in plain_directories(listed, base, level).items():
            parent = "" if level == 1 else parent_of(name)
            if level == 1 or parent in found[-1]:
                groups.setdefault(parent, {})[name] = amount
        kept = [dict(by_rank(group, most)) for group in groups.values()]
        found.append({name: amount for group in kept for name, amount in group.items()})
    return found


OLD = Listed("a/1", 5, CLOCK - 9, "IA")
NEW = Listed("b/c/2", 7, CLOCK - 1)
FLAT = Listed("c", 1, CLOCK - 5, None)


def test_a_census_counts_by_storage_class() -> None:
    """A class that is not known has a row of its own."""
    assert census_of_pages([[OLD, NEW, FLAT]]).by_class == {
        "IA": Amount(1, 5),
        "Standard": Amount(1, 7),
        "unknown": Amount(1, 1),
    }


def test_a_census_tells_the_ends() -> None:
    """Of the times and of the keys."""
    found = census_of_pages([[OLD], [NEW, FLAT]])

    assert (found.oldest, found.newest) == (CLOCK - 9, CLOCK - 1)
    assert (found.first, found.last) == ("a/1", "c")


def test_a_census_adds_up_directories_by_level() -> None:
    """What lies in no directory is in none."""
    levels = whole(census_of_pages([[OLD, NEW, FLAT]])).directories

    assert levels[0].largest == {"a/": Amount(1, 5), "b/": Amount(1, 7)}
    assert levels[1].largest == {"b/c/": Amount(1, 7)}


def test_directories_are_those_below_the_selector() -> None:
    """A prefix may end in the middle of a name."""
    listed = [Listed("logs/2024-01/x/1", 1), Listed("logs/2024-02/y", 2), Listed("logs/2024-9", 4)]

    levels = whole(census_of_pages([listed], base=len("logs/2024-"))).directories

    assert levels[0].largest == {"logs/2024-01/": Amount(1, 1), "logs/2024-02/": Amount(1, 2)}
    assert levels[1].largest == {"logs/2024-01/x/": Amount(1, 1)}


def test_a_census_of_nothing_says_nothing() -> None:
    """And adds nothing."""
    some = census_of_pages([[OLD]])

    assert census_of_pages([]) == Census()
    assert Census() + some == some + Census() == some


def carried(found: Census) -> Census:
    """Take a census through a document, as a continuation does."""
    found.check()
    return FORM.validate_json(FORM.dump_json(found), strict=True)


@given(
    listed=LISTED,
    streams=BORDERS,
    pages=BORDERS,
    base=st.integers(0, 2),
    data=st.data(),
)
def test_a_census_is_what_adding_everything_up_would_find(
    listed: list[Listed], streams: list[int], pages: list[int], base: int, data: st.DataObject
) -> None:
    """Whatever the pages are, of several branches and invocations, in any order."""
    listed = [each for each in listed if len(each.key) >= base]
    if not listed:
        return
    parts = [
        carried(census_of_pages(pages_of(each, pages), base)) for each in pages_of(listed, streams)
    ]

    found = whole(reduce(add, data.draw(st.permutations(parts))))

    columns = columns_of(listed)
    hashes = hashes_of(columns)
    assert found.digest == digest_of(columns, hashes)
    assert (found.first, found.last) == (listed[0].key, listed[-1].key)
    assert found.oldest == min(each.modified for each in listed)
    assert found.newest == max(each.modified for each in listed)
    chosen = sorted(zip(hashes, listed, strict=True), key=lambda each: each[0])[:SAMPLED]
    assert [(each.hash, each.key) for each in found.sample] == [
        (in_hex(number), each.key) for number, each in chosen
    ]
    for level, directories in enumerate(found.directories, 1):
        assert directories == DirectorySums(largest=plain_directories(listed, base, level))


@given(listed=LISTED, borders=BORDERS, data=st.data())
def test_objects_in_no_order_have_the_same_census_of_pages(
    listed: list[Listed], borders: list[int], data: st.DataObject
) -> None:
    """Such are named keys and lists, beside what a listing shows."""
    half = data.draw(st.integers(0, len(listed)))
    loose = data.draw(st.permutations(listed[:half]))
    parts = [census_of_pages([listed[half:]])] if half < len(listed) else []
    for page in pages_of(loose, borders):
        columns = columns_of(page)
        hashes = hashes_of(columns)
        parts.append(census_in_any_order(columns, hashes, digest_of(columns, hashes)))

    assert whole(reduce(add, map(carried, parts))) == whole(census_of_pages([listed]))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_largest_directories_are_found_however_many_there_are(shape: str) -> None:
    """With their exact sums; the others are counted."""
    chance = random.Random(shape)
    listed = [Listed(key, chance.randrange(9)) for key in keys_of(shape, 3_000)]
    cuts = [chance.randrange(3_000) for _ in range(12)]
    parts = [
        census_of_pages(pages_of(each, range(0, 3_000, 97))) for each in pages_of(listed, cuts)
    ]

    found, largest = whole(reduce(add, parts)), plain_levels(listed, 0)

    for level, directories in enumerate(found.directories, 1):
        plain, named = plain_directories(listed, 0, level), largest[level - 1]
        assert (directories.largest, directories.is_exact) == (named, True)
        assert directories.others == len(plain) - len(named)
        total = sum(plain.values(), NOTHING)
        assert directories.in_others == total - sum(named.values(), NOTHING)


def test_a_sample_is_fair() -> None:
    """Each part of the keys is in it about as often as its share of the objects."""
    listed = [Listed(f"{number % 4}/{number:05}") for number in range(20_000)]
    listed.sort(key=lambda each: each.key)
    hits = {str(part): 0 for part in range(4)}

    for mark in range(30):
        marked = [replace(each, mark=f"{mark}") for each in listed[:: 1 + mark % 3]]
        for each in census_of_pages([marked]).sample:
            hits[each.key[0]] += 1

    assert sum(hits.values()) == 30 * SAMPLED
    assert all(110 <= number <= 190 for number in hits.values())


def test_streams_of_many_directories_hold_a_few_names() -> None:
    """Memory does not grow with their number, nor with that of the streams."""
    directories = PassedDirectories()
    streams = [CensusStream(0, directories) for _ in range(3)]
    for page in range(30):
        columns = columns_of(
            [Listed(f"{page:03}{each:04}/{each % 7}/x", each) for each in range(1_000)]
        )
        hashes = hashes_of(columns)
        streams[page // 10].meet(columns, hashes, digest_of(columns, hashes))

    first, second, _ = directories.levels()

    assert (len(first.largest), len(first.edges)) == (MOST_NAMED, 6)
    assert first.others == 30_000 - MOST_NAMED - 6
    assert len(second.largest) + len(second.edges) == MOST_NAMED + 6
    assert directories.waiting <= LEVEL_ROOM.left


def tree(**children: int) -> list[Listed]:
    """Return the objects of directories with so many in them, each of another size."""
    keys = [
        (f"{name}/{each:03}/x", each + 1) for name in children for each in range(children[name])
    ]
    return [Listed(key, size) for key, size in sorted(keys)]


def test_a_small_directory_has_its_largest_as_a_great_one_has() -> None:
    """However many larger ones lie in others."""
    listed = [*tree(a=100), Listed("b/1/x", 1), Listed("b/2/x", 1)]

    second = whole(census_of_pages(pages_of(listed, range(0, 100, 9)))).directories[1]

    assert {name for name in second.largest if name.startswith("b/")} == {"b/1/", "b/2/"}
    assert len(second.largest) == MOST_NAMED + 2


@given(
    listed=st.lists(
        st.builds(Listed, st.text("abcdef/", min_size=1, max_size=8), st.integers(0, 9)),
        unique_by=lambda each: each.key,
        min_size=1,
        max_size=80,
    ).map(lambda listed: sorted(listed, key=lambda each: each.key)),
    borders=st.lists(st.integers(1, 80), max_size=8),
    most=st.integers(1, 3),
    data=st.data(),
)
def test_the_largest_of_each_directory_do_not_depend_on_how_they_were_listed(
    listed: list[Listed], borders: list[int], most: int, data: st.DataObject
) -> None:
    """In pages, invocations and parts, however few are kept."""
    room = LevelRoom(named=most, left=data.draw(st.integers(0, 9)))
    parts = [
        carried(census_of_pages(pages_of(each, borders), room=room))
        for each in pages_of(listed, data.draw(st.lists(st.integers(1, 80), max_size=8)))
    ]
    parts = data.draw(st.permutations(parts))

    found = reduce(partial(joined_levels, room=room), [each.directories for each in parts])

    told = whole_levels(found, room)
    assert [each.largest for each in told] == plain_levels(listed, 0, most)
    assert all(each.is_exact for each in told)


def test_too_many_edges_join_the_rest_and_say_so() -> None:
    """The smallest first: of those with a name there is at least so much."""
    edges = {f"{each:05}/": Amount(1, each) for each in range(MOST_EDGES)}
    one, other = (
        DirectorySums(edges=edges),
        DirectorySums(edges={"x/": Amount(1, 9), "y/": NOTHING}),
    )

    (found,) = joined_levels([one], [other])

    assert len(found.edges) == MOST_EDGES
    assert not found.is_exact
    assert (found.others, found.in_others) == (2, Amount(1, 0))
    assert not (found + DirectorySums()).is_exact


def test_names_that_are_too_long_are_cut_in_the_smallest_directories_and_that_is_told() -> None:
    """Their sums stay."""
    listed = tree(a=9, b=3, c=5)
    room = LevelRoom(bytes=9 * 60)

    found = census_of_pages([listed], room=room).directories
    first, second, _ = whole_levels(found, room)

    assert sum(name.startswith("a/") for name in second.largest) == 9
    assert not [name for name in second.largest if name.startswith("b/")]
    assert (first.is_exact, second.is_exact) == (True, False)
    assert sum(second.largest.values(), second.in_others) == sum(first.largest.values(), NOTHING)


def test_a_cut_directory_that_is_not_told_of_is_no_loss() -> None:
    """All that is told is exact."""
    listed = tree(a=3, b=2, c=9)
    parts = [census_of_pages([listed[:3]]), census_of_pages([listed[3:5]])]
    cut = replace(parts[1].directories[1], cut=("b/",))
    room = LevelRoom(named=1)

    found = joined_levels(
        parts[0].directories, [parts[1].directories[0], cut, DirectorySums()], room
    )

    assert all(each.is_exact for each in whole_levels(found, room))


def test_objects_in_no_order_may_belong_to_a_directory_without_a_name() -> None:
    """Then it is counted twice, and the plan says so."""
    listed = [Listed(f"{each:03}/x", each) for each in range(100)]
    shown = census_of_pages([listed]).directories[:1]
    loose = [in_any_order(columns_of([Listed("001/y", 1)]), 0, 1)]

    for levels, is_exact in ((shown, True), (loose, True), (joined_levels(shown, loose), False)):
        assert whole_levels(levels)[0].is_exact is is_exact


def test_an_edge_of_two_streams_is_one_directory() -> None:
    """It was cut in two, and is told of as a whole."""
    one = census_of_pages([[Listed("a/1", 1), Listed("b/1", 2)]])
    other = census_of_pages([[Listed("b/2", 3), Listed("c/1", 4)]])

    assert whole(one + other).directories[0].largest["b/"] == Amount(2, 5)


def test_a_directory_of_more_bytes_is_larger() -> None:
    """Of two with as many, that of more objects."""
    amounts = {"a/": Amount(9, 1), "b/": Amount(1, 2), "c/": Amount(2, 2)}

    assert [name for name, _ in by_rank(amounts, 2)] == ["c/", "b/"]
    assert rank("a/", Amount(9, 1)) < rank("b/", Amount(1, 2))


@pytest.mark.parametrize(
    ("keys", "together"),
    [
        (["a/1"], True),
        (["a/1", "a/2"], True),
        (["1", "2"], True),
        (["a/1", "a/b/2", "a/c"], False),
        (["a/1", "b/2"], False),
        (["a/b/1", "a/c"], False),
        (["a//1", "a//2"], True),
    ],
)
def test_keys_lie_together_in_one_directory(keys: list[str], together: bool) -> None:
    """Then nothing has to be looked for in each of them."""
    assert lie_together(keys) is together


GOOD = whole(census_of_pages([[OLD, NEW]]))


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ({"digest": Digest(-1, 0, "0" * 32)}, "digest"),
        ({"by_class": {"IA": Amount(1, 5)}}, "add up"),
        ({"oldest": None}, "ends"),
        ({"directories": ()}, "other parts"),
        ({"sample": (Sampled("f", "x", 1, 1), Sampled("0", "y", 1, 1))}, "hashes"),
        ({"directories": (DirectorySums({"a/": Amount(-1, 0)}),) * LEVELS}, "less than nothing"),
        (
            {"directories": (DirectorySums({f"{n}/": NOTHING for n in range(99)}),) * LEVELS},
            "more directories",
        ),
    ],
)
def test_a_census_that_nobody_took_is_refused(forged: dict[str, Any], said: str) -> None:
    """A continuation is anybody's document."""
    GOOD.check()

    with pytest.raises(ValueError, match=said):
        replace(GOOD, **forged).check()


def test_a_stream_that_ends_forgets_nothing_that_another_has_left() -> None:
    """The largest of a directory keeps its name until it is known whether that has one."""
    passed = PassedDirectories(LevelRoom(named=2, left=20))
    one, other = passed.stream(0), passed.stream(0)
    large = [Listed("d/00/x", 1000), *(Listed(f"d/{number}/x") for number in range(10, 60))]
    for listed in ([Listed("a/x/y"), Listed("b/x/y")], large, [Listed("e/x/y"), Listed("f/x/y")]):
        for each in one:
            each.meet(columns_of(listed))
        passed.tidy()
    for each in other:
        each.meet(columns_of([Listed("x/x/y"), Listed("y/x/y"), Listed("z/x/y")]))

    passed.end(other)
    passed.end(one)

    first, second, _ = whole_levels(passed.levels())
    assert "d/" in first.largest
    assert second.largest["d/00/"] == Amount(1, 1000)
