"""
Prices, as a deployment knows them: `OSSWEEP_PRICES`.

None are shipped. They differ by region, redundancy, site and contract, and a wrong number in a
preview of a bill is worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping  # noqa: TC003 - settings are shown by these types
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ossweep.amiss import kind_of_value, no_such_field
from ossweep.conditions import LEAST_DAYS
from ossweep.errors import SettingsError
from ossweep.names import in_quotes

EXAMPLE = (
    '{"currency": "CNY", "gb_month": {"IA": 0.08}, "put": {"IA": 0.1}, "get": {"IA": 0.1}}, '
    "where requests are priced by 10,000"
)
_NAME = "OSSWEEP_PRICES"
_CURRENCY = re.compile("[A-Z]{3}")
_TABLES = ("gb_month", "put", "get")
_MOST = 1_000_000


@dataclass(frozen=True)
class Prices:
    """
    Prices by storage class: of a GB-month, and of 10,000 requests of the classes PUT and GET.

    What is not there has no price, and no sum with it is told.
    """

    currency: str
    gb_month: Mapping[str, Decimal] = field(default_factory=dict)
    put: Mapping[str, Decimal] = field(default_factory=dict)
    get: Mapping[str, Decimal] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return them as JSON values, prices as digits, which no JSON tool rounds."""
        tables = {name: getattr(self, name) for name in _TABLES}
        shown = {name: {k: str(v) for k, v in each.items()} for name, each in tables.items()}
        return {"currency": self.currency, **shown}


def prices_of(text: str) -> Prices | None:
    """Read the setting's text, None if it is empty; raises SettingsError."""
    if not text.strip():
        return None
    try:
        document = json.loads(text, parse_float=Decimal, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise _amiss(f"is no JSON, or names something twice; write {EXAMPLE}") from None
    if not isinstance(document, dict):
        raise _amiss(f"is {_kind(document)}; write {EXAMPLE}")
    for name in document:
        if name not in {"currency", *_TABLES}:
            raise _amiss(f"cannot be read: {no_such_field(name, ('currency', *_TABLES))}")
    currency = document.get("currency")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        said = "has no `currency`" if currency is None else "has a `currency` that is none"
        raise _amiss(f'{said}; write its three letters, such as "CNY"')
    tables = {name: _table(name, document[name]) for name in _TABLES if name in document}
    if not any(tables.values()):
        raise _amiss(f"holds no price; write {EXAMPLE}, or leave it out")
    return Prices(currency, **tables)


def _table(name: str, table: Any) -> dict[str, Decimal]:
    if not isinstance(table, dict):
        raise _amiss(f'has `{name}` as {_kind(table)}; write an object such as {{"IA": 0.08}}')
    return {each: _price(name, each, price) for each, price in table.items()}


def _price(name: str, storage_class: str, price: Any) -> Decimal:
    if storage_class not in LEAST_DAYS:
        raise _amiss(
            f"has `{name}` of {in_quotes(storage_class)}, which is no storage class; "
            f"the classes are {', '.join(LEAST_DAYS)}"
        )
    where = f"`{name}` of {storage_class}"
    is_number = isinstance(price, Decimal | int) and not isinstance(price, bool)
    if not is_number or not Decimal(price).is_finite():
        raise _amiss(f"has {where} that is no number; write it without quotes, such as 0.08")
    if not 0 <= price < _MOST:
        raise _amiss(f"has {where} that is no price; write a number from 0 to {_MOST:,}")
    return Decimal(price)


def _kind(value: Any) -> str:
    return kind_of_value(float(value) if isinstance(value, Decimal) else value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _amiss(said: str) -> SettingsError:
    return SettingsError(f"{_NAME} {said}")
