"""Names in answers that are URL-encoded, and those of which nobody can tell what they stand for."""

from __future__ import annotations

import json
from urllib.parse import unquote

from ossweep.errors import Scope, StoreError

_SHOWN = 200  # characters of a name that a sentence quotes


def is_ambiguous(text: str) -> bool:
    """
    Tell whether a text stands for one key to some readers and for another one to others.

    OSS writes a space as %20 and a plus as %2B, and no `+` ever. Who writes one may mean either.
    """
    return "+" in text


def unquoted_name(text: str) -> str:
    """Return the name that a text stands for; raises StoreError, and UnicodeDecodeError."""
    if is_ambiguous(text):
        raise StoreError(
            "UnreadableKey",
            "a listing that is URL-encoded holds a `+`, which OSS never writes and which may stand "
            f"for a space or for itself: {json.dumps(text[:_SHOWN])}; nothing is deleted by it, "
            "so see that the endpoint (OSSWEEP_ENDPOINT) is one of OSS's own",
            Scope.JOB,
        )
    return unquote(text, errors="strict")
