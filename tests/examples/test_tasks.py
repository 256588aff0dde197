"""The example tasks are ones that the reader of plain instructions can read; `bench tasks` carries them out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from screenagent.bench.tasks import PageCheck, Task, read_tasks
from screenagent.planning import read_instructions
from tests.paths import ROOT

FILES: Final = ("tasks.yaml", "unseen/native.yaml")
TASKS: Final[list[dict[str, Any]]] = [
    task for file in FILES for task in yaml.safe_load((ROOT / "examples" / file).read_text("utf-8"))
]
WEB: Final = ROOT / "examples" / "unseen" / "web.yaml"
PAGES: Final = read_tasks(WEB)


@pytest.mark.parametrize("task", TASKS, ids=[task["id"] for task in TASKS])
def test_a_task_is_read_as_steps_and_judged_by_what_it_left(task: dict[str, Any]) -> None:
    assert len(read_instructions(task["task"].replace("{dir}", "/home/ann/a folder")).steps) > 2
    assert set(task["check"]) in ({"file", "text"}, {"shell"})


def test_there_are_enough_of_them_and_of_enough_applications() -> None:
    assert len({task["id"] for task in TASKS}) == len(TASKS) >= 70
    assert len({task["app"].split()[0] for task in TASKS}) >= 18


@pytest.mark.parametrize("task", PAGES, ids=[task.id for task in PAGES])
def test_a_task_on_a_page_is_read_as_steps_and_judged_by_the_page(task: Task) -> None:
    assert read_instructions(task.task).steps
    assert isinstance(task.check, PageCheck)


def test_there_are_tasks_on_pages_of_many_kinds() -> None:
    files = {Path(task.app.rpartition("file://")[2]) for task in PAGES}
    assert len({task.id for task in PAGES}) == len(PAGES) >= 60
    assert len(files) >= 12
    assert all(file.is_file() for file in files if file.is_relative_to(WEB.parent / "pages"))
