"""A session that is served on a socket of its own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from screenagent.control import Control
from screenagent.sessions.messages import About
from screenagent.sessions.server import served
from screenagent.sessions.session import Session


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that live runs are met in."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "screenagent" / "runs"


@pytest.fixture
def live(runtime: Path) -> Iterator[Session]:
    """A session that faces attach to over its socket."""
    control = Control()
    session = Session(About(run="2026-11-30_15-10-02_click-save", task="click Save", pid=1), control, seconds=60)
    with served(session):
        yield session
        control.stop()
