"""A plain window of a Wayland session that says what it receives, as an outsider: keys, buttons, motions, the wheel.

As a process of its own it shows one colour in the size that it is given, or fills its output, and prints a JSON line
for each event, with when it came by the monotonic clock. A box in its corner answers each key that is pressed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import closing
from queue import SimpleQueue
from typing import Any, Final, Self

from pywayland.protocol.xdg_shell import XdgWmBase

from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.wayland.connection import INTERFACES, CompositorConnection
from screenagent.desktop.wayland.session import WaylandSession, session_from

READY_SECONDS: Final = 60.0
NAME: Final = "screenagent-witness"
COLOUR: Final = 0xFF2F6F4F
ANSWER: Final = 0xFFB0E0C0
BOX: Final = (60, 30)
FORMAT: Final = 1  # XRGB
POINTER, KEYBOARD = 1, 2
WHOLE: Final = (0, 0)
"""The size that means to fill the output."""


class WaylandWitness:
    """A witness's window, open as long as this is entered."""

    def __init__(self, session: WaylandSession, *, size: tuple[int, int] = WHOLE, title: str = "Witness") -> None:
        self._command = module_command(
            "screenagent.desktop.testing.wayland_witness", session.as_argument(), title, *map(str, size)
        )
        self.said: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._child = Child(self._command)
        self.wait_for("shown", seconds=READY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()

    def wait_for(self, event: str, *, seconds: float = 5.0, **facts: object) -> dict[str, Any]:
        """Return the next thing it says of this kind, with these facts."""
        end = time.monotonic() + seconds
        while (said := self._child.hear(max(0.0, end - time.monotonic()))) is not None:
            self.said.append(said)
            if said["event"] == event and facts.items() <= said.items():
                return said
        raise TimeoutError(f"the witness did not say {event!r} {facts or ''} within {seconds:g} s: {self.said[-3:]}")

    def heard(self, *, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Return what has come since the last call, and within `seconds`."""
        end, found = time.monotonic() + seconds, []
        while (said := self._child.hear(max(0.0, end - time.monotonic()))) is not None:
            found.append(said)
        self.said += found
        return found

    def held(self) -> set[tuple[str, int]]:
        """Return the keys and buttons that went down and have not come up, of all that it said."""
        self.heard()
        down: set[tuple[str, int]] = set()
        for said in self.said:
            if said["event"] in ("key", "button"):
                change = down.add if said["pressed"] else down.discard
                change((said["event"], said["code"]))
            elif said["event"] == "lost focus":
                down = {held for held in down if held[0] != "key"}
        return down


class _Window:
    def __init__(self, connection: CompositorConnection, title: str, size: tuple[int, int]) -> None:
        self._connection, self._size = connection, size
        base = connection.bind("xdg_wm_base")
        base.dispatcher["ping"] = lambda _, serial: base.pong(serial)
        self._surface = connection.bind("wl_compositor").create_surface()
        self._shown_as = base.get_xdg_surface(self._surface)
        self._top = self._shown_as.get_toplevel()
        self._top.set_title(title)
        self._top.set_app_id(NAME)
        if size == WHOLE:
            self._top.set_fullscreen(None)
        self._top.dispatcher["configure"] = self._sized
        self._shown_as.dispatcher["configure"] = self._configured
        self._top.dispatcher["close"] = lambda _: sys.exit(0)
        self._surface.commit()
        connection.seat.dispatcher["capabilities"] = self._capable
        self._devices: dict[int, Any] = {}
        self._looks: list[Any] = []

    def _sized(self, _: object, width: int, height: int, _states: object) -> None:
        if width and height:
            self._size = (width, height)

    def _configured(self, _: object, serial: int) -> None:
        self._shown_as.ack_configure(serial)
        width, height = self._size if self._size != WHOLE else (640, 480)
        self._looks = [self._painted(colour, width, height) for colour in (COLOUR, ANSWER)]
        self._show(width, height)
        say("shown", width=width, height=height)

    def _painted(self, colour: int, width: int, height: int) -> Any:
        """Return a buffer with the box in this colour."""
        opened = os.memfd_create("witness")
        plain = COLOUR.to_bytes(4, "little")
        with os.fdopen(os.dup(opened), "wb") as file:
            file.write(plain * (width * height))
            for row in range(min(BOX[1], height)):
                file.seek(row * width * 4)
                file.write(colour.to_bytes(4, "little") * min(BOX[0], width))
        pool = self._connection.bind("wl_shm").create_pool(opened, width * height * 4)
        buffer = pool.create_buffer(0, width, height, width * 4, FORMAT)
        pool.destroy()
        os.close(opened)
        return buffer

    def _show(self, width: int, height: int) -> None:
        self._surface.attach(self._looks[0], 0, 0)
        self._surface.damage(0, 0, width, height)
        self._surface.commit()

    def _key(self, code: int, *, pressed: bool) -> None:
        say("key", code=code, pressed=pressed)
        if pressed:
            self._looks.reverse()
            self._show(*BOX)

    def _capable(self, seat: Any, capabilities: int) -> None:
        if capabilities & POINTER and POINTER not in self._devices:
            self._devices[POINTER] = pointer = seat.get_pointer()
            pointer.dispatcher["enter"] = lambda _, _serial, _on, x, y: say("motion", x=x, y=y)
            pointer.dispatcher["motion"] = lambda _, _time, x, y: say("motion", x=x, y=y)
            pointer.dispatcher["button"] = lambda _, _serial, _time, code, state: say(
                "button", code=code, pressed=bool(state)
            )
            pointer.dispatcher["axis"] = lambda _, _time, axis, value: say("wheel", axis=axis, value=value)
        if capabilities & KEYBOARD and KEYBOARD not in self._devices:
            self._devices[KEYBOARD] = keyboard = seat.get_keyboard()
            keyboard.dispatcher["keymap"] = lambda _, _form, opened, _size: os.close(opened)
            keyboard.dispatcher["key"] = lambda _, _serial, _time, code, state: self._key(code, pressed=bool(state))
            keyboard.dispatcher["enter"] = lambda *_: say("focus")
            keyboard.dispatcher["leave"] = lambda *_: say("lost focus")


_happened: SimpleQueue[dict[str, object]] = SimpleQueue()


def say(event: str, **facts: object) -> None:
    """Have it printed what happened; returns nothing, as what answers a compositor's event has to."""
    _happened.put({"event": event, "at": time.monotonic(), **facts})


def _print_what_happened() -> None:
    """In a thread: a compositor parts from a window that takes nothing in because nobody reads what it says."""
    while True:
        print(json.dumps(_happened.get()), flush=True)


def main() -> None:
    from pywayland.protocol.wayland import WlCompositor

    INTERFACES.update({one.name: one for one in (XdgWmBase, WlCompositor)})
    argument, title, width, height = sys.argv[1:]
    threading.Thread(target=_print_what_happened, name="says what happened", daemon=True).start()
    with closing(CompositorConnection(session_from(argument))) as connection:
        window = _Window(connection, title, (int(width), int(height)))
        while window:
            connection.take_in(1.0)


if __name__ == "__main__":
    main()
