"""The world outside, as far as a sweep needs it: a clock, pauses and chance."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class World:
    """The real world by default; a test hands in its own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform
    wall: Callable[[], float] = time.time  # Unix seconds, by which requests are signed
    nonce: Callable[[], str] = lambda: uuid4().hex
