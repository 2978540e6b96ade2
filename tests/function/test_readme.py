"""What the READMEs say is so: their examples, settings, permissions, commands and links."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from chains import called_by_hand
from deployment import BUCKET, STATE_BUCKET
from localcloud.faults import Refuse
from localcloud.fc import Deployed, LocalFc
from localcloud.signature import Credentials
from localcloud.tree import LIST_RULE, RULES, plant
from ossweep.engine.gate import PLACES
from ossweep.engine.likeness import CHANGED, UNTOLD
from ossweep.engine.needed import NEEDED
from ossweep.engine.selection import PROTECTED
from ossweep.engine.tagging import NOT_READABLE
from ossweep.filters.reasons import REASONS
from ossweep.helps import HELPS
from ossweep.jobs.checkpoints import LEAST_RESERVED, MOST_RESERVED
from ossweep.leases.timer import LEAST_BEAT, SLACK
from ossweep.objects import GONE, GONE_UNANSWERED, NEWER
from ossweep.plans.bucket import ACTIONS as LOOKS
from ossweep.plans.comparison import BEYOND_CEILING, NOT_AS_PLANNED, UNKNOWN_TO_PLAN
from ossweep.settings import Settings, variable
from ossweep.store.review import OLDEST_LISTING
from ossweep.triggers.dates import filled
from ossweep.work import LONGEST_KEPT

if TYPE_CHECKING:
    from deployment import Chain, Deployment

ROOT = Path(__file__).parents[2]
FOLDERS = ("", "events", "src", "tests", "tests/bench", "tests/localcloud", ".oss", ".ram")
DOCUMENTS = {folder: (ROOT / folder / "README.md").read_text("utf-8") for folder in FOLDERS}
README = DOCUMENTS[""]
ALL = "\n\n".join(DOCUMENTS.values())
# What is sent, how much of the answer is shown, and the answer. What is then sent goes to where the
# one before it was sent.
SENT = re.findall(
    r"<!-- (then |)send (\S+) -->\n```json\n(.*?)```"
    r".*?<!-- get(| a part| all but the plan) -->\n```json\n(.*?)```",
    ALL,
    re.DOTALL,
)
FIRST = [number for number, (then, *_) in enumerate(SENT) if not then]
EXAMPLES = [SENT[at:end] for at, end in zip(FIRST, [*FIRST[1:], None], strict=True)]
# The job that takes several invocations: what is sent, and some of what is answered, in turn.
LONG = re.findall(
    r"<!-- long: (send|get|next)(?: invocation, which answers)? ?(\S*) -->\n```json\n(.*?)```",
    ALL,
    re.DOTALL,
)
# The steps that delete very many objects, on a few.
STEPS = re.findall(
    r"<!-- steps: send -->\n +```json\n(.*?)```\n +<!-- steps: get -->\n +```json\n(.*?)```",
    ALL,
    re.DOTALL,
)
PROGRAMS = dict(re.findall(r"<!-- python: (.*?) -->\n```python\n(.*?)```", ALL, re.DOTALL))
ALARMS = dict(re.findall(r"<!-- alarm: (.*?) -->\n```sql\n(.*?)\n```", ALL, re.DOTALL))
# The actions in the table of the function's role; that of the trust policy is its service's.
OF_THE_ROLE, _, _ = DOCUMENTS[".ram"].partition("## The triggers' roles")
ACTIONS = set(re.findall(r"^\| `[\w-]+-policy\.json` \| `(\w+:\w+)` \|", OF_THE_ROLE, re.MULTILINE))
PERMITTED = {action for action in ACTIONS if action.startswith("oss:")}
VARYING = {"job", "seconds", "estimated_end"}
NEEDS = {
    "list": "oss:ListObjects",
    "list_versions": "oss:ListObjectVersions",
    "batch_delete": "oss:DeleteObject",
    "delete": "oss:DeleteObject",
    "get": "oss:GetObject",
    "tags": "oss:GetObjectTagging",
    "bucket_info": "oss:GetBucketInfo",
    "bucket_lifecycle": "oss:GetBucketLifecycle",
    "bucket_retention": "oss:GetBucketWorm",
    "bucket_stat": "oss:GetBucketStat",
    "bucket_tags": "oss:GetBucketTagging",
    "bucket_versioning": "oss:GetBucketVersioning",
    "put": "oss:PutObject",
}


SHOWN_PLAN = "plan-7d3b2c1e9f04a8b6c5d2"


@pytest.mark.parametrize("steps", EXAMPLES, ids=[each[0][1] + each[0][3] for each in EXAMPLES])
def test_an_example_gets_the_answer_that_is_shown(
    deployment: Deployment, steps: list[tuple[str, ...]]
) -> None:
    """
    The request is the file's, and the answer is what the handler says, or a part of it.

    A plan's id is another one each time.
    """
    plant(deployment.oss, BUCKET)
    deployment.oss.create_bucket(STATE_BUCKET)
    deployment.set(state=f"{STATE_BUCKET}/state").request_id = "7d3b2c1e"
    plan_id = SHOWN_PLAN

    for _, file, request_, part, answer in steps:
        said = deployment.send(request_.replace(SHOWN_PLAN, plan_id).encode())
        plan_id = said.get("plan", {"id": plan_id})["id"]

        assert json.loads(request_) == json.loads((ROOT / file).read_text("utf-8"))
        shown = json.loads(answer.replace(SHOWN_PLAN, plan_id))
        if part == " a part":
            assert _holds(said, shown)
        else:
            rest = {name: each for name, each in said.items() if name != "plan" or not part}
            assert _lasting(shown) == _lasting(rest)


def test_a_part_of_an_answer_is_one_at_every_depth() -> None:
    """Fields of documents, and elements of lists in their order; what is empty is meant so."""
    said = {
        "plan": {"id": "a", "advice": ["one", "two", "three"], "siblings": []},
        "status": "done",
    }

    assert _holds(said, {"plan": {"id": "a", "advice": ["one", "three"], "siblings": []}})
    others: list[dict[str, Any]] = [{"id": "b"}, {"advice": ["two", "one"]}, {"first": "a"}]
    for other in (*others, {"advice": []}):
        assert not _holds(said, {"plan": other})


def test_the_long_job_goes_as_it_is_told(deployment: Deployment, tmp_path: Path) -> None:
    """Each event in turn gets the answer below it, of which the fields that matter are shown."""
    plant(deployment.oss, BUCKET)
    deployment.request_id = "7d3b2c1e"
    said: dict[str, Any] = {}

    with called_by_hand(deployment, tmp_path) as fc:
        for what, file, shown in LONG:
            document = json.loads(shown)
            if file:
                assert document == json.loads((ROOT / file).read_text("utf-8"))
            if what == "send":
                said = deployment.send(document)
                continue
            if what == "next":
                said = deployment.send(fc.accepted[-1].payload)
            assert _lasting(document).items() <= _lasting(said).items()
            assert document.keys() <= said.keys()
            assert said["job"] == "7d3b2c1e-1"


def test_the_jobs_end_is_estimated_as_a_time(deployment: Deployment, tmp_path: Path) -> None:
    """It is the one field of the long job that is another one each time."""
    (shown,) = (json.loads(text) for _, _, text in LONG if "estimated_end" in text)
    plant(deployment.oss, BUCKET)

    with called_by_hand(deployment, tmp_path):
        job = deployment.send(json.loads(LONG[0][2]))["job"]
        said = deployment.send({"job": job, "do": "status"})

    for answer in (shown, said):
        moment = datetime.fromisoformat(answer["estimated_end"])
        assert moment.utcoffset() == timedelta(0)


def test_all_examples_are_found() -> None:
    """The patterns that find them find all."""
    assert len(EXAMPLES) == ALL.count("\n<!-- send ") == 8
    assert len(SENT) == len(EXAMPLES) + ALL.count("\n<!-- then send") == ALL.count("\n<!-- get")
    assert len(LONG) == ALL.count("<!-- long: ") == 9


def test_no_block_of_code_is_without_its_test() -> None:
    """A mark above it says which test reads it."""
    blocks = re.findall(r"(.*)\n +```\w+\n|(.*)\n```\w+\n", ALL)

    assert len(blocks) > 20
    assert {above or beside for above, beside in blocks if "<!-- " not in above + beside} == set()


def _sentences() -> list[str]:
    """Return the requests that stand in sentences, as far as they are whole."""
    return [each for each in re.findall(r"`({.*?})`", ALL) if "..." not in each and ": " in each]


@pytest.mark.parametrize("request_", [each for each in _sentences() if each.startswith('{"')])
def test_a_request_in_a_sentence_is_taken(chain: Chain, request_: str) -> None:
    """As it stands there, in a deployment that keeps state."""
    plant(chain.deployment.oss, BUCKET)

    assert "error" not in chain.begin(json.loads(request_))


def test_the_nights_payload_deletes_the_days_that_readme_names(deployment: Deployment) -> None:
    """And nothing that is younger than thirty days."""
    [(time, payload)] = re.findall(r"<!-- timer (\S+) -->\n```json\n(.*?)```", ALL, re.DOTALL)
    plant(deployment.oss, BUCKET)
    before = deployment.keys()

    deployment.send({"triggerTime": time, "triggerName": "nightly", "payload": payload})

    gone = {key[:15] for key in set(before) - set(deployment.keys())}
    assert gone == {f"logs/2024-02/{day}" for day in range(23, 29)}  # the tree has no 29th
    assert "the logs of 23 to 29 February" in ALL


def test_the_payload_by_age_is_that_of_its_event() -> None:
    """Which is sent with the others."""
    [(file, shown)] = re.findall(r"<!-- payload (\S+) -->\n```json\n(.*?)```", ALL, re.DOTALL)

    event = json.loads((ROOT / file).read_text("utf-8"))
    assert json.loads(event["payload"]) == json.loads(shown)


def test_the_steps_to_fifty_million_go_as_they_are_told(deployment: Deployment) -> None:
    """Each request in turn gets the answer below it."""
    plant(deployment.oss, BUCKET)

    assert len(STEPS) == ALL.count("<!-- steps: send -->") == 3
    for request_, shown in STEPS:
        assert json.loads(shown).items() <= deployment.send(json.loads(request_)).items()


def test_the_ceiling_that_readme_names_is_the_templates(deployment: Deployment) -> None:
    """The settings page tells it, too."""
    template = yaml.safe_load((ROOT / "template.yml").read_text("utf-8"))
    environment = template["resources"]["ossweep"]["props"]["environmentVariables"]
    ceiling = environment["OSSWEEP_MAX_OBJECTS"]
    page = (ROOT / "events/http/get-settings.json").read_bytes()

    answer = deployment.set(max_objects=ceiling, http="trigger").send(page)

    assert int(ceiling) <= 1_000_000
    assert json.loads(answer["body"])["settings"]["OSSWEEP_MAX_OBJECTS"] == int(ceiling)
    assert f"the template's ceiling is {int(ceiling):,}" in ALL
    assert f"the template sets {int(ceiling):,}" in README


def test_a_quota_makes_the_hours_that_readme_tells() -> None:
    """Fifty million objects, all at once or in sequence."""
    hours = [50_000_000 / rate / 3600 for rate in (10_000, 2_000)]
    runs = [50_000_000 / rate / 600 for rate in (10_000, 2_000)]

    assert f"take {hours[0]:.1f} to {hours[1]:.1f} hours" in ALL
    assert f"in {ceil(runs[0])} to {ceil(runs[1])} invocations of ten minutes" in ALL


def test_deleted_objects_come_back_where_there_are_versions(
    deployment: Deployment,
) -> None:
    """By the page's program, which leaves older deletions deleted."""
    deployment.oss.enable_versioning(BUCKET)
    deployment.fill("src/a", "src/b", "src2/c")
    deployment.send({"directory": "src", "keys": ["src2/c"]})

    late = PROGRAMS["bring back"].replace("1711843200", str(2**40))
    run(late, deployment, "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")
    stayed = deployment.keys()
    run(PROGRAMS["bring back"], deployment, "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET")

    assert (stayed, deployment.keys()) == ([], ["src/a", "src/b"])


