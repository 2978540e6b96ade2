"""What each error of OSS or of the connection is about."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import oss2
import pytest
import urllib3
from urllib3 import exceptions as failures
from urllib3.connection import HTTPSConnection

from ossweep.errors import Scope, StoreError
from ossweep.store.verdicts import (
    ForeignAnswerError,
    is_throttling,
    is_undecided,
    may_be_under_way,
    scope_of,
    verdict,
)

SECRETS = ("LTAI-someone", "Signature", "the-key", "examplebucket.oss")
URL = "/the-key?x-oss-credential=LTAI-someone&x-oss-signature=Signature"


def server_error(status: int, code: str, message: str = "Words.") -> oss2.exceptions.ServerError:
    details = {"Code": code, "Message": message} if code else {}
    return oss2.exceptions.ServerError(status, {}, b"", details)


def answered(status: int) -> oss2.exceptions.ServerError:
    headers = {"x-oss-request-id": "5F0000000000000000000000"}
    return oss2.exceptions.ServerError(status, headers, b"", {"Code": "Any"})


@pytest.mark.parametrize(
    ("status", "code", "scope"),
    [
        # OSS asks for fewer requests
        (503, "TotalQpsLimitExceeded", Scope.PASSING),
        (503, "PartitionQpsLimitted", Scope.PASSING),
        (503, "MetaOperationQpsLimitExceeded", Scope.PASSING),
        (503, "ActiveRequestLimitExceeded", Scope.PASSING),
        (503, "DownloadTrafficRateLimitExceeded", Scope.PASSING),
        (503, "UploadTrafficRateLimitExceeded", Scope.PASSING),
        (503, "CpuLimitExceeded", Scope.PASSING),
        (503, "ServiceUnavailable", Scope.PASSING),
        (400, "TotalQpsLimitExceeded", Scope.PASSING),
        # the moment is wrong
        (500, "InternalError", Scope.PASSING),
        (400, "RequestTimeout", Scope.PASSING),
        (400, "BadRequest", Scope.PASSING),
        (403, "RequestTimeTooSkewed", Scope.PASSING),
        (400, "InvalidDigest", Scope.PASSING),
        # this bucket has no such request
        (501, "NotImplemented", Scope.KEYS),
        (501, "", Scope.KEYS),
        # the status alone says so
        (401, "", Scope.PASSING),
        (408, "", Scope.PASSING),
        (429, "", Scope.PASSING),
        (500, "", Scope.PASSING),
        (502, "", Scope.PASSING),
        (599, "Unheard", Scope.PASSING),
        # the bucket or the credentials are wrong, whatever the status
        (404, "NoSuchBucket", Scope.JOB),
        (400, "InvalidBucketName", Scope.JOB),
        (403, "InvalidAccessKeyId", Scope.JOB),
        (403, "SignatureDoesNotMatch", Scope.JOB),
        (403, "SecurityTokenNotSupported", Scope.JOB),
        (403, "SecurityTokenExpired", Scope.JOB),
        (401, "InvalidSecurityToken", Scope.JOB),
        (403, "UserDisable", Scope.JOB),
        (500, "NoSuchBucket", Scope.JOB),
        (200, "NoSuchBucket", Scope.JOB),
        # the keys
        (403, "AccessDenied", Scope.KEYS),
        (409, "FileImmutable", Scope.KEYS),
        (400, "MalformedXML", Scope.KEYS),
        (400, "InvalidObjectName", Scope.KEYS),
        (404, "", Scope.KEYS),
        (301, "", Scope.KEYS),
        (499, "Unheard", Scope.KEYS),
        # an error inside of a 200
        (200, "AccessDenied", Scope.KEYS),
        (200, "FileImmutable", Scope.KEYS),
        (200, "MalformedXML", Scope.KEYS),
        (200, "InternalError", Scope.PASSING),
        (200, "Unheard", Scope.PASSING),
    ],
)
def test_an_answer_says_what_it_is_about(status: int, code: str, scope: Scope) -> None:
    """By its code, or else by its status."""
    error = verdict(server_error(status, code))

    assert (scope_of(status, code), error.scope) == (scope, scope)
    assert error.code == (code or f"HTTP {status}")
    assert (error.message, error.said) == ("", "Words." if code else "")


@pytest.mark.parametrize(
    ("status", "code", "throttles"),
    [
        (503, "PartitionQpsLimitted", True),
        (503, "", True),
        (429, "", True),
        (200, "ServiceUnavailable", True),
        (0, "TotalQpsLimitExceeded", True),
        (500, "InternalError", False),
        (403, "AccessDenied", False),
        (0, "ReadTimeout", False),
    ],
)
def test_throttling_is_told_by_status_or_code(status: int, code: str, throttles: bool) -> None:
    """A 500 is no wish for fewer requests."""
    assert is_throttling(status, code) is throttles


@pytest.mark.parametrize(
    ("status", "code", "request_id", "in_doubt"),
    [
        (503, "TotalQpsLimitExceeded", "6A5B", False),
        (503, "ServiceUnavailable", "6A5B", False),
        (503, "ServiceUnavailable", "", True),  # anybody's words
        (503, "", "6A5B", True),
        (503, "", "", True),
        (500, "InternalError", "6A5B", True),
        (502, "", "", True),
        (429, "", "", False),
        (501, "", "6A5B", False),
        (403, "AccessDenied", "6A5B", False),
    ],
)
def test_only_osss_own_quotas_leave_nothing_in_doubt_by_a_503(
    status: int, code: str, request_id: str, in_doubt: bool
) -> None:
    """A gateway that answers so may have lost the answer of an OSS that did as it was asked."""
    headers = {"x-oss-request-id": request_id} if request_id else {}
    error = oss2.exceptions.ServerError(status, headers, b"", {"Code": code} if code else {})

    assert is_undecided(error) is in_doubt


@pytest.mark.parametrize("code", ["ServiceUnavailable", "AccessDenied", "UnreadableKey", "Unheard"])
@pytest.mark.parametrize("scope", Scope)
def test_an_error_inside_a_200_leaves_all_in_doubt_whatever_its_code(
    code: str, scope: Scope
) -> None:
    """By its status it was accepted: a part of it may have been carried out before the error."""
    assert is_undecided(StoreError(code, "No.", scope))


@pytest.mark.parametrize(
    ("error", "is_under_way"),
    [
        (ConnectionResetError(), True),
        (answered(500), False),
        (answered(504), True),
        (server_error(503, ""), True),
        (StoreError("UnreadableAnswer", "No.", Scope.PASSING), False),
        (ForeignAnswerError("UnreadableAnswer", "No.", Scope.PASSING), True),
    ],
    ids=["cut off", "answered", "did not wait", "a gateway", "unreadable", "somebody else's"],
)
def test_a_request_may_be_under_way_if_oss_has_not_answered_it(
    error: Exception, *, is_under_way: bool
) -> None:
    """Whoever looks before it is carried out is shown what it is about to delete."""
    assert may_be_under_way(error) is is_under_way


@pytest.mark.parametrize("code", ["Redirected", "InvalidHeader"])
def test_a_request_that_never_reached_the_bucket_leaves_nothing_in_doubt(code: str) -> None:
    """Nor does a header that cannot be sent."""
    assert not is_undecided(StoreError(code, "No.", Scope.JOB))


@pytest.mark.parametrize("code", ["Redirected", "UnreadableAnswer"])
def test_an_answer_of_somebody_elses_decides_nothing(code: str) -> None:
    """It may stand for OSS's own, which came too late for whoever wrote it."""
    assert is_undecided(ForeignAnswerError(code, "No.", Scope.JOB))


