"""The deployment: what template.yml, .ram and make say is what fc3 takes and the code does."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bench.trials import DEPLOYED
from chains import called_by_hand
from deployment import BUCKET
from localcloud import tree
from ossweep import rules
from ossweep.leases.timer import BEATS, SLACK
from ossweep.plans.bucket import ACTIONS
from ossweep.settings import Settings, variable
from ossweep.store.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment import Deployment
    from localcloud.arrivals import Request
    from ossweep.patterns import Pattern

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "template.yml").read_text("utf-8")
VALIDATOR = Draft7Validator(
    json.loads((Path(__file__).parent / "fc3.schema.json").read_text("utf-8"))
)
RAM = {path.name: json.loads(path.read_text("utf-8")) for path in (ROOT / ".ram").glob("*.json")}
# The triggers that are switched off, a file each.
SWITCHED_OFF = [
    "oss-request-files",
    "oss-lists",
    "oss-belongings",
    "eventbridge-belongings",
    "mns-topic",
    "mns-queue",
]


def trigger_file(name: str) -> str:
    return (ROOT / ".triggers" / f"{name}.yml").read_text("utf-8")


def with_triggers(*names: str) -> str:
    """Switch triggers on as their files say: each goes to the end of the template."""
    return TEXT + "".join(map(trigger_file, names))


def substituted(value: Any, variables: dict[str, str]) -> Any:
    """Fill in `${vars.name}`, as Serverless Devs does in every text."""
    if isinstance(value, dict):
        return {name: substituted(inner, variables) for name, inner in value.items()}
    if isinstance(value, list):
        return [substituted(inner, variables) for inner in value]
    if isinstance(value, str):
        return re.sub(r"\$\{vars\.(\w+)\}", lambda found: variables[found[1]], value)
    return value


def props(text: str = TEXT) -> dict[str, Any]:
    template = yaml.safe_load(text)
    filled: dict[str, Any] = substituted(
        template["resources"]["ossweep"]["props"], template["vars"]
    )
    return filled


def triggers(*names: str) -> dict[str, dict[str, Any]]:
    return {each["triggerName"]: each for each in props(with_triggers(*names))["triggers"]}


PROPS = props()
VARS = yaml.safe_load(TEXT)["vars"]
ENVIRONMENT = PROPS["environmentVariables"]
EVERY_TRIGGER = triggers(*SWITCHED_OFF)
RULES = rules.read(ENVIRONMENT["OSSWEEP_RULES"])
(LIST_RULE,) = rules.read(json.dumps([tree.LIST_RULE]))


def test_ossweep_is_measured_as_it_is_deployed() -> None:
    """The bench sets what the template sets beside ossweep's own settings."""
    others = {name: text for name, text in ENVIRONMENT.items() if not name.startswith("OSSWEEP_")}

    assert others == DEPLOYED


@pytest.mark.parametrize("names", [[], *([name] for name in SWITCHED_OFF), SWITCHED_OFF])
def test_the_template_is_what_fc3_takes(names: list[str]) -> None:
    """As it is, with each trigger switched on by itself, and with all of them."""
    found = props(with_triggers(*names))

    assert [error.message for error in VALIDATOR.iter_errors(found)] == []
    assert [each["triggerName"] for each in found["triggers"]] == ["nightly", "http", *names]


def test_every_file_of_a_trigger_is_tested() -> None:
    """The folder holds nothing else."""
    assert sorted(path.stem for path in (ROOT / ".triggers").iterdir()) == sorted(SWITCHED_OFF)


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_a_triggers_file_is_a_fragment_that_fc3_takes(name: str) -> None:
    """A list of the one trigger that has the file's name."""
    (trigger,) = substituted(yaml.safe_load(trigger_file(name)), VARS)

    found = {**PROPS, "triggers": [trigger]}
    assert [error.message for error in VALIDATOR.iter_errors(found)] == []
    assert trigger["triggerName"] == name


