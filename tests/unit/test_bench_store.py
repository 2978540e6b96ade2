"""The bench's store holds what it says, deletes what it is told, and refuses what is over."""

from __future__ import annotations

import gzip
from collections import Counter
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.shapes import SHAPES
from bench.store_bucket import BenchBucket, Spec
from bench.store_dialect import KINDS
from bench.store_limits import ACCOUNT_CODE, PARTITION_CODE, Limits, Quota
from bench.store_lists import KEY_COLUMN, LIST
from bench.store_objects import Objects
from bench.store_process import StoreProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "bench"
COUNT = 1_234  # more than two pages, and a last block that is cut short


@pytest.fixture(scope="module")
def store() -> Iterator[StoreProcess]:
    """The store, in a process of its own."""
    with StoreProcess() as running:
        yield running


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """Each shape in turn."""
    name: str = request.param
    return name


def bucket_of(store: StoreProcess) -> Any:
    return oss2.Bucket(oss2.AuthV4("a", "b"), store.url, BUCKET, region="cn-hangzhou")


def listed(bucket: Any, **how: Any) -> list[str]:
    return [found.key for found in oss2.ObjectIterator(bucket, max_keys=500, **how)]


def keys_of(shape: str, count: int = COUNT) -> list[str]:
    key = SHAPES[shape](count).key
    return [key(index).decode() for index in range(count)]


@settings(max_examples=50)
@given(st.sampled_from(sorted(SHAPES)), st.integers(1, 10**8), st.data())
def test_keys_ascend_and_their_index_is_found_again(
    shape: str, count: int, data: st.DataObject
) -> None:
    """A key of a greater index has greater bytes, however many there are."""
    made = SHAPES[shape](count)
    one, other = (data.draw(st.integers(0, count - 1)) for _ in range(2))

    assert (one < other) == (made.key(one) < made.key(other))
    assert made.index(made.key(one)) == one
    assert made.index(made.key(one) + b"\x00") == one + 1


@settings(max_examples=10)
@given(st.sampled_from(sorted(SHAPES)), st.integers(1, 5000))
def test_a_shape_has_as_many_keys_as_it_says(shape: str, count: int) -> None:
    """All of them differ, in UTF-8, in the order of their bytes."""
    keys = [key.encode() for key in keys_of(shape, count)]

    assert sorted(set(keys)) == keys


def test_oss2_lists_all_keys_in_order(store: StoreProcess, shape: str) -> None:
    """Page by page, from a marker on, and below a prefix."""
    keys = keys_of(shape)
    store.fill(BUCKET, Spec(shape, COUNT))
    bucket = bucket_of(store)
    prefix, middle = keys[900][:-6], keys[700]

    assert listed(bucket) == keys
    assert listed(bucket, marker=middle) == keys[701:]
    assert listed(bucket, marker=middle + "!") == [
        k for k in keys if k.encode() > f"{middle}!".encode()
    ]
    assert listed(bucket, prefix=prefix) == [key for key in keys if key.startswith(prefix)]


def test_oss2_deletes_exactly_what_it_names(store: StoreProcess, shape: str) -> None:
    """In a batch or alone; what was gone before and what never was is counted apart."""
    keys = keys_of(shape)
    store.fill(BUCKET, Spec(shape, COUNT))
    bucket = bucket_of(store)
    batch = [*keys[5:1000:2], keys[7] + "?", "<&>"]

    confirmed = bucket.batch_delete_objects(batch).deleted_keys
    bucket.delete_object(keys[-1])
    bucket.delete_object(keys[5])

    stats = store.stats(BUCKET)
    assert confirmed == batch
    assert listed(bucket) == [key for key in keys[:-1] if key not in set(batch)]
    assert (stats["deleted"], stats["repeated"], stats["strange"]) == (len(batch) - 1, 1, 2)
    assert stats["left"] == COUNT - stats["deleted"]
    assert stats["requests"] == {"batch_delete": 1, "delete": 2}


@pytest.mark.parametrize(
    "kind", sorted(KINDS.keys() - {"no Type"})
)  # oss2's parser takes no such row
def test_documents_of_all_kinds_say_the_same(store: StoreProcess, kind: str) -> None:
    """What a row has beside its key is no concern of whoever deletes it."""
    store.fill(BUCKET, Spec("unicode", COUNT, kind=kind))
    bucket = bucket_of(store)
    keys = listed(bucket)

    assert keys == keys_of("unicode")
    assert bucket.batch_delete_objects(keys[:1000]).deleted_keys == keys[:1000]


