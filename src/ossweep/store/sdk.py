"""The first import of oss2: without its noise, and without what ossweep does not use of it."""

from __future__ import annotations

import warnings

from ossweep.late import waiting

# Modules that oss2 2.19.1 and what it stands on import, and do not look into before they are used
# for what ossweep does not do. A name that is no longer imported does no harm here.
UNUSED = frozenset(
    {
        # client-side encryption (`oss2/utils.py`, `oss2/crypto.py`): ciphers, and a client of the
        # key management service with an HTTP library of its own
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
        # guesses at the encoding of a text, and cookies (`requests/compat.py`)
        "charset_normalizer",
        "http.cookiejar",
    }
)
# The library by whose sessions oss2 sends requests, unless it is given others (`transport.py`). It
# takes a dictionary from it beside them.
LEFT_OUT = frozenset({"requests"})

# A docstring of oss2 2.19.1 holds `\&`. Compiling it (no bytecode in the cache, a new Python) gives
# a warning, from 3.12 on in the function's log, with lines of the docstring.
with warnings.catch_warnings(), waiting(UNUSED, LEFT_OUT):
    warnings.filterwarnings("ignore", "invalid escape sequence", Warning, r".*\boss2.api$")
    import oss2

__all__ = ["oss2"]
