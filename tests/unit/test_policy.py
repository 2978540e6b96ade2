"""What a deployment lets a request do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ossweep import policy
from ossweep.errors import PolicyError
from ossweep.handover.parts import split
from ossweep.request import parse
from ossweep.settings import Settings
from ossweep.work import Ceiling, Range, Work

KEYS = {"keys": ["a"]}


def refusal(document: dict[str, Any], settings: Settings) -> str:
    with pytest.raises(PolicyError) as refused:
        policy.bucket_of(parse(document), settings, "request 2")
    return str(refused.value)


@pytest.mark.parametrize(
    ("buckets", "document", "bucket"),
    [
        (("one",), KEYS, "one"),
        (("one",), {**KEYS, "bucket": "one"}, "one"),
        (("one", "two"), {**KEYS, "bucket": "two"}, "two"),
        (("*",), {**KEYS, "bucket": "two"}, "two"),
        (("one", "*"), {**KEYS, "bucket": "two"}, "two"),
        (("one",), {"everything": True, "confirm": "one"}, "one"),
    ],
)
def test_a_bucket_is_the_one_that_is_named_and_allowed(
    buckets: tuple[str, ...], document: dict[str, Any], bucket: str
) -> None:
    """Or the only one there is."""
    assert policy.bucket_of(parse(document), Settings(buckets), "the request") == bucket


@pytest.mark.parametrize("buckets", [("one", "two"), ("*",), ()])
def test_a_bucket_that_is_not_named_is_not_guessed(buckets: tuple[str, ...]) -> None:
    """Unless the deployment names exactly one."""
    assert refusal(KEYS, Settings(buckets)) == (
        "request 2: `bucket` is missing, and the deployment does not name exactly one; "
        'write "bucket": "<name>"'
    )


def test_a_deployment_without_buckets_allows_none() -> None:
    """The request has done nothing wrong, so the sentence is about the setting."""
    assert refusal({**KEYS, "bucket": "one"}, Settings()) == (
        "OSSWEEP_BUCKETS is not set, so no bucket may be swept; "
        "set it to the names of the buckets that may"
    )


@pytest.mark.parametrize("bucket", ["three", "one-two", "one2"])
def test_a_bucket_that_is_not_on_the_list_is_refused(bucket: str) -> None:
    """Names are compared whole."""
    assert refusal({**KEYS, "bucket": bucket}, Settings(("one", "two"))) == (
        f'request 2: the bucket "{bucket}" is not among those in OSSWEEP_BUCKETS; '
        "allowed are: one, two"
    )


@pytest.mark.parametrize("confirm", [{}, {"confirm": None}, {"confirm": "two"}, {"confirm": ""}])
def test_everything_takes_the_buckets_own_name(confirm: dict[str, Any]) -> None:
    """The one that would be emptied, even where the request does not name it."""
    assert refusal({"everything": True, **confirm}, Settings(("one",))) == (
        'request 2: `everything` would empty the bucket one; to confirm it write "confirm": "one"'
    )


@pytest.mark.parametrize(
    ("key", "spared"),
    [
        (".dlsdata/", True),
        (".dlsdata/a", True),
        (".dlsdata", False),
        (".dlsdata2/a", False),
        ("a/.dlsdata/b", False),
        (".DLSDATA/a", False),
        ("keep/a", True),
        ("keeper", False),
    ],
)
def test_a_key_is_protected_by_its_beginning(key: str, spared: bool) -> None:
    """To the letter."""
    protected = policy.protected_in("one", Settings(protected=(".dlsdata/", "keep/")))

    assert key.startswith(protected) is spared


@pytest.mark.parametrize(
    "prefix",
    [
        "one/keep/",
        "oss://one/keep/",
        "https://one.oss-cn-hangzhou.aliyuncs.com/keep/",
        "one.oss-cn-hangzhou.aliyuncs.com/keep/",
    ],
)
@pytest.mark.parametrize(
    ("bucket", "key", "spared"),
    [
        ("one", "keep/a", True),
        ("one", "{prefix}a", True),
        ("one", "keep", False),
        ("two", "keep/a", False),
        ("two", "{prefix}a", True),
    ],
)
def test_a_prefix_behind_a_buckets_name_is_protected_either_way(
    prefix: str, bucket: str, key: str, spared: bool
) -> None:
    """A key may begin so, and the prefix may be meant as OSSWEEP_STATE is written."""
    protected = policy.protected_in(bucket, Settings(protected=(prefix,)))

    assert key.format(prefix=prefix).startswith(protected) is spared


@pytest.mark.parametrize("prefix", ["one/", "oss://one/", "one.oss-cn-hangzhou.aliyuncs.com/"])
def test_a_buckets_name_and_a_slash_protect_all_that_is_in_it(prefix: str) -> None:
    """To protect too much is told at once; too little is never told."""
    assert policy.protected_in("one", Settings(protected=(prefix,))) == (prefix, "")
    assert policy.protected_in("two", Settings(protected=(prefix,))) == (prefix,)


def test_a_buckets_name_alone_is_a_prefix_like_any_other() -> None:
    """Keys often begin so."""
    assert policy.protected_in("one", Settings(protected=("one",))) == ("one",)


@pytest.mark.parametrize(("bucket", "spared"), [("one", True), ("two", False)])
def test_the_jobs_state_is_protected_in_its_bucket(bucket: str, spared: bool) -> None:
    """No job deletes what it goes on by."""
    protected = policy.protected_in(bucket, Settings(state="one/state/"))

    assert "state/job/end".startswith(protected) is spared


def test_a_request_for_nothing_but_the_jobs_state_is_refused() -> None:
    """It says what keeps it there."""
    settings = Settings(state="one/state/")

    with pytest.raises(PolicyError) as refused:
        policy.check_unprotected(parse({"prefix": "state/a"}), "one", settings, "request 2")

    assert str(refused.value) == (
        'request 2: "state/a" lies where OSSWEEP_STATE keeps the jobs\' state; name something else'
    )


@pytest.mark.parametrize(
    ("asked", "state", "continues"),
    [
        (None, None, False),
        ("return", None, False),
        (None, "one/state/", True),
        ("return", "one/state/", False),
        ("continue", "one/state/", True),
    ],
)
def test_a_job_goes_on_by_itself_where_there_is_a_place_for_its_state(
    asked: str | None, state: str | None, continues: bool
) -> None:
    """Unless the request wants the continuation."""
    request = parse({"keys": ["a"], "unfinished": asked})

    assert policy.may_continue(request, Settings(state=state), "the request") is continues


@pytest.mark.parametrize(
    ("document", "name", "prefix"),
    [
        ({"keys": [".dlsdata/a"]}, ".dlsdata/a", ".dlsdata/"),
        ({"keys": ["keep/a", ".dlsdata/a"]}, "keep/a", "keep/"),
        ({"prefix": "keep/2024"}, "keep/2024", "keep/"),
        ({"directory": "keep"}, "keep/", "keep/"),
        ({"directory": "hold"}, "hold/", "one/hold/"),
    ],
)
def test_a_request_for_nothing_but_protected_keys_is_refused(
    document: dict[str, Any], name: str, prefix: str
) -> None:
    """The first of them is named."""
    settings = Settings(protected=(".dlsdata/", "keep/", "one/hold/"))

    with pytest.raises(PolicyError) as refused:
        policy.check_unprotected(parse(document), "one", settings, "request 2")

    assert str(refused.value) == (
        f'request 2: "{name}" is protected: OSSWEEP_PROTECTED holds "{prefix}"; name something '
        "else, or change the setting (.dlsdata/ cannot be taken out: it is OSS-HDFS's own data)"
    )


@pytest.mark.parametrize(
    "document",
    [
        {"keys": ["keep/a", "b"]},
        {"prefix": "keep"},
        {"directory": ["keep", "a"]},
        {"everything": True},
        {"everything": True, "keys": ["keep/a"]},
    ],
)
def test_a_request_that_holds_more_than_protected_keys_is_none_of_these(
    document: dict[str, Any],
) -> None:
    """What is protected of it is spared, key by key."""
    settings = Settings(protected=("keep/",))

    policy.check_unprotected(parse(document), "one", settings, "the request")


# A job's limit may be either, where the deployment has a ceiling.
LIMIT_OR_SHARE = (
    "limits.objects, or the share of OSSWEEP_MAX_OBJECTS in an event of several requests,"
)


@pytest.mark.parametrize(
    ("limit", "most", "ceiling"),
    [
        (None, None, None),
        (5, None, Ceiling(5, "limits.objects")),
        (None, 5, Ceiling(5, "OSSWEEP_MAX_OBJECTS")),
        (4, 5, Ceiling(4, LIMIT_OR_SHARE)),
        (6, 5, Ceiling(5, "OSSWEEP_MAX_OBJECTS")),
        (5, 5, Ceiling(5, LIMIT_OR_SHARE)),
    ],
)
def test_the_lower_ceiling_holds(
    limit: int | None, most: int | None, ceiling: Ceiling | None
) -> None:
    """An order can narrow the deployment's, never widen it."""
    work = Work("job", "one", limit=limit)

    assert policy.ceiling_of(work, Settings(max_objects=most)) == ceiling


