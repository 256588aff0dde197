"""Options and settings as version 0.1 spelled them still work; each is told of once, in one line."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from screenagent.cli.options import crop_option, max_image_patches_option
from screenagent.errors import OldSpellingWarning
from screenagent.settings import Settings
from tests.cli.conftest import Invoke


@click.command
@crop_option
@max_image_patches_option
def shown(*, crop: str | None, max_image_patches: int | None) -> None:
    click.echo(f"{crop} {max_image_patches}")


def test_the_new_options_warn_of_nothing() -> None:
    assert CliRunner().invoke(shown, ["--crop", "tiles", "--max-image-patches", "512"]).output == "tiles 512\n"
    assert CliRunner().invoke(shown, []).output == "None None\n"


def test_an_old_option_is_heeded_with_a_warning() -> None:
    with pytest.warns(OldSpellingWarning) as warned:
        assert CliRunner().invoke(shown, ["--look", "tiles", "--patches", "512"]).output == "tiles 512\n"
    assert sorted(str(warning.message) for warning in warned) == [
        "the option '--look' is now '--crop'",
        "the option '--patches' is now '--max-image-patches'",
    ]


@pytest.mark.parametrize("words", [["--look", "full", "--crop", "tiles"], ["--crop", "tiles", "--look", "full"]])
def test_the_new_option_wins(words: list[str]) -> None:
    with pytest.warns(OldSpellingWarning):
        assert CliRunner().invoke(shown, words).output == "tiles None\n"


def test_help_shows_the_new_options_only() -> None:
    said = CliRunner().invoke(shown, ["--help"]).output
    assert "--crop" in said
    assert "--look" not in said


def test_a_command_tells_of_each_old_name_once(invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Settings.file.write_text('letters = "latin"\ntouch = "off"\n', "utf-8")
    monkeypatch.setenv("SCREENAGENT_LOOK", "full")
    said = invoke("report", "--runs", tmp_path)
    assert said.code == 2
    *told, wrong = said.err.splitlines()
    assert sorted(told) == [
        "screenagent: the setting 'SCREENAGENT_LOOK' is now 'SCREENAGENT_CROP'",
        "screenagent: the setting 'letters' is now 'ocr_alphabet'",
        "screenagent: the setting 'touch' is now 'pause_on_user_input'",
    ]
    assert "no run is recorded" in wrong


def test_an_unknown_setting_is_one_line(invoke: Invoke) -> None:
    Settings.file.write_text("letterz = 1\n", "utf-8")
    said = invoke("run", "click Save")
    assert said.code == 2
    assert said.line == (
        f"screenagent: Unknown setting 'letterz' in {Settings.file}, line 1. Did you mean 'ocr_alphabet'?"
    )
