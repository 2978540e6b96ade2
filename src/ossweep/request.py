"""A request: what may be written in it, and the sentence for each thing that may not."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ossweep.errors import RequestError

MOST_PARTS = 32  # of one job
MOST_OBJECTS = 2**63  # a ceiling stays below, so that every document with it can be read again
KEY_BYTES = 1023  # the longest object name OSS has
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_NOT_YET = {
    "manifest": "name the keys in `keys`",
    "only": "choose by `prefix` or `directory`",
}
_WHOLE_BUCKET = (
    "to empty the whole bucket on purpose write "
    '"everything": true and "confirm": "<the bucket\'s name>"'
)


def _refuse(sentence: str) -> PydanticCustomError:
    # pydantic would fill in {braces}, and a key may hold some
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _quoted(text: str) -> str:
    """Show a key as JSON does: whatever it holds, it is one line of ASCII."""
    return json.dumps(text if len(text) <= 80 else text[:77] + "...")  # noqa: PLR2004 - one line


def check_name(name: str, what: str) -> str:
    """Refuse a key or prefix that no object of OSS can have."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise _refuse(
            f"{what} {_quoted(name)} holds half of a surrogate pair, which UTF-8 cannot carry "
            "and OSS cannot store; write the whole character"
        ) from None
    if size > KEY_BYTES:
        raise _refuse(
            f"{what} {_quoted(name)} is {size:,} bytes long; "
            f"OSS has no key longer than {KEY_BYTES:,} bytes: write the key as OSS lists it"
        )
    if name.startswith("/"):
        raise _refuse(
            f"{what} {_quoted(name)} begins with a slash; no key in OSS does: write it without"
        )
    if name.startswith("\\"):
        raise _refuse(
            f"{what} {_quoted(name)} begins with a backslash; no key in OSS does: "
            "write it without, and `/` between directories"
        )
    return name


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _keys(keys: tuple[str, ...]) -> tuple[str, ...]:
    for key in keys:
        if not key:
            raise _refuse(
                "a key is empty; every object in OSS has a name: write it, or leave the entry out"
            )
        check_name(key, "the key")
    return tuple(dict.fromkeys(keys))


def _no_empty_prefix(value: Any) -> Any:
    if value is None or value == "" or (isinstance(value, list) and "" in value):
        raise _refuse(f"an empty prefix would match every object; {_WHOLE_BUCKET}")
    return _as_list(value)


def _prefixes(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check_name(prefix, "the prefix") for prefix in prefixes))


def _no_root_directory(value: Any) -> Any:
    names = value if isinstance(value, list) else [value]
    if value is None or "" in names or "/" in names:
        raise _refuse(f"this directory would be the whole bucket; {_WHOLE_BUCKET}")
    return _as_list(value)


def _directories(directories: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            check_name(name if name.endswith("/") else name + "/", "the directory")
            for name in directories
        )
    )


def check_bucket(name: str) -> str:
    """Refuse a text that is not the name of a bucket."""
    if not _BUCKET.fullmatch(name):
        raise _refuse(
            f"{_quoted(name)} is not the name of a bucket; a name has 3 to 63 lower-case letters, "
            "digits and hyphens, and no hyphen at either end"
        )
    return name


def _known_version(value: Any) -> Any:
    if isinstance(value, str) and value != "current":
        raise _refuse(
            f"{_quoted(value)} is not supported yet; leave `versions` out, or write "
            '"current", which deletes the current version of each object'
        )
    return value


_Name = Annotated[str, Field(min_length=1)]
_OneOrMore = _Name | Annotated[list[_Name], Field(min_length=1)]  # as the schema shows it

Keys = Annotated[tuple[StrictStr, ...], Field(min_length=1, fail_fast=True), AfterValidator(_keys)]
Prefixes = Annotated[
    tuple[StrictStr, ...],
    Field(min_length=1),
    AfterValidator(_prefixes),
    BeforeValidator(_no_empty_prefix, json_schema_input_type=_OneOrMore),
]
Directories = Annotated[
    tuple[StrictStr, ...],
    Field(min_length=1),
    AfterValidator(_directories),
    BeforeValidator(_no_root_directory, json_schema_input_type=_OneOrMore),
]


