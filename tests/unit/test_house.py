"""The house has floors: each module imports only from below, and none has grown too big."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SRC = Path(__file__).parents[2] / "src"

# From the ground up. Modules of one floor do not know each other, but for those of one package.
FLOORS = (
    {
        "addresses",
        "causes",
        "conditions",
        "errors",
        "stops",
        "objects",
        "work",
        "tally",
        "whereabouts",
        "events",
        "patterns",
        "row",
        "trust",
        "helps",
        "late",
        "lists",
        "plurals",
    },
    # The filters judge by conditions alone, lists are read by their bytes, and plans add up what
    # they are shown: none of them knows the engine, nor what it asks OSS for.
    {
        "names",
        "amiss",
        "filters",
        "plans",
        "only",
        "sizes",
        "request_form",
        "apply_request",
        "request",
        "shown_forms",
        "whole_keys",
        "manifest_request",
        "manifests",
        "policy",
        "meant",
        "settings",
        "texts",
        "rules",
        "log",
        "world",
    },
    {"triggers", "handover", "leases", "store", "engine"},
    {"answers", "session"},
    {"jobs"},
    {"routes"},
    {"app"},
    {"index"},
)
# What a module of a floor may know of its own floor: a policy judges requests by settings, the
# rules are settings that make requests, and a continuation names jobs as their records do. Whether
# a pattern can be read, only the filter can say that will match by it. A plan's
# prices are a document like any other.
NEIGHBOURS = {
    "conditions": {"errors"},
    "events": {"errors"},
    "helps": {"errors"},
    "trust": {"causes", "errors"},
    "work": {"conditions", "events", "lists", "objects", "tally"},
    "whereabouts": {"objects", "work"},
    "amiss": {"names"},
    "only": {"amiss", "filters", "names", "sizes"},
    "sizes": {"amiss"},
    "plans": {"amiss", "names"},
    "apply_request": {"amiss", "names", "sizes"},
    "manifest_request": {"amiss", "names"},
    "manifests": {"names"},
    "policy": {"request", "settings"},
    "meant": {"request", "settings", "whole_keys"},
    "settings": {"plans", "rules", "texts"},
    "texts": {"plans", "rules"},
    "rules": {"request", "whole_keys"},
    "request": {"manifest_request", "names", "only", "request_form", "sizes", "whole_keys"},
    "whole_keys": {"names"},
    "request_form": {"amiss", "manifest_request", "names", "shown_forms", "sizes"},
    "shown_forms": {"manifest_request"},
    "handover": {"leases"},
}
# Arrows of a circle that are left out, each with its reason.
LEFT_OUT = {
    # A store's requests are its other half, for what deletions ask of it: for its type only.
    ("ossweep.store.requests", "ossweep.store.store"),
}
AMBIENT = {"os", "time", "datetime", "random", "aws_lambda_powertools", "pydantic", "oss2"}


@dataclass(frozen=True)
class Import:
    """What a module imports, and whether only a type checker ever does."""

    name: str
    for_types: bool


@dataclass(frozen=True)
class Module:
    """A file below src."""

    path: Path

    @property
    def name(self) -> str:
        parts = self.path.relative_to(SRC).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def room(self) -> str:
        """The name by which FLOORS knows it: `engine` for all of ossweep.engine."""
        return (*self.name.split("."), "")[1] if self.name.startswith("ossweep.") else self.name

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"))

    def imports(self) -> Iterator[Import]:
        yield from _imports(self.tree, for_types=False)

    def rooms(self, *, for_types: bool) -> set[str]:
        """Return the rooms of ossweep that this module imports from."""
        return {
            each.name.split(".")[1]
            for each in self.imports()
            if each.name.startswith("ossweep.") and each.for_types is for_types
        } - {"__version__"}


def _is_module(name: str) -> bool:
    path = SRC.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def _imports(node: ast.AST, *, for_types: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, for_types) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name their module in full"
        # `from ossweep import policy` imports the module of that name
        for alias in node.names:
            deeper = f"{node.module}.{alias.name}"
            yield Import(deeper if _is_module(deeper) else str(node.module), for_types)
    elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        for within in node.body:
            yield from _imports(within, for_types=True)
        for within in node.orelse:
            yield from _imports(within, for_types=for_types)
    else:
        for inner in ast.iter_child_nodes(node):
            yield from _imports(inner, for_types=for_types)


@cache
def modules() -> tuple[Module, ...]:
    return tuple(map(Module, sorted(SRC.rglob("*.py"))))


def circles(arrows: Mapping[str, set[str]]) -> list[set[str]]:
    """Return the modules from which arrows lead back to themselves, those of a circle together."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        left = [start]
        while left:
            new = arrows[left.pop()] - found
            found |= new
            left += new
        return found

    reach = {name: reached(name) for name in arrows}
    found = [
        {other for other in reach[name] if name in reach[other]}
        for name in arrows
        if name in reach[name]
    ]
    return [each for at, each in enumerate(found) if each not in found[:at]]


