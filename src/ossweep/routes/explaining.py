"""What would become of one key, for a person who asks: a look at it, and what each guard says."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from ossweep import policy
from ossweep.answers import Answer
from ossweep.engine.deferred import Deferred
from ossweep.engine.gate import Gate
from ossweep.engine.latest import Latest
from ossweep.engine.selection import PROTECTED, Selection
from ossweep.engine.tagging import reason_of_unreadable
from ossweep.errors import NO_SUCH_KEY, Closed, Scope, StoreError, UndoneError
from ossweep.filters.explain import LookedUp, Said, explain
from ossweep.filters.latest import is_marker
from ossweep.helps import HELPS_OF_LISTINGS, HELPS_OF_TAGS, met_at, with_help
from ossweep.jobs.share import throttle_of
from ossweep.jobs.threshold import SETTING
from ossweep.objects import GONE, NEWER
from ossweep.routes.outlook import NOTHING_ELSE, Outlook, outlook_on
from ossweep.session import open_bucket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ossweep.conditions import Conditions
    from ossweep.objects import Found
    from ossweep.routes.orders import Explain
    from ossweep.session import Session
    from ossweep.store import OssStore

CLOCK, LIMIT_BYTES, BUCKET = "clock", "limits.bytes", "bucket"
TOO_LARGE = "larger than all that limits.bytes allows"
# The fates that a key may have.
DELETED, PLANNED, KEPT = "deleted", "planned", "kept"
ABSENT, NOT_SELECTED = "absent", "not selected"


@dataclass(frozen=True)
class _Seen:
    """
    What OSS shows of a key: its object, if there is one, and what is to be known to judge it.

    `only` are the conditions as the job has them once OSS has told the time. `help` is what helps
    where OSS has refused to tell the object's tags. `outlook` is what the bucket makes of its
    deletion, if nothing else keeps it.
    """

    found: Found | None
    clock: int
    only: Conditions | None
    also: LookedUp
    help: str = ""
    outlook: Outlook = NOTHING_ELSE


def explained(asked: Explain, session: Session) -> Answer:
    """
    Return which selectors take a key, what judges it, and what would become of it.

    It takes one listing request, or none for a key that no selector takes; beside it one for its
    tags, or those that list its directory, where conditions ask for that; and, for a key that would
    go, those for its outlook. Nothing is deleted or written. Raises SettingsError, StoreError, and
    UndoneError where time does not suffice.
    """
    work, key = asked.work, asked.key
    selectors = _selectors(asked, key)
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
    try:
        seen = _looked(asked, session)
    except Closed as closed:
        met = f": {closed}" if str(closed) else ""
        raise UndoneError(
            f"time ran out before it was known what becomes of the key{met}"
        ) from None
    judged = list(_guards(asked, seen, session))
    fate, reason = _fate(asked, seen, judged, session)
    note = seen.outlook.note
    return Answer(
        {
            **document,
            **({} if note is None else {"notes": [note]}),
            "reason": reason,
            "fate": fate,
            "object": None if seen.found is None else _shown(seen.found),
            "judged": [
                {"by": said.condition, "keeps": said.reason is not None, "reason": said.reason}
                for said in judged
            ],
        }
    )


def _looked(asked: Explain, session: Session) -> _Seen:
    """Look at a key's object; raises Closed, SettingsError, and StoreError with what helps."""
    work = asked.work
    with_classes = work.only is not None and work.only.needs_classes
    store = open_bucket(
        work.bucket, Gate(session.budget), session, work.clock_at, with_classes=with_classes
    )
    with closing(store):
        try:
            found = store.find(asked.key)
            clock = store.clock(work.clock)
            protected = policy.protected_in(work.bucket, session.settings)
            selection = Selection(work, store, protected, None, Deferred(work))
            selection.clock_now()
            seen = _Seen(found, clock, selection.choice.only, LookedUp())
            seen = _looked_up(seen, store, selection, asked, session)
            is_asked_for = found is not None or work.takes_unseen(asked.key)
            stays = any(said.reason is not None for said in _guards(asked, seen, session))
            if work.dry_run or stays or not is_asked_for:
                return seen
            why_stays = partial(_why_stays, asked, selection, protected)
            return replace(seen, outlook=outlook_on(asked.key, work, store, why_stays))
        except StoreError as error:
            raise met_at(f"the bucket {work.bucket}", error, HELPS_OF_LISTINGS) from None


def _looked_up(
    seen: _Seen, store: OssStore, selection: Selection, asked: Explain, session: Session
) -> _Seen:
    """Return what is seen with what takes requests of their own to judge the key."""
    found, work = seen.found, asked.work
    if found is None or seen.only is None:
        return seen
    if seen.only.tags:
        return _with_tags(seen, found, store, asked, session)
    most = seen.only.keep_latest
    if most is None or is_marker(found.key):
        return seen
    latest = Latest(most, store, work.selectors, selection, work.clock)
    return replace(seen, also=LookedUp(newer=latest.newer_than(found)))


