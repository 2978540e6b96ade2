"""The form of the local OSS's answers is that of OSS's own: element for element, line for line."""

import base64
import hashlib
import re
from urllib.parse import urlencode

import oss2
import pytest

from localcloud.clients import Response, call, signed_call
from localcloud.faults import Refuse
from localcloud.oss import LocalOss

BUCKET = "examplebucket"
AT = 1_700_000_000  # 2023-11-14T22:13:20Z
LISTED = {"p/a b": b"one", "p/c/d": b"two", "p/e": b"three"}
ENCODED = {"encoding-type": "url", "prefix": "p/"}


def document(answer: Response) -> str:
    """The body, with what differs from answer to answer left out."""
    text = answer.body.decode()
    text = re.sub(r"<RequestId>[0-9A-F]{24}<", "<RequestId>REQUEST<", text)
    text = re.sub(r"<HostId>127\.0\.0\.1:\d+<", "<HostId>HOST<", text)
    return re.sub(r">CAEQ[A-Za-z0-9._-]+<", ">ID<", text)


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest().upper()}"'


def test_a_listing_is_written_as_oss_writes_it(oss: LocalOss) -> None:
    """Two spaces a level, an element a line, a newline at the end, the owner in each row."""
    oss.fill(BUCKET, LISTED, modified=AT)
    query = {**ENCODED, "delimiter": "/", "marker": "p/!", "max-keys": "2"}
    assert (
        document(signed_call(oss, "GET", BUCKET, query=query))
        == f"""\
<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult>
  <Name>examplebucket</Name>
  <Prefix>p%2F</Prefix>
  <Marker>p%2F%21</Marker>
  <MaxKeys>2</MaxKeys>
  <Delimiter>%2F</Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated>
  <NextMarker>p%2Fc%2F</NextMarker>
  <Contents>
    <Key>p%2Fa%20b</Key>
    <LastModified>2023-11-14T22:13:20.000Z</LastModified>
    <ETag>{etag(b"one")}</ETag>
    <Type>Normal</Type>
    <Size>3</Size>
    <StorageClass>Standard</StorageClass>
    <Owner>
      <ID>1000000000000000</ID>
      <DisplayName>1000000000000000</DisplayName>
    </Owner>
  </Contents>
  <CommonPrefixes>
    <Prefix>p%2Fc%2F</Prefix>
  </CommonPrefixes>
</ListBucketResult>
"""
    )


def bucket_row(name: str) -> str:
    return f"""\
    <Bucket>
      <CreationDate>WHEN</CreationDate>
      <ExtranetEndpoint>ENDPOINT</ExtranetEndpoint>
      <IntranetEndpoint>ENDPOINT</IntranetEndpoint>
      <Location>oss-cn-hangzhou</Location>
      <Name>{name}</Name>
      <Region>cn-hangzhou</Region>
      <StorageClass>Standard</StorageClass>
    </Bucket>
"""


def buckets_document(oss: LocalOss, **query: str) -> str:
    text = call_of_service(oss, query).body.decode()
    text = re.sub(r"Endpoint>127\.0\.0\.1:\d+<", "Endpoint>ENDPOINT<", text)
    return re.sub(r"<CreationDate>[0-9-]{10}T[0-9:]{8}\.000Z<", "<CreationDate>WHEN<", text)


def call_of_service(oss: LocalOss, query: dict[str, str]) -> Response:
    request = oss2.http.Request("GET", oss.endpoint, params=query, region=oss.region)
    request.product = "oss"
    auth = oss2.AuthV4(oss.credentials.access_key_id, oss.credentials.access_key_secret)
    auth._sign_request(request, "", "")  # noqa: SLF001 as the clients do
    sent = {name: value for name, value in request.headers.items() if value is not None}
    return call(oss, "GET", f"/?{urlencode(query)}", headers=sent)


BUCKETS_OWNER = """\
  <Owner>
    <ID>1000000000000000</ID>
    <DisplayName>1000000000000000</DisplayName>
  </Owner>
"""


