"""What can be made of a run that is over: it is done again, reported, or becomes a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._footer import FooterKey

from screenagent.console.dialogs import PromptScreen
from screenagent.runs.log import Recorder
from tests.console.console_runs import Stage, piloted, until
from tests.console.test_screens import NARROW, to_the_end
from tests.console.told_runs import record, whole_run

pytestmark = pytest.mark.slow


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[tuple[Stage, Pilot[Any]]]:
    stage = Stage(task=None, past=folder, scripts=folder.parent, **options)
    async with stage.console.run_test(size=NARROW, notifications=True) as pilot:
        await until(pilot, lambda: stage.screen.episode.ended)
        await until(pilot, lambda: "Again" in [key.description for key in stage.screen.query(FooterKey)])
        yield stage, pilot


def says(stage: Stage, words: str) -> bool:
    return words in told(stage)


def told(stage: Stage) -> str:
    return "\n".join(f"{note.title}: {note.message}" for note in stage.console._notifications)


@piloted
async def test_its_task_is_done_again_and_asked_about(tmp_path: Path) -> None:
    async with opened(record(tmp_path / "run", whole_run())) as (stage, pilot):
        await pilot.press("g")
        await until(pilot, lambda: stage.console.supervising is not None and stage.live.question)
        assert stage.live.opening == "save it as notes.txt"
        assert stage.desktop.performed == []
        stage.live.control.stop()
        await to_the_end(stage, pilot)


@piloted
async def test_a_replay_is_played_again_from_its_script(tmp_path: Path) -> None:
    script = tmp_path / "greet.yaml"
    script.write_text("name: greet\nparameters:\n  whom: {}\nsteps:\n  - type: hello {{whom}}\n")
    with Recorder(tmp_path / "run", settings={"script": str(script)}, prompts={}) as recorder:
        for event in whole_run():
            recorder(event)
    async with opened(tmp_path / "run") as (stage, pilot):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        await pilot.press(*"Ada", "enter")
        await until(pilot, lambda: stage.played)
        assert stage.played == ("greet", {"whom": "Ada"})
    script.unlink()
    async with opened(tmp_path / "run") as (stage, pilot):
        await pilot.press("g")
        await until(pilot, lambda: "cannot be done again" in told(stage))
        assert stage.console.supervising is None


@piloted
async def test_its_report_is_written_and_named(tmp_path: Path) -> None:
    folder = record(tmp_path / "run", whole_run())
    async with opened(folder) as (stage, pilot):
        await pilot.press("r")
        await until(pilot, lambda: "The report is written" in told(stage))
        assert str(folder / "report.html") in told(stage)
        assert "save it as notes.txt" in (folder / "report.html").read_text("utf-8")


@piloted
async def test_it_becomes_a_script_beside_the_others_and_none_is_overwritten(tmp_path: Path) -> None:
    saved: list[tuple[Path, Path]] = []

    def save(run: Path, script: Path) -> tuple[str, ...]:
        saved.append((run, script))
        return ("3 steps",)

    folder = record(tmp_path / "run", whole_run())
    async with opened(folder, save=save) as (stage, pilot):
        (tmp_path / "taken.yaml").write_text("mine")
        for name, outcome in (("taken.yaml", "exists already"), ("", "3 steps")):
            await pilot.press("w")
            await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
            line = stage.console.screen.query_one(Input)
            assert line.value == str(tmp_path / "save-it-as-notes-txt.yaml")
            line.value = str(tmp_path / name) if name else line.value
            await pilot.press("enter")
            await until(pilot, partial(says, stage, outcome))
        assert saved == [(folder, tmp_path / "save-it-as-notes-txt.yaml")]


@piloted
async def test_a_run_that_makes_no_script_says_why(tmp_path: Path) -> None:
    def save(run: Path, script: Path) -> tuple[str, ...]:
        raise ValueError("it did not end well")

    async with opened(record(tmp_path / "run", whole_run()), save=save) as (stage, pilot):
        await pilot.press("w")
        await until(pilot, lambda: isinstance(stage.console.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "it did not end well" in told(stage))
