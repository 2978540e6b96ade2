"""What is in the way of a batch is found by trying ever smaller parts of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ossweep.errors import Scope, StoreError
from ossweep.store.halves import FRUITLESS, MORE_FRUITLESS, Halves

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

WHY = StoreError("InternalError", "No.", Scope.PASSING)


def search(
    number: int, culprits: Collection[str], turn: Callable[[], bool] = lambda: False
) -> tuple[list[int], set[str]]:
    """Return the sizes of the parts that were tried, and the keys that are left."""
    keys = [f"a/{each:04}" for each in range(number)]
    halves, tried, left = Halves(keys, WHY, turn), [], set(keys)
    while (part := halves.next()) is not None:
        tried.append(len(part))
        goes = not left.isdisjoint(part) and not any(key in culprits for key in part)
        left -= set(part) if goes else set()
        halves.tried([] if goes else [(part, WHY)], any_goes=goes)
    assert sorted(key for part, _ in halves.stuck for key in part) == sorted(left)
    return tried, left


@given(st.integers(2, 1000), st.data())
def test_all_but_a_few_culprits_go_wherever_they_lie(number: int, data: st.DataObject) -> None:
    """Though they lie in every half: some smaller part is free of them."""
    which = data.draw(st.sets(st.integers(0, number - 1), max_size=3))
    culprits = {f"a/{each:04}" for each in which}
    turns = random.Random(data.draw(st.integers()))

    tried, left = search(number, culprits, lambda: turns.random() > 0.5)

    assert left == culprits
    assert len(tried) <= 25 * max(1, len(culprits))


def test_a_search_where_nothing_goes_is_short() -> None:
    """That is an outage, and no key is the culprit. None of them goes alone, by another request."""
    keys = {f"a/{each:04}" for each in range(1000)}

    tried, left = search(1000, keys)

    assert (len(tried), min(tried), left) == (FRUITLESS, 2, keys)


def test_a_search_ends_where_nothing_goes_any_more() -> None:
    """What is left lies side by side, and is likely to be all the same."""
    culprits = {f"a/{each:04}" for each in range(500)}

    tried, left = search(1000, culprits)

    assert (left, len(tried) <= FRUITLESS + MORE_FRUITLESS) == (culprits, True)


def test_keys_of_a_small_batch_are_tried_alone() -> None:
    """Of four keys with two culprits no two go together."""
    assert search(4, {"a/0001", "a/0003"})[1] == {"a/0001", "a/0003"}
