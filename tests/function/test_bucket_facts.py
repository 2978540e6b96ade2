"""What a plan tells of its bucket is what OSS answers, each setting asked for once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET, no_pauses
from localcloud.faults import CutXml, ErrorInside200, Fault, Gateway, Refuse, Reset
from ossweep.errors import Closed, StoreError
from ossweep.plans.bucket import ACTIONS, BucketFacts, BucketRule, Retention
from ossweep.store import Credentials, connect
from ossweep.store.facts import bucket_facts, read_bucket_tags

if TYPE_CHECKING:
    from localcloud.oss import LocalOss
    from ossweep.work import Kind

# The operations of the local OSS, by the looks that ask for them.
LOOKS = {
    "info": "bucket_info",
    "versioning": "bucket_versioning",
    "retention": "bucket_retention",
    "share": "bucket_stat",
    "lifecycle": "bucket_lifecycle",
    "tags": "bucket_tags",
}
RULES = """\
  <Rule>
    <ID>old</ID>
    <Prefix>a/</Prefix>
    <Status>Enabled</Status>
    <Tag>
      <Key>k</Key>
      <Value>v</Value>
    </Tag>
    <Filter>
      <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>
      <ObjectSizeLessThan>64000</ObjectSizeLessThan>
      <Not>
        <Prefix>a/keep/</Prefix>
      </Not>
    </Filter>
    <Expiration>
      <Days>30</Days>
    </Expiration>
    <NoncurrentVersionExpiration>
      <NoncurrentDays>7</NoncurrentDays>
    </NoncurrentVersionExpiration>
  </Rule>
  <Rule>
    <ID>off</ID>
    <Prefix></Prefix>
    <Status>Disabled</Status>
    <Expiration>
      <Days>1</Days>
    </Expiration>
  </Rule>
  <Rule>
    <ID>moves</ID>
    <Prefix></Prefix>
    <Status>Enabled</Status>
    <Transition>
      <Days>1</Days>
      <StorageClass>IA</StorageClass>
    </Transition>
  </Rule>
  <Rule>
    <ID>dated</ID>
    <Prefix></Prefix>
    <Status>Enabled</Status>
    <Filter>
      <Something>new</Something>
    </Filter>
    <Expiration>
      <CreatedBeforeDate>2002-10-11T00:00:00.000Z</CreatedBeforeDate>
    </Expiration>
  </Rule>