def test_the_costs_are_what_the_prices_make(deployment: Deployment) -> None:
    """A request for each thousand keys, or for each; and as many listings."""
    shown = ALL[ALL.index("### Know what it costs") :]
    rows = re.findall(r"^\| (.*?) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", shown, re.MULTILINE)[:3]
    deployment.fill(*(f"a/{number:05}" for number in range(5000)))

    made = deployment.send({"prefix": "a/"})["requests_made"]

    assert [row[0] for row in rows][0::2] == ["Standard", "Deep Cold Archive"]
    for _, price, together, alone in rows:
        assert float(together) == pytest.approx(float(price) * 1000 / 10_000)
        assert float(alone) == pytest.approx(float(price) * 1_000_000 / 10_000)
    assert 5 <= made["batch_delete"] + made["delete"] <= 5 + 36
    assert 5 <= made["list"] <= 5 + 36


def test_a_signed_call_over_http_is_answered(deployment: Deployment, tmp_path: Path) -> None:
    """By the page's program, through a trigger that takes no other."""
    plant(deployment.oss, BUCKET)
    function = Deployed(
        "ossweep",
        deployment.oss.temporary_credentials,
        environment={
            "OSSWEEP_BUCKETS": BUCKET,
            "OSSWEEP_ENDPOINT": deployment.oss.endpoint,
            "OSSWEEP_HTTP": "trigger",
        },
        http_methods=("GET", "POST"),
        http_auth="function",
    )
    account = Credentials("LTAI-account", "account-secret")
    with LocalFc([function], credentials=account) as fc:
        url = f"{fc.http_url(function)}/"
        program = re.sub('(?m)^URL = ".*"$', f'URL = "{url}"', PROGRAMS["call"])
        names = "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        said = ran(program, dict(zip(names, ("LTAI-account", "account-secret"), strict=True)))
        wrong = ran(program, dict(zip(names, ("LTAI-account", "another"), strict=True)))

    status, _, answer = said.partition(" ")
    assert (status, json.loads(answer)["status"]) == ("200", "planned")
    assert wrong.startswith("403 ")


