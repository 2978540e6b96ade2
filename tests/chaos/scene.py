"""What a seed stands for: a bucket, orders, a deployment, and all that will go wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import md5
from random import Random
from typing import Any

BUCKET = "examplebucket"
STATE_BUCKET = "statebucket"
STATE = "ossweep-state/"
PROTECTED = ("logs/keep/", ".dlsdata/")
DIRECTORIES = ("logs/", "src/", "a/", "b/")
OUTSIDE = ("other/", "src2/", "logs-old/", ".dlsdata/")
ODD = ("é", "x\ry", "x\ny", "&", "%2F", "\ufffe", "..", "z/./y")
REQUESTS = "requests/"  # where request files lie, and their answers
FILE = REQUESTS + "x.json"
RULES = [{"on": "ObjectCreated:*", "key": REQUESTS + "{name}.json", "run": "request"}]


SIZE = 10  # bytes of each object


@dataclass(frozen=True)
class Order:
    """A request, with what it takes to tell what it is about."""

    keys: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()  # those that end with a slash are sent as directories
    limit: int | None = None  # of objects; where it is odd, as many bytes as those have
    dry_run: bool = False
    everything: bool = False
    unfinished: str | None = None
    parallel: int | None = None  # chains at once

    def document(self) -> dict[str, Any]:
        """Return what is sent."""
        document: dict[str, Any] = {"bucket": BUCKET}
        if self.everything:
            document |= {"everything": True, "confirm": BUCKET}
        named = {
            "keys": list(self.keys),
            "prefix": [each for each in self.prefixes if not each.endswith("/")],
            "directory": [each for each in self.prefixes if each.endswith("/")],
        }
        document |= {name: names for name, names in named.items() if names}
        if self.dry_run:
            document["dry_run"] = True
        if self.limit is not None:
            document["limits"] = {"objects": self.limit}
            if self.limit % 2 and not self.keys:  # a ceiling of bytes would have those looked at
                document["limits"] = {"bytes": f"{SIZE * self.limit + SIZE - 1}B"}
        if self.unfinished is not None:
            document["unfinished"] = self.unfinished
        if self.parallel is not None:
            document["parallel"] = self.parallel
        return document

    def lists(self, key: str) -> bool:
        """Tell whether a key is met by listing."""
        return self.everything or key.startswith(self.prefixes)

    def holds(self, key: str) -> bool:
        """Tell whether a key may be deleted at all."""
        return not key.startswith(PROTECTED) and (self.lists(key) or key in self.keys)


@dataclass(frozen=True)
class Weather:
    """How likely each thing is to go wrong, for a request or what else it is about."""

    refused: float = 0.0
    reset: float = 0.0
    cut: float = 0.0
    withheld: float = 0.0
    lost: float = 0.0
    slow: float = 0.0  # of an answer that takes long, or longer than anybody waits
    slow_state: float = 0.0  # of one about the jobs' state
    # When a listing of the state is sent that takes longer than any lease, in seconds from and to.
    stuck: tuple[float, float] = (0.0, 0.0)
    gateway: float = 0.0  # of one that something else gives in OSS's place, with any Date
    wrong_date: float = 0.0  # of one of OSS's own whose Date is a little early or late
    expired: float = 0.0
    killed: float = 0.0  # of an invocation
    fails: float = 0.0  # of one in which a fault of its own is raised
    cut_off: float = 0.0  # of one that can read the state for a while, and not write it
    terminated: float = 0.0
    handover: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    never: float = 0.0  # of a next invocation that was called: nobody ever begins with it
    slow_start: float = 0.0  # seconds that the first answer of all takes
    # Storms: from when on, for how long, in seconds, and for which part of the requests.
    storms: tuple[tuple[float, float, str], ...] = ()
    # Times in which the state can't be reached at all, though the objects can.
    outages: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Happening:
    """Something that others do at a time, in seconds after the beginning."""

    at: float
    what: str  # write, rewrite, overwrite, anew, delete, status, stop, resume, again
    number: int = 0
    key: str = ""


@dataclass(frozen=True)
class Scene:
    """All that a run begins with."""

    seed: int
    objects: tuple[str, ...]
    orders: tuple[Order, ...]
    stubborn: frozenset[str]
    source: str  # direct, timer, mns or oss, which brings a request file
    ordered: float  # when the event was sent that brings the orders, in Unix seconds
    is_refused: bool  # as one of the orders is none
    settings: dict[str, str]
    timeout: int
    reserve: float
    checkpoint: float
    page: int
    pace: float  # seconds that a request about objects takes, about
    state_pace: float  # and any other
    epoch: float
    api: str  # fc2 or fc3
    dedupes: bool
    versioned: bool
    batchless: bool  # the bucket answers every batch with 501
    settings_change: bool  # from one invocation to the next
    weather: Weather
    happenings: tuple[Happening, ...] = ()
    calm_after: float = 90.0  # seconds after which nothing goes wrong any more
    events: tuple[Any, ...] = field(default=())
    file: bytes | None = None  # what the request file holds

    @property
    def others_delete(self) -> bool:
        """Whether somebody else deletes, too."""
        return any(each.what == "delete" for each in self.happenings)


def draw_plain(seed: int, scale: int = 1) -> Scene:
    """Return what a seed stands for, but for its plot; `scale` is about that of its objects."""
    random = Random(seed)
    parallel = random.choice((2, 2, 3)) if random.random() < 0.35 else None
    objects = _objects(random, scale, (0, 5, 10) if parallel is None else (10, 20))
    orders = _orders(random, objects, parallel)
    source = random.choice(("direct",) * 5 + ("timer",) * 2 + ("mns",) * 3 + ("oss",) * 3)
    reserve, checkpoint = random.choice(((1.0, 1.0), (2.0, 1.0), (2.0, 2.0)))
    shared = random.random() < 0.3
    state = f"{BUCKET if shared else STATE_BUCKET}/{STATE.rstrip('/')}"
    api = random.choice(("fc2", "fc3"))
    settings = {
        "OSSWEEP_BUCKETS": BUCKET,
        "OSSWEEP_PROTECTED": f"{PROTECTED[0]},{REQUESTS}",
        "OSSWEEP_RULES": json.dumps(RULES),
        "OSSWEEP_STATE": state,
        "OSSWEEP_RESERVE_SECONDS": f"{reserve:g}",
        "OSSWEEP_CHECKPOINT_SECONDS": f"{checkpoint:g}",
        "OSSWEEP_IN_FLIGHT": random.choice(("1", "2", "4")),
        "OSSWEEP_MAX_HOPS": random.choice(("1000", "1000", "1000", "2", "4")),
        "OSSWEEP_RAISE": random.choice(("oss,mns,timer", "direct,timer,mns,oss")),
    }
    if random.random() < 0.2:  # so slow that listings grow old
        settings["OSSWEEP_MAX_RATE"] = random.choice(("4", "8"))
    slow_start = random.choice((3.0, 8.0)) if random.random() < 0.15 else 0.0
    stubborn = random.sample(objects, 1) if random.random() < 0.25 else []
    documents: Any = [each.document() for each in orders]
    is_refused = source in {"mns", "oss"} and random.random() < 0.08
    if is_refused:
        documents.append({"bucket": BUCKET, "prefix": ""})
    if len(documents) == 1:
        documents = documents[0]
    epoch = float(random.randint(1_000_000_000, 1_999_999_999))
    ordered = epoch - random.choice((0, 5, 30))
    return Scene(
        seed=seed,
        objects=tuple(objects),
        orders=orders,
        stubborn=frozenset(stubborn),
        source=source,
        ordered=ordered,
        is_refused=is_refused,
        settings=settings,
        timeout=random.choice((4, 4, 6, 6, 9, 9, 14, 14, 40, 100)) + int(reserve),
        reserve=reserve,
        checkpoint=checkpoint,
        page=random.choice((3, 5, 5)) * scale,
        pace=random.choice((0.2, 0.6, 1.0, 1.0)),
        state_pace=random.choice((0.03, 0.1, 0.1, 0.4)),
        epoch=epoch,
        api=api,
        dedupes=random.random() < 0.5,
        versioned=not shared and random.random() < 0.15,
        batchless=random.random() < 0.1,
        settings_change=random.random() < 0.3,
        weather=_weather(random, slow_start),
        happenings=_happenings(random, slow_start),
        events=(_event(random, documents, source, ordered, is_refused=is_refused),),
        file=json.dumps(documents).encode() if source == "oss" else None,
    )


def _objects(random: Random, scale: int, many: tuple[int, ...]) -> list[str]:
    keys = {f"other/{number}" for number in range(2)} | {"src2/x", "src.txt", "logs-old/1"}
    for directory in DIRECTORIES:
        keys |= {f"{directory}{number:03d}" for number in range(random.choice(many) * scale)}
        if random.random() < 0.4:
            keys |= {f"{directory}{odd}" for odd in random.sample(ODD, 2)}
        if random.random() < 0.6:
            keys.add(directory)
    keys |= {f"logs/keep/{number}" for number in range(2)} | {".dlsdata/x"}
    if random.random() < 0.15:
        keys |= {"é", "x\ry", "&"}
    return sorted(keys)


def _orders(random: Random, objects: list[str], parallel: int | None) -> tuple[Order, ...]:
    dry_run = random.random() < 0.08
    limit = random.randint(1, 14) if random.random() < 0.15 else None
    unfinished = random.choice((None, None, None, None, "continue", "return"))
    if parallel is not None:
        limit = limit and 3 * limit
        unfinished = None
    drawn = random.random()
    if drawn < 0.08:
        return (
            Order(
                everything=True,
                limit=limit,
                dry_run=dry_run,
                unfinished=unfinished,
                parallel=parallel,
            ),
        )
    if drawn < 0.2:
        return (
            Order(prefixes=("logs",), limit=limit, dry_run=dry_run, unfinished=unfinished),
            Order(prefixes=("src/",), keys=("a/000", "nothing"), unfinished=unfinished),
        )
    if drawn < 0.23:
        # As many as no event can hold: the next invocation is pointed at them.
        many = tuple(f"b/{number:04d}{'x' * 900}" for number in range(160))
        return (Order(keys=many, prefixes=("logs/",), unfinished=unfinished),)
    prefixes = random.sample(
        ("logs/", "logs/0", "src/", "src", "a/", "b/"),
        random.randint(1 if parallel is None else 3, 4),
    )
    keys = random.sample(objects, random.choice((0, 3)))
    named = tuple(key for key in keys if not key.startswith(PROTECTED))
    return (
        Order(
            keys=named,
            prefixes=tuple(prefixes),
            limit=limit,
            dry_run=dry_run,
            unfinished=unfinished,
            parallel=parallel,
        ),
    )


def _event(random: Random, documents: Any, source: str, ordered: float, *, is_refused: bool) -> Any:
    """Return the event that brings the orders."""
    if source == "direct":
        return documents
    if source == "timer":
        at, payload = _iso(ordered), json.dumps(documents)
        return {"triggerTime": at, "triggerName": "nightly", "payload": payload}
    if source == "oss":
        return of_file(json.dumps(documents).encode(), ordered)
    is_apart = random.random() < 0.5  # a message each: what is wrong with one stops no other
    if isinstance(documents, list) and is_apart and not is_refused:
        return [_message(str(at), each, ordered) for at, each in enumerate(documents)]
    if random.random() < 0.5:
        return [_message("0", documents, ordered)]
    return {
        "TopicOwner": "123456789",
        "TopicName": "deletions",
        "MessageId": "message-0",
        "Message": json.dumps(documents),
        "PublishTime": int(1000 * ordered),
    }


def _message(number: str, documents: Any, ordered: float) -> dict[str, Any]:
    """Return a queue's message as EventBridge brings it."""
    return {
        "type": "mns:Queue:SendMessage",
        "subject": "acs:mns:cn-hangzhou:123456789:queues/deletions",
        "time": _iso(ordered),
        "data": {"messageId": f"message-{number}", "messageBody": json.dumps(documents)},
    }


