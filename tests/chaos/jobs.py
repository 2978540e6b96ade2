"""The jobs of a run, by what their invocations have told, and the person who looks after them."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaos.scene import BUCKET, FILE
from ossweep.rules import answer_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.life import Life
    from chaos.play import Play
    from chaos.scene import Order

ROUNDS = 30  # in which a person asks for what is not done yet
PART = re.compile(r"-p\d+$")
WAITS = 3.0  # seconds between two of those
ON_THE_WAY = "its next invocation is called"
FINAL = {"done", "incomplete", "planned"}


@dataclass
class Job:
    """A job: whose order it does, who has worked on it, and what has been said of it."""

    name: str
    order: Order
    lives: list[Life] = field(default_factory=list)
    answers: list[tuple[Life, dict[str, Any]]] = field(default_factory=list)
    chains: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # of it and its parts
    final: dict[str, Any] | None = None
    given_up: bool = False  # a person has sent its event anew, to another job

    def said(self) -> list[dict[str, Any]]:
        """Return what its own invocations have answered, events that asked for nothing apart."""
        return [answer for _, answer in self.answers if answer["status"] != "ignored"]


def whole_of(name: str) -> str:
    """Return the job that one is a part of, or itself."""
    return PART.sub("", name)


def answers_of(life: Life) -> list[dict[str, Any]]:
    """Return an invocation's answers."""
    if life.answer is None:
        return []
    answers: list[dict[str, Any]] = life.answer.get("answers", [life.answer])
    return [answer for answer in answers if "job" in answer]


def jobs_of(play: Play) -> dict[str, Job]:
    """Return all jobs that have begun, by their names."""
    jobs: dict[str, Job] = {}
    for life in play.lives:
        for name, prefixes in _sweeps(life):
            order = _order(play, prefixes)
            job = jobs.setdefault(name, Job(name, order or play.scene.orders[0]))
            job.order = order or job.order  # who began later may have gone on with it before
            if life not in job.lives:
                job.lives.append(life)
    for life in filter(_works, play.lives):
        for answer in answers_of(life):
            name = whole_of(answer["job"])
            if name in jobs:
                jobs[name].chains.setdefault(answer["job"], []).append(answer)
            if answer["job"] in jobs:
                jobs[answer["job"]].answers.append((life, answer))
    return jobs


def _sweeps(life: Life) -> Iterator[tuple[str, list[str]]]:
    """Yield the jobs that an invocation has swept for, with the prefixes that were left of each."""
    for line in map(json.loads, life.log.splitlines()):
        if line["message"] == "sweep starts":
            yield whole_of(line["job"]), line["prefixes"]


def _works(life: Life) -> bool:
    """Tell whether an invocation's event is no mere question, nor an order to stop."""
    return "do" not in life.delivery.event or life.delivery.event["do"] == "resume"


def _order(play: Play, prefixes: list[str]) -> Order | None:
    """Return the order whose prefixes these are, if any of them are left."""
    for order in play.scene.orders:
        if any(order.lists(prefix) for prefix in prefixes):
            return order
    return None


def answer_beside_the_file(play: Play, job: str | None) -> dict[str, Any] | None:
    """Return what has been written beside the request file about a job, if anything has."""
    of_several = job if len(play.scene.orders) > 1 else None
    content = play.stage.oss.content(BUCKET, answer_key(FILE, of_several))
    answer: dict[str, Any] | None = json.loads(content) if content is not None else None
    return answer


def left_to_others(play: Play) -> set[str]:
    """Return the jobs of which the answer to several orders tells only that others have them."""
    told = answer_beside_the_file(play, None) or {}
    several = told.get("answers", []) if len(play.scene.orders) > 1 else []
    return {each["job"] for each in several if each["status"] == "ignored" and "job" in each}


