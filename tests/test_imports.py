"""What may import what: the contracts of pyproject.toml, and a look from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CORE = "screenagent.agent screenagent.runs.log screenagent.agent.recovery screenagent.fakes screenagent.approval"
HEAVY = {"torch", "transformers", "textual", "mss", "pyautogui", "pynput", "Xlib", "cc3d", "onnxruntime"}


def loaded_by(*modules: str) -> set[str]:
    """The top-level modules in a fresh interpreter, without a display, after importing `modules`."""
    program = f"import {', '.join(modules)}, sys; print('\\n'.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.slow
def test_the_core_loads_without_gpu_tui_or_display() -> None:
    assert loaded_by(*CORE.split()) & HEAVY == set()


@pytest.mark.parametrize("module", ["screenagent", "screenagent.desktop", "screenagent.perception", "screenagent.cli"])
def test_importing_a_package_needs_no_display(module: str) -> None:
    assert loaded_by(module) & (HEAVY - {"cc3d"}) == set()


def test_help_imports_no_more_than_the_command_line_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "screenagent", "--help"], capture_output=True, text=True, check=True
    )
    assert "screenagent run" in done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported & (HEAVY | {"pydantic", "PIL", "numpy"}) == set()


UNTIL_THE_DESKTOP = """
import json, sys
opened = []
sys.addaudithook(lambda event, about: opened.append(str(about[0])) if event == "open" else None)
sys.argv = ["screenagent", "run", "click Seven", "--plain", "--approve", "never", "--no-record"]
from screenagent.__main__ import main
try:
    main()
except SystemExit as end:
    assert end.code == 1
print(json.dumps({"modules": sorted(sys.modules), "opened": opened}))
"""
"""A run that ends where it connects to the display, as there is none: the first look would come next."""

MODULES = 700
FILES = 580
OWN_MODULES = 167
DATA_FILES = {"english.yaml"}
UNNEEDED = {"torch", "transformers", "textual", "jinja2", "ruamel", "asyncio", "filelock", "screenagent.console.app"}


def test_a_plain_run_loads_little_before_the_first_look(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for _ in range(2):  # the first may have to write bytecode
        done = subprocess.run(
            [sys.executable, "-c", UNTIL_THE_DESKTOP], env=environment, capture_output=True, text=True, check=True
        )
    assert "no display" in done.stderr
    loaded = json.loads(done.stdout)
    modules = set(loaded["modules"])
    parts = {".".join(name.split(".")[:2]) for name in modules if name.startswith("screenagent.")}
    assert parts & {f"screenagent.{part}" for part in ("agent", "scripts", "serving", "bench", "diagnostics")} == set()
    assert modules & UNNEEDED == set()
    assert {Path(name).name for name in loaded["opened"] if name.endswith((".yaml", ".npz", ".npy"))} == DATA_FILES
    own = [name for name in loaded["opened"] if "/screenagent/" in name]
    desktop, planning = ([at for at, name in enumerate(own) if f"/{part}/" in name] for part in ("desktop", "planning"))
    assert max(desktop) < min(planning), "the desktop, which is looked at first, waits for no planner"
    assert len([name for name in modules if name.startswith("screenagent")]) <= OWN_MODULES
    assert len(modules) <= MODULES
    assert len([name for name in loaded["opened"] if ".dist-info" not in name]) <= FILES