def of_file(content: bytes, written: float) -> dict[str, Any]:
    """Return OSS's event of a request file that was written."""
    etag = md5(content, usedforsecurity=False).hexdigest().upper()
    event = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": _iso(written),
        "oss": {"bucket": {"name": BUCKET}, "object": {"key": FILE, "eTag": etag}},
        "responseElements": {"requestId": "58F9FF2D3DF792092E12044C"},
    }
    return {"events": [event]}


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.000Z"


def _weather(random: Random, slow_start: float) -> Weather:
    def some(chance: float, *values: float) -> float:
        return random.choice(values) if random.random() < chance else 0.0

    return Weather(
        refused=some(0.3, 0.05, 0.2),
        reset=some(0.4, 0.05, 0.15),
        cut=some(0.3, 0.05, 0.15),
        withheld=some(0.2, 0.1, 0.3),
        lost=some(0.2, 0.1, 0.3),
        slow=some(0.25, 0.02, 0.1),
        slow_state=some(0.15, 0.1, 0.4),
        gateway=some(0.25, 0.05, 0.2),
        wrong_date=some(0.25, 0.2, 1.0),
        expired=some(0.1, 0.1, 0.3),
        killed=some(0.6, 0.2, 0.4, 0.7),
        cut_off=some(0.3, 0.3, 0.6),
        terminated=some(0.25, 0.2, 0.5),
        handover=some(0.4, 0.2, 0.5),
        twice=some(0.5, 0.2, 0.6),
        late=some(0.4, 0.2, 0.5),
        slow_start=slow_start,
        storms=tuple(
            (_soon(random), random.uniform(3, 25), random.choice(("state", "data", "all")))
            for _ in range(random.choice((0, 0, 1, 2)))
        ),
        outages=tuple(
            (_soon(random), random.uniform(8, 40)) for _ in range(random.choice((0, 0, 0, 1)))
        ),
    )


def _soon(random: Random) -> float:
    """Draw a time in seconds after the beginning: most runs are over in half a minute."""
    return 50 * random.random() ** 2


def _happenings(random: Random, slow_start: float) -> tuple[Happening, ...]:
    happenings: list[Happening] = []
    if slow_start:  # what is written meanwhile was written after the job began
        happenings += [Happening(slow_start / 2, "write", number) for number in range(3)]
    if random.random() < 0.5:
        happenings += [
            Happening(_soon(random), random.choice(("write", "rewrite", "overwrite")), number)
            for number in range(random.randint(3, 15))
        ]
    if random.random() < 0.25:
        happenings += [Happening(_soon(random), "delete", n) for n in range(6)]
    if random.random() < 0.35:
        happenings += [
            Happening(_soon(random), random.choice(("status", "stop", "resume", "resume")))
            for _ in range(random.randint(1, 4))
        ]
    if random.random() < 0.4:
        happenings += [Happening(_soon(random), "again") for _ in range(random.choice((1, 2)))]
    return tuple(sorted(happenings, key=lambda each: each.at))
