"""The local OSS keeps every key exactly, however odd."""

import alibabacloud_oss_v2
import oss2
import pytest

from localcloud.clients import sdk_v2, signed_call
from localcloud.oss import LocalOss
from localcloud.tree import ODD_KEYS, plant, tree

DOTS = (".", "..")
LISTS = (
    "inventory/data/0001.csv.gz",
    "inventory/manifest.json",
    "lists/expired.csv.gz",
    "lists/expired.json",
    "lists/expired.jsonl",
    "lists/expired.txt",
    "lists/odd.txt",
)
SENT_IN_A_PATH = [key for key in ODD_KEYS if key not in DOTS]
CARRIED_BY_XML = [
    key for key in ODD_KEYS if all(char in "\t\n\x7f" or char.isprintable() for char in key)
]


@pytest.mark.parametrize("key", SENT_IN_A_PATH, ids=lambda key: ascii(key[:24]))
def test_an_odd_key_is_put_listed_read_and_deleted(
    oss: LocalOss, bucket: oss2.Bucket, key: str
) -> None:
    """By oss2, one object at a time, and it is that key all the way."""
    bucket.put_object(key, b"content")
    stored = oss.keys("examplebucket")
    listed = [found.key for found in bucket.list_objects_v2(prefix=key).object_list]
    content = bucket.get_object(key).read()
    bucket.delete_object(key)
    seen = (stored, listed, content, oss.keys("examplebucket"))
    assert seen == ([key], [key], b"content", [])


def test_odd_keys_are_kept_apart_from_each_other(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """Each deletion removes its own and none of those that look the same."""
    oss.fill("examplebucket", ODD_KEYS)
    left = set(ODD_KEYS)
    seen = []
    for key in SENT_IN_A_PATH:
        bucket.delete_object(key)
        left.discard(key)
        seen.append(set(oss.keys("examplebucket")) == left)
    assert (seen, left) == ([True] * len(SENT_IN_A_PATH), set(DOTS))


def test_odd_keys_are_deleted_in_a_batch(oss: LocalOss, bucket: oss2.Bucket) -> None:
    """As far as XML carries them, the dots among them, and they are named as they are."""
    oss.fill("examplebucket", ODD_KEYS)
    deleted = bucket.batch_delete_objects(CARRIED_BY_XML).deleted_keys
    left = set(ODD_KEYS) - set(CARRIED_BY_XML)
    assert (deleted, set(oss.keys("examplebucket"))) == (CARRIED_BY_XML, left)


def test_a_carriage_return_in_a_batch_names_another_object(
    oss: LocalOss, bucket: oss2.Bucket
) -> None:
    """XML reads it as a newline: oss2 deletes what nobody asked it to delete."""
    oss.fill("examplebucket", ["a\rb", "a\nb"])
    deleted = bucket.batch_delete_objects(["a\rb"]).deleted_keys
    assert (deleted, oss.keys("examplebucket")) == (["a\nb"], ["a\rb"])


@pytest.mark.parametrize("char", ["\x00", "\x01", "\x1f", "\ufffe", "\uffff"], ids=ascii)
def test_a_character_xml_does_not_know_spoils_the_whole_batch(
    oss: LocalOss, bucket: oss2.Bucket, char: str
) -> None:
    """The good keys with the bad one."""
    oss.fill("examplebucket", ["good", f"a{char}b"])
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.batch_delete_objects(["good", f"a{char}b"])
    seen = (caught.value.status, caught.value.code, len(oss.keys("examplebucket")))
    assert seen == (400, "MalformedXML", 2)


def test_the_second_sdk_deletes_control_characters_in_a_batch(oss: LocalOss) -> None:
    """It writes them as references, which OSS takes though XML 1.0 forbids them."""
    keys = [f"a{chr(code)}b" for code in range(0x20)]
    oss.fill("examplebucket", [*keys, "left"])
    result = sdk_v2(oss).delete_multiple_objects(
        alibabacloud_oss_v2.DeleteMultipleObjectsRequest(
            bucket="examplebucket",
            objects=[alibabacloud_oss_v2.DeleteObject(key=key) for key in keys],
        )
    )
    deleted = [found.key for found in result.deleted_objects]
    assert (deleted, oss.keys("examplebucket")) == (keys, ["left"])


def test_a_listing_without_encoding_carries_what_xml_carries(oss: LocalOss) -> None:
    """Markup escaped, a carriage return by reference."""
    oss.fill("examplebucket", ["<&>", "a\rb"])
    body = signed_call(oss, "GET", "examplebucket").body
    assert (b"<Key>&lt;&amp;&gt;</Key>" in body, b"<Key>a&#13;b</Key>" in body) == (True, True)


def test_the_tree_is_planted_whole(oss: LocalOss) -> None:
    """Each key once, in the order of its bytes."""
    plant(oss, "examplebucket")
    keys = [*(planted.key for planted in tree()), *LISTS, "requests/january.json"]
    assert oss.keys("examplebucket") == sorted(keys, key=str.encode)
