"""Runs with real processes, real time and real signals: less goes wrong, and nothing is fake."""

from __future__ import annotations

import json
from random import Random
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Any

from chaos.jobs import FINAL
from chaos.scene import BUCKET, STATE
from localcloud import fc_faults
from localcloud.faults import CutXml, Latency, Refuse, Reset
from localcloud.fc import Deployed, LocalFc
from localcloud.fc_clients import fc3_invoke
from localcloud.oss import LocalOss

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.fc_deployed import Call

ROUNDS = 12  # in which a person asks for what is not done yet
LONGEST = 240.0  # seconds of a run
YOUNG = "logs/young"
OUTSIDE = ("logs-old/1", "other/1", "logs/keep/1")


def broken(seed: int, objects: int) -> list[str]:
    """Play one run; return what it has broken."""
    random = Random(seed)
    with LocalOss() as oss:
        oss.create_bucket(BUCKET)
        oss.fill(BUCKET, [*_keys(objects), *OUTSIDE])
        oss.fill(BUCKET, [YOUNG], oss.now() + 600)
        for fault in _of_oss(random):
            oss.misbehave(fault)
        with LocalFc(credentials=oss.credentials, pause=lambda _: None) as fc:
            function = _function(random, oss, fc)
            fc.deploy(function)
            for misbehaviour in _of_fc(random):
                fc.misbehave(misbehaviour)
            final, deleted_before = _final(fc, function.full_name, oss)
            objects -= deleted_before
            return list(_wrong(final, oss, fc, objects, function))


def _keys(objects: int) -> list[str]:
    return [f"logs/{number:07d}" for number in range(objects)]


def _function(random: Random, oss: LocalOss, fc: LocalFc) -> Deployed:
    return Deployed(
        "ossweep",
        oss.temporary_credentials,
        environment={
            "OSSWEEP_BUCKETS": BUCKET,
            "OSSWEEP_PROTECTED": "logs/keep/",
            "OSSWEEP_ENDPOINT": oss.endpoint,
            "OSSWEEP_FC_ENDPOINT": fc.endpoint,
            "OSSWEEP_STATE": f"{BUCKET}/{STATE.rstrip('/')}",
            "OSSWEEP_CHECKPOINT_SECONDS": "1",
            "OSSWEEP_RESERVE_SECONDS": "2",
            "OSSWEEP_IN_FLIGHT": "1",
        },
        service=random.choice((None, "tools")),
        runtime=random.choice(("python3.10", "python3.10", "python3.12")),
        timeout=random.choice((4, 5)),
        async_task=random.random() < 0.5,
    )


def _of_oss(random: Random) -> Iterator[Any]:
    yield Latency(random.choice((0.1, 0.25)))
    if random.random() < 0.5:
        yield Refuse(503, "ServiceUnavailable", probability=0.1, seed=random.randrange(99))
    if random.random() < 0.5:
        yield Reset("after", probability=0.05, seed=random.randrange(99))
    if random.random() < 0.5:
        yield CutXml(90, operation=("list", "batch_delete"), probability=0.1, seed=7)


def _of_fc(random: Random) -> Iterator[Any]:
    for signal in (SIGKILL, SIGTERM):
        for _ in range(random.randint(0, 2)):
            seconds = random.uniform(0.2, 3.0)
            yield fc_faults.Kill(seconds, by=signal, probability=0.3, seed=random.randrange(99))
    if random.random() < 0.6:
        yield fc_faults.Twice(random.choice(("beside", "after")), probability=0.4, seed=3)
    if random.random() < 0.4:
        number = random.randrange(99)
        yield fc_faults.Refuse(
            429, "ResourceExhausted", probability=0.3, seed=number, of=_hands_over
        )
    if random.random() < 0.4:
        number = random.randrange(99)
        yield fc_faults.Reset("after", probability=0.3, seed=number, of=_hands_over)


def _hands_over(call: Call) -> bool:
    return b'"ossweep_' in call.payload


def _final(fc: LocalFc, name: str, oss: LocalOss) -> tuple[dict[str, Any], int]:
    """Have the job done, by a person in the end; return its answer, and what it found gone."""
    objects, gone = len(oss.keys(BUCKET)), 0
    reply = fc3_invoke(fc, name, json.dumps({"directory": "logs"}).encode(), kind="Async")
    job = f"{reply.headers['x-fc-request-id']}-1"
    fc.wait(LONGEST)
    fc.behave()
    oss.behave()
    answer: dict[str, Any] = {"status": "never begun"}
    for _ in range(ROUNDS):
        answer = _say(fc, name, {"job": job, "do": "status"})
        if answer["status"] in FINAL:
            break
        resumed = _say(fc, name, {"job": job, "do": "resume"})
        fc.wait(LONGEST)
        if "send its event again" in str(resumed.get("reason")) or answer["status"] == "ignored":
            gone = objects - len([key for key in oss.keys(BUCKET) if not key.startswith(STATE)])
            reply = fc3_invoke(fc, name, json.dumps({"directory": "logs"}).encode(), kind="Async")
            job = f"{reply.headers['x-fc-request-id']}-1"
            fc.wait(LONGEST)
    return answer, gone


def _say(fc: LocalFc, name: str, event: Any) -> dict[str, Any]:
    answer: dict[str, Any] = fc3_invoke(fc, name, json.dumps(event).encode()).document
    return answer if "status" in answer else {"status": "raised", "reason": answer}


def _wrong(
    final: dict[str, Any], oss: LocalOss, fc: LocalFc, objects: int, function: Deployed
) -> Iterator[str]:
    left = {key for key in oss.keys(BUCKET) if not key.startswith(STATE)}
    if final["status"] != "done":
        yield f"the job has ended as {final}"
        return
    if left != {*OUTSIDE, YOUNG}:
        yield f"what is left is {sorted(left)[:9]}, {len(left)}"
    counts = [final[name] for name in ("deleted", "failed", "skipped", "remaining")]
    if final["listed"] != sum(counts):
        yield f"the sums do not agree: {final}"
    if final["deleted"] > objects or (final["deleted"] < objects and not final["at_least"]):
        yield f"{objects} were there, and {final['deleted']} are said to be deleted: {final}"
    said = "\n".join(
        f"{each.outcome.body.decode(errors='replace')} {' '.join(each.outcome.log)}"
        for each in fc.invocations
    )
    secrets = (function.credentials.access_key_secret, function.credentials.security_token)
    if any(secret in said for secret in secrets if secret):
        yield "a credential has been told"
