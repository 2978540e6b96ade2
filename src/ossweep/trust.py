"""Whom to believe over TLS: the same authorities for OSS and for Function Compute."""

from __future__ import annotations

import json
import ssl
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

from ossweep.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CAUSES = 30  # of an error; one may stand in a circle of others


@cache
def authorities(named: tuple[str, ...] = ()) -> ssl.SSLContext:
    """
    Return a context that believes all the world's authorities and those in the files named.

    A name may be a directory's, as OpenSSL takes it. To read all of the world's certificates anew
    would cost 20 ms. Raises SettingsError for a file in which there are none.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    for name in named:
        place = Path(name)
        try:
            if place.is_dir():
                context.load_verify_locations(capath=place)
            else:
                context.load_verify_locations(cafile=place)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"the certificates in {json.dumps(name)} (SSL_CERT_FILE or REQUESTS_CA_BUNDLE) "
                f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
            ) from None
    return context


def is_disbelieved(error: BaseException) -> bool:
    """Tell whether a certificate was not believed, whatever has wrapped that; none is next time."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps, however, as far as that goes."""
    left, seen = [error], 0
    while left and seen < MOST_CAUSES:
        each = left.pop()
        seen += 1
        yield each
        # urllib3 and requests hold what they wrap in their arguments, or as the `reason`.
        held = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        left += [inner for inner in held if isinstance(inner, BaseException)]
