"""The bucket's rules in .oss: as OSS takes them, and late enough for all that needs the state."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from oss2.models import BucketLifecycle
from oss2.xml_utils import parse_get_bucket_lifecycle, to_put_bucket_lifecycle

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".oss"
FILES = sorted(path.name for path in FOLDER.glob("*.xml"))
TEMPLATE = yaml.safe_load((ROOT / "template.yml").read_text("utf-8"))
PROPS = TEMPLATE["resources"]["ossweep"]["props"]
A_DAY = 86_400


def rules(file: str) -> BucketLifecycle:
    """Read a document as oss2 reads OSS's answer."""
    return parse_get_bucket_lifecycle(BucketLifecycle(), (FOLDER / file).read_bytes())


@pytest.mark.parametrize("file", FILES)
def test_oss2_reads_and_writes_the_same_rules(file: str) -> None:
    """Nothing is in a document that the SDK does not know, and nothing gets lost in it."""
    written = ET.canonicalize(to_put_bucket_lifecycle(rules(file)))

    # oss2 writes Python's True where OSS's documents have true, and a filter that filters nothing.
    written = written.replace(">True<", ">true<").replace("<Filter></Filter>", "")
    assert written == ET.canonicalize((FOLDER / file).read_text("utf-8"), strip_text=True)


@pytest.mark.parametrize("file", FILES)
def test_the_rules_are_about_the_templates_state_and_nothing_else(file: str) -> None:
    """The slash at its end keeps them from whatever begins like it."""
    _, _, prefix = TEMPLATE["vars"]["state"].partition("/")

    assert {(rule.prefix, rule.status) for rule in rules(file).rules} == {(f"{prefix}/", "Enabled")}


@pytest.mark.parametrize("file", FILES)
def test_state_stays_until_nothing_can_need_it_any_more(file: str) -> None:
    """The longest job, then a week in which its event may come again, and a week for a person."""
    settings = PROPS["environmentVariables"]
    longest = int(settings["OSSWEEP_MAX_HOPS"]) * PROPS["timeout"] / A_DAY
    (days,) = {rule.expiration.days for rule in rules(file).rules} - {None}

    assert PROPS["asyncInvokeConfig"]["maxAsyncEventAgeInSeconds"] <= 7 * A_DAY
    assert longest <= 7
    assert longest + 7 + 7 < days == 30


def test_a_bucket_with_versions_is_rid_of_the_older_ones_and_of_markers() -> None:
    """One expiration cannot name days and markers: OSS takes either."""
    dated, marked = rules("state-lifecycle-versions.xml").rules

    assert dated.noncurrent_version_expiration.noncurrent_days == 1
    assert (dated.expiration.expired_detete_marker, marked.expiration.expired_detete_marker) == (
        None,
        True,
    )


def test_each_document_has_its_row_and_its_command() -> None:
    """Overlapping prefixes have to be asked for."""
    text = (FOLDER / "README.md").read_text("utf-8")
    commands = dict(re.findall(r"put-bucket-lifecycle .*file://\.oss/(\S+)(.*)", text))

    assert re.findall(r"^\| `(\S+\.xml)` \|", text, re.MULTILINE) == FILES[::-1]
    assert commands == {
        "state-lifecycle.xml": "",
        "state-lifecycle-versions.xml": " --allow-same-action-overlap true",
    }