"""


class Timed:
    """A gate that lets so many requests in, and notes what it is told."""

    def __init__(self, most: int = 100) -> None:
        self.left_to_ask = most
        self.asked: Counter[str] = Counter()
        self.missed_codes: list[str] = []

    def admit(self, kind: Kind, after: float = 0.0) -> None:
        if not self.left_to_ask:
            raise Closed
        self.left_to_ask -= 1
        self.asked[kind] += 1

    def missed(self, kind: Kind, error: Any) -> None:
        self.missed_codes.append(error.code)

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: 60.0


def looked_at(oss: LocalOss, gate: Timed | None = None) -> BucketFacts:
    store = connect(
        BUCKET,
        endpoint=oss.endpoint,
        region=oss.region,
        credentials=Credentials(oss.credentials.access_key_id, oss.credentials.access_key_secret),
        gate=gate or Timed(),
        world=no_pauses(),
        connections=2,
    )
    return bucket_facts(store)


def test_a_plain_bucket_is_looked_at_once_for_each_setting(oss: LocalOss) -> None:
    """By requests that change nothing, each let in by the gate."""
    oss.fill(BUCKET, {"a": 3, "b": 4})
    gate = Timed()

    facts = looked_at(oss, gate)

    assert facts == BucketFacts(
        versioning="",
        hierarchical=False,
        objects=2,
        bytes=7,
        storage_class="Standard",
        region="cn-hangzhou",
        tags={},
    )
    assert [(each.operation, each.method) for each in oss.requests] == [
        (operation, "GET") for operation in LOOKS.values()
    ]
    assert (gate.asked, gate.missed_codes) == ({"get": 6}, [])


def test_all_that_a_bucket_has_is_read(oss: LocalOss) -> None:
    """Rules that are switched off, or delete nothing, are none."""
    oss.enable_versioning(BUCKET)
    oss.describe(
        BUCKET,
        storage_class="IA",
        tags={"ossweep": "allowed", "<&": "ü"},
        rules=RULES,
        retention=("Locked", 30),
        counted=(10, 500),
    )

    facts = looked_at(oss)

    assert facts == BucketFacts(
        versioning="Enabled",
        hierarchical=False,
        retention=Retention("Locked", 30),
        objects=10,
        bytes=500,
        storage_class="IA",
        region="cn-hangzhou",
        rules=(
            BucketRule(
                "old",
                "a/",
                days=30,
                noncurrent_days=7,
                tags=frozenset({("k", "v")}),
                above=500,
                below=64_000,
                spared=("a/keep/",),
            ),
            BucketRule("dated", before=1_034_294_400, spared=("",)),
        ),
        tags={"ossweep": "allowed", "<&": "ü"},
    )


def test_a_hierarchical_bucket_has_no_versions_rules_or_retention(oss: LocalOss) -> None:
    """That it has no requests for them is no missing look."""
    oss.make_hierarchical(BUCKET)

    facts = looked_at(oss)

    assert (facts.hierarchical, facts.versioning, facts.retention, facts.rules) == (
        True,
        "",
        None,
        (),
    )
    assert facts.not_looked_at == {}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Refuse(403, "AccessDenied"), "no permission"),
        (Refuse(501, "NotImplemented"), "NotImplemented"),
        (Refuse(503, "ServiceUnavailable"), "ServiceUnavailable"),
        (Refuse(404, "NoSuchBucket"), "NoSuchBucket"),
        (ErrorInside200("InternalError"), "InternalError"),
        (Gateway(502, 0), "HTTP 502"),
        (CutXml(30), "UnreadableAnswer"),
        (Reset(), "ConnectionError"),
    ],
    ids=str,
)
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_that_fails_is_named_and_no_other_is_lost(
    oss: LocalOss, look: str, fault: Fault, why: str
) -> None:
    """It is not tried again, and every other is made."""
    oss.misbehave(replace(fault, operation=LOOKS[look]))
    oss.enable_versioning(BUCKET)
    oss.describe(BUCKET, rules=RULES, retention=("Locked", 30))

    facts = looked_at(oss)

    # Where OSS does not tell versioning by itself, it stands among all that it tells of the bucket.
    assert facts.not_looked_at == ({} if look == "versioning" else {look: why})
    assert facts.versioning == "Enabled"
    assert [each.operation for each in oss.requests] == [*LOOKS.values()]


def test_versioning_that_was_refused_is_unknown_where_nothing_else_tells_it(oss: LocalOss) -> None:
    """An absent word is no proof: it is not known what OSS leaves out."""
    oss.misbehave(Refuse(403, "AccessDenied", operation="bucket_versioning"))

    facts = looked_at(oss)

    assert (facts.versioning, facts.not_looked_at) == (None, {"versioning": "no permission"})


@pytest.mark.parametrize("most", range(6))
def test_looks_without_time_are_named(oss: LocalOss, most: int) -> None:
    """The gate lets in what there is time for."""
    facts = looked_at(oss, Timed(most))

    assert facts.not_looked_at == dict.fromkeys([*ACTIONS][most:], "no time")


@pytest.mark.parametrize(
    ("look", "settings"),
    [
        ("retention", {"retention": ("Locked", -1)}),
        ("share", {"counted": (10**30, 1)}),
        ("lifecycle", {"rules": RULES.replace("30", "thirty")}),
        ("lifecycle", {"rules": RULES.replace("2002-10-11", "2002-13-11")}),
        ("tags", {"tags": {"": "b"}}),
    ],
)
def test_a_setting_that_says_nonsense_is_unreadable(
    oss: LocalOss, look: str, settings: dict[str, Any]
) -> None:
    """Nothing is made of it."""
    oss.describe(BUCKET, **settings)

    assert looked_at(oss).not_looked_at == {look: "UnreadableAnswer"}


def test_a_thousand_rules_are_read(oss: LocalOss) -> None:
    """They are longer than any other setting."""
    long = RULES.replace("a/keep/", "k" * 1023)
    oss.describe(BUCKET, rules=long * 1000)

    assert len(looked_at(oss).rules) == 2000


def test_an_answer_in_the_form_of_the_vendors_pages_is_served(oss: LocalOss) -> None:
    """By the local OSS, which is read here by what others have written, too."""
    from localcloud.clients import oss2_bucket  # noqa: PLC0415

    oss.describe(BUCKET, tags={"a": "b"}, rules=RULES, retention=("InProgress", 2), counted=(3, 4))
    bucket = oss2_bucket(oss, BUCKET)

    assert bucket.get_bucket_tagging().tag_set.tagging_rule == {"a": "b"}
    assert [each.id for each in bucket.get_bucket_lifecycle().rules] == [
        "old",
        "off",
        "moves",
        "dated",
    ]
    assert bucket.get_bucket_worm().state == "InProgress"
    assert bucket.get_bucket_stat().object_count == 3


@pytest.mark.parametrize("encoding", ["utf-99", "gb2312"])
def test_a_document_in_an_unknown_encoding_is_no_answer(encoding: str) -> None:
    """It is an error of OSS's, as any other that cannot be read."""
    body = f"<?xml version='1.0' encoding='{encoding}'?><Tagging><TagSet/></Tagging>".encode()

    with pytest.raises(StoreError):
        read_bucket_tags(body)
