"""Whether a program takes what it is sent, on a made-up clock, and on a process that is really at work."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from screenagent.control import Control
from screenagent.desktop.busy import (
    ANSWER_SECONDS,
    BEHIND_AT_MOST,
    SURE_SECONDS,
    UNKNOWN_SECONDS,
    BusyWatch,
    InputAnswers,
    running_seconds,
)
from screenagent.screenshot import Window
from tests.builders import eventually

WINDOW = Window(id=1, pid=100)


@dataclass
class Program(Control):
    """A program of two processes, and a clock that stands still but for waits."""

    works_until: float = 0.0
    answers_at: float = 0.0
    time: float = 1.0
    asked: list[int | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        Control.__init__(self)

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def wait_until(self, moment: float) -> None:
        self.time = max(self.time, moment)

    def ask(self, window: int | None = None) -> None:
        self.asked.append(window)

    def is_awaited(self) -> bool:
        return self.time < self.answers_at

    def running(self, pid: int) -> float:
        return min(self.time, self.works_until) if pid == 101 else 0.0

    @property
    def answers(self) -> InputAnswers:
        watch = BusyWatch(running=self.running, processes=lambda pid: (pid, pid + 1), now=lambda: self.time)
        return InputAnswers(control=self, ping=self, watch=watch, now=lambda: self.time)


def test_a_program_at_rest_has_answered_at_once() -> None:
    program = Program()
    answers = program.answers
    answers.begin(WINDOW)
    assert answers.has_come()
    assert program.asked == [WINDOW.id]
    assert program.time < 1.0 + SURE_SECONDS


def test_a_page_at_work_is_waited_for_until_it_rests() -> None:
    program = Program(works_until=3.0)
    answers = program.answers
    answers.begin(WINDOW)
    assert not answers.has_come()
    assert answers.waited_for()
    assert 3.0 <= program.time < 3.5


def test_a_page_that_works_on_and_on_gets_no_input() -> None:
    program = Program(works_until=100.0)
    answers = program.answers
    answers.begin(WINDOW)
    assert not answers.has_come()
    assert not answers.waited_for()
    assert program.time < 1.5 + ANSWER_SECONDS


def test_a_program_that_answered_pings_before_gets_no_input_until_it_does() -> None:
    program = Program()
    answers = program.answers
    answers.begin(WINDOW)
    assert answers.has_come()
    program.answers_at = 1000.0
    answers.begin(WINDOW)
    assert not answers.has_come()
    assert not answers.waited_for()


def test_a_program_that_never_answers_pings_is_not_waited_for_long() -> None:
    program = Program(answers_at=1000.0)
    answers = program.answers
    answers.begin(WINDOW)
    assert not answers.has_come()
    assert answers.waited_for()
    assert program.time < 1.5 + UNKNOWN_SECONDS


def test_a_window_whose_process_is_not_known_is_never_busy() -> None:
    program = Program(works_until=100.0)
    answers = program.answers
    answers.begin(Window(id=1))
    assert answers.has_come()


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield process
        process.kill()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel")
def test_a_process_at_work_and_a_stopped_one_are_busy(worker: subprocess.Popen[bytes]) -> None:
    eventually(lambda: running_seconds(worker.pid) > 0.2)
    watch = BusyWatch()
    watch.begin(worker.pid)
    time.sleep(max(0.0, watch.sure - time.monotonic()))
    assert watch.is_suspect()
    assert watch.is_busy()
    worker.send_signal(signal.SIGSTOP)
    eventually(lambda: running_seconds(worker.pid) == float("inf"))
    watch.begin(worker.pid)
    assert watch.is_busy()


def test_keys_wait_for_a_program_that_is_behind() -> None:
    program = Program()
    answers = program.answers
    answers.begin(WINDOW)
    program.time += BEHIND_AT_MOST / 2
    assert answers.keep_up()
    program.works_until = program.time + 2.0
    program.time += BEHIND_AT_MOST
    assert answers.keep_up()
    assert program.works_until <= program.time < program.works_until + 0.5


def test_keys_end_if_a_program_that_used_to_answer_pings_does_not() -> None:
    program = Program()
    answers = program.answers
    answers.begin(WINDOW)
    assert answers.has_come()
    program.answers_at = float("inf")
    program.time += BEHIND_AT_MOST
    assert not answers.keep_up()


def test_keys_do_not_wait_for_a_program_that_never_answered_a_ping() -> None:
    program = Program(answers_at=float("inf"))
    answers = program.answers
    answers.begin(WINDOW)
    program.time += BEHIND_AT_MOST
    began = program.time
    assert answers.keep_up()
    assert program.time == began


def test_keys_end_if_the_program_is_stopped() -> None:
    program = Program()
    watch = BusyWatch(running=lambda _: float("inf"), now=lambda: program.time)
    answers = InputAnswers(control=program, watch=watch, now=lambda: program.time)
    answers.begin(WINDOW)
    assert not answers.keep_up()
    assert program.time >= 1.0 + ANSWER_SECONDS