class Limits(BaseModel):
    """Ceilings that end the job before the object after them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objects: Annotated[StrictInt, Field(ge=1, lt=MOST_OBJECTS)] = Field(
        description="The most objects to delete; the job stops before the one after.",
    )


class Request(BaseModel):
    """An order to delete objects from one bucket. Its selectors add up; there is at least one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bucket: Annotated[StrictStr, AfterValidator(check_bucket)] | None = Field(
        default=None,
        description="The bucket. May be left out where the deployment names exactly one.",
        examples=["examplebucket"],
    )
    keys: Keys = Field(
        default=(),
        description="The keys to delete, to the letter.",
        examples=[["exampledir/a.txt", "b.txt"]],
    )
    prefix: Prefixes = Field(
        default=(),
        description="Every key that begins so: `src` also matches `src2/x` and `src.txt`.",
        examples=["logs/2024-", ["logs/2023-", "logs/2024-"]],
    )
    directory: Directories = Field(
        default=(),
        description="The tree below a directory, its marker object last: `src` means `src/`.",
        examples=["src", ["src", "build/"]],
    )
    everything: StrictBool = Field(
        default=False,
        description="`true` empties the whole bucket; `confirm` must repeat the bucket's name.",
    )
    confirm: StrictStr | None = Field(
        default=None, description="The bucket's name, to confirm `everything`."
    )
    versions: Annotated[Literal["current"], BeforeValidator(_known_version)] = Field(
        default="current", description="Which versions of an object to delete."
    )
    null_versions: Literal["keep", "lose"] = Field(
        default="keep",
        description=(
            "Where a bucket's versioning is suspended, a deletion loses an object's null version "
            'for good: without `"lose"` such a job stops before it deletes anything.'
        ),
    )
    dry_run: StrictBool = Field(
        default=False, description="`true` counts what would be deleted and deletes nothing."
    )
    limits: Limits | None = Field(default=None, description="Ceilings for this job.")
    unfinished: Literal["return", "continue"] | None = Field(
        default=None,
        description=(
            "What becomes of the rest when time runs out: the next invocation goes on with it, or "
            "the answer holds it. By default the first, if the deployment has OSSWEEP_STATE."
        ),
        examples=["return"],
    )
    parallel: Annotated[StrictInt, Field(ge=1, le=MOST_PARTS)] = Field(
        default=1,
        description=(
            "How many chains of invocations the job may become, each with a part of the keys: for "
            "accounts whose quota is larger than one instance can use."
        ),
    )

    @model_validator(mode="after")
    def _selects(self) -> Request:
        if self.confirm is not None and not self.everything:
            raise _refuse(
                '`confirm` confirms "everything": true, which is not there; '
                "write it, or leave `confirm` out"
            )
        if not (self.keys or self.prefix or self.directory or self.everything):
            raise _refuse(
                "nothing says what to delete; write at least one of "
                "`keys`, `prefix`, `directory`, `everything`"
            )
        return self


def parse(document: Any, where: str = "the request") -> Request:
    """
    Read one request from a JSON document.

    `where` begins the sentence of a refusal ("request 2"). Raises RequestError.
    """
    if not isinstance(document, dict):
        raise RequestError(
            f"{where} is {_kind(document)}; write an object such as "
            '{"bucket": "examplebucket", "keys": ["exampledir/a.txt"]}'
        )
    for name, instead in _NOT_YET.items():
        if name in document:
            raise RequestError(f"{where}: `{name}` is not supported yet; {instead}")
    _refuse_unknown(document, Request, where)
    limits = document.get("limits")
    if isinstance(limits, dict):
        if "bytes" in limits:
            raise RequestError(
                f"{where}: `limits.bytes` is not supported yet; write `limits.objects`"
            )
        _refuse_unknown(limits, Limits, f"{where}: `limits`")
    try:
        return Request.model_validate(document)
    except ValidationError as error:
        raise RequestError(f"{where}: {_sentence(error.errors(include_url=False)[0])}") from None


def schema() -> dict[str, Any]:
    """Return the request's JSON Schema."""
    document = Request.model_json_schema()
    for name, entry in document["properties"].items():
        entry.pop("title", None)  # the name again
        if Request.model_fields[name].default in (None, ()):
            del entry["default"]  # it stands for "left out"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


_WANTED = {
    "string_type": "a string",
    "string_unicode": "text that UTF-8 can carry",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number, without quotes",
    "tuple_type": "a list of strings",
    "model_type": 'an object such as {"objects": 1000}',
    "model_attributes_type": 'an object such as {"objects": 1000}',
    "greater_than_equal": "a whole number from 1 on",
    "less_than": "a whole number below 2^63",
    "too_short": "a list with at least one string in it",
}


def _sentence(error: Any) -> str:
    """Say in one sentence what was wrong, where in the request, and what to write instead."""
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]
    ).lstrip(".")
    kind, given = error["type"], error["input"]
    if kind == "refused":
        return f"`{place}`: {error['msg']}" if place else str(error["msg"])
    if kind == "missing":
        return f"`{place}` is missing; write it, or leave out what it belongs to"
    if kind == "literal_error":
        return f"`{place}` is {_kind(given)}; write {error['ctx']['expected']}"
    wanted = _WANTED.get(kind)
    if wanted is None:
        return f"`{place}`: {error['msg']}"
    return f"`{place}` is {_kind(given)}; write {wanted}"


def _refuse_unknown(document: dict[str, Any], model: type[BaseModel], where: str) -> None:
    """Raise RequestError for an unknown field: a mistyped `dryrun` must never delete."""
    known = list(model.model_fields)
    for name in document:
        if name not in known:
            near = get_close_matches(name.lower(), known, n=1)
            instead = f"did you mean `{near[0]}`?" if near else f"the fields are {', '.join(known)}"
            raise RequestError(f"{where}: there is no field {_quoted(name)}; {instead}")


def _kind(value: Any) -> str:
    """Name the kind of a JSON value in words that help a person find it."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return f"the string {_quoted(value)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return "an empty list" if not value else f"a list of {len(value):,}"
    return "an object"