PART = Work("job-p1", "one", part_of="job", limit=50, of_parts=4, asked_before=200, shared=198)


@pytest.mark.parametrize(
    ("most", "ceiling"),
    [
        (1000, Ceiling(50, LIMIT_OR_SHARE)),
        (398, Ceiling(50, LIMIT_OR_SHARE)),
        (397, Ceiling(49, "OSSWEEP_MAX_OBJECTS")),
        (349, Ceiling(1, "OSSWEEP_MAX_OBJECTS")),
        (300, Ceiling(0, "OSSWEEP_MAX_OBJECTS")),
        (100, Ceiling(0, "OSSWEEP_MAX_OBJECTS")),
    ],
)
def test_a_ceiling_that_is_lowered_after_a_split_takes_all_of_that_from_each_part(
    most: int, ceiling: Ceiling
) -> None:
    """The others may have used up their shares: nobody knows who is to go without."""
    assert policy.ceiling_of(PART, Settings(max_objects=most)) == ceiling


@given(
    shared=st.integers(2, 40),
    number=st.integers(2, 5),
    taken=st.integers(0, 40),
    used=st.lists(st.integers(0, 20), min_size=5, max_size=5),
)
def test_parts_keep_to_a_ceiling_that_is_lowered_whatever_each_has_used(
    shared: int, number: int, taken: int, used: list[int]
) -> None:
    """Together they ask for no more than it allows, unless they had before."""
    job = Work("job", "one", parallel=number, ranges=tuple(map(Range, "abcde")))
    _, parts = split(job, limit=shared, rate=None)
    before = [min(use, part.limit or 0) for use, part in zip(used, parts, strict=False)]
    lowered = Settings(max_objects=max(1, shared - taken))
    ceilings = [policy.ceiling_of(part, lowered) for part in parts]
    mosts = [ceiling.objects for ceiling in ceilings if ceiling is not None]

    after = [max(use, most) for use, most in zip(before, mosts, strict=True)]

    assert sum(after) <= max(sum(before), 1, shared - taken)


