"""The content of an object that was read, and the ETag by which it is known again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Content:
    """An object as it was read; `written` is when it had been, in Unix seconds."""

    body: bytes
    etag: str  # in capitals, without quotes; empty if the answer has none
    written: int
    headers: Mapping[str, str]


def bare_etag(etag: str) -> str:
    """Return an ETag without the differences between its writers: quotes, and small letters."""
    return etag.strip('"').upper()
