"""The local OSS through oss2, unmodified: objects and buckets."""

import oss2
import pytest

from localcloud.clients import call, oss2_bucket, signed_call
from localcloud.moto_store import Traits
from localcloud.oss import LocalOss

HOST = "examplebucket.oss-cn-hangzhou.aliyuncs.com"


def test_an_object_comes_back_as_it_was_put(bucket: oss2.Bucket) -> None:
    """Bytes, type and the user's own metadata survive."""
    bucket.put_object("a", b"bytes", {"Content-Type": "text/x", "x-oss-meta-colour": "blue"})
    found = bucket.get_object("a")
    seen = (found.read(), found.headers["Content-Type"], found.headers["x-oss-meta-colour"])
    assert seen == (b"bytes", "text/x", "blue")


def test_an_object_has_an_upper_case_md5_as_its_etag(bucket: oss2.Bucket) -> None:
    """Unlike S3's."""
    bucket.put_object("a", b"")
    assert bucket.head_object("a").etag == "D41D8CD98F00B204E9800998ECF8427E"


CRC64 = "x-oss-hash-crc64ecma"


def test_an_object_that_was_put_has_a_checksum(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """CRC-64 of ECMA-182 as a number, by which oss2 checks both ways; 9 digits have this one."""
    put = bucket.put_object("a", b"123456789")
    got = bucket.get_object("a")

    assert got.read() == b"123456789"
    assert (put.crc, got.server_crc, got.client_crc) == 3 * (11051210869376104954,)
    headers = signed_call(oss, "HEAD", "examplebucket", "a").headers
    assert headers[CRC64] == "11051210869376104954"
    assert not [name for name in headers if name.startswith("x-oss-meta")]


def test_a_part_of_an_object_comes_with_the_checksum_of_the_whole(oss: LocalOss) -> None:
    """So a client that asks for a part does not compare."""
    oss2_bucket(oss, "examplebucket").put_object("a", b"123456789")

    part = signed_call(oss, "GET", "examplebucket", "a", headers={"Range": "bytes=0-1"})

    assert (part.status, part.body, part.headers[CRC64]) == (206, b"12", "11051210869376104954")


@pytest.mark.parametrize("directive", ["REPLACE", "Replace", "replace"])
def test_a_copy_may_have_metadata_of_its_own(
    oss: LocalOss, bucket: oss2.Bucket, directive: str
) -> None:
    """However the directive is written."""
    bucket.put_object("a", b"bytes", {"Content-Language": "zh-CN"})
    bucket.copy_object(
        "examplebucket",
        "a",
        "b",
        {"x-oss-metadata-directive": directive, "Content-Type": "text/x"},
    )

    old, new = bucket.head_object("a").headers, bucket.head_object("b").headers

    assert (old["Content-Language"], new.get("Content-Language")) == ("zh-CN", None)
    assert new["Content-Type"] == "text/x"


@pytest.mark.parametrize("directive", ["COPY", "REPLACE"])
def test_a_copy_has_the_checksum_of_its_source(
    oss: LocalOss, bucket: oss2.Bucket, directive: str
) -> None:
    """Whatever becomes of the metadata; the tests of the vendor's second SDK look for it."""
    bucket.put_object("a", b"123456789")
    headers = {
        "x-oss-copy-source": "/examplebucket/a",
        "x-oss-metadata-directive": directive,
    }

    copied = signed_call(oss, "PUT", "examplebucket", "b", headers=headers)
    head = signed_call(oss, "HEAD", "examplebucket", "b")

    assert (copied.status, copied.headers[CRC64]) == (200, "11051210869376104954")
    assert head.headers[CRC64] == copied.headers[CRC64]


def test_each_version_has_its_own_checksum(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """What was written over keeps its own."""
    oss.enable_versioning("examplebucket")
    older = bucket.put_object("a", b"one")
    bucket.put_object("a", b"two")

    got = bucket.get_object("a", params={"versionId": older.versionid})

    assert (got.read(), got.server_crc) == (b"one", older.crc)


def test_a_range_of_an_object_can_be_read(bucket: oss2.Bucket) -> None:
    """The bytes asked for, both ends included."""
    bucket.put_object("a", b"0123456789")
    assert bucket.get_object("a", byte_range=(2, 4)).read() == b"234"


def test_head_knows_size_and_time_without_the_bytes(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """They are those with which the object was seeded."""
    oss.fill("examplebucket", {"big": 5_000_000_000}, modified=1_700_000_000)
    head = bucket.head_object("big")
    assert (head.content_length, head.last_modified) == (5_000_000_000, 1_700_000_000)


def test_an_object_seeded_with_a_size_reads_as_so_many_zeros(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
    """It holds none of them until it is read."""
    oss.fill("examplebucket", {"zeros": 70_000})
    assert bucket.get_object("zeros").read() == bytes(70_000)


def test_an_object_seeded_with_bytes_reads_as_them(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """As if it had been put."""
    oss.fill("examplebucket", {"a": b"content"})
    assert bucket.get_object("a").read() == b"content"


def test_getting_what_is_not_there_is_no_such_key(bucket: oss2.Bucket) -> None:
    """With OSS's error document, which oss2 reads."""
    with pytest.raises(oss2.exceptions.NoSuchKey) as caught:
        bucket.get_object("missing")
    assert (caught.value.status, caught.value.code) == (404, "NoSuchKey")


def test_head_of_what_is_not_there_says_so_in_a_header(bucket: oss2.Bucket) -> None:
    """HEAD has no body: the error comes in x-oss-err."""
    with pytest.raises(oss2.exceptions.NoSuchKey) as caught:
        bucket.head_object("missing")
    assert caught.value.code == "NoSuchKey"


def test_oss2_can_ask_whether_an_object_exists(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """It does so by a sub-resource of its own, objectMeta."""
    oss.fill("examplebucket", ["a"])
    assert (bucket.object_exists("a"), bucket.object_exists("b")) == (True, False)


def test_deleting_an_object_removes_it(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """And no other."""
    oss.fill("examplebucket", ["a", "ab"])
    bucket.delete_object("a")
    assert oss.keys("examplebucket") == ["ab"]


def test_deleting_what_is_not_there_succeeds(bucket: oss2.Bucket) -> None:
    """A 204 whether or not it existed."""
    assert bucket.delete_object("missing").status == 204


def test_a_put_may_forbid_overwriting(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """The first wins, the second is told so."""
    bucket.put_object("lock", b"first", {"x-oss-forbid-overwrite": "true"})
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("lock", b"second", {"x-oss-forbid-overwrite": "true"})
    seen = (caught.value.status, caught.value.code, bucket.get_object("lock").read())
    assert seen == (409, "FileAlreadyExists", b"first")


@pytest.mark.parametrize(
    "header", ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]
)
def test_a_put_knows_no_other_condition(oss: LocalOss, bucket: oss2.Bucket, header: str) -> None:
    """It is refused and not passed over, and the refusal names the header."""
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("a", b"x", {header: "*"})
    seen = (caught.value.status, caught.value.code, caught.value.ec, caught.value.details["Header"])
    assert seen == (400, "NotImplemented", "0017-00000245", header)
    assert oss.keys("examplebucket") == []


def conditions_on(etag: str) -> dict[tuple[str, str], int]:
    """Return conditions on an object that was just written, each with the status of its answer."""
    other = '"D41D8CD98F00B204E9800998ECF8427E"'
    old, new = "Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 14 Nov 2123 22:13:20 GMT"
    return {
        ("if-match", etag): 200,
        ("if-match", other): 412,
        ("if-none-match", other): 200,
        ("if-none-match", etag): 304,
        ("if-unmodified-since", new): 200,
        ("if-unmodified-since", old): 412,
        ("if-modified-since", old): 200,
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_may_depend_on_what_is_there(
    oss: LocalOss, bucket: oss2.Bucket, method: str
) -> None:
    """As OSS's reading may: by the ETag, or by the time."""
    bucket.put_object("a", b"bytes")
    asked = conditions_on(f'"{bucket.head_object("a").etag}"')

    seen = {
        (name, value): signed_call(oss, method, "examplebucket", "a", headers={name: value}).status
        for name, value in asked
    }

    assert seen == asked


def test_a_copy_may_depend_on_its_source(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """By its ETag or its time: 412 where it must hold, 304 where there is nothing new."""
    bucket.put_object("a", b"bytes")
    asked = conditions_on(f'"{bucket.head_object("a").etag}"')
    source = {"x-oss-copy-source": "/examplebucket/a"}
    seen = {}
    for name, value in asked:
        headers = {**source, f"x-oss-copy-source-{name}": value}
        answer = signed_call(oss, "PUT", "examplebucket", "b", headers=headers)
        seen[name, value] = answer.status
        assert ("b" in oss.keys("examplebucket")) == (answer.status == 200)
        oss.remove("examplebucket", ["b"])
    assert seen == asked


def test_a_put_with_a_wrong_digest_is_refused(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """And stores nothing."""
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.put_object("a", b"bytes", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert (caught.value.code, oss.keys("examplebucket")) == ("InvalidDigest", [])


def test_an_object_can_be_copied(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Its bytes and metadata with it."""
    bucket.put_object("a b", b"bytes", {"x-oss-meta-colour": "blue"})
    bucket.copy_object("examplebucket", "a b", "copy")
    copy = bucket.get_object("copy")
    assert (copy.read(), copy.headers["x-oss-meta-colour"]) == (b"bytes", "blue")


def test_a_copy_may_forbid_overwriting(bucket: oss2.Bucket) -> None:
    """Like a put."""
    bucket.put_object("a", b"new")
    bucket.put_object("b", b"old")
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.copy_object("examplebucket", "a", "b", {"x-oss-forbid-overwrite": "true"})
    assert (caught.value.code, bucket.get_object("b").read()) == ("FileAlreadyExists", b"old")


def test_a_copy_onto_itself_changes_the_metadata(bucket: oss2.Bucket) -> None:
    """All of it, and nothing else: oss2's update_object_meta is just that."""
    bucket.put_object("a", b"bytes", {"x-oss-meta-colour": "blue", "x-oss-meta-size": "1"})
    bucket.update_object_meta("a", {"x-oss-meta-colour": "red"})
    found = bucket.get_object("a")
    seen = (found.read(), found.headers["x-oss-meta-colour"], "x-oss-meta-size" in found.headers)
    assert seen == (b"bytes", "red", False)


def test_a_copy_onto_itself_keeps_the_type(bucket: oss2.Bucket) -> None:
    """Where none is given."""
    bucket.put_object("a", b"bytes", {"Content-Type": "text/plain"})
    bucket.update_object_meta("a", {"x-oss-meta-colour": "red"})
    assert bucket.head_object("a").content_type == "text/plain"


def test_copying_what_is_not_there_is_no_such_key(bucket: oss2.Bucket) -> None:
    """The source is meant."""
    with pytest.raises(oss2.exceptions.NoSuchKey) as caught:
        bucket.copy_object("examplebucket", "missing", "copy")
    assert caught.value.status == 404


@pytest.mark.parametrize("key", ["/a", "\\a", "x" * 1024, "\N{PILE OF POO}" * 256])
def test_a_name_against_the_rules_is_refused(oss: LocalOss, key: str) -> None:
    """At most 1,023 bytes, and no slash or backslash at the front."""
    answer = signed_call(oss, "PUT", "examplebucket", key, body=b"x")
    assert (answer.status, b"<Code>InvalidObjectName</Code>" in answer.body) == (400, True)


def test_a_path_is_read_as_it_was_sent(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Nothing on the way resolves dots or joins slashes."""
    bucket.put_object("a/../b//c/./", b"x")
    assert oss.keys("examplebucket") == ["a/../b//c/./"]


def test_a_path_that_is_not_utf_8_is_refused(oss: LocalOss) -> None:
    """Rather than read as another key."""
    assert call(oss, "GET", "/examplebucket/%FF").status == 400


def test_the_bucket_may_stand_in_the_host(oss: LocalOss) -> None:
    """Virtual-host style, if the first label is a bucket's name."""
    oss.fill("examplebucket", {"/a": b"never", "a": b"always"})
    bucket = oss2_bucket(oss, "examplebucket")
    url = bucket.sign_url("GET", "a", 60).replace("/examplebucket/a", "/a")
    target = url.removeprefix(oss.endpoint)
    answer = call(oss, "GET", target, headers={"Host": HOST})
    assert (answer.status, answer.body) == (200, b"always")


def test_a_host_of_oss_names_a_bucket_that_is_not_there(oss: LocalOss) -> None:
    """As ali-oss sends it, whatever the address: the path is the object's alone."""
    answer = call(oss, "GET", "/a", headers={"Host": HOST.replace("example", "missing")})
    assert b"<BucketName>missingbucket</BucketName>" in answer.body
    assert [(request.bucket, request.key) for request in oss.requests] == [("missingbucket", "a")]


def test_a_second_slash_in_virtual_host_style_belongs_to_the_key(oss: LocalOss) -> None:
    """`//a` is the object `/a`, which OSS refuses, and never `a`."""
    oss.fill("examplebucket", ["a"])
    call(oss, "DELETE", "//a", headers={"Host": HOST})
    assert [request.key for request in oss.requests] == ["/a"]


def test_a_missing_bucket_is_no_such_bucket(oss: LocalOss) -> None:
    """Whatever is asked of it."""
    missing = oss2_bucket(oss, "missing")
    asked = (
        missing.list_objects,
        lambda: missing.delete_object("a"),
        lambda: missing.put_object("a", b""),
        lambda: missing.batch_delete_objects(["a"]),
        missing.get_bucket_info,
        missing.delete_bucket,
    )
    codes = []
    for ask in asked:
        with pytest.raises(oss2.exceptions.NoSuchBucket) as caught:
            ask()
        codes.append(caught.value.code)
    assert codes == ["NoSuchBucket"] * len(asked)


def test_a_bucket_describes_itself(bucket: oss2.Bucket) -> None:
    """By name and place."""
    info = bucket.get_bucket_info()
    location = bucket.get_bucket_location().location
    seen = (info.name, info.location, info.storage_class, location)
    assert seen == ("examplebucket", "oss-cn-hangzhou", "Standard", "oss-cn-hangzhou")


def test_a_bucket_can_be_created_once(oss: LocalOss) -> None:
    """A second time it is there already."""
    fresh = oss2_bucket(oss, "anotherbucket")
    fresh.create_bucket()
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        fresh.create_bucket()
    assert caught.value.code == "BucketAlreadyExists"


def test_a_bucket_may_have_the_longest_name(oss: LocalOss) -> None:
    """63 characters, whatever else the store needs of a name."""
    for name in (f"{'a' * 62}{end}" for end in "bc"):
        made = oss2_bucket(oss, name)
        made.create_bucket()
        made.put_object("a", name)
        assert made.get_object("a").read().decode() == name


def test_oss2_lists_buckets_in_pages(oss: LocalOss) -> None:
    """By its own iterator, those of a prefix."""
    for name in ("my-a", "my-b", "my-c"):
        oss.create_bucket(name)
    auth = oss2_bucket(oss, "examplebucket").auth
    service = oss2.Service(auth, oss.endpoint, region=oss.region)

    found = [each.name for each in oss2.BucketIterator(service, prefix="my-", max_keys=2)]

    assert found == ["my-a", "my-b", "my-c"]


def test_a_bucket_with_objects_is_not_deleted(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """It is not empty."""
    oss.fill("examplebucket", ["a"])
    with pytest.raises(oss2.exceptions.BucketNotEmpty) as caught:
        bucket.delete_bucket()
    assert (caught.value.status, oss.keys("examplebucket")) == (409, ["a"])


@pytest.mark.parametrize("key", [".", ".."])
def test_oss2_sends_the_deletion_of_a_dot_key_to_another_address(
    oss: LocalOss, bucket: oss2.Bucket, key: str
) -> None:
    """The key is normalised away; it is the signature, made for the key, that saves the bucket."""
    with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
        bucket.delete_object(key)
    assert [request.key for request in oss.requests] == [""]


def test_delete_on_the_bucket_itself_deletes_an_empty_bucket(oss: LocalOss) -> None:
    """What a rightly signed `DELETE /examplebucket/` means."""
    signed_call(oss, "DELETE", "examplebucket")
    assert signed_call(oss, "GET", "examplebucket").status == 404


def test_an_answer_looks_like_one_of_oss(oss: LocalOss) -> None:
    """A server's name, a request id of 24 hex digits, a date."""
    answer = signed_call(oss, "GET", "examplebucket")
    request_id = answer.headers["x-oss-request-id"]
    seen = (answer.headers["server"], len(request_id), request_id.upper(), "date" in answer.headers)
    assert seen == ("AliyunOSS", 24, request_id, True)


def test_the_tags_of_an_object_are_told(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """In the form that was recorded; where there is no object, that is said."""
    oss.fill("examplebucket", ["a"], traits=Traits(tags={"tag3": "value3"}))
    oss.fill("examplebucket", ["b"])

    recorded = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Tagging>\n  <TagSet>\n    <Tag>\n'
        "      <Key>tag3</Key>\n      <Value>value3</Value>\n    </Tag>\n  </TagSet>\n</Tagging>\n"
    )
    answer = signed_call(oss, "GET", "examplebucket", "a", query={"tagging": ""})
    assert answer.body.decode() == recorded
    assert bucket.get_object_tagging("b").tag_set.tagging_rule == {}
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object_tagging("c")


@pytest.mark.parametrize(
    ("method", "key", "query"),
    [
        ("GET", "a", "versions"),
        ("DELETE", "", "versions"),
        ("DELETE", "", "versionId"),
        ("GET", "", "uploads"),
        ("POST", "a", "uploads"),
        ("DELETE", "", "lifecycle"),
        ("DELETE", "", "publicAccessBlock"),
        ("DELETE", "", "delete"),
        ("DELETE", "a", "versionId"),
        ("DELETE", "a", "tagging"),
        ("POST", "a", "append"),
        ("HEAD", "", "acl"),
        ("PUT", "a", "acl"),
        ("PUT", "a", "symlink"),
        ("PUT", "a", "tagging"),
        ("PUT", "", "encryption"),
        ("GET", "", "website"),
        ("GET", "a", "stat"),
        ("POST", "", "worm"),
        ("DELETE", "", "tagging"),
        ("PUT", "", "lifecycle"),
        ("POST", "a", "restore"),
    ],
)
def test_the_server_does_not_guess_what_it_does_not_know(
    oss: LocalOss, method: str, key: str, query: str
) -> None:
    """Above all, a deletion of some setting is not one of the bucket or object."""
    oss.fill("examplebucket", ["a"])
    answer = signed_call(oss, method, "examplebucket", key, query={query: ""})
    assert (answer.status, oss.keys("examplebucket")) == (501, ["a"])


def test_a_body_may_come_in_chunks(bucket: oss2.Bucket) -> None:
    """As oss2 sends what it cannot measure, and everything empty."""
    bucket.put_object("a", iter([b"one", b"two"]))
    bucket.put_object("b", b"")
    assert (bucket.get_object("a").read(), bucket.get_object("b").read()) == (b"onetwo", b"")


def test_requests_are_logged_in_order(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """By operation, with what they were about and how they were answered."""
    bucket.put_object("a", b"")
    bucket.batch_delete_objects(["a", "b"])
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("c")
    seen = [(r.operation, r.bucket, r.key, r.keys, r.status) for r in oss.requests]
    assert seen == [
        ("put", "examplebucket", "a", (), 200),
        ("batch_delete", "examplebucket", "", ("a", "b"), 200),
        ("get", "examplebucket", "c", (), 404),
    ]


def test_requests_are_counted_until_forgotten(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """By operation."""
    bucket.list_objects()
    bucket.list_objects_v2()
    before = oss.count("list")
    oss.forget()
    assert (before, oss.count("list")) == (2, 0)


def test_two_of_them_share_nothing(oss: LocalOss) -> None:
    """Though moto keeps one state a process."""
    oss.fill("examplebucket", ["a"])
    with LocalOss() as other:
        other.create_bucket("examplebucket")
        other.fill("examplebucket", ["b"])
        seen = (oss.keys("examplebucket"), other.keys("examplebucket"))
    assert (seen, oss.keys("examplebucket")) == ((["a"], ["b"]), ["a"])


def test_the_servers_clock_dates_answers_and_objects() -> None:
    """Both by the clock it was given."""
    with LocalOss(clock=lambda: 1_700_000_000.0) as oss:
        oss.create_bucket("examplebucket")
        bucket = oss2_bucket(oss, "examplebucket")
        bucket.put_object("a", b"")
        head = bucket.head_object("a")
    dated = oss2.utils.http_to_unixtime(head.headers["Date"])
    assert (dated, head.last_modified) == (1_700_000_000, 1_700_000_000)