def test_the_alarms_find_what_they_are_for(deployment: Deployment) -> None:
    """And nothing else: their conditions are held against the lines of jobs that ended so."""
    deployment.fill("a/1", "a/2", "b/1")
    deployment.oss.misbehave(Refuse(409, "FileImmutable", keys=["b/1"]))
    deployment.send({"prefix": "a/", "limits": {"objects": 1}})
    stopped = deployment.log.copy()
    deployment.send({"prefix": "a/"})
    fine = deployment.log[len(stopped) :]
    deployment.send({"prefix": "b/"})
    bad = deployment.log[len(stopped) + len(fine) :]

    assert {line["message"] for line in alarmed("bad", bad)} == {"sweep ends", "job ended badly"}
    assert len({(line["job"], line["reason"]) for line in alarmed("bad", bad)}) == 1
    assert ALARMS["bad"].partition(" | ")[2].startswith("select distinct ")
    assert alarmed("bad", [*stopped, *fine]) == []
    assert len(alarmed("stopped", stopped)) == 1
    assert alarmed("stopped", [*fine, *bad]) == []
    assert len(alarmed("ran", fine)) == 1
    for name in ("bad", "stopped"):
        shown = re.findall(r"json_extract_scalar\(message, '\$\.(\w+)'\) as", ALARMS[name])
        assert all(set(shown) <= line.keys() for line in alarmed(name, deployment.log))