@pytest.mark.parametrize("name", SWITCHED_OFF)
def test_a_triggers_file_says_what_it_is_for_and_how_to_switch_it_on(
    name: str, tmp_path: Path
) -> None:
    """Two lines; the second one's command, carried out, leaves a template that fc3 takes."""
    shutil.copytree(ROOT / ".triggers", tmp_path / ".triggers")
    shutil.copy(ROOT / "template.yml", tmp_path)
    purpose, command, first, *_ = (line.strip() for line in trigger_file(name).splitlines())

    assert (purpose[:2], first) == ("# ", f"- triggerName: {name}")
    said = command.removeprefix("# To switch it on: ")
    subprocess.run(["sh", "-c", said], cwd=tmp_path, check=True)  # noqa: S607 - as a person does

    found = props((tmp_path / "template.yml").read_text("utf-8"))
    assert [each["triggerName"] for each in found["triggers"]] == ["nightly", "http", name]
    assert VALIDATOR.is_valid(found)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["timout"], 600),
        (["timeout"], 86401),
        (["timeout"], 0),
        (["memorySize"], 500),
        (["region"], "cn-nowhere"),
        (["environmentVariables", "OSSWEEP_DRY_RUN"], True),
        (["asyncInvokeConfig", "maxAsyncRetryAttempts"], 9),
        (["triggers", 0, "triggerType"], "time"),
        (["triggers", 0, "triggerConfig", "enabled"], True),
        (["triggers", 2, "triggerConfig", "events", 0], "oss:ObjectRemoved:*"),
    ],
)
def test_a_value_that_fc3_would_not_take_is_found(path: list[Any], value: Any) -> None:
    """The schema is strict: fc3's own lets a mistyped name pass."""
    broken = props(with_triggers(*SWITCHED_OFF))
    inner = broken
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value

    assert not VALIDATOR.is_valid(broken)


def test_the_handler_is_a_function_of_src() -> None:
    """`index.handler` is `handler` in src/index.py."""
    module, function = PROPS["handler"].split(".")
    source = ast.parse((ROOT / "src" / f"{module}.py").read_text("utf-8"))

    assert function in {node.name for node in source.body if isinstance(node, ast.FunctionDef)}


def test_the_code_is_what_make_package_builds() -> None:
    """The folder and the Python that make has if nothing is said."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    said = dict(re.findall(r"^(BUILD|FOR) \?= (.*)$", makefile, re.MULTILINE))

    assert PROPS["code"] == f"./{said['BUILD']}"
    assert PROPS["runtime"] == f"python{said['FOR']}"


def test_every_variable_is_used_defined_and_not_empty() -> None:
    """An empty one is none to Serverless Devs."""
    used = set(re.findall(r"\$\{vars\.(\w+)\}", with_triggers(*SWITCHED_OFF))) | {"rules"}

    assert "OSSWEEP_RULES: *rules\n" in TEXT  # YAML's own way to say ${vars.rules}
    assert used == VARS.keys()
    assert [name for name, value in VARS.items() if not (isinstance(value, str) and value)] == []


def test_no_text_is_taken_for_an_expression() -> None:
    """Serverless Devs' templates know `{{` and `<%` as well as `${`."""
    text = with_triggers(*SWITCHED_OFF)

    assert "{{" not in text
    assert "<%" not in text
    assert set(re.findall(r"\$\{(\w+)", text)) == {"vars"}


def test_the_environment_is_all_settings_in_their_order() -> None:
    """And each has a comment above it."""
    names = [variable(entry) for entry in fields(Settings)]
    commented = re.findall(r"^ {8}#.*\n {8}([A-Z_]+):", TEXT, re.MULTILINE)

    assert sorted(ENVIRONMENT.keys() - DEPLOYED.keys()) == sorted(names)
    assert commented == list(ENVIRONMENT)


def test_settings_that_nobody_has_chosen_have_their_default() -> None:
    """Chosen are the buckets, region, rules, state, HTTP, the ceiling and the dry run."""
    settings = Settings.read(ENVIRONMENT)
    chosen = {"buckets", "dry_run", "http", "max_objects", "region", "rules", "state"}
    # Nothing but a number can say that there is no limit, and an empty endpoint is none.
    said_otherwise = {"endpoint": "", "fc_endpoint": "", "max_rate": 999_999_999}

    for entry in fields(Settings):
        if entry.name not in chosen:
            expected = said_otherwise.get(entry.name, entry.default)
            assert getattr(settings, entry.name) == expected, entry.name
    assert settings.dry_run is True
    # What OSS deletes of names in sequence within one invocation, nearly: 2,000 a second.
    assert settings.max_objects == 1_000_000 <= 2000 * PROPS["timeout"]
    assert settings.buckets == ("examplebucket",)
    assert settings.region == PROPS["region"]
    assert settings.state == "examplebucket/ossweep-state/"


