"""What `make run` shows: a dry run, a deletion, and a job that goes on by itself."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localcloud import demo
from localcloud.demo_plans import application_of, is_dry_run
from pages import Elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]


def shown(*arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "localcloud.demo", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": "src:tests", "COLUMNS": "80"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    return run.stdout


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """What is shown for an event in so many columns, without a process of its own."""
    usual = demo.console.width

    def show(*arguments: str, columns: int) -> str:
        demo.console.width = columns
        code = demo.main(arguments)
        said = capsys.readouterr()
        assert (code, said.err) == (0, ""), said.out
        return said.out

    yield show
    demo.console.width = usual


def rows(said: str) -> list[tuple[str, str, str]]:
    """Return the status, and how many were listed and deleted, of each answer that is shown."""
    return re.findall(r"^(\w+) +([\d,]+) +([\d,]+) +[\d,]+ ", said, re.MULTILINE)


def test_an_event_is_planned_and_then_done() -> None:
    """The one that is sent if nothing is said."""
    said = shown()

    assert rows(said) == [("planned", "900", "0"), ("done", "900", "900")]
    assert re.search(r"^ logs/ +300 *$", said, re.MULTILINE)


def test_a_plan_is_shown_and_applied(here: Callable[..., str], tmp_path: Path) -> None:
    """As a table, and as a page at the place that is named."""
    page = tmp_path / "build" / "plan.html"

    said = here("--page", str(page), columns=80)

    (plan,) = re.findall(r"^Plan (plan-\S+): 900 objects, 2\.1 GiB$", said, re.MULTILINE)
    assert re.search(r"^logs/2024-07/ +100 +272\.4 MiB +\u2588\u2588", said, re.MULTILINE)
    assert "nothing that is deleted can come back" in said
    assert f"The page of this plan: {page}" in said
    assert f'Apply it  {{"apply": "{plan}"}}' in said
    assert "job apply-" in said
    elements = Elements(page.read_text("utf-8"))
    assert ("logs/2024-07/", "100", "285581326") in elements.figures("directory")


def test_an_event_of_several_requests_has_as_many_plans(
    here: Callable[..., str], tmp_path: Path
) -> None:
    """Each with its page, and each is applied."""
    event = str(ROOT / "events/direct/batch.json")

    said = here(event, "--page", str(tmp_path / "plan.html"), columns=80)

    assert len(re.findall(r"^Plan plan-", said, re.MULTILINE)) == 2
    assert {each.name for each in tmp_path.iterdir()} == {"plan.html", "plan-2.html"}
    plans = re.findall(r"^Plan (plan-\S+):", said, re.MULTILINE)
    applies = {"requests": [{"apply": each} for each in plans]}
    assert f"Apply it  {json.dumps(applies)}" in said
    assert [status for status, _, _ in rows(said)] == ["planned", "planned", "done", "done"]


def test_a_plan_that_a_ceiling_has_cut_is_shown(here: Callable[..., str], tmp_path: Path) -> None:
    """Before it is applied, and with its page."""
    page = tmp_path / "plan.html"

    said = here(str(ROOT / "events/direct/ceiling.json"), "--page", str(page), columns=80)

    assert re.search(r"^Plan plan-\S+: 500 objects, .*, cut by\s+a\s+ceiling", said, re.MULTILINE)
    assert said.index("Plan plan-") < said.index("Apply it")
    assert "cut by a ceiling" in page.read_text("utf-8")


@pytest.mark.parametrize("name", ["refused/mistyped-field.json", "direct/apply.json"])
def test_pages_of_an_earlier_run_are_removed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    """An event that has no plan leaves none that could be taken for its own."""
    for page in ("plan.html", "plan-2.html", "other.html"):
        (tmp_path / page).write_text("old", "utf-8")
    event = str(ROOT / "events" / name)

    demo.main([event, "--page", str(tmp_path / "plan.html")])

    assert "Plan plan-" not in capsys.readouterr().out
    assert {each.name for each in tmp_path.iterdir()} == {"other.html"}


def test_a_dry_run_is_planned_and_no_more(here: Callable[..., str]) -> None:
    """Nothing is called a deletion."""
    said = here(str(ROOT / "events/direct/dry-run.json"), columns=80)

    assert [status for status, _, _ in rows(said)] == ["planned"]
    assert "Nothing was deleted: the event asks for a dry run." in said
    assert "deletion  " not in said


def test_an_event_that_applies_a_plan_is_told_that_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No setting is named that could not be changed there."""
    code = demo.main([str(ROOT / "events/direct/apply.json")])

    said = " ".join(capsys.readouterr().out.split())
    assert code == 2
    assert said.startswith("This event applies a plan by its id, and here no dry run has left one.")
    assert "OSSWEEP" not in said


