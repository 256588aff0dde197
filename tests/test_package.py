"""What a user installs, and what a reader is told to run."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from screenagent.runs.store import recorded_runs
from tests.paths import ROOT

EXAMPLES = ROOT / "examples"


def python(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("dist")
    done = python("-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: list[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"screenagent"}
    assert not [name for name in wheel if "__pycache__" in name or name.startswith("screenagent/tests")]


def test_every_tracked_file_of_the_package_is_in_the_wheel(wheel: list[str]) -> None:
    tracked = subprocess.run(["git", "ls-files", "screenagent"], cwd=ROOT, capture_output=True, text=True, check=True)
    prompts = subprocess.run(["git", "ls-files", "prompts"], cwd=ROOT, capture_output=True, text=True, check=True)
    expected = set(tracked.stdout.split())
    expected |= {name.replace("prompts/", "screenagent/_prompts/", 1) for name in prompts.stdout.split()}
    assert expected <= set(wheel)


def test_nothing_that_has_to_be_compiled_is_required_on_linux() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needs = [Requirement(line) for line in extras["desktop"]]
    on_linux = {need.name for need in needs if not need.marker or need.marker.evaluate({"sys_platform": "linux"})}
    assert on_linux == {"jeepney", "mss", "python-xlib"}


def test_weights_templates_and_licences_travel_with_it(wheel: list[str]) -> None:
    names = " ".join(wheel)
    for part in (".onnx", "page.html.j2", "page.css", "page.js", "py.typed", "licenses/LICENSE", "licenses/NOTICE"):
        assert part in names


@pytest.mark.slow
def test_an_approver_of_ones_own_decides() -> None:
    done = python(EXAMPLES / "approve.py")
    assert done.returncode == 0, done.stderr
    assert "sent kind='type_text' text='hello'" in done.stdout
    assert "words='Save a copy'" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("gave_up - step 3 of 3, press ctrl+q")


@pytest.mark.display
def test_the_editor_example_ends_well() -> None:
    done = python(EXAMPLES / "hello.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("ended")


@pytest.mark.display
def test_the_sink_example_adds_up_a_run(tmp_path: Path) -> None:
    done = python("-m", "screenagent", "run", "wait 0.1 seconds", "--virtual", "--runs", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "settle" in python(EXAMPLES / "sink.py", recorded_runs(tmp_path)[0]).stdout
