"""What would become of one key, for a person who asks: a look at it, and what each guard says."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.answers import Answer
from ossweep.engine.choice import Choice
from ossweep.engine.gate import Gate
from ossweep.engine.selection import PROTECTED
from ossweep.filters.explain import Said, explain
from ossweep.objects import NEWER
from ossweep.session import open_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.objects import Found
    from ossweep.routes.orders import Explain
    from ossweep.session import Session

CLOCK, LIMIT_BYTES = "clock", "limits.bytes"
TOO_LARGE = "larger than all that limits.bytes allows"
# The fates that a key may have.
DELETED, PLANNED, KEPT = "deleted", "planned", "kept"
ABSENT, NOT_SELECTED = "absent", "not selected"


def explained(asked: Explain, session: Session) -> Answer:
    """
    Return which selectors take a key, what judges it, and what would become of it.

    It takes one listing request, or none for a key that no selector takes. Nothing is deleted or
    written. Raises SettingsError, StoreError, and Closed.
    """
    work, key = asked.work, asked.key
    selectors = _selectors(asked)
    document = {
        "status": "done",
        "reason": "no selector of the request takes this key, and the job would leave it alone",
        "bucket": work.bucket,
        "dry_run": work.dry_run,
        "key": key,
        "fate": NOT_SELECTED,
        "selectors": selectors,
        "object": None,
        "judged": [],
    }
    if not selectors:
        return Answer(document)
    gate = Gate(session.budget)
    with closing(open_bucket(work.bucket, gate, session, work.clock_at)) as store:
        found = store.find(key)
        clock = store.clock(work.clock)
    judged = list(_guards(asked, found, clock, session))
    fate, reason = _fate(asked, found, judged, clock)
    return Answer(
        {
            **document,
            "reason": reason,
            "fate": fate,
            "object": None if found is None else _shown(found),
            "judged": [
                {"by": said.condition, "keeps": said.reason is not None, "reason": said.reason}
                for said in judged
            ],
        }
    )


def _selectors(asked: Explain) -> list[dict[str, Any]]:
    """Return the selectors of the request that take a key, each as the request has it."""
    request, key = asked.request, asked.key
    taking: list[dict[str, Any]] = [{"keys": key}] if key in request.keys else []
    taking += [{"prefix": each} for each in request.prefix if key.startswith(each)]
    taking += [{"directory": each} for each in request.directory if key.startswith(each)]
    return [*taking, {"everything": True}] if request.everything else taking


def _guards(asked: Explain, found: Found | None, clock: int, session: Session) -> Iterator[Said]:
    """Yield what each guard and condition says; those that judge an object only where one is."""
    work, key = asked.work, asked.key
    is_protected = key.startswith(policy.protected_in(work.bucket, session.settings))
    yield Said(PROTECTED, PROTECTED if is_protected else None)
    if found is None:
        return
    # A person's order deletes a key that it names however young it is.
    is_judged = key not in work.to_ask_for
    yield Said(CLOCK, NEWER if is_judged and found.modified >= clock else None)
    if work.limit_bytes is not None:
        yield Said(LIMIT_BYTES, TOO_LARGE if found.size > work.limit_bytes else None)
    if work.only is None:
        return
    names = [key[len(each) :] for each in work.selectors if key.startswith(each)] or [key]
    for said in explain(work.only, found, clock, names):
        yield replace(said, condition=f"only.{said.condition}")


def _fate(asked: Explain, found: Found | None, judged: list[Said], clock: int) -> tuple[str, str]:
    """Return what would become of the key, and the sentence for it."""
    work = asked.work
    kept = next((said for said in judged if said.reason is not None), None)
    if kept is not None:
        return KEPT, f"it would stay: {kept.reason}"
    if found is None:
        return ABSENT, _sentence_on_absent(asked)
    # The sweep itself has the last word.
    reason = Choice(work.only, work.selectors).reason_to_keep(found, clock)
    if reason is not None:
        return KEPT, f"it would stay: {reason}"
    also = ", after all that lies in it" if asked.key in work.directories else ""
    has_ceiling = work.limit is not None or work.limit_bytes is not None
    also += ", unless a ceiling is reached before it" if has_ceiling else ""
    if work.dry_run:
        return PLANNED, f"a dry run would count it{also}"
    return DELETED, f"it would be deleted{also}"


def _sentence_on_absent(asked: Explain) -> str:
    """Say that there is nothing; a key that is asked for unseen is confirmed like any other."""
    if asked.key not in asked.work.to_ask_for:
        return "there is no such object now"
    what = "counted" if asked.work.dry_run else "asked for, and OSS would confirm that"
    return f"there is no such object now; as `keys` names it, it would be {what} all the same"


def _shown(found: Found) -> dict[str, Any]:
    modified = datetime.fromtimestamp(found.modified, timezone.utc)
    return {"size": found.size, "modified": modified.isoformat(timespec="seconds")}
