"""Faults that stand, OSS's or Function Compute's: how often each strikes, and by which chance."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


AnyFault = TypeVar("AnyFault", bound="Chance")


@dataclass(frozen=True)
class Chance:
    """Strikes the first `times` that it could, or by chance."""

    times: int | None = field(default=None, kw_only=True)
    probability: float = field(default=1.0, kw_only=True)
    seed: int = field(default=0, kw_only=True)

    def met(self, number: int) -> Any:
        """What number `number`, from 1, of those that it strikes meets, if anything."""
        return self

    @property
    def settles(self) -> bool:
        """Whether what meets it meets no further fault, its fate being settled by this one."""
        return False


class _Account(Generic[AnyFault]):
    """A fault, and how often it may still strike."""

    def __init__(self, fault: AnyFault) -> None:
        self.fault = fault
        self._left = fault.times
        self._strikes = 0
        self._random = random.Random(fault.seed)

    def strikes(self) -> AnyFault | None:
        """The fault that is met now, if any is."""
        if self._left == 0 or self._random.random() >= self.fault.probability:
            return None
        if self._left is not None:
            self._left -= 1
        self._strikes += 1
        met: AnyFault | None = self.fault.met(self._strikes)
        return met


class Standing(Generic[AnyFault]):
    """The faults that stand, asked by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: list[_Account[AnyFault]] = []

    def add(self, fault: AnyFault) -> None:
        with self._lock:
            self._accounts.append(_Account(fault))

    def clear(self) -> None:
        with self._lock:
            self._accounts.clear()

    def striking(self, concerned: Callable[[AnyFault], bool]) -> Sequence[AnyFault]:
        """The faults among those concerned that strike, oldest first, up to one that settles it."""
        met: list[AnyFault] = []
        with self._lock:
            for account in self._accounts:
                fault = account.strikes() if concerned(account.fault) else None
                if fault is not None:
                    met.append(fault)
                    if fault.settles:
                        break
        return met
