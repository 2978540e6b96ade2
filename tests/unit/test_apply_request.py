"""A request to apply a plan is read to the letter, or refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ossweep.apply_request import ApplyRequest, is_apply, read
from ossweep.conditions import MOST_BYTES
from ossweep.errors import RequestError
from ossweep.names import MOST_OBJECTS
from ossweep.request import FIELDS


def parsed(**document: Any) -> ApplyRequest:
    return read({"apply": "plan-1", **document}, "the request", FIELDS)


def test_an_application_needs_nothing_but_its_plan() -> None:
    """Nothing may differ then."""
    assert is_apply({"apply": "plan-1"})
    assert parsed() == ApplyRequest("plan-1", objects=0, bytes=0)


def test_an_application_may_say_how_it_is_carried_out() -> None:
    """But not what it deletes."""
    asked = parsed(bucket="examplebucket", unfinished="return", parallel=3)

    assert (asked.bucket, asked.unfinished, asked.parallel) == ("examplebucket", "return", 3)


@pytest.mark.parametrize(
    ("tolerance", "bounds"),
    [
        ({"objects": 0, "bytes": 0}, (0, 0)),
        ({"objects": 3}, (3, MOST_BYTES - 1)),
        ({"bytes": "1KB"}, (MOST_OBJECTS - 1, 1000)),
    ],
)
def test_a_tolerance_that_is_left_out_sets_no_bound(
    tolerance: dict[str, Any], bounds: tuple[int, int]
) -> None:
    """An object that differs has bytes, too."""
    asked = parsed(tolerance=tolerance)

    assert (asked.objects, asked.bytes) == bounds


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"apply": 5}, "`apply` is the number 5; write the `id` of a dry run's `plan`"),
        ({"apply": "plan-"}, '`apply` is the string "plan-"; write the `id`'),
        (
            {"apply": "request-1-1"},
            (
                '`apply` is the string "request-1-1"; write the `id` of a dry run\'s `plan`, which '
                "begins with plan-"
            ),
        ),
        (
            {"prefix": "a/"},
            (
                "`prefix` stands beside `apply`, and the plan has its own; write no more than "
                "`bucket`, `tolerance`, `unfinished` and `parallel` beside it"
            ),
        ),
        ({"dry_run": True}, "`dry_run` stands beside `apply`"),
        ({"tolerence": {}}, 'there is no field "tolerence"; did you mean `tolerance`?'),
        ({"bucket": 5}, "`bucket`: it is the number 5; write a string"),
        ({"bucket": "A"}, "`bucket`: "),
        ({"tolerance": {}}, "`tolerance` is an object; write `objects`, `bytes` or both"),
        (
            {"tolerance": {"object": 5}},
            '`tolerance`: there is no field "object"; did you mean `objects`?',
        ),
        (
            {"tolerance": {"keys": 1}},
            '`tolerance`: there is no field "keys"; the fields are objects, bytes',
        ),
        ({"tolerance": {"objects": True}}, "`tolerance.objects` is true; write a whole number"),
        (
            {"tolerance": {"objects": -1}},
            (
                "`tolerance.objects` is the number -1; write a whole number from 0 to "
                "9,223,372,036,854,775,807"
            ),
        ),
        (
            {"tolerance": {"objects": 2**63}},
            "`tolerance.objects` is the number 9223372036854775808; write a whole number from 0 to",
        ),
        ({"tolerance": {"bytes": 5}}, "`tolerance.bytes` is the number 5"),
        ({"tolerance": {"bytes": "5"}}, '`tolerance.bytes` is the string "5"'),
        ({"unfinished": "stop"}, "`unfinished` is the string \"stop\"; write 'return'"),
        ({"unfinished": []}, "`unfinished` is an empty list"),
        ({"parallel": 0}, "`parallel` is the number 0; write a whole number from 1 to 32"),
        ({"parallel": True}, "`parallel` is true"),
    ],
)
def test_an_application_that_cannot_be_understood_is_refused(
    document: dict[str, Any], sentence: str
) -> None:
    """In words that say what to write instead."""
    with pytest.raises(RequestError) as refusal:
        parsed(**document)

    assert str(refusal.value).startswith(f"the request: {sentence}")