def test_the_rules_are_those_of_the_local_bucket() -> None:
    """Reading them refuses circles; the tests of the events run them."""
    assert json.loads(ENVIRONMENT["OSSWEEP_RULES"]) == list(tree.RULES)
    assert len(RULES) == 2


def test_times_are_within_function_computes_limits() -> None:
    """Its longest run is a day; the event's age fits all attempts, and two documents' ranges."""
    asynchronous = PROPS["asyncInvokeConfig"]
    attempts = 1 + asynchronous["maxAsyncRetryAttempts"]

    assert 1 <= PROPS["timeout"] <= 86_400
    lease = BEATS * float(ENVIRONMENT["OSSWEEP_CHECKPOINT_SECONDS"]) + SLACK
    assert lease < 30 < PROPS["timeout"]  # as its comment says
    assert attempts == 4
    assert attempts * PROPS["timeout"] <= asynchronous["maxAsyncEventAgeInSeconds"] <= 604_800
    assert float(ENVIRONMENT["OSSWEEP_RESERVE_SECONDS"]) < PROPS["timeout"]


def test_cores_and_memory_are_a_pair_that_is_sold() -> None:
    """One core for every 1 to 4 GB."""
    assert 1 <= PROPS["memorySize"] / 1024 / PROPS["cpu"] <= 4


def test_the_triggers_that_are_on_need_nothing_else_to_exist() -> None:
    """A timer, and HTTP for signed requests only."""
    on = {each["triggerName"]: each["triggerConfig"] for each in PROPS["triggers"]}

    assert list(on) == ["nightly", "http"]
    assert on["nightly"]["enable"] is True
    assert on["http"]["authType"] == "function"
    assert ENVIRONMENT["OSSWEEP_HTTP"] == "trigger"  # which is true of that only
    assert re.search("authType: function +#.* OSSWEEP_HTTP says trigger", TEXT)
    assert ENVIRONMENT["OSSWEEP_TIME_ZONE"] == "UTC"


def test_the_timers_request_plans_a_day_of_thirty_days_ago(deployment: Deployment) -> None:
    """It deletes nothing, even when the deployment is armed."""
    deployment.environ.update(ENVIRONMENT)
    deployment.set(dry_run="false", endpoint=deployment.oss.endpoint)
    deployment.fill("logs/2024-03/01-a.gz", "logs/2024-03/02-a.gz")

    answer = deployment.send(
        {
            "triggerName": "nightly",
            "triggerTime": "2024-03-31T02:00:00Z",
            "payload": EVERY_TRIGGER["nightly"]["triggerConfig"]["payload"],
        }
    )

    assert (answer["status"], answer["listed"]) == ("planned", 1)
    logs = {"logs/2024-03/01-a.gz", "logs/2024-03/02-a.gz"}
    assert logs.issubset(deployment.keys())


@pytest.mark.parametrize(
    ("trigger", "rule"),
    [("oss-request-files", RULES[1]), ("oss-lists", LIST_RULE), ("oss-belongings", RULES[0])],
)
def test_an_oss_trigger_follows_what_its_rule_is_about(trigger: str, rule: rules.Rule) -> None:
    """Every event it sends concerns the rule, and its filter is the pattern's two ends."""
    config = EVERY_TRIGGER[trigger]["triggerConfig"]
    prefix, suffix = re.split(r"\{\w+\}", rule.key.text)

    assert all(rule.concerns(name.removeprefix("oss:")) for name in config["events"])
    assert config["filter"] == {"key": {"prefix": prefix, "suffix": suffix}}


def test_the_trigger_of_lists_says_which_rule_it_needs() -> None:
    """The template's setting has none of lists."""
    assert f"# {json.dumps(tree.LIST_RULE)}\n" in trigger_file("oss-lists")


