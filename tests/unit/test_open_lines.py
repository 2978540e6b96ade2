"""A list is gone on from its first open line, and tells no line again that is settled."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from ossweep.engine.openlines import OpenLines
from ossweep.lists import ListLeft, ListRequest, Position
from ossweep.manifests.nouns import Passage

LINES = 24
WITHIN = 6  # lines that a position points back


def passage(first: int, end: int) -> Passage:
    """Return a passage of lines, with the place from which what follows them can be read."""
    number = max(1, first - WITHIN)
    place = Position(offset=number if number > 1 else 0, number=number, line=end)
    lines = range(first, end)
    return Passage(place, [f"k{line}" for line in lines], lines)


HOPS = st.lists(
    st.lists(st.tuples(st.integers(1, 7), st.sets(st.integers(1, LINES))), max_size=6), max_size=6
)


@given(HOPS)
@example([[(7, {1, 2, 6}), (7, {9, 14})], [(1, set())], [(2, set())], []])
def test_lines_are_told_until_they_are_closed(hops: list[list[tuple[int, set[int]]]]) -> None:
    """Each hop reads some passages and closes some lines; the next goes on from what it leaves."""
    left = ListLeft(ListRequest("a.txt"), "5B3C", checked=True)
    closed: set[int] = set()
    told: set[int] = set()
    last: list[tuple[int, set[int]]] = [(LINES, set())]
    for hop in [*hops, last]:
        lines = OpenLines(left)
        at = left.position.line
        opened: set[int] = set()
        assert lines.rest() == left
        for most, closes in hop:
            read = passage(at, min(at + most, LINES + 1))
            for index in lines.take(read):
                line = read.lines[index]
                assert line not in closed | opened
                assert lines.is_new(line) is (line not in told)
                lines.open(line)
                opened.add(line)
            at = read.end.line
            told |= opened
            for line in sorted(closes & opened):
                lines.close(line)
                opened.remove(line)
                closed.add(line)
            left = lines.rest()
            left.check()
            assert left.lines_open == len(told - closed)
            assert left.position.number <= left.position.line
    assert told == {*range(1, LINES + 1)}


def test_another_file_begins_with_no_line_open() -> None:
    """Its lines are counted anew, and none of them has been told."""
    left = ListLeft(ListRequest("manifest.json"), "5B3C", checked=True)
    lines = OpenLines(left)
    for _ in lines.take(passage(1, 9)):
        pass

    lines.go_to(Position(file=1))

    assert lines.rest() == replace(left, position=Position(file=1))
    assert lines.is_new(1)
