"""What comes of a program that is started, on a window system of the test's."""

from __future__ import annotations

import sys

import pytest

from screenagent.desktop.plain_windows import PlainWindows
from screenagent.desktop.programs import Launch, ProgramStarter
from screenagent.protocols import Retry
from screenagent.screenshot import Window
from tests.builders import eventually

BOOK, NOTE = Window(id=1, title="Book1", app="gnumeric", pid=1), Window(id=2, title="New mail", app="notifier", pid=1)


class Windows(PlainWindows):
    """Those that the test says, the last of them in front."""

    def __init__(self, *there: Window) -> None:
        self.there = there

    def foreground(self) -> Window | None:
        return self.there[-1] if self.there else None

    def all(self) -> tuple[Window, ...]:
        return self.there

    def activate(self, window: Window) -> None:
        raise AssertionError

    def caps_lock(self) -> bool:
        return False


def launched(windows: Windows, *argv: str) -> Launch:
    return Launch(argv, windows=windows, start=ProgramStarter())


def shell(command: str) -> tuple[str, ...]:
    return sys.executable, "-c", command


def test_a_window_of_another_program_is_no_answer() -> None:
    windows = Windows(BOOK)
    launch = launched(windows, "sleep", "30")
    windows.there = (BOOK, NOTE)
    assert launch.window() is None
    assert not launch.has_answered()
    ours = Window(id=3, title="Sleep", app="sleep")
    windows.there = (BOOK, ours, NOTE)
    assert launch.window() == ours
    end(launch)


def test_a_window_of_the_session_that_was_started_is_the_programs_whatever_its_name() -> None:
    windows = Windows(BOOK)
    launch = launched(windows, *shell("import time; time.sleep(30)"))
    windows.there = (BOOK, Window(id=3, title="Ledger", app="ledger", pid=launch.process.pid))
    assert launch.window() == windows.there[1]
    end(launch)


def test_a_command_that_has_ended_well_may_have_left_its_window_to_another_process() -> None:
    windows = Windows(BOOK)
    launch = launched(windows, "true")
    eventually(launch.has_ended_well)
    windows.there = (BOOK, NOTE)
    assert launch.window() == NOTE
    assert launch.why_nothing(1) == "“true” ended with status 0, and no window of it came"


def test_a_program_that_ran_and_raised_its_window_has_answered() -> None:
    windows, starter = Windows(BOOK, NOTE), ProgramStarter()
    launch = Launch(("gnumeric",), windows=windows, start=lambda _: starter(("true",)))
    windows.there = (NOTE, BOOK)
    assert launch.has_answered()
    launch.process.wait()


def test_a_program_that_is_not_there_is_told_before_anything_is_started() -> None:
    with pytest.raises(Retry, match="there is no program “no-such-program”"):
        launched(Windows(BOOK), "no-such-program")


def test_a_program_goes_on_when_its_starter_does_not() -> None:
    process = ProgramStarter()(shell("import os, sys; sys.exit(0 if os.getsid(0) == os.getpid() else 1)"))
    assert process.wait() == 0


def end(launch: Launch) -> None:
    launch.process.kill()
    launch.process.wait()