def caused(error: Exception, cause: BaseException | None = None) -> Exception:
    """Return an error of urllib3's that has a cause."""
    error.__cause__ = cause
    return error


POOL: Any = urllib3.HTTPSConnectionPool("examplebucket.oss-cn-hangzhou.aliyuncs.com")
CONNECTION: Any = HTTPSConnection("examplebucket.oss-cn-hangzhou.aliyuncs.com")
LOST = "the connection failed or its answer did not arrive whole"
LATE = "nothing came in time"


@pytest.mark.parametrize(
    ("error", "cause", "code", "message"),
    [
        (
            failures.NewConnectionError(CONNECTION, URL),
            ConnectionRefusedError(111, "Connection refused"),
            "ConnectionError",
            "Connection refused",
        ),
        (
            failures.NameResolutionError(URL, CONNECTION, socket.gaierror(-2, "no")),
            socket.gaierror(-2, "Name or service not known"),
            "NameNotResolved",
            "Name or service not known",
        ),
        (
            failures.SSLError(ssl.SSLError("no")),
            ssl.SSLError(1, "certificate verify failed"),
            "SSLError",
            "certificate verify failed",
        ),
        (failures.ReadTimeoutError(POOL, URL, URL), TimeoutError(), "ReadTimeout", LATE),
        (failures.ConnectTimeoutError(CONNECTION, URL), None, "ConnectTimeout", LATE),
        (
            failures.ProtocolError("Connection aborted.", URL),
            ConnectionResetError(104, "Connection reset by peer"),
            "ConnectionError",
            "Connection reset by peer",
        ),
        (failures.ProtocolError(URL), None, "ConnectionError", LOST),
        (failures.DecodeError(URL), None, "ContentDecodingError", LOST),
        (ConnectionResetError(URL), None, "ConnectionError", LOST),
    ],
    ids=range(9),
)
def test_a_failed_connection_is_passing_and_names_no_key(
    error: Exception, cause: BaseException | None, code: str, message: str
) -> None:
    """The URL is in the words of urllib3, and not in the operating system's."""
    said = verdict(caused(error, cause))

    assert (said.code, said.message, said.scope) == (code, message, Scope.PASSING)
    assert not [secret for secret in SECRETS if secret in str(said)]


