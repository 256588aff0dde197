"""`bench cold`: a whole run from the start of its process."""

from __future__ import annotations

import pytest

from screenagent.bench.cold import run_cold


@pytest.mark.display
@pytest.mark.slow
def test_each_run_clicks_after_it_has_looked_and_found() -> None:
    found = run_cold(runs=1, warm=True)
    for one in (found, found.warm):
        assert one is not None
        stages = [one.look_ms_p50, one.found_ms_p50, one.click_ms_p50, one.end_ms_p50]
        assert one.n == 1
        assert None not in stages
        assert stages == sorted(stages, key=float)  # type: ignore[arg-type] # none is None
