"""From a document to a job's work, once the deployment allows it: a new job, or a job's rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ossweep import meant, policy
from ossweep.errors import PolicyError, RequestError
from ossweep.events import Origin
from ossweep.handover import continuation
from ossweep.jobs.consent import consent_of, note_of
from ossweep.lists import ListLeft
from ossweep.names import in_quotes
from ossweep.request import parse
from ossweep.session import Consent
from ossweep.work import Work

if TYPE_CHECKING:
    from ossweep.request import Request
    from ossweep.session import Session
    from ossweep.work import Range

DIRECT = Origin()
PROMPT = 60.0  # seconds within which a continuation that is sent back has not waited


def job_of(document: Any, session: Session, where: str, origin: Origin = DIRECT) -> Work:
    """Return the work of a document, whichever of the two it is; raises as they do."""
    if continuation.is_continuation(document):
        return job_of_continuation(document, session, where)
    return job_of_request(document, session, where, origin)


def job_of_request(document: Any, session: Session, where: str, origin: Origin = DIRECT) -> Work:
    """
    Return the work of a new job.

    Raises RequestError or PolicyError, with `where` at the sentence's beginning.
    """
    settings = session.settings
    request = parse(document, where)
    bucket = policy.bucket_of(request, settings, where)
    policy.check_unprotected(request, bucket, settings, where)
    policy.check_lists(request.manifest, bucket, settings, where)
    meant.check_no_address(request, bucket, settings, where)
    continues = policy.may_continue(request, settings, where)
    ranges = policy.ranges_of(request)
    _check_names(request, ranges, where)
    plans_only = request.dry_run or settings.dry_run
    consent = Consent() if plans_only else consent_of(bucket, session)
    dry_run = plans_only or consent.missing is not None
    job = session.next_job(origin.identity, [bucket, dry_run, document])
    if dry_run and not request.dry_run and origin.identity is not None:
        session.in_earnest[job] = session.next_job(origin.identity, [bucket, False, document])
    if settings.require_plan is not None and not dry_run:
        session.requests[job] = document
    return Work(
        job=job,
        bucket=bucket,
        dry_run=dry_run,
        not_after=origin.at,
        limit=request.limits.objects if request.limits else None,
        limit_bytes=request.limits.bytes if request.limits else None,
        # A named key that a range holds is met there; it must not be counted twice.
        keys=tuple(key for key in request.keys if not policy.is_listed(key, ranges)),
        lists=tuple(map(ListLeft, request.manifest)),
        ranges=ranges,
        directories=frozenset(request.directory),
        unfinished="continue" if continues else "return",
        parallel=request.parallel,
        source=origin.source,
        null_versions=request.null_versions,
        only=request.only,
        selectors=_selectors(request) if request.only or request.manifest or dry_run else (),
        notes=(*meant.notes(request), *note_of(consent)),
    )


def _check_names(request: Request, ranges: tuple[Range, ...], where: str) -> None:
    """Raise RequestError for a named key that a range holds, where conditions go by names."""
    if request.only is None or not request.only.names or request.everything:
        return  # everything takes a key by all of it
    for key in request.keys:
        if policy.is_listed(key, ranges):
            raise RequestError(
                f"{where}: {in_quotes(key)} in `keys` lies below a prefix or directory as well, "
                f"and `only.{request.only.names[0]}` would judge it by two names; leave it out of "
                "`keys`"
            )


def _selectors(request: Request) -> tuple[str, ...]:
    return ("",) if request.everything else (*request.prefix, *request.directory)


def job_of_continuation(document: Any, session: Session, where: str) -> Work:
    """
    Return the work that is left of a job; what began in earnest does not become a dry run.

    Raises RequestError or PolicyError, with `where` at the sentence's beginning.
    """
    settings = session.settings
    work = continuation.unseal(document, where)
    policy.check_allowed(work.bucket, settings, where)
    policy.check_lists((each.request for each in work.lists), work.bucket, settings, where)
    if settings.state is None and work.unfinished == "continue":
        raise PolicyError(
            "this job goes on by itself, and the deployment has no place any more for what one "
            "invocation leaves to the next; set OSSWEEP_STATE"
        )
    if settings.state is None and work.applies is not None:
        raise PolicyError(
            f"{where} applies a plan, and plans are kept in OSSWEEP_STATE; set it as it was"
        )
    if settings.state is not None and work.hop == 0:
        # Only a request begins a job; a continuation has had a hop before it.
        wrong = "it would begin its job; send a request"
        raise RequestError(f"{where} is no continuation: {wrong}")
    is_late = settings.state is None and _has_waited(work, session)
    return replace(work, judged=True) if is_late else work


def _has_waited(work: Work, session: Session) -> bool:
    """
    Tell whether a continuation has waited before it was sent back, where no state can tell.

    What its keys name may have been written anew meanwhile. This machine's clock only decides
    whether they are looked at first; by which clock they are judged, the continuation says.
    """
    if work.clock is None:
        return False  # nothing was answered yet
    left_at = work.clock + work.milliseconds / 1000
    return bool(work.keys) and session.world.wall() - left_at > PROMPT
