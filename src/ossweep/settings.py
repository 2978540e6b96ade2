"""The deployment's settings: environment variables, read once an invocation into one table."""

from __future__ import annotations

import json
from dataclasses import Field, dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ossweep import texts
from ossweep.errors import SettingsError
from ossweep.events import SOURCES, UNREAD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ossweep.events import CarrierKind
    from ossweep.plans.prices import Prices
    from ossweep.rules import Rule

PREFIX = "OSSWEEP_"
_OF_SOURCES = f"{', '.join(SOURCES)} with commas between them, or none"


def _setting(default: Any, read: Callable[[str], Any], form: str, says: str) -> Any:
    return field(default=default, metadata={"read": read, "form": form, "says": says})


@dataclass(frozen=True)
class Settings:
    """What the deployment allows and how it works; an event can narrow it, never widen it."""

    buckets: tuple[str, ...] = _setting(
        (),
        texts.names_of_text,
        "bucket names with commas between them, or *",
        "The buckets that may be swept. Without it every request is refused; `*` allows any.",
    )
    protected: tuple[str, ...] = _setting(
        texts.ALWAYS_PROTECTED,
        texts.protected_of_text,
        "key prefixes without a slash first, with commas between them, or as a JSON array, where "
        "each letter of a prefix stands for itself",
        "Key prefixes that are never touched. `.dlsdata/` is always among them. One that begins "
        "with a bucket's name and a slash protects what follows that, too, in this bucket.",
    )
    endpoint: str | None = _setting(
        None,
        texts.endpoint_of_text,
        "a host name, or a URL with http:// or https://",
        "OSS's endpoint. Default: the internal one of the function's region, over HTTPS.",
    )
    region: str | None = _setting(
        None,
        str,
        "a region such as cn-hangzhou",
        "The bucket's region, which the signature names. Default: the function's own.",
    )
    dry_run: bool = _setting(
        False,
        texts.bool_of_text,
        "true or false",
        "`true` turns every request into a dry run, whatever it says, and holds the jobs under "
        "way.",
    )
    consent_tag: tuple[str, str] | None = _setting(
        None,
        texts.tag_of_text,
        "a tag such as ossweep=allowed, with one = and without quotes",
        "The tag that a bucket must have. One without it, or whose tags cannot be looked at, is "
        "only planned, and the jobs under way in it are held. Default: every bucket consents.",
    )
    max_objects: int | None = _setting(
        None,
        texts.number_of_text,
        "a whole number from 1 on, with 18 digits at most",
        "The most objects that one event may delete; several requests in it have equal shares. "
        "Default: no ceiling; the template sets 1,000,000.",
    )
    require_plan: int | None = _setting(
        None,
        texts.threshold_of_text,
        "a whole number from 0 on, with 18 digits at most",
        "A request that meets more objects than this without a plan stops before it deletes any, "
        "and says what to send. 0 means every request. Default: no request needs a plan.",
    )
    plan_days: int = _setting(
        7,
        texts.days_of_text,
        "a whole number of days from 1 to 366",
        "The days for which a plan may be applied.",
    )
    prices: Prices | None = _setting(  # noqa: RUF009 - as all others
        None,
        texts.prices_of_text,
        'JSON such as {"currency": "CNY", "gb_month": {"IA": 0.08}, "put": {"IA": 0.1}}',
        "What plans reckon money by: prices of a GB-month and of 10,000 requests, by storage "
        "class. Default: they tell of no money.",
    )
    reserve_seconds: float = _setting(
        2.0,
        texts.seconds_of_text,
        "a number of seconds from 1 on",
        "Kept back from the function's time limit, to answer in.",
    )
    rules: tuple[Rule, ...] = _setting(
        (),
        texts.rules_of_text,
        "a JSON list of rules",
        "What events of OSS ask for. Without a rule they are ignored.",
    )
    sources: tuple[str, ...] = _setting(
        tuple(SOURCES),
        texts.sources_of_text,
        _OF_SOURCES,
        "The sources that may order. `oss` are events of OSS, by whatever way they come, of which "
        "the rules decide.",
    )
    raise_: tuple[str, ...] = _setting(
        UNREAD,
        texts.sources_of_text,
        _OF_SOURCES,
        "The sources for which a job that was not done raises, so that FC tries again.",
    )
    http: str | None = _setting(
        None,
        texts.http_of_text,
        "trigger, or sha256: and the 64 hex digits of a token's hash",
        "Who checks HTTP events: the trigger, or a token that comes as `Authorization: Bearer …`. "
        "Without it every HTTP event is refused.",
    )
    time_zone: str = _setting(
        "UTC",
        texts.zone_of_text,
        "a zone of the IANA time zone database, such as Asia/Shanghai",
        "The time zone of the dates in a timer's payload.",
    )
    in_flight: int = _setting(
        64,
        texts.in_flight_of_text,
        "a whole number from 1 to 64",
        "The most deletions in flight; what OSS answers decides how many there are.",
    )
    max_rate: int | None = _setting(
        None,
        texts.number_of_text,
        "a whole number from 1 on, with 18 digits at most",
        "The most objects that one job may delete in a second. Default: as many as OSS takes.",
    )
    share: float | None = _setting(
        None,
        texts.share_of_text,
        "a number above 0 and up to 1, such as 0.5",
        "The share of OSS's published quotas that one job may use: of the account's 10,000 objects "
        "a second, and of the 2,000 of each run of names that OSS limits. Default: as much as OSS "
        "takes.",
    )
    state: str | None = _setting(
        None,
        texts.state_of_text,
        "a bucket and a prefix, such as examplebucket/ossweep-state",
        "Where invocations leave each other what they need. With it, the next invocation goes on "
        "with what one did not finish.",
    )
    checkpoint_seconds: float = _setting(
        5.0,
        texts.seconds_of_text,
        "a number of seconds from 1 on",
        "The time between two checkpoints, from which a job goes on whose invocation has died.",
    )
    max_hops: int = _setting(
        1000,
        texts.number_of_text,
        "a whole number from 1 on, with 18 digits at most",
        "The most invocations that one job may go on in by itself.",
    )
    carrier: CarrierKind | None = _setting(  # noqa: RUF009 - as all others
        None,
        texts.carrier_of_text,
        "fc2 or fc3",
        "The API that calls the next invocation. Default: FC 2.0's for a function that belongs to "
        "a service, else FC 3.0's.",
    )
    fc_endpoint: str | None = _setting(
        None,
        texts.endpoint_of_text,
        "a host name, or a URL with http:// or https://",
        "That API's endpoint. Default: the internal one of the account in the function's region.",
    )
    log_seconds: float = _setting(
        5.0,
        texts.seconds_of_text,
        "a number of seconds from 1 on",
        "The time between two progress lines in the log.",
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """
        Read the settings from an environment.

        Raises SettingsError for a value that cannot be read, and for a name that is not known: a
        mistyped OSSWEEP_DRYRUN must never delete.
        """
        return _read(tuple((name, environ[name]) for name in environ if name.startswith(PREFIX)))


@lru_cache(maxsize=1)  # an instance reads the same ones again and again
def _read(variables: tuple[tuple[str, str], ...]) -> Settings:
    environ, known = dict(variables), {variable(entry): entry for entry in fields(Settings)}
    for name in sorted(environ):
        if name not in known:
            raise SettingsError(
                f"there is no setting {name}; the settings are {', '.join(sorted(known))}"
            )
    values = {}
    for name, entry in known.items():
        text = environ.get(name)
        if text is None:
            continue
        try:
            values[entry.name] = entry.metadata["read"](text)
        except SettingsError:
            raise
        except (ValueError, KeyError, TypeError, RecursionError):
            raise SettingsError(
                f"{name} is {json.dumps(text)}; write {entry.metadata['form']}"
            ) from None
    return Settings(**values)


def described(settings: Settings) -> dict[str, Any]:
    """Return the settings by their variables, as the settings page shows them."""
    shown = {variable(each): getattr(settings, each.name) for each in fields(settings)}
    shown["OSSWEEP_RULES"] = [rule.document() for rule in settings.rules]
    if settings.prices is not None:
        shown["OSSWEEP_PRICES"] = settings.prices.document()
    if settings.consent_tag is not None:
        shown["OSSWEEP_CONSENT_TAG"] = "=".join(settings.consent_tag)
    if settings.http is not None:
        shown["OSSWEEP_HTTP"] = settings.http.partition(":")[0]  # a weak token may be guessed
    return shown


def variable(setting: Field[Any]) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + setting.name.upper().rstrip("_")  # `raise` is a word of the language
