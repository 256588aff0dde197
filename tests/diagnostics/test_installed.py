"""What is installed is listed with its size, without counting anything twice."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from click.testing import CliRunner

from screenagent.cli.diagnostics import doctor
from screenagent.diagnostics.installed import Installed, installed


def distribution(folder: Path, name: str, *, requires: tuple[str, ...] = (), sizes: dict[str, int]) -> Distribution:
    about = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    about.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
    about.joinpath("METADATA").write_text("\n".join(lines) + "\n")
    about.joinpath("RECORD").write_text("".join(f"{file},,\n" for file in sizes))
    for file, size in sizes.items():
        folder.joinpath(file).write_bytes(bytes(size))
    return Distribution.at(about)


def test_each_distribution_is_measured_once_the_largest_first_with_what_needs_it(tmp_path: Path) -> None:
    found = [
        distribution(tmp_path, "small", requires=("Big_One>=2; python_version > '3'",), sizes={"small.py": 1000}),
        distribution(tmp_path, "tool", requires=("small ; extra == 'tests'",), sizes={"tool.py": 2000}),
        distribution(tmp_path, "big-one", sizes={"big.so": 3_000_000, "big.pyc": 500_000}),
    ]
    assert installed(found) == [
        Installed(name="big-one", version="1.0", megabytes=3.0, bytecode=0.5, needed_by=("small",)),
        Installed(name="tool", version="1.0", megabytes=0.002, bytecode=0.0, needed_by=()),
        Installed(name="small", version="1.0", megabytes=0.001, bytecode=0.0, needed_by=()),
    ]


def test_a_file_that_is_gone_takes_no_room(tmp_path: Path) -> None:
    found = distribution(tmp_path, "torn", sizes={"torn.py": 1000})
    tmp_path.joinpath("torn.py").unlink()
    assert [row.megabytes for row in installed([found])] == [0.0]


def test_the_doctor_lists_the_project_with_its_networks() -> None:
    result = CliRunner().invoke(doctor, ["--size", "--json"])
    assert result.exit_code == 0
    rows = [Installed.model_validate_json(line) for line in result.output.splitlines()]
    networks = Path(__file__).parents[2] / "screenagent/perception/networks"
    own = next(row for row in rows if row.name == "screenagent")
    assert own.megabytes * 1e6 > sum(file.stat().st_size for file in networks.iterdir())


def test_the_doctor_lists_it_for_people_with_the_sum_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    distribution(tmp_path, "small", requires=("big-one",), sizes={"small.py": 1_000_000})
    distribution(tmp_path, "big-one", sizes={"big.so": 3_000_000, "big.pyc": 500_000})
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    result = CliRunner().invoke(doctor, ["--size"])
    assert result.exit_code == 0
    heading, *rows, total = result.output.splitlines()
    assert heading.split() == ["MB", "distribution"]
    assert [row.strip() for row in rows] == ["3.0  big-one 1.0  for small", "1.0  small 1.0"]
    assert total.startswith("    4.0  in all; 0.5 more is bytecode")
