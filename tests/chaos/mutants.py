"""Breaks ossweep on purpose, one idea at a time, and tells after how many runs that is noticed."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_RUNS = 500
ENDED = re.compile(r"^(?:TimeoutError: )?seed (\d+) ", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """
    A change of the source: which idea it takes out, and in which file what becomes what.

    `test` is the test that finds it, where no run can, for the reason beside it.
    """

    idea: str
    path: str
    old: str
    new: str
    test: str | None = None


MUTANTS = (
    Mutant(
        "doubt is forgotten: what had no answer is asked for again without a look",
        "store/doubt.py",
        "        self.keys.update(keys)\n        self._unseen.update(keys)\n",
        "",
    ),
    Mutant(
        "keys in doubt are not looked at before they are asked for again",
        "store/review.py",
        "        return is_old or self.doubt.needs_look(keys)",
        "        return is_old",
    ),
    Mutant(
        "a listing has no age",
        "store/review.py",
        "OLDEST_LISTING = 5.0",
        "OLDEST_LISTING = 1e9",
    ),
    Mutant(
        "keys in doubt are judged by what was shown before they were sent",
        "store/review.py",
        "        if listed is None or is_in_doubt or ",
        "        if listed is None or ",
        # A look would have to show the keys behind it, and the answer for those to be lost.
        test="unit/test_sights.py",
    ),
    Mutant(
        "what a look has shown ahead has no age",
        "store/sights.py",
        "        return self.left - left > OLDEST_LISTING",
        "        return False",
        # As above.
        test="unit/test_sights.py",
    ),
    Mutant(
        "what is looked at again is not judged by the clock",
        "store/review.py",
        "            elif written >= clock:",
        "            elif False:",
    ),
    Mutant(
        "what is in doubt does not count against a ceiling",
        "work.py",
        "        return self.deleted + self.failed + self.planned + self.unanswered",
        "        return self.deleted + self.failed + self.planned",
    ),
    Mutant(
        "bytes in doubt do not count against a ceiling",
        "work.py",
        "        return self.bytes + self.failed_bytes + self.unanswered_bytes",
        "        return self.bytes + self.failed_bytes",
        # One run in twenty has a ceiling of bytes.
        test="unit/test_bytes_property.py",
    ),
    Mutant(
        "bytes that a dead invocation had reserved count as free",
        "jobs/leaving.py",
        "work.counts.unanswered_bytes + work.reserved_bytes",
        "work.counts.unanswered_bytes",
        # As above.
        test="unit/test_bytes_property.py",
    ),
    Mutant(
        "doubt does not make a count one at least",
        "engine/accounts.py",
        "            at_least=work.at_least or self.is_in_doubt,",
        "            at_least=work.at_least,",
    ),
    Mutant(
        "attempts that are over are a failure for good",
        "store/deletion.py",
        "            self.gate.failed(stuck[-1][1])",
        "            for each, why in stuck:\n                for key in each:\n"
        "                    self._refuse(key, why)",
    ),
    Mutant(
        "501 for a batch is a passing error",
        "store/verdicts.py",
        "    if status == NOT_IMPLEMENTED:",
        "    if False:",
    ),
    Mutant(
        "the Date of any answer is believed",
        "store/transport.py",
        "        if not _tells_the_time(response):\n            return\n",
        "",
    ),
    Mutant(
        "the clock is taken when the answer comes",
        "store/transport.py",
        "else date) - self._elapsed())",
        "else date))",
    ),
    Mutant(
        "the event's own time does not count",
        "work.py",
        "        return min(known, told)",
        "        return known",
    ),
    Mutant(
        "who goes on has a clock of his own",
        "work.py",
        "        known = began if self.clock is None else min(self.clock, began)",
        "        known = began",
    ),
    Mutant(
        "the fence is ignored",
        "leases/timer.py",
        "            return self._until - self._clock()",
        "            return inf",
    ),
    Mutant(
        "the lease is told by the reader's own setting",
        "leases/records.py",
        "        record: R = _reader(kind).validate_python(document)",
        '        document |= {"lease": 11} if "lease" in document else {}\n'
        "        record: R = _reader(kind).validate_python(document)",
    ),
    Mutant(
        "signs of life do not count",
        "leases/folder.py",
        "                    alive=max(kept.written, beat.written if beat is not None else 0),",
        "                    alive=kept.written,",
    ),
    Mutant(
        "nobody gives signs of life",
        "jobs/checkpoints.py",
        "        if not self._leases.timer.is_due or now < self._next_beat:",
        "        if True:",
    ),
    Mutant(
        "what a dead holder had reserved is not counted",
        "jobs/hop.py",
        "        if lease.died:\n            work = doubtful(work, lease.reserved)\n",
        "        if lease.died:\n            work = replace(work, at_least=True)\n",
    ),
    Mutant(
        "a death leaves no doubt about the counts",
        "jobs/hop.py",
        "        if lease.died:\n            work = doubtful(work, lease.reserved)\n",
        "",
    ),
    Mutant(
        "an exception forgets the checkpoint",
        "jobs/hop.py",
        "        if kept is not None:\n            work = job_of_continuation(",
        "        if False:\n            work = job_of_continuation(",
    ),
    Mutant(
        "being overtaken is ignored",
        "leases/leases.py",
        "        if self._records.is_past(lease.fence, names):\n            return OVERTAKEN\n",
        "",
    ),
    Mutant(
        "an end is written over another one's",
        "leases/leases.py",
        "        if self._records.is_past(fence, names):\n            return\n",
        "",
    ),
    Mutant(
        "a repetition never becomes the missing worker",
        "leases/decisions.py",
        '    if departure.how in {"stopped", "released"} or observed.is_lost:',
        '    if departure.how in {"stopped", "released"}:',
    ),
    Mutant(
        "nobody takes the place of a dead holder",
        "leases/decisions.py",
        "        return self.departure is None and self.now - self.alive <= self.record.lease",
        "        return self.departure is None",
    ),
    Mutant(
        "resume leaves the order to stop",
        "leases/leases.py",
        "                self.take_back(word)\n"
        "            return self._settle(decisions.decide_for_resume)",
        "            return self._settle(decisions.decide_for_resume)",
    ),
    Mutant(
        "an order to stop is not looked for",
        "leases/leases.py",
        "        return ORDERED if standing or self.is_whole_to_stop() else None",
        "        return None",
    ),
    Mutant(
        "parts miss the order to stop the whole job",
        "leases/leases.py",
        "ORDERED if standing or self.is_whole_to_stop() else",
        "ORDERED if standing else",
    ),
    Mutant(
        "an incomplete job is repeated as a whole",
        "leases/decisions.py",
        "    return Lease(fence, end.continuation, began=end.began, answer=end.answer)",
        "    return Lease(fence, None, began=end.began, answer=end.answer)",
    ),
    Mutant(
        "what has failed is tried again by no clock",
        "jobs/leaving.py",
        "        judged=True,\n        lists=(),",
        "        judged=False,\n        lists=(),",
    ),
    Mutant(
        "keys that have failed and lie ahead are not passed by",
        "handover/parts.py",
        "    passed = tuple(key for key in work.passed if any(key in each for each in ranges))",
        "    passed: tuple[str, ...] = ()",
        # A run's ranges are cut so small that hardly a key fails ahead of others in its own.
        "unit/test_branches_property.py",
    ),
    Mutant(
        "a part does not count what was passed by",
        "handover/parts.py",
        "    failed = sum(each.failed for each in ranges) + len(passed)",
        "    failed = sum(each.failed for each in ranges)",
        "unit/test_branches_property.py",  # as above
    ),
    Mutant(
        "marker objects are dealt to nobody",
        "handover/parts.py",
        "        held=tuple(found for found in work.held if any(",
        "        held=tuple(found for found in () if any(",
        # It takes ranges that were joined, and those are joined when there are more than 64.
        "unit/test_parts.py",
    ),
    Mutant(
        "each part has the whole ceiling",
        "handover/parts.py",
        "_with_more(_shares(room, number), doubted)",
        "_with_more([room] * number, doubted)",
    ),
    Mutant(
        "a job with a missing part is joined",
        "jobs/relay.py",
        "    if len(ended) < len(ends):\n        return None\n",
        "",
    ),
    Mutant(
        "what parts have left is lost when they join",
        "handover/parts.py",
        "        held=tuple(found for each in every for found in each.held),",
        "        held=kept.held,",
    ),
    Mutant(
        "what parts have counted is lost when they join",
        "handover/parts.py",
        "    counts = add(*(each.counts for each in every))",
        "    counts = add(*(each.counts for each in every[:2]))",
    ),
    Mutant(
        "a next hop is called once for all holders",
        "handover/carrier.py",
        '    number = str(hop) if epoch == 1 else f"{hop}e{epoch}"',
        "    number = str(hop)",
        # Whoever may have been overtaken looks before it calls: this is the second line.
        "unit/test_carrier.py",
    ),
    Mutant(
        "a repetition leaves the answer to a request file missing",
        "jobs/relay.py",
        "    if found.reply is not None:\n"
        "        replies.tell_of(found.reply, job, said.document, session)\n",
        "    if found.reply is not None:\n",
    ),
    Mutant(
        "what knows less of a job replaces the answer to its request file",
        "jobs/replies.py",
        "        better = _completed(bettered(said, document) or said, reply, store)",
        "        better = document",
    ),
    Mutant(
        "a message with a bad request starts the others",
        "triggers/mns.py",
        "    return [Together(orders, where)] if len(orders) > 1 else renamed",
        "    return renamed",
    ),
    Mutant(
        "protected keys are not skipped",
        "engine/selection.py",
        "        if found.key.startswith(self._protected):\n            return PROTECTED\n",
        "",
    ),
    Mutant(
        "what was written after the job began is not skipped",
        "engine/selection.py",
        "        if found.modified >= clock:\n            return NEWER\n",
        "",
    ),
)


def main() -> int:
    """Try the mutants; tell of each, and return 1 if one was not found."""
    parser = argparse.ArgumentParser(prog="python -m chaos.mutants", description=__doc__)
    parser.add_argument("--runs", type=int, default=MOST_RUNS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="mutants whose idea holds these words")
    asked = parser.parse_args()
    holes = 0
    broken = _broken(ROOT / "src", asked.seed, asked.runs)
    if broken:
        sys.stdout.write(f"broken without any change, and left out: {broken}\n")
    for mutant in MUTANTS:
        if asked.only in mutant.idea:
            found = _found(mutant, asked.seed, asked.runs, broken)
            holes += found is None
            said = f"{found:4} runs" if found is not None else f"not in {asked.runs} runs"
            said += f" of {mutant.test}" if mutant.test else ""
            sys.stdout.write(f"{said}  {mutant.idea}\n")
            sys.stdout.flush()
    return 1 if holes else 0


def _found(mutant: Mutant, seed: int, runs: int, without: list[int]) -> int | None:
    """Return in which run a mutant was found, counted from 1; None if in none."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        path = source / "ossweep" / mutant.path
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(
                f"{mutant.idea}: {mutant.path} holds that {text.count(mutant.old)} times"
            )
        path.write_text(text.replace(mutant.old, mutant.new))
        if mutant.test is not None:
            return None if _passes(mutant.test, source) else 1
        first = _broken(source, seed, runs, "--until-broken", "--leave-out", *map(str, without))
        return first[0] - seed + 1 if first else None


def _passes(test: str, source: Path) -> bool:
    """Tell whether a file of tests finds nothing wrong with this source."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0"]
    command += [str(ROOT / "tests" / test), "-o", f"pythonpath={source} {ROOT / 'tests'}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _broken(source: Path, seed: int, runs: int, *more: str) -> list[int]:
    """Return the seeds of the runs in which this source has broken a rule."""
    command = [sys.executable, "-m", "chaos", "--in-process"]
    command += ["--runs", str(runs), "--seed", str(seed), *more]
    path = os.pathsep.join([str(source), str(ROOT / "tests")])
    environ = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    # A run that breaks off with an exception tells its seed in that, and ends the process.
    told = [int(each) for each in ENDED.findall(f"{done.stdout}\n{done.stderr}")]
    return told or ([seed] if done.returncode else [])


if __name__ == "__main__":
    sys.exit(main())
