"""`bench rows`: jobs of thirty rows in a page and in a GTK application, with what goes wrong on the way.

The script is played by `screenagent play --rows` in processes of their own, on one desktop with one window, as it is on
one's own screen. What a person would do is done by the bench: it calls the same command again after a play that was
cut off, and looks into the server's own log to say which rows are done.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Final

from screenagent.bench.devtools import FLAGS
from screenagent.bench.results import keep_results, read_bench_results
from screenagent.bench.rows.job import RowsJob
from screenagent.bench.rows.register import SLOW_SECONDS, Register, serving
from screenagent.bench.rows.results import JobResult, Program, RowsSummary, SavedRows, rows_summary
from screenagent.control import Control
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.scripts.rows.ledger import CUT_OFF, Ledger, PlayedRow
from screenagent.scripts.rows.lines import read_lines

HOME: Final = Path(str(files("screenagent.bench.rows")))
SYSTEM_PYTHON: Final = "/usr/bin/python3"
PROGRAMS: Final[tuple[Program, ...]] = ("chromium", "gtk")
MOST_PLAYS: Final = 6
"""A job that is not over then is not going to be."""
PLAY_SECONDS: Final = 1800.0
ROW: Final = re.compile(r"row (\d+) of \d+: ")

Cut = tuple[int, float, signal.Signals]
"""A row, the seconds after its beginning, and the signal that the play gets then."""


def run_rows(
    programs: Sequence[Program],
    *,
    seeds: int,
    rows: int,
    results: Path,
    control: Control,
    progress: Callable[[str], object],
) -> RowsSummary:
    """Do every job; what `results` holds already is not done again."""
    known = {(one.program, one.seed): one for one in read_bench_results(results, JobResult.model_validate_json)}
    asked = [(program, seed) for seed in range(seeds) for program in programs]
    for program, seed in asked:
        if (program, seed) not in known:
            known[program, seed] = result = done_job(program, RowsJob.of(seed, rows), control, progress)
            control.check()  # a job that was stopped is no result
            keep_results(results, result)
            progress(str(result))
    return rows_summary([known[each] for each in asked])


def done_job(program: Program, job: RowsJob, control: Control, progress: Callable[[str], object]) -> JobResult:
    """Do one job on a desktop of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="screenagent-rows-", ignore_cleanup_errors=True) as name,
        serving(job) as register,
        VirtualDesktop(_command(program, register, Path(name)), control=control) as virtual,
    ):
        virtual.desktop.settled()
        return JobPlay(job, register, Path(name), virtual.environment, control, progress).done(program)


def _command(program: Program, register: Register, folder: Path) -> list[str]:
    """The form, whose fields are emptied by a save, or stay as they are."""
    keeps = register.job.seed % 2 == 1
    if program == "gtk":
        return [SYSTEM_PYTHON, str(HOME / "form_window.py"), register.url, *(["keeps"] if keeps else [])]
    flags = [*FLAGS, f"--user-data-dir={folder / 'profile'}", "--window-size=1280,720"]
    return ["chromium", *flags, f"--app={register.url}/{'#keeps' if keeps else ''}"]


@dataclass
class JobPlay:
    """One job, from its first play to the last, in `folder` and on the desktop of that environment."""

    job: RowsJob
    register: Register
    folder: Path
    environment: Mapping[str, str]
    control: Control
    progress: Callable[[str], object]
    _by_hand: list[str] = field(default_factory=list)
    _plays: int = 0

    def __post_init__(self) -> None:
        self._results = self.folder / "customers.results.jsonl"
        (self.folder / "customers.csv").write_text(self.job.csv, "utf-8")
        shutil.copy(HOME / "customers.yaml", self.folder)

    def done(self, program: Program) -> JobResult:
        began = time.monotonic()
        cuts = [
            (self.job.interrupted, self.job.interrupted_after, signal.SIGINT),
            (self.job.killed, self.job.killed_after, signal.SIGKILL),
        ]
        for cut in sorted(cuts):
            self._play(cut)
            self._settle()
        while (code := self._play()) and self._plays < MOST_PLAYS and self._settle():
            self.control.check()
        before, away = self._count(), self._rows().get(self.job.away)
        self.register.is_away = False
        if code:
            self._play(only=self.job.away)
        ended = self._rows()
        return JobResult(
            program=program,
            seed=self.job.seed,
            rows=len(self.job.customers),
            before=before,
            after=self._count(),
            away=away.status if away else "not_played",
            by_hand=tuple(self._by_hand),
            false_done=sum(row.status == "done" and not self._is_saved(number) for number, row in ended.items()),
            plays=self._plays,
            seconds=round(time.monotonic() - began, 1),
            row_seconds=tuple(row.result.seconds for row in ended.values() if row.result and row.status == "done"),
        )

    def _count(self) -> SavedRows:
        return SavedRows.of(self.job, self.register.saved)

    def _is_saved(self, number: int) -> bool:
        return self.job.row(number) in self.register.saved

    def _play(self, cut: Cut | None = None, only: int | None = None) -> int:
        """Call the play, and cut it off if its row comes; return its exit code."""
        self._plays += 1
        command = ["play", "customers.yaml", "--rows", "customers.csv", "--approve", "never", "--plain", "--keep-going"]
        if only is not None:
            command += ["--only-rows", str(only)]
        with subprocess.Popen(
            [sys.executable, "-m", "screenagent", *command, "--runs", "runs"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as playing:
            stop = threading.Timer(PLAY_SECONDS, playing.kill)
            stop.start()
            self._watch(playing, cut)
            stop.cancel()
        return playing.returncode

    def _watch(self, playing: subprocess.Popen[str], cut: Cut | None) -> None:
        """Hear what the play says, up to its end."""
        assert playing.stderr is not None  # it was opened with a pipe
        for line in playing.stderr:
            self.progress(line.rstrip())
            if self.control.stopped:
                playing.send_signal(signal.SIGINT)
            elif cut and (begun := ROW.match(line)) and int(begun[1]) == cut[0]:
                threading.Timer(cut[1], playing.send_signal, (cut[2],)).start()

    def _settle(self) -> bool:
        """Look into the log for the rows that are to be settled, and say what they need; whether any row is left."""
        time.sleep(SLOW_SECONDS / 4)  # what was sent has been saved by then
        rows = self._rows()
        doubtful = [number for number, row in rows.items() if row.status == "to_settle"]
        for number in doubtful:
            said = "--done" if self._is_saved(number) else "--again"
            if rows[number].why != CUT_OFF:
                self._by_hand.append(f"row {number}: {rows[number].why}")
            subprocess.run(
                [sys.executable, "-m", "screenagent", "rows", str(self._results), said, str(number)],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        return bool(doubtful) or any(row.status in ("failed", "not_played") for row in rows.values())

    def _rows(self) -> dict[int, PlayedRow]:
        """What the results file says of each row; the rows are never moved."""
        with read_lines(self._results) as lines:
            ledger = Ledger.of(lines)
        return {row.row: row for row in ledger.rows.values() if row.row is not None}
