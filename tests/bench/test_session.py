"""The bench of attached faces measures a run of another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from screenagent.bench.session import run_session


@pytest.mark.slow
def test_attaching_answering_and_watching_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    told: list[int] = []
    found = run_session(rounds=2, watchers=3, progress=told.append)
    assert told == [1, 2]
    assert (found.n, found.watchers) == (2, 3)
    assert found.message_ms_p50 is not None
    assert found.frame_ms_p50 is not None
    assert 0 < found.message_ms_p50 <= found.frame_ms_p50
    assert found.answer_ms_p50
    assert found.step_ms_p50
