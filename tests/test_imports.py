"""What may import what: the contracts of pyproject.toml, and a look from outside."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORE = "screenagent.agent screenagent.runs.log screenagent.agent.recovery screenagent.fakes screenagent.approval"
HEAVY = {"torch", "transformers", "textual", "mss", "pyautogui", "pynput", "Xlib", "cv2", "onnxruntime"}


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
    assert loaded_by(module) & (HEAVY - {"cv2"}) == set()


def test_help_imports_no_more_than_the_command_line_needs() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "screenagent", "--help"], capture_output=True, text=True, check=True
    )
    assert "screenagent run" in done.stdout
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported & (HEAVY | {"pydantic", "PIL", "numpy"}) == set()
