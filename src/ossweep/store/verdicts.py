"""
Verdicts on OSS's errors: which are worth another try, and what the others are about.

Sources: the vendor's page "HTTP 503 status code" (Developer Guide, Troubleshooting) for the codes
of throttling; the vendor's SDK V2, `retry/error_retryable.py`, for the statuses and codes that are
tried again; the SDK for Java, `OSSErrorCode.java`, for the codes of credentials.
"""

from __future__ import annotations

import re

import oss2.exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from ossweep.causes import system_words
from ossweep.errors import Scope, StoreError, quoted
from ossweep.trust import is_disbelieved

REDIRECTED = "Redirected"  # what OSS means where it names another endpoint, whatever its code is
PARTITION = "PartitionQpsLimitted"  # 2,000 a second on sequential names; the spelling is OSS's

# OSS asks for fewer requests or for patience.
THROTTLED = frozenset(
    {
        "TotalQpsLimitExceeded",  # the account's 10,000 operations a second
        PARTITION,
        "MetaOperationQpsLimitExceeded",
        "ActiveRequestLimitExceeded",
        "DownloadTrafficRateLimitExceeded",
        "UploadTrafficRateLimitExceeded",
        "CpuLimitExceeded",
        "ServiceUnavailable",  # "Thread pool is almost full"
    }
)

PASSING_CODES = THROTTLED | {
    "InternalError",
    "RequestTimeout",
    "BadRequest",  # the SDK V2 tries it again
    "RequestTimeTooSkewed",  # the SDK V2 tries it again
    "InvalidDigest",  # the body was damaged on its way
}

NOT_IMPLEMENTED = 501  # a batch in a bucket that has none: one by one its keys may go

_NOT_WAITED = frozenset({502, 504})  # statuses: the answer of whoever OSS's own did not reach
_NEVER_DONE = frozenset({REDIRECTED, "InvalidHeader"})  # the bucket was not reached at all

PASSING_STATUSES = frozenset({401, 408, 429})  # and 500 and above; from the SDK V2

# The bucket or the credentials are wrong: no other key and no other moment will change that.
JOB_CODES = frozenset(
    {
        "NoSuchBucket",
        "InvalidBucketName",
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "SecurityTokenNotSupported",
        "SecurityTokenExpired",
        "InvalidSecurityToken",
        "UserDisable",
    }
)

_BELIEVED = (
    "believed are the world's authorities, and those in the files that SSL_CERT_FILE and"
    " REQUESTS_CA_BUNDLE name"
)

_HOST = re.compile(r"[A-Za-z0-9.-]{1,255}(?::[0-9]{1,5})?")

# The names of failed connections; urllib3's are those of its classes. Order counts.
_CONNECTIONS: dict[type[Exception], str] = {
    NameResolutionError: "NameNotResolved",
    NewConnectionError: "ConnectionError",
    ConnectTimeoutError: "ConnectTimeout",
    ReadTimeoutError: "ReadTimeout",
    SSLError: "SSLError",
    DecodeError: "ContentDecodingError",
    LocationValueError: "InvalidURL",
    Exception: "ConnectionError",
}


def scope_of(status: int, code: str) -> Scope:
    """
    Tell what an answer of OSS's is about.

    An error inside a 200 has no status to judge by. If its code is not known either, it counts as
    passing, and its keys stay to be done when their attempts are over.
    """
    if code in JOB_CODES:
        return Scope.JOB
    if status == NOT_IMPLEMENTED:
        return Scope.KEYS  # this kind of bucket has no such request, at no other moment either
    if code in PASSING_CODES or status in PASSING_STATUSES or status >= 500:  # noqa: PLR2004
        return Scope.PASSING
    if status // 100 == 2 and code not in {"AccessDenied", "FileImmutable", "MalformedXML"}:  # noqa: PLR2004
        return Scope.PASSING
    return Scope.KEYS


class ForeignAnswerError(StoreError):
    """An answer that OSS cannot have written; whoever did may not have waited for OSS."""


def is_throttling(status: int, code: str) -> bool:
    """Tell whether fewer requests are asked for, by OSS or by something before it."""
    return code in THROTTLED or status in {429, 503}


def is_undecided(error: Exception) -> bool:
    """
    Tell whether a request that ended with this error may have been carried out all the same.

    A request that OSS's quotas refused was not, where the answer's status says so. An error inside
    a 200, or a 200 that nobody can read, may come after a part was done, whatever its code. A
    gateway's 503 tells nothing of what OSS has done.
    """
    if isinstance(error, ForeignAnswerError):
        return True
    if isinstance(error, StoreError):
        return error.code not in _NEVER_DONE
    if isinstance(error, oss2.exceptions.ServerError):
        if error.status < 500 or error.status == NOT_IMPLEMENTED:  # noqa: PLR2004
            return False
        return not (error.request_id and error.code in THROTTLED)
    if is_disbelieved(error):
        return False  # nobody was told anything
    return not isinstance(error, NewConnectionError | ConnectTimeoutError | LocationValueError)


def may_be_under_way(error: Exception) -> bool:
    """
    Tell whether OSS may still carry out the request that ended with this error.

    Nobody has answered, or somebody who did not wait for OSS: a gateway, which names no request.
    """
    if isinstance(error, ForeignAnswerError):
        return True
    if isinstance(error, oss2.exceptions.ServerError):
        return not error.request_id or error.status in _NOT_WAITED
    return isinstance(error, OSError | HTTPError)


def verdict(error: Exception) -> StoreError:
    """Turn what oss2 or urllib3 raised into an error that says what it is about."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, oss2.exceptions.ServerError):
        code = error.code or f"HTTP {error.status}"
        endpoint = error.details.get("Endpoint")
        if endpoint:
            # OSS names the bucket's own endpoint: it has nothing to do with any key.
            words = f"the endpoint that OSS names is {_host(endpoint)} (OSSWEEP_ENDPOINT)"
            said = f"{code}: {error.message}"
            return StoreError(REDIRECTED, words, Scope.JOB, said=said)
        return StoreError(code, "", scope_of(error.status, error.code), said=error.message or "")
    if isinstance(error, oss2.exceptions.OssError):  # oss2's own complaint, before any request
        return StoreError(type(error).__name__, "", Scope.JOB, said=str(error.body))
    if not isinstance(error, OSError | HTTPError):
        kind, said = type(error).__name__, str(error)
        return StoreError("UnreadableAnswer", kind, Scope.PASSING, said=said)
    return _unanswered(error)


def _host(name: str) -> str:
    """Return the name of a host as it is, and any other text in quotation marks."""
    return name if _HOST.fullmatch(name) else quoted(name)


def _unanswered(error: Exception) -> StoreError:
    """Return the error of a connection that failed; a certificate's failure is for good."""
    code = next(name for kind, name in _CONNECTIONS.items() if isinstance(error, kind))
    if is_disbelieved(error):
        words = f"{_cause(error)}; {_BELIEVED}"
        return StoreError("CertificateNotTrusted", words, Scope.JOB, answered=False)
    # No second try repairs a URL.
    final = isinstance(error, LocationValueError)
    scope = Scope.JOB if final else Scope.PASSING
    return StoreError(code, _cause(error), scope, answered=False)


def _cause(error: BaseException) -> str:
    """
    Return the words of the operating system behind a failed connection.

    urllib3's own words may hold the request's URL, and with it the key.
    """
    if words := system_words(error):
        return words
    if isinstance(error, ReadTimeoutError | ConnectTimeoutError):
        return "nothing came in time"
    return "the connection failed or its answer did not arrive whole"