@pytest.mark.parametrize("versions", [False, True])
def test_a_key_that_was_never_there_counts_as_deleted(
    deployment: Deployment, versions: bool
) -> None:
    """In a batch and alone: OSS's answer is the same, so nobody could tell."""
    said = "OSS confirms the deletion of a key that was never there like any other: so does"
    if versions:
        deployment.oss.enable_versioning(BUCKET)
    deployment.fill("a/there")

    answer = deployment.send({"keys": ["a/there", "a/never", "a/alone\r"]})

    assert said in ALL
    assert (answer["status"], answer["deleted"], answer["failed"]) == ("done", 3, 0)
    assert answer["requests_made"]["delete"] == 1


@pytest.mark.parametrize(
    "more", [{"only": {"older_than": "1min"}}, {"limits": {"bytes": "1TB"}}], ids=["only", "bytes"]
)
def test_a_key_that_is_looked_at_and_never_was_there_is_skipped(
    deployment: Deployment, more: dict[str, Any]
) -> None:
    """By the reason that the page explains so; the look is a listing."""
    deployment.fill("a/there")

    answer = deployment.send({"keys": ["a/there", "a/never"], **more})

    assert "With `only` or `limits.bytes`, and in lists and rules, such a key is `skipped`." in ALL
    assert "or it never was there" in ALL
    assert (answer["deleted"], answer["skipped_because"]) == (1, {GONE: 1})
    assert answer["requests_made"]["list"] == 2


