"""`bench cold`: a whole run from the start of its process."""

from __future__ import annotations

import pytest

from screenagent.bench.cold import run_cold


@pytest.mark.display
@pytest.mark.slow
def test_each_run_clicks_after_it_has_looked_and_found() -> None:
    found = run_cold(runs=1)
    stages = [found.look_ms_p50, found.found_ms_p50, found.click_ms_p50, found.end_ms_p50]
    assert found.n == 1
    assert None not in stages
    assert stages == sorted(stages, key=float)  # type: ignore[arg-type] # none is None
