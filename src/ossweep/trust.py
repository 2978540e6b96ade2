"""Trust over TLS: the same authorities for OSS and for Function Compute."""

from __future__ import annotations

import json
import ssl
from functools import cache
from pathlib import Path

import certifi

from ossweep.causes import causes
from ossweep.errors import SettingsError


@cache
def authorities(named: tuple[str, ...] = ()) -> ssl.SSLContext:
    """
    Return a context that believes all the world's authorities and those in the files named.

    A name may be a directory's, as OpenSSL takes it. Reading all of the world's certificates anew
    would cost 20 ms. Raises SettingsError for a file without any.
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
    """Tell whether a certificate was not believed, however that is wrapped; it never will be."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in causes(error))