def test_buckets_are_listed_as_oss_lists_them(oss: LocalOss) -> None:
    """Where all of them are told, nothing is said of a page."""
    oss.create_bucket("another")

    assert buckets_document(oss) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult>\n'
        + BUCKETS_OWNER
        + f"  <Buckets>\n{bucket_row('another')}{bucket_row(BUCKET)}  </Buckets>\n"
        + "</ListAllMyBucketsResult>\n"
    )


@pytest.mark.parametrize("asked", [{"regions": ""}, {"tag-key": "a"}, {"publicAccessBlock": ""}])
def test_a_query_that_is_not_known_is_not_guessed(oss: LocalOss, asked: dict[str, str]) -> None:
    """Regions are no buckets, and a filter that is not known lets nothing through."""
    assert signed_call(oss, "GET", "", query=asked).status == 501


def test_a_page_of_buckets_says_where_the_next_one_begins(oss: LocalOss) -> None:
    """Before the owner, in the order of the vendor's samples."""
    for name in ("my-a", "my-b", "my-c", "other"):
        oss.create_bucket(name)
    query = {"prefix": "my", "marker": "my-a", "max-keys": "1"}

    assert buckets_document(oss, **query) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult>\n'
        "  <Prefix>my</Prefix>\n  <Marker>my-a</Marker>\n  <MaxKeys>1</MaxKeys>\n"
        "  <IsTruncated>true</IsTruncated>\n  <NextMarker>my-b</NextMarker>\n"
        + BUCKETS_OWNER
        + f"  <Buckets>\n{bucket_row('my-b')}  </Buckets>\n</ListAllMyBucketsResult>\n"
    )


def test_the_second_version_counts_keys_at_its_end(oss: LocalOss) -> None:
    """And has no owner, and tells after MaxKeys nothing of where it is."""
    oss.fill(BUCKET, LISTED, modified=AT)
    query = {**ENCODED, "list-type": "2", "start-after": "p/c/d", "max-keys": "1"}
    assert (
        document(signed_call(oss, "GET", BUCKET, query=query))
        == f"""\
<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult>
  <Name>examplebucket</Name>
  <Prefix>p%2F</Prefix>
  <StartAfter>p%2Fc%2Fd</StartAfter>
  <MaxKeys>1</MaxKeys>
  <Delimiter></Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>false</IsTruncated>
  <Contents>
    <Key>p%2Fe</Key>
    <LastModified>2023-11-14T22:13:20.000Z</LastModified>
    <ETag>{etag(b"three")}</ETag>
    <Type>Normal</Type>
    <Size>5</Size>
    <StorageClass>Standard</StorageClass>
  </Contents>
  <KeyCount>1</KeyCount>
</ListBucketResult>
"""
    )


def test_a_token_is_one_like_those_of_oss(oss: LocalOss) -> None:
    """A protocol buffer with the last key, in Base64 with `-` for its padding."""
    oss.fill(BUCKET, LISTED)
    query = {"list-type": "2", "max-keys": "1"}
    first = document(signed_call(oss, "GET", BUCKET, query=query))
    token = base64.b64encode(b"\n\x05p/a b\x10\x00").decode().replace("=", "-")
    assert f"  <NextContinuationToken>{token}</NextContinuationToken>\n  <Contents>" in first
    second = signed_call(oss, "GET", BUCKET, query={**query, "continuation-token": token})
    assert f"</Prefix>\n  <ContinuationToken>{token}</ContinuationToken>\n  <MaxKeys>" in document(
        second
    )


@pytest.mark.parametrize("length", [1, 127, 128, 1023])
def test_a_token_holds_any_key(oss: LocalOss, bucket: oss2.Bucket, length: int) -> None:
    """The longest, too."""
    oss.fill(BUCKET, ["\n" * length, "~"])
    token = bucket.list_objects_v2(max_keys=1).next_continuation_token
    rest = bucket.list_objects_v2(continuation_token=token).object_list
    assert [found.key for found in rest] == ["~"]


