"""Every key that OSS can hold is listed and deleted exactly, and its nearest neighbours stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment import BUCKET

if TYPE_CHECKING:
    from deployment import Deployment

CONTROLS = [chr(code) for code in (*range(0x20), 0x7F, 0x85)]
ODD = [
    *(f"d/a{control}b" for control in CONTROLS),
    *(f"d/a{letter}b" for letter in "&<>\"'%+ ?#;\\"),
    "d/\ufffe",
    "d/\uffff",
    "d/\ufffd",
    "d/\N{PILE OF POO}",
    "d/\N{FAMILY}\N{ZERO WIDTH JOINER}\N{BOY}",
    "d/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "d/cafe\N{COMBINING ACUTE ACCENT}",
    "d/" + "x" * 1021,
    "d/x" + "\N{PILE OF POO}" * 255,
    "d/a//b",
    "d//",
    "d/dir/",
    "d/./b",
    "d/../b",
    "d/..",
    "d/.",
    "d/ ",
    "d/ a ",
    "d/%2F",
    "d/a%0Ab",
    "d/&#13;",
    "d/]]>",
    "d/a%20b",
]
DOTS = [".", ".."]
NEIGHBOURS = {
    "a\rb": ["a\nb", "a\r\nb", "ab"],
    "a\nb": ["a\rb", "a\r\nb", "ab"],
    "a\r\nb": ["a\nb", "a\rb"],
    "\x01": ["\x02", "%01", "x"],
    "\ufffe": ["\ufffd", "\uffff"],
    "caf\u00e9": ["cafe\u0301", "cafe"],
    "a b": ["a+b", "a%20b", "a  b"],
    "a+b": ["a b", "a%2Bb"],
    "a&b": ["a&amp;b", "ab"],
    "a//b": ["a/b", "a///b"],
    "a/../b": ["b", "a/b", ".."],
    "a/./b": ["a/b", "b"],
    "./a": ["a", "."],
    "../a": ["a", ".."],
    " ": ["  ", "%20", "+"],
    "dir/": ["dir", "dir/x", "dir//"],
    "x" * 1023: ["x" * 1022, "x" * 1022 + "y"],
    "A": ["a"],
    "%": ["%25"],
    "?a": ["a"],
    "a#b": ["a"],
}


def test_every_odd_key_is_listed_and_deleted(deployment: Deployment) -> None:
    """A prefix over all of them leaves none, and counts each once."""
    deployment.fill(*ODD, "e")

    answer = deployment.send({"prefix": "d/"})

    assert deployment.keys() == ["e"]
    assert ("done", len(ODD)) == (answer["status"], answer["deleted"])


def test_every_odd_key_is_deleted_by_name(deployment: Deployment) -> None:
    """Named together they all go, and nothing else does."""
    deployment.fill(*ODD, "e")

    answer = deployment.send({"keys": ODD})

    assert deployment.keys() == ["e"]
    assert len(ODD) == answer["deleted"]


@pytest.mark.parametrize("key", ODD, ids=range(len(ODD)))
def test_an_odd_key_is_deleted_alone(deployment: Deployment, key: str) -> None:
    """Named by itself it goes, and its siblings stay."""
    others = [other for other in ODD if other != key]
    deployment.fill(*ODD)

    deployment.send({"keys": [key]})

    assert sorted(others) == deployment.keys()


@pytest.mark.parametrize("key", NEIGHBOURS, ids=range(len(NEIGHBOURS)))
@pytest.mark.parametrize("beside", [(), ("z",)], ids=["alone", "in a batch"])
def test_the_nearest_neighbours_are_left_standing(
    deployment: Deployment, key: str, beside: tuple[str, ...]
) -> None:
    """The key itself is deleted, and none that something on the way might take it for."""
    neighbours = NEIGHBOURS[key]
    deployment.fill(key, *neighbours, *beside)

    answer = deployment.send({"keys": [key, *beside]})

    assert sorted(neighbours) == deployment.keys()
    assert 1 + len(beside) == answer["deleted"]


@pytest.mark.parametrize("keys", [["."], [".."], [".", ".."], [".", "a"], ["..", "\x01"]])
def test_dot_keys_never_become_a_deletion_of_the_bucket(
    deployment: Deployment, keys: list[str]
) -> None:
    """They travel in a batch's body; in a URL they would be the bucket itself."""
    deployment.fill(".", "..", "a", "\x01", "z")

    answer = deployment.send({"keys": keys})

    assert sorted({".", "..", "a", "\x01", "z"} - set(keys)) == deployment.keys()
    assert len(keys) == answer["deleted"]
    assert all(r.key for r in deployment.oss.requests if r.method == "DELETE")


def test_the_last_key_of_a_bucket_may_be_a_dot_key(deployment: Deployment) -> None:
    """The bucket is still there when it is gone."""
    deployment.fill("..")

    answer = deployment.send({"everything": True, "confirm": BUCKET})

    assert deployment.keys() == []
    assert (answer["status"], answer["deleted"]) == ("done", 1)


def test_keys_that_xml_cannot_carry_never_enter_a_batch(deployment: Deployment) -> None:
    """Control characters and non-characters go one by one."""
    unfit = [key for key in ODD if any(c in key for c in (*CONTROLS, "\ufffe", "\uffff"))]
    deployment.fill(*ODD)

    deployment.send({"prefix": "d/"})

    in_batches = {key for request in deployment.oss.requests for key in request.keys}
    assert set() == in_batches.intersection(unfit)
    assert len(unfit) == deployment.oss.count("delete")


def test_a_batch_never_outgrows_two_megabytes(deployment: Deployment) -> None:
    """A thousand long keys that XML makes five times longer take several requests."""
    keys = [f"{number:04}" + "&" * 1019 for number in range(1000)]
    deployment.fill(*keys)

    answer = deployment.send({"keys": keys})

    assert deployment.keys() == []
    assert (answer["deleted"], deployment.oss.count("batch_delete")) == (1000, 3)
