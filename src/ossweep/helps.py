"""Help against errors: a sentence for each known code, of OSS's or of a connection's."""

from __future__ import annotations

_REACH = (
    "see that OSSWEEP_ENDPOINT names OSS's endpoint in the bucket's region, and that the "
    "function's network reaches it"
)
_HURRY = "OSS asks for fewer requests: go on later, or set a lower OSSWEEP_MAX_RATE"
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
    "TotalQpsLimitExceeded": _HURRY,
    "PartitionQpsLimitted": _HURRY,
    "MetaOperationQpsLimitExceeded": _HURRY,
    "ActiveRequestLimitExceeded": _HURRY,
    "CpuLimitExceeded": _HURRY,
    "DownloadTrafficRateLimitExceeded": _HURRY,
    "UploadTrafficRateLimitExceeded": _HURRY,
    "ServiceUnavailable": _HURRY,
    "InternalError": "the trouble is OSS's own: go on later",
    "RequestTimeTooSkewed": (
        "after such a refusal requests are signed by the time that OSS tells; where it comes "
        "again, see what answers at OSSWEEP_ENDPOINT"
    ),
    "AccessDenied": (
        "see that the role's policy allows it for this bucket and these keys (oss:ListObjects to "
        "list, oss:DeleteObject to delete, oss:GetObject and oss:PutObject too for the jobs' state "
        "and request files; .ram/ shows all), and that no policy of the bucket's denies it"
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


def with_help(sentence: str, code: str) -> str:
    """Return a sentence with the help against a code, where there is any."""
    helps = _GATEWAY if code.startswith("HTTP ") else HELPS.get(code)
    return sentence if helps is None else f"{sentence}; {helps}"
