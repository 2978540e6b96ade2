"""
The forms of `only` and `manifest` as the JSON Schema shows them.

`only.py` and `manifest_request.py` read these fields, and have the sentences of their refusals.
"""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field

from ossweep.conditions import LEAST_DAYS, MOST_LATEST, MOST_PATTERNS, MOST_TAGS, PATTERN_LENGTH
from ossweep.lists import (  # noqa: TC001 - pydantic reads a form by them
    Compression,
    Encoding,
    ListFormat,
)
from ossweep.manifest_request import MOST_COLUMNS

Text = Annotated[str, Field(min_length=1)]
_Class = Annotated[str, Field(json_schema_extra={"enum": [*LEAST_DAYS]})]
_Classes = _Class | Annotated[list[_Class], Field(min_length=1)]
_Pattern = Annotated[str, Field(min_length=1, max_length=PATTERN_LENGTH)]
_Patterns = _Pattern | Annotated[list[_Pattern], Field(min_length=1)]


def _described(description: str, *examples: Any) -> Any:
    """Return a field that may be left out, which is not the same as null."""
    return Field(
        default=cast("Any", None),
        description=description,
        examples=[*examples] if examples else None,
    )


class SizeShown(BaseModel):
    """The sizes of what goes, each with a unit: `MB` are millions of bytes, `MiB` 2^20."""

    model_config = ConfigDict(extra="forbid", title="Size", json_schema_extra={"minProperties": 1})

    at_least: Text = _described("The least size that goes.", "1MB")
    below: Text = _described("The size from which on objects stay.", "5GB", "64KiB")


class OnlyShown(BaseModel):
    """Conditions that must all hold for an object to be deleted; what cannot be judged stays."""

    model_config = ConfigDict(extra="forbid", title="Only", json_schema_extra={"minProperties": 1})

    older_than: Text = _described(
        "Written longer ago than this before the job began (units w, d, h, min, s), or before this "
        "date or time with its zone.",
        "30d",
        "36h",
        "2026-05-01Z",
    )
    newer_than: Text = _described(
        "Written less long ago than this, or after this date or time with its zone; a date leaves "
        "out all of its day.",
        "2w",
        "2026-05-01T12:00+08:00",
    )
    size: SizeShown = _described("As large as this.", {"at_least": "1MB", "below": "5GB"})
    storage_class: _Classes = _described("Of one of these classes.", ["IA", "Archive"])
    skip_early_delete: bool = _described(
        "`true` keeps what its class would still be billed for: what is short of its minimum "
        "storage time."
    )
    tags: dict[str, str] = Field(
        default=cast("Any", None),
        min_length=1,
        max_length=MOST_TAGS,
        description="With all of these tags, to the letter; a request for each object.",
        examples=[{"project": "demo"}],
    )
    match: _Patterns = _described(
        "With a name that one of these globs matches, the name being what stands behind the prefix "
        f"or directory: `*` stays within a directory, `**` crosses. At most {MOST_PATTERNS}.",
        "**/*.log",
        ["*.tmp", "cache/**"],
    )
    except_: _Patterns = Field(
        alias="except",
        default=cast("Any", None),
        description=f"With a name that none of these globs matches. At most {MOST_PATTERNS}.",
        examples=["keep/**"],
    )
    match_regex: _Patterns = _described(
        "With a name that one of these regular expressions (RE2) matches as a whole. At most "
        f"{MOST_PATTERNS}.",
        r".*-\d{8}\.log",
    )
    except_regex: _Patterns = _described(
        f"With a name in which none of these expressions is found. At most {MOST_PATTERNS}.",
        "^keep/",
    )
    keep_latest: Annotated[int, Field(ge=1, le=MOST_LATEST)] = _described(
        "Not one of so many that were written last in each directory, of those whose names match.",
        10,
    )


class ManifestShown(BaseModel):
    """A list in OSS that names what to delete."""

    model_config = ConfigDict(extra="forbid", title="Manifest")

    key: Text = Field(description="The list's key.", examples=["lists/expired.csv.gz"])
    bucket: Text | None = Field(
        default=None, description="The bucket that the list lies in, if it is not the request's."
    )
    format: ListFormat | None = Field(
        default=None,
        description=(
            "`text`, a key a line; `csv`; `jsonl`, a string or an object with `key` a line; "
            "`json`, an array of these; `inventory`, a `manifest.json` of OSS. Left out, the name "
            "and the first bytes tell it."
        ),
    )
    compression: Compression | None = Field(
        default=None, description="Left out, the first bytes tell it."
    )
    encoding: Encoding | None = Field(
        default=None, description="`url` where the list's keys are URL-encoded."
    )
    header: bool | None = Field(
        default=None, description="Whether the first row of a CSV names its columns."
    )
    column: Text | Annotated[int, Field(ge=1, le=MOST_COLUMNS)] | None = Field(
        default=None,
        description="The column of a CSV that holds the keys, by its name, or its number from 1.",
        examples=["key", 2],
    )
    unchanged: bool | None = Field(
        default=None,
        description=(
            "`true` deletes an object only if it is still what the list says of it, `false` "
            "whatever it is. Left out, it is asked for by inventories, and by lines that tell an "
            "ETag or a time."
        ),
    )
