"""A run becomes one that faces can attach to, and keeps nothing waiting for that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from screenagent.actions import Click
from screenagent.approval import ApprovalQuestion
from screenagent.assembly import attachable
from screenagent.assembly.attachable import AttachableRun
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Acted, Approve, Ended, Event, Started
from screenagent.sessions.answers import Yes
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import EventTold, Message, OverTold
from screenagent.sessions.place import live_runs
from screenagent.sessions.session import Session
from tests.builders import becomes

SAVE = ApprovalQuestion(Click(target="Save"), (), None, Episode())
EVENTS = (Started(task="click Save"), Acted(action=SAVE.action))


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def run(control: Control, *, met: Callable[[Session], object] = lambda _: None) -> AttachableRun:
    def also_met(session: Session) -> Callable[[], object]:
        met(session)
        return lambda: None

    return AttachableRun("click Save", control, seconds=20, met=also_met)


def test_a_face_is_told_what_happened_before_anybody_could_attach() -> None:
    with run(Control()) as running:
        for event in EVENTS:
            running(event)
        running.opened(None, ":7")
        assert becomes(live_runs)
        assert live_runs()[0].about.display == ":7"
        attachment = RemoteAttachment(live_runs()[0], "face", lambda: None, watches=True)
        running(Ended(result="done"))
    told: list[Message] = []

    def is_over() -> bool:
        told.extend(attachment.read())
        return isinstance(told[-1], OverTold)

    assert becomes(is_over)
    assert [message.event for message in told if isinstance(message, EventTold)] == [*EVENTS, Ended(result="done")]
    assert live_runs() == []


def test_a_question_is_asked_of_who_attaches() -> None:
    def answer(session: Session) -> None:
        face = session.attach("face", lambda: None)
        assert becomes(lambda: session.open_question)
        face.answer(session.open_question, Yes())

    with run(Control(), met=answer) as running:
        running.opened(None, "")
        assert running.ask(SAVE) == Approve()


def test_faces_are_told_what_broke_the_run() -> None:
    told: list[Session] = []

    def break_it() -> None:
        with run(Control(), met=told.append) as running:
            running.opened(None, "")
            running(EVENTS[1])
            assert becomes(lambda: told)
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        break_it()
    over = told[0].messages(0)[-1]
    assert isinstance(over, OverTold)
    assert over.error == "RuntimeError: the disk is full"


def test_a_run_that_is_over_at_once_loads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[Session] = []
    with run(Control(), met=met.append) as running:
        running.opened(None, "")
        running(EVENTS[0])
    assert met == []


def test_a_run_whose_desktop_does_not_open_ends_as_without_a_session() -> None:
    with pytest.raises(OSError, match="no display"), run(Control()):
        raise OSError("no display")


def test_a_run_that_nobody_can_attach_to_goes_on(runtime: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runtime.chmod(0o700)
    (runtime / "screenagent").mkdir()
    (runtime / "screenagent").chmod(0o777)
    met: list[Session] = []
    with run(Control(), met=met.append) as running:
        running.opened(None, "")
        running(EVENTS[1])
        assert becomes(lambda: met)
    assert "nobody can attach" in capsys.readouterr().err


def test_the_first_input_waits_for_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachable, "LATEST_SECONDS", 60.0)
    with run(Control()) as running:
        running.opened(None, "")
        events: tuple[Event, ...] = EVENTS
        running(events[0])
        assert live_runs() == []
        running(events[1])
        assert becomes(live_runs)
