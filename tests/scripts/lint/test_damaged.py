"""Scripts and CSV files that were damaged: something is said of each, and nothing breaks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from screenagent.errors import UserError
from screenagent.scripts.export import python
from screenagent.scripts.file import ScriptError, read_script
from screenagent.scripts.lint import findings
from screenagent.scripts.rows.csv_file import read_csv
from tests.scripts.lint.test_wrong_scripts import RIGHT
from tests.scripts.lint.wrong_scripts import BESIDE, WRONG
from tests.scripts.test_file import INVOICE, mutated

SCRIPTS = (RIGHT, INVOICE, *(f"name: x\n{wrong.text}" for wrong in WRONG))


def survives(folder: Path, count: int, *, seed: int) -> None:
    """Each of `count` damaged scripts, beside damaged files of the same kinds, is checked and exported or refused."""
    chance, script = random.Random(seed), folder / "script.yaml"
    for name, content in BESIDE.items():
        (folder / name).write_text(content, "utf-8")
    for number in range(count):
        name = chance.choice(list(BESIDE))
        (folder / name).write_bytes(mutated(BESIDE[name], chance))
        damaged = mutated(chance.choice(SCRIPTS), chance) if number % 3 else chance.choice(SCRIPTS).encode()
        script.write_bytes(damaged)
        for finding in findings(script, unreadable=lambda _task: "no goal"):
            assert finding.problem.line >= 1, damaged
            assert str(finding), damaged
        _exported(script)
        _read(folder / "lines.csv")
        (folder / name).write_text(BESIDE[name], "utf-8")


def _exported(script: Path) -> None:
    try:
        program = python(read_script(script), file="x.yaml", anchors="x.anchors")
    except (ScriptError, ValueError):
        return
    compile(program, "x.py", "exec")


def _read(file: Path) -> None:
    try:
        assert read_csv(file).rows
    except (UserError, ValueError):
        return


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::screenagent.errors.OldSpellingWarning")
def test_damaged_scripts_and_tables_are_refused_or_checked(tmp_path: Path) -> None:
    survives(tmp_path, 300, seed=0)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::screenagent.errors.OldSpellingWarning")
def test_ten_thousand_damaged_scripts_and_tables_are_refused_or_checked(tmp_path: Path) -> None:
    survives(tmp_path, 10_000, seed=1)
