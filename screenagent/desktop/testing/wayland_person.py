"""A hand that is not the agent's, for benches and tests, with devices of its own in a Wayland session."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, closing
from typing import Final

from screenagent.desktop.json_lines import module_command
from screenagent.desktop.keyboard import Stroke
from screenagent.desktop.testing.person import Person, serve_acts
from screenagent.desktop.wayland.send_clock import SendClock
from screenagent.desktop.wayland.session import WaylandSession, session_from
from screenagent.desktop.wayland.wlroots_hand import WlrootsKeys, WlrootsPointer
from screenagent.geometry import Pixel

MOTION_SECONDS: Final = 0.003


class WaylandPerson(Person):
    """A hand in a Wayland session, in a process of its own."""

    def __init__(self, session: WaylandSession) -> None:
        command = module_command("screenagent.desktop.testing.wayland_person", session.as_argument())
        super().__init__(command, f"the session {session.name}")


class _Hand:
    def __init__(self, mouse: WlrootsPointer, keys: WlrootsKeys) -> None:
        self._mouse, self._keys = mouse, keys

    def down(self, *names: str) -> None:
        for name in names:
            self._keys.send(self._stroke(name), pressed=True)

    def up(self, *names: str) -> None:
        for name in reversed(names):
            self._keys.send(self._stroke(name), pressed=False)

    def tap(self, *names: str) -> None:
        self.down(*names)
        self.up(*names)

    def move(self, x: str, y: str) -> None:
        self._mouse.move(Pixel(x=int(x), y=int(y)))

    def wander(self, x: str, y: str, motions: str) -> None:
        """Move as a hand does, which a mouse tells of a few hundred times a second."""
        for number in range(int(motions)):
            self._mouse.move(Pixel(x=int(x) + number, y=int(y)))
            time.sleep(MOTION_SECONDS)

    def click(self) -> None:
        self._mouse.button(1, pressed=True)
        self._mouse.button(1, pressed=False)

    def _stroke(self, name: str) -> Stroke:
        stroke = self._keys.named(name) or self._keys.chord_key(name)
        assert stroke is not None, f"there is no key {name!r}"
        return stroke


def main() -> None:
    session, clock = session_from(sys.argv[1]), SendClock()
    with ExitStack() as stack:
        mouse = stack.enter_context(closing(WlrootsPointer(session, clock)))
        hand = _Hand(mouse, stack.enter_context(closing(WlrootsKeys(session, clock))))
        serve_acts(hand.tap, hand.down, hand.up, hand.move, hand.wander, hand.click)


if __name__ == "__main__":
    main()
