"""Lists in oss2's results that ossweep does not look at: made only if somebody does."""

from __future__ import annotations

from collections import UserList
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Lazy(UserList[Any]):
    """A list that a function makes, the first time that it is looked at."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make = make

    @cached_property
    def data(self) -> list[Any]:  # type: ignore[override] # where UserList has an attribute
        """What the function makes."""
        return self._make()
