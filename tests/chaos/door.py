"""Function Compute as the clients see it: it takes events, refuses them, or hangs up untold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.fc_answers import (
    ASYNC_LIMIT,
    Answer,
    FcError,
    HungUp,
    already_there,
    error_answer,
    too_large,
)
from localcloud.fc_api import OF_FC2, OF_FC3, TASK_IDS
from localcloud.fc_signature import verify_acs3, verify_fc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.turnstile import Turnstile
    from localcloud.fc_answers import Request
    from localcloud.signature import Credentials

SIGNED_BY = re.compile(r"FC ([^:]+):|Credential=([^,]+)")


@dataclass(frozen=True)
class Asked:
    """A call of the next invocation."""

    task: str
    event: Any


@dataclass
class Door:
    """Waits at the turnstile with each call, and does with it what it is told there."""

    turnstile: Turnstile
    take: Callable[[Asked, str], None]
    dedupes: bool
    accounts: list[Credentials] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)  # and who has called each first

    def answer(self, request: Request, request_id: str) -> Answer:
        """Answer a call; raises HungUp for a connection that is to be reset."""
        version = "2023-03-30" if OF_FC3.fullmatch(request.path) else "2016-08-15"
        try:
            answer = self._answer(request, TASK_IDS[version])
        except FcError as error:
            answer = error_answer(error, version, request_id)
        return Answer(answer.status, answer.body, {**answer.headers, "X-Fc-Request-Id": request_id})

    def _answer(self, request: Request, header: str) -> Answer:
        found = SIGNED_BY.search(request.headers.get("authorization", ""))
        owner = (found[1] or found[2]) if found else ""
        if OF_FC2.fullmatch(request.path):
            verify_fc(request, self.accounts)
        else:
            verify_acs3(request, self.accounts)
        task = request.headers[header]
        asked = Asked(task, json.loads(request.body))
        if len(request.body) > ASYNC_LIMIT:
            raise too_large(ASYNC_LIMIT)
        fates: Sequence[object] = self.turnstile.wait(owner, f"fc {task}", asked)
        for fate in fates:
            if isinstance(fate, FcError):
                raise fate
        # Whoever plays the run has carried it out already, if it was to be carried out.
        if fates:
            raise HungUp
        return Answer(202, b"", {header: task})

    def carry_out(self, asked: Asked, owner: str) -> FcError | None:
        """Take an event; return the refusal of one whose task is there already."""
        if self.dedupes and asked.task in self.tasks:
            return already_there(asked.task)
        self.tasks.setdefault(asked.task, owner)
        self.take(asked, owner)
        return None
