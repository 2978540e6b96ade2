"""What a person probably meant is told before, or beside, what is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment import hurried

if TYPE_CHECKING:
    from deployment import Chain, Deployment

pytestmark = pytest.mark.differs


def test_an_address_deletes_nothing(deployment: Deployment) -> None:
    """The sentence holds the key that was meant."""
    deployment.fill("a/1")

    said = deployment.refuse({"keys": ["oss://examplebucket/a/1"]})

    assert said == (
        'RequestError: the request: `keys`: "oss://examplebucket/a/1" is an address and no key; '
        'write "a/1"'
    )
    assert deployment.keys() == ["a/1"]


def test_a_prefix_with_an_asterisk_is_taken_to_the_letter(deployment: Deployment) -> None:
    """And the answer says so."""
    deployment.fill("a/1", "a/*2")

    answer = deployment.send({"prefix": "a/*"})

    assert (answer["status"], answer["deleted"], deployment.keys()) == ("done", 1, ["a/1"])
    [note] = answer["notes"]
    assert note == (
        '`prefix` "a/*": the asterisk was taken to the letter; a prefix needs none, and a pattern '
        'stands in `only`: write "prefix": "logs/", "only": {"match": "*.log"}'
    )


def test_a_note_is_there_at_the_end_of_a_long_job(chain: Chain) -> None:
    """It travels with what is left."""
    chain.deployment.fill(*(f"a*{number:05}" for number in range(3000)))
    hurried(chain.deployment, 60, batch_delete=57)
    chain.begin({"prefix": "a*"})

    last = chain.to_the_end()[-1]

    assert (last["status"], len(last["notes"])) == ("done", 1)
