"""Each fault of the local OSS does what it says, to the requests it is meant for."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor

import oss2
import pytest
import requests

from localcloud.arrivals import Request
from localcloud.clients import Response, oss2_bucket, signed_call
from localcloud.faults import (
    Before,
    CutBody,
    CutXml,
    DateShift,
    Dead,
    ErrorInside200,
    Expired,
    Fault,
    Latency,
    LoseFromAnswer,
    NoDate,
    Refuse,
    Reset,
    Trickle,
    Withhold,
)
from localcloud.oss import LocalOss
from localcloud.signature import Credentials


def code_of(response: Response) -> tuple[int, str]:
    code = response.body.partition(b"<Code>")[2].partition(b"</Code>")[0]
    return response.status, code.decode()


def listing(oss: LocalOss) -> Response:
    return signed_call(oss, "GET", "examplebucket")


def deletion(oss: LocalOss, key: str = "a") -> Response:
    return signed_call(oss, "DELETE", "examplebucket", key)


def test_a_refusal_is_an_error_document(oss: LocalOss) -> None:
    """And nothing is done."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(Refuse(503, "ServiceUnavailable", "Thread pool is almost full"))
    assert (code_of(deletion(oss)), oss.keys("examplebucket")) == (
        (503, "ServiceUnavailable"),
        ["a"],
    )


def test_a_refusal_may_end_after_some_times(oss: LocalOss) -> None:
    """Two, and the third goes through."""
    oss.misbehave(Refuse(503, "ServiceUnavailable", times=2))
    assert [listing(oss).status for _ in range(3)] == [503, 503, 200]


def test_faults_with_times_follow_each_other(oss: LocalOss) -> None:
    """The second waits until the first is used up."""
    oss.misbehave(Refuse(503, "ServiceUnavailable", times=1))
    oss.misbehave(Refuse(500, "InternalError", times=1))
    assert [listing(oss).status for _ in range(3)] == [503, 500, 200]


def test_a_fault_may_be_for_some_operations(oss: LocalOss) -> None:
    """One by name, or several."""
    oss.misbehave(Refuse(503, "ServiceUnavailable", operation="list"))
    oss.misbehave(Refuse(500, "InternalError", operation=("delete", "put")))
    put = signed_call(oss, "PUT", "examplebucket", "a", body=b"x")
    get = signed_call(oss, "GET", "examplebucket", "a")
    seen = [listing(oss).status, deletion(oss).status, put.status, get.status]
    assert seen == [503, 500, 500, 404]


def chances(oss: LocalOss, seed: int) -> list[int]:
    oss.behave()
    oss.misbehave(Refuse(503, "ServiceUnavailable", probability=0.5, seed=seed))
    return [listing(oss).status for _ in range(20)]


def test_chance_can_be_repeated(oss: LocalOss) -> None:
    """By its seed, and it is chance."""
    first, again, other = chances(oss, 1), chances(oss, 1), chances(oss, 2)
    assert (first == again, first == other, set(first)) == (True, False, {200, 503})


def test_times_are_counted_across_threads(oss: LocalOss) -> None:
    """Ten of forty, however they interleave."""
    oss.misbehave(Refuse(503, "ServiceUnavailable", times=10))
    with ThreadPoolExecutor(8) as pool:
        seen = sorted(pool.map(lambda _: listing(oss).status, range(40)))
    assert seen == [200] * 30 + [503] * 10


def test_a_refusal_of_keys_meets_the_requests_about_them(oss: LocalOss) -> None:
    """Alone and in a batch, which is refused as a whole."""
    oss.fill("examplebucket", ["a", "b"])
    oss.misbehave(Refuse(403, "AccessDenied", keys={"a"}))
    with pytest.raises(oss2.exceptions.AccessDenied):
        oss2_bucket(oss, "examplebucket").batch_delete_objects(["a", "b"])
    seen = (deletion(oss, "a").status, deletion(oss, "b").status, oss.keys("examplebucket"))
    assert seen == (403, 204, ["a"])


def test_the_keys_of_a_fault_may_be_a_rule(oss: LocalOss) -> None:
    """A function of the key."""
    oss.misbehave(Refuse(409, "FileImmutable", keys=lambda key: key.startswith("kept/")))
    assert (code_of(deletion(oss, "kept/a")), deletion(oss, "a").status) == (
        (409, "FileImmutable"),
        204,
    )