@pytest.mark.parametrize(
    "error",
    [failures.LocationValueError(URL), failures.LocationParseError(URL)],
    ids=lambda error: type(error).__name__,
)
def test_a_request_that_can_never_be_sent_ends_the_job(error: Exception) -> None:
    """No second try makes it better."""
    said = verdict(error)

    assert (said.code, said.message, said.scope) == ("InvalidURL", LOST, Scope.JOB)


def test_oss2s_own_complaint_ends_the_job() -> None:
    """It was raised before any request, and would be for every one."""
    said = verdict(oss2.exceptions.ClientError("the bucket name is wrong"))

    assert str(said) == 'ClientError: "ClientError: the bucket name is wrong"'
    assert said.scope is Scope.JOB


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("no"), AttributeError("status"), RecursionError("deep"), KeyError("Key")],
    ids=lambda error: type(error).__name__,
)
def test_an_unexpected_error_is_an_answer_that_could_not_be_read(error: Exception) -> None:
    """Another try may bring a better one, and no answer ends the invocation midway."""
    judged = verdict(error)

    assert (judged.code, judged.scope) == ("UnreadableAnswer", Scope.PASSING)
    assert (judged.message, judged.said) == (type(error).__name__, str(error))


def test_a_verdict_is_not_judged_again() -> None:
    """An answer that could not be read has its error already."""
    error = StoreError("UnreadableAnswer", "cut", Scope.PASSING)

    assert verdict(error) is error
    assert str(error) == "UnreadableAnswer: cut"


def test_an_endpoint_that_oss_names_is_about_the_job() -> None:
    """The bucket is reached elsewhere, whatever the code says of the keys."""
    details = {"Code": "AccessDenied", "Message": "Go.", "Endpoint": "oss-cn-beijing.aliyuncs.com"}

    told = verdict(oss2.exceptions.ServerError(403, {}, b"", details))

    assert (told.code, told.scope) == ("Redirected", Scope.JOB)
    assert told.words == (
        "the endpoint that OSS names is oss-cn-beijing.aliyuncs.com (OSSWEEP_ENDPOINT): "
        '"AccessDenied: Go."'
    )
