"""Plays a scene: one thing happens after the other, by the virtual clock, until nothing is left."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from chaos.door import Asked, Door
from chaos.fates import LONGEST, LONGEST_CALL, REFUSED, Fate, Fates, in_state
from chaos.leases import Leases
from chaos.life import Delivery, Life, Slot
from chaos.scene import BUCKET, FILE, REQUESTS, SIZE, STATE, STATE_BUCKET, Happening
from chaos.truth import OTHERS, Truth
from chaos.turnstile import PATIENCE, Turnstile, closed
from localcloud.arrivals import Request
from localcloud.faults import After, AsTold, CutBody, CutXml, LoseFromAnswer, Reset, chooses
from localcloud.signature import key_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaos.scene import Scene
    from chaos.turnstile import Waiting
    from localcloud.faults import Fault
    from localcloud.fc_server import FcServer
    from localcloud.oss import LocalOss

AT_ONCE = 4  # invocations
ATTEMPTS = 4  # Function Compute's first one, and its retries
GRACE = 2.0  # seconds from SIGTERM to SIGKILL
ANSWER = 0.3  # seconds of the time limit that are kept for the answer
TICK = 0.25  # seconds between two looks of a dispatcher
LEAP = 1.0  # the longest time that may pass without its looking
UNHEARD = (Reset, CutBody, CutXml)  # of what a request has done
MOST_STEPS = 20_000
LET_GO = "could not be written within its lease"
SOON = 1.0  # seconds within which a state answers that nobody can complain of
FIRST_RECORD = re.compile(re.escape(STATE) + r"([^/]+)/000000-01")


@dataclass
class Clock:
    """The local OSS's own clock, which each run sets anew."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Stage:
    """What runs share: a local OSS that goes by the clock, and a server for Function Compute."""

    oss: LocalOss
    clock: Clock
    server: FcServer
    slots: tuple[Slot, ...] = field(default_factory=lambda: tuple(map(Slot, range(AT_ONCE + 1))))


