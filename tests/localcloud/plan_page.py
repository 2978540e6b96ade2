"""
The page of a plan: HTML that needs nothing but itself, and no script.

Directories are drawn as a treemap, and open level by level. All figures stand in `data-` attributes
as well, so that a test, or anybody, can hold them against the plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from squarify import normalize_sizes, squarify

from localcloud.plan_words import (
    costs_of,
    cut,
    how_exact,
    key_shown,
    measure,
    name_of,
    not_shown,
    objects,
    origin_of,
    share,
    size,
    title_of,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WIDTH, _HEIGHT = 960, 420
_LETTER, _LINE = 7.5, 18  # of a label, about
_SHORTEST = 4  # letters of a label that is worth while
_SHADES = 6
_STYLE = Markup("""
:root { color-scheme: light dark; --ink: #1c2733; --paper: #fff; --soft: #5d6b7a; --line: #d9dfe5;
  --bar: #3f7cac; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --paper: #14191f; --soft: #93a1b0;
  --line: #2c353f; --bar: #5d9bcb; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.soft, small { color: var(--soft); } code, pre, .key { font-family: ui-monospace, monospace; }
.key, .said { overflow-wrap: anywhere; }
pre { overflow: auto; border: 1px solid var(--line); padding: 1rem; }
.row { display: flex; gap: 1rem; align-items: center; border-bottom: 1px solid var(--line); }
.row .key { flex: 1; } .row .figure { min-width: 9rem; text-align: right; }
.bar { width: 8rem; height: .6rem; background: var(--line); }
.bar i { display: block; height: 100%; background: var(--bar); }
details > details, details > .row { margin-left: 1.5rem; } summary { cursor: pointer; }
summary .row { display: inline-flex; width: calc(100% - 1.5rem); }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #fff; }
svg rect { stroke: var(--paper); stroke-width: 2; }
.s0 { fill: #2f5d82; } .s1 { fill: #3d7196; } .s2 { fill: #456e6a; } .s3 { fill: #58805f; }
.s4 { fill: #75653f; } .s5 { fill: #6b5573; } .rest { fill: #68727d; }
""")
_PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p class="soft"><span>{name}</span>, digest <code>{digest}</code></p>
{origin}
{body}
</body>
</html>
""")
_SECTION = Markup("<h2>{title}</h2>\n{body}\n")
_ROW = Markup(
    '<div class="row" data-{kind}="{name}" data-objects="{count}" data-bytes="{bytes}">'
    '<span class="key">{name}</span><span class="figure">{objects}</span>'
    '<span class="figure">{size}</span><span class="bar"><i style="width:{percent}%"></i></span>'
    "</div>"
)
_RECT = Markup(
    '<g data-tile="{name}" data-bytes="{bytes}"><title>{name}: {objects}, {size}</title>'
    '<rect class="{shade}" x="{x}" y="{y}" width="{width}" height="{height}"/>{label}</g>'
)


def page_of_plan(plan: Mapping[str, Any]) -> str:
    """Return the page of a plan's document."""
    sections = [
        ("Directories", _treemap(plan) + _tree(plan) + _list(how_exact(plan))),
        ("Storage classes", _classes(plan)),
        ("From the first to the last", _ends(plan)),
        ("What it costs", _list(costs_of(plan))),
        ("What stays", _list(_kept(plan))),
        ("To consider", _list(map(visible, plan["advice"]))),
        ("A lifecycle rule instead", _lifecycle(plan["lifecycle"])),
    ]
    body = Markup("").join(
        _SECTION.format(title=title, body=each) for title, each in sections if each
    )
    return _PAGE.format(
        name=name_of(plan),
        style=_STYLE,
        title=title_of(plan),
        origin=_list(origin_of(plan)),
        digest=plan["digest"],
        body=body,
    )


def _row(kind: str, name: str, amount: Mapping[str, int], plan: Mapping[str, Any]) -> Markup:
    by = measure(plan)
    return _ROW.format(
        kind=kind,
        name=key_shown(name),
        count=amount["objects"],
        bytes=amount["bytes"],
        objects=objects(amount["objects"]),
        size=size(amount["bytes"]),
        percent=f"{100 * share(amount[by], plan[by]):.1f}",
    )


def _tree(plan: Mapping[str, Any]) -> Markup:
    rows = [_branch(each, plan) for each in plan["by_directory"]["largest"]]
    rows += [_row("rest", name, amount, plan) for name, amount in not_shown(plan)]
    return Markup("\n").join(rows)


def _branch(directory: Mapping[str, Any], plan: Mapping[str, Any]) -> Markup:
    row = _row("directory", directory["directory"], directory, plan)
    below = directory.get("largest", ())
    if not below:
        return row
    rows = [_branch(each, plan) for each in below]
    if "others" in directory:
        rows.append(_row("rest", "in it, and in others", directory["others"], plan))
    inner = Markup("\n").join(rows)
    return Markup("<details><summary>{}</summary>\n{}\n</details>").format(row, inner)


def _treemap(plan: Mapping[str, Any]) -> Markup:
    """Draw the first level, each area as large as its share."""
    by = measure(plan)
    tiles = [(each["directory"], each, False) for each in plan["by_directory"]["largest"]]
    tiles += [(name, amount, True) for name, amount in not_shown(plan)]
    tiles = sorted((each for each in tiles if each[1][by]), key=lambda each: -each[1][by])
    if not tiles:
        return Markup("")
    sizes = normalize_sizes([each[1][by] for each in tiles], _WIDTH, _HEIGHT)
    places = squarify(sizes, 0, 0, _WIDTH, _HEIGHT)
    drawn = [
        _tile(name, amount, "rest" if is_rest else f"s{number % _SHADES}", place)
        for number, ((name, amount, is_rest), place) in enumerate(zip(tiles, places, strict=True))
    ]
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="Directories by size">{}</svg>\n'
    ).format(_WIDTH, _HEIGHT, Markup("\n").join(drawn))


def _tile(name: str, amount: Mapping[str, int], shade: str, place: Mapping[str, float]) -> Markup:
    shown = key_shown(name)
    room = int((place["dx"] - 12) / _LETTER)
    label = Markup("")
    if room >= _SHORTEST and place["dy"] >= _LINE + 4:
        label = Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(
            place["x"] + 6, place["y"] + _LINE, cut(shown, room)
        )
    return _RECT.format(
        name=shown,
        bytes=amount["bytes"],
        objects=objects(amount["objects"]),
        size=size(amount["bytes"]),
        shade=shade,
        x=f"{place['x']:.2f}",
        y=f"{place['y']:.2f}",
        width=f"{place['dx']:.2f}",
        height=f"{place['dy']:.2f}",
        label=label,
    )


def _classes(plan: Mapping[str, Any]) -> Markup:
    return Markup("\n").join(
        _row("class", name, amount, plan) for name, amount in plan["by_storage_class"].items()
    )


def _ends(plan: Mapping[str, Any]) -> Markup:
    if not plan["objects"]:
        return Markup("")
    times = Markup("<p>Written from <span>{}</span> to <span>{}</span>.</p>").format(
        plan["oldest"], plan["newest"]
    )
    keys = dict.fromkeys([plan["first"], *plan["sample"], plan["last"]])
    return times + _list(map(key_shown, keys), "key")


def _kept(plan: Mapping[str, Any]) -> Iterator[str]:
    for reason, number in plan["skipped_because"].items():
        yield f"{objects(number)}: {visible(reason)}"


def _lifecycle(lifecycle: Mapping[str, Any] | None) -> Markup:
    if lifecycle is None:
        return Markup("")
    if lifecycle["rule"] is None:
        return Markup("<p>None: {}.</p>").format(visible(lifecycle["why"]))
    rule = Markup("<pre>{}</pre>").format(lifecycle["rule"])
    return rule + _list(map(visible, lifecycle["differences"]))


def _list(lines: Iterable[str], of: str = "said") -> Markup:
    items = Markup("").join(Markup('<li class="{}">{}</li>').format(of, line) for line in lines)
    return Markup("<ul>{}</ul>").format(items) if items else Markup("")