def test_eventbridge_follows_what_the_rule_is_about() -> None:
    """Its pattern says the same as the trigger of OSS."""
    pattern = json.loads(
        EVERY_TRIGGER["eventbridge-belongings"]["triggerConfig"]["eventRuleFilterPattern"]
    )
    config = EVERY_TRIGGER["oss-belongings"]["triggerConfig"]
    source = EVERY_TRIGGER["oss-belongings"]["sourceArn"]

    assert pattern == {
        "source": ["acs.oss"],
        "type": config["events"],
        "data": {
            "oss": {
                "bucket": {"name": ["examplebucket"]},
                "object": {"key": [{"suffix": config["filter"]["key"]["suffix"]}]},
            }
        },
        "subject": [{"prefix": f"{source}/{config['filter']['key']['prefix']}"}],
    }


def test_no_two_triggers_of_oss_overlap() -> None:
    """OSS refuses two for the same event whose filters overlap: here their prefixes differ."""
    followed = [
        (name, each["triggerConfig"]["filter"]["key"]["prefix"])
        for each in EVERY_TRIGGER.values()
        if each["triggerType"] == "oss"
        for name in each["triggerConfig"]["events"]
    ]
    prefixes = {prefix for _, prefix in followed}

    assert len(followed) == len(set(followed)) == 10
    assert not any(one != two and one.startswith(two) for one in prefixes for two in prefixes)


def test_eventbridges_invocations_are_tried_again_and_reach_the_failure_queue() -> None:
    """Both hold for asynchronous invocations only."""
    by_eventbridge = [
        each for each in EVERY_TRIGGER.values() if each["triggerType"] == "eventbridge"
    ]

    assert len(by_eventbridge) == 2
    assert all(each["triggerConfig"]["asyncInvocationType"] for each in by_eventbridge)


# What OSS's documents ask for, for each operation of oss2's bucket and of ossweep's.
NEEDS = {
    "list_objects": "oss:ListObjects",
    "list_folders": "oss:ListObjects",
    "ObjectIterator": "oss:ListObjects",
    "batch_delete_objects": "oss:DeleteObject",
    "delete_object": "oss:DeleteObject",
    "get_object": "oss:GetObject",
    "read_object": "oss:GetObject",
    "get_object_tagging": "oss:GetObjectTagging",
    "read_part": "oss:GetObject",
    "get_bucket_versioning": "oss:GetBucketVersioning",
    "put_object": "oss:PutObject",
    "list_versions": "oss:ListObjectVersions",
    "delete_versions": "oss:DeleteObjectVersion",
}
STATE = "acs:oss:*:123456789:examplebucket/ossweep-state/*"


def statements(*files: str) -> Iterator[tuple[str, str]]:
    """Yield each action with each of its resources."""
    for name in files or RAM:
        for statement in RAM[name]["Statement"]:
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                for resource in statement.get("Resource", ()):
                    yield action, resource


def operations() -> set[str]:
    """Return the operations of a bucket that the store's code names."""
    return {
        node.attr
        for path in (ROOT / "src/ossweep/store").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and (
            (hasattr(Bucket, node.attr) and not node.attr.startswith("_"))
            or node.attr.endswith("Iterator")
        )
    }


def test_the_policies_allow_exactly_what_the_code_asks_of_oss() -> None:
    """No operation without its permission, and no permission without an operation."""
    settings = {"setting"}  # of a bucket, each with an action of its own
    assert operations() == NEEDS.keys() | settings
    assert {action for action, _ in statements() if action.startswith("oss:")} == {
        *(NEEDS[operation] for operation in operations() - settings),
        *ACTIONS.values(),
    }


