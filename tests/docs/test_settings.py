"""The reference of the settings says what their model says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.paths import ROOT


@pytest.mark.slow
def test_the_reference_of_the_settings_is_up_to_date() -> None:
    printed = subprocess.run(
        [sys.executable, "docs/settings.py"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == printed
    assert "Undefined" not in printed, "a default that is made when it is needed is told in words"