class Play:
    """A run."""

    def __init__(self, scene: Scene, stage: Stage) -> None:
        self.scene = scene
        self.stage = stage
        self.turnstile = Turnstile(scene.epoch)
        self.truth = Truth()
        self.fates = Fates(scene)
        self.lives: list[Life] = []
        self._active: dict[str, Life] = {}  # by name
        self.failures: list[Delivery] = []
        # When a job began: by when its first invocation was called.
        self.born: dict[str, float] = {}
        self.leases = Leases(self._in_state)
        self.story: list[str] = []
        self.wrong: list[str] = []
        self._random = Random(scene.seed * 7919 + 2)
        self._queue: list[Delivery] = []
        self._coming = list(scene.happenings)
        self._requests = 0
        self._door = Door(self.turnstile, self._take, dedupes=scene.dedupes)
        self._steps = 0
        self._prepare()

    @property
    def now(self) -> float:
        """What time it is."""
        return self.turnstile.now

    def tell(self, line: str) -> None:
        """Add a line to the run's story."""
        self.story.append(f"{self.now - self.scene.epoch:8.2f}  {line}")

    def told(self) -> list[str]:
        """Return the run's story, without what chance draws: ports, and versions' ids."""
        return [re.sub(r"(?<=127\.0\.0\.1):\d+|CAEQ\w+", "", line) for line in self.story]

    def deliver(self, event: Any, *, request_id: str | None = None, by_person: bool = False) -> str:
        """Have an event delivered; a person's is not tried again."""
        self._requests += request_id is None
        request_id = request_id or f"req-{self._requests}"
        self._queue.append(Delivery(event, request_id, self.now, by_person=by_person))
        return request_id

    def let_pass(self, seconds: float) -> None:
        """Let time pass in which nothing happens."""
        self._set(self.now + seconds)

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.fates.is_calm = True
        self._coming = []

    def until_quiet(self) -> None:
        """Let everything happen that there is to happen."""
        while self._step():
            self._steps += 1
            if self._steps > MOST_STEPS:
                self.wrong.append("the run does not come to an end")
                return

    def write_anew(self, keys: Sequence[str]) -> None:
        """Let an application write keys anew."""
        for key in keys:
            self._write(key)

    def write_named_keys_anew(self) -> None:
        """Let an application write the keys anew that orders have named."""
        for key in sorted({key for order in self.scene.orders for key in order.keys}):
            if key not in self.truth.there:
                self._write(key)

    def close(self) -> None:
        """Leave nothing behind."""
        for life in self.lives:
            if life.thread.is_alive():
                life.die()
                life.thread.join(PATIENCE)
        self.stage.oss.behave()

    # What there is at the beginning.

    def _prepare(self) -> None:
        oss, scene = self.stage.oss, self.scene
        self._set(scene.epoch)
        oss.reset()
        oss.create_bucket(BUCKET)
        if not scene.settings["OSSWEEP_STATE"].startswith(BUCKET):
            oss.create_bucket(STATE_BUCKET)
            if scene.versioned:
                oss.enable_versioning(STATE_BUCKET)
        for key in scene.objects:
            self._write(key, self._random.randint(60, 10_000))
        if scene.file is not None:
            oss.fill(BUCKET, {FILE: scene.file}, scene.ordered)
        self._environ = {
            **scene.settings,
            "OSSWEEP_ENDPOINT": oss.endpoint,
            "OSSWEEP_FC_ENDPOINT": f"http://127.0.0.1:{self.stage.server.server_port}",
        }
        oss.misbehave(AsTold(self._told))
        self.stage.server.api = self._door

    def _write(self, key: str, age: float = 0.0) -> None:
        self.stage.oss.fill(BUCKET, {key: SIZE}, self.now - age)
        self.truth.write(key, self.now - age)

    def _in_state(self, key: str) -> bytes | None:
        """Return an object of the jobs' state, if it is there."""
        bucket = self.scene.settings["OSSWEEP_STATE"].partition("/")[0]
        return self.stage.oss.content(bucket, key)

    def _set(self, now: float) -> None:
        self.turnstile.now = self.stage.clock.now = now
        if now - self.scene.epoch > self.scene.calm_after:
            self.fates.is_calm = True

    def _told(self, request: Request) -> Sequence[Fault]:
        owner = key_id_of(request)
        if not owner.startswith("STS.life"):
            return ()
        keys = "|".join(request.keys)[:200]
        query = sorted(request.query.items())
        label = f"oss {request.operation} {request.bucket}/{request.key} {query} {keys}"
        after_it = _is_of_a_plan(request) and not self._active[owner].sweeps
        is_cut = _is_of_the_sweep(request) and not after_it
        faults: Sequence[Fault] = self.turnstile.wait(owner, label, request, is_cut=is_cut)
        return faults

    # One thing after the other.

    def _step(self) -> bool:
        self._stand_still()
        if self._bury():
            return True
        self._draw_ends()
        todo = self._due()
        if todo is None:
            return False
        at, act = todo
        # Whoever waits sees at each moment what time it is, before anything else happens: how
        # often it looks by itself is the machine's choice.
        if at > self.now and any(life.dispatcher.looks for life in self._active.values()):
            self._set(min(at, self.now + LEAP))
        else:
            self._set(max(at, self.now))
            act()
        return True

    def _stand_still(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self._all_stand_still():
            self.turnstile.glance()
            if time.monotonic() > until:
                waits = [each.label for each in self.turnstile.waiting]
                raise TimeoutError(f"seed {self.scene.seed} does not stand still: {waits}")

    def _all_stand_still(self) -> bool:
        active = self._active.values()
        if not all(map(self._stands_still, active)):
            return False
        behind = [life for life in active if life.is_behind]
        for life in behind:
            life.stirs()
        return not behind or all(map(self._stands_still, active))

    def _stands_still(self, life: Life) -> bool:
        if life.has_ended or life.is_dead:
            return life.has_ended
        under_way, gate = life.dispatcher.under_way, life.dispatcher.gate
        waiting = self.turnstile.of(life.name)
        if gate is None or gate.left() <= 0:
            cut = [each for each in waiting if each.is_cut]
            if gate is None and len(cut) == len(waiting) > 0:
                return False  # these are the first of a sweep that has not asked for the time yet
            # A sweep that is over has cut off what it still had under way.
            for each in sorted(cut, key=lambda each: each.label):
                self._give_up(each)
            if cut:
                return False
        calls = any(isinstance(each.about, Asked) for each in waiting)
        if life.dispatcher.sweep is None and not (life.dispatcher.is_held or calls):
            return False
        if under_way is None or len(waiting) < under_way:
            return False
        return not life.dispatcher.hears

    def _draw_ends(self) -> None:
        """Draw how long each request takes that has just come; its client waits only so long."""
        new = [each for each in self.turnstile.waiting if each.ends is None]
        for each in sorted(new, key=lambda each: (each.owner, each.label)):
            life = self._active[each.owner]
            life.has_swept = life.has_swept or life.sweeps
            limit, pace = life.deadline - ANSWER, self.scene.state_pace
            if each.is_cut or (isinstance(each.about, Request) and each.about.key == FILE):
                limit, pace = life.deadline - life.reserve, self.scene.pace
            seconds = self.fates.seconds(each.about, pace, self.now)
            longest = LONGEST_CALL if isinstance(each.about, Asked) else LONGEST
            each.ends = min(self.now + seconds, limit, self.now + longest)
            each.given_up = each.ends < self.now + seconds
            if seconds > SOON and isinstance(each.about, Request):
                self._complain(life, each.about)

    def _complain(self, life: Life, request: Request) -> None:
        """Take note of an answer that went wrong, or was late."""
        if in_state(request):
            life.is_heard = False
            # Whoever is at work renews its lease, whatever it waits to be told.
            is_told = life.has_swept and request.operation != "put"
            life.can_renew = life.can_renew and is_told

    def _due(self) -> tuple[float, Callable[[], None]] | None:
        """Return what happens next, and when."""
        if not (self._active or self._queue or self._coming):
            return None
        due: list[tuple[float, int, str, Callable[[], None]]] = []
        waiting = min(self.turnstile.waiting, key=_when, default=None)
        if waiting is not None:
            due.append((*_when(waiting), partial(self._go, waiting)))
        if len(self._active) < AT_ONCE and self._queue:
            first = min(self._queue, key=lambda each: (each.due, each.request_id))
            due.append((first.due, 2, "", partial(self._start, first)))
        if self._coming:
            due.append((self.scene.epoch + self._coming[0].at, 3, "", self._happen))
        for life in self._active.values():
            ends = life.deadline
            if life.terminated_at is not None:
                ends = min(ends, life.terminated_at + GRACE)
            due.append((ends, 0, life.name, partial(self._kill, life, "its time is up")))
            if life.dispatcher.pauses:
                due.append((self.now + TICK, 4, life.name, life.stirs))
        at, _, _, act = min(due, key=lambda each: each[:3])
        return at, act

    # What may happen.

    def _go(self, waiting: Waiting) -> None:
        """Let a request be carried out, or whatever else becomes of it; or wake who sleeps."""
        life = self._active[waiting.owner]
        if life.dispatcher.beside:
            life.meets()
        if waiting.about is None:
            self.turnstile.let_go(waiting, None)
            return
        life.requests += 1
        if life.requests == life.terminate_at:
            self.tell(f"{life.name} gets SIGTERM")
            life.terminated_at = self.now
            life.meets()
        if life.requests == life.kill_at and not self.fates.is_calm:
            if life.carried_out:
                self._carry_out(waiting, life)
                self._let_go(waiting, [Reset("after")])
            self._kill(life, f"SIGKILL, its request carried out: {life.carried_out}")
        elif waiting.given_up:
            self._give_up(waiting)
        elif isinstance(waiting.about, Asked):
            self._hand_over(waiting, life)
        else:
            self._meet(waiting, life, self._fate(waiting.about, life))

    def _meet(self, waiting: Waiting, life: Life, fate: Fate) -> None:
        """Let a request meet its fate."""
        is_heard = not any(isinstance(each, UNHEARD) for each in fate.faults)
        if fate.faults[1:] or (fate.faults and waiting.about.operation != "list"):
            self.tell(f"{life.name} {_short(waiting)}: {fate.faults}")
        if fate.faults:
            self._complain(life, waiting.about)
        if fate.carried_out:
            self._note(waiting, life.name, fate.spared, is_heard=is_heard)
            self._hide(waiting, life.name, fate.faults)
            self._let_go(waiting, fate.faults)
        else:
            self.turnstile.let_go(waiting, fate.faults)

    def _hide(self, waiting: Waiting, by: str, faults: Sequence[Fault]) -> None:
        """Take note of what a client does not hear of what it has done."""
        if any(isinstance(each, UNHEARD) for each in faults):
            self._expect_anew(waiting.about)
        for each in faults:
            if isinstance(each, LoseFromAnswer):
                keys = [key for key in waiting.about.keys if chooses(each.keys, key)]
                self.truth.left_out.update((key, by) for key in keys)

    def _is_expired(self, life: Life) -> bool:
        return (
            life.expire_at is not None
            and life.requests >= life.expire_at
            and not self.fates.is_calm
        )

    def _fate(self, request: Request, life: Life) -> Fate:
        if self._is_cut_off(request, life):
            return REFUSED
        return self.fates.of(request, self.now, is_expired=self._is_expired(life))

    def _is_cut_off(self, request: Request, life: Life) -> bool:
        writes = request.operation == "put" and in_state(request) and life.has_written
        life.has_written = life.has_written or (request.operation == "put" and in_state(request))
        return writes and self.now < life.cut_off_until and not self.fates.is_calm

    def _give_up(self, waiting: Waiting) -> None:
        """Let a request's client hear nothing more of it."""
        fate = self.fates.given_up(waiting.about)
        self.tell(f"{waiting.owner} {_short(waiting)}: waited for too long, {fate.carried_out}")
        life = self._active[waiting.owner]
        if fate.carried_out:
            self._carry_out(waiting, life)
            self._expect_anew(waiting.about)
            self._let_go(waiting, fate.faults)
        else:
            self.turnstile.let_go(waiting, fate.faults)

    def _let_go(self, waiting: Waiting, fate: Sequence[Any]) -> None:
        """Let a request be carried out before anything else happens, whoever hears of it."""
        if not isinstance(waiting.about, Request):
            self.turnstile.let_go(waiting, fate)
            return
        done = closed()
        self.turnstile.let_go(waiting, [*fate, After(lambda _: done.release())])
        if not done.acquire(timeout=PATIENCE):
            raise TimeoutError(f"{waiting.label} was let go, and is not carried out")

    def _hand_over(self, waiting: Waiting, life: Life) -> None:
        taken, told = self.fates.of_handover()
        if told:
            self.tell(f"{life.name} {_short(waiting)}: {told}, taken: {taken}")
        if taken:
            job, hop = waiting.about.event["job"], waiting.about.event["hop"]
            self._blame(self.leases.handed_over(job, hop, life.name))
            self._blame(self._called_by_another(waiting.about, life))
        refusal = self._door.carry_out(waiting.about, life.name) if taken else None
        self.turnstile.let_go(waiting, [refusal] if refusal and not told else told)

    def _called_by_another(self, asked: Asked, life: Life) -> str:
        """Tell of a holder whose task another holder has called: it may have run, and runs once."""
        job, before = asked.event["job"], asked.event["hop"] - 1
        first = self._door.tasks.get(asked.task, life.name)
        holders = [name for name in (first, life.name) if self.leases.has_held(name, job, before)]
        if first == life.name or len(holders) < 2:
            return ""
        return f"{life.name} calls {asked.task}, as {first} has before"

    def _carry_out(self, waiting: Waiting, life: Life) -> None:
        if isinstance(waiting.about, Asked):
            self._door.carry_out(waiting.about, life.name)
        else:
            self._note(waiting, life.name, is_heard=False)

    def _note(
        self,
        waiting: Waiting,
        by: str,
        spared: frozenset[str] = frozenset(),
        *,
        is_heard: bool,
    ) -> None:
        """Write down what a request that is carried out does; its client hears of it, or not."""
        request: Request = waiting.about
        if request.operation == "put":
            alive = {life.name for life in self._active.values() if not life.is_dead}
            self._blame(self.leases.written(request, by, self.now, waiting.came, alive))
            found = FIRST_RECORD.fullmatch(request.key)
            if found is not None:
                began = next(life.began for life in self.lives if life.name == by)
                if self.scene.source in {"mns", "oss", "timer"}:
                    began = min(began, self.scene.ordered)
                self.born.setdefault(found[1], began)
        if in_state(request):
            if request.operation == "list" and is_heard:
                self.leases.looked(request.query["prefix"], by, self.now)
            if request.operation == "batch_delete":
                self.leases.removed(request.keys)
            return
        if request.operation == "list":
            self.truth.show(request, by, self.now)
        if request.operation in {"delete", "batch_delete"}:
            self._blame(self.leases.deletes(by, waiting.came))
            self.truth.request(request.touched, by)
            asked = [key for key in request.touched if key not in spared]
            self.truth.delete(asked, by, self.now, waiting.came)

    def _expect_anew(self, about: Any) -> None:
        """Let an application soon write a key anew whose deletion nobody has heard of."""
        if not isinstance(about, Request) or in_state(about) or self.fates.is_calm:
            return
        gone = [key for key in about.touched if key not in self.truth.there]
        if about.operation not in {"delete", "batch_delete"} or not gone:
            return
        at = self.now - self.scene.epoch + self._random.uniform(0.01, 1.5)
        self._coming.append(Happening(at, "anew", 0, self._random.choice(gone)))
        self._coming.sort(key=lambda each: each.at)

    def _blame(self, wrong: str) -> None:
        if wrong:
            self.tell(wrong)
            self.wrong.append(wrong)

    def _take(self, asked: Asked, owner: str) -> None:
        """Let an event come that an invocation has handed over."""
        weather = self.scene.weather
        late = self.fates.random.choice((0.5, 4, 15)) if self.fates.strikes(weather.late) else 0.0
        if weather.never and self.fates.strikes(weather.never):
            self.tell(f"{owner} hands over {asked.task}, which never begins")
            return
        self._requests += 1
        request_id = f"req-{self._requests}"
        self.tell(f"{owner} hands over {asked.task} as {request_id}, {late:g} s late")
        self._queue.append(Delivery(asked.event, request_id, self.now + late))
        if self.fates.strikes(weather.twice):
            later = self.now + self.fates.random.choice((0, 0, 1, 6, 20))
            self.tell(f"{request_id} comes twice")
            self._queue.append(Delivery(asked.event, request_id, later, spare=True))

    def _start(self, delivery: Delivery) -> None:
        self._queue.remove(delivery)
        free = set(self.stage.slots) - {life.slot for life in self._active.values()}
        weather, random = self.scene.weather, self.fates.random
        life = Life(
            number=len(self.lives) + 1,
            delivery=delivery,
            turnstile=self.turnstile,
            slot=min(free, key=lambda slot: slot.number),
            timeout=self.scene.timeout,
            reserve=self.scene.reserve,
            api=self.scene.api,
            origin=random.uniform(-self.scene.epoch, 1e6),
            kill_at=random.randint(1, 14) if self.fates.strikes(weather.killed) else None,
            carried_out=random.random() < 0.5,
            terminate_at=random.randint(1, 12) if self.fates.strikes(weather.terminated) else None,
            expire_at=random.randint(1, 8) if self.fates.strikes(weather.expired) else None,
            fails_at=self.now + random.uniform(0.5, 6)
            if self.fates.strikes(weather.fails)
            else None,
            cut_off_until=self.now
            + (random.uniform(6, 16) if self.fates.strikes(weather.cut_off) else 0.0),
        )
        self.stage.oss.add_credentials(life.key)
        self._door.accounts.append(life.key)
        self.tell(
            f"{life.name} gets {delivery.request_id}, attempt {delivery.attempt}"
            f"{', a repetition' if delivery.spare else ''}: {str(delivery.event)[:160]}"
        )
        self.lives.append(life)
        self._active[life.name] = life
        life.start({**self._environ, **self._changes()})

    def _changes(self) -> dict[str, str]:
        """Return what somebody has set anew, since the last invocation was called."""
        if not self.scene.settings_change:
            return {}
        choice = self.fates.random.choice
        return {
            "OSSWEEP_CHECKPOINT_SECONDS": choice(("1", "3", "8")),
            "OSSWEEP_MAX_HOPS": choice(("1000", "1000", "3")),
            "OSSWEEP_IN_FLIGHT": choice(("1", "2", "4")),
        }

    def _kill(self, life: Life, why: str) -> None:
        self.tell(f"{life.name} is killed: {why}")
        if self.now >= life.deadline:
            self.wrong.append(f"{life.name} did not answer within its time limit")
        life.die()

    def _bury(self) -> bool:
        """Do what Function Compute does when an invocation has ended."""
        ended = [life for life in self._active.values() if life.has_ended]
        for life in ended:
            del self._active[life.name]
            self.turnstile.gone(life.name, [Reset("before")])
            if not life.is_dead:
                self.tell(f"{life.name} ends: {_said(life)}")
                lapsed = self.leases.lapsed_at(life.name, life.ended)
                lets_go = LET_GO in f"{life.answer} {life.error}" and self.leases.held(life.name)
                if (life.is_heard and lapsed is not None) or (life.can_renew and lets_go):
                    self.wrong.append(f"{life.name} has not renewed its lease, and was heard")
            # A process that has been told to end does, after its answer; nobody is told of that.
            if life.error is not None or life.is_dead or life.terminated_at is not None:
                life.answer = None
                self._try_again(life)
        return bool(ended)

    def _try_again(self, life: Life) -> None:
        delivery = life.delivery
        if delivery.spare or delivery.by_person:
            return
        if delivery.attempt == ATTEMPTS:
            self.tell(f"{delivery.request_id} goes to the failure destination")
            self.failures.append(delivery)
            return
        due = self.now + 2.0 ** (delivery.attempt - 1)
        self._queue.append(replace(delivery, attempt=delivery.attempt + 1, due=due))

    def _happen(self) -> None:
        """Let somebody else do something."""
        happening = self._coming.pop(0)
        self.tell(f"somebody does: {happening.what}")
        if happening.what in {"status", "stop", "resume"}:
            jobs = sorted({job for job, _ in self.leases.places})
            if jobs:
                job = self._random.choice(jobs)
                self.deliver({"job": job, "do": happening.what}, by_person=True)
        elif happening.what == "again":
            again = self.scene.source != "direct"
            request_id = self.deliver(
                self.scene.events[0], request_id=None if again else "req-1", by_person=True
            )
            self.tell(f"the event comes again as {request_id}")
        elif happening.what == "anew":
            self._write(happening.key)
        elif happening.what == "overwrite":
            there = [key for key in self.truth.there if not key.startswith("other/")]
            if there:
                self._write(self._random.choice(sorted(there)))
        elif happening.what == "delete":
            self._delete_another()
        else:
            self._write_another(happening)

    def _delete_another(self) -> None:
        there = sorted(key for key in self.truth.there if not key.startswith("other/"))
        if there:
            key = self._random.choice(there)
            self.truth.delete([key], OTHERS, self.now, self.now)
            self.stage.oss.remove(BUCKET, [key])

    def _write_another(self, happening: Happening) -> None:
        gone = sorted({loss.key for loss in self.truth.losses} - self.truth.there.keys())
        if happening.what == "rewrite" and gone:
            self._write(self._random.choice(gone))
            return
        directory = self._random.choice(("logs/", "src/", "a/", "b/", "other/"))
        self._write(f"{directory}{self._random.randrange(20):03d}new{happening.number}")


def _is_of_the_sweep(request: Request) -> bool:
    """Tell whether it is a request that is cut off when the time for the work is up."""
    of_file = request.operation in {"get", "put"} and request.key.startswith(REQUESTS)
    return not (in_state(request) or of_file)


def _is_of_a_plan(request: Request) -> bool:
    """Tell whether it is a look at a bucket, which a plan takes when its sweep is over."""
    return request.operation.startswith("bucket_")


def _when(waiting: Waiting) -> tuple[float, int, str]:
    """Return when somebody's turn is, and what decides between two of one time."""
    return waiting.ends or 0.0, 1, f"{waiting.owner} {waiting.label}"


def _short(waiting: Waiting) -> str:
    return waiting.label[:110]


def _said(life: Life) -> str:
    if life.error is not None:
        return f"{type(life.error).__name__}: {_first_of(str(life.error))}"
    shown = ("job", "status", "reason", "listed", "deleted", "failed", "skipped", "remaining")
    answers = life.answer.get("answers", [life.answer])
    told = [{name: each.get(name) for name in (*shown, "at_least")} for each in answers]
    return "; ".join(str({**each, "reason": _first_of(each["reason"])}) for each in told)


def _first_of(reason: str | None) -> str | None:
    """Leave out the troubles: a request that is cut off at the end may have told of its own yet."""
    return reason and reason.partition("; ")[0]