def _why_stays(
    asked: Explain, selection: Selection, protected: tuple[str, ...], found: Found
) -> str | None:
    """Return why another object stays, as far as that is known without its tags."""
    if found.key.startswith(protected):
        return PROTECTED
    if not _selectors(asked, found.key):
        return "no selector of the request takes it"
    if asked.work.takes_unseen(found.key):
        return None
    return selection.reason_by(found, selection.clock_now())


def _with_tags(
    seen: _Seen, found: Found, store: OssStore, asked: Explain, session: Session
) -> _Seen:
    """Return what is seen with the object's tags, or why they are not known."""
    throttle = throttle_of(asked.work, session)
    try:
        tags = store.tags(found.key, throttle.start(throttle.lane(), 1))
    except StoreError as error:
        if error.scope is not Scope.KEYS:
            raise
        if error.code == NO_SUCH_KEY:
            return replace(seen, also=LookedUp(no_tags=GONE))
        helps = with_help("", error.code, HELPS_OF_TAGS)
        return replace(seen, also=LookedUp(no_tags=reason_of_unreadable(error)), help=helps)
    return replace(seen, also=LookedUp(tags=tags))


def _selectors(asked: Explain, key: str) -> list[dict[str, Any]]:
    """Return the selectors of the request that take a key, each as the request has it."""
    request = asked.request
    taking: list[dict[str, Any]] = [{"keys": key}] if key in request.keys else []
    taking += [{"prefix": each} for each in request.prefix if key.startswith(each)]
    taking += [{"directory": each} for each in request.directory if key.startswith(each)]
    return [*taking, {"everything": True}] if request.everything else taking


def _guards(asked: Explain, seen: _Seen, session: Session) -> Iterator[Said]:
    """Yield what each guard and condition says; those that judge an object only where one is."""
    work, key, found = asked.work, asked.key, seen.found
    is_protected = key.startswith(policy.protected_in(work.bucket, session.settings))
    yield Said(PROTECTED, PROTECTED if is_protected else None)
    if seen.outlook.keeps is not None:
        yield Said(BUCKET, seen.outlook.keeps)
    if session.settings.require_plan == 0 and not work.dry_run:
        yield Said(SETTING, f"nothing goes without a plan ({SETTING})")
    if found is None:
        return
    # A person's order deletes a key that it names however young it is.
    is_judged = not work.takes_unseen(key)
    yield Said(CLOCK, NEWER if is_judged and found.modified >= seen.clock else None)
    if work.limit_bytes is not None:
        yield Said(LIMIT_BYTES, TOO_LARGE if found.size > work.limit_bytes else None)
    if seen.only is None:
        return
    names = [key[len(each) :] for each in work.selectors if key.startswith(each)] or [key]
    for said in explain(seen.only, found, seen.clock, names, seen.also):
        yield replace(said, condition=f"only.{said.condition}")


def _fate(asked: Explain, seen: _Seen, judged: list[Said], session: Session) -> tuple[str, str]:
    """Return what would become of the key, and the sentence for it."""
    work = asked.work
    kept = next((said for said in judged if said.reason is not None), None)
    if kept is not None:
        is_helped = kept.reason == seen.also.no_tags
        return KEPT, f"it would stay: {kept.reason}{seen.help if is_helped else ''}"
    if seen.found is None:
        return ABSENT, _sentence_on_absent(asked, seen.outlook)
    also = ", after all that lies in it" if asked.key in work.directories else ""
    ceiling = policy.ceiling_of(work, session.settings)
    has_ceiling = ceiling is not None or work.limit_bytes is not None
    also += ", unless a ceiling is reached before it" if has_ceiling else ""
    if work.dry_run:
        return PLANNED, f"a dry run would count it{also}"
    if session.settings.require_plan:
        most = f"{session.settings.require_plan:,}"
        also += f", if the request meets no more objects than {most} ({SETTING})"
    return DELETED, f"it would be deleted{also}{seen.outlook.also}"


def _sentence_on_absent(asked: Explain, outlook: Outlook) -> str:
    """Say that there is nothing; a key that is asked for unseen is confirmed like any other."""
    if not asked.work.takes_unseen(asked.key):
        return "there is no such object now"
    what = "counted" if asked.work.dry_run else "asked for, and OSS would confirm that"
    if outlook.marks:
        what = "asked for, and OSS would put a delete marker there"
    return f"there is no such object now; as `keys` names it, it would be {what} all the same"


def _shown(found: Found) -> dict[str, Any]:
    modified = datetime.fromtimestamp(found.modified, timezone.utc)
    return {"size": found.size, "modified": modified.isoformat(timespec="seconds")}
