"""A locked screen ends a run that nobody watches, and lets any other wait."""

from __future__ import annotations

import os

import pytest

from screenagent.assembly.parts import ended_if_away, nobody_is_there
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.settings import Settings


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
