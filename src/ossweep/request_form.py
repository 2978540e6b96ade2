"""
A request's form as pydantic reads it: its JSON Schema, and the sentence for what is wrong in one.

`request.py` reads what is right without it, because pydantic is a third of a cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

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

from ossweep import manifest_request
from ossweep.amiss import LATER, kind_of_value, no_such_field
from ossweep.errors import RequestError
from ossweep.names import (
    MOST_OBJECTS,
    MOST_PARTS,
    UnfitError,
    check_bucket,
    check_no_empty_prefix,
    check_no_root_directory,
    directories_of,
    in_quotes,
    keys_of,
    prefixes_of,
)
from ossweep.shown_forms import ManifestShown, OnlyShown, Text

if TYPE_CHECKING:
    from collections.abc import Callable


def _refuse(sentence: str) -> PydanticCustomError:
    # pydantic would fill in {braces}, and a key may hold some
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _fit(read: Callable[[Any], Any]) -> AfterValidator:
    """Return a validator that refuses what does not fit, in the same words."""

    def validated(value: Any) -> Any:
        try:
            return read(value)
        except UnfitError as unfit:
            raise _refuse(str(unfit)) from None

    return AfterValidator(validated)


def _listed(check: Callable[[Any], None]) -> BeforeValidator:
    """Return a validator that makes a list of one text, after a check."""

    def validated(value: Any) -> Any:
        try:
            check(value)
        except UnfitError as unfit:
            raise _refuse(str(unfit)) from None
        return [value] if isinstance(value, str) else value

    return BeforeValidator(validated, json_schema_input_type=_OneOrMore)


def _known_version(value: Any) -> Any:
    if isinstance(value, str) and value != "current":
        raise _refuse(
            f"{in_quotes(value)} is not supported yet; leave `versions` out, or write "
            '"current", which deletes the current version of each object'
        )
    return value


_OneOrMore = Text | Annotated[list[Text], Field(min_length=1)]  # as the schema shows it

Keys = Annotated[tuple[StrictStr, ...], Field(min_length=1, fail_fast=True), _fit(keys_of)]
Prefixes = Annotated[
    tuple[StrictStr, ...],
    Field(min_length=1),
    _fit(prefixes_of),
    _listed(check_no_empty_prefix),
]
Directories = Annotated[
    tuple[StrictStr, ...],
    Field(min_length=1),
    _fit(directories_of),
    _listed(check_no_root_directory),
]


_as_read = BeforeValidator(
    lambda lists: lists,
    json_schema_input_type=Text
    | ManifestShown
    | Annotated[
        list[Text | ManifestShown], Field(min_length=1, max_length=manifest_request.MOST_LISTS)
    ],
)
_shown_only = BeforeValidator(lambda only: only, json_schema_input_type=OnlyShown)


def _ceiling_of_bytes(value: Any) -> int:
    from ossweep.sizes import ceiling_in  # noqa: PLC0415 - for requests with such a ceiling

    try:
        return ceiling_in("limits.bytes", value)
    except ValueError as error:
        raise PydanticCustomError("told", "{sentence}", {"sentence": str(error)}) from None


Size = Text | Annotated[int, Field(ge=0, le=0)]


class RequestForm(BaseModel):
    """An order to delete objects from one bucket. Its selectors add up; there is at least one."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Request")

    class Limits(BaseModel):
        """Ceilings that end the job before the object after them."""

        model_config = ConfigDict(
            extra="forbid", frozen=True, json_schema_extra={"minProperties": 1}
        )

        objects: Annotated[StrictInt, Field(ge=1, lt=MOST_OBJECTS)] = Field(
            default=cast("int", None),  # which is for "left out", and may not be written
            description="The most objects to delete; the job stops before the one after.",
        )
        bytes: Annotated[int, BeforeValidator(_ceiling_of_bytes, json_schema_input_type=Text)] = (
            Field(
                default=cast("int", None),
                description=(
                    "The most bytes to delete, with a unit; the job stops before the object that "
                    "would make them more. Named keys are looked at first."
                ),
                examples=["2TB", "500GiB"],
            )
        )

    class Tolerance(BaseModel):
        """How much of a plan may differ; what is left out sets no bound."""

        model_config = ConfigDict(
            extra="forbid", frozen=True, json_schema_extra={"minProperties": 1}
        )

        objects: Annotated[StrictInt, Field(ge=0, lt=MOST_OBJECTS)] = Field(
            default=cast("int", None), description="The most objects."
        )
        bytes: Annotated[Any, BeforeValidator(lambda size: size, json_schema_input_type=Size)] = (
            Field(default=cast("int", None), description="The most bytes.", examples=["1GB", 0])
        )

    bucket: Annotated[StrictStr, _fit(check_bucket)] | None = Field(
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
    manifest: Annotated[tuple[Any, ...], _as_read] = Field(
        default=(),
        description=(
            "Lists in OSS that name what to delete: text, CSV, JSON lines, a JSON array, or OSS's "
            "inventory; a key in the same bucket, or an object with it."
        ),
        examples=["lists/expired.txt", {"key": "lists/expired.csv.gz", "column": "key"}],
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
    only: Annotated[Any, _shown_only] = Field(
        default=None,
        description="Conditions that must all hold for an object to be deleted.",
        examples=[{"older_than": "30d", "match": "**/*.log"}],
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
    apply: StrictStr | None = Field(
        default=None,
        description=(
            "The `id` of a dry run's plan, which is done as it was planned: with no selector, and "
            "nothing else beside it but `tolerance`, `unfinished`, `parallel` and `bucket`."
        ),
        examples=["plan-5f0c1d9175e2a8b46c37"],
    )
    tolerance: Tolerance | None = Field(
        default=None, description="How much of a plan may differ and go all the same."
    )

    @model_validator(mode="after")
    def _selects(self) -> RequestForm:
        if self.confirm is not None and not self.everything:
            raise _refuse(
                '`confirm` confirms "everything": true, which is not there; '
                "write it, or leave `confirm` out"
            )
        if self.apply is not None or self.tolerance is not None:
            raise _refuse("`apply` and `tolerance` are for an order of their own; leave them out")
        names = (*self.keys, *self.prefix, *self.directory)
        if not (names or self.manifest or self.everything):
            raise _refuse(
                "nothing says what to delete; write at least one of "
                "`keys`, `prefix`, `directory`, `manifest`, `everything`"
            )
        return self


def validated(document: Any, where: str) -> dict[str, Any]:
    """Return what a request holds, by its fields; raises RequestError with the first mistake."""
    if not isinstance(document, dict):
        raise RequestError(
            f"{where} is {kind_of_value(document)}; write an object such as "
            '{"bucket": "examplebucket", "keys": ["exampledir/a.txt"]}'
        )
    _refuse_unknown(document, RequestForm, where)
    if "manifest" in document:
        lists = manifest_request.read(document["manifest"], f"{where}: `manifest`")
        document = {**document, "manifest": lists}
    limits = document.get("limits")
    if isinstance(limits, dict):
        _refuse_unknown(limits, RequestForm.Limits, f"{where}: `limits`")
        if not limits:
            raise RequestError(
                f"{where}: `limits` is empty; write `objects`, `bytes` or both in it, or leave it "
                "out"
            )
    try:
        values = dict(iter(RequestForm.model_validate(document)))  # it has an attribute `keys`
    except ValidationError as error:
        raise RequestError(f"{where}: {_sentence(error.errors(include_url=False)[0])}") from None
    of_plans = {"apply", "tolerance"}  # another kind of request
    return {name: value for name, value in values.items() if name not in of_plans}


def form_schema() -> dict[str, Any]:
    """Return the form's JSON Schema."""
    document = RequestForm.model_json_schema()
    for name, entry in document["properties"].items():
        entry.pop("title", None)  # the name again
        if RequestForm.model_fields[name].default in (None, ()):
            del entry["default"]  # it stands for "left out"
    for form in document["$defs"].values():
        for entry in form["properties"].values():
            entry.pop("title", None)
            entry.pop("default", None)  # as above
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
    if kind == "told":
        return str(error["msg"])
    if kind == "refused":
        return f"`{place}`: {error['msg']}" if place else str(error["msg"])
    if kind == "missing":
        return f"`{place}` is missing; write it, or leave out what it belongs to"
    if kind == "literal_error":
        return f"`{place}` is {kind_of_value(given)}; write {error['ctx']['expected']}"
    wanted = _WANTED.get(kind)
    if wanted is None:
        return f"`{place}`: {error['msg']}"
    return f"`{place}` is {kind_of_value(given)}; write {wanted}"


def _refuse_unknown(document: dict[str, Any], model: type[BaseModel], where: str) -> None:
    """Raise RequestError for an unknown field: a mistyped `dryrun` must never delete."""
    known = list(model.model_fields)
    for name in document:
        if model is RequestForm and name in LATER:
            raise RequestError(f"{where}: `{name}` is not supported yet; {LATER[name]}")
        if name not in known:
            raise RequestError(f"{where}: {no_such_field(name, known)}")