def test_a_narrower_choice_takes_the_requests_that_are_told(
    deployment: Deployment,
) -> None:
    """One for each object's tags, and twice the listings at most for the latest."""
    deployment.fill(*(f"a/{number:05}" for number in range(3000)))

    latest = deployment.send({"prefix": "a/", "only": {"keep_latest": 2900}})
    tags = deployment.send({"prefix": "a/", "only": {"tags": {"tier": "temporary"}}})

    assert latest["deleted"] == 100
    assert latest["requests_made"]["list"] <= 2 * (3 + 36)
    assert tags["skipped_because"] == {"other tags": 2900}
    assert 2900 <= tags["requests_made"]["tags"] <= 2900 + 100


@pytest.mark.parametrize(
    ("only", "key"),
    [
        ({"newer_than": "2024-11-20Z"}, "a/of-the-20th"),
        ({"match": "**"}, "a/"),
    ],
)
def test_the_edges_of_conditions_are_as_they_are_told(
    deployment: Deployment, only: dict[str, str], key: str
) -> None:
    """A date leaves out its day, and a marker has an empty name."""
    day = datetime(2024, 11, 20, tzinfo=timezone.utc)
    deployment.oss.fill(BUCKET, ["a/of-the-20th"], (day + timedelta(hours=23)).timestamp())
    deployment.oss.fill(BUCKET, ["a/", "a/other"], (day + timedelta(days=1)).timestamp())

    answer = deployment.send({"directory": "a", "only": only})

    assert json.dumps(only)[1:-1] in ALL
    assert (answer["deleted"], deployment.keys()) == (2, [key])


def test_the_table_of_errors_is_what_reasons_advise() -> None:
    """Each code once, with what is said of it."""
    shown, _, _ = ALL[ALL.index("### What to do about an error") :].partition("\n## ")
    rows = re.findall(r"^\| ((?:`[\w ]+`(?:, )?)+) \| (.*)\. \|$", shown, re.MULTILINE)

    told = {code: helps for codes, helps in rows for code in re.findall("`(.*?)`", codes)}
    assert told == {code: helps[0].upper() + helps[1:] for code, helps in HELPS.items()}


def test_a_timers_dates_are_those_that_readme_shows() -> None:
    """A range begins as it says, and has as many."""
    at = datetime(2024, 3, 31, 2, tzinfo=timezone.utc)
    rows = re.findall(r"^\| `(\{trigger_time.*?\})` \| (.*?)( and so on.*)? \|$", ALL, re.MULTILINE)

    assert len(rows) == 3
    for template, dates, more in rows:
        found = filled(template, at, timezone.utc)
        assert ", ".join(found).startswith(dates)
        assert (len(found), found[-1] in more) == ((7, True) if more else (1, False))


def test_the_settings_table_is_the_settings() -> None:
    """Each variable with its form, its default and its meaning."""
    rows = re.findall(r"^\| `(OSSWEEP_\w+)` \| (.*?) \| (.*?) ?\| (.*?) \|$", ALL, re.MULTILINE)

    assert f"| `{rows[0][0]}` |" in README
    assert rows == [
        (
            variable(entry),
            entry.metadata["form"],
            _shown(entry.default),
            entry.metadata["says"],
        )
        for entry in fields(Settings)
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        f"A listing that is older than {OLDEST_LISTING:g} seconds when its keys' turn comes",
        f"if it is no older than {LONGEST_KEPT // 86_400} days",
        f"three times `OSSWEEP_CHECKPOINT_SECONDS`, or three times {LEAST_BEAT:g} seconds",
        f"until {SLACK} seconds before its lease is over",
        f"{LEAST_RESERVED:,} to {MOST_RESERVED:,} objects",
        f"nothing at all has gone in {PLACES} places",
    ],
)
def test_the_figures_are_those_of_the_code(sentence: str) -> None:
    """What a person reckons with is what is done."""
    assert sentence in ALL