def planned(plan_id: str | None) -> dict[str, Any]:
    """Return the answer of a dry run, as far as its application goes by it."""
    return {"status": "planned", "plan": {"id": plan_id}}


@pytest.mark.parametrize(
    ("event", "applies"),
    [
        ('{"prefix": "a/"}', '{"apply": "plan-1"}'),
        (
            '{"keys": ["a"], "limits": {"objects": 1}, "unfinished": "return", "parallel": 2}',
            '{"apply": "plan-1", "unfinished": "return", "parallel": 2}',
        ),
        ('{"prefix": "a/", "dry_run": true}', None),
        ('{"requests": [{"prefix": "a/"}]}', '{"apply": "plan-1"}'),
        ('[{"prefix": "a/"}]', '{"apply": "plan-1"}'),
        ('{"payload": "{}", "triggerName": "nightly"}', None),
        ('{"payload": "{\\"prefix\\": \\"a/\\"}", "triggerName": "nightly"}', None),
        ("", None),
    ],
)
def test_the_plan_of_one_request_is_what_is_applied(event: str, applies: str | None) -> None:
    """An event of another source is sent as it is, and so is one whose plan is kept nowhere."""
    found = application_of(event.encode(), [planned("plan-1")])

    assert found == (None if applies is None else applies.encode())
    assert application_of(event.encode(), [planned(None)]) is None
    assert application_of(event.encode(), [{"status": "continued"}]) is None


def test_the_plan_of_each_request_is_applied_if_all_are_kept() -> None:
    """Those of dry runs are only to be looked at."""
    event = b'[{"prefix": "a/"}, {"prefix": "b/", "dry_run": true}, {"prefix": "c/"}]'
    answers = [planned("plan-1"), planned("plan-2"), planned("plan-3")]

    found = application_of(event, answers)

    assert found == b'{"requests": [{"apply": "plan-1"}, {"apply": "plan-3"}]}'
    assert application_of(event, [*answers[:2], planned(None)]) is None


@pytest.mark.parametrize(
    ("event", "is_dry"),
    [
        ('{"prefix": "a/", "dry_run": true}', True),
        ('[{"prefix": "a/", "dry_run": true}, {"prefix": "b/"}]', False),
        ('{"payload": "{\\"prefix\\": \\"a/\\", \\"dry_run\\": true}"}', True),
        ('{"prefix": "a/"}', False),
        ("[]", False),
        ("no JSON", False),
    ],
)
def test_an_event_is_a_dry_run_if_all_of_its_requests_are(event: str, is_dry: bool) -> None:
    """A timer's payload is read for it."""
    assert is_dry_run(event.encode()) is is_dry


@pytest.mark.timeout(300)
def test_a_job_goes_on_by_itself_where_time_runs_out() -> None:
    """Each of its invocations is shown, and what they were to delete is gone."""
    said = shown("events/direct/everything.json", "--timeout", "8")

    (planned, *gone_on, last) = rows(said)
    assert planned[0] == "planned"
    assert {status for status, _, _ in gone_on} == {"continued"}
    assert last[::2] == ("done", "2,930")
    assert said.splitlines()[-1].split() == [".dlsdata/", "5"]


