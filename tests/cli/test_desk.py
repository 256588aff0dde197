"""`screenagent desk` and `--desk`: what is refused before anything is started, and what takes a person's yes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from screenagent.cli.learn import learn
from screenagent.cli.options import AgentOptions, agent_options
from screenagent.desktop.desk import Desk, holding
from screenagent.desktop.lock import Driver, listed, user
from screenagent.geometry import Size
from tests.builders import in_process
from tests.cli.conftest import Invoke

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a desk is an X server of its own")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


@click.command
@click.argument("task")
@agent_options
def told(task: str, *, agent: AgentOptions) -> None:
    click.echo(f"{task} {agent.desk} {agent.is_virtual}")


@pytest.mark.parametrize(
    ("words", "desk"),
    [("t --desk", "desk"), ("t --desk office", "office"), ("--desk=office t", "office"), ("t --desk --plain", None)],
)
def test_the_name_of_a_desk_may_be_left_out(words: str, desk: str | None) -> None:
    done = CliRunner().invoke(told, words.split())
    assert done.output == f"t {desk} True\n" if desk else done.exit_code == 2  # --plain is no option of this command


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--desk --virtual", "leave one away"),
        ("--desk --size 800x600", "leave --size away"),
        ("--desk --display HDMI-1", "--desk works on another"),
        ("--app mousepad", "add --virtual or --desk"),
    ],
)
@pytest.mark.parametrize("command", [told, learn])
def test_a_desk_is_one_place_that_has_its_size(command: click.Command, words: str, why: str) -> None:
    task = ["task"] if command is told else []
    done = CliRunner().invoke(command, [*task, *words.split()])
    assert done.exit_code == 2
    assert why in done.output


def test_a_task_that_is_taken_for_the_name_of_a_desk_is_told_so() -> None:
    done = CliRunner().invoke(told, ["--desk", "click Save"])
    assert done.exit_code == 2
    assert "To leave the name out, write the option last" in done.output


def test_a_run_on_a_desk_that_is_not_there_says_how_to_start_it(invoke: Invoke) -> None:
    said = invoke("run", "press tab", "--desk", "office", "--plain")
    assert (said.code, said.line) == (
        1,
        "screenagent: there is no desk 'office'; `screenagent desk start office` starts it",
    )


def test_see_takes_a_picture_or_a_desk(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "screen.png").touch()
    assert invoke("see", "screen.png", "--desk").code == 2
    assert "there is no desk 'desk'" in invoke("see", "--desk").line


def test_without_a_desk_there_is_nothing_to_list_or_stop(invoke: Invoke) -> None:
    assert in_process("desk", "list").returncode == 0
    assert in_process("desk", "stop", "--all").returncode == 0
    assert invoke("desk", "stop").code == 1
    assert invoke("desk", "stop", "office", "--all").code == 2


def test_a_shared_folder_that_is_a_link_keeps_a_desk_from_being_started(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    said = invoke("desk", "start", "--shared", tmp_path / "link")
    assert said.code == 2
    assert "name a folder of your own" in said.line


class TestCopy:
    """The text on one clipboard comes onto the other only after a person's yes."""

    @pytest.fixture
    def clipboards(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """The clipboards of two displays, at a terminal."""
        texts = {":4712": "Kuh\x1b[2J\nWolke", ":4711": "from the desk"}
        monkeypatch.setattr("screenagent.desktop.clipboard.copied_text", texts.get)

        def copied(display: str, text: str) -> bool:
            texts[display] = text
            return True

        monkeypatch.setattr("screenagent.desktop.clipboard.copy_text", copied)
        monkeypatch.setattr("screenagent.cli.running.is_terminal", lambda: True)
        return texts

    @pytest.fixture(autouse=True)
    def desk(self, alone: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("DISPLAY", ":4712")
        monkeypatch.setattr("screenagent.desktop.x11.driver_selection.local_displays", list)
        desk = Desk(
            name="desk",
            display=":4711",
            size=Size(width=1280, height=720),
            since=datetime(2026, 11, 30, 12, tzinfo=UTC),
            shared=Path("/shared"),
            folder=Path("/nowhere"),
            environment={},
            holder=os.getpid(),
            server=0,
        )
        with holding("desk") as file:
            file.write(desk.model_dump_json().encode())
            yield

    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
        """What a person says to the question, the last answer first."""
        said: list[bool] = []
        monkeypatch.setattr("screenagent.cli.desk.confirm", lambda *_, **__: said.pop())
        return said

    def test_a_yes_hands_over_what_was_shown_and_a_no_nothing(
        self, clipboards: dict[str, str], answers: list[bool]
    ) -> None:
        answers.extend([True, False])
        refused = in_process("desk", "copy", "--in")
        assert (refused.returncode, clipboards[":4711"]) == (1, "from the desk")
        done = in_process("desk", "copy", "--in")
        assert (done.returncode, clipboards[":4711"]) == (0, "Kuh\x1b[2J\nWolke")
        assert "13 characters go to the desk “desk”: Kuh␛[2J⏎Wolke" in done.stderr
        assert answers == []

    def test_it_comes_out_of_the_desk_the_same_way(self, clipboards: dict[str, str], answers: list[bool]) -> None:
        assert in_process("desk", "copy", "--out", "--yes").returncode == 0
        assert clipboards[":4712"] == "from the desk"

    @pytest.mark.parametrize("words", [[], ["--yes"]])
    def test_without_a_terminal_there_is_no_yes(
        self, words: list[str], clipboards: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("screenagent.cli.running.is_terminal", lambda: False)
        done = in_process("desk", "copy", "--in", *words, typed="y\n")
        assert (done.returncode, clipboards[":4711"]) == (2, "from the desk")

    def test_a_terminal_on_a_virtual_desktop_gives_no_yes(self, clipboards: dict[str, str]) -> None:
        done = in_process("desk", "copy", "--in", "--yes", SCREENAGENT_DESKTOP="/tmp/x")
        assert (done.returncode, clipboards[":4711"]) == (2, "from the desk")

    def test_while_an_agent_is_at_work_anywhere_there_is_no_yes(self, clipboards: dict[str, str]) -> None:
        driver = Driver(pid=os.getpid(), display=":9", task="press y", since=datetime.now(UTC), user=user())
        with listed(driver):
            done = in_process("desk", "copy", "--in", "--yes")
        assert (done.returncode, clipboards[":4711"]) == (1, "from the desk")
        assert "might have typed this: “press y” on :9" in done.stderr

    @pytest.mark.parametrize(
        ("text", "why"), [(None, "there is no text"), ("", "there is no text"), ("x" * 100_001, "more than you can")]
    )
    def test_what_cannot_be_looked_through_stays(
        self, text: str | None, why: str, clipboards: dict[str, str | None]
    ) -> None:
        clipboards[":4712"] = text
        done = in_process("desk", "copy", "--in", "--yes")
        assert (done.returncode, clipboards[":4711"]) == (1, "from the desk")
        assert why in done.stderr

    def test_the_clipboard_of_the_desk_is_not_handed_to_itself(self, clipboards: dict[str, str]) -> None:
        assert in_process("desk", "copy", "--in", "--yes", DISPLAY=":4711.0").returncode == 2
