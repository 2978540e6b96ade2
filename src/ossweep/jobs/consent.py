"""
Consent to deletions: what the deployment, and the bucket by its tag, say of them.

OSSWEEP_DRY_RUN keeps all jobs from deleting. With OSSWEEP_CONSENT_TAG a bucket consents by a tag of
its own, which those can give and take back who own it. It is looked at once an invocation, before
anything is deleted, and whoever cannot look has no consent.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ossweep.engine.gate import Gate
from ossweep.errors import NO_TIME, Closed, Scope, StoreError
from ossweep.helps import HELPS_OF_CONSENT, with_help
from ossweep.session import Consent, open_bucket

if TYPE_CHECKING:
    from ossweep.session import Session
    from ossweep.work import Work

TAGS = "tagging"  # OSS's name for the setting of a bucket


@dataclass(frozen=True)
class Brake:
    """
    What keeps jobs from deleting: the `cause`, and what has to be so for them to go on.

    `is_passing` tells that another try may find otherwise, without anybody doing anything.
    """

    cause: str
    until: str
    is_passing: bool = False


DRY_RUN = Brake("OSSWEEP_DRY_RUN is set", "once it is unset")


def brake_on(bucket: str, session: Session) -> Brake | None:
    """Return what keeps jobs from deleting in a bucket, if anything does; raises SettingsError."""
    if session.settings.dry_run:
        return DRY_RUN
    consent = consent_of(bucket, session)
    if consent.missing is None:
        return None
    until = "once its tags can be looked at" if consent.is_unseen else "once it has this tag"
    return Brake(consent.missing, until, consent.is_passing)


def consent_of(bucket: str, session: Session) -> Consent:
    """Tell whether a bucket consents to deletions; raises SettingsError."""
    if session.settings.consent_tag is None:
        return Consent()
    if bucket not in session.consents:
        session.consents[bucket] = _looked_at(bucket, session.settings.consent_tag, session)
    return session.consents[bucket]


def note_of(consent: Consent) -> tuple[str, ...]:
    """Return what the answer of a dry run says that was ordered in earnest."""
    if consent.missing is None:
        return ()
    what = "see to that" if consent.is_unseen else "give it this tag"
    planned = "so this is a dry run, and nothing is deleted"
    return (f"{consent.missing}: {planned}; {what}, and send the request again",)


def without_note(work: Work, session: Session) -> tuple[str, ...]:
    """Return the notes of a job that began in earnest, which is no dry run for want of consent."""
    consent = session.consents.get(work.bucket, Consent())
    return tuple(note for note in work.notes if note not in note_of(consent))


def _looked_at(bucket: str, tag: tuple[str, str], session: Session) -> Consent:
    from ossweep.store.facts import read_bucket_tags  # noqa: PLC0415 - where the setting is set

    key, value = tag
    wanted = f"OSSWEEP_CONSENT_TAG asks for {key}={value}"
    try:
        with closing(open_bucket(bucket, Gate(session.budget), session)) as store:
            tags = read_bucket_tags(store.setting(TAGS))
    except Closed as closed:
        said, is_passing = str(closed) or NO_TIME, True
    except StoreError as error:
        said = with_help(str(error), error.code, HELPS_OF_CONSENT)
        is_passing = error.scope is Scope.PASSING
    else:
        if tags.get(key) == value:
            return Consent()
        return Consent(f"the bucket {bucket} lacks the tag of its consent: {wanted}")
    return Consent(
        f"nobody could look at the tags of the bucket {bucket}, and {wanted}: {said}",
        is_unseen=True,
        is_passing=is_passing,
    )
