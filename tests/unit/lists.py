"""Lists as people write them, files that come in any pieces, and a plain model of reading them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ossweep.lists import ListRequest, Position
from ossweep.manifests.forms import form_of
from ossweep.manifests.nouns import ListError
from ossweep.manifests.reader import Reach, read_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ossweep.manifests.forms import ListForm
    from ossweep.manifests.nouns import Opener, Passage

BUCKET = "examplebucket"
REACH = Reach()


def opener(stored: bytes, sizes: Sequence[int] = (65_536,)) -> Opener:
    """Return what opens a file that comes in pieces of these sizes, over and over."""

    def open_at(offset: int) -> Iterator[bytes]:
        number = 0
        while offset < len(stored):
            size = sizes[number % len(sizes)]
            yield stored[offset : offset + size]
            offset += size
            number += 1

    return open_at


def packed(plain: bytes, sizes: Sequence[int]) -> bytes:
    """Return a gzip file of members that hold so many bytes each, the last one what is left."""
    members = []
    for size in sizes:
        members.append(gzip.compress(plain[:size], mtime=0))
        plain = plain[size:]
    return b"".join([*members, gzip.compress(plain, mtime=0)])


def as_text(keys: Sequence[str], ending: str = "\n", *, ends: bool = True) -> str:
    return ending.join(keys) + (ending if ends and keys else "")


def as_csv(rows: Sequence[Sequence[str]], ending: str = "\n", *, quoted: bool = False) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, lineterminator=ending, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    )
    writer.writerows(rows)
    return text.getvalue()


def as_json_lines(values: Sequence[Any], *, ascii_only: bool = True) -> str:
    return "".join(json.dumps(each, ensure_ascii=ascii_only) + "\n" for each in values)


def as_json(values: Sequence[Any], indent: int | None = None, *, ascii_only: bool = True) -> str:
    return json.dumps(values, indent=indent, ensure_ascii=ascii_only)


def url(key: str) -> str:
    """Return a key as OSS encodes it."""
    return quote(key, safe="")


def form(name: str, stored: bytes, **wish: Any) -> ListForm:
    return form_of(opener(stored), ListRequest(name, **wish))


def told(passages: Sequence[Passage]) -> tuple[list[Any], list[Any], int]:
    """Return the entries, the bad lines and the number of repetitions of some passages."""
    return (
        [each for passage in passages for each in passage.entries()],
        [each for passage in passages for each in passage.bad],
        sum(passage.repeated for passage in passages),
    )


def read_all(
    stored: bytes, form: ListForm, sizes: Sequence[int] = (65_536,), reach: Reach = REACH
) -> tuple[list[Passage], str]:
    """Return all passages of a list, and the sentence of the error that ends it."""
    return read_from(stored, form, Position(), sizes, reach)


def read_from(
    stored: bytes, form: ListForm, position: Position, sizes: Sequence[int], reach: Reach = REACH
) -> tuple[list[Passage], str]:
    passages: list[Passage] = []
    # as it travels in a continuation
    position = Position.of(json.loads(json.dumps(position.document())))
    try:
        for passage in read_list(opener(stored, sizes), form, BUCKET, position, reach):
            passages.append(passage)  # noqa: PERF402 - what came before an error counts
    except ListError as error:
        return passages, str(error)
    return passages, ""


def first_of(keys: Sequence[str], lines: Sequence[int], within: int) -> list[tuple[str, int]]:
    """Return the keys without repetitions, each with its line."""
    last: dict[str, int] = {}
    found = []
    for key, line in zip(keys, lines, strict=True):
        if key not in last or line - last[key] > within:
            found.append((key, line))
        last[key] = line
    return found
