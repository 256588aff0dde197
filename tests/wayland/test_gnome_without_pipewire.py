"""GNOME where no PipeWire runs."""

from __future__ import annotations

import os

import pytest

from screenagent.desktop import NoDesktop
from screenagent.desktop.local import LocalDesktop

pytestmark = pytest.mark.skipif(os.environ.get("PIPEWIRE") != "no", reason="a session without PipeWire: PIPEWIRE=no")


def test_one_sentence_says_so() -> None:
    with pytest.raises(NoDesktop, match="PipeWire does not run"):
        LocalDesktop()
