"""A job's rest as a test needs one, with something in each of its fields."""

from __future__ import annotations

from typing import Any

from ossweep.conditions import Conditions
from ossweep.events import Reply
from ossweep.lists import ListLeft, ListRequest, Position
from ossweep.objects import Classed, Columns, Failure, Found, Stretch
from ossweep.plans.sofar import SoFar, Sums
from ossweep.work import Counts, Range, Work


def _planned() -> dict[str, Any]:
    columns = Columns.of([Classed("c/1", 5, 999_000, "IA", None, "5B3C")])
    sums = Sums(SoFar(), is_kept=True)
    sums.meet("stream", "c", "", "c/1", columns, 1_000_000)
    sums.meet_named(columns, 1_000_000)
    sums.absent = 1
    return sums.so_far().document()


SOME = Work(
    job="job",
    bucket="examplebucket",
    limit=5,
    clock=1_000_000,
    not_after=1_000_001,
    hop=1,
    more_hops=9,
    keys=("a", "b\r", "\u00e9\U0001f4a9"),
    ranges=(
        Range("c/", "c/1", "c/5"),
        Range("c/", "c/6", "", {"protected": 1}, 1),
        Range("d/", passed_over=Stretch("d/1", "d/2", 2, "AccessDenied", "No.")),
    ),
    directories=frozenset({"c/"}),
    held=(Found("c/", 0, 5),),
    passed=("c/2", "d/1"),
    lists=(
        ListLeft(
            ListRequest("lists/a.csv.gz", column="key", header=True, unchanged=False),
            "5B3C",
            checked=True,
            position=Position(offset=10, skip=7, number=2, line=4),
            until=9,
            open=((4, 5), (7, 7)),
            asked=((5, 5),),
            bad=1,
        ),
        ListLeft(ListRequest("lists/manifest.json", "listbucket", "inventory")),
    ),
    keys_done=("f",),
    unsettled=9,
    null_marker=True,
    harmless=True,
    together=500,
    source="timer",
    reply=Reply("examplebucket", "requests/x.json", 1_000_000, "5B3C", of_several=True),
    unfinished="continue",
    parallel=3,
    part_of="whole",
    rate=100,
    of_parts=2,
    of_requests=4,
    asked_before=3,
    shared=6,
    judged=True,
    only=Conditions(older_than=60, match=("*.log",), tags=(("a", "b"),)),
    selectors=("c/", "d/"),
    doubted=("a",),
    limit_bytes=70,
    sizes={"a": 11},
    reserved_bytes=12,
    idle=1,
    at_least=True,
    counts=Counts(
        3,
        4,
        1,
        (Failure("e", "FileImmutable", "No."),),
        {"protected": 2},
        6,
        7,
        failed_bytes=13,
        unanswered_bytes=14,
    ),
    requests_made={"list": 1},
    milliseconds=8,
    plan=_planned(),
)
