"""Faces of other processes: what they are told, what they may do, and what they hear when the run is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from screenagent.actions import Click, Target
from screenagent.approval import ApprovalQuestion
from screenagent.desktop.front import front_changes, front_processes
from screenagent.episode import Episode
from screenagent.events import Approve, Observed, Started, Verdict
from screenagent.fakes import plain_screen
from screenagent.geometry import Location, Point
from screenagent.sessions.answers import No, StopRun, Yes
from screenagent.sessions.attachment import NotGranted
from screenagent.sessions.client import GONE, RemoteAttachment
from screenagent.sessions.messages import EventTold, HolderTold, Message, OverTold, QuestionTold
from screenagent.sessions.place import GoneRun, LiveRun, live_runs
from screenagent.sessions.session import Session
from tests.builders import becomes

PLACE = Location(point=Point(x=0.5, y=0.5), confidence=0.9, by="text")
QUESTION = ApprovalQuestion(Click(target=Target(words="Save")), (PLACE,), None, Episode())


class Watcher:
    """A face of another process, with all that it was told."""

    def __init__(self, run: LiveRun, name: str = "face", *, watches: bool = False) -> None:
        self.told: list[Message] = []
        self._came = threading.Event()
        self.attachment = RemoteAttachment(run, name, self._came.set, watches=watches)

    def hears(self, what: Callable[[Message], bool]) -> Message:
        """Wait until a message comes that is meant."""

        def found() -> bool:
            self.told += self.attachment.read()
            return any(map(what, self.told))

        assert becomes(found), self.told
        return next(filter(what, self.told))


@pytest.fixture
def asking(live: Session) -> Iterator[Future[Verdict | None]]:
    """A question that the agent has asked."""
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(live.ask, QUESTION)
        assert becomes(lambda: live.open_question)
        yield asked
        live.attach("the end", lambda: None, watches=True).steer("stop")


def test_a_live_run_is_found_and_read_from_its_beginning(live: Session) -> None:
    live(Started(task="click Save"))
    (run,) = live_runs()
    watcher = Watcher(run)
    assert watcher.attachment.about == live.about == run.about
    told = watcher.hears(lambda message: isinstance(message, EventTold))
    assert isinstance(told, EventTold)
    assert told.event == Started(task="click Save")
    held = watcher.hears(lambda message: isinstance(message, HolderTold))
    assert isinstance(held, HolderTold)
    assert held.id == watcher.attachment.id


def test_an_answer_over_the_socket_is_the_verdict(live: Session, asking: Future[Verdict | None]) -> None:
    watcher = Watcher(live_runs()[0])
    asked = watcher.hears(lambda message: isinstance(message, QuestionTold))
    assert isinstance(asked, QuestionTold)
    assert asked.on(Episode()) == QUESTION
    watcher.attachment.answer(asked.id, Yes())
    assert asking.result(5) == Approve()
    with pytest.raises(NotGranted, match="not open"):
        watcher.attachment.answer(asked.id, No())


def test_a_second_face_takes_the_yes_that_nobody_has(live: Session) -> None:
    (run,) = live_runs()
    first, second = Watcher(run, "first"), Watcher(run, "second")
    assert not second.attachment.take()
    first.attachment.release()
    assert becomes(lambda: live.holder == second.attachment.id)
    assert second.attachment.take()


def test_a_picture_comes_whole(live: Session) -> None:
    screen = plain_screen(7)
    live(Started(task="click Save"))
    live(Observed(screenshot=screen))
    watcher = Watcher(live_runs()[0], watches=True)
    picture = watcher.attachment.picture(screen.digest)
    assert picture is not None
    assert screen.image is not None
    assert picture.tobytes() == screen.image.tobytes()
    assert watcher.attachment.picture("none") is None


def test_the_agent_knows_the_processes_that_supervise_it(live: Session) -> None:
    before = front_processes()
    watcher = Watcher(live_runs()[0])
    assert front_processes() == (*before, os.getpid())
    changes = front_changes()
    watcher.attachment.detach()
    assert becomes(lambda: front_changes() != changes)
    assert front_processes() == before


def test_a_watcher_only_watches_and_may_stop(live: Session, asking: Future[Verdict | None]) -> None:
    watcher = Watcher(live_runs()[0], watches=True)
    with pytest.raises(NotGranted, match="watches"):
        watcher.attachment.take()
    watcher.attachment.answer(live.open_question, StopRun())
    assert asking.result(5) is not None


def test_the_end_of_a_run_is_told(live: Session) -> None:
    watcher = Watcher(live_runs()[0])
    live.end("the display has ended")
    over = watcher.hears(lambda message: isinstance(message, OverTold))
    assert isinstance(over, OverTold)
    assert over.error == "the display has ended"


SERVE = """
import sys, time
from screenagent.control import Control
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
with served(Session(About(run="run", task="wait", pid=int(sys.argv[1])), Control())):
    print("live", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def process(runtime: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that serves a session."""
    command = [sys.executable, "-c", SERVE, str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == "live\n"
        yield serving
        serving.kill()


@pytest.mark.slow
def test_faces_hear_at_once_that_the_process_of_the_run_was_killed(
    process: subprocess.Popen[str], runtime: Path
) -> None:
    watcher = Watcher(live_runs()[0])
    killed_at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    over = watcher.hears(lambda message: isinstance(message, OverTold))
    assert time.monotonic() - killed_at < 2
    assert isinstance(over, OverTold)
    assert over.error == GONE
    with pytest.raises(GoneRun):
        watcher.attachment.steer("stop")
    process.wait()
    assert live_runs() == []
    assert list(runtime.iterdir()) == []