def floor_of(room: str) -> int:
    (floor,) = (number for number, rooms in enumerate(FLOORS) if room in rooms)
    return floor


@pytest.fixture(params=modules(), ids=lambda module: module.name)
def module(request: pytest.FixtureRequest) -> Module:
    """Each file below src in turn."""
    found: Module = request.param
    return found


def test_the_house_is_there() -> None:
    """Every room of the drawing is built, and every module stands in one."""
    rooms = {module.room for module in modules()} - {"ossweep"}

    assert rooms == set().union(*FLOORS)


def test_a_module_imports_only_from_below(module: Module) -> None:
    """What runs knows nothing of who uses it."""
    if module.room == "ossweep":
        assert list(module.imports()) == []
        return
    floor = floor_of(module.room)
    known = {module.room, *NEIGHBOURS.get(module.room, ())}

    above = {room for room in module.rooms(for_types=False) - known if floor_of(room) >= floor}

    assert above == set()


def test_no_circle_leads_through_the_modules_of_a_package() -> None:
    """An import for types is an arrow like any other: who reads a module has to read that, too."""
    names = {each.name for each in modules()}
    arrows = {
        each.name: {
            found.name
            for found in each.imports()
            if found.name in names and (each.name, found.name) not in LEFT_OUT
        }
        for each in modules()
    }

    assert circles(arrows) == []


def test_a_circle_is_found() -> None:
    """Whatever leads into it, or out of it, is no part of it."""
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"d", "b"}, "d": set()}

    assert circles(arrows) == [{"b", "c"}]


def test_a_module_names_types_of_no_floor_above_those_that_meet_in_app(module: Module) -> None:
    """A line of the log is written from the engine's nouns; nobody's types come from the app."""
    types = module.rooms(for_types=True)
    here = floor_of(module.room) if module.room != "ossweep" else 0
    known = {module.room, *NEIGHBOURS.get(module.room, ())}
    known |= {"engine"} if module.room == "log" else set()

    assert {room for room in types - known if floor_of(room) >= here} == set()


def test_only_the_store_imports_oss2(module: Module) -> None:
    """Nor what oss2 stands on."""
    foreign = {each.name.split(".")[0] for each in module.imports()}

    if module.room != "store":
        assert foreign.isdisjoint({"oss2", "urllib3"})
    if module.room != "handover":  # whose clients send by it; oss2 is kept from that
        assert "requests" not in foreign


def test_the_engine_knows_no_world(module: Module) -> None:
    """Neither environment, nor clock, nor chance, nor logger: what it needs is handed in."""
    if module.room == "engine":
        assert {each.name.split(".")[0] for each in module.imports()}.isdisjoint(AMBIENT)


def test_pydantic_reads_documents_only(module: Module) -> None:
    """Neither engine nor store depend on it."""
    if module.room in {
        "engine",
        "store",
        "filters",
        "conditions",
        "errors",
        "work",
        "policy",
        "settings",
        "world",
    }:
        assert "pydantic" not in {each.name.split(".")[0] for each in module.imports()}


def test_only_the_door_reads_the_environment(module: Module) -> None:
    """Everyone else is given a mapping."""
    if module.name != "index":
        assert "os" not in {each.name.split(".")[0] for each in module.imports()}


def test_a_module_says_what_it_is(module: Module) -> None:
    """Its docstring comes first."""
    assert ast.get_docstring(module.tree)


def test_a_module_is_read_in_one_sitting(module: Module) -> None:
    """350 lines are the most."""
    assert len(module.path.read_text(encoding="utf-8").splitlines()) <= 350


def test_a_function_is_seen_at_a_glance(module: Module) -> None:
    """55 lines are the most, its docstring included."""
    functions = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    long = {node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 55}

    assert long == set()


# A port and what is behind it have one name, and so have the functions by which each trigger reads.
OF_ONE_MEANING = {"Checkpoints", "Credentials", "Gate", "Requests", "parse", "read", "recognises"}


def test_a_public_name_has_one_meaning() -> None:
    """A search for it finds one place."""
    places: dict[str, list[str]] = {}
    for module in modules():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module.name)

    twice = {name for name, found in places.items() if len(found) > 1}

    assert twice - OF_ONE_MEANING == set()


RIDDLES = re.compile(r"test_(who|whoever|what|whatever|whose|that|of|it|its|they|to)_")


def test_a_tests_name_begins_with_its_noun() -> None:
    """It states a rule that is read once: not who or what, but which thing does it."""
    tests = (path.read_text("utf-8") for path in (SRC.parent / "tests").rglob("test_*.py"))
    names = {name for text in tests for name in re.findall(r"^def (\w+)", text, re.MULTILINE)}

    assert {name for name in names if RIDDLES.match(name)} == set()
