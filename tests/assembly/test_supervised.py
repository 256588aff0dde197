"""What is refused before a run is prepared."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.assembly.supervised import MoreSteps, Supervision
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.planning import Unreadable
from screenagent.settings import Settings

EIGHTY = ", ".join(["press tab"] * 80)


def supervision(tmp_path: Path, **options: object) -> Supervision:
    return Supervision(Settings.load(runs=tmp_path, **options), virtual=True, app=None)


def test_a_task_of_more_steps_than_a_run_may_take_is_refused_before_the_first(tmp_path: Path) -> None:
    with pytest.raises(MoreSteps, match="the task has 80 steps, and a run gives up after 50; add --max-steps 80"):
        supervision(tmp_path).task(EIGHTY)


def test_a_task_of_just_as_many_steps_is_taken(tmp_path: Path) -> None:
    prepared = supervision(tmp_path, max_steps=80).task(EIGHTY)
    assert prepared.instructions is not None
    assert prepared.instructions.length == 80


def test_with_a_model_nobody_knows_how_many_steps_there_will_be(tmp_path: Path) -> None:
    assert supervision(tmp_path, model="http://localhost:1/v1").task(EIGHTY).instructions is None


@pytest.mark.parametrize(("task", "refusal"), [("be nice to the printer", Unreadable), ("press tab", NoDesktop)])
def test_what_is_wrong_with_a_task_is_said_before_what_is_wrong_with_the_desktop(
    task: str, refusal: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    unread = Supervision(Settings.load(runs=tmp_path), virtual=False, app=None).unread(task)
    with pytest.raises(refusal), unread.open(Control(), lambda _: None):
        pytest.fail("there is nothing to work on")
