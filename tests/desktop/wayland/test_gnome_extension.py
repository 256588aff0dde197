"""The extension of GNOME Shell as files of the user: installed, listed, removed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from screenagent.desktop.wayland import gnome_extension
from screenagent.desktop.wayland.gnome_listener import accelerator
from tests.paths import ROOT

SOURCE = ROOT / "screenagent" / "desktop" / "wayland" / "extension"


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `gsettings` that keeps one list in a file, and a home of its own."""
    kept = tmp_path / "list"
    kept.write_text("@as []")
    program = tmp_path / "bin" / "gsettings"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ "$1" = get ] && exec cat {kept}\nprintf %s "$4" > {kept}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return kept


def test_it_is_written_and_listed_once(listed: Path) -> None:
    listed.write_text("['other@example.org']")
    for _ in range(2):
        place = gnome_extension.install_extension()
    assert sorted(path.name for path in place.iterdir()) == ["extension.js", "metadata.json"]
    assert place.name == json.loads((place / "metadata.json").read_text())["uuid"] == gnome_extension.extension_uuid()
    assert listed.read_text() == f"['other@example.org', '{gnome_extension.extension_uuid()}']"


def test_it_is_removed_whole(listed: Path) -> None:
    place = gnome_extension.install_extension()
    assert gnome_extension.remove_extension()
    assert not place.exists()
    assert listed.read_text() == "[]"
    assert not gnome_extension.remove_extension()


def test_without_gsettings_a_sentence_says_so(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(listed.parent))
    with pytest.raises(gnome_extension.NoSettings, match="gsettings"):
        gnome_extension.install_extension()


def test_its_version_and_those_of_the_shell_are_named() -> None:
    told = json.loads((SOURCE / "metadata.json").read_text("utf-8"))
    assert told["version-name"] == gnome_extension.extension_version()
    assert "48" in told["shell-version"]
    assert "unlock-dialog" in told["session-modes"]  # it stays while the screen is locked, or nobody would know


def test_chords_are_said_as_gnome_has_them() -> None:
    assert accelerator(("ctrl", "shift", "escape")) == "<Control><Shift>Escape"
    assert accelerator(("f9", "alt")) == "<Alt>F9"
    assert accelerator(("super", "page_up")) == "<Super>Page_Up"
