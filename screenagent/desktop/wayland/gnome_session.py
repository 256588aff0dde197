"""A remote desktop session of mutter's own, with a stream for each monitor: pictures, input and the clipboard.

Mutter gives these services to every program on the session's bus and asks nobody; see docs/wayland-gnome.md.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from jeepney import DBusAddress

from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.wayland.gnome_bus import NO_SERVICE, OWN_SESSION, CallRefused, SessionBus, ShellLost
from screenagent.geometry import Size

MUTTER: Final = "org.gnome.Mutter"
REMOTE: Final = DBusAddress("/org/gnome/Mutter/RemoteDesktop", f"{MUTTER}.RemoteDesktop", f"{MUTTER}.RemoteDesktop")
CAST: Final = DBusAddress("/org/gnome/Mutter/ScreenCast", f"{MUTTER}.ScreenCast", f"{MUTTER}.ScreenCast")
CONFIG: Final = DBusAddress("/org/gnome/Mutter/DisplayConfig", f"{MUTTER}.DisplayConfig", f"{MUTTER}.DisplayConfig")
SESSION: Final = f"{MUTTER}.RemoteDesktop.Session"
LOGICAL_LAYOUT: Final = 1  # the layout counts units that a scale multiplies, not pixels
STREAM_SECONDS: Final = 5.0
HIDDEN_CURSOR: Final = 0


@dataclass(frozen=True)
class GnomeMonitor:
    """A monitor of the layout: where it is in it, and the size of its pictures."""

    place: MonitorPlace
    picture: Size
    is_primary: bool


def gnome_monitors(bus: SessionBus) -> tuple[GnomeMonitor, ...]:
    """Return the monitors that are switched on, the primary one first."""
    _, monitors, logical, properties = bus.call(CONFIG, "GetCurrentState")
    in_pixels = properties.get("layout-mode", ("u", LOGICAL_LAYOUT))[1] != LOGICAL_LAYOUT
    modes = {
        names[0]: mode
        for names, offered, _ in monitors
        for mode in offered
        if mode[6].get("is-current", ("b", False))[1]
    }
    found = [_monitor(part, modes, in_pixels=in_pixels) for part in logical if part[5] and part[5][0][0] in modes]
    return tuple(sorted(found, key=lambda monitor: not monitor.is_primary))


def _monitor(part: Any, modes: Mapping[str, Any], *, in_pixels: bool) -> GnomeMonitor:
    left, top, scale, transform, is_primary, names = part[:6]
    connector = names[0][0]
    width, height = modes[connector][1:3]
    if transform % 2:  # it is turned by a quarter
        width, height = height, width
    unit = 1.0 if in_pixels else scale
    place = MonitorPlace(connector, left, top, round(width / unit), round(height / unit), unit)
    return GnomeMonitor(place, Size(width=width, height=height), bool(is_primary))


@dataclass(frozen=True)
class GnomeStream:
    """What is recorded of one monitor: its object, its node in PipeWire, and what EIS calls its region."""

    path: str
    node: int
    mapping: str
    monitor: GnomeMonitor


class RemoteSession:
    """Open until `close`; ends with the connection, however that ends, and lifts what it had pressed."""

    def __init__(self, bus: SessionBus, monitors: tuple[GnomeMonitor, ...]) -> None:
        self._bus = bus
        self.has_ended = False
        path = bus.call(REMOTE, "CreateSession")[0]
        self.address = DBusAddress(path, REMOTE.bus_name, SESSION)
        bus.heed(f"{MUTTER}.RemoteDesktop", SESSION, "Closed", self._hear_closed, path=path)
        options = {"remote-desktop-session-id": ("s", bus.get(self.address, "SessionId"))}
        cast = bus.call(CAST, "CreateSession", "a{sv}", options)[0]
        self._cast = DBusAddress(cast, CAST.bus_name, f"{MUTTER}.ScreenCast.Session")
        self.streams = self._streams(monitors)

    def close(self) -> None:
        with suppress(CallRefused, ShellLost):  # it has ended before
            self.call("Stop")

    def call(self, method: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        """Call the session itself; raise `ShellLost` if it has ended."""
        try:
            return self._bus.call(self.address, method, signature, *body)
        except CallRefused as refused:
            if self.has_ended or refused.name in NO_SERVICE:
                raise ShellLost(STOPPED) from refused
            raise

    def _hear_closed(self, _: tuple[Any, ...]) -> None:
        self.has_ended = True

    def caps_lock(self) -> bool:
        return bool(self._bus.get(self.address, "CapsLockState"))

    def input_socket(self) -> int:
        """Return a descriptor of a connection for emulated input (EIS)."""
        return int(self.call("ConnectToEIS", "a{sv}", {})[0].to_raw_fd())

    def stream_at(self, x: float, y: float) -> GnomeStream:
        """Return the stream of the monitor that has this place of the layout, or else the first."""
        for stream in self.streams.values():
            left, top, width, height = stream.monitor.place[1:5]
            if left <= x < left + width and top <= y < top + height:
                return stream
        return next(iter(self.streams.values()))

    def _streams(self, monitors: tuple[GnomeMonitor, ...]) -> dict[str, GnomeStream]:
        """Begin to record the monitors, and return the stream of each once PipeWire has it."""
        nodes: dict[str, int] = {}
        all_there = threading.Event()
        paths = {self._record(monitor): monitor for monitor in monitors}

        def listen(path: str) -> None:
            def hear(body: tuple[Any, ...]) -> None:
                nodes[path] = body[0]
                if len(nodes) == len(paths):
                    all_there.set()

            self._bus.heed(CAST.bus_name, f"{MUTTER}.ScreenCast.Stream", "PipeWireStreamAdded", hear, path=path)

        for path in paths:
            listen(path)
        self._start()
        if not all_there.wait(STREAM_SECONDS):
            raise NoDesktop(NO_PIPEWIRE)
        return {
            monitor.place.name: GnomeStream(path, nodes[path], self._mapping(path), monitor)
            for path, monitor in paths.items()
        }

    def _start(self) -> None:
        try:
            self._bus.call(self.address, "Start")
        except CallRefused as refused:
            if "pipewire" in refused.text.casefold():
                raise NoDesktop(NO_PIPEWIRE) from refused
            raise

    def _record(self, monitor: GnomeMonitor) -> str:
        options = {"cursor-mode": ("u", HIDDEN_CURSOR)}
        return str(self._bus.call(self._cast, "RecordMonitor", "sa{sv}", monitor.place.name, options)[0])

    def _mapping(self, path: str) -> str:
        stream = DBusAddress(path, CAST.bus_name, f"{MUTTER}.ScreenCast.Stream")
        found = self._bus.get(stream, "Parameters").get("mapping-id", ("s", ""))
        return str(found[1])


class GnomeLink:
    """The bus and the session of the moment: a new one once the monitors have changed. For several threads."""

    def __init__(self, address: str = OWN_SESSION, *, ended: Callable[[], None] = lambda: None) -> None:
        self.address = address
        self.bus = SessionBus(address, ended=ended)
        self._changed = threading.Event()
        self._lock = threading.Lock()  # protects which session is the one of the moment
        try:
            self.bus.heed(f"{MUTTER}.DisplayConfig", CONFIG.interface, "MonitorsChanged", lambda _: self._changed.set())
            self._monitors = self._known_monitors()
            self._session = RemoteSession(self.bus, self._monitors)
        except (CallRefused, ShellLost) as reason:
            self.bus.close()
            raise _no_service(reason) from reason
        except BaseException:
            self.bus.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._session.close()
        self.bus.close()

    def session(self) -> RemoteSession:
        """Return the session of the moment; raise `ShellLost` once the user has ended it, or GNOME has."""
        with self._lock:
            if self._changed.is_set() or self._session.has_ended:
                self._changed.clear()
                self._follow(self._known_monitors())
            return self._session

    def places(self) -> tuple[MonitorPlace, ...]:
        """Return where the monitors are now."""
        return tuple(stream.monitor.place for stream in self.session().streams.values())

    def _follow(self, monitors: tuple[GnomeMonitor, ...]) -> None:
        if monitors != self._monitors:
            self._session.close()
            self._session, self._monitors = RemoteSession(self.bus, monitors), monitors
        elif self._session.has_ended:
            raise ShellLost(STOPPED)

    def _known_monitors(self) -> tuple[GnomeMonitor, ...]:
        monitors = gnome_monitors(self.bus)
        if not monitors:
            raise NoDesktop("GNOME has no monitor that is switched on")
        return monitors


STOPPED: Final = "the screen is no longer shared with the agent: that was ended in the top bar, or GNOME ended it"
NO_PIPEWIRE: Final = (
    "GNOME records no pictures: PipeWire does not run in this session; install pipewire and wireplumber, log out and in"
)


def _no_service(reason: CallRefused | ShellLost) -> NoDesktop:
    if isinstance(reason, CallRefused) and reason.name in NO_SERVICE:
        return NoDesktop("mutter's remote desktop service is not there: GNOME 48 or newer is needed")
    return NoDesktop(f"GNOME gives no remote desktop session: {reason}")
