"""A session of our own: what shows windows, D-Bus and accessibility, in a home that is gone with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self

from screenagent.control import Control
from screenagent.desktop import NoDesktop, VirtualKind
from screenagent.desktop.json_lines import without_secrets
from screenagent.desktop.platform import DisplayName
from screenagent.desktop.session_folder import open_session_folder
from screenagent.desktop.session_programs import POLL_SECONDS, SessionPrograms, SessionWindows
from screenagent.geometry import Size

SERVICES: Final = {"dbus-daemon": "dbus-daemon", "at-spi-bus-launcher": "at-spi2-core"}
"""The programs that every session has, and the Debian packages that they are in."""
BESIDES_PATH: Final = "/usr/libexec:/usr/lib/at-spi2-core"
HD: Final = Size(width=1280, height=720)
TOLD_SECONDS: Final = 1.0

# What belongs to the user's own session and would lead an application away from this desktop, and what is for us only.
FOREIGN: Final = tuple(
    "XDG_ DBUS_ DISPLAY WAYLAND_ SWAY I3SOCK WLR_ DESKTOP_ GNOME_ KDE_ GTK_ GDK_ QT_ AT_SPI_ SESSION_ "
    "SCREENAGENT_SECRET_ SSH_ GPG_".split()
)

DOUBLE_CLICK_MS: Final = 200
"""Five times as long as the agent leaves between the presses of a double click."""


class DisplayServer(Protocol):
    """What shows the windows of a session. It is started, then opened, and closed before the session is taken down."""

    packages: ClassVar[Mapping[str, str]]
    """Its programs, and the Debian packages that they are in."""
    variables: ClassVar[Mapping[str, str]]
    """What tells programs how to show themselves there."""

    process: subprocess.Popen[bytes]
    display: str
    """The name of the X server that old programs are shown by."""

    @property
    def windows(self) -> SessionWindows: ...

    def start(self, programs: SessionPrograms, found: Mapping[str, str], size: Size) -> None:
        """Start it; `found` says where each program is."""
        ...

    def open(self) -> Mapping[str, str]:
        """Wait until it can be reached, and return what leads programs there."""
        ...

    def opened_as(self) -> DisplayName:
        """Return what a desktop opens it by."""
        ...

    def wait_until_managed(self) -> None:
        """Wait until windows are given their places."""
        ...

    def accessibility_bus(self) -> str:
        """Return the address of the accessibility bus, "" while it is not up."""
        ...

    def close(self) -> None: ...


class VirtualSession:
    """While it is entered there is a display; it is complete once `wait_until_ready` has returned.

    Everything runs in a home and runtime folder of its own, and is gone when this is left, or when we are killed.
    """

    def __init__(
        self,
        kind: VirtualKind = "xvfb",
        *,
        control: Control,
        size: Size = HD,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._control, self._size, self._cwd = control, size, cwd
        self._extra = dict(environment or {})
        self.server = _server(kind)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def display(self) -> str:
        """The name of the X server here, which may be there for old programs only."""
        return self.server.display

    @property
    def windows(self) -> SessionWindows:
        return self.server.windows

    def _start(self, stack: ExitStack) -> None:
        found = {name: _program(name, package) for name, package in _packages(self.server).items()}
        started: list[subprocess.Popen[bytes]] = []
        stack.callback(self._remove_x_socket)
        self.folder = folder = open_session_folder(stack, started)
        self.environment = {**_environment(folder), **self.server.variables}
        self.programs = SessionPrograms(folder, self.environment, control=self._control, cwd=self._cwd, started=started)
        _settle_gtk(folder / "home" / ".config")

        self.server.start(self.programs, found, self._size)
        bus = self.programs.start_service(
            [found["dbus-daemon"], "--session", "--nofork"], lambda fd: [f"--print-address={fd}"]
        )
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus()
        self.environment.update(self.server.open())
        stack.enter_context(closing(self.server))
        launcher = [found["at-spi-bus-launcher"], "--launch-immediately", "--a11y=1"]
        self._launcher = self.programs.start(launcher)

    def _remove_x_socket(self) -> None:
        """Remove what a server that was killed has left; one that has ended by itself leaves nothing."""
        from screenagent.desktop.x11.xvfb import remove_x_socket

        if hasattr(self.server, "display"):
            remove_x_socket(self.server.display, self.server.process.pid)

    def wait_until_ready(self) -> None:
        """Wait until windows are managed, and programs can be asked for their controls."""
        server, environment = self.server, self.environment
        server.wait_until_managed()

        def is_up() -> bool:
            return bool(server.accessibility_bus())

        self.programs.await_service(self._launcher, is_up, poll=POLL_SECONDS, wait=server.windows.changed)
        environment["AT_SPI_BUS_ADDRESS"] = server.accessibility_bus()
        environment.update(self._extra)
        _tell_bus(environment)


def _server(kind: VirtualKind) -> DisplayServer:
    if kind == "wayland":
        from screenagent.desktop.wayland.headless_sway import HeadlessSway

        return HeadlessSway()
    from screenagent.desktop.x11.xvfb import Xvfb

    return Xvfb()


def missing_programs(kind: VirtualKind = "xvfb") -> tuple[str, ...]:
    """The Debian packages that a virtual desktop of this kind needs and that are not installed."""
    return tuple(package for name, package in _packages(_server(kind)).items() if _found(name) is None)


def _packages(server: DisplayServer) -> Mapping[str, str]:
    return {**server.packages, **SERVICES}


def _program(name: str, package: str) -> str:
    if (found := _found(name)) is None:
        raise NoDesktop(f"a virtual desktop needs {name}, which is not installed: apt-get install {package}")
    return found


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path=BESIDES_PATH)


def _environment(folder: Path) -> dict[str, str]:
    own = without_secrets(os.environ)
    return {name: value for name, value in own.items() if not name.startswith(FOREIGN)} | {
        "SCREENAGENT_DESKTOP": str(folder),
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "GTK_MODULES": "gail:atk-bridge",
        "NO_AT_BRIDGE": "0",
        "GNOME_ACCESSIBILITY": "1",
        "QT_ACCESSIBILITY": "1",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    }


def _settle_gtk(settings: Path) -> None:
    """Let GTK wait for the second press of a double click no longer than it takes here, instead of 0.4 s.

    For so long after a click it cannot be told whether a program will do more by itself.
    """
    for version in ("gtk-3.0", "gtk-4.0"):
        (settings / version).mkdir(parents=True, mode=0o700)
        (settings / version / "settings.ini").write_text(f"[Settings]\ngtk-double-click-time={DOUBLE_CLICK_MS}\n")


def _tell_bus(environment: Mapping[str, str]) -> None:
    """Lead here also the programs that the bus starts for others: it was up before the display had a name."""
    from jeepney.bus_messages import message_bus

    from screenagent.desktop.bus import BusLost, ask, open_bus

    try:
        with closing(open_bus(environment["DBUS_SESSION_BUS_ADDRESS"], seconds=TOLD_SECONDS)) as bus:
            ask(bus, message_bus.UpdateActivationEnvironment(dict(environment)), seconds=TOLD_SECONDS)
    except BusLost as lost:
        raise NoDesktop(f"the D-Bus of the virtual desktop has ended: {lost}") from lost
