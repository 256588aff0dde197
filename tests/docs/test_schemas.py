"""The reference of what a run leaves on disk says what the types say."""

from __future__ import annotations

import json
import subprocess
import sys

from screenagent.scripts import Script
from tests.paths import ROOT


def test_the_reference_of_the_run_folder_is_up_to_date() -> None:
    printed = subprocess.run(
        [sys.executable, "docs/schemas.py"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    ).stdout
    assert (ROOT / "docs" / "schemas.md").read_text("utf-8") == printed


def test_the_schema_of_scripts_is_up_to_date() -> None:
    assert json.loads((ROOT / "docs" / "script.schema.json").read_text("utf-8")) == Script.model_json_schema()
