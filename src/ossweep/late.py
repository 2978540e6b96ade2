"""
Imports that wait: what a library imports, and most invocations never look into.

A module waits by the standard library's loader for this (`importlib.util`, "Implementing lazy
imports"). A package of which the library looks into a submodule alone cannot wait so: a submodule
is found by its package. Such a package is left out: the submodule is the library's own copy, and
the library has a stand-in of the package, whose first name imports the package for everyone.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from importlib.machinery import ModuleSpec


class StandIn(ModuleType):
    """A package's stand-in, which has run nothing of it; its names are those of the real one."""

    def __getattr__(self, name: str) -> Any:
        """Return what a name means in the package, which is imported for it."""
        return getattr(import_module(self.__name__), name)


class _LeftOut(Loader):
    """Loads a package's stand-in."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = StandIn


class _Finder(MetaPathFinder):
    """Finds what may wait as the import system does, with loaders that wait."""

    def __init__(self, modules: Collection[str], packages: Collection[str]) -> None:
        self._modules = modules
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module or package that may wait; any other is left to the others."""
        if fullname not in self._modules and fullname not in self._packages:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LeftOut() if fullname in self._packages else LazyLoader(spec.loader)
        return spec


@contextmanager
def waiting(modules: Collection[str] = (), packages: Collection[str] = ()) -> Iterator[None]:
    """
    Let modules wait, and leave packages out, that are imported meanwhile for the first time.

    They are the real ones when somebody uses them later; whoever imports a package after this gets
    the real one, too. A name that nobody imports does no harm here.
    """
    finder = _Finder(modules, packages)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for package in packages:
            if isinstance(sys.modules.get(package), StandIn):
                _forget(package)


def _forget(package: str) -> None:
    """Let the next import of a package, or of a part of it, be the first."""
    for name in [each for each in sys.modules if f"{each}.".startswith(f"{package}.")]:
        del sys.modules[name]
