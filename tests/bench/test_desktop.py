"""`bench desktop` on both kinds of virtual desktop, a few times."""

from __future__ import annotations

import shutil

import pytest

from screenagent.bench.desktop import measure_desktop
from screenagent.desktop import VirtualKind


@pytest.mark.display
@pytest.mark.parametrize("kind", ["xvfb", "wayland"])
def test_every_text_is_whole_and_every_press_is_received(kind: VirtualKind) -> None:
    if kind == "wayland" and shutil.which("sway") is None:
        pytest.skip("sway is not installed")
    found = measure_desktop(kind, times=2)
    assert found.texts_whole == 5
    assert found.press_ms_p50 is not None
    assert found.press_ms_p50 >= 0
    assert (found.capture_ms_p50 or 0) < (found.look_ms_p50 or 0) + found.ready_ms
