"""What is refused before a run is prepared."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.assembly.supervised import MoreSteps, Supervision
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
