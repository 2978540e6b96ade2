"""Names from outside: which of them OSS or a job can have, and the sentence for each other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PARTS = 32  # of one job
MOST_OBJECTS = 2**63  # a ceiling stays below, so that every document with it can be read again
KEY_BYTES = 1023  # the longest object name OSS has
# A job's name is part of its records' keys; whatever else stands in a continuation is no job's.
PLAN = re.compile(r"plan-[A-Za-z0-9_-]{1,100}")
JOB = re.compile(r"[A-Za-z0-9_-]{1,100}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_WHOLE_BUCKET = (
    "to empty the whole bucket on purpose write "
    '"everything": true and "confirm": "<the bucket\'s name>"'
)


class UnfitError(ValueError):
    """A value that no request and no continuation can hold; its text is the sentence for it."""


def in_quotes(text: str) -> str:
    """Show a key as JSON does: whatever it holds, it is one line of ASCII."""
    return json.dumps(text if len(text) <= 80 else text[:77] + "...")  # noqa: PLR2004 - one line


def check_name(name: str, what: str) -> str:
    """Refuse a key or prefix that no object of OSS can have; raises UnfitError."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise UnfitError(
            f"{what} {in_quotes(name)} holds half of a surrogate pair, which UTF-8 cannot carry "
            "and OSS cannot store; write the whole character"
        ) from None
    if size > KEY_BYTES:
        raise UnfitError(
            f"{what} {in_quotes(name)} is {size:,} bytes long; "
            f"OSS has no key longer than {KEY_BYTES:,} bytes: write the key as OSS lists it"
        )
    if name.startswith("/"):
        raise UnfitError(
            f"{what} {in_quotes(name)} begins with a slash; no key in OSS does: write it without"
        )
    if name.startswith("\\"):
        raise UnfitError(
            f"{what} {in_quotes(name)} begins with a backslash; no key in OSS does: "
            "write it without, and `/` between directories"
        )
    return name


def check_bucket(name: str) -> str:
    """Refuse a text that is not the name of a bucket; raises UnfitError."""
    if not _BUCKET.fullmatch(name):
        raise UnfitError(
            f"{in_quotes(name)} is not the name of a bucket; a name has 3 to 63 lower-case "
            "letters, digits and hyphens, and no hyphen at either end"
        )
    return name


def keys_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys, each once; raises UnfitError for one that no object can have."""
    once = tuple(dict.fromkeys(keys))
    for key in once:
        if not key:
            raise UnfitError(
                "a key is empty; every object in OSS has a name: write it, or leave the entry out"
            )
        check_name(key, "the key")
    return once


def prefixes_of(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the prefixes, each once; raises UnfitError for one that no key can begin with."""
    return tuple(dict.fromkeys(check_name(prefix, "the prefix") for prefix in prefixes))


def directories_of(directories: Iterable[str]) -> tuple[str, ...]:
    """Return the directories, each once and with its slash; raises UnfitError as the others."""
    return tuple(
        dict.fromkeys(
            check_name(name if name.endswith("/") else name + "/", "the directory")
            for name in directories
        )
    )


def check_no_empty_prefix(value: object) -> None:
    """Refuse a prefix that would match every object; raises UnfitError."""
    if value is None or value == "" or (isinstance(value, list) and "" in value):
        raise UnfitError(f"an empty prefix would match every object; {_WHOLE_BUCKET}")


def check_no_root_directory(value: object) -> None:
    """Refuse a directory that would be the whole bucket; raises UnfitError."""
    names = value if isinstance(value, list) else [value]
    if value is None or "" in names or "/" in names:
        raise UnfitError(f"this directory would be the whole bucket; {_WHOLE_BUCKET}")
