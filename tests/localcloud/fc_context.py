"""The context objects of Function Compute's two Python runtimes, as its own runtime builds them."""

from __future__ import annotations

import logging
from typing import Any

Given = dict[str, Any]


def context_of(given: Given) -> FCContext310 | FCContext312:
    """Build the context that the function's runtime gives it."""
    return FCContext310(given) if given["runtime"] == "python3.10" else FCContext312(given)


class Credentials:
    """What the function's role gives it, under both spellings."""

    def __init__(self, key_id: str, secret: str, token: str | None) -> None:
        self.access_key_id = self.accessKeyId = key_id
        self.access_key_secret = self.accessKeySecret = secret
        self.security_token = self.securityToken = token

    def to_json(self) -> Given:
        return {
            "accessKeyId": self.access_key_id,
            "accessKeySecret": self.access_key_secret,
            "securityToken": self.security_token,
        }


class ServiceMeta:
    """The service of FC 2.0; under FC 3.0 it tells of the log and the version only."""

    def __init__(self, given: Given) -> None:
        self.name = given["service"] or ""
        self.log_project = given["log_project"]
        self.log_store = given["log_store"]
        self.qualifier = given["qualifier"]
        self.version_id = given["version_id"]

    def to_json(self) -> Given:
        return {
            "name": self.name,
            "logProject": self.log_project,
            "logStore": self.log_store,
            "qualifier": self.qualifier,
            "versionId": self.version_id,
        }


class Tracing:
    """Empty unless tracing is switched on."""

    def __init__(self) -> None:
        self.span_context = self.jaeger_endpoint = None
        self.span_baggages: dict[str, str] = {}


class FunctionMeta310:
    """The function; its time limit is text, passed on as the platform's header has it."""

    def __init__(self, given: Given) -> None:
        self.name = given["name"]
        self.handler = given["handler"]
        self.memory = int(given["memory"])
        self.timeout = str(given["timeout"])

    def to_json(self) -> Given:
        return dict(vars(self))


class FCContext310:
    """The context of python3.10 and before."""

    def __init__(self, given: Given) -> None:
        self.request_id = self.requestId = given["request_id"]
        self.credentials = Credentials(*given["credentials"])
        self.function = FunctionMeta310(given)
        self.service = ServiceMeta(given)
        self.region = given["region"]
        self.account_id = self.accountId = given["account_id"]
        self.logger = None  # only an instance that serves several requests at once has one
        self.tracing = Tracing()
        self.retry_count = str(given["attempt"] - 1)

    def to_json(self) -> Given:
        """Return it all, credentials included: who logs a context gives them away."""
        return {
            "requestId": self.request_id,
            "credentials": self.credentials.to_json(),
            "function": self.function.to_json(),
            "service": self.service.to_json(),
            "region": self.region,
            "accountId": self.account_id,
        }


class FunctionMeta312:
    """
    The function, as python3.12 tells of it.

    Whether its time limit is text there, too, is NOT ESTABLISHED; here it is a number, so that a
    handler meets both.
    """

    def __init__(self, given: Given) -> None:
        self.name = given["name"]
        self.handler = given["handler"]
        self.memory = int(given["memory"])
        self.timeout = int(given["timeout"])
        self.version_id = given["version_id"]
        self.qualifier = given["qualifier"]

    def to_json(self) -> Given:
        return dict(vars(self))


class FCContext312:
    """The context of python3.12: no credentials, no service."""

    def __init__(self, given: Given) -> None:
        self.account_id = given["account_id"]
        self.request_id = given["request_id"]
        self.function = FunctionMeta312(given)
        self.logger = logging.getLogger()
        self.log_project = given["log_project"]
        self.log_store = given["log_store"]
        self.region = given["region"]

    def to_json(self) -> Given:
        return {
            "accountId": self.account_id,
            "requestId": self.request_id,
            "function": self.function.to_json(),
            "logProject": self.log_project,
            "logStore": self.log_store,
            "region": self.region,
        }
