"""The first import of oss2: without its noise, and without its encryption."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

# Modules that oss2 2.19.1 imports for client-side encryption, which ossweep does not do, and that
# it does not look into before it encrypts (`oss2/utils.py`, `oss2/crypto.py`): ciphers, and a
# client of the key management service with an HTTP library of its own, two fifths of all that oss2
# imports. A name that oss2 no longer imports does no harm here.
UNUSED = frozenset(
    {
        "Crypto.Cipher.AES",
        "Crypto.Cipher.PKCS1_OAEP",
        "Crypto.Cipher.PKCS1_v1_5",
        "Crypto.PublicKey.RSA",
        "Crypto.Random",
        "Crypto.Util.Counter",
        "aliyunsdkcore.client",
        "aliyunsdkkms.request.v20160120.DecryptRequest",
        "aliyunsdkkms.request.v20160120.EncryptRequest",
        "aliyunsdkkms.request.v20160120.GenerateDataKeyRequest",
    }
)


class _Unused(MetaPathFinder):
    """Finds the modules that can wait; each is loaded when someone first looks into it."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module as the import system does, with a loader that waits."""
        spec = PathFinder.find_spec(fullname, path, target) if fullname in UNUSED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def _only_what_is_used() -> Iterator[None]:
    """
    Let the unused modules wait, if nobody has imported them before.

    They are the real modules, and load in full when they are used later (`importlib.util`,
    "Implementing lazy imports").
    """
    finder = _Unused()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


# A docstring of oss2 2.19.1 holds `\&`. Compiling it (no bytecode in the cache, a new Python) gives
# a warning, from 3.12 on in the function's log, with lines of the docstring.
with warnings.catch_warnings(), _only_what_is_used():
    warnings.filterwarnings("ignore", "invalid escape sequence", Warning, r".*\boss2.api$")
    import oss2

__all__ = ["oss2"]
