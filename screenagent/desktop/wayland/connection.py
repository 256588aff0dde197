"""A connection to a Wayland compositor: what it offers, its outputs, and waiting for its word for a limited time.

Each part of a desktop has a connection of its own, so that none waits for another's.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pywayland.client.display import Display
from pywayland.protocol.ext_data_control_v1 import ExtDataControlManagerV1
from pywayland.protocol.ext_idle_notify_v1 import ExtIdleNotifierV1
from pywayland.protocol.wayland import WlOutput, WlSeat, WlShm
from pywayland.protocol.xdg_output_unstable_v1 import ZxdgOutputManagerV1

from screenagent.desktop import NoDesktop
from screenagent.desktop.wayland.protocols import WLROOTS
from screenagent.desktop.wayland.session import WaylandSession

if TYPE_CHECKING:
    from screenagent.desktop.frames import MonitorPlace

ANSWER_SECONDS: Final = 5.0
"""A compositor that has not answered within this hangs."""

INTERFACES: Final = {
    one.name: one for one in (WlOutput, WlSeat, WlShm, ZxdgOutputManagerV1, ExtIdleNotifierV1, ExtDataControlManagerV1)
} | WLROOTS


class CompositorGone(NoDesktop):
    """The compositor has ended, or does not answer any more."""


GONE: Final = (CompositorGone,)


@dataclass
class Output:
    """A monitor, as the compositor tells of it: `place` is in the units of its layout."""

    proxy: Any
    number: int
    name: str = ""
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    transform: int = 0
    mode: tuple[int, int] = (0, 0)
    _described: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> MonitorPlace:
        from screenagent.desktop.frames import MonitorPlace  # not needed where there are no pictures

        return MonitorPlace(self.name or f"monitor-{self.number}", self.x, self.y, self.width, self.height)


class CompositorConnection:
    """Of one part to the compositor of `session`. `NoDesktop` if there is none."""

    def __init__(self, session: WaylandSession) -> None:
        self.display = Display(session.socket)
        try:
            self.display.connect()
        except ValueError as reason:
            why = "is it running, is it yours?"
            raise NoDesktop(f"the Wayland compositor at {session.socket} cannot be reached; {why}") from reason
        self._offered: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._bound: dict[str, Any] = {}
        self._registry = self.display.get_registry()
        self._registry.dispatcher["global"] = self._announced
        self.changed = False
        """Whether something was added or taken away since the last look, such as a monitor."""
        self._registry.dispatcher["global_remove"] = self._removed
        try:
            self.roundtrip()
        except BaseException:
            self.close()
            raise
        self.changed = False

    def _announced(self, _: object, number: int, interface: str, version: int) -> None:
        self._offered[interface].append((number, version))
        self.changed = True

    def _removed(self, _: object, number: int) -> None:
        for interface, offered in self._offered.items():
            self._offered[interface] = [one for one in offered if one[0] != number]
        self.changed = True

    def offers(self, interface: str) -> bool:
        return bool(self._offered[interface])

    def version(self, interface: str) -> int:
        """Return the version in which an interface is offered, as far as it is known here; 0 if it is not offered."""
        offered = self._offered[interface]
        return min(offered[0][1], INTERFACES[interface].version) if offered else 0

    def bind(self, interface: str) -> Any:
        """Return the one object of an interface. Raise `NoDesktop` that names the interface where it is not offered."""
        if interface not in self._bound:
            if not self._offered[interface]:
                needed = f"this compositor does not offer {interface}, which is needed here"
                raise NoDesktop(f"{needed}; log in to Sway 1.7 or newer, or to an X11 session, or use --virtual")
            self._bound[interface] = self._bound_to(interface, *self._offered[interface][0])
        return self._bound[interface]

    def _bound_to(self, interface: str, number: int, version: int) -> Any:
        known = INTERFACES[interface]
        return self._registry.bind(number, known, min(version, known.version))

    @property
    def seat(self) -> Any:
        return self.bind("wl_seat")

    def outputs(self) -> list[Output]:
        """Return the monitors that there are now, with their places."""
        found = [
            Output(self._bound_to("wl_output", number, version), number)
            for number, version in self._offered["wl_output"]
        ]
        manager = self.bind("zxdg_output_manager_v1")
        for output in found:
            self._describe(output, manager.get_xdg_output(output.proxy))
        self.roundtrip()
        return sorted(found, key=lambda one: (one.x, one.y, one.number))

    def _describe(self, output: Output, logical: Any) -> None:
        output._described["logical"] = logical  # kept, or it would no longer be told of

        def at(_: object, x: int, y: int) -> None:
            output.x, output.y = x, y

        def sized(_: object, width: int, height: int) -> None:
            output.width, output.height = width, height

        def named(_: object, name: str) -> None:
            output.name = name

        def turned(_: object, *told: Any) -> None:
            output.transform = int(told[-1])

        def moded(_: object, flags: int, width: int, height: int, *_rest: object) -> None:
            if flags & 1:  # the one in use
                output.mode = (width, height)

        logical.dispatcher["logical_position"] = at
        logical.dispatcher["logical_size"] = sized
        logical.dispatcher["name"] = named
        output.proxy.dispatcher["geometry"] = turned
        output.proxy.dispatcher["mode"] = moded

    def fileno(self) -> int:
        return self.display.get_fd()

    def flush(self) -> None:
        """Send what waits to be sent."""
        self._bearing(self.display.flush)

    def roundtrip(self) -> None:
        """Wait until the compositor has worked off all that it was sent."""
        done: list[int] = []
        callback = self.display.sync()

        def came(_: object, serial: int) -> None:
            done.append(serial)

        callback.dispatcher["done"] = came
        self.wait(lambda: bool(done))

    def wait(self, done: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> None:
        """Take in what the compositor says until `done`. Raise `CompositorGone` if that takes too long."""
        deadline = time.monotonic() + seconds
        self.take_in()
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise CompositorGone("the Wayland compositor does not answer")
            self.take_in(left)

    def take_in(self, seconds: float = 0.0) -> bool:
        """Take in what the compositor has said, or says within `seconds`; return whether it said anything."""
        self.flush()
        if self._bearing(lambda: self.display.dispatch(block=False)):
            return True
        if not select.select([self.fileno()], [], [], seconds)[0]:
            return False
        self._bearing(lambda: self.display.dispatch(block=True))
        return True

    def _bearing(self, do: Callable[[], int]) -> int:
        try:
            return do()
        except (RuntimeError, OSError, ValueError) as reason:
            raise CompositorGone("the Wayland compositor has ended") from reason

    def adopt(self, proxy: Any) -> None:
        """Take over an object that an event has made: pywayland gives it to the first connection of the process, and
        would free it after that, or not at all."""
        if proxy._display is not self.display:
            proxy._display._children.discard(proxy)
            proxy._display = self.display
            self.display._children.add(proxy)

    def close(self) -> None:
        """Disconnect; without this, the interpreter's end would be a crash."""
        with contextlib.suppress(Exception):
            self.display.flush()
        self.display.disconnect()


def milliseconds() -> int:
    """Return the time that an event is said to have happened at."""
    return int(time.monotonic() * 1000) & 0xFFFFFFFF


def memory_file(content: bytes) -> int:
    """Return a file descriptor of a file in memory."""
    opened = os.memfd_create("screenagent")
    os.truncate(opened, len(content))
    os.pwrite(opened, content, 0)
    return opened
