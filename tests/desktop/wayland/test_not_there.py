"""What is not to be had in a Wayland session is refused by name."""

from __future__ import annotations

import pytest

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.input_listener import InputListener
from screenagent.fakes import plain_screen


def test_nothing_is_recorded_where_no_program_is_told_what_a_person_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(NoDesktop, match="nothing can be recorded there"):
        InputListener(lambda *_: plain_screen(0), control=Control())
