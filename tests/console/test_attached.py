"""A console that is attached to a run of another: it shows it, may take the yes, and leaves it as it is."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screenagent.agent import Agent, drive
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import Asker, PolicyApprover
from screenagent.assembly.supervised import SupervisedWork
from screenagent.console.app import Console
from screenagent.console.options import ConsoleOptions
from screenagent.console.own_run import OwnRun
from screenagent.console.picture import ScreenPicture
from screenagent.console.supervise_screen import SuperviseScreen
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Event
from screenagent.fakes import FakeDesktop, FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.sessions.attachment import Attachment, News
from screenagent.sessions.client import RemoteAttachment
from screenagent.sessions.messages import About
from screenagent.sessions.place import live_runs
from screenagent.sessions.server import served
from screenagent.sessions.session import Session
from tests.builders import becomes
from tests.console.console_runs import DONE, SAVE, SAVE_AT, editor, piloted, scripted, until


class Elsewhere:
    """A run that no console carries out."""

    def __init__(self) -> None:
        self.control = Control()
        self.session = Session(About(run="run", task="save it", pid=1), self.control, seconds=20)
        self.desktop = FakeDesktop(screen=editor)
        grounder = FakeGrounder({"Save": SAVE_AT})
        self.agent = Agent(
            planner=ScriptedPlanner(scripted(SAVE, DONE)),
            grounder=grounder,
            approver=PolicyApprover(self.session.ask),
            desktop=self.desktop,
            checker=ScreenChecker(FakeReader([]), grounder),
            control=self.control,
        )
        self.episode: Episode | None = None
        self.left_with = ""
        """Who holds the yes once the console has gone."""
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        self.episode = drive(self.agent, "save it", self.session)
        self.session.end()


Attach = Callable[[News], Attachment]


@asynccontextmanager
async def attached(run: Elsewhere, attach: Attach | None = None) -> AsyncIterator[tuple[SuperviseScreen, Pilot[Any]]]:
    console = Console(
        lambda _: (_ for _ in ()).throw(AssertionError),
        ConsoleOptions(runs=".", ignore_keys_seconds=0),  # type: ignore[arg-type]
        attach=attach or (lambda news: run.session.attach("console", news)),
    )
    run.thread.start()
    assert becomes(lambda: run.session.open_question)
    try:
        async with console.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: console.supervising and console.supervising.question)
            assert console.supervising is not None
            yield console.supervising, pilot
        run.left_with = run.session.holder
    finally:
        run.control.stop()
        run.thread.join(10)


@piloted
async def test_it_shows_what_came_before_and_answers() -> None:
    run = Elsewhere()
    async with attached(run) as (screen, pilot):
        await until(pilot, lambda: str(screen.query_one("#task").render()) == "save it")
        await until(pilot, lambda: screen.query_one("#screen", ScreenPicture).view is not None)
        await pilot.press("y")
        await until(pilot, lambda: screen.is_over)
    assert run.desktop.performed == [SAVE]
    assert run.episode is not None
    assert run.episode.ended is not None
    assert run.episode.ended.result == "done"


@piloted
async def test_it_does_the_same_over_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    run = Elsewhere()
    with served(run.session):
        [live] = live_runs()
        async with attached(run, lambda news: RemoteAttachment(live, "console", news)) as (screen, pilot):
            await until(pilot, lambda: screen.query_one("#screen", ScreenPicture).view is not None)
            await pilot.press("y")
            await until(pilot, lambda: screen.is_over)
    assert run.desktop.performed == [SAVE]


@piloted
async def test_without_the_yes_it_only_shows_until_it_takes_it() -> None:
    run = Elsewhere()
    other = run.session.attach("another", lambda: None)
    async with attached(run) as (screen, pilot):
        await pilot.press("y")
        assert run.desktop.performed == []
        await until(pilot, lambda: "another holds the yes" in str(screen.query_one("#proposal").render()))
        await pilot.press("h")
        await until(pilot, lambda: any(told.kind == "wanted" for told in other.read()))
        other.hand_over(screen.attachment.id)
        await until(pilot, lambda: screen.holds)
        await pilot.press("y")
        await until(pilot, lambda: run.desktop.performed == [SAVE])


@piloted
async def test_it_takes_the_yes_that_another_face_has_left() -> None:
    run = Elsewhere()
    other = run.session.attach("another", lambda: None)
    async with attached(run) as (screen, pilot):
        assert not screen.holds
        other.detach()
        await until(pilot, lambda: screen.holds)
        await pilot.press("y")
        await until(pilot, lambda: run.desktop.performed == [SAVE])


@piloted
async def test_a_question_whose_answer_does_not_count_is_asked_again() -> None:
    run = Elsewhere()
    async with attached(run) as (screen, pilot):
        await until(pilot, lambda: screen.accepts_answers)
        screen.attachment.release()  # the console has not read yet that it is gone
        screen.action_approve()
        await until(pilot, lambda: screen.question is not None and not screen.holds)
        assert run.desktop.performed == []
        await pilot.press("h")
        await until(pilot, lambda: screen.holds and screen.accepts_answers)
        await pilot.press("y")
        await until(pilot, lambda: run.desktop.performed == [SAVE])


@piloted
async def test_leaving_it_leaves_the_run_as_it_is() -> None:
    run = Elsewhere()
    async with attached(run) as (screen, pilot):
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not screen.is_attached)
        assert not run.control.stopped
        assert run.session.open_question
        run.left_with = run.session.holder
        assert run.left_with
    assert run.left_with == ""


@piloted
async def test_escape_stops_the_run() -> None:
    run = Elsewhere()
    async with attached(run) as (_, pilot):
        await pilot.press("escape")
        await until(pilot, lambda: run.control.stopped)
    assert run.desktop.performed == []


def test_faces_are_told_what_broke_a_run_while_they_are_still_served() -> None:
    told: list[str] = []

    @contextmanager
    def begin(_control: Control, _person: Asker) -> Iterator[SupervisedWork]:
        yield SupervisedWork(Elsewhere().agent, sinks=[fail])

    def fail(_event: Event) -> None:
        raise OSError("the disk is full")

    @contextmanager
    def serve(session: Session) -> Iterator[None]:
        try:
            yield
        finally:
            told.extend(message.error for message in session.messages(0) if message.kind == "over")

    own = OwnRun("save it", begin, ConsoleOptions(runs=Path(), serve=serve))
    with pytest.raises(OSError, match="the disk is full"):
        own.carry_out()
    assert told == ["the disk is full"]
