"""What is served is the engine, on the same tiny checkpoint."""

from __future__ import annotations

from tests.engine.conftest import collect_ignore_glob, one_thread

__all__ = ["collect_ignore_glob", "one_thread"]
