"""The texts of settings: each is read literally, or not at all."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, get_args

from ossweep.errors import SettingsError
from ossweep.events import SOURCES, CarrierKind

if TYPE_CHECKING:
    from ossweep.plans.prices import Prices
    from ossweep.rules import Rule

ALWAYS_PROTECTED = (".dlsdata/",)  # OSS-HDFS keeps its data there; Alibaba forbids touching it


def names_of_text(text: str) -> tuple[str, ...]:
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


def protected_of_text(text: str) -> tuple[str, ...]:
    """Read key prefixes, to which those are added that are always protected."""
    names = names_of_text(text)
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


def endpoint_of_text(text: str) -> str:
    """Read a host, or a URL without a path."""
    if not re.fullmatch(r"(https?://)?[A-Za-z0-9._-]+(:[0-9]{1,5})?/?|", text):
        raise ValueError
    return text


def state_of_text(text: str) -> str | None:
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


def carrier_of_text(text: str) -> CarrierKind | None:
    """Read the name of a carrier; empty is no setting."""
    known: dict[str, CarrierKind | None] = {name: name for name in get_args(CarrierKind)}
    return known[text] if text else None


def bool_of_text(text: str) -> bool:
    """Read `true` or `false`."""
    return {"true": True, "false": False}[text]


def number_of_text(text: str) -> int:
    """Read a whole number from 1 on."""
    if not re.fullmatch("[0-9]{1,18}", text) or int(text) < 1:
        raise ValueError
    return int(text)


def seconds_of_text(text: str) -> float:
    """Read seconds, of which a run of Function Compute has no more."""
    number = float(text)
    if not 1 <= number < 86_400:  # noqa: PLR2004 - FC's longest run is 86,400 s
        raise ValueError
    return number


def sources_of_text(text: str) -> tuple[str, ...]:
    """Read the names of sources, or none."""
    names = names_of_text(text)
    if names == ("none",):
        return ()
    if not names or not set(names) <= set(SOURCES):
        raise ValueError
    return names


def http_of_text(text: str) -> str | None:
    """Read who checks HTTP events; empty is no setting."""
    if text and text != "trigger" and not re.fullmatch("sha256:[0-9a-fA-F]{64}", text):
        raise ValueError
    return text.lower() or None


def zone_of_text(text: str) -> str:
    """Check that there is such a zone; UTC takes no database."""
    if text != "UTC":
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - for deployments that name one

        try:
            ZoneInfo(text)
        except OSError:  # a directory of the database
            raise ValueError from None
    return text


def share_of_text(text: str) -> float | None:
    """Read a part of a whole; empty is no setting."""
    if not text:
        return None
    if not re.fullmatch(r"[01]?\.[0-9]{1,6}|1", text) or not 0 < float(text) <= 1:
        raise ValueError
    return float(text)


def rules_of_text(text: str) -> tuple[Rule, ...]:
    """Read the rules."""
    from ossweep import rules  # noqa: PLC0415 - for deployments that have some

    return rules.read(text)


def in_flight_of_text(text: str) -> int:
    """Read a number from 1 to 64."""
    number = int(text)
    if not 1 <= number <= 64:  # noqa: PLR2004 - as the description says
        raise ValueError
    return number


def prices_of_text(text: str) -> Prices | None:
    """Read the prices; empty is no setting."""
    from ossweep.plans import prices  # noqa: PLC0415 - for deployments that have some

    return prices.prices_of(text) if text else None


def days_of_text(text: str) -> int:
    """Read a number of days, of a year at most."""
    if not re.fullmatch("[0-9]{1,3}", text) or not 1 <= int(text) <= 366:  # noqa: PLR2004 - a year
        raise ValueError
    return int(text)


def threshold_of_text(text: str) -> int | None:
    """Read a whole number from 0 on; empty is no setting."""
    if not text:
        return None
    if not re.fullmatch("[0-9]{1,18}", text):
        raise ValueError
    return int(text)


# A tag of a bucket, by the vendor's page PutBucketTags (2024): bytes of its key and of its value,
# and how no key begins. What stands in a list, in JSON or in quotes was meant otherwise.
_TAG_KEY, _TAG_VALUE = 64, 128
_NO_TAG = ("http://", "https://", "aliyun", "acs:")
_NO_PART = frozenset("=,;{}[]\"'\uff0c\uff1b\uff1d\u201c\u201d")


def tag_of_text(text: str) -> tuple[str, str] | None:
    """Read `key=value`, a tag that a bucket can have; empty is no setting."""
    if not text:
        return None
    key, is_there, value = text.partition("=")
    is_plain = all(
        each == each.strip() and each.isprintable() and _NO_PART.isdisjoint(each)
        for each in (key, value)
    )
    fits = 0 < len(key.encode()) <= _TAG_KEY and 0 < len(value.encode()) <= _TAG_VALUE
    if not (is_there and is_plain and fits) or key.lower().startswith(_NO_TAG):
        raise ValueError
    return key, value
