"""Jobs in real worker processes that pass, fail, crash, hang and die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil
import pytest

from screenagent.control import Control, Stopped, until
from screenagent.fleet.jobs import Attempted, Job, planned_jobs
from screenagent.fleet.results_folder import RESULTS, KeptAttempt, open_results_folder, read_results_folder
from screenagent.fleet.run import MOST_ALIKE, FleetRun, MachineAtFault, infra_counts
from screenagent.fleet.workers import LocalWorkers
from tests.fleet.attempts import attempt
from tests.paths import ROOT

ASKED: Final = {"suite": "fakes"}


def carried_out(
    works: Mapping[str, str], folder: Path, *, seconds: float = 30, retries: int = 1, fresh: bool = False
) -> Sequence[KeptAttempt]:
    workers = LocalWorkers(attempt, count=2, seconds=seconds, fresh=fresh)
    try:
        with open_results_folder(folder, ASKED) as results:
            return FleetRun(planned_jobs(works), workers, results, retries_infra=retries).run()
    finally:
        workers.stop()


def brief(attempts: Sequence[KeptAttempt]) -> list[tuple[str, str, str | None]]:
    return [(attempt.job, attempt.outcome, attempt.cause) for attempt in attempts]


class InThisProcess:
    """Workers without processes, for what has nothing to do with them."""

    def __init__(self) -> None:
        self._under_way: list[Job[str]] = []
        self.begun: list[str] = []

    @property
    def free(self) -> int:
        return 2 - len(self._under_way)

    def begin(self, job: Job[str]) -> None:
        self._under_way.append(job)
        self.begun.append(job.id)

    def ended(self, seconds: float) -> Sequence[tuple[Job[str], Attempted]]:
        from screenagent.fleet.workers import attempted

        job = self._under_way.pop()
        return [(job, attempted(attempt, job))]

    def stop(self) -> None: ...


@pytest.mark.slow
def test_a_job_that_breaks_or_hangs_keeps_no_other_from_its_answer(tmp_path: Path) -> None:
    works = {
        "one": "pass",
        "crash": "raise",
        "killed": "exit 3",
        "hang": "hang",
        "no display": "no_display",
        "no application": "no_app",
        "memory": "memory",
        "wrong": "fail",
        "last": "pass",
    }
    found = carried_out(works, tmp_path, seconds=1.5, retries=0)
    assert brief(found) == [
        ("one", "passed", None),
        ("crash", "failed", None),
        ("killed", "infra", "worker"),
        ("hang", "failed", None),
        ("no display", "infra", "display"),
        ("no application", "infra", "application"),
        ("memory", "infra", "memory"),
        ("wrong", "failed", None),
        ("last", "passed", None),
    ]


@pytest.mark.slow
def test_what_the_machine_broke_is_tried_again_and_both_attempts_are_kept(tmp_path: Path) -> None:
    found = carried_out({"once": f"once {tmp_path / 'mark'}", "other": "pass"}, tmp_path / "results")
    assert brief(found) == [("once", "passed", None), ("other", "passed", None)]
    _, kept = read_results_folder(tmp_path / "results")
    assert [(line.job, line.number, line.outcome) for line in kept if line.job == "once"] == [
        ("once", 1, "infra"),
        ("once", 2, "passed"),
    ]
    assert infra_counts(kept) == {"display": 1}


def test_retries_end_and_a_later_run_tries_what_was_left_anew(tmp_path: Path) -> None:
    jobs = planned_jobs({"broken": "no_display", "fine": "pass"})
    for lines in (4, 7):
        workers = InThisProcess()
        with open_results_folder(tmp_path, ASKED) as results:
            last = FleetRun(jobs, workers, results, retries_infra=2).run()
            assert brief(last) == [("broken", "infra", "display"), ("fine", "passed", None)]
            assert len(results.kept) == lines
    assert workers.begun == ["broken"] * 3, "what was answered is not asked again"


def test_a_machine_that_breaks_everything_for_one_reason_ends_the_run(tmp_path: Path) -> None:
    jobs = planned_jobs({f"task-{number}": "no_display" for number in range(40)})
    with open_results_folder(tmp_path, ASKED) as results, pytest.raises(MachineAtFault, match="Xvfb did not start"):
        FleetRun(jobs, InThisProcess(), results).run()
    assert len(read_results_folder(tmp_path)[1]) == MOST_ALIKE


def test_results_keep_the_order_of_the_jobs_and_each_epoch_has_its_seed(tmp_path: Path) -> None:
    jobs = planned_jobs({"a": "pass 1", "b": "pass 2"}, epochs=2, seed=7)
    assert [job.id for job in jobs] == ["a#1", "b#1", "a#2", "b#2"]
    assert len({job.seed for job in jobs}) == 4
    assert jobs == planned_jobs({"a": "pass 1", "b": "pass 2"}, epochs=2, seed=7)
    assert planned_jobs({"b": "pass 2"}, epochs=2, seed=7)[0].seed == jobs[1].seed
    with open_results_folder(tmp_path, ASKED) as results:
        last = FleetRun(jobs, InThisProcess(), results).run()
        assert [line.job for line in last] == [job.id for job in jobs]
        assert [line.job for line in results.kept] != [job.id for job in jobs], "they ended in another order"


def test_a_stop_ends_the_run_before_anything_else_is_kept(tmp_path: Path) -> None:
    control = Control()
    control.stop()
    jobs = planned_jobs({"a": "pass"})
    with open_results_folder(tmp_path, ASKED) as results, pytest.raises(Stopped):
        FleetRun(jobs, InThisProcess(), results, control=control).run()
    assert read_results_folder(tmp_path)[1] == []


CUT_OFF: Final = {f"task-{number}": "pass" if number % 3 else "fail" for number in range(8)}


def test_a_run_goes_on_from_wherever_its_file_was_cut(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    with open_results_folder(whole, ASKED) as results:
        expected = brief(FleetRun(planned_jobs(CUT_OFF), InThisProcess(), results).run())
    written = (whole / RESULTS).read_bytes()
    cut = tmp_path / "cut"
    cut.mkdir()
    for length in range(0, len(written), 7):
        (cut / RESULTS).write_bytes(written[:length])
        workers = InThisProcess()
        with open_results_folder(cut, ASKED) as results:
            assert brief(FleetRun(planned_jobs(CUT_OFF), workers, results).run()) == expected
        whole_lines = max(0, written[:length].count(b"\n") - 1)
        assert len(workers.begun) == len(CUT_OFF) - whole_lines
        assert (cut / RESULTS).read_bytes().count(b"\n") == len(CUT_OFF) + 1


DRIVER: Final = """
import sys
from pathlib import Path
from screenagent.assembly.parts import stoppable_control
from screenagent.fleet.jobs import planned_jobs
from screenagent.fleet.results_folder import open_results_folder
from screenagent.fleet.run import FleetRun
from screenagent.fleet.workers import LocalWorkers
from tests.fleet.attempts import attempt

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    works = {"quick": "pass", "slow": f"say {folder / 'pid-1'}", "slower": f"say {folder / 'pid-2'}"}
    workers = LocalWorkers(attempt, count=2, seconds=60)
    with stoppable_control() as control, open_results_folder(folder, {"suite": "fakes"}) as results:
        try:
            FleetRun(planned_jobs(works), workers, results, control=control).run()
        finally:
            workers.stop()
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_driver(tmp_path: Path, number: int) -> None:
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    driver = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    marks = [tmp_path / "pid-1", tmp_path / "pid-2"]
    assert until(lambda: all(mark.is_file() and mark.read_text() for mark in marks), seconds=60)
    pids = [int(mark.read_text()) for mark in marks]
    began = time.monotonic()
    driver.send_signal(number)
    driver.wait(10)
    gone = until(lambda: not any(psutil.pid_exists(pid) for pid in pids), seconds=5)
    assert gone
    assert time.monotonic() - began <= 2.0
    header, kept = read_results_folder(tmp_path)
    assert (header.asked, brief(kept)) == (ASKED, [("quick", "passed", None)])
