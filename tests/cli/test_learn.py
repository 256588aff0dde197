"""`screenagent learn`: its words, and the names that it lists and forgets."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.perception.icon_names import IconNames, ToldName
from tests.builders import in_process

pytestmark = pytest.mark.usefixtures("alone")


@pytest.fixture
def names(alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "names.json"
    monkeypatch.setenv("SCREENAGENT_ICON_NAMES", str(file))
    kept = IconNames(file)
    kept.keep("Editor", [ToldName("a", "Save", "tooltip"), ToldName("b", "Print", "accessibility")])
    kept.keep("Editor", [ToldName("a", "Store", "tooltip")])
    kept.keep("Viewer", [ToldName("c", "Rotate", "tooltip")])
    return file


@pytest.mark.usefixtures("names")
def test_names_are_listed_by_application() -> None:
    said = in_process("learn", "--list")
    assert said.returncode == 0
    assert [line.split("  (")[0] for line in said.stdout.splitlines()] == [
        "Editor",
        "  Print",
        "  Save / Store",
        "Viewer",
        "  Rotate",
    ]
    assert in_process("learn", "--list", "--app", "viewer").stdout.splitlines()[0] == "Viewer"


def test_names_of_one_application_are_forgotten(names: Path) -> None:
    said = in_process("learn", "--forget", "--app", "editor")
    assert (said.returncode, said.stderr) == (0, "forgot the names of 2 pictures\n")
    assert list(IconNames(names).all()) == ["Viewer"]


def test_all_names_are_forgotten(names: Path) -> None:
    assert in_process("learn", "--forget").stderr == "forgot the names of 3 pictures\n"
    assert IconNames(names).all() == {}


@pytest.mark.parametrize(("words", "cure"), [(("--app", "mousepad"), "--virtual"), (("--list", "--forget"), "one of")])
def test_what_does_not_go_together_is_wrong_usage(words: tuple[str, ...], cure: str) -> None:
    said = in_process("learn", *words)
    assert said.returncode == 2
    assert cure in said.stderr


def test_without_a_display_nothing_is_learned() -> None:
    assert in_process("learn").returncode == 1
