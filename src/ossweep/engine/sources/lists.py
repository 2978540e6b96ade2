"""
Keys that lists name.

A list is old when it is read. So each object is looked at before it goes, and judged by the job's
clock, by the order's conditions, and by what the list says of it.

All lists are opened, and those that are small are read for their form, before anything is deleted.
Then they are read one after the other; a file of an inventory is settled before the next one is
begun. A continuation names no keys here, only lines (`openlines.py`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ossweep.engine.draft import AHEAD, Draft
from ossweep.engine.forms import FormPasses, about_list, failures_of, or_error, too_many
from ossweep.engine.likeness import listed_line
from ossweep.engine.listreading import ListReading
from ossweep.engine.looks import look_together
from ossweep.engine.queues import Queue
from ossweep.engine.reads import Question
from ossweep.engine.runs import Runs
from ossweep.engine.selection import PROTECTED
from ossweep.engine.sources.by_name import ByName
from ossweep.engine.tagging import CROWD
from ossweep.errors import Scope, StoreError
from ossweep.manifests.nouns import ListError
from ossweep.objects import GONE, GONE_UNANSWERED
from ossweep.stops import Stop, Why
from ossweep.work import BATCH_KEYS, Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ossweep.engine.batch import Batch
    from ossweep.engine.likeness import ListedLine
    from ossweep.engine.outcomes import Outcome
    from ossweep.engine.pipeline import Pipeline
    from ossweep.engine.ports import Lists
    from ossweep.engine.sources.shared import Shared
    from ossweep.errors import Closed
    from ossweep.lists import ListLeft
    from ossweep.manifests.nouns import BadLine, Passage
    from ossweep.objects import Found, Neighbours, Stretch
    from ossweep.work import Work

MOST_OPEN = 16_000  # keys that were read, and are not settled, when more is read


class ListedKeys:
    """The keys of an order's lists as a source."""

    is_urgent = False

    def __init__(self, shared: Shared, lists: Lists) -> None:
        self._shared = shared
        self._lists = lists
        self._reads = shared.reads
        self._selection = shared.selection
        self._books = shared.books
        self._left = deque(shared.work.lists)  # the first of them is read
        self._forms = FormPasses(lists, self._left, shared.selection.needs_also)
        self._reading: ListReading | None = None
        self._asks = False  # whether a list is being read
        self._next: Passage | None = None  # of the next file
        self._is_read = False  # whether the first list has come to its end
        self._open: dict[str, ListedLine] = {}
        self._runs = Runs()
        self._looks = 0  # keys that are looked at
        self._refused: set[str] = set()  # keys whose look OSS has refused
        self._draft = Draft()
        self._batches = ByName(Queue(shared.course))
        self._staying: dict[int, tuple[str, ...]] = {}  # keys of a batch that were judged anew
        self._met = 0
        self._elsewhere = tuple(shared.work.selectors)  # what is met there counts there
        self._named = frozenset((*shared.work.keys, *shared.work.keys_done))
        shared.waits_for_forms = bool(self._forms)

    def ask(self, pipeline: Pipeline, *, is_idle: bool) -> None:  # noqa: ARG002 - needs no calm
        """Read on, look at keys, as many at once as pages would be, and queue what may go."""
        reads = self._reads
        while self._may_look and reads.has_room and reads.may_begin(pipeline):
            self._look(pipeline, self._runs.next())
        if self._may_read and reads.has_room and reads.may_begin(pipeline):
            self._read(pipeline)
        fills = bool(self._looks or self._asks)
        while (batch := self._draft.cut(reads.seconds_left, fills=fills)) is not None:
            self._batches.queue.batches.append(batch)

    @property
    def holds_up(self) -> bool:
        """Whether something of the lists can still be tried: until then nothing is listed."""
        return bool(self._left) and self.is_untried

    def ease(self) -> bool:
        """Do nothing: this source is never urgent."""
        return True

    def queues(self) -> Iterable[Queue]:
        """Return the one queue, if a batch waits in it."""
        return (self._batches.queue,) if self._batches.queue.batches else ()

    def take_up(self, queue: Queue, most: int) -> Batch:  # noqa: ARG002 - there is only one
        """Take up the first batch, or as much of it as so many keys."""
        return self._batches.take_up(most, self._judged_anew)

    def settle(self, outcome: Outcome) -> None:
        """Settle a batch's outcome at once; what it leaves undone stays open."""
        self._batches.take_back(outcome.batch)
        outcome = self._shared.defer_refused(outcome)
        self._books.settle(outcome.counts)
        self._batches.settle(outcome)
        undone = {found.key for found in outcome.undone}
        if self._reading is not None:
            in_doubt = undone.intersection(outcome.in_doubt)
            self._reading.lines.are_asked(self._open[key].line for key in in_doubt)
        for key in (*outcome.batch.keys, *self._staying.pop(id(outcome.batch), ())):
            if key not in undone:
                self._close(key)
        self._go_on()

    @property
    def is_untried(self) -> bool:
        """Whether something is left that OSS has not refused, and that can be come to."""
        over = len(self._refused) + sum(len(keys) for _, keys in self._batches.passed_over)
        if len(self._open) > over:
            return True
        ends = self._is_read or self._next is not None
        is_blocked = bool(self._open) and (ends or len(self._open) >= MOST_OPEN)
        return bool(self._left) and not is_blocked

    @property
    def has_batches(self) -> bool:
        """Whether a batch waits or is taken up."""
        return self._batches.has_batches

    @property
    def met(self) -> int:
        """How many lines were met, now or by the invocation before."""
        if self._reading is not None:
            return self._met + self._reading.lines.untold
        return self._met + (self._left[0].lines_open if self._left else 0)

    @property
    def expected(self) -> int | None:
        """How many keys are left; None as long as there is more to read."""
        return len(self._open) if len(self._left) == int(self._is_read) else None

    @property
    def unheard_of(self) -> int:
        """How many are taken up."""
        return self._batches.keys_taken

    @property
    def bytes_unheard_of(self) -> int:
        """How many bytes those have."""
        return self._batches.bytes_taken

    def bounds(self) -> Iterable[tuple[str, str]]:
        """Return each key that is open, as both ends; none lies in a directory of the order."""
        return ((key, key) for key in self._open)

    def early(self) -> Sequence[Counts]:
        """Return nothing: each batch settles as it comes."""
        return ()

    def passed_over(self) -> Iterable[Stretch]:
        """Return what was passed over."""
        return (stretch for stretch, _ in self._batches.passed_over)

    def rest(self, work: Work) -> Work:
        """Return work with what is left of the lists."""
        left = self._forms.rest()
        if self._reading is not None:
            taken = (key for batch in self._batches.taken.values() for key in batch.keys)
            left[0] = self._reading.lines.rest(self._open[key].line for key in taken)
        done = self._named.difference(work.keys) if left else ()
        return replace(work, lists=tuple(left), keys_done=tuple(sorted(done)))

    @property
    def _may_look(self) -> bool:
        waiting = self._batches.queue.waiting  # behind a whole batch what is looked at grows old
        is_enough = self._looks + len(self._draft.found) + waiting >= AHEAD or waiting >= BATCH_KEYS
        is_crowded = self._shared.tagging is not None and self._looks >= CROWD
        may = bool(self._runs) and self._selection.room_left.is_open
        return may and not (is_enough or is_crowded)

    @property
    def _may_read(self) -> bool:
        if self._asks or not self._left or not self._selection.room_left.is_open:
            return False
        is_at_end = self._is_read or self._next is not None
        return bool(self._forms) or not (is_at_end or len(self._open) >= MOST_OPEN)

    def _read(self, pipeline: Pipeline) -> None:
        self._asks = True  # for good, if it fails: half of a list is none
        read: Callable[[], ListLeft | Passage | None]
        show: Callable[[Any, float], None]
        if self._forms:
            key, read, show = self._forms.key, self._forms.read_on, self._show_form
        else:
            self._reading = self._reading or ListReading(self._lists, self._left[0])
            key, read = self._left[0].request.key, self._reading.read_on
            show = self._show_passage
        ask, show = partial(or_error, read), partial(self._show_unless_error, key, show)
        self._reads.begin(pipeline, Question("", ask, show, lambda _: None))

    def _show_unless_error(
        self, key: str, show: Callable[[Any, float], None], answer: object, left: float
    ) -> None:
        if isinstance(answer, ListError):
            sentence = about_list(key, str(answer))
            self._reads.stop(Stop(Why.REFUSED, sentence, is_final=answer.is_final))
            return
        self._asks = False
        show(answer, left)
        self._go_on()

    def _show_form(self, judged: ListLeft | None, _: float) -> None:
        self._forms.shown(judged)
        self._shared.waits_for_forms = bool(self._forms)

    def _show_passage(self, passage: Passage | None, _: float) -> None:
        if passage is None:
            self._is_read = True
        elif self._reading is not None and passage.end.file != self._reading.lines.file:
            self._next = passage
        else:
            self._take(passage)

    def _take(self, passage: Passage) -> None:
        """Open what a passage says, and count the lines that are bad."""
        if self._reading is None:
            return
        lines, keys = self._reading.lines, []
        bad = [each for each in passage.bad if lines.is_new(each.line)]
        for index in lines.take(passage):
            key = passage.keys[index]
            if key.startswith(self._elsewhere) or key in self._named or key in self._open:
                continue
            self._met += 1
            if self._selection.is_protected(key):
                self._books.skip(key, PROTECTED)
                continue
            self._open[key] = line = listed_line(passage, index)
            lines.open(line.line)
            keys.append(key)
        self._runs.add(keys)
        if bad:
            lines.bad += len(bad)
            self._count_bad(bad, lines.bad)

    def _count_bad(self, bad: Sequence[BadLine], of_list: int) -> None:
        self._met += len(bad)
        self._selection.room_left.lose(len(bad))
        self._books.settle(Counts(failed=len(bad), failures=failures_of(bad)))
        if (stop := too_many(self._left[0].request.key, bad, of_list)) is not None:
            self._reads.stop(stop)

    def _go_on(self) -> None:
        """Go on to the next file, or the next list, when all of this one is settled."""
        if self._open or self._asks or self._reading is None:
            return
        if self._next is not None:
            passage, self._next = self._next, None
            self._reading.lines.go_to(passage.end)
            self._take(passage)
        elif self._is_read:
            self._selection.needed.read_to_the_end(self._left.popleft().request, self._left)
            self._reading, self._is_read = None, False

    def _look(self, pipeline: Pipeline, keys: list[str]) -> None:
        needs = self._reading.likeness.needs_etag if self._reading is not None else None
        with_etags = needs is not None and any(needs(self._open[key]) for key in keys)
        look = partial(look_together, self._shared.store, keys, with_etags=with_etags)
        question = Question(keys[0], look, partial(self._show, keys), partial(self._fail, keys))
        self._looks += len(keys)
        self._reads.begin(pipeline, question)

    def _show(self, keys: list[str], seen: Neighbours | None, left: float) -> None:
        if seen is None:
            self._fail(keys, None)
            return
        judge, fail = partial(self._judge, keys, seen, left), partial(self._fail, keys)
        stays = partial(self._changed, seen)
        self._shared.ask_about(keys[: seen.decided], seen.found, left, judge, fail, stays)

    def _judge(
        self,
        asked: list[str],
        seen: Neighbours,
        left: float,
        keys: Sequence[str],
        there: Mapping[str, Found],
    ) -> None:
        """Judge the first of those that were asked about, of which some are there."""
        undecided = []
        for key in keys:
            found = there.get(key)
            reason = self._why_gone(key) if found is None else self._reason_to_keep(found, seen)
            if reason is not None:
                self._books.skip(key, reason)
                self._close(key)
            elif found is not None and self._selection.has_room(found):
                self._selection.room_left.take(found)
                self._draft.add(found, left, self._selection.dates)
            else:
                undecided.append(key)
        self._looks -= len(asked)
        self._runs.shown(asked, len(keys))
        self._runs.give_back(undecided)
        self._go_on()

    def _why_gone(self, key: str) -> str:
        is_asked = self._reading is not None and self._reading.lines.was_asked(self._open[key].line)
        return GONE_UNANSWERED if is_asked else GONE

    def _reason_to_keep(self, found: Found, seen: Neighbours) -> str | None:
        """Return why an object stays, if it does; raises StoreError without a clock."""
        return self._selection.reason_to_skip(found, self._changed(seen, found))

    def _changed(self, seen: Neighbours, found: Found) -> str | None:
        """Return why an object stays by what the list says of it."""
        if self._reading is None:
            return None
        line, etag = self._open[found.key], seen.etags.get(found.key)
        return self._reading.likeness.reason_to_keep(line, found, etag)

    def _fail(self, keys: list[str], error: Closed | StoreError | None) -> None:
        self._looks -= len(keys)
        left = [key for key in keys if key in self._open]
        if error is None or (isinstance(error, StoreError) and error.scope is Scope.KEYS):
            self._refused.update(self._runs.were_refused(left))
        else:
            self._runs.give_back(left)

    def _close(self, key: str) -> None:
        line = self._open.pop(key).line
        if self._reading is not None:
            self._reading.lines.close(line)

    def _judged_anew(self, batch: Batch) -> Batch:
        judged = self._selection.judged_anew(batch)
        if judged is not batch:
            self._staying[id(judged)] = tuple({*batch.keys} - {*judged.keys})
        return judged
