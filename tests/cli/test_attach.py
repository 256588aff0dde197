"""`attach`, `runs` and `stop` with a run that is under way, and a run that is detached from its terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from screenagent.actions import Click
from screenagent.approval import ApprovalQuestion
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Abort, Ended, Reject, Started
from screenagent.runs.store import read_events
from screenagent.sessions.answers import No, Yes
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import About, Message, OverTold, QuestionTold
from screenagent.sessions.place import live_run, live_runs
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
from tests.builders import becomes, in_process

RUN = "2026-11-30_15-10-02_click-save"
SAVE = ApprovalQuestion(Click(target="Save"), (), None, Episode())


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("SCREENAGENT_RUNS", str(tmp_path / "runs"))
    (tmp_path / "runtime").mkdir(mode=0o700)


@pytest.fixture
def live() -> Iterator[Session]:
    control = Control()
    session = Session(About(run=RUN, task="click Save", pid=os.getpid(), desktop="your own desktop"), control)
    with served(session):
        yield session
        control.stop()
        session.end()


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "screenagent", *words]


def test_runs_lists_those_under_way_first_with_what_they_ask(live: Session) -> None:
    with ThreadPoolExecutor() as threads:
        holder = live.attach("holder", lambda: None)
        asked = threads.submit(live.ask, SAVE)
        assert becomes(lambda: live.open_question)
        done = in_process("runs")
        listed = json.loads(in_process("runs", "--json").stdout.splitlines()[0])
        holder.answer(live.open_question, No())
        assert asked.result(10) is not None
    assert done.stdout.startswith(f"{RUN}  asks: click “Save”")
    assert listed["live"] is True
    assert listed["run"] == RUN
    assert listed["waits_for"] == "click “Save”"


@pytest.mark.parametrize("words", [("attach", "another"), ("stop", "another")])
def test_a_run_that_is_not_under_way_is_named_with_those_that_are(live: Session, words: tuple[str, str]) -> None:
    done = in_process(*words)
    assert done.returncode == 2
    assert RUN in done.stderr


def test_without_a_run_there_is_nothing_to_attach_to() -> None:
    done = in_process("attach")
    assert done.returncode == 2
    assert "no run is under way" in done.stderr


def test_a_run_that_is_at_work_on_no_desktop_is_stopped_at_its_socket(live: Session) -> None:
    with ThreadPoolExecutor() as threads:
        asked = threads.submit(live.ask, SAVE)
        assert becomes(lambda: live.open_question)
        done = in_process("stop", RUN)
        assert asked.result(10) == Abort()
    assert done.returncode == 0
    assert f"told {RUN} to stop" in done.stderr


def test_what_only_watches_cannot_ask_for_the_yes() -> None:
    done = in_process("attach", "--watch", "--take")
    assert done.returncode == 2
    assert "leave one away" in done.stderr


def test_of_several_runs_one_has_to_be_named(live: Session) -> None:
    with served(Session(About(run="another", task="", pid=1), Control())):
        done = in_process("attach")
    assert done.returncode == 2
    assert RUN in done.stderr
    assert "another" in done.stderr


@pytest.mark.slow
def test_what_is_typed_at_an_attached_terminal_answers(live: Session) -> None:
    live(Started(task="click Save"))
    with (
        ThreadPoolExecutor() as threads,
        subprocess.Popen(
            command("attach", "--plain"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as attached,
    ):
        asked = threads.submit(live.ask, SAVE)
        assert attached.stdin is not None
        attached.stdin.write("not this one\n")
        attached.stdin.flush()
        assert asked.result(20) == Reject(reason="not this one")
        live(Ended(result="gave_up", message="that was all"))
        live.end()
        _, said = attached.communicate(timeout=20)
    assert "click “Save”" in said
    assert "that was all" in said
    assert attached.returncode == 1


@pytest.mark.slow
def test_ctrl_c_detaches_and_the_run_goes_on(live: Session) -> None:
    with subprocess.Popen(command("attach", "--plain"), stderr=subprocess.PIPE, text=True) as attached:
        assert becomes(lambda: live.holder, seconds=20)
        attached.send_signal(signal.SIGINT)
        _, said = attached.communicate(timeout=20)
    assert attached.returncode == 0
    assert f"detached; the run goes on, and `screenagent stop {RUN}` stops it" in said
    assert becomes(lambda: not live.holder)


@pytest.mark.slow
def test_messages_are_printed_as_json_by_who_only_watches(live: Session) -> None:
    live(Started(task="click Save"))
    with subprocess.Popen(command("attach", "--json"), stdout=subprocess.PIPE, text=True) as attached:
        assert attached.stdout is not None
        assert json.loads(attached.stdout.readline())["event"]["event"] == "started"
        live.end("the display has ended")
        assert json.loads(attached.stdout.readline()) == {"kind": "over", "number": 1, "error": "the display has ended"}
    assert attached.returncode == 1
    assert live.holder == ""


@pytest.mark.display
def test_a_detached_run_goes_on_without_its_terminal_and_its_faces(tmp_path: Path) -> None:
    words = ("run", "type hello", "--virtual", "--app", "mousepad", "--detach")
    begun = subprocess.run(command(*words), capture_output=True, text=True, timeout=60, check=False)
    assert begun.returncode == 0, begun.stderr
    run = live_run(begun.stdout.strip())
    with subprocess.Popen(command("attach", "--plain"), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as lost:
        assert lost.stderr is not None
        assert lost.stderr.readline()
        lost.kill()
    face = RemoteAttachment(run, "face", lambda: None)
    told: list[Message] = []

    def hears(kind: type[Message]) -> bool:
        told.extend(face.read())
        return any(isinstance(message, kind) for message in told)

    assert becomes(lambda: hears(QuestionTold), seconds=30)
    assert becomes(face.take)
    face.answer(next(message.id for message in told if isinstance(message, QuestionTold)), Yes())
    assert becomes(lambda: hears(OverTold), seconds=30)
    assert live_runs() == []
    folder = tmp_path / "runs" / run.about.run
    assert list(read_events(folder))[-1].model_dump()["result"] == "done"
    assert "1 step performed" in (folder / "output.log").read_text("utf-8")


@pytest.mark.slow
def test_without_a_display_a_detached_run_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    done = subprocess.run(command("run", "click Save", "--detach"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no display" in done.stderr
    assert live_runs() == []


@pytest.mark.display
def test_a_detached_run_that_does_not_begin_says_why(tmp_path: Path) -> None:
    words = ("run", "type hello", "--virtual", "--app", "no-such-editor", "--detach")
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no-such-editor" in done.stderr
