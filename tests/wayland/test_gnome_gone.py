"""A GNOME Shell that ends while it is worked on."""

from __future__ import annotations

import os
import signal

import pytest

from screenagent.actions import Click
from screenagent.control import until
from screenagent.desktop import NoDesktop
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.contract import perform_input
from screenagent.desktop.user_input import UserInputMonitor
from screenagent.geometry import Location, Point

pytestmark = pytest.mark.skipif(not os.environ.get("ENDS"), reason="ends the session: ENDS=yes")


def test_one_sentence_says_so_and_the_run_ends() -> None:
    with LocalDesktop() as desktop, UserInputMonitor(desktop, control=desktop.control):
        reviewed = desktop.screenshot()
        os.kill(int(os.environ["SHELL_PID"]), signal.SIGKILL)

        def is_lost() -> bool:
            try:
                desktop.screenshot()
            except NoDesktop:
                return True
            return False

        assert until(is_lost, seconds=10.0)
        place = Location(point=Point(x=0.5, y=0.5), confidence=1.0, by="test")
        with pytest.raises(NoDesktop):
            perform_input(desktop, Click(target="middle"), place, on=reviewed)
