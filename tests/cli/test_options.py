"""What the commands share: types of options, and their values handed on as one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from screenagent.cli import screenagent
from screenagent.cli.options import APPROVAL, AS_SET, AgentOptions, SizeType, agent_options, gathered, virtual_words
from screenagent.geometry import Size
from screenagent.settings import Approval
from tests.builders import in_process
from tests.paths import ROOT


@dataclass(frozen=True, kw_only=True)
class Greeting:
    name: str
    loud: bool


@click.command
@click.argument("file")
@gathered("greeting", Greeting, click.option("--name", default="Ada"), click.option("--loud", is_flag=True))
@agent_options
def greet(file: str, *, greeting: Greeting, agent: AgentOptions) -> None:
    click.echo(f"{file} {greeting} {agent}")


def test_options_arrive_as_one_value_each() -> None:
    done = CliRunner().invoke(greet, ["a.txt", "--loud", "--virtual", "--app", "mousepad", "--runs", "kept"])
    agent = AgentOptions(
        virtual=AS_SET,
        app="mousepad",
        size=None,
        display=None,
        approve=None,
        policy=None,
        min_confidence=None,
        model=None,
        model_family=None,
        runs=Path("kept"),
    )
    assert done.output == f"a.txt {Greeting(name='Ada', loud=True)} {agent}\n"


def test_an_app_needs_a_virtual_desktop() -> None:
    done = CliRunner().invoke(greet, ["a.txt", "--app", "mousepad"])
    assert done.exit_code == 2
    assert "add --virtual" in done.output


def test_the_choices_are_those_of_the_setting() -> None:
    assert tuple(APPROVAL.choice.choices) == get_args(Approval)
    assert "[each|risky|never]" in CliRunner().invoke(greet, ["--help"]).output


def test_a_size_is_two_counts_of_pixels() -> None:
    assert SizeType().convert("800x600", None, None) == Size(width=800, height=600)


@pytest.mark.parametrize("text", ["10x10", "319x800", "1280x199"])
def test_a_size_without_room_for_a_window_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="at least 320x200"):
        SizeType().convert(text, None, None)


@pytest.mark.parametrize("text", ["", "800", "800x", "0x600", "-1x5", "８00x600", "9" * 5000 + "x1", "a x b"])
def test_other_words_are_not_a_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a size; write for example 1280x720"):
        SizeType().convert(text, None, None)


@pytest.mark.parametrize(("shell", "begins"), [("bash", "_screenagent_completion()"), ("zsh", "#compdef screenagent")])
def test_a_shell_completes_commands_as_the_readme_says(shell: str, begins: str) -> None:
    told = f"_SCREENAGENT_COMPLETE={shell}_source" if shell == "bash" else f"{shell}_source"
    assert told in (ROOT / "README.md").read_text("utf-8")
    completion = get_completion_class(shell)
    assert completion is not None
    complete = completion(screenagent, {}, "screenagent", "_SCREENAGENT_COMPLETE")
    assert begins in complete.source_template % complete.source_vars()
    assert [found.value for found in complete.get_completions([], "ru")] == ["run", "runs"]


@pytest.mark.parametrize("virtual", ["--virtual", "--virtual=", "--virtual=wayland"])
def test_the_kind_of_a_virtual_desktop_follows_an_equals_sign_and_no_task_is_taken_for_it(virtual: str) -> None:
    refused = in_process("run", virtual, "press a", "--display", "HDMI-9")
    assert "and --virtual works on another" in refused.stderr


def test_an_unknown_kind_of_virtual_desktop_is_refused_by_the_known_ones() -> None:
    refused = in_process("run", "press a", "--virtual=wayl")
    assert refused.returncode == 2
    assert "'wayl' is not one of 'xvfb', 'wayland'" in refused.stderr


@pytest.mark.parametrize("virtual", [None, AS_SET, "wayland"])
def test_what_virtual_was_given_as_is_said_again_in_the_same_words(virtual: str | None) -> None:
    assert virtual_words(virtual) == {None: (), AS_SET: ("--virtual",), "wayland": ("--virtual=wayland",)}[virtual]


@pytest.mark.parametrize("command", [["run", "press a"], ["learn"], ["console"]])
def test_a_monitor_is_not_chosen_for_a_virtual_desktop(command: list[str]) -> None:
    refused = in_process(*command, "--virtual", "--display", "HDMI-9")
    assert refused.returncode == 2
    assert "--display HDMI-9 is a monitor of your own desktop" in refused.stderr
