"""Names and first bytes that tell a list's file is packed, or is no text at all."""

from __future__ import annotations

import re

from ossweep.manifests.leaves import LEAF_BYTES

_OF_GZIP = (".gz", ".gzip")
_ENDINGS = {
    "parquet": "Parquet by its name",
    "orc": "ORC by its name",
    "zip": "a ZIP file by its name",
    "xlsx": "an Excel sheet by its name",
}
_MAGIC = {b"PK\x03\x04": "a ZIP file", b"PK\x05\x06": "a ZIP file"}
# A key may begin so, too; then no text has what stands behind it.
_PERHAPS = {b"PAR1": "Parquet", b"ORC": "ORC"}
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def is_named_packed(name: str) -> bool:
    """Tell whether a file's name says that it is gzip."""
    return name.lower().endswith(_OF_GZIP)


def ending_of(name: str) -> str:
    """Return a name's ending, but for that of gzip; "" if it has none."""
    base = name.lower().rpartition("/")[2]
    for ending in _OF_GZIP:
        base = base.removesuffix(ending)
    return base.rpartition(".")[2] if "." in base else ""


def format_without_text(stored: bytes, name: str | None) -> str | None:
    """Return the format of a file that is no text by its first bytes, or by its name if given."""
    for magic, called in _MAGIC.items():
        if stored.startswith(magic):
            return called
    for magic, called in _PERHAPS.items():
        if stored.startswith(magic) and _CONTROLS.search(stored[:LEAF_BYTES]):
            return called
    return None if name is None else _ENDINGS.get(ending_of(name))
