"""Tags are what OSS's answer says, to the letter, or cannot be read."""

from __future__ import annotations

import pytest

from ossweep.errors import Scope, StoreError
from ossweep.store.tags import read_tags

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def answer(*rows: str) -> bytes:
    tags = "".join(f"    <Tag>\n      {row}\n    </Tag>\n" for row in rows)
    return f"{HEAD}<Tagging>\n  <TagSet>\n{tags}  </TagSet>\n</Tagging>\n".encode()


def test_an_answer_is_read_as_oss_writes_it() -> None:
    """Indented, and with a value that may be empty."""
    body = answer("<Key>a b</Key>\n      <Value>1</Value>", "<Key>c</Key><Value></Value>")

    assert read_tags(body) == {"a b": "1", "c": ""}
    assert read_tags(answer()) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Tagging><TagSet>",
        b"<Tagging></Tagging>",
        b"<Other><TagSet></TagSet></Other>",
        answer("<Key>a</Key>"),
        answer("<Value>a</Value>"),
        answer("<Key>a</Key><Value>1</Value>", "<Key>a</Key><Value>2</Value>"),
    ],
)
def test_an_answer_of_another_form_tells_no_tags(body: bytes) -> None:
    """It may be whole the next time."""
    with pytest.raises(StoreError) as refused:
        read_tags(body)

    assert refused.value.scope is Scope.PASSING
