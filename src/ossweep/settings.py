"""The deployment's settings: environment variables, read once an invocation into one table."""

from __future__ import annotations

import json
import re
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from ossweep.errors import SettingsError
from ossweep.events import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ossweep.rules import Rule

PREFIX = "OSSWEEP_"
_OF_SOURCES = f"{', '.join(SOURCES)} with commas between them, or none"
ALWAYS_PROTECTED = (".dlsdata/",)  # OSS-HDFS keeps its data there; Alibaba forbids touching it


def _names(text: str) -> tuple[str, ...]:
    """Read `a,b`, or a JSON array of strings, in which a name may hold any letter."""
    if not text.lstrip().startswith("["):
        return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    names = json.loads(text)
    if not all(isinstance(name, str) and name for name in names):
        raise ValueError
    return tuple(dict.fromkeys(names))


# An address in which no prefix can be found: as policies write it, without a slash behind the
# bucket, or with the service's own host.
_ADDRESS = re.compile(
    r"acs:oss:.*|(?:oss|s3|https?)://(?:[^/]*|(?:s3\.)?oss-[a-z0-9.-]+\.aliyuncs\.com/.*)",
    re.IGNORECASE | re.DOTALL,
)
_MEANT_OTHERWISE = frozenset("*?{}|^\\;: %\"'\uff0c\u3001\uff1b\u201c\u201d")  # Chinese, too


def _protected(text: str) -> tuple[str, ...]:
    names = _names(text)
    if any(name.startswith(("/", "\\", "./", "../")) for name in names):
        raise ValueError  # it would protect nothing: no key begins so, or it is a file's path
    is_json = text.lstrip().startswith("[")
    if not is_json and not (text.isprintable() and _MEANT_OTHERWISE.isdisjoint("".join(names))):
        raise ValueError  # a pattern, a separator, a code or a quote; JSON can mean the letter
    for name in filter(_ADDRESS.fullmatch, names):
        raise SettingsError(
            f"OSSWEEP_PROTECTED holds {json.dumps(name)}, an address, which no key begins with, so "
            'that it would protect nothing; write the key prefix, such as "a/", or the bucket\'s '
            'name, a slash and the prefix, such as "examplebucket/a/"'
        )
    return tuple(dict.fromkeys(ALWAYS_PROTECTED + names))


def _endpoint(text: str) -> str:
    if not re.fullmatch(r"(https?://)?[A-Za-z0-9._-]+(:[0-9]{1,5})?/?|", text):
        raise ValueError
    return text


def _state(text: str) -> str | None:
    """Read `bucket/prefix`; the prefix ends with a slash from here on."""
    if not text:
        return None
    bucket, _, prefix = text.rstrip("/").partition("/")
    if not re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", bucket) or len(prefix.encode()) > 512:  # noqa: PLR2004 - what is kept there has names of its own behind it
        raise ValueError
    if not prefix or prefix.startswith(("/", "\\")):
        raise ValueError
    if not prefix.isprintable():
        raise ValueError  # a batch's XML would carry the records' names as others
    return f"{bucket}/{prefix}/"


def _carrier(text: str) -> Literal["fc2", "fc3"] | None:
    known: dict[str, Literal["fc2", "fc3"] | None] = {"fc2": "fc2", "fc3": "fc3", "": None}
    return known[text]


