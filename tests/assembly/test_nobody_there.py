"""A locked screen ends a run that nobody watches, and lets any other wait."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from screenagent.agent import drive
from screenagent.assembly.parts import ended_if_away, nobody_is_there
from screenagent.control import Control, Interrupted
from screenagent.desktop import NoDesktop
from screenagent.events import Event
from screenagent.fakes import FakeDesktop, FakeReader, ScriptedPlanner
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot
from screenagent.scripts.file import parsed
from screenagent.scripts.replay import Replay
from screenagent.settings import Settings
from tests.builders import fake_agent


def test_a_locked_screen_ends_a_run_that_nobody_watches() -> None:
    control = Control()
    away = ended_if_away(lambda: "the screen is locked, so the agent waits", control)
    assert away() == "the screen is locked, so the agent waits"
    with pytest.raises(NoDesktop, match="the screen is locked, and nobody is there"):
        control.check_lost()
    assert control.stopped


def test_a_screen_that_is_not_locked_ends_nothing() -> None:
    control = Control()
    assert ended_if_away(lambda: None, control)() is None
    assert not control.stopped


def test_nobody_is_there_without_a_terminal_or_where_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "isatty", lambda number: number == 2)
    assert nobody_is_there(Settings(approve="never"))
    assert not nobody_is_there(Settings(approve="risky"))
    monkeypatch.setattr(os, "isatty", lambda number: False)
    assert nobody_is_there(Settings(approve="risky"))


@dataclass
class Locked(FakeDesktop):
    """A screen to which nothing is sent while `away` says why."""

    away: Callable[[], str | None] = lambda: None

    def perform(self, approved: Approved[Any]) -> Screenshot | None:
        if why := self.away():
            raise Interrupted(why)
        return super().perform(approved)


def test_a_script_that_nobody_watches_ends_at_a_locked_screen() -> None:
    control = Control()
    away = ended_if_away(lambda: "the screen is locked, so the agent waits", control)
    desktop = Locked(control=control, away=away)
    script = parsed(b"version: 2\nname: test\nsteps: [{press: a}, {press: b}]\n", Path("test.yaml"))[0]
    agent = fake_agent(ScriptedPlanner([]), control=control, desktop=desktop)
    events: list[Event] = []
    with pytest.raises(NoDesktop, match="nobody is there"):
        drive(Replay(script, {}).playing(agent, FakeReader([])), "test", events.append)
    assert desktop.performed == []
    assert events[-1].event == "ended"