def test_versions_are_written_as_oss_writes_them(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Markers among them, the newest first; what was there before has the id null."""
    oss.fill(BUCKET, {"a b": b"one"}, modified=AT)
    oss.enable_versioning(BUCKET)
    bucket.delete_object("a b")
    body = document(
        signed_call(oss, "GET", BUCKET, query={"versions": "", **ENCODED, "prefix": ""})
    )
    body = re.sub(r">20\d\d-(?!11-14T22:13:20)[^<]*<", ">NOW<", body)
    assert (
        body
        == f"""\
<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult>
  <Name>examplebucket</Name>
  <Prefix></Prefix>
  <KeyMarker></KeyMarker>
  <VersionIdMarker></VersionIdMarker>
  <MaxKeys>100</MaxKeys>
  <Delimiter></Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>false</IsTruncated>
  <DeleteMarker>
    <Key>a%20b</Key>
    <VersionId>ID</VersionId>
    <IsLatest>true</IsLatest>
    <LastModified>NOW</LastModified>
    <Owner>
      <ID>1000000000000000</ID>
      <DisplayName>1000000000000000</DisplayName>
    </Owner>
  </DeleteMarker>
  <Version>
    <Key>a%20b</Key>
    <VersionId>null</VersionId>
    <IsLatest>false</IsLatest>
    <LastModified>2023-11-14T22:13:20.000Z</LastModified>
    <ETag>{etag(b"one")}</ETag>
    <Type>Normal</Type>
    <Size>3</Size>
    <StorageClass>Standard</StorageClass>
    <Owner>
      <ID>1000000000000000</ID>
      <DisplayName>1000000000000000</DisplayName>
    </Owner>
  </Version>
</ListVersionsResult>
"""
    )


def batch(oss: LocalOss, body: bytes) -> Response:
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    headers = {"Content-MD5": base64.b64encode(digest).decode()}
    query = {"delete": "", "encoding-type": "url"}
    return signed_call(oss, "POST", BUCKET, query=query, headers=headers, body=body)


def test_a_batch_is_answered_as_oss_answers_it(oss: LocalOss) -> None:
    """Where there are no versions, with keys alone."""
    body = b"<Delete><Object><Key>a/b</Key></Object><Object><Key>c d</Key></Object></Delete>"
    assert (
        document(batch(oss, body))
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<DeleteResult>
  <EncodingType>url</EncodingType>
  <Deleted>
    <Key>a%2Fb</Key>
  </Deleted>
  <Deleted>
    <Key>c%20d</Key>
  </Deleted>
</DeleteResult>
"""
    )


def test_a_batch_names_the_markers_it_made(oss: LocalOss) -> None:
    """And no version where none was asked for."""
    oss.enable_versioning(BUCKET)
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    assert (
        document(batch(oss, body))
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<DeleteResult>
  <EncodingType>url</EncodingType>
  <Deleted>
    <Key>a</Key>
    <DeleteMarker>true</DeleteMarker>
    <DeleteMarkerVersionId>ID</DeleteMarkerVersionId>
  </Deleted>
</DeleteResult>
"""
    )


def test_a_quiet_batch_has_no_body_and_no_type(oss: LocalOss) -> None:
    """Not even for keys that are there twice, or not at all."""
    keys = b"<Object><Key>a</Key></Object>" * 2
    answer = batch(oss, b"<Delete><Quiet>true</Quiet>%s</Delete>" % keys)
    assert (answer.status, answer.body, "content-type" in answer.headers) == (200, b"", False)


def test_a_refusal_is_written_as_oss_writes_it(oss: LocalOss) -> None:
    """With what it is about, its fine code, and where to read about that."""
    answer = signed_call(oss, "GET", BUCKET, "a")
    assert (answer.status, answer.headers["x-oss-ec"]) == (404, "0026-00000001")
    assert (
        document(answer)
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>NoSuchKey</Code>
  <Message>The specified key does not exist.</Message>
  <RequestId>REQUEST</RequestId>
  <HostId>HOST</HostId>
  <Key>a</Key>
  <EC>0026-00000001</EC>
  <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc>
</Error>
"""
    )


