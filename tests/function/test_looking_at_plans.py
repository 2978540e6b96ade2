"""The page of a real plan, as a browser has it."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from deployment import BUCKET
from localcloud.plan_page import page_of_plan
from localcloud.tree import plant
from pages import Elements, figures_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployment import Deployment

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome-headless-shell",
    "headless_shell",
)


@pytest.fixture
def plan(deployment: Deployment) -> dict[str, Any]:
    """The plan of a whole bucket with a believable tree, and with hostile keys."""
    plant(deployment.oss, BUCKET)
    deployment.fill("</title><script>alert(1)</script>/<svg onload=alert(1)>/&amp;\u202e", 'a"b/c')
    request = {"bucket": BUCKET, "everything": True, "confirm": BUCKET, "dry_run": True}
    found: dict[str, Any] = deployment.send(request)["plan"]
    return found


def check(page: str, plan: dict[str, Any]) -> None:
    """Hold a page to its plan."""
    elements = Elements(page)
    for kind in ("directory", "class"):
        shown = [row for row in elements.figures(kind) if "script" not in str(row)]
        assert shown == [row for row in figures_of(plan, kind) if "script" not in str(row)]
        assert len(elements.figures(kind)) == len(figures_of(plan, kind)) > 1
    tiles = elements.having("data-tile")
    assert sum(int(each["data-bytes"] or 0) for each in tiles) == plan["bytes"]
    assert f"{plan['objects']:,} objects" in "".join(elements.texts)
    assert "script" not in {tag for tag, _ in elements.found}
    nested = [each for each in plan["by_directory"]["largest"] if "largest" in each]
    assert sum(tag == "details" for tag, _ in elements.found) >= len(nested) > 1


def as_written(page: Path) -> str:
    """Return a page as its file has it."""
    return page.read_text("utf-8")


def as_seen_by(browser: str, page: Path) -> str:
    """Return what headless Chromium has made of a page."""
    looked = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",  # it sees this page only, and root has no other way
            "--disable-gpu",
            f"--user-data-dir={page.parent / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return looked.stdout


BROWSER = next(filter(None, map(shutil.which, _BROWSERS)), None)
# A browser looks at it where one is installed.
READERS: list[Callable[[Path], str]] = [as_written]
READERS += [] if BROWSER is None else [partial(as_seen_by, BROWSER)]


@pytest.mark.parametrize("read", READERS)
def test_the_page_of_a_real_plan_has_its_figures(
    plan: dict[str, Any], tmp_path: Path, read: Callable[[Path], str]
) -> None:
    """Of a bucket with every kind of odd key."""
    page = tmp_path / "plan.html"
    page.write_text(page_of_plan(plan), encoding="utf-8")

    check(read(page), plan)