@settings(max_examples=50)
@given(st.data())
def test_objects_are_what_a_set_would_be(data: st.DataObject) -> None:
    """Whatever is deleted in whatever order, pages show what is left."""
    shape = SHAPES["tenants"](700)
    objects, model = Objects(shape), dict.fromkeys(range(700))
    for _ in range(data.draw(st.integers(0, 5))):
        first, last = sorted((data.draw(st.integers(0, 700)), data.draw(st.integers(0, 700))))
        step = data.draw(st.integers(1, 3))
        objects.delete(objects.find([shape.key(i) for i in range(first, last, step)]))
        for index in range(first, last, step):
            model.pop(index, None)
    start, most = data.draw(st.integers(0, 700)), data.draw(st.integers(1, 800))
    page = objects.page(start, 600, most)
    after = [index for index in model if start <= index < 600]

    size = shape.block_size
    assert [b * size + at for b, places in page.blocks for at in places] == after[:most]
    assert page.truncated == (len(after) > most)
    assert objects.left == len(model)


def test_a_partition_gives_what_it_holds_and_no_more() -> None:
    """A second's worth at the start, then as much as time brings; all of a batch or nothing."""
    limits = Limits(Quota(partitions=2, partition_rate=1000), 100, now=0.0)
    batch = Counter({limits.partition(10): 600, limits.partition(90): 600})

    assert limits.refuse(batch, now=0.0) is None
    assert limits.refuse(batch, now=0.1) == PARTITION_CODE
    assert limits.refuse(Counter({0: 401}), now=0.0) == PARTITION_CODE
    assert limits.refuse(Counter({0: 500}), now=0.1) is None
    assert limits.refuse(Counter({1: 500}), now=0.1) is None
    assert limits.refuse(Counter({1: 1000}), now=9.0) is None
    assert limits.refuse(Counter({1: 1}), now=9.0) == PARTITION_CODE


def test_an_account_is_above_its_partitions() -> None:
    """What it refuses is taken from nobody."""
    limits = Limits(Quota(partitions=2, partition_rate=1000, account_rate=1500), 100, now=0.0)

    assert limits.refuse(Counter({0: 1000}), now=0.0) is None
    assert limits.refuse(Counter({1: 600}), now=0.0) == ACCOUNT_CODE
    assert limits.refuse(Counter({1: 500}), now=0.0) is None


def test_a_counter_begins_anew_with_every_whole_second() -> None:
    """What a second has not used is lost to the next one."""
    limits = Limits(Quota(partition_rate=1000, reading="counters"), 100, now=0.5)

    assert limits.refuse(Counter({0: 700}), now=0.6) is None
    assert limits.refuse(Counter({0: 301}), now=0.99) == PARTITION_CODE
    assert limits.refuse(Counter({0: 300}), now=0.99) is None
    assert limits.refuse(Counter({0: 1000}), now=1.0) is None
    assert limits.refuse(Counter({0: 1}), now=1.9) == PARTITION_CODE
    assert limits.refuse(Counter({0: 1000}), now=7.2) is None


def test_a_neighbour_writes_from_the_first_request_on() -> None:
    """Evenly, into the partition in the middle; what is refused stays refused."""
    limits = Limits(Quota(3, 1000, 2000, reading="counters", neighbour=10), 99, now=0.0)

    assert limits.refuse(Counter({0: 1}), now=5.0) is None
    assert limits.refuse(Counter({1: 996}), now=5.45) == PARTITION_CODE
    assert limits.refuse(Counter({1: 995}), now=5.45) is None
    assert limits.refuse(Counter({1: 1}), now=5.85) == PARTITION_CODE
    assert limits.refuse(Counter({0: 998, 2: 1}), now=5.95) is None
    assert (limits.written, limits.unwritten) == (10, 5)


def test_a_refusal_deletes_nothing_and_says_the_code() -> None:
    """OSS's clients are told OSS's code, S3's their own; listings weigh one."""
    bucket = BenchBucket(BUCKET, Spec("flat", 100, quota=Quota(1, 3)))
    body = b"".join(b"<Object><Key>frame-00000000%d.jpg</Key></Object>" % n for n in range(3))

    listing = bucket.answer(b"GET", b"", {}, b"", is_oss=True)
    refusals = [
        bucket.answer(b"POST", b"", {"delete": b""}, body, is_oss=is_oss)
        for is_oss in (True, False)
    ]

    assert listing.status == 200
    assert [reply.status for reply in refusals] == [503, 503]
    assert [reply.then for reply in refusals] == [None, None]
    assert PARTITION_CODE.encode() in refusals[0].body
    assert b"<Code>SlowDown</Code>" in refusals[1].body
    assert bucket.stats()["left"] == 100


def test_a_list_of_all_keys_lies_beside_them(store: StoreProcess) -> None:
    """It is read in parts, and no listing shows it."""
    store.fill(BUCKET, Spec("dates", COUNT, is_listed=True))
    bucket = bucket_of(store)

    whole = bucket.get_object(LIST).read()
    part = bucket.get_object(LIST, byte_range=(10, 19))

    lines = gzip.decompress(whole).decode().splitlines()
    assert [line.split(",")[KEY_COLUMN - 1] for line in lines] == keys_of("dates") == listed(bucket)
    assert part.read() == whole[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
