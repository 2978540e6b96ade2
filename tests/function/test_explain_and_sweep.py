"""What `explain` says of each key is what a sweep makes of it, whatever the conditions."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET
from localcloud.moto_store import Traits

if TYPE_CHECKING:
    from deployment import Deployment

DAY = 86_400
# Objects by the days since they were written, their sizes, and what else they have.
OBJECTS = {
    "a/": (90, 0, Traits()),
    "a/1.log": (90, 5, Traits("IA", tags={"a": "b", "c": "d"})),
    "a/2.log": (20, 5, Traits("IA", tags={"a": "b"})),
    "a/3.txt": (90, 50, Traits("Archive", tags={"a": "c"})),
    "a/b/": (10, 0, Traits(tags={"a": "b"})),
    "a/b/1.log": (400, 50, Traits("ColdArchive", tags={"a": "b"})),
    "a/b/2.log": (1, 50, Traits("Colder")),
    "a/b/later.log": (-1, 5, Traits("IA", tags={"a": "b"})),
    "a/keep.log": (90, 5, Traits(tags={"a": "b"})),
}
CONDITIONS: dict[str, Any] = {
    "older_than": "15d",
    "newer_than": "100d",
    "size": {"at_least": "1B", "below": "10B"},
    "storage_class": ["IA", "ColdArchive"],
    "skip_early_delete": True,
    "match": "**/*.log",
    "match_regex": r".*1\.log|.*/",
    "except": "b/**",
    "except_regex": "2.*",
    "tags": {"a": "b"},
    "keep_latest": 1,
}
TOGETHER = ("tags", "keep_latest")  # which are refused together
PAIRS = [each for number in (1, 2) for each in combinations(CONDITIONS, number) if each != TOGETHER]
REQUESTS: list[dict[str, Any]] = [
    {"directory": "a"},
    {"prefix": ["a", "a/b/"]},
    {"everything": True, "confirm": BUCKET},
    {"keys": [*OBJECTS]},
    {"keys": ["a/1.log"], "prefix": "a/b"},
]


def compare(deployment: Deployment, request: dict[str, Any]) -> None:
    """Ask about each key, then sweep."""
    deployment.set(protected="a/keep")
    now = deployment.oss.now()
    for key, (days, size, traits) in OBJECTS.items():
        deployment.oss.fill(BUCKET, {key: size}, now - days * DAY, traits)
    whole = {"bucket": BUCKET, **request}
    questions = [{"do": "explain", "key": key, "request": whole} for key in OBJECTS]

    told = deployment.send(questions)["answers"]
    swept = deployment.send(whole)

    why = [each["reason"].split(": ")[1] for each in told if each["fate"] == "kept"]
    assert {each["key"] for each in told if each["fate"] != "deleted"} == {*deployment.keys()}
    assert Counter(why) == swept["skipped_because"]


@pytest.mark.parametrize("names", PAIRS, ids=" ".join)
def test_a_key_is_told_as_conditions_make_of_it(
    deployment: Deployment, names: tuple[str, ...]
) -> None:
    """One condition, or two of them."""
    compare(deployment, {"directory": "a", "only": {each: CONDITIONS[each] for each in names}})


CASES = [
    (request, left_out)
    for request in REQUESTS
    for left_out in (None, "tags", "keep_latest")
    if left_out != "tags" or "keys" not in request  # the latest of keys are refused
]


@pytest.mark.parametrize(("request_", "left_out"), CASES, ids=str)
def test_a_key_is_told_as_a_request_makes_of_it(
    deployment: Deployment, request_: dict[str, Any], left_out: str | None
) -> None:
    """However it selects its keys, with no condition or some that take several requests."""
    only = {"newer_than": "200d", "tags": {"a": "b"}, "keep_latest": 2, "match": "**/*.log"}
    also = {} if left_out is None else {"only": {k: v for k, v in only.items() if k != left_out}}

    compare(deployment, {**request_, **also})
