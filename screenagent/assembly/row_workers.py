"""Rows of a table that workers play, each on a desktop of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from screenagent.agent import drive
from screenagent.approval import ApprovalQuestion
from screenagent.assembly.departure import on_signals
from screenagent.assembly.supervised import Supervision, build_replay
from screenagent.control import Control
from screenagent.errors import UserError
from screenagent.fleet.jobs import Attempted, Job
from screenagent.fleet.workers import LocalWorkers
from screenagent.scripts import read_script
from screenagent.scripts.replay.results import ReplayResult, result
from screenagent.scripts.rows.plan import PlannedRow
from screenagent.scripts.rows.playing import FirstInput

LOOK_SECONDS: Final = 0.05
LONGEST_SECONDS: Final = 86400.0
"""A row has no time limit but its script's own ones; a worker that hangs for so long is ended."""


class RowNotPlayed(UserError):
    """The machine broke the play of a row, or the row cannot be played."""

    code = "row_not_played"


@dataclass(frozen=True)
class RowWork:
    """A row for a worker, which says `before_input` right before the first input and waits for the word to go on."""

    given: Mapping[str, str]
    before_input: Connection


@dataclass
class RowWorkers:
    """`count` workers that play rows of the script in `file`. Several threads may ask them, one for each worker.

    A row that the machine broke before its first input is played again, `retries_infra` times at most.
    """

    where: Supervision
    file: Path
    given: Mapping[str, str]
    _: KW_ONLY
    count: int
    control: Control
    retries_infra: int = 0
    say: Callable[[str], object]
    _idle: SimpleQueue[LocalWorkers[RowWork]] = field(init=False, default_factory=SimpleQueue)

    @contextmanager
    def started(self) -> Iterator[None]:
        """While this is entered the workers are there."""
        playing = partial(play_row_job, where=self.where, file=self.file)
        each = [LocalWorkers(playing, count=1, seconds=LONGEST_SECONDS) for _ in range(self.count)]
        for worker in each:
            self._idle.put(worker)
        try:
            yield
        finally:
            stop_all(each)

    def play(self, row: PlannedRow, first: FirstInput) -> ReplayResult:
        """Play a row; `first` has kept that the row has begun before any input of it is sent."""
        worker = self._idle.get()
        try:
            for left in range(self.retries_infra, -1, -1):
                attempted = self._attempt(worker, row, first)
                if attempted.outcome != "infra" or first.is_sent or not left:
                    break
                self.say(f"row {row.number}: {attempted.message}; it is tried again")
        finally:
            self._idle.put(worker)
        if attempted.detail is None:
            raise RowNotPlayed(attempted.message)
        return ReplayResult.model_validate(attempted.detail)

    def _attempt(self, worker: LocalWorkers[RowWork], row: PlannedRow, first: FirstInput) -> Attempted:
        ear, mouth = Pipe()
        with ear, mouth:
            work = RowWork({**self.given, **row.cells}, mouth)
            worker.begin(Job(str(row.number), str(row.number), 1, 0, work))
            while not (ended := worker.ended(LOOK_SECONDS)):
                self.control.check()
                if ear.poll():
                    ear.recv()
                    first.send()
                    ear.send(None)
        return ended[0][1]


def stop_all(workers: list[LocalWorkers[RowWork]]) -> None:
    """Stop the workers together, since each may take its time."""
    for worker in workers:
        worker.refuse()
    for worker in workers:
        worker.stop()


def play_row_job(job: Job[RowWork], *, where: Supervision, file: Path) -> Attempted:
    """Play a row in a worker, where nobody answers questions."""
    replay = build_replay(file, read_script(file), job.work.given)
    replay = replace(replay, is_first=False, is_last=False)
    supervised, control = where.replay(replay), Control()
    first = FirstInput(partial(_wait_for_word, job.work.before_input))
    with on_signals(stop=control.stop, resume=control.resume), supervised.open(control, _nobody_answers) as work:
        episode = drive(work.agent, supervised.task, *work.sinks, first)
    played = result(replay, episode, run=work.folder)
    outcome = "passed" if played.outcome == "done" else "failed"
    return Attempted(outcome=outcome, message=played.message, detail=played.model_dump(mode="json"))


def _wait_for_word(before_input: Connection) -> None:
    before_input.send(None)
    before_input.recv()


def _nobody_answers(_: ApprovalQuestion) -> None:
    return None
