"""A process that outlives the agent by a moment: it lifts what a killed or suspended agent left pressed on a wlroots
compositor (`left_down`).

The compositor itself lifts the keys of a keyboard that has ended, but not the buttons of a mouse, and nothing of an
agent that is suspended. The watchdog opens a mouse of its own at once, for when time is short.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

from screenagent.desktop import NoDesktop
from screenagent.desktop.left_down import LeftDown, is_suspended, outlive_the_agent, watch_over
from screenagent.desktop.wayland.codes import BUTTONS, LENT, SPARE_CODES
from screenagent.desktop.wayland.connection import CompositorConnection, CompositorGone, memory_file, milliseconds
from screenagent.desktop.wayland.session import WaylandSession

MEANINGLESS: Final = """xkb_keymap { xkb_keycodes { include "evdev" }; xkb_types { include "complete" };
xkb_compat { include "complete" }; xkb_symbols "none" { }; };"""
"""A layout whose keys mean nothing: pressed and released, such a key types nothing, and counts as up afterwards."""


class ReleasingDevices:
    """A mouse that only releases buttons, and a keyboard whose keys mean nothing.

    The compositor counts a button as one, whichever mouse pressed it. Of a key it passes on a release only from a
    keyboard that has pressed it, so another keyboard has to press it, too.
    """

    def __init__(self, session: WaylandSession) -> None:
        self._connection = CompositorConnection(session)
        try:
            manager = self._connection.bind("zwlr_virtual_pointer_manager_v1")
            self._mouse: Any = manager.create_virtual_pointer(self._connection.seat)
            self._connection.roundtrip()
        except BaseException:
            self._connection.close()
            raise
        self._keyboard: Any = None

    def lift_buttons(self, down: Sequence[LeftDown]) -> None:
        for kind, code in reversed(down):
            if kind == "button":
                self._mouse.button(milliseconds(), BUTTONS[code], 0)
                self._mouse.frame()
        self._connection.roundtrip()

    def lift_keys(self, down: Sequence[LeftDown]) -> None:
        """Lift the keys of a keyboard that is still there: with ours in use, none of its keys or modifiers count."""
        if not (codes := [code for kind, held in reversed(down) if kind == "key" for code in key_codes(held)]):
            return
        keyboard = self._opened_keyboard()
        for code in dict.fromkeys(codes):
            keyboard.key(milliseconds(), code, 1)
            keyboard.key(milliseconds(), code, 0)
        keyboard.modifiers(0, 0, 0, 0)
        self._connection.roundtrip()

    def _opened_keyboard(self) -> Any:
        """Open the keyboard with its first use, since the seat takes a new one for the one that is in use."""
        if self._keyboard is None:
            manager = self._connection.bind("zwp_virtual_keyboard_manager_v1")
            self._keyboard = manager.create_virtual_keyboard(self._connection.seat)
            content = MEANINGLESS.encode() + b"\0"
            opened = memory_file(content)
            self._keyboard.keymap(1, opened, len(content))
            self._connection.flush()
            os.close(opened)
        return self._keyboard

    def close(self) -> None:
        self._connection.close()


def key_codes(held: int) -> Iterable[int]:
    """Return the keys that what is held may be on: which one a character was put on is not told."""
    return SPARE_CODES if held >= LENT else (held,)


def main(socket: str, told: IO[bytes]) -> None:
    agent = outlive_the_agent()
    try:
        devices = ReleasingDevices(WaylandSession({"WAYLAND_DISPLAY": socket}))
    except NoDesktop:
        return  # the agent finds the same, and says it

    def lift(down: Sequence[LeftDown]) -> None:
        devices.lift_buttons(down)
        if is_suspended(agent):
            devices.lift_keys(down)

    try:
        watch_over(agent, told, lift)
    except CompositorGone:
        return  # it went with the agent, and with it everything held on it
    finally:
        devices.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.buffer)
