"""The local OSS lets in who signs rightly, and names the reason to everybody else."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone

import alibabacloud_oss_v2
import oss2
import pytest
from alibabacloud_oss_v2.signer import SignerV4
from alibabacloud_oss_v2.types import HttpRequest, SigningContext

from localcloud.clients import call, oss2_bucket
from localcloud.oss import LocalOss

LISTING = "/examplebucket/?prefix=a%2F"


def oss2_with(oss: LocalOss, auth: object, region: str | None = None) -> oss2.Bucket:
    return oss2.Bucket(auth, oss.endpoint, "examplebucket", region=region or oss.region)


def code_of(ask: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        ask()
    return caught.value.status, caught.value.code


def signed_by_the_second_sdk(
    oss: LocalOss,
    moment: datetime | None = None,
    headers: Mapping[str, str] | None = None,
    also_signed: Collection[str] = (),
) -> dict[str, str]:
    """The headers of a listing of a/, signed at a moment of one's choice."""
    own = oss.credentials
    request = HttpRequest("GET", oss.endpoint + LISTING, headers=dict(headers or {}))
    SignerV4().sign(
        SigningContext(
            product="oss",
            region=oss.region,
            bucket="examplebucket",
            request=request,
            credentials=alibabacloud_oss_v2.credentials.Credentials(
                own.access_key_id, own.access_key_secret
            ),
            signing_time=moment,
            additional_headers=set(also_signed),
        )
    )
    return dict(request.headers)


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_the_permanent_key_may_sign_with_either_version(oss: LocalOss, version: str) -> None:
    """V1 and V4 in the header."""
    own = oss.credentials
    auth = oss2.make_auth(own.access_key_id, own.access_key_secret, version)
    assert oss2_with(oss, auth).list_objects().status == 200


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_temporary_key_signs_with_its_token(oss: LocalOss, version: str) -> None:
    """As a function's role does."""
    own = oss.temporary_credentials
    auth = oss2.StsAuth(own.access_key_id, own.access_key_secret, own.security_token, version)
    assert oss2_with(oss, auth).list_objects().status == 200


@pytest.mark.parametrize("version", ["v1", "v4"])
@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_temporary_key_is_nothing_without_its_token(
    oss: LocalOss, version: str, token: str | None
) -> None:
    """Nor with another."""
    own = oss.temporary_credentials
    auth = oss2.StsAuth(own.access_key_id, own.access_key_secret, token, version)
    assert code_of(oss2_with(oss, auth).list_objects) == (403, "InvalidSecurityToken")


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_an_unknown_key_is_refused(oss: LocalOss, version: str) -> None:
    """By its id."""
    auth = oss2.make_auth("nobody", oss.credentials.access_key_secret, version)
    assert code_of(oss2_with(oss, auth).list_objects) == (403, "InvalidAccessKeyId")


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_a_wrong_secret_is_refused(oss: LocalOss, version: str) -> None:
    """The signature does not match."""
    auth = oss2.make_auth(oss.credentials.access_key_id, "wrong", version)
    assert code_of(oss2_with(oss, auth).list_objects) == (403, "SignatureDoesNotMatch")


def test_an_unsigned_request_is_refused(oss: LocalOss) -> None:
    """The bucket is private."""
    bucket = oss2_with(oss, oss2.AnonymousAuth())
    assert code_of(bucket.list_objects) == (403, "AccessDenied")


def test_a_refused_request_does_nothing(oss: LocalOss) -> None:
    """Above all no deletion."""
    oss.fill("examplebucket", ["a"])
    bucket = oss2_with(oss, oss2.AuthV4(oss.credentials.access_key_id, "wrong"))
    code_of(lambda: bucket.delete_object("a"))
    code_of(lambda: bucket.batch_delete_objects(["a"]))
    assert oss.keys("examplebucket") == ["a"]


def test_a_v4_signature_is_for_one_region(oss: LocalOss) -> None:
    """That of the bucket."""
    own = oss.credentials
    auth = oss2.AuthV4(own.access_key_id, own.access_key_secret)
    bucket = oss2_with(oss, auth, "cn-beijing")
    assert code_of(bucket.list_objects) == (400, "InvalidArgument")


@pytest.mark.parametrize(("minutes", "status"), [(-14, 200), (14, 200), (-16, 403), (16, 403)])
def test_a_signature_is_good_for_a_quarter_of_an_hour(
    oss: LocalOss, minutes: int, status: int
) -> None:
    """Before and after."""
    moment = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    answer = call(oss, "GET", LISTING, headers=signed_by_the_second_sdk(oss, moment))
    too_skewed = b"<Code>RequestTimeTooSkewed</Code>" in answer.body
    assert (answer.status, too_skewed) == (status, status == 403)


