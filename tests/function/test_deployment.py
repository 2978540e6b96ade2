"""What is deployed: the template, the package, the schema, and the handler's two runtimes."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import index
from deployment import BUCKET
from ossweep.errors import SettingsError
from ossweep.request import schema
from ossweep.settings import Settings

if TYPE_CHECKING:
    from localcloud.oss import LocalOss

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml.safe_load((ROOT / "template.yml").read_text("utf-8"))
PROPS = TEMPLATE["resources"]["ossweep"]["props"]


def test_the_templates_handler_is_there() -> None:
    """The code directory is what `make package` builds, and the handler is index.handler."""
    assert (PROPS["handler"], PROPS["code"]) == ("index.handler", "./build")
    assert callable(index.handler)


def test_the_template_is_for_serverless_devs_3_and_a_runtime_that_exists() -> None:
    """Edition, component and runtime."""
    assert (TEMPLATE["edition"], TEMPLATE["resources"]["ossweep"]["component"]) == (
        "3.0.0",
        "fc3",
    )
    assert PROPS["runtime"] in {"python3.10", "python3.12"}


def test_the_templates_environment_is_readable_and_deletes_nothing() -> None:
    """Its settings are known, and the function starts its life with dry runs."""
    variables = PROPS["environmentVariables"]
    settings = Settings.read({**variables, "OSSWEEP_STATE": "examplebucket/state"})

    assert settings.dry_run
    assert all(isinstance(text, str) for text in variables.values())


def test_the_published_schema_is_the_requests() -> None:
    """`make schema` writes it anew."""
    published = (ROOT / "src/ossweep/request.schema.json").read_text("utf-8")

    assert json.loads(published) == schema()


def test_requirements_are_pinned() -> None:
    """Every build is the same."""
    for name in ("requirements.txt", "tests/requirements.txt"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        required = [line for line in lines if line and not line.startswith(("#", "-r"))]
        assert [line for line in required if "==" not in line] == []


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make package` builds, for the Python that runs the tests."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (shared / "package.lock").open("w") as lock:
        # It takes half a minute: one worker builds it, and the others wait.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "package").exists():
            build_into(shared / "building")
            (shared / "building").rename(shared / "package")
    return shared / "package"


def build_into(folder: Path) -> None:
    subprocess.run(
        [
            shutil.which("make") or "make",
            "package",
            f"FOR={sys.version_info.major}.{sys.version_info.minor}",
            f"TARGET={sys.executable}",
            f"BUILD={folder}",
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.timeout(300)
def test_the_package_imports_by_itself(package: Path) -> None:
    """In a clean interpreter, with nothing else to import from, and with nothing to compile."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import index, oss2, pydantic;"
        "import fc2, requests, alibabacloud_openapi_util.client;"
        "print(index.handler.__module__, index.__cached__.endswith('.pyc'), oss2.__file__)"
    )

    said = subprocess.run(
        [sys.executable, "-I", "-S", "-W", "error::ImportWarning", "-c", code, str(package)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()

    assert said == ["index", "True", str(package / "oss2" / "__init__.py")]


EVERY_WAY = """
import glob, json, os, sys
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
import index
from ossweep.handover.carrier import Function, choose
from ossweep.store import Credentials

os.environ.update(
    OSSWEEP_BUCKETS="*", OSSWEEP_ENDPOINT="http://127.0.0.1:9", OSSWEEP_RESERVE_SECONDS="1",
    OSSWEEP_HTTP="trigger", OSSWEEP_RULES=sys.argv[3],
    OSS_ACCESS_KEY_ID="id", OSS_ACCESS_KEY_SECRET="secret",
)
function = SimpleNamespace(name="f", memory="512", timeout="2")
context = SimpleNamespace(request_id="request", region="cn-hangzhou", function=function)
said = []
for place in [None, *sorted(glob.glob(sys.argv[2] + "/**/*.json", recursive=True))]:
    try:
        index.handler(open(place, "rb").read() if place else b"", context)
    except Exception as error:
        said.append(type(error).__name__)
for kind in ("fc2", "fc3"):
    to = Function("f", "s" if kind == "fc2" else None, None, "1", "cn-hangzhou")
    try:
        choose(to, "http://127.0.0.1:9", kind, Credentials("id", "secret")).send(b"", "task", 5.0)
    except Exception as error:
        said.append(error.code)
print(json.dumps(said))
"""


RULES = PROPS["environmentVariables"]["OSSWEEP_RULES"]


@pytest.mark.timeout(300)
def test_the_package_holds_all_that_any_event_and_handover_needs(package: Path) -> None:
    """Every example is answered or refused, and both carriers get as far as the network."""
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", EVERY_WAY, str(package), str(ROOT / "events"), RULES],
        check=True,
        capture_output=True,
        text=True,
    )

    said = json.loads(ended.stdout.splitlines()[-1])
    known = {"RequestError", "PolicyError", "UndoneError", "StoreError"}
    assert set(said) <= {*known, "HandoverError", "ConnectionError"}
    assert said[-2:] == ["ConnectionError", "ConnectionError"]


@pytest.mark.timeout(300)
def test_the_package_holds_nothing_that_nobody_reads(package: Path) -> None:
    """No page, no types and sources of what is compiled, no tests and frameworks of others."""
    unread = {".pyi", ".pyx", ".pxd", ".pxi", ".h", ".c", ".rst", ".hash"}

    assert [path for path in package.rglob("*") if path.suffix in unread] == []
    assert not (package / "crcmod" / "test.py").exists()
    assert {"README.md", "cffi", "pycparser"}.isdisjoint(path.name for path in package.iterdir())
    others = ["Crypto/PublicKey/ECC.py", "Crypto/Protocol", "pydantic/v1", "aiohttp/web.py"]
    assert [name for name in others if (package / name).exists()] == []


@pytest.mark.timeout(300)
def test_the_modules_that_oss2_imports_are_whole_once_looked_into(package: Path) -> None:
    """A walk over all modules looks into each of them."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import index;"
        "from ossweep.store.sdk import UNUSED;"
        "print([name for name in sorted(UNUSED) if not dir(sys.modules[name])])"
    )

    command = [sys.executable, "-I", "-S", "-c", code, str(package)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert said.strip() == "[]"


@pytest.mark.timeout(300)
def test_the_package_is_compiled_whole_and_holds_no_tests(package: Path) -> None:
    """FC's code directory is read-only: what is not compiled is compiled at every cold start."""
    sources = [path for path in package.rglob("*.py") if "site-packages" not in path.parts]
    tag = sys.implementation.cache_tag

    assert [
        path
        for path in sources
        if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").exists()
    ] == []
    assert [path for path in package.rglob("*") if path.name in {"tests", "test"}] == []
    assert list(package.rglob("_crcfunext*")) == []
    shipped = {path.name for path in package.iterdir()}
    assert {"moto", "pytest", "hypothesis", "rich"}.isdisjoint(shipped)


def context_of_python310(oss: LocalOss) -> Any:
    """The context as python3.10's runtime builds it: limits are text, credentials are in it."""
    role = oss.temporary_credentials
    return SimpleNamespace(
        request_id="1-64f6cd87",
        account_id="123456789",
        region="cn-hangzhou",
        logger=None,
        credentials=SimpleNamespace(
            access_key_id=role.access_key_id,
            access_key_secret=role.access_key_secret,
            security_token=role.security_token,
        ),
        function=SimpleNamespace(name="ossweep", handler="index.handler", memory=512, timeout="60"),
        service=SimpleNamespace(
            name="", log_project="", log_store="", qualifier="LATEST", version_id=""
        ),
    )


def context_of_python312() -> Any:
    """The context as python3.12's runtime builds it: neither credentials nor service."""
    return SimpleNamespace(
        request_id="1-64f6cd87",
        account_id="123456789",
        region="cn-hangzhou",
        logger=None,
        log_project="",
        log_store="",
        function=SimpleNamespace(
            name="ossweep",
            handler="index.handler",
            memory=512,
            timeout=60,
            version_id="",
            qualifier="LATEST",
        ),
    )


def test_the_handler_takes_its_role_from_the_context(
    oss: LocalOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on python3.10."""
    oss.fill(BUCKET, ["a"])
    _set(monkeypatch, oss)

    answer = json.loads(index.handler(b'{"keys": ["a"]}', context_of_python310(oss)))

    assert (answer["status"], answer["job"]) == ("done", "1-64f6cd87-1")


def test_a_function_of_a_service_is_itself_in_both_generations_and_runtimes(
    oss: LocalOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FC 3.0 calls it `service$function`, and its jobs have the same names everywhere."""
    _set(monkeypatch, oss)
    alone, of_fc2, of_fc3 = (context_of_python310(oss) for _ in range(3))
    of_fc2.service.name = "cleaning"
    of_fc3.function.name = "cleaning$ossweep"

    def job_of(context: Any) -> str:
        context.credentials = SimpleNamespace(
            access_key_id=oss.credentials.access_key_id,
            access_key_secret=oss.credentials.access_key_secret,
            security_token=None,
        )
        return str(
            json.loads(index.handler((ROOT / "events/timer/nightly.json").read_bytes(), context))[
                "job"
            ]
        )

    names = [job_of(context) for context in (of_fc2, of_fc3, alone)]
    monkeypatch.setenv("FC_SERVICE_NAME", "cleaning")
    names += [job_of(context) for context in (context_of_python312(), of_fc3)]

    assert [name == names[0] for name in names] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("key_id", "secret", "token"),
    [
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "ALIBABA_CLOUD_SECURITY_TOKEN",
        ),
        ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"),
    ],
)
def test_the_handler_takes_its_role_from_the_environment_where_the_context_has_none(
    oss: LocalOss, monkeypatch: pytest.MonkeyPatch, key_id: str, secret: str, token: str
) -> None:
    """As on python3.12, and outside of Function Compute."""
    oss.fill(BUCKET, ["a"])
    role = oss.temporary_credentials
    _set(monkeypatch, oss)
    monkeypatch.setenv(key_id, role.access_key_id)
    monkeypatch.setenv(secret, role.access_key_secret)
    monkeypatch.setenv(token, role.security_token or "")

    answer = json.loads(index.handler(b'{"keys": ["a"]}', context_of_python312()))

    assert (answer["status"], oss.keys(BUCKET)) == ("done", [])


def test_credentials_are_read_anew_at_every_invocation(
    oss: LocalOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm instance outlives its credentials."""
    _set(monkeypatch, oss)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "expired")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "expired")

    before = json.loads(index.handler(b'{"keys": ["a"]}', context_of_python312()))
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", oss.credentials.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", oss.credentials.access_key_secret)
    after = json.loads(index.handler(b'{"keys": ["a"]}', context_of_python312()))

    assert (before["status"], after["status"]) == ("stopped", "done")


def test_a_function_without_a_role_is_told_so(
    oss: LocalOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says what to set."""
    _set(monkeypatch, oss)

    with pytest.raises(SettingsError, match="give the function a role"):
        index.handler(b'{"keys": ["a"]}', context_of_python312())


def _set(monkeypatch: pytest.MonkeyPatch, oss: LocalOss) -> None:
    for name in os.environ:
        if name.startswith(("OSS", "ALIBABA_CLOUD_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OSSWEEP_BUCKETS", BUCKET)
    monkeypatch.setenv("OSSWEEP_ENDPOINT", oss.endpoint)