def test_a_withheld_key_is_neither_deleted_nor_named(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """How OSS reports that it failed to delete one of a batch; alone it can be deleted."""
    oss.fill("examplebucket", ["a", "b"])
    oss.misbehave(Withhold({"a"}))
    deleted = bucket.batch_delete_objects(["a", "b"]).deleted_keys
    left = oss.keys("examplebucket")
    bucket.delete_object("a")
    assert (deleted, left, oss.keys("examplebucket")) == (["b"], ["a"], [])


def test_a_batch_may_be_withheld_whole(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Its answer is a 200 that names nothing."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(Withhold(lambda key: True))
    deleted = bucket.batch_delete_objects(["a"]).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == ([], ["a"])


def test_a_key_lost_from_the_answer_is_deleted(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Though not named."""
    oss.fill("examplebucket", ["a", "b"])
    oss.misbehave(LoseFromAnswer({"a"}))
    deleted = bucket.batch_delete_objects(["a", "b"]).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == (["b"], [])


def test_withholding_some_times_counts_only_the_batches_it_meets(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
    """A batch without the key does not use it up."""
    oss.fill("examplebucket", ["a", "b"])
    oss.misbehave(Withhold({"a"}, times=1))
    named = [bucket.batch_delete_objects([key]).deleted_keys for key in ("b", "a", "a")]
    assert named == [["b"], [], ["a"]]


def test_an_error_may_hide_inside_a_200(oss: LocalOss) -> None:
    """And nothing is done."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(ErrorInside200("InternalError", "Please try again."))
    seen = (code_of(deletion(oss)), oss.keys("examplebucket"))
    assert seen == ((200, "InternalError"), ["a"])


@pytest.mark.parametrize(("fault", "left"), [(Reset(), ["a"]), (Reset("after"), [])], ids=repr)
def test_a_connection_is_reset(oss: LocalOss, fault: Fault, left: list[str]) -> None:
    """Before the deletion, or after it was carried out."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(fault)
    with pytest.raises(ConnectionResetError):
        deletion(oss)
    seen = (oss.keys("examplebucket"), [request.status for request in oss.requests])
    assert seen == (left, [None])


def test_oss2_calls_a_reset_connection_a_request_error(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """And does not try again."""
    oss.misbehave(Reset())
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.delete_object("a")
    assert oss.count("delete") == 1


def test_a_cut_body_ends_before_its_length(oss: LocalOss) -> None:
    """The connection is closed after so many bytes."""
    oss.misbehave(CutBody(20))
    with pytest.raises(http.client.IncompleteRead) as caught:
        listing(oss)
    assert len(caught.value.partial) == 20


def test_a_batch_with_a_cut_body_was_carried_out(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """What was deleted is unknown to the client."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(CutBody(20))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        bucket.batch_delete_objects(["a"])
    assert oss.keys("examplebucket") == []


def test_a_cut_document_has_the_length_it_says(oss: LocalOss) -> None:
    """Only the XML is broken."""
    oss.misbehave(CutXml(60))
    answer = listing(oss)
    seen = (answer.status, len(answer.body), answer.headers["content-length"])
    assert seen == (200, 60, "60")


def test_latency_comes_before_everything(oss: LocalOss) -> None:
    """At least as long as ordered."""
    oss.misbehave(Latency(0.2))
    began = time.monotonic()
    listing(oss)
    assert time.monotonic() - began >= 0.2


def test_a_trickling_body_arrives_whole(oss: LocalOss) -> None:
    """Each byte by itself."""
    oss.misbehave(Trickle(0.001))
    began = time.monotonic()
    answer = listing(oss)
    seen = (answer.body.endswith(b"</ListBucketResult>\n"), len(answer.body) > 200)
    assert (seen, time.monotonic() - began >= 0.2) == ((True, True), True)


@pytest.mark.parametrize("fault", [Trickle(30), Latency(30)], ids=repr)
def test_no_fault_outlives_the_server(fault: Fault) -> None:
    """A trickle, like any waiting, ends when the server stops."""
    with ThreadPoolExecutor(1) as pool:
        with LocalOss() as oss:
            oss.create_bucket("examplebucket")
            oss.misbehave(fault)
            asked = pool.submit(listing, oss)
            oss.wait_for("list")
            began = time.monotonic()
        stopped_within = time.monotonic() - began
        with pytest.raises((OSError, http.client.HTTPException)):
            asked.result(10)
    assert stopped_within < 10


def test_the_date_may_be_wrong(oss: LocalOss) -> None:
    """By so many seconds."""
    right = oss2.utils.http_to_unixtime(listing(oss).headers["date"])
    oss.misbehave(DateShift(-86_400))
    wrong = oss2.utils.http_to_unixtime(listing(oss).headers["date"])
    assert 86_390 <= right - wrong <= 86_410


def test_the_date_may_be_missing(oss: LocalOss) -> None:
    """The header is not there."""
    oss.misbehave(NoDate())
    assert "date" not in listing(oss).headers


def test_a_hook_runs_before_the_operation(oss: LocalOss) -> None:
    """So a test can put an object there in the middle of something."""
    seen: list[Request] = []

    def plant(request: Request) -> None:
        seen.append(request)
        oss.fill("examplebucket", ["new"])

    oss.misbehave(Before("list", plant, times=1))
    body = listing(oss).body
    operations = [request.operation for request in seen]
    assert (operations, b"<Key>new</Key>" in body) == (["list"], True)


def test_behaving_removes_every_fault(oss: LocalOss) -> None:
    """At once."""
    oss.misbehave(Refuse(503, "ServiceUnavailable"))
    oss.misbehave(Reset())
    oss.behave()
    assert listing(oss).status == 200


def test_resetting_leaves_nothing_behind(oss: LocalOss) -> None:
    """No bucket, no fault, no request."""
    oss.fill("examplebucket", ["a"])
    oss.misbehave(Refuse(503, "ServiceUnavailable"))
    listing(oss)
    oss.reset()
    assert (oss.requests, code_of(listing(oss))) == ([], (404, "NoSuchBucket"))


@pytest.mark.parametrize(("carried_out", "left"), [(True, []), (False, ["b"])])
def test_a_process_that_is_dead_is_heard_no_more(
    oss: LocalOss, *, carried_out: bool, left: list[str]
) -> None:
    """Its last request may still have been carried out; those of other keys go on."""
    oss.fill("examplebucket", ["a", "b", "c"])
    killed = oss2_bucket(oss, "examplebucket", oss.temporary_credentials)
    dead = Dead(oss.temporary_credentials.access_key_id, after=2, carried_out=carried_out)
    oss.misbehave(dead)

    killed.delete_object("a")
    for key in ("b", "c", "c"):
        with pytest.raises(oss2.exceptions.RequestError):
            killed.delete_object(key)

    assert oss.keys("examplebucket") == [*left, "c"]
    assert deletion(oss, "c").status == 204


def test_a_token_may_expire(oss: LocalOss) -> None:
    """Requests signed with its key are refused, and those of other keys are not."""
    oss.misbehave(Expired(oss.temporary_credentials.access_key_id))

    with pytest.raises(oss2.exceptions.ServerError, match="SecurityTokenExpired"):
        oss2_bucket(oss, "examplebucket", oss.temporary_credentials).delete_object("a")

    assert deletion(oss).status == 204


@pytest.mark.parametrize("version", ["V1", "V4", "presigned V4"])
def test_the_key_is_known_however_a_request_is_signed(oss: LocalOss, version: str) -> None:
    """In a header of either version, or in the query."""
    own = oss.credentials
    oss.misbehave(Expired(own.access_key_id))
    auth = (oss2.Auth if version == "V1" else oss2.AuthV4)(own.access_key_id, own.access_key_secret)
    bucket = oss2.Bucket(auth, oss.endpoint, "examplebucket", region=oss.region)

    def ask() -> object:
        if version == "presigned V4":
            return bucket.get_object_with_url(bucket.sign_url("GET", "a", 60))
        return bucket.delete_object("a")

    with pytest.raises(oss2.exceptions.ServerError, match="SecurityTokenExpired"):
        ask()


def test_more_keys_may_be_accepted_until_the_next_reset(oss: LocalOss) -> None:
    """So that each invocation can have its own."""
    own = Credentials("STS.another", "secret", "token")
    oss.add_credentials(own)
    assert oss2_bucket(oss, "examplebucket", own).delete_object("a").status == 204

    oss.reset()
    oss.create_bucket("examplebucket")
    with pytest.raises(oss2.exceptions.ServerError, match="InvalidAccessKeyId"):
        oss2_bucket(oss, "examplebucket", own).delete_object("a")
