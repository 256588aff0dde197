"""The commands that README and the guides show are commands, and their tasks can be read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from screenagent.cli import screenagent
from screenagent.planning.instructions.parser import read_instructions
from tests.paths import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def commands(page: Path) -> list[list[str]]:
    """The words of each indented line that calls `screenagent`, comments and redirections left out."""
    lines = re.findall(r"^ {4}(screenagent .*)$", page.read_text("utf-8"), re.MULTILINE)
    return [shlex.split(line.split(" > ")[0], comments=True)[1:] for line in lines]


SHOWN = [(page.name, words) for page in PAGES for words in commands(page)]


@pytest.mark.parametrize(("page", "words"), SHOWN, ids=[f"{page}: {' '.join(words)[:60]}" for page, words in SHOWN])
def test_a_command_that_is_shown_exists(page: str, words: list[str]) -> None:
    command: click.Command | None = screenagent
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    assert command is not None, f"{page} shows `screenagent {' '.join(words)}`"
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known


TASKS = [words[1] for page, words in SHOWN if page == "README.md" and words[0] == "run" and "--model" not in words]


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_is_shown_can_be_read(task: str) -> None:
    assert read_instructions(task).steps
