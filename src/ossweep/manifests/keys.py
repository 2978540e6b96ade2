"""
Keys as a list writes them: decoded where they are URL-encoded, and judged, many at once.

A `+` in a URL-encoded key is not believed, as in a listing: it may stand for a space or for itself,
and nobody has seen which of them OSS's inventory writes. Neither is a `%` without two digits.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import TYPE_CHECKING

from ossweep.addresses import address_of
from ossweep.names import check_name, in_quotes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_UNQUOTED = re.compile("%(?![0-9A-Fa-f]{2})")
_AMONG = "\n"  # stands between keys while they are decoded together
_SURELY = 255  # characters that UTF-8 writes with no more bytes than a key may have

PLUS = "a `+` in a URL-encoded key may stand for a space or for itself; write %20 or %2B"
PERCENT = "a `%` in a URL-encoded key is followed by two hexadecimal digits; a `%` itself is %25"
EMPTY = "the key is empty"
NOT_UTF8 = "the key is not UTF-8"
ADDRESS = "the line holds an address and no key"


def decoded_keys(texts: Sequence[str]) -> tuple[Sequence[str], dict[int, str]]:
    """Return the keys that URL-encoded texts stand for, and for some indexes what is wrong."""
    joined = _AMONG.join(texts)
    if "%" not in joined and "+" not in joined:
        return texts, {}
    if not ("+" in joined or _UNQUOTED.search(joined)):
        try:
            keys = _percent_decoded(joined).split(_AMONG)
        except UnicodeError:
            keys = []
        if len(keys) == len(texts):  # or one of them holds what stands between them
            return keys, {}
    return _decoded_one_by_one(texts)


def _decoded_one_by_one(texts: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    keys, wrong = [*texts], {}
    for index, text in enumerate(texts):
        if "+" in text:
            wrong[index] = PLUS
        elif _UNQUOTED.search(text):
            wrong[index] = PERCENT
        elif "%" in text:
            try:
                keys[index] = _percent_decoded(text)
            except UnicodeError:
                wrong[index] = NOT_UTF8
    return keys, wrong


def _percent_decoded(text: str) -> str:
    """
    Decode a text in which each `%` has its two digits.

    Quoted-printable is the same with another sign, and has a decoder in C.
    """
    raw = text.encode().replace(b"=", b"%3D").replace(b"\n", b"%0A").replace(b"\r", b"%0D")
    return a2b_qp(raw.replace(b"%", b"=")).decode()


def wrong_keys(keys: Sequence[str]) -> dict[int, str]:
    """Return for the indexes of keys that no object can have what is wrong with them."""
    if not keys or _all_are_right(keys):
        return {}
    return _each(keys, _judge)


def addresses(keys: Sequence[str], bucket: str) -> dict[int, str]:
    """
    Return for the indexes of keys that are addresses what to write instead.

    One in another bucket than that to delete from is none of its keys either.
    """
    joined = "\n".join(keys).lower()
    if not ("://" in joined or "acs:oss:" in joined):
        return {}
    return _each(keys, lambda key: _address_in(key, bucket))


def _address_in(key: str, bucket: str) -> str | None:
    found = address_of(key)
    if found is None:
        return None
    if found[0] != bucket:
        return f"{ADDRESS}, in another bucket"
    return f"{ADDRESS}; write {in_quotes(found[1])}" if found[1] else f"{ADDRESS}, of the bucket"


def wrong_versions(versions: Sequence[str | None]) -> dict[int, str]:
    """Return the same for versions."""
    return _each(versions, lambda each: None if each is None else _judge_version(each))


def _all_are_right(keys: Sequence[str]) -> bool:
    """Tell whether keys are surely right: each is short, and begins as keys may."""
    joined = "\n".join(["", *keys, ""])
    if "\n\n" in joined or "\n/" in joined or "\n\\" in joined or max(map(len, keys)) > _SURELY:
        return False
    if joined.isascii():
        return True
    try:
        joined.encode()
    except UnicodeEncodeError:
        return False
    return True


def _judge(key: str) -> str | None:
    if not key:
        return EMPTY
    if is_torn(key):
        return NOT_UTF8
    try:
        check_name(key, "the key")
    except ValueError as error:  # with the sentence for it
        return str(error)
    return None


def _judge_version(version: str) -> str | None:
    try:
        too_long = len(version.encode()) > 4 * _SURELY
    except UnicodeEncodeError:
        return "the version is not UTF-8"
    return "the version is longer than any of OSS's" if too_long else None


def is_torn(text: str) -> bool:
    """Tell whether bytes that are not UTF-8 were read into a text, as `surrogateescape` does."""
    return not text.isascii() and any("\udc80" <= each <= "\udcff" for each in text)


def _each(texts: Sequence[str | None], judge: Callable[[str], str | None]) -> dict[int, str]:
    wrong = ((index, judge(text)) for index, text in enumerate(texts) if text is not None)
    return {index: why for index, why in wrong if why is not None}
