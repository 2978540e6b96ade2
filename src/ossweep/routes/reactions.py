"""Reactions: the orders of the deployment's rules when something has happened to an object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ossweep import policy
from ossweep.events import Origin
from ossweep.jobs.order import job_of_request
from ossweep.routes.instructions import Message, Nothing, RequestFile, message, within_share
from ossweep.store import bare_etag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ossweep.events import Happened
    from ossweep.routes.instructions import Instruction
    from ossweep.rules import Rule
    from ossweep.session import Session
    from ossweep.work import Work


def reactions(happened: Happened, session: Session, of_requests: int) -> list[Message]:
    """Return the orders of each rule about it; a refused rule does not stop the others."""
    if happened.by_ossweep:
        return [_nothing("ossweep has written this object itself", happened)]
    if policy.lies_in_state(happened.bucket, happened.key, session.settings):
        return [_nothing("ossweep keeps its jobs' state there", happened)]
    found = [
        _reaction(rule, happened, parts, session, of_requests)
        for rule in session.settings.rules
        if (parts := rule.parts(happened)) is not None
    ]
    return found or [_nothing(f"no rule is about {happened.where}", happened)]


def _nothing(reason: str, happened: Happened) -> Message:
    return Message(happened.where, [Nothing(reason, happened)])


def _reaction(
    rule: Rule, happened: Happened, parts: Mapping[str, str], session: Session, of_requests: int
) -> Message:
    def order() -> list[Instruction]:
        policy.check_source("oss", session.settings, happened.where)
        policy.check_allowed(happened.bucket, session.settings, happened.where)
        if rule.run == "request":
            return [RequestFile(happened, of_requests)]
        if rule.run == "manifest":
            work = _listed(rule, happened, session)
        else:
            work = _belongings(rule, happened, parts, session)
        return [within_share(of_requests, work, session)]

    return message(happened.where, order)


def _listed(rule: Rule, happened: Happened, session: Session) -> Work:
    """Return the work of deleting what a list names, which is the one that the event is about."""
    request = rule.list_request(happened.bucket, happened.key)
    origin = Origin("oss", happened.identity, happened.at)
    work = job_of_request(request, session, happened.where, origin)
    etag = bare_etag(happened.etag or "")
    lists = tuple(replace(each, etag=etag) for each in work.lists)
    return replace(work, judged=True, lists=lists)  # by the event's time, however old it is


def _belongings(rule: Rule, happened: Happened, parts: Mapping[str, str], session: Session) -> Work:
    """Return the work of deleting an object's belongings."""
    request = rule.delete.request(happened.bucket, parts) if rule.delete else {}
    # Belongings written after the event are those of another object of that name, whether a listing
    # shows them or the rule names them.
    origin = Origin("oss", happened.identity, happened.at)
    return replace(job_of_request(request, session, happened.where, origin), judged=True)
