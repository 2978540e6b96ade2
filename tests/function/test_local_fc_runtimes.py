"""A handler meets under the local Function Compute what it meets under FC's own Python runtimes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import pytest

from localcloud.fc_clients import written
from localcloud.fc_deployed import Call, Deployed, Outcome
from localcloud.fc_process import run
from localcloud.signature import Credentials

if TYPE_CHECKING:
    from pathlib import Path

ROLE = Credentials("STS.role", "role-secret", "role-token")
BOTH: tuple[Literal["python3.10", "python3.12"], ...] = ("python3.10", "python3.12")


def outcome_of(folder: Path, source: str, event: bytes = b"", **settings: Any) -> Outcome:
    deployed = Deployed("tried", ROLE, code=written(folder / "code", source), **settings)
    return run(Call(deployed, event, f"request-{uuid4()}", attempt=2))


def answer_of(folder: Path, source: str, **settings: Any) -> Any:
    outcome = outcome_of(folder, source, **settings)
    assert outcome.how == "answered", outcome
    return json.loads(outcome.body)


def test_the_context_of_python3_10_holds_the_credentials(tmp_path: Path) -> None:
    """Under both spellings, a service, and limits as the platform's headers have them."""
    source = """
        def handler(event, context):
            given, function, service = context.credentials, context.function, context.service
            return {
                "credentials": [given.access_key_id, given.accessKeySecret, given.security_token],
                "function": [function.name, function.handler, function.memory, function.timeout],
                "service": [service.name, service.qualifier, service.version_id],
                "log": [service.log_project, service.log_store],
                "logger": context.logger,
                "retry_count": context.retry_count,
                "ids": context.request_id == context.requestId,
                "where": [context.account_id, context.region],
            }
    """

    answer = answer_of(
        tmp_path, source, service="tests", memory=256, timeout=30, log_project="p", log_store="s"
    )

    assert answer == {
        "credentials": ["STS.role", "role-secret", "role-token"],
        "function": ["tried", "index.handler", 256, "30"],
        "service": ["tests", "LATEST", "LATEST"],
        "log": ["p", "s"],
        "logger": None,
        "retry_count": "1",
        "ids": True,
        "where": ["123456789", "cn-hangzhou"],
    }


def test_the_context_of_python3_12_holds_neither_credentials_nor_a_service(
    tmp_path: Path,
) -> None:
    """The credentials are in the environment, the version is the function's."""
    source = """
        import os
        def handler(event, context):
            names = ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN")
            context.logger.info("logged")
            return {
                "missing": [n for n in ("credentials", "service") if not hasattr(context, n)],
                "environment": [os.environ[f"ALIBABA_CLOUD_{name}"] for name in names],
                "function": [context.function.version_id, context.function.qualifier],
                "log": [context.log_project, context.log_store],
                "where": [context.account_id, context.region],
            }
    """

    answer = answer_of(tmp_path, source, runtime="python3.12", log_project="p", log_store="s")

    assert answer == {
        "missing": ["credentials", "service"],
        "environment": ["STS.role", "role-secret", "role-token"],
        "function": ["LATEST", "LATEST"],
        "log": ["p", "s"],
        "where": ["123456789", "cn-hangzhou"],
    }


def test_logging_the_context_of_python3_10_gives_the_credentials_away(tmp_path: Path) -> None:
    """Its to_json includes them, so a test can catch a handler that does."""
    source = """
        import json, logging
        def handler(event, context):
            logging.info(json.dumps(context.to_json()))
    """

    assert "role-token" in "".join(outcome_of(tmp_path, source).log)
    assert "role-token" not in "".join(outcome_of(tmp_path, source, runtime="python3.12").log)


def test_the_environment_tells_of_the_function(tmp_path: Path) -> None:
    """FC_ variables beside its own; credentials only where the context has none."""
    source = """
        import os
        def handler(event, context):
            return {n: v for n, v in os.environ.items() if n.startswith(("FC_", "ALI", "MINE"))}
    """

    answer = answer_of(tmp_path, source, environment={"MINE": "1"})

    assert answer.pop("FC_INSTANCE_ID")
    assert answer == {
        "FC_FUNC_CODE_PATH": str(tmp_path / "code"),
        "FC_FUNCTION_MEMORY_SIZE": "512",
        "FC_RUNTIME_VERSION": "python3.10",
        "FC_ACCOUNT_ID": "123456789",
        "FC_FUNCTION_HANDLER": "index.handler",
        "FC_FUNCTION_NAME": "tried",
        "FC_VER_ID": "LATEST",
        "FC_QUALIFIER": "LATEST",
        "FC_REGION": "cn-hangzhou",
        "MINE": "1",
    }


def test_nothing_of_the_tests_can_be_imported(tmp_path: Path) -> None:
    """What a handler needs must be in its code directory, which comes first."""
    source = """
        import os, sys
        def handler(event, context):
            code = os.environ["FC_FUNC_CODE_PATH"]
            return [sys.path[0] == code, any(p.endswith("/tests") for p in sys.path)]
    """

    assert answer_of(tmp_path, source) == [True, False]


@pytest.mark.parametrize("runtime", BOTH)
def test_the_root_logger_is_preset(
    tmp_path: Path, runtime: Literal["python3.10", "python3.12"]
) -> None:
    """To INFO and to FC's format, so that basicConfig does nothing."""
    source = """
        import logging
        def handler(event, context):
            logging.basicConfig(level=logging.DEBUG, format="%(message)s")
            logging.debug("too little")
            logging.getLogger("mine").info("said")
            return context.request_id
    """

    outcome = outcome_of(tmp_path, source, runtime=runtime)

    [line] = outcome.log
    moment, request_id, level, text = line.split(" ")
    assert (request_id, level, text) == (outcome.body.decode(), "[INFO]", "said")
    assert len(moment) == len("2026-01-01T00:00:00.000Z")


def test_each_invocation_has_a_process_of_its_own(tmp_path: Path) -> None:
    """Nothing of one is left for the next."""
    source = """
        import os
        called = []
        def handler(event, context):
            called.append(1)
            return [len(called), os.getpid()]
    """

    first, second = (answer_of(tmp_path, source) for _ in range(2))

    assert (first[0], second[0]) == (1, 1)
    assert first[1] != second[1]


def test_stdout_and_stderr_are_the_log(tmp_path: Path) -> None:
    """Line by line, a last one without an end included."""
    source = """
        import sys
        def handler(event, context):
            print("one", flush=True)
            print("two", file=sys.stderr, flush=True)
            sys.stdout.write("three")
    """

    assert outcome_of(tmp_path, source).log == ("one", "two", "three")