def test_a_fine_code_that_nobody_has_seen_is_not_invented(oss: LocalOss) -> None:
    """As some of OSS's own refusals have none."""
    answer = signed_call(oss, "PUT", BUCKET, "/a")
    seen = (answer.status, b"<EC>" in answer.body, "x-oss-ec" in answer.headers)
    assert seen == (400, False, False)


def test_refusals_have_the_fine_codes_of_oss(oss: LocalOss) -> None:
    """By which its support finds the cause."""
    missing = signed_call(oss, "GET", "missing")
    named = signed_call(oss, "PUT", "Not-A-Name")
    digest = signed_call(oss, "PUT", BUCKET, "a", headers={"Content-MD5": "A" * 22 + "=="})
    unknown = call(oss, "GET", "/", headers={"Authorization": "OSS nobody:x"})
    fine = [answer.headers.get("x-oss-ec") for answer in (missing, named, digest, unknown)]
    assert fine == ["0015-00000101", "0015-00000001", "0017-00000503", "0002-00000002"]
    assert b"<BucketName>missing</BucketName>" in missing.body
    assert b"<BucketName>Not-A-Name</BucketName>" in named.body
    assert b"<Content-MD5>AAAAAAAAAAAAAAAAAAAAAA==</Content-MD5>" in digest.body
    assert b"<OSSAccessKeyId>nobody</OSSAccessKeyId>" in unknown.body


def test_a_refusal_that_was_ordered_looks_like_any_other(oss: LocalOss) -> None:
    """With its fine code, so that what tests see is what OSS would have said."""
    oss.misbehave(Refuse(409, "FileImmutable", operation="delete"))
    answer = signed_call(oss, "DELETE", BUCKET, "a")
    assert (answer.status, answer.headers["x-oss-ec"]) == (409, "0026-00000202")


def test_an_answer_says_how_long_it_took(oss: LocalOss) -> None:
    """In whole milliseconds; but for a bucket that is not there, which OSS knows at the door."""
    answers = [signed_call(oss, "GET", BUCKET, key) for key in ("", "missing")]
    assert all(answer.headers["x-oss-server-time"].isdecimal() for answer in answers)
    assert "x-oss-server-time" not in signed_call(oss, "GET", "missing").headers


def test_other_documents_have_the_same_form(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """A copy's answer, the versioning, the place."""
    oss.fill(BUCKET, {"a": b"one"})
    copied = signed_call(
        oss, "PUT", BUCKET, "b", headers={"x-oss-copy-source": f"/{BUCKET}/a"}
    ).body.decode()
    never = signed_call(oss, "GET", BUCKET, query={"versioning": ""}).body.decode()
    oss.enable_versioning(BUCKET)
    enabled = signed_call(oss, "GET", BUCKET, query={"versioning": ""}).body.decode()
    place = signed_call(oss, "GET", BUCKET, query={"location": ""}).body.decode()

    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    assert re.fullmatch(
        rf"{re.escape(declared)}<CopyObjectResult>\n  <ETag>{etag(b'one')}</ETag>\n"
        r"  <LastModified>[\dT:-]+\.000Z</LastModified>\n</CopyObjectResult>\n",
        copied,
    )
    assert never == f"{declared}<VersioningConfiguration>\n</VersioningConfiguration>\n"
    assert enabled == (
        f"{declared}<VersioningConfiguration>\n  <Status>Enabled</Status>\n"
        "</VersioningConfiguration>\n"
    )
    assert place == f"{declared}<LocationConstraint>oss-cn-hangzhou</LocationConstraint>\n"
