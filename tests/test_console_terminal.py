"""The console in a real terminal, on a real desktop."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from screenagent.geometry import Pixel
from tests.terminal import Terminal

if TYPE_CHECKING:
    from screenagent.desktop.virtual import VirtualDesktop

pytestmark = pytest.mark.display


def place(text: str) -> Pixel:
    """Where the console says that the action goes."""
    found = re.search(r"at \((\d+), (\d+)\)", text)
    assert found is not None, text
    return Pixel(x=int(found[1]), y=int(found[2]))


def test_a_click_lands_where_it_was_moved_to(virtual: VirtualDesktop, tmp_path: Path) -> None:
    from screenagent.desktop.receipts import Probe  # noqa: PLC0415 # only tests that drive a display load it

    command = [sys.executable, "-m", "screenagent", "run", "click “two”", "--runs", str(tmp_path)]
    with (
        Probe(virtual.display) as probe,
        Terminal(command, environment={"DISPLAY": virtual.display}) as terminal,
    ):
        found = place(terminal.wait_for("asks you"))
        assert abs(found.x - probe.pixel("two").x) < 40
        while not terminal.shows("moved from", seconds=1):  # keys of the first half second do not count
            terminal.press("Right")
        moved = place(terminal.text())
        assert (moved.x, moved.y) == (found.x + 1, found.y)
        terminal.press("S-Down")
        terminal.wait_for(f"({moved.x}, {moved.y + 10})")
        probe.drain()
        assert probe.of("press") == []
        terminal.press("y")
        press = probe.wait_for("press", seconds=30)
        assert (press["x"], press["y"]) == (moved.x, moved.y + 10)
        terminal.wait_for("q Leave")
        terminal.press("q")
        terminal.wait_for("1 steps performed")
