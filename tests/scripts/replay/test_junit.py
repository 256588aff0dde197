"""JUnit XML of many rows takes as long as the rows are many, not as their square."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from screenagent.scripts.replay.results import ReplayResult, junit


@pytest.mark.slow
def test_four_thousand_rows_take_seconds(tmp_path: Path) -> None:
    found = [ReplayResult(script="Rows", row=row, outcome="done", seconds=2.0) for row in range(1, 4001)]
    began = time.monotonic()
    junit("Rows", found).write(str(tmp_path / "junit.xml"), pretty=True)
    assert time.monotonic() - began < 15  # 1.2 s on an idle machine, and 43 s if each row counts all others again