def test_reading_and_writing_objects_is_allowed_for_files_lists_and_state_only() -> None:
    """Each switched off with the feature, by leaving out one file."""
    assert list(statements("function-policy.json")) == [
        ("oss:ListObjects", "acs:oss:*:123456789:examplebucket"),
        ("oss:GetBucketVersioning", "acs:oss:*:123456789:examplebucket"),
        ("oss:DeleteObject", "acs:oss:*:123456789:examplebucket/hls/*"),
        ("oss:DeleteObject", "acs:oss:*:123456789:examplebucket/logs/*"),
    ]
    assert list(statements("tags-policy.json")) == [
        ("oss:GetObjectTagging", "acs:oss:*:123456789:examplebucket/hls/*"),
        ("oss:GetObjectTagging", "acs:oss:*:123456789:examplebucket/logs/*"),
    ]
    assert list(statements("consent-policy.json")) == [
        ("oss:GetBucketTagging", "acs:oss:*:123456789:examplebucket"),
    ]
    assert list(statements("plan-policy.json")) == [
        (action, "acs:oss:*:123456789:examplebucket")
        for action in (
            "oss:GetBucketInfo",
            "oss:GetBucketStat",
            "oss:GetBucketWorm",
            "oss:GetBucketLifecycle",
            "oss:GetBucketTagging",
        )
    ]
    assert list(statements("request-files-policy.json")) == [
        ("oss:GetObject", "acs:oss:*:123456789:examplebucket/requests/*.json"),
        ("oss:PutObject", "acs:oss:*:123456789:examplebucket/requests/*.answer.json"),
    ]
    assert list(statements("lists-policy.json")) == [
        ("oss:GetObject", "acs:oss:*:123456789:examplebucket/lists/*"),
        ("oss:GetObject", "acs:oss:*:123456789:examplebucket/inventory/*"),
    ]
    assert list(statements("state-policy.json")) == [
        ("oss:PutObject", STATE),
        ("oss:GetObject", STATE),
        ("oss:DeleteObject", STATE),
        ("oss:ListObjects", "acs:oss:*:123456789:examplebucket"),
    ]
    assert list(statements("state-versions-policy.json")) == [
        ("oss:DeleteObjectVersion", STATE),
        ("oss:ListObjectVersions", "acs:oss:*:123456789:examplebucket"),
    ]


def test_the_state_that_may_be_touched_is_the_templates() -> None:
    """Its objects, and of its bucket's listings those below it."""
    bucket, _, prefix = VARS["state"].partition("/")
    *_, listing = RAM["state-policy.json"]["Statement"]

    assert f"acs:oss:*:{VARS['account']}:{bucket}/{prefix}/*" == STATE
    assert listing["Condition"] == {"StringLike": {"oss:Prefix": [f"{prefix}/*"]}}


@pytest.mark.parametrize("versions", [False, True])
def test_the_policies_allow_every_request_to_the_state(
    deployment: Deployment, tmp_path: Path, *, versions: bool
) -> None:
    """By its own policies, whatever becomes of the others: by one, and with versions by two."""
    _, _, prefix = VARS["state"].partition("/")
    if versions:
        deployment.oss.enable_versioning(BUCKET)
    deployment.fill(*(f"a/{number:04}" for number in range(1500)))

    with called_by_hand(deployment, tmp_path) as fc:
        job = deployment.send({"prefix": "a/"})["job"]
        deployment.send({"job": job, "do": "stop"})
        deployment.send(fc.accepted[-1].payload)
        answer = deployment.send({"job": job, "do": "resume"})

    files = ["state-policy.json", *(["state-versions-policy.json"] if versions else [])]
    asked = [each for each in deployment.oss.requests if about(each).startswith(prefix)]
    # Which versions a batch deletes stands in its body, and not in the log.
    unseen = {"oss:DeleteObjectVersion"} if versions else set()
    assert answer["status"] == "done"
    assert {needed(each) for each in asked} | unseen == {each for each, _ in statements(*files)}
    assert all(about(each).startswith(f"{prefix}/") for each in asked)


def about(request: Request) -> str:
    return request.query.get("prefix") or (*request.touched, "")[0]


def needed(request: Request) -> str:
    """Return what OSS's documents ask for, for a request."""
    operations = {
        "list": "list_objects",
        "list_versions": "list_versions",
        "delete": "delete_versions" if "versionId" in request.query else "delete_object",
        "batch_delete": "batch_delete_objects",
        "get": "get_object",
        "put": "put_object",
    }
    return NEEDS[operations[request.operation]]