class Person:
    """Who looks after a deployment: asks how jobs are, and sends again what has come to nothing."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.final: dict[str, dict[str, Any]] = {}
        self.given_up: set[str] = set()
        self._asked: dict[str, Any] = {}

    def see_to_it(self) -> dict[str, Job]:
        """Go on until every job has ended; return the jobs."""
        play = self.play
        self._go_on()
        if play.scene.is_refused:
            return jobs_of(play)
        if not play.wrong and self._try_again():
            self._go_on()
        if not play.wrong and play.scene.source == "oss":
            self._see_answers()
        jobs = jobs_of(play)
        for name, answer in self.final.items():
            if name in jobs:
                jobs[name].final = answer
        for name in self.given_up & jobs.keys():
            jobs[name].given_up = True
        return jobs

    def _see_answers(self) -> None:
        """Send the event again where the answer to a request file is missing: whoever dies."""
        play = self.play
        for name, final in self.final.items():
            told = answer_beside_the_file(play, name)
            is_told = told is not None and told["status"] == final["status"]
            if not is_told or name in left_to_others(play):
                play.tell("a person misses an answer, and sends the event again")
                play.deliver(play.scene.events[0])
                play.until_quiet()
                return

    def _go_on(self) -> None:
        play = self.play
        for _ in range(ROUNDS):
            play.until_quiet()
            if play.wrong:
                return
            play.calm()
            if not self._round():
                return
            play.let_pass(WAITS)
        play.wrong.append(f"not all jobs have ended after {ROUNDS} rounds")

    def _try_again(self) -> bool:
        """Send once more the event of a job of which keys have failed; return if there was one."""
        play = self.play
        names = [name for name, said in self.final.items() if said["status"] == "incomplete"]
        if not names:
            return False
        play.write_named_keys_anew()
        if play.scene.seed % 2:
            play.fates.stubborn = frozenset()
        name = names[0]
        failed = [failure["key"] for failure in self.final.pop(name)["failures"]]
        if play.scene.seed % 4 > 1:
            play.write_anew(failed)
        play.tell(f"a person has what failed of {name} tried again")
        play.deliver(play.scene.events[0], request_id=self._id_of(name))
        return True

    def _round(self) -> bool:
        """Ask about each job that has not ended; return whether there was one."""
        play = self.play
        if play.scene.is_refused:
            return False
        names = sorted(play.born.keys() - self.final.keys() - self.given_up)
        if not names and len(self.final) < len(play.scene.orders):
            return self._send_again()
        for name in names:
            self._ask(name)
        return bool(names) or len(self.final) < len(play.scene.orders)

    def _ask(self, name: str) -> None:
        play = self.play
        status = self._say(name, "status")
        # What is stopped, and is again after a person has set it going, goes no further.
        is_stopped = status is not None and status["status"] == "stopped"
        if status is not None and "continued" in status.get("parts", {}).values():
            is_stopped = False  # as far as can be told: an invocation of a part may have died
        if status is not None and (
            status["status"] in FINAL or (is_stopped and status == self._asked.get(name))
        ):
            self.final[name] = status
            return
        self._asked[name] = status
        is_unfinished = status is not None and status["status"] != "stopped"
        is_abandoned = is_unfinished and play.leases.is_abandoned(name, play.now)
        if is_abandoned and play.scene.seed % 2:
            self._repeat(name)
            return
        resumed = self._say(name, "resume")
        reason = str(resumed["reason"]) if resumed is not None else ""
        if "send its event again" in reason or "no such job" in reason:
            if play.scene.source == "direct":  # else the event is the same job's
                self.given_up.add(name)
            self._send_again()

    def _repeat(self, name: str) -> None:
        """Send the event of a job again that was handed over to nobody: it brings somebody."""
        play = self.play
        before = len(play.lives)
        play.tell(f"a person sends the event of {name} again")
        play.deliver(play.scene.events[0], request_id=self._id_of(name))
        play.until_quiet()
        answers = [answer for life in play.lives[before:] for answer in answers_of(life)]
        if any(
            each["job"] == name and str(each["reason"]).startswith(ON_THE_WAY) for each in answers
        ):
            play.wrong.append(f"{name} is said to go on, and nobody is on the way")

    def _id_of(self, name: str) -> str | None:
        """Return the id of the request that began a job, if that makes its name."""
        return name.rpartition("-")[0] if self.play.scene.source == "direct" else None

    def _send_again(self) -> bool:
        self.play.tell("a person sends the event again")
        self.play.deliver(self.play.scene.events[0])
        self.play.until_quiet()
        return True

    def _say(self, name: str, what: str) -> dict[str, Any] | None:
        play = self.play
        play.deliver({"job": name, "do": what}, by_person=True)
        life_number = len(play.lives)
        play.until_quiet()
        if len(play.lives) == life_number:
            return None
        answers = answers_of(play.lives[life_number])
        return answers[0] if answers else None


def by_life(jobs: dict[str, Job]) -> dict[str, list[Job]]:
    """Return the jobs that each invocation has worked on, by the invocations' names."""
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs.values():
        for life in job.lives:
            found[life.name].append(job)
    return found
