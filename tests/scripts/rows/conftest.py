from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of thousands of lines need not wait for the disk; that it is waited for has a test of its own."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
