"""DeleteMultipleObjects at the local OSS: its answer, its limits, its silence about failures."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import oss2
import pytest

from localcloud.clients import Response, oss2_bucket, signed_call
from localcloud.oss import LocalOss
from localcloud.version_ids import version_id


def digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def batch(oss: LocalOss, body: bytes, encoding: str = "url", md5: str | None = None) -> Response:
    query = {"delete": "", "encoding-type": encoding} if encoding else {"delete": ""}
    headers = {"Content-MD5": digest(body) if md5 is None else md5}
    return signed_call(oss, "POST", "examplebucket", query=query, headers=headers, body=body)


def refusal(response: Response) -> tuple[int, str]:
    code = response.body.partition(b"<Code>")[2].partition(b"</Code>")[0]
    return response.status, code.decode()


def test_a_batch_deletes_what_it_names(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """And names what it deleted."""
    oss.fill("examplebucket", ["a", "b", "c"])
    deleted = bucket.batch_delete_objects(["a", "c"]).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == (["a", "c"], ["b"])


def test_a_key_that_is_not_there_counts_as_deleted(bucket: oss2.Bucket) -> None:
    """As OSS answers it."""
    assert bucket.batch_delete_objects(["missing"]).deleted_keys == ["missing"]


def test_a_thousand_keys_go_in_a_batch(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """That is the most."""
    keys = [f"{number:04d}" for number in range(1000)]
    oss.fill("examplebucket", keys)
    deleted = bucket.batch_delete_objects(keys).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == (keys, [])


def test_a_thousand_and_one_keys_are_refused(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """All of them."""
    oss.fill("examplebucket", ["0"])
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.batch_delete_objects([str(number) for number in range(1001)])
    assert (caught.value.code, oss.keys("examplebucket")) == ("MalformedXML", ["0"])


def test_more_than_two_megabytes_are_refused(bucket: oss2.Bucket) -> None:
    """Which escaping can make of fewer than 1,000 keys."""
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.batch_delete_objects(["&" * 1023 + str(number) for number in range(450)])
    assert (caught.value.status, caught.value.code) == (400, "MalformedXML")


def test_two_megabytes_are_taken(oss: LocalOss) -> None:
    """To the byte."""
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    padded = body + b" " * (2 * 1024 * 1024 - len(body))
    assert (batch(oss, padded).status, batch(oss, padded + b" ").status) == (200, 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML",
        b"<Delete></Delete>",
        b"<Delete><Quiet>false</Quiet></Delete>",
        b"<Delete><Object></Object></Delete>",
        b"<Delete><Object><Key></Key></Object></Delete>",
        b"<Remove><Object><Key>a</Key></Object></Remove>",
        b"<Delete><Object><Key>a</Key></Object>",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"<Delete><Object><Key>&#55296;</Key></Object></Delete>",
    ],
)
def test_a_body_that_is_no_order_is_malformed(oss: LocalOss, body: bytes) -> None:
    """Nothing is deleted on a guess."""
    oss.fill("examplebucket", ["a"])
    answer = refusal(batch(oss, body))
    assert (answer, oss.keys("examplebucket")) == ((400, "MalformedXML"), ["a"])


def test_a_batch_needs_its_digest(oss: LocalOss) -> None:
    """Content-MD5 is required."""
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    answer = signed_call(oss, "POST", "examplebucket", query={"delete": ""}, body=body)
    assert refusal(answer) == (400, "MissingArgument")


def test_a_batch_with_a_wrong_digest_is_refused(oss: LocalOss) -> None:
    """It is not what the client sent."""
    oss.fill("examplebucket", ["a"])
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"
    answer = refusal(batch(oss, body, md5=digest(b"another")))
    assert (answer, oss.keys("examplebucket")) == ((400, "InvalidDigest"), ["a"])


def test_a_quiet_batch_is_answered_with_nothing(oss: LocalOss) -> None:
    """And carried out."""
    oss.fill("examplebucket", ["a", "b"])
    body = b"<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>"
    answer = batch(oss, body)
    seen = (answer.status, answer.body, oss.keys("examplebucket"))
    assert seen == (200, b"", ["b"])


def test_the_answer_is_encoded_only_on_request(oss: LocalOss) -> None:
    """The request's keys never are."""
    body = b"<Delete><Object><Key>a%20b &amp; c</Key></Object></Delete>"
    encoded = batch(oss, body).body
    plain = batch(oss, body, encoding="").body
    seen = (b"<Key>a%2520b%20%26%20c</Key>" in encoded, b"<Key>a%20b &amp; c</Key>" in plain)
    assert seen == (True, True)


def test_the_answer_has_no_namespace(oss: LocalOss) -> None:
    """With one, oss2 reads no deleted key and reports no error."""
    answer = batch(oss, b"<Delete><Object><Key>a</Key></Object></Delete>")
    assert (b"<DeleteResult>" in answer.body, b"xmlns" in answer.body) == (True, False)


def test_a_version_in_a_batch_is_not_taken_for_the_object(oss: LocalOss) -> None:
    """Where it is none of its own, nothing is deleted."""
    oss.fill("examplebucket", ["a"])
    named = version_id(1).encode()
    body = b"<Delete><Object><Key>a</Key><VersionId>%s</VersionId></Object></Delete>" % named
    assert (batch(oss, body).status, oss.keys("examplebucket")) == (200, ["a"])


def test_a_form_feed_may_stand_in_a_batch(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Though XML knows it as little as other control characters: oss2's own tests send one."""
    oss.fill("examplebucket", ["a\fb", "ab"])
    deleted = bucket.batch_delete_objects(["a\fb"]).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == (["a\fb"], ["ab"])


def test_listings_and_batches_may_overlap(oss: LocalOss) -> None:
    """Moto is not thread-safe: what is not locked fails here within a few requests."""
    keys = [f"{number:03d}" for number in range(400)]
    oss.fill("examplebucket", keys)

    def sweep(start: int) -> list[str]:
        mine = oss2_bucket(oss, "examplebucket")
        deleted: list[str] = []
        for at in range(start, len(keys), 40):
            mine.list_objects(max_keys=1000)
            deleted += mine.batch_delete_objects(keys[at : at + 5]).deleted_keys
        return deleted

    with ThreadPoolExecutor(8) as pool:
        deleted = [key for part in pool.map(sweep, range(0, 40, 5)) for key in part]
    assert (sorted(deleted), oss.keys("examplebucket")) == (keys, [])