def test_the_policies_allow_what_the_template_orders() -> None:
    """The timer's prefix and the rules' belongings, keys of requests and of their answers."""
    bucket = f"acs:oss:*:{VARS['account']}:{VARS['watchedBucket']}"

    def allowed(action: str, key: str) -> bool:
        return any(
            action == each and fnmatchcase(f"{bucket}/{key}", resource)
            for each, resource in statements()
        )

    assert allowed("oss:DeleteObject", json.loads(VARS["nightly"])["prefix"])
    for rule in RULES:
        for _, pattern in rule.delete.patterns() if rule.delete else ():
            assert allowed("oss:DeleteObject", filled(pattern))
        if rule.run:
            request = filled(rule.key)
            assert allowed("oss:GetObject", request)
            assert allowed("oss:PutObject", request.removesuffix(".json") + rules.ANSWER)
            assert not allowed("oss:PutObject", request)


def filled(pattern: Pattern) -> str:
    return pattern.fill(dict.fromkeys(pattern.parts, "7"))


def test_the_failure_queue_is_the_one_that_may_be_written_to() -> None:
    """The destination's name is the resource's, and nothing else of MNS is allowed."""
    destination = PROPS["asyncInvokeConfig"]["destinationConfig"]["onFailure"]["destination"]

    assert [each for each in statements() if each[0].startswith("mns:")] == [
        ("mns:SendMessage", destination)
    ]


@pytest.mark.parametrize("file", ["trigger-policy.json", "continue-policy.json"])
def test_triggers_and_the_function_may_call_this_function_and_no_other(file: str) -> None:
    """At every version."""
    name = f"acs:fc:{PROPS['region']}:{VARS['account']}:functions/{PROPS['functionName']}"

    assert list(statements(file)) == [
        ("fc:InvokeFunction", name),
        ("fc:InvokeFunction", f"{name}/*"),
    ]


@pytest.mark.parametrize(
    ("file", "service"),
    [
        ("function-trust.json", "fc.aliyuncs.com"),
        ("oss-trigger-trust.json", "oss.aliyuncs.com"),
        ("mns-trigger-trust.json", "mns.aliyuncs.com"),
    ],
)
def test_a_role_is_taken_on_by_its_service_only(file: str, service: str) -> None:
    """One statement, one principal."""
    assert RAM[file] == {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": [service]},
            }
        ],
    }


def test_no_policy_allows_everything() -> None:
    """Neither all actions of a service, nor all of its resources."""
    assert [each for each in statements() if "*" in each[0] or each[1] == "*"] == []
    assert {document["Version"] for document in RAM.values()} == {"1"}


def test_every_action_has_its_row() -> None:
    """The table in .ram tells of each file and action why it is there."""
    table = (ROOT / ".ram/README.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `([\w-]+\.json)` \| `([\w:]+)` \|", table, re.MULTILINE))

    assert rows == {
        (name, action)
        for name, document in RAM.items()
        for statement in document["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # `make test` would hand its own variables down
        check=False,
        capture_output=True,
        text=True,
    )


def test_make_deploys_the_template_after_packaging() -> None:
    """The last of its commands is Serverless Devs' deploy."""
    lines = make("-n", "deploy", "SERVERLESS=echo").stdout.splitlines()

    assert lines[-1].rstrip() == "echo deploy -t template.yml"
    assert any("compileall" in line for line in lines)


def test_make_invokes_with_an_event_file() -> None:
    """As Serverless Devs documents `invoke --event-file`."""
    said = make("invoke", "SERVERLESS=echo", "EVENT=events/direct/dry-run.json").stdout

    assert said == "invoke -t template.yml --event-file events/direct/dry-run.json\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["deploy", "SERVERLESS=not-installed"], "This takes Serverless Devs 3"),
        (["invoke", "SERVERLESS=not-installed"], "This takes Serverless Devs 3"),
        (["invoke", "SERVERLESS=echo"], "Say what to send"),
        (["deploy", "SERVERLESS=echo", "FOR=3.12"], "template.yml's runtime is not python3.12"),
    ],
)
def test_make_says_what_is_missing(arguments: list[str], sentence: str) -> None:
    """Before anything is built, and without sending the event that `make run` would."""
    run = make(*arguments)

    assert run.returncode != 0
    assert run.stdout.startswith(sentence)


def test_make_help_shows_both() -> None:
    """With the other commands."""
    shown = re.findall(r"^make (\w+) ", make("help").stdout, re.MULTILINE)

    assert {"deploy", "invoke"} <= set(shown)