@pytest.mark.parametrize("most", [1000, 300])
def test_a_ceiling_that_is_new_after_a_split_stops_the_parts(most: int) -> None:
    """What each of them has asked for the whole job knows, which goes on when they have ended."""
    part = replace(PART, limit=None, shared=None)

    assert policy.ceiling_of(part, Settings(max_objects=most)) == Ceiling(0, "OSSWEEP_MAX_OBJECTS")


def test_a_part_asks_for_no_more_than_the_deployment_allows() -> None:
    """A continuation may be anybody's."""
    part = replace(PART, limit=10**6, shared=0, asked_before=0)

    assert policy.ceiling_of(part, Settings(max_objects=70)) == Ceiling(70, "OSSWEEP_MAX_OBJECTS")


@pytest.mark.parametrize(
    ("most", "ceiling"),
    [
        (None, Ceiling(5000, "limits.objects")),
        (20_000, Ceiling(5000, LIMIT_OR_SHARE)),
        (4001, Ceiling(2000, "OSSWEEP_MAX_OBJECTS")),
        (1, Ceiling(0, "OSSWEEP_MAX_OBJECTS")),
    ],
)
def test_a_ceiling_that_is_lowered_is_shared_by_the_requests_of_one_event(
    most: int | None, ceiling: Ceiling
) -> None:
    """Each keeps to its share, however many invocations it takes."""
    work = Work("job-1", "one", limit=5000, of_requests=2)

    assert policy.ceiling_of(work, Settings(max_objects=most)) == ceiling


