"""What tests are given: one local OSS for all of them, and a fresh deployment for each."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from deployment import BUCKET, Chain, Days, Deployment, carried, no_pauses
from localcloud.clients import oss2_bucket
from localcloud.oss import LocalOss

if TYPE_CHECKING:
    from collections.abc import Iterator

    import oss2

# How many examples a property is shown; one that takes more says how many times as many. No
# example has a deadline: how long it takes is the machine's business.
settings.register_profile("thorough", max_examples=60, deadline=None)
settings.register_profile("brief", max_examples=15, deadline=None)
settings.load_profile("thorough")


def pytest_collection_finish() -> None:
    """
    Spare what stays to the end: moto's models and five thousand tests are more than all else, and
    each full collection would go through them again. What a test leaves waits for a while, too: a
    process that ends in minutes has the room, and a twentieth of its time went into looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def shared_oss() -> Iterator[LocalOss]:
    """One local OSS for the whole session."""
    with LocalOss() as oss:
        yield oss


@pytest.fixture
def oss(shared_oss: LocalOss) -> LocalOss:
    """The local OSS with one empty bucket."""
    shared_oss.reset()
    shared_oss.create_bucket(BUCKET)
    return shared_oss


@pytest.fixture
def bucket(oss: LocalOss) -> oss2.Bucket:
    """That bucket, as the unmodified SDK opens it."""
    return oss2_bucket(oss, BUCKET)


@pytest.fixture
def deployment(oss: LocalOss) -> Deployment:
    """Ossweep deployed for that bucket."""
    return Deployment(oss)


@pytest.fixture
def chain(deployment: Deployment) -> Iterator[Chain]:
    """Ossweep deployed so that its invocations call each other."""
    with carried(deployment) as found:
        yield found


@pytest.fixture
def days() -> Days:
    """A clock that can be set ahead."""
    return Days()


@pytest.fixture
def aging(days: Days) -> Iterator[Chain]:
    """A chain whose clock, and OSS's, is that one."""
    with LocalOss(clock=days.now) as oss:
        oss.create_bucket(BUCKET)
        with carried(Deployment(oss, world=replace(no_pauses(), wall=days.now))) as chain:
            yield chain
