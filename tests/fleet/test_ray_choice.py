"""What `bench tasks --ray` says without Ray, and where a node tells what it lacks."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import screenagent
from screenagent.cli.bench_tasks import tasks
from screenagent.errors import MissingExtra
from screenagent.fleet.ray_place import DESKTOP, NodePlace, asker_environment, marked
from screenagent.fleet.results_folder import ResultsNotWritten

TASKS = "- {id: one, app: xterm, task: press enter, check: {shell: 'true'}}\n"


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [name for name in sys.modules if name.startswith("screenagent.fleet.ray_")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "ray", None)
    file = tmp_path / "tasks.yaml"
    file.write_text(TASKS)
    found = CliRunner().invoke(tasks, [str(file), "--ray=local", "--results", str(tmp_path / "results")])
    assert isinstance(found.exception, ModuleNotFoundError)
    assert "pip install 'screenagent[fleet]'" in str(MissingExtra.of(found.exception))
    assert not (tmp_path / "results").exists(), "nothing was begun"


def test_the_runs_of_workers_are_below_their_results(tmp_path: Path) -> None:
    file = tmp_path / "tasks.yaml"
    file.write_text(TASKS)
    found = CliRunner().invoke(tasks, [str(file), "--ray", "--runs", str(tmp_path)])
    assert (found.exit_code, "--results" in found.output) == (2, True)


def test_a_place_is_fit_if_its_folder_and_version_are_the_same(tmp_path: Path) -> None:
    with marked(tmp_path, {}) as place:
        assert (place.lacks(), place.cannot_write()) == ("", "")
        assert "0.0.1" in NodePlace(place.mark, version="0.0.1").lacks()
    assert "does not see" in place.lacks(), "the mark is gone with the run"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsNotWritten, match="Not a directory"), marked(tmp_path / "file", {}):
        pass
    assert "cannot write" in NodePlace(tmp_path / "gone" / "mark").cannot_write()


def test_a_disk_that_is_full_is_noticed_by_the_node_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in NodePlace(tmp_path / "mark").cannot_write()
    assert list(tmp_path.iterdir()) == []


def test_a_node_adopts_the_settings_of_who_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SCREENAGENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SCREENAGENT_MODEL", "http://model:8000")
    monkeypatch.setenv(DESKTOP, "a desktop of the driver")
    asked = asker_environment(tmp_path)
    assert asked == {"SCREENAGENT_MODEL": "http://model:8000", "SCREENAGENT_MODEL_TURNS": str(tmp_path / "model_turns")}
    monkeypatch.setenv("SCREENAGENT_MODEL", "http://other:8000")
    monkeypatch.setenv("SCREENAGENT_MAX_STEPS", "3")
    NodePlace(tmp_path / "mark", asked).adopt()
    assert {name: value for name, value in os.environ.items() if name.startswith("SCREENAGENT_")} == {
        **asked,
        DESKTOP: "a desktop of the driver",
    }
    assert NodePlace(tmp_path / "mark").version == screenagent.__version__
