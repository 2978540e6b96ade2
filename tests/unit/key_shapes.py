"""Keys as buckets hold them, by the thousand, for what goes by their shape."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CONTROLS = "\x00\x01\t\n\r\x1b\x7f\x85\ufffe\uffff"
NAMES = ("anna", "bob", "carl", "dora", "emil", "fred", "Grete", "hans")
WRITINGS = (
    "\u00e9t\u00e9/",
    "\u00fcber-",
    "\u65e5\u672c\u8a9e",
    "\U0001f389",
    "\u00f1and\u00fa/",
    "caf\u00e9",
)


def _padded(number: int, _: random.Random) -> Iterable[str]:
    return (f"object-{each:09}" for each in range(number))


def _unpadded(number: int, _: random.Random) -> Iterable[str]:
    return (f"object-{each}" for each in range(number))


def _dates(number: int, chance: random.Random) -> Iterable[str]:
    return (
        f"logs/{2019 + each * 5 // number}/{each * 60 // number % 12 + 1:02}/"
        f"{each * 1680 // number % 28 + 1:02}/host-{chance.randrange(97):02}/{each:08}.gz"
        for each in range(number)
    )


def _hashes(number: int, chance: random.Random) -> Iterable[str]:
    return (f"{chance.getrandbits(128):032x}" for _ in range(number))


def _uuids(number: int, chance: random.Random) -> Iterable[str]:
    texts = (f"{chance.getrandbits(128):032X}" for _ in range(number))
    return (f"t/{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:]}" for text in texts)


def _deep(number: int, _: random.Random) -> Iterable[str]:
    shallow = number // 10
    yield from (f"{chr(97 + each % 26)}{each:05}/readme" for each in range(shallow))
    yield from (f"data/year/month/day/part/{each:012}" for each in range(number - shallow))


def _names(number: int, chance: random.Random) -> Iterable[str]:
    return (
        f"users/{chance.choice(NAMES)}{each % 9973}/photos/IMG_{each:07}.JPG"
        for each in range(number)
    )


def _han(number: int, chance: random.Random) -> Iterable[str]:
    letters = [chr(0x4E00 + chance.randrange(0x5000)) for _ in range(3000)]
    return ("".join(chance.choices(letters, k=3)) + f"{each % 50}" for each in range(number))


def _writings(number: int, chance: random.Random) -> Iterable[str]:
    return (f"{chance.choice(WRITINGS)}{each:07}" for each in range(number))


def _controls(number: int, chance: random.Random) -> Iterable[str]:
    return (f"log{chance.choice(CONTROLS)}{each:07}" for each in range(number))


SHAPES: dict[str, Callable[[int, random.Random], Iterable[str]]] = {
    "padded numbers": _padded,
    "plain numbers": _unpadded,
    "dates": _dates,
    "hashes": _hashes,
    "uuids": _uuids,
    "a deep subtree": _deep,
    "names": _names,
    "Chinese": _han,
    "accents and emoji": _writings,
    "control characters": _controls,
}


def keys_of(shape: str, number: int) -> list[str]:
    """Return about so many keys of a shape, in order, and always the same ones."""
    return sorted(set(SHAPES[shape](number, random.Random(shape))))