@pytest.mark.parametrize(("colour", "status"), [("blue", 200), ("red", 403)])
def test_a_signature_covers_the_headers_it_names(oss: LocalOss, colour: str, status: int) -> None:
    """Beside those it always covers."""
    headers = signed_by_the_second_sdk(oss, None, {"colour": "blue"}, {"colour"})
    answer = call(oss, "GET", LISTING, headers={**headers, "colour": colour})
    assert answer.status == status


def test_a_signature_is_of_the_day_it_names(oss: LocalOss) -> None:
    """The key is derived for one day."""
    headers = signed_by_the_second_sdk(oss)
    day = headers["x-oss-date"][:8]
    headers["Authorization"] = headers["Authorization"].replace(f"/{day}/", "/20240101/")
    assert call(oss, "GET", LISTING, headers=headers).status == 400


def test_a_signature_covers_the_query(oss: LocalOss) -> None:
    """A changed parameter makes another request."""
    oss.fill("examplebucket", ["a"])
    url = oss2_bucket(oss, "examplebucket").sign_url("GET", "a", 60, params={"x": "1"})
    target = url.removeprefix(oss.endpoint)
    changed = target.replace("x=1", "x=2")
    assert (call(oss, "GET", target).status, call(oss, "GET", changed).status) == (200, 403)


@pytest.mark.parametrize("key", ["a", "a b/+&?=%\N{PILE OF POO}\n"])
def test_a_presigned_address_opens_one_object(oss: LocalOss, key: str) -> None:
    """With no header."""
    oss.fill("examplebucket", {key: b"content"})
    url = oss2_bucket(oss, "examplebucket").sign_url("GET", key, 60)
    answer = call(oss, "GET", url.removeprefix(oss.endpoint))
    assert (answer.status, answer.body) == (200, b"content")


def test_a_presigned_address_carries_the_token(oss: LocalOss) -> None:
    """In the query."""
    oss.fill("examplebucket", ["a"])
    bucket = oss2_bucket(oss, "examplebucket", oss.temporary_credentials)
    target = bucket.sign_url("GET", "a", 60).removeprefix(oss.endpoint)
    assert call(oss, "GET", target).status == 200


def test_a_presigned_address_is_for_one_method(oss: LocalOss) -> None:
    """One to read does not delete."""
    oss.fill("examplebucket", ["a"])
    url = oss2_bucket(oss, "examplebucket").sign_url("GET", "a", 60)
    answer = call(oss, "DELETE", url.removeprefix(oss.endpoint))
    assert (answer.status, oss.keys("examplebucket")) == (403, ["a"])


def test_a_presigned_address_expires(oss: LocalOss) -> None:
    """Here one that expired before it was made, which oss2 does not mind."""
    url = oss2_bucket(oss, "examplebucket").sign_url("GET", "a", -60)
    assert call(oss, "GET", url.removeprefix(oss.endpoint)).status == 400


@pytest.mark.parametrize(
    "authorization",
    [
        "OSS4-HMAC-SHA256 nonsense",
        "OSS4-HMAC-SHA256 Credential=LTAI-local/20240101/cn-hangzhou/s3/aws4_request,Signature=0",
        "OSS LTAI-local",
        "OSS",
        "Basic bG9jYWw6bG9jYWw=",
        "AWS4-HMAC-SHA256 Credential=LTAI-local/20240101/cn-hangzhou/s3/aws4_request",
    ],
)
def test_a_broken_authorization_is_refused(oss: LocalOss, authorization: str) -> None:
    """With a document, not with a crash."""
    answer = call(oss, "GET", "/examplebucket/", headers={"Authorization": authorization})
    assert (answer.status in (400, 403), b"<Error>\n  <Code>" in answer.body) == (True, True)


def test_anybody_is_told_that_a_bucket_is_missing(oss: LocalOss) -> None:
    """Before it is looked at who asks: the vendor's tests of its second SDK rely on it."""
    headers = {"Authorization": "OSS nobody:nothing"}
    answers = [
        call(oss, method, target, headers=headers)
        for method, target in (("GET", "/missing/"), ("DELETE", "/missing/a"))
    ]
    assert [answer.status for answer in answers] == [404, 404]
    assert all(b"<Code>NoSuchBucket</Code>" in answer.body for answer in answers)
