"""Help against errors: a sentence for each known code, of OSS's or of a connection's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ossweep.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

_REACH = (
    "see that OSSWEEP_ENDPOINT names OSS's endpoint in the bucket's region, and that the "
    "function's network reaches it"
)
# By which OSS asks for fewer requests, or for patience.
_BUSY = (
    "TotalQpsLimitExceeded",
    "PartitionQpsLimitted",
    "MetaOperationQpsLimitExceeded",
    "ActiveRequestLimitExceeded",
    "CpuLimitExceeded",
    "DownloadTrafficRateLimitExceeded",
    "UploadTrafficRateLimitExceeded",
    "ServiceUnavailable",
)
_LATER = "OSS asks for fewer requests: go on later"
_ROLE = "see that the function has a role, and that nobody has deleted or disabled it"
_TOKEN = "send it again: each invocation is given new credentials"  # noqa: S105 - is none
_WHOLE = "see that the credentials are whole, and that OSSWEEP_REGION is right"
_ANOTHER = "see what answers at OSSWEEP_ENDPOINT: it is not OSS, or changes what OSS says"

# An answer without a code is named by its status, and is hardly OSS's.
_GATEWAY = (
    "such an answer has no code of OSS's: see what answers at OSSWEEP_ENDPOINT, a gateway or a "
    "proxy, and what that says of OSS"
)

HELPS = {
    "ConnectionError": _REACH,
    "ConnectTimeout": _REACH,
    "NameNotResolved": (
        "see that OSSWEEP_ENDPOINT, or the region, is written right, and that the function's "
        "network resolves names"
    ),
    "ReadTimeout": (
        "see that OSSWEEP_ENDPOINT is OSS's and that nothing on the way holds answers up; where "
        "OSS is only slow, raise the function's time limit"
    ),
    "SSLError": (
        "see that the endpoint speaks TLS; one that does not is written with http:// in "
        "OSSWEEP_ENDPOINT"
    ),
    "CertificateNotTrusted": (
        "see that OSSWEEP_ENDPOINT is a host of OSS's, and that nothing on the way answers instead"
    ),
    "InvalidURL": "write OSSWEEP_ENDPOINT as a host name, such as oss-cn-hangzhou.aliyuncs.com",
    "UnreadableAnswer": _ANOTHER,
    "Redirected": "set OSSWEEP_ENDPOINT to OSS's endpoint in the bucket's region",
    "NoDate": _ANOTHER,
    "EncodedAnswer": _ANOTHER,
    "ListingStuck": _ANOTHER,
    "ListingOutOfOrder": _ANOTHER,
    "TooLarge": (
        "see what answers at OSSWEEP_ENDPOINT, or who has written the request file or the state: "
        "neither OSS nor ossweep writes so much"
    ),
    **dict.fromkeys(_BUSY, f"{_LATER}, or set a lower OSSWEEP_MAX_RATE"),
    **dict.fromkeys(("HTTP 502", "HTTP 503", "HTTP 504"), _GATEWAY),
    "InternalError": "the trouble is OSS's own: go on later",
    "RequestTimeTooSkewed": (
        "after such a refusal requests are signed by the time that OSS tells; where it comes "
        "again, see what answers at OSSWEEP_ENDPOINT"
    ),
    "AccessDenied": (
        "see that the role's policy allows it for this bucket and these keys (oss:ListObjects to "
        "list, oss:DeleteObject to delete; .ram/ shows all), and that no policy of the bucket's "
        "denies it"
    ),
    "NoSuchBucket": "see the bucket's name, and that it lies in the endpoint's region",
    "InvalidBucketName": "see the bucket's name",
    "InvalidAccessKeyId": _ROLE,
    "SignatureDoesNotMatch": _WHOLE,
    "SecurityTokenNotSupported": _WHOLE,
    "SecurityTokenExpired": _TOKEN,
    "InvalidSecurityToken": _TOKEN,
    "UserDisable": "see in the console what the account owes, or why it is disabled",
    "FileImmutable": "a retention policy of the bucket's keeps such objects until it has run out",
    "FileAlreadyExists": "something is left in the directory: see why that stays",
    "KeyNotUtf8": "no answer of OSS can name such a key: delete it by a client that takes bytes",
    "NotDeleted": "OSS gives no reason: order the key once more, by its name",
    "BadRecord": "send the job's request anew, or, where the job applies a plan, plan anew",
    "NewerRecord": "deploy the version of ossweep that has written it",
    "StateTooLarge": "name fewer keys in one request",
    "VersioningSuspended": "the bucket's versions must be on, or never used (OSSWEEP_STATE)",
}

# Where a request is not about what is to be deleted, some codes ask for something else: no rate
# of deletions makes it rarer, and other permissions may be missing.
_BESIDE = dict.fromkeys(_BUSY, _LATER)
HELPS_OF_LISTINGS = _BESIDE  # no rate of deletions makes them fewer
HELPS_OF_TAGS = {
    "AccessDenied": (
        "see that the role's policy allows oss:GetObjectTagging of these keys (.ram/ shows all), "
        "and that no policy of the bucket's denies it"
    ),
}
HELPS_OF_CONSENT = {
    **_BESIDE,
    "AccessDenied": (
        "see that the role's policy allows oss:GetBucketTagging of this bucket (.ram/ shows all), "
        "and that no policy of the bucket's denies it"
    ),
}
HELPS_OF_STATE = {
    **_BESIDE,
    "AccessDenied": (
        "see that the role's policy allows oss:GetObject, oss:PutObject, oss:DeleteObject and "
        "oss:ListObjects there (.ram/ shows all), and that no policy of the bucket's denies it"
    ),
}
HELPS_OF_FILES = {  # that hold requests, and of their answers
    **_BESIDE,
    "AccessDenied": (
        "see that the role's policy allows oss:GetObject of request files and of their answers, "
        "and oss:PutObject of answers (.ram/ shows all), and that no policy of the bucket's denies "
        "it"
    ),
}

HELPS_OF_LISTS = {  # of what to delete
    **_BESIDE,
    "AccessDenied": (
        "see that the role's policy allows oss:GetObject of lists (.ram/ shows all), and that no "
        "policy of the bucket's denies it"
    ),
    "NoSuchKey": "see its name, and in which bucket it lies",
    "EncodedAnswer": "it was uploaded with a Content-Encoding: upload it without",
}

_REACH_FC = "see that the function's network reaches Function Compute (OSSWEEP_FC_ENDPOINT)"

# Help where the next invocation could not be called, by the codes of Function Compute or its
# clients.
HELPS_TO_HAND_OVER = {
    **dict.fromkeys(("Timeout", "RetryError", "ConnectionError", "ConnectTimeout"), _REACH_FC),
    "ReadTimeout": _REACH_FC,
    "Closed": "raise the function's time limit",
    "NotFunctionCompute": "see what answers at OSSWEEP_FC_ENDPOINT",
    "AccessDenied": (
        "see that the role's policy allows fc:InvokeFunction on the function itself, as .ram/ shows"
    ),
    "ResourceExhausted": (
        "Function Compute runs as many invocations as the account may have at once: go on later, "
        "or have that quota raised"
    ),
    "FunctionNotFound": "see that OSSWEEP_CARRIER and OSSWEEP_FC_ENDPOINT fit the function",
}


def with_help(sentence: str, code: str, helps: Mapping[str, str] = HELPS) -> str:
    """
    Return a sentence with the help against a code, where there is any.

    `helps` is what helps where the code was met; other codes mean the same anywhere.
    """
    anywhere = HELPS.get(code, _GATEWAY if code.startswith("HTTP ") else None)
    said = helps.get(code, anywhere)
    return sentence if said is None else f"{sentence}; {said}"


def met_at(place: str, error: StoreError, helps: Mapping[str, str]) -> StoreError:
    """Return an error that also says where it was met, and what helps there, or anywhere."""
    words = f"{error.words} - {place}" if error.words else place
    said = with_help(words, error.code, helps)
    return StoreError(error.code, said, error.scope, answered=error.answered)