def test_a_part_of_one_of_several_requests_has_a_share_of_its_share() -> None:
    """What the whole job had asked for before counts against the request's."""
    part = replace(PART, of_requests=2)

    assert policy.ceiling_of(part, Settings(max_objects=796)) == Ceiling(50, LIMIT_OR_SHARE)
    assert policy.ceiling_of(part, Settings(max_objects=786)) == Ceiling(45, "OSSWEEP_MAX_OBJECTS")


@pytest.mark.parametrize(("most", "rate"), [(None, 50), (400, 50), (100, 25), (3, 0.75)])
def test_a_rate_that_is_lowered_after_a_split_is_shared_by_the_parts(
    most: int | None, rate: float
) -> None:
    """To less than one object a second each, where it allows them no more together."""
    part = Work("job-p1", "one", part_of="job", rate=50, of_parts=4)

    assert policy.rate_of(part, Settings(max_rate=most)) == rate


@pytest.mark.parametrize(("share", "of_part"), [(None, None), (0.5, 0.125), (1.0, 0.25)])
def test_parts_share_the_share_of_the_quotas(share: float | None, of_part: float | None) -> None:
    """They may well lie in one partition."""
    part = Work("job-p1", "one", part_of="job", of_parts=4)

    assert policy.quota_share_of(part, Settings(share=share)) == of_part


@pytest.mark.parametrize(
    ("document", "prefixes"),
    [
        (KEYS, []),
        ({"prefix": "a"}, ["a"]),
        ({"prefix": ["b", "a"]}, ["a", "b"]),
        ({"prefix": ["a", "ab", "a/b"]}, ["a"]),
        ({"prefix": ["ab", "a/"], "directory": ["a", "ab", "ac"]}, ["a/", "ab", "ac/"]),
        ({"prefix": "a", "everything": True}, [""]),
        ({"everything": True, "keys": ["a"]}, [""]),
    ],
)
def test_ranges_are_those_that_no_other_holds(
    document: dict[str, Any], prefixes: list[str]
) -> None:
    """In the order of their keys."""
    assert policy.ranges_of(parse(document)) == tuple(Range(prefix) for prefix in prefixes)


TEXT = st.text("ab/\x00\u00e9\uffff\U0001f4a9", min_size=1, max_size=4).filter(
    lambda text: text[0] != "/"
)


@given(st.lists(TEXT, min_size=1, max_size=8), st.lists(TEXT, max_size=20))
def test_a_key_of_any_prefix_lies_in_exactly_one_range(
    prefixes: list[str], keys: list[str]
) -> None:
    """Whatever begins with one of the prefixes is listed once, and nothing else is."""
    ranges = policy.ranges_of(parse({"prefix": prefixes}))

    for key in (*keys, *prefixes, *(prefix + key for prefix in prefixes for key in keys)):
        holding = [one for one in ranges if key.startswith(one.prefix)]
        assert len(holding) == key.startswith(tuple(prefixes))
    assert [one.prefix for one in ranges] == sorted({one.prefix for one in ranges})
    assert {one.prefix for one in ranges} <= set(prefixes)
