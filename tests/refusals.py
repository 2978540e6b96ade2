"""How the vendor's two FC clients tell of a refusal: its HTTP status and its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fc2
import pytest
from alibabacloud_tea_openapi.exceptions import ClientException

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal_of_fc2(invoke: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(fc2.FcError) as caught:
        invoke()
    return caught.value.status_code, caught.value.err_code


def refusal_of_fc3(invoke: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        invoke()
    return caught.value.status_code, caught.value.code