def _literal_bool(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _at_least_one(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text) or int(text) < 1:
        raise ValueError
    return int(text)


def _seconds(text: str) -> float:
    number = float(text)
    if not 1 <= number < 86_400:  # noqa: PLR2004 - FC's longest run is 86,400 s
        raise ValueError
    return number


def _sources(text: str) -> tuple[str, ...]:
    names = _names(text)
    if names == ("none",):
        return ()
    if not names or not set(names) <= set(SOURCES):
        raise ValueError
    return names


def _http(text: str) -> str | None:
    if text and text != "trigger" and not re.fullmatch("sha256:[0-9a-fA-F]{64}", text):
        raise ValueError
    return text.lower() or None


def _time_zone(text: str) -> str:
    """Check that there is such a zone; UTC takes no database."""
    if text != "UTC":
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - for deployments that name one

        try:
            ZoneInfo(text)
        except OSError:  # a directory of the database
            raise ValueError from None
    return text


def _share(text: str) -> float | None:
    """Read a part of a whole; empty is no setting."""
    if not text:
        return None
    if not re.fullmatch(r"[01]?\.[0-9]{1,6}|1", text) or not 0 < float(text) <= 1:
        raise ValueError
    return float(text)


def _rules(text: str) -> tuple[Rule, ...]:
    from ossweep import rules  # noqa: PLC0415 - for deployments that have some

    return rules.read(text)


def _in_flight(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:  # noqa: PLR2004 - as the description says
        raise ValueError
    return number


def _setting(default: Any, read: Callable[[str], Any], form: str, says: str) -> Any:
    return field(default=default, metadata={"read": read, "form": form, "says": says})


@dataclass(frozen=True)
class Settings:
    """What the deployment allows and how it works; an event can narrow it, never widen it."""

    buckets: tuple[str, ...] = _setting(
        (),
        _names,
        "bucket names with commas between them, or *",
        "The buckets that may be swept. Without it every request is refused; `*` allows any.",
    )
    protected: tuple[str, ...] = _setting(
        ALWAYS_PROTECTED,
        _protected,
        "key prefixes without a slash first, with commas between them, or as a JSON array, where "
        "each letter of a prefix stands for itself",
        "Key prefixes that are never touched. `.dlsdata/` is always among them. One that begins "
        "with a bucket's name and a slash protects what follows that, too, in this bucket.",
    )
    endpoint: str | None = _setting(
        None,
        _endpoint,
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
        _literal_bool,
        "true or false",
        "`true` turns every request into a dry run, whatever it says, and holds the jobs under "
        "way.",
    )
    max_objects: int | None = _setting(
        None,
        _at_least_one,
        "a whole number from 1 on, with 18 digits at most",
        "The most objects that one event may delete; several requests in it have equal shares. "
        "Default: no ceiling; the template sets 1,000,000.",
    )
    reserve_seconds: float = _setting(
        2.0,
        _seconds,
        "a number of seconds from 1 on",
        "Kept back from the function's time limit, to answer in.",
    )
    rules: tuple[Rule, ...] = _setting(
        (),
        _rules,
        "a JSON list of rules",
        "What events of OSS ask for. Without a rule they are ignored.",
    )
    sources: tuple[str, ...] = _setting(
        tuple(SOURCES),
        _sources,
        _OF_SOURCES,
        "The sources that may order. `oss` are events of OSS, by whatever way they come, of which "
        "the rules decide.",
    )
    raise_: tuple[str, ...] = _setting(
        ("oss", "mns", "timer"),
        _sources,
        _OF_SOURCES,
        "The sources for which a job that was not done raises, so that FC tries again.",
    )
    http: str | None = _setting(
        None,
        _http,
        "trigger, or sha256: and the 64 hex digits of a token's hash",
        "Who checks HTTP events: the trigger, or a token that comes as `Authorization: Bearer …`. "
        "Without it every HTTP event is refused.",
    )
    time_zone: str = _setting(
        "UTC",
        _time_zone,
        "a zone of the IANA time zone database, such as Asia/Shanghai",
        "The time zone of the dates in a timer's payload.",
    )
    in_flight: int = _setting(
        64,
        _in_flight,
        "a whole number from 1 to 64",
        "The most deletions in flight; what OSS answers decides how many there are.",
    )
    max_rate: int | None = _setting(
        None,
        _at_least_one,
        "a whole number from 1 on, with 18 digits at most",
        "The most objects that one job may delete in a second. Default: as many as OSS takes.",
    )
    share: float | None = _setting(
        None,
        _share,
        "a number above 0 and up to 1, such as 0.5",
        "The share of OSS's published quotas that one job may use: of the account's 10,000 objects "
        "a second, and of the 2,000 of each run of names that OSS limits. Default: as much as OSS "
        "takes.",
    )
    state: str | None = _setting(
        None,
        _state,
        "a bucket and a prefix, such as examplebucket/ossweep-state",
        "Where invocations leave each other what they need. With it, the next invocation goes on "
        "with what one did not finish.",
    )
    checkpoint_seconds: float = _setting(
        5.0,
        _seconds,
        "a number of seconds from 1 on",
        "The time between two checkpoints, from which a job goes on whose invocation has died.",
    )
    max_hops: int = _setting(
        1000,
        _at_least_one,
        "a whole number from 1 on, with 18 digits at most",
        "The most invocations that one job may go on in by itself.",
    )
    carrier: Literal["fc2", "fc3"] | None = _setting(
        None,
        _carrier,
        "fc2 or fc3",
        "The API that calls the next invocation. Default: FC 2.0's for a function that belongs to "
        "a service, else FC 3.0's.",
    )
    fc_endpoint: str | None = _setting(
        None,
        _endpoint,
        "a host name, or a URL with http:// or https://",
        "That API's endpoint. Default: the internal one of the account in the function's region.",
    )
    log_seconds: float = _setting(
        5.0,
        _seconds,
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
        known = {variable(entry): entry for entry in fields(cls)}
        for name in sorted(environ):
            if name.startswith(PREFIX) and name not in known:
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
        return cls(**values)


def described(settings: Settings) -> dict[str, Any]:
    """Return the settings by their variables, as the settings page shows them."""
    shown = {variable(each): getattr(settings, each.name) for each in fields(settings)}
    shown["OSSWEEP_RULES"] = [rule.document() for rule in settings.rules]
    if settings.http is not None:
        shown["OSSWEEP_HTTP"] = settings.http.partition(":")[0]  # a weak token may be guessed
    return shown


def variable(setting: Field[Any]) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + setting.name.upper().rstrip("_")  # `raise` is a word of the language
