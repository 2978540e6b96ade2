"""Which way a key travels, and how many fit into a batch's body."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oss2.xml_utils import to_batch_delete_objects_request

from ossweep.store.wire import batch_document, bodies, by_ways, fits_a_batch, fits_a_url

pytestmark = pytest.mark.differs

XML = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))


@pytest.mark.parametrize(
    "code",
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0xD800,
        0xDBFF,
        0xDC00,
        0xDFFF,
        0xFFFE,
        0xFFFF,
    ],
    ids=hex,
)
def test_a_key_that_xml_may_change_fits_no_batch(code: int) -> None:
    """Wherever in the key it stands."""
    letter = chr(code)

    assert [fits_a_batch(key) for key in (letter, f"a{letter}", f"{letter}b", f"a{letter}b")] == [
        False
    ] * 4


@pytest.mark.parametrize(
    "key",
    [
        " ",
        "~",
        "a b",
        "\u00a0",
        "\u2028",
        "\ud7ff",
        "\ue000",
        "\ufffd",
        "\ufeff",
        "\U00010000",
        "\U0010ffff",
        "&<>\"']]>",
        ".",
        "..",
        "&#13;",
    ],
    ids=ascii,
)
def test_a_key_that_xml_carries_unchanged_fits_a_batch(key: str) -> None:
    """The neighbours of what it does not are among it."""
    assert fits_a_batch(key)


@pytest.mark.parametrize(
    ("key", "fits"),
    [
        (".", False),
        ("..", False),
        ("...", True),
        ("./a", True),
        ("a/..", True),
        ("a/.", True),
        (".a", True),
        (". ", True),
        ("%2e", True),
        ("\r", True),
    ],
)
def test_only_the_dot_keys_fit_no_url(key: str, fits: bool) -> None:
    """A request for them would be one for the bucket."""
    assert fits_a_url(key) is fits


@pytest.mark.parametrize("key", [chr(code) for code in range(0x20)] + [".", "..", "\uffff", "a"])
def test_every_key_fits_one_of_the_two(key: str) -> None:
    """No key is without a way to travel."""
    assert fits_a_batch(key) or fits_a_url(key)


@given(XML)
def test_a_key_that_fits_a_batch_is_what_oss_reads(key: str) -> None:
    """An XML parser gives back the key that went in."""
    import xml.etree.ElementTree as ET  # noqa: PLC0415 - the parser is the test's, not the module's

    root = ET.fromstring(to_batch_delete_objects_request([key], quiet=False))  # noqa: S314 - our own

    assert fits_a_batch(key)
    assert (root.findtext("Object/Key") or "") == key


@pytest.mark.parametrize(
    "code", [*range(0x20), *range(0x7F, 0xA0), 0xD800, 0xDFFF, 0xFFFE, 0xFFFF], ids=hex
)
def test_a_key_that_fits_no_batch_goes_alone(code: int) -> None:
    """The keys beside it do not, and all keep their order."""
    odd = f"b{chr(code)}"

    assert by_ways(["c", odd, "a", chr(code)]) == (["c", "a"], [odd, chr(code)])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text()))
def test_every_key_has_one_way(keys: list[str]) -> None:
    """A batch if it fits one."""
    together, alone = by_ways(keys)

    assert [*together] == [key for key in keys if fits_a_batch(key)]
    assert [*alone] == [key for key in keys if not fits_a_batch(key)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(min_size=1) | st.sampled_from([*"&<>\r\n\x00\ud800", "]]>"]), min_size=1))
def test_a_batchs_body_is_the_one_that_oss2_writes(keys: list[str]) -> None:
    """Byte for byte, even of keys that ossweep puts into none."""
    assert batch_document(keys) == to_batch_delete_objects_request(keys, quiet=False)


@settings(max_examples=50, deadline=None)
@given(st.lists(XML.filter(bool), min_size=1))
def test_a_batchs_body_is_read_as_its_keys(keys: list[str]) -> None:
    """By an XML parser, each of them and nothing else."""
    import xml.etree.ElementTree as ET  # noqa: PLC0415 - the parser is the test's, not the module's

    root = ET.fromstring(batch_document(keys))  # noqa: S314 - our own

    assert [key.text for key in root.iterfind("Object/Key")] == keys
    assert root.findtext("Quiet") == "false"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(XML.filter(bool), st.integers(1, 1023)), min_size=1, max_size=20))
def test_no_body_outgrows_two_megabytes(parts: list[tuple[str, int]]) -> None:
    """The keys keep their order, each stands in one body, and oss2's document is small enough."""
    keys = [(text * length)[:length] for text, length in parts] * 60

    cut = list(bodies(keys))

    assert [key for body in cut for key in body] == keys
    for body in cut:
        assert len(to_batch_delete_objects_request(body, quiet=False)) <= 2_000_000


def test_bodies_are_as_full_as_they_can_be() -> None:
    """A key of 1,019 ampersands and four digits takes 5,127 bytes, its elements included."""
    keys = ["&" * 1019 + f"{number:04}" for number in range(1000)]

    assert [len(body) for body in bodies(keys)] == [390, 390, 220]


@pytest.mark.parametrize(("keys", "cut"), [([], []), (["a"], [["a"]]), (["a", "b"], [["a", "b"]])])
def test_few_keys_take_one_body(keys: list[str], cut: list[list[str]]) -> None:
    """And no key takes none."""
    assert list(bodies(keys)) == cut
