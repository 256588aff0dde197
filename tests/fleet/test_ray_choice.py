"""What `bench tasks --ray` says without Ray, and where a node tells what it lacks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import screenagent
from screenagent.cli.bench_tasks import tasks
from screenagent.errors import MissingExtra
from screenagent.fleet.ray_place import DESKTOP, Place, asker_environment, marked
from screenagent.fleet.results_folder import ResultsNotWritten

TASKS = "- {id: one, app: xterm, task: press enter, check: {shell: 'true'}}\n"


@pytest.mark.parametrize("package", ["ray", "grpc"])
def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    for module in [name for name in sys.modules if name.startswith("screenagent.fleet.ray_")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "ray", None)
    file = tmp_path / "tasks.yaml"
    file.write_text(TASKS)
    found = CliRunner().invoke(tasks, [str(file), "--ray=local", "--results", str(tmp_path / "results")])
    assert isinstance(found.exception, ModuleNotFoundError)
    missing = MissingExtra.of(ModuleNotFoundError(name=package))
    assert "pip install 'screenagent[fleet]'" in str(missing)
    assert not (tmp_path / "results").exists(), "nothing was begun"


def test_a_place_is_fit_if_its_folder_and_version_are_the_same(tmp_path: Path) -> None:
    with marked(tmp_path, {}) as place:
        assert (place.lacks(), place.cannot_write()) == ("", "")
        assert "0.0.1" in Place(place.mark, version="0.0.1").lacks()
    assert "does not see" in place.lacks(), "the mark is gone with the run"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsNotWritten, match="Not a directory"), marked(tmp_path / "file", {}):
        pass
    assert "cannot write" in Place(tmp_path / "gone" / "mark").cannot_write()


def test_a_disk_that_is_full_is_noticed_by_the_node() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no disk that is always full")
    full = Path("/dev/full")
    with pytest.raises(OSError, match="No space left"), full.open("wb", buffering=0) as opened:
        opened.write(bytes(4096))


def test_a_node_adopts_the_settings_of_who_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCREENAGENT_MODEL", "http://model:8000")
    monkeypatch.setenv(DESKTOP, "a desktop of the driver")
    asked = asker_environment(tmp_path)
    assert asked == {"SCREENAGENT_MODEL": "http://model:8000", "SCREENAGENT_MODEL_TURNS": str(tmp_path / "model_turns")}
    monkeypatch.setenv("SCREENAGENT_MODEL", "http://other:8000")
    monkeypatch.setenv("SCREENAGENT_MAX_STEPS", "3")
    import os

    Place(tmp_path / "mark", asked).adopt()
    assert {name: value for name, value in os.environ.items() if name.startswith("SCREENAGENT_")} == {
        **asked,
        DESKTOP: "a desktop of the driver",
    }
    assert Place(tmp_path / "mark").version == screenagent.__version__
