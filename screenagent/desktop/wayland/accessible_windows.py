"""The window in front, as programs tell it of themselves to whom accessibility serves; where it is, is not told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Protocol

from jeepney import DBusAddress
from jeepney.bus_messages import message_bus

from screenagent.desktop import NoDesktop
from screenagent.desktop.plain_windows import PlainWindows
from screenagent.desktop.wayland.gnome_bus import CallRefused, SessionBus, ShellLost
from screenagent.protocols import Retry
from screenagent.screenshot import Window

A11Y_BUS: Final = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
REGISTRY: Final = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
ACTIVE: Final = 1 << 1  # of AtspiStateType
OF_THE_SHELL: Final = "gnome-shell"
MOST_PROGRAMS: Final = 100
MOST_FRAMES: Final = 50
SECONDS: Final = 0.5

WITHOUT: Final = "without the extension of GNOME Shell {task} (`screenagent gnome install`)"

Reference = tuple[str, str]


class WindowLink(Protocol):
    """A session, and the bus that it is on."""

    @property
    def bus(self) -> SessionBus: ...

    def session(self) -> CapsLockTold: ...


class CapsLockTold(Protocol):
    def caps_lock(self) -> bool: ...


class AccessibleWindows(PlainWindows):
    """Knows the window in front by its title and its program, and no others; what needs a place is refused."""

    def __init__(self, link: WindowLink, *, without: str = WITHOUT) -> None:
        self._link, self._without = link, without
        try:
            self._bus = SessionBus(link.bus.call(A11Y_BUS, "GetAddress")[0])
        except CallRefused as refused:
            raise NoDesktop(f"the accessibility bus is not there, so no window is known: {refused}") from refused
        self._numbers: dict[Reference, int] = {}

    def close(self) -> None:
        self._bus.close()

    def foreground(self) -> Window | None:
        """Return the frame that says that it is the active one; None if none does, or not in time."""
        deadline = time.monotonic() + SECONDS
        with suppress(ShellLost):
            for frame in self._frames(deadline):
                with suppress(CallRefused):  # it has closed meanwhile
                    if self._states(frame) & ACTIVE:
                        return self._window(frame)
        return None

    def activate(self, window: Window) -> None:
        front = self.foreground()
        if front is None or front.id != window.id:
            raise Retry(
                self._without.format(task=f"no window such as {window.title!r} can be brought to the front"),
                "not_in_front",
            )

    def caps_lock(self) -> bool:
        return self._link.session().caps_lock()

    def switched(self) -> object:
        return self.caps_lock()

    def _frames(self, deadline: float) -> Iterator[Reference]:
        for program in self._children(REGISTRY)[:MOST_PROGRAMS]:
            if time.monotonic() > deadline:
                return
            with suppress(CallRefused):  # the program has ended, or says nothing of itself
                if self._name(program) != OF_THE_SHELL:
                    yield from self._children(program)[:MOST_FRAMES]

    def _children(self, of: Reference) -> list[Reference]:
        return [(name, path) for name, path in self._bus.call(_accessible(of), "GetChildren")[0]]

    def _states(self, of: Reference) -> int:
        low, high = self._bus.call(_accessible(of), "GetState")[0]
        return int(low | high << 32)

    def _name(self, of: Reference) -> str:
        return str(self._bus.get(_accessible(of), "Name"))

    def _window(self, frame: Reference) -> Window:
        program, _ = frame
        pid = int(self._bus.ask(message_bus.GetConnectionUnixProcessID(program), program)[0])
        app = self._name((program, REGISTRY[1]))
        id = self._numbers.setdefault(frame, len(self._numbers) + 1)
        return Window(id=id, title=self._name(frame), app=app, pid=pid)


def _accessible(of: Reference) -> DBusAddress:
    name, path = of
    return DBusAddress(path, name, ACCESSIBLE)