def test_a_bad_events_exception_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence, and no trace of a stack."""
    code = demo.main([str(ROOT / "events/refused/mistyped-field.json")])

    assert code == 1
    said = " ".join(capsys.readouterr().out.split())
    assert 'raised: RequestError: the request: there is no field "dryrun"' in said
    assert "Traceback" not in said


def test_sixty_columns_are_enough(here: Callable[..., str]) -> None:
    """Each number has a line of its own, and the job's name is there to be copied."""
    said = here(columns=60)

    # An event is one line, to be copied.
    events = ("direct/prefix.json", "Apply it")
    lines = [line for line in said.splitlines() if not line.startswith(events)]
    assert max(map(len, lines)) <= 60
    assert re.findall(r"^deleted +(\S+)$", said, re.MULTILINE) == ["0", "900"]
    assert len(re.findall(r"^job \S+-1$", said, re.MULTILINE)) == 2


def test_a_file_that_is_not_there_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence."""
    code = demo.main(["events/nothing.json"])

    said = capsys.readouterr()
    assert (code, said.err) == (2, "")
    assert " ".join(said.out.split()) == (
        'There is no event in "events/nothing.json": No such file or directory. Name a file of '
        "events/."
    )


def test_an_empty_event_shows_its_examples(here: Callable[..., str]) -> None:
    """Each can be copied into a file."""
    said = here(str(ROOT / "events/direct/empty.json"), columns=200)

    assert '{"bucket": "examplebucket", "directory": "src", "dry_run": true}' in said.splitlines()


def test_an_interrupted_run_says_how_far_it_was() -> None:
    """And how to go on; no trace of a stack."""
    # Whoever was started in the background ignores the signal, and so does all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        [sys.executable, "-m", "localcloud.demo", "events/direct/everything.json", "--timeout=8"],
        cwd=ROOT,
        env={"PYTHONPATH": "src:tests", "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, before)
    assert run.stdout is not None
    while "planned" not in run.stdout.readline():
        pass
    run.send_signal(signal.SIGINT)
    said, wrong = run.communicate(timeout=100)

    assert (run.returncode, wrong) == (130, "")
    last = said.splitlines()[-1]
    assert re.match(r"Interrupted\. The job \S+ had listed [\d,]+ and deleted [\d,]+ obj", last)
    assert last.endswith("The same command begins anew.")


def sweep(status: str, failed: int = 0, reason: str | None = None) -> dict[str, Any]:
    """Return an answer of which so many keys have failed."""
    numbers = dict.fromkeys(("listed", "deleted", "bytes", "skipped", "remaining"), 0)
    failures = [{"key": f"a/{number}", "code": "FileImmutable"} for number in range(failed)]
    return {
        "job": "job-1",
        "status": status,
        "reason": reason,
        **numbers,
        "failed": failed,
        "failures": failures[:100],
        "skipped_because": {},
        "seconds": 0.1,
    }


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (sweep("done"), False),
        (sweep("ignored"), False),
        (sweep("incomplete", 1), True),
        (sweep("stopped", reason="OSS answered AccessDenied"), True),
        (sweep("stopped", reason="limits.objects allows no more than 500"), False),
        (sweep("stopped", reason="limits.bytes allows 50,000,000 bytes"), False),
        ({"answers": [sweep("done"), sweep("incomplete", 1)]}, True),
        ({"statusCode": 200, "body": json.dumps(sweep("done"))}, False),
        ({"statusCode": 403, "body": "{}"}, True),
    ],
)
def test_the_exit_code_tells_of_failures(answer: dict[str, Any], failed: bool) -> None:
    """A ceiling that is reached is what was asked for."""
    assert demo.has_failed(answer) is failed


def test_a_long_list_of_failures_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """The count is whole."""
    demo.show_more(sweep("incomplete", 250))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "job job-1"
    assert lines[1] == 'failed: "a/0": FileImmutable'
    assert lines[11:] == ["and 240 more that have failed"]
