"""Why a job ends before its work is done: a kind, which programs go by, and a sentence."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum

# The name of a job, or of a part of one, that applies a plan.
_APPLICATION = re.compile(r"apply-[0-9a-f]{20}-1(?:-p[0-9]+)?")


class Why(str, Enum):
    """The kinds of reasons. Their values stand in jobs' states: they never change."""

    CEILING = "ceiling"  # as many objects as the order or the deployment allows
    DOUBT = "doubt"  # as many may have been asked for, which nobody knows
    REFUSED = "refused"  # OSS refuses what the job asks for
    ORDERED = "ordered"  # by a person
    OVERTAKEN = "overtaken"  # another invocation has the job
    SPLIT = "split"  # several chains go on with it
    IDLE = "idle"  # it achieves nothing
    HOPS = "hops"  # as many invocations as the deployment allows
    BRAKE = "brake"  # the deployment lets nothing be deleted for now
    PLANLESS = "planless"  # it meets more objects than may go without a plan


@dataclass(frozen=True)
class Stop:
    """A reason to end early; a final one would be met again by whoever goes on."""

    why: Why
    sentence: str
    is_final: bool = False

    def __str__(self) -> str:
        return self.sentence


OVERTAKEN = Stop(Why.OVERTAKEN, "another invocation has taken the job over")
ORDERED = Stop(Why.ORDERED, "it was ordered to stop")
SPLIT = Stop(Why.SPLIT, "it goes on in several chains of invocations")

_LOSE, _PLAN_TO_LOSE = (
    f'{what} with "null_versions": "lose"' for what in ("send a request", "plan anew")
)
NULL_VERSIONS_LOST = (
    "the bucket's versioning is suspended, where a deletion loses an object's null version for "
    f"good; to delete all the same, {_LOSE}"
)
NULL_MARKER_SHOWN = Stop(
    Why.REFUSED,
    f"an answer has shown a null marker, and nothing more is deleted: {NULL_VERSIONS_LOST}",
)
GONE_UNSEEN = Stop(
    Why.REFUSED,
    "a key was asked for alone, and no answer has told whether its null version is lost for good; "
    f"allow oss:GetBucketVersioning, or {_LOSE}",
)

# A job that has stopped by itself may go on as soon as anybody asks: its event, come again, is
# enough. To let another one go on that was stopped is a person's to say.
GOES_ON = frozenset({Why.IDLE, Why.HOPS, Why.BRAKE})


# A stop that was meant, by a person, the order or a setting, is no failure: another try would gain
# nothing.
MEANT = frozenset({Why.CEILING, Why.ORDERED, Why.BRAKE, Why.PLANLESS})


def of_a_plan(sentence: str) -> str:
    """Return a sentence as it is said of a job that applies a plan, whose order is the plan's."""
    return sentence.replace(_LOSE, _PLAN_TO_LOSE).replace("send a new request", "plan anew")


def ordering_anew(job: str) -> str:
    """Say how a person orders anew what is left of a job of which nothing is known any more."""
    return "plan anew" if _APPLICATION.fullmatch(job) else "send its request anew"


def resuming(job: str) -> str:
    """Return the event by which a person lets a job go on."""
    return json.dumps({"job": job, "do": "resume"})


def asking(job: str) -> str:
    """Return the event by which a person learns how a job is."""
    return json.dumps({"job": job, "do": "status"})
