"""An HTTP trigger makes an event of a plain request, and an answer of what the handler returns."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import Reply, http, written
from localcloud.signature import Credentials

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = Credentials("LTAI-account", "account-secret")
ECHO = "def handler(event, context):\n    return event\n"


def replied(folder: Path, source: str, path: str = "/", **request: Any) -> Reply:
    code = written(folder / "code", source)
    function = Deployed("tried", ACCOUNT, code=code, http_methods=("GET", "POST"))
    with LocalFc([function], credentials=ACCOUNT) as fc:
        return http(fc.http_url(function) + path, **request)


def test_a_request_becomes_an_event_of_version_v1(tmp_path: Path) -> None:
    """With the fields of the vendor's sample, and no more."""
    headers = {"header1": "value1", "Content-Type": "text/plain", "User-Agent": "me"}

    event = replied(
        tmp_path,
        ECHO,
        "/ex%20ample?p=1&q=a%2Fb&p=2",
        method="POST",
        body=b"Hello FC!",
        headers=headers,
    ).document

    context = event.pop("requestContext")
    assert event.pop("headers")["Header1"] == "value1"
    assert event == {
        "version": "v1",
        "rawPath": "/ex%20ample",
        "body": "Hello FC!",
        "isBase64Encoded": False,
        "queryParameters": {"p": "1,2", "q": "a/b"},
    }
    assert context.pop("http") == {
        "method": "POST",
        "path": "/ex ample",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "me",
    }
    assert context.pop("timeEpoch").isdecimal()
    assert context.pop("requestId")
    assert context.pop("time").endswith("Z")
    assert context == {
        "accountId": "123456789",
        "domainName": "tried.cn-hangzhou.fcapp.run",
        "domainPrefix": "tried",
    }


def test_a_binary_body_comes_as_base64(tmp_path: Path) -> None:
    """By its content type, or because it is no text."""
    for kind in ("application/octet-stream", "text/plain"):
        event = replied(
            tmp_path, ECHO, method="POST", body=b"\xff", headers={"Content-Type": kind}
        ).document

        assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)


def test_an_answer_in_its_form_is_unwrapped(tmp_path: Path) -> None:
    """Status, headers and body."""
    answer = {"statusCode": 418, "headers": {"X-Pot": "tea"}, "body": "short"}

    reply = replied(tmp_path, f"def handler(event, context):\n    return {answer}\n")

    assert (reply.status, reply.headers["x-pot"], reply.body) == (418, "tea", b"short")


def test_a_base64_answer_is_decoded(tmp_path: Path) -> None:
    """So that a handler can answer bytes."""
    body = base64.b64encode(b"\xff\x00").decode()
    answer = {"statusCode": 200, "isBase64Encoded": True, "body": body}

    reply = replied(tmp_path, f"def handler(event, context):\n    return {answer}\n")

    assert reply.body == b"\xff\x00"


@pytest.mark.parametrize("answer", ["text", '{"status": "done"}', "[1]", '{"statusCode": "x"}'])
def test_any_other_answer_is_the_body(tmp_path: Path, answer: str) -> None:
    """With 200."""
    reply = replied(tmp_path, f"def handler(event, context):\n    return {answer!r}\n")

    assert (reply.status, reply.body) == (200, answer.encode())


def test_a_function_that_fails_answers_502(tmp_path: Path) -> None:
    """With its error document and the error's type."""
    reply = replied(tmp_path, "def handler(event, context):\n    raise ValueError('no')\n")

    assert (reply.status, reply.document["errorType"]) == (502, "ValueError")
    assert reply.headers["x-fc-error-type"] == "UnhandledInvocationError"


def test_a_method_that_the_trigger_does_not_take_is_refused(tmp_path: Path) -> None:
    """Before anything runs."""
    assert replied(tmp_path, ECHO, method="DELETE").status == 405


def test_a_function_without_a_trigger_has_no_address(tmp_path: Path) -> None:
    """It is to be given methods first."""
    function = Deployed("tried", ACCOUNT, code=tmp_path)
    with LocalFc([function], credentials=ACCOUNT) as fc:
        with pytest.raises(ValueError, match="has no HTTP trigger"):
            fc.http_url(function)
        assert http(f"{fc.endpoint}/http-triggers/tried/").status == 405
