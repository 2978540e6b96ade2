"""Words that the table and the page of a plan share: sizes, bounds, costs, keys made visible."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024
LONG = 2 * 3600  # seconds that are told in hours
_AMOUNT = ("objects", "bytes")
_LONGEST = 200  # characters of a key that are shown


def size(number: int) -> str:
    """Write bytes as OSS bills them, by 1,024s."""
    amount, unit = float(number), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{number:,} B" if not unit else f"{amount:,.1f} {_UNITS[unit]}"


def objects(number: int) -> str:
    """Write a count."""
    return "1 object" if number == 1 else f"{number:,} objects"


def between(bounds: Mapping[str, Any]) -> str:
    """Write a number, or its bounds."""
    least, most = (_number(bounds[name]) for name in ("at_least", "at_most"))
    return least if least == most else f"{least} to {most}"


def _of(bounds: Mapping[str, Any], unit: str) -> str:
    return f"{between(bounds)} {unit}{'' if bounds['at_most'] == 1 else 's'}"


def _number(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{value:,}"


def visible(text: str) -> str:
    """
    Show a text so that nothing in it moves the cursor, turns the line round or is not seen.

    What cannot be printed is written as JSON does.
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def key_shown(key: str) -> str:
    """Show a key; a long one is cut in its middle."""
    return visible(cut(key, _LONGEST + 1))


def cut(text: str, most: int) -> str:
    """Cut a text to so many characters, in its middle: names that begin alike end differently."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return text[: most - 1 - end] + "\u2026" + text[len(text) - end :]


def name_of(plan: Mapping[str, Any]) -> str:
    """Return what a plan is called; one that is kept nowhere has no id."""
    return "Plan, kept nowhere" if plan["id"] is None else f"Plan {visible(plan['id'])}"


def title_of(plan: Mapping[str, Any]) -> str:
    """Return how much is planned, and whether that is not all that was ordered."""
    is_cut = ", cut by a ceiling" if plan["cut"] is not None else ""
    return f"{objects(plan['objects'])}, {size(plan['bytes'])}{is_cut}"


def origin_of(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a plan is of, line by line: whoever approves it has to see that."""
    order = plan["order"]
    made = "" if plan["made"] is None else f", made at {plan['made']} by OSS's clock"
    yield f"of the bucket {visible(order['bucket'])}{made}"
    said = ["everything"] if "everything" in order else []
    for one, many in (("prefix", "prefixes"), ("manifest", "lists")):
        names = order.get(one, ())
        if names:
            told = ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
            said.append(f"{one if len(names) == 1 else many} {told}")
    if "keys" in order:
        said.append("1 key" if order["keys"] == 1 else f"{order['keys']:,} keys")
    said += [
        f"{name} {json.dumps(order[name], ensure_ascii=False)}"
        for name in ("only", "null_versions", "limits")
        if name in order
    ]
    yield f"ordered: {'; '.join(map(visible, said))}"
    if plan["cut"] is not None:
        yield f"not all of that is in it: {visible(plan['cut'])}"


def share(part: int, whole: int) -> float:
    """Return a part's share; of nothing, nothing."""
    return part / whole if whole else 0.0


def measure(plan: Mapping[str, Any]) -> str:
    """Return what areas and bars show: bytes, or objects where nothing has a size."""
    return "bytes" if plan["bytes"] else "objects"


def not_shown(
    plan: Mapping[str, Any], more: Sequence[Mapping[str, int]] = ()
) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield what lies in no directory that is shown by its name; `more` are not shown either."""
    found = plan["by_directory"]
    number = found["others"]["directories"] + len(more)
    if number:
        sums = {by: sum(each[by] for each in (found["others"], *more)) for by in _AMOUNT}
        yield "1 other" if number == 1 else f"{number:,} others", sums
    if found["in_none"]["objects"]:
        yield "in no directory", found["in_none"]


def how_exact(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say of directories that are too many to be told exactly."""
    if not plan["by_directory"]["is_exact"]:
        yield (
            "there are very many directories: each directory has at least so much, and a larger "
            "one may be among the others"
        )


def _time(bounds: Mapping[str, Any]) -> str:
    """Write seconds, in hours where they are many."""
    if bounds["at_most"] < LONG:
        return _of(bounds, "second")
    least, most = (f"{bounds[each] / 3600:,.1f}" for each in ("at_least", "at_most"))
    return f"{most} hours" if least == most else f"{least} to {most} hours"


def costs_of(plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a plan costs, line by line."""
    for name, short in plan["early_delete"].items():
        days = short["gb_days"]
        said = "an unknown number of days" if days is None else f"{between(days)} GB-days"
        yield f"short of {visible(name)}'s least days: {objects(short['objects'])}, {said}"
    requests = plan["requests"]
    yield f"requests: {between(requests['put'])} PUT, {requests['get']:,} GET"
    yield (
        f"time: {_time(plan['seconds'])} in {_of(plan['invocations'], 'invocation')}, at "
        f"{_of(plan['objects_a_second'], 'object')} a second"
    )
    money = plan.get("money")
    if money is not None:
        yield (
            f"money: {between(money['early_delete'])} {money['currency']} for days that are short, "
            f"{between(money['requests'])} {money['currency']} for requests"
        )
        for each in money["without"]:
            yield f"money: without {visible(each)}"
