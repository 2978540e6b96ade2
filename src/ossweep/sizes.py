"""Sizes in bytes, written with a unit."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from ossweep.amiss import kind_of_value
from ossweep.conditions import MOST_BYTES

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_SIZE = 'write a size with its unit, such as "1MB" or "10MiB"'
_BYTES = re.compile(r"([0-9]{1,30}(?:\.[0-9]{1,12})?) ?([A-Za-z]+)")


@cache
def _byte_size() -> TypeAdapter[int]:
    from pydantic import ByteSize, TypeAdapter  # noqa: PLC0415 - few requests need it

    return TypeAdapter(ByteSize)


def size_in(name: str, value: Any) -> int:
    """Return the bytes of a size with its unit; raises ValueError, with a sentence."""
    parts = _BYTES.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise _amiss(name, value, f"; {_SIZE}")
    number, unit = parts.groups()
    if unit.lower().endswith("bit"):
        raise _amiss(name, value, f", which are bits; {_SIZE}")
    if len(unit) == 1 and unit not in "Bb":
        raise _amiss(
            name,
            value,
            f", which may be thousands or 1,024s; "
            f"write `{number}{unit.upper()}B` or `{number}{unit.upper()}iB`",
        )
    try:
        size = Fraction(number) * _byte_size().validate_python(f"1{unit}")
    except ValueError:
        raise _amiss(name, value, f", whose unit is none; {_SIZE}") from None
    if size.denominator != 1:
        raise _amiss(name, value, f", which is no whole number of bytes; {_SIZE}")
    return int(size)


def ceiling_in(name: str, value: Any) -> int:
    """Return the bytes of a ceiling; raises ValueError, with a sentence."""
    size = size_in(name, value)
    if not 1 <= size < MOST_BYTES:
        raise _amiss(name, value, f"; write a size of at least 1 B and less than {MOST_BYTES:,} B")
    return size


def _amiss(name: str, value: Any, how: str) -> ValueError:
    return ValueError(f"`{name}` is {kind_of_value(value)}{how}")