@pytest.mark.parametrize(
    "reason",
    [
        PROTECTED,
        NEWER,
        GONE,
        GONE_UNANSWERED,
        NEEDED,
        NOT_AS_PLANNED,
        BEYOND_CEILING,
        UNKNOWN_TO_PLAN,
        CHANGED,
        UNTOLD,
        NOT_READABLE,
        *REASONS,
    ],
)
def test_each_reason_to_skip_a_key_is_explained(reason: str) -> None:
    """By the words that the answer has."""
    shown, _, _ = ALL[ALL.index("### Why a key has stayed") :].partition("\n### ")
    rows = re.findall(r"^\| (`.*?) \| .* \|$", shown, re.MULTILINE)

    assert f"`{reason}`" in ", ".join(rows)


@pytest.mark.parametrize("versions", [False, True])
def test_the_permissions_are_those_of_the_requests_made(
    deployment: Deployment, tmp_path: Path, *, versions: bool
) -> None:
    """Whatever is asked of OSS is in the table, and nothing in the table is never asked."""
    if versions:
        deployment.oss.enable_versioning(BUCKET)
    plant(deployment.oss, BUCKET)
    deployment.set(rules=json.dumps(RULES))

    with called_by_hand(deployment, tmp_path):
        deployment.send({"directory": "src", "prefix": "odd/", "keys": ["src.txt"]})
        deployment.send((ROOT / "events/oss/request-file.json").read_bytes())
        deployment.request_id = "another"
        deployment.send((ROOT / "events/direct/tags.json").read_bytes())
        deployment.request_id = "dry"
        deployment.send((ROOT / "events/direct/dry-run.json").read_bytes())

    made = {NEEDS[request.operation] for request in deployment.oss.requests}
    # Which versions a batch deletes stands in its body, and not in the log.
    of_versions = {"oss:ListObjectVersions", "oss:DeleteObjectVersion"}
    unseen = {"oss:DeleteObjectVersion"} if versions else of_versions
    assert made | unseen == PERMITTED
    assert {*LOOKS.values()} <= made


@pytest.mark.parametrize(
    ("event", "lists"),
    [
        ({"keys": ["src.txt"]}, False),
        ({"keys": ["src.txt"], "only": {"older_than": "1d"}}, True),
        ({"keys": ["src.txt"], "limits": {"bytes": "1TB"}}, True),
        ({"manifest": "lists/expired.txt"}, True),
        ({"do": "explain", "key": "src.txt", "request": {"keys": ["src.txt"]}}, True),
    ],
)
def test_the_permission_to_list_is_needed_by_whatever_looks(
    deployment: Deployment, event: dict[str, Any], *, lists: bool
) -> None:
    """A request's keys do without, as the table says."""
    plant(deployment.oss, BUCKET)

    deployment.send(event)

    made = {NEEDS[request.operation] for request in deployment.oss.requests}
    assert ("oss:ListObjects" in made) is lists
    assert "a request's `keys` without `only` and `limits.bytes` do without it" in ALL


def test_the_permissions_are_those_of_the_functions_policies() -> None:
    """The triggers' roles have a table of their own."""
    ours = [path for path in (ROOT / ".ram").glob("*-policy.json") if path.stem != "trigger-policy"]
    allowed = {
        action
        for path in ours
        for statement in json.loads(path.read_text("utf-8"))["Statement"]
        for action in statement["Action"]
    }

    assert allowed == ACTIONS


