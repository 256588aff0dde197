"""`bench mcp` measures a server of its own."""

from __future__ import annotations

import pytest

from screenagent.bench.mcp import run_mcp


@pytest.mark.slow
def test_the_start_and_the_calls_are_measured() -> None:
    found = run_mcp(starts=1, calls=3)
    assert (found.starts, found.calls) == (1, 3)
    assert found.tools_ms_p50 is not None
    assert found.first_call_ms_p50 is not None
    assert 0 < found.tools_ms_p50 < found.first_call_ms_p50
