"""A process that outlives the agent by a moment: it lifts what a killed agent left pressed on a wlroots compositor
(`left_down`).

The compositor itself lifts the keys of a keyboard that has ended, but not the buttons of a mouse. The watchdog opens a
mouse of its own at once, for when time is short.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

from screenagent.desktop import NoDesktop
from screenagent.desktop.left_down import LeftDown, outlive_the_agent, watch_over
from screenagent.desktop.wayland.connection import CompositorGone, Connection, milliseconds
from screenagent.desktop.wayland.session import WaylandSession
from screenagent.desktop.wayland.wlroots_hand import BUTTONS


class ReleasingMouse:
    """A mouse that only releases buttons: the compositor counts a button as one, whichever mouse pressed it."""

    def __init__(self, session: WaylandSession) -> None:
        self._connection = Connection(session)
        manager = self._connection.bind("zwlr_virtual_pointer_manager_v1")
        self._device: Any = manager.create_virtual_pointer(self._connection.seat)
        self._connection.roundtrip()

    def lift(self, down: Sequence[LeftDown]) -> None:
        for kind, code in reversed(down):
            if kind == "button":
                self._device.button(milliseconds(), BUTTONS[code], 0)
                self._device.frame()
        self._connection.roundtrip()

    def close(self) -> None:
        self._connection.close()


def main(socket: str, told: IO[bytes]) -> None:
    agent = outlive_the_agent()
    try:
        mouse = ReleasingMouse(WaylandSession({"WAYLAND_DISPLAY": socket}))
    except NoDesktop:
        return  # the agent finds the same, and says it
    try:
        watch_over(agent, told, mouse.lift)
    except CompositorGone:
        return  # it went with the agent, and with it everything held on it
    finally:
        mouse.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.buffer)