def test_the_rules_that_are_shown_are_those_of_the_local_cloud() -> None:
    """The events of OSS are tried with them."""
    (shown,) = re.findall(r"<!-- rules -->\n```json\n(.*?)```", ALL, re.DOTALL)

    assert json.loads(shown) == [*RULES, LIST_RULE]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def linked(folder: str) -> set[tuple[str, str]]:
    """Return what a page links to: paths from the top of the repository, and anchors."""
    links = re.findall(r"\]\(([^)]+)\)", DOCUMENTS[folder])
    parts = [link.partition("#")[::2] for link in links if "://" not in link]
    return {
        (os.path.normpath(f"{folder or '.'}/{path or 'README.md'}"), anchor)
        for path, anchor in parts
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_link_leads_somewhere(folder: str) -> None:
    """To a file or folder that is there, and to a heading in it if the link names one."""
    links = linked(folder)

    assert {path for path, _ in links if not (ROOT / path).exists()} == set()
    assert {
        f"{path}#{anchor}"
        for path, anchor in links
        if anchor and anchor not in anchors((ROOT / path).read_text("utf-8"))
    } == set()


def test_every_accepted_event_is_linked_to() -> None:
    """By the page that lies beside it."""
    events = {path.relative_to(ROOT) for path in (ROOT / "events").rglob("*.json")}
    accepted = {str(path) for path in events if "refused" not in path.parts}

    assert accepted <= {path for path, _ in linked("events")}


def test_every_page_is_linked_to_from_the_first_one() -> None:
    """Nobody has to guess where the rest is."""
    pages = {os.path.normpath(f"{folder}/README.md") for folder in FOLDERS if folder}

    assert pages <= {path for path, _ in linked("")}


def test_the_first_page_takes_five_minutes() -> None:
    """It has 150 lines at most, of which the settings take one each."""
    assert len(README.splitlines()) <= 150


def test_the_first_page_switches_a_trigger_on_as_its_file_says() -> None:
    """By the same command."""
    (command,) = re.findall(r"`(cat \.triggers/.*?)`", README)
    (path,) = re.findall(r"\.triggers/\S+\.yml", command)

    assert f"# To switch it on: {command}\n" in (ROOT / path).read_text("utf-8")


def test_the_drawing_shows_what_is_there() -> None:
    """Each module that it names exists, and no package is missing."""
    _, drawing, *_ = DOCUMENTS["src"].split("```\n")
    named = set(re.findall(r"\b(\w+(?:\.py|/))", drawing)) - {"ossweep/"}
    house = ROOT / "src" / "ossweep"
    packages = {f"{path.parent.name}/" for path in house.glob("*/__init__.py")}

    assert {name for name in named - {"index.py"} if not (house / name).exists()} == set()
    assert packages <= named


def test_the_glossary_names_what_is_there() -> None:
    """Each name in its last column is defined in the module that the column links to."""
    _, _, glossary = DOCUMENTS["src"].partition("## Glossary")
    cells = re.findall(r"(`[\w.`, =+]+`) in \[`\w+\.py`\]\((\S+?)\)", glossary)

    assert len(cells) > 25
    for names, path in cells:
        source = (ROOT / "src" / path).read_text("utf-8")
        for name in re.findall(r"`(?:\w+\.)?(\w+)`", names):
            assert re.search(rf"^(?:class|def) {name}\b|^ +{name}: ", source, re.MULTILINE), name


def test_every_make_command_that_a_page_names_exists() -> None:
    """And `make help` shows each."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", ALL, re.MULTILINE)) <= targets


def run(program: str, deployment: Deployment, *names: str) -> None:
    """Run a program of the page's against the local OSS."""
    credentials = deployment.oss.credentials
    keys = (credentials.access_key_id, credentials.access_key_secret)
    there = re.sub('(?m)^ENDPOINT = ".*"$', f'ENDPOINT = "{deployment.oss.endpoint}"', program)
    ran(there, dict(zip(names, keys, strict=True)))


def ran(program: str, environment: dict[str, str]) -> str:
    """Run a program, and return what it writes."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def alarmed(name: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines that an alarm's conditions choose."""
    _, _, conditions = ALARMS[name].partition(" where ")
    wanted = re.findall(r"json_extract_scalar\(message, '\$\.(\w+)'\) = '(.*?)'", conditions)
    assert len(wanted) == conditions.count("=") > 0
    return [line for line in lines if all(line.get(key) == text for key, text in wanted)]


def _holds(said: Any, shown: Any) -> bool:
    """Tell whether what is shown is a part of what was said."""
    if isinstance(shown, dict) and shown and isinstance(said, dict):
        return all(name in said and _holds(said[name], shown[name]) for name in shown)
    if isinstance(shown, list) and shown and isinstance(said, list):
        rest = iter(said)
        return all(any(_holds(one, each) for one in rest) for each in shown)
    return bool(said == shown)


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in VARYING}


def _shown(default: Any) -> str:
    if default in (None, ()):
        return ""
    if isinstance(default, bool):
        return f"`{json.dumps(default)}`"
    if isinstance(default, str):
        return f"`{default}`"
    if isinstance(default, tuple):
        return f"`{','.join(default)}`"
    return f"`{default:g}`"
