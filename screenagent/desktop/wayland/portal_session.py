"""A session of the RemoteDesktop portal with the screens of ScreenCast: what the user has allowed in one dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.desktop.frames import MonitorPlace
from screenagent.desktop.wayland.gnome_bus import OWN_SESSION, CallRefused, SessionBus, ShellLost
from screenagent.desktop.wayland.gnome_session import GnomeMonitor
from screenagent.desktop.wayland.portal_requests import CONSENT_SECONDS, Portals, new_token
from screenagent.desktop.wayland.portal_token import RestoreToken
from screenagent.geometry import Size

REMOTE: Final = "RemoteDesktop"
CAST: Final = "ScreenCast"
BOARD: Final = "Clipboard"
KEYBOARD, POINTER = 1, 2
DEVICES: Final = {KEYBOARD: "the keyboard", POINTER: "the mouse"}
MONITOR: Final = 1
HIDDEN_CURSOR: Final = 1
UNTIL_REVOKED: Final = 2
EIS_SINCE: Final = 2
"""The version of RemoteDesktop from which a consent is kept, and emulated input goes by a socket of its own."""
CONSENT: Final = "the agent to see the screen and to use mouse and keyboard"
WITHDRAWN: Final = "the screen is no longer shared with the agent: you or the desktop ended that"
NO_SCREEN: Final = "no screen was shared: choose a whole screen, not a window, in the desktop's dialog"


HearOptions = Callable[[Mapping[str, tuple[str, Any]]], None]
LIGHTS: Final = Path("/sys/class/leds")


@dataclass(frozen=True)
class PortalStream:
    """What is shared of one monitor: its node in PipeWire, and what EIS calls its region."""

    node: int
    mapping: str
    monitor: GnomeMonitor


@dataclass(frozen=True)
class KeyState:
    """What is switched on a keyboard: Caps Lock, and which of several layouts."""

    caps_lock: bool
    group: int


class PortalSession:
    """Open until `close`; the portal ends it with the connection, however that ends."""

    def __init__(self, portals: Portals, token: RestoreToken, monitors: Sequence[GnomeMonitor] = ()) -> None:
        self._portals, self._monitors = portals, monitors
        self.has_ended = False
        self.key_state: Callable[[], KeyState | None] = lambda: None
        """What is known of the keyboard, by whoever sends input."""
        self.other_caps_lock: Callable[[], bool] = caps_lock_is_lit
        """Tells whether Caps Lock is on where whoever sends input does not know."""
        self._board_told: Mapping[str, tuple[str, Any]] | None = None
        self._board_heard: HearOptions = lambda _: None
        _check_offers(portals)
        self._handle = self._created()
        try:
            portals.heed("Session", "Closed", self._hear_closed, path=self._handle)
            self._select(token.read())
            self._has_asked_for_board = portals.version(BOARD) > 0 and self._ask_for_board()
            self._take(self._started(), token)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._portals.close_session(self._handle)

    def call(self, portal: str, method: str, signature: str = "", *body: Any) -> tuple[Any, ...]:
        """Call a portal about this session; raise `ShellLost` if it has ended."""
        if self.has_ended:
            raise ShellLost(WITHDRAWN)
        try:
            return self._portals.call(portal, method, f"o{signature}", self._handle, *body)
        except CallRefused as refused:
            if self.has_ended:
                raise ShellLost(WITHDRAWN) from refused
            raise

    def follow_board_owner(self, hear: HearOptions) -> None:
        """Have `hear` called with what is told of the clipboard's owner, and at once with what was told last."""
        self._board_heard = hear
        if self._board_told is not None:
            hear(self._board_told)

    def heed_board(self, signal: str, hear: Callable[..., object]) -> None:
        """Have `hear` called with what a signal of the clipboard says about this session."""

        def of_ours(body: tuple[Any, ...]) -> None:
            if body[0] == self._handle:
                hear(*body[1:])

        self._portals.heed(BOARD, signal, of_ours)

    def input_socket(self) -> int | None:
        """Return a descriptor of a connection for emulated input (EIS); None if this portal has none."""
        if self._portals.version(REMOTE) < EIS_SINCE:
            return None
        try:
            return int(self.call(REMOTE, "ConnectToEIS", "a{sv}", {})[0].to_raw_fd())
        except CallRefused:  # a desktop whose part of the portal is older than the portal itself
            return None

    def pipewire(self) -> int:
        """Return a descriptor of a new connection to PipeWire on which the shared screens can be read."""
        return int(self.call(CAST, "OpenPipeWireRemote", "a{sv}", {})[0].to_raw_fd())

    def stream_at(self, x: float, y: float) -> PortalStream:
        """Return the stream of the monitor that has this place of the layout, or else the first."""
        for stream in self.streams.values():
            left, top, width, height = stream.monitor.place[1:5]
            if left <= x < left + width and top <= y < top + height:
                return stream
        return next(iter(self.streams.values()))

    def caps_lock(self) -> bool:
        state = self.key_state()
        return self.other_caps_lock() if state is None else state.caps_lock

    def layout_in_use(self) -> int | None:
        state = self.key_state()
        return None if state is None else state.group

    def _hear_closed(self, _: tuple[Any, ...]) -> None:
        self.has_ended = True

    def _created(self) -> str:
        options = {"session_handle_token": ("s", new_token())}
        return str(self._portals.ask(REMOTE, "CreateSession", "", options=options, what=CONSENT)["session_handle"])

    def _select(self, token: str | None) -> None:
        """Say what is wanted. A consent that was kept from an earlier session makes a dialog unnecessary."""
        wanted: dict[str, tuple[str, Any]] = {"types": ("u", KEYBOARD | POINTER)}
        if self._portals.version(REMOTE) >= EIS_SINCE:
            wanted["persist_mode"] = ("u", UNTIL_REVOKED)
            if token:
                wanted["restore_token"] = ("s", token)
        self._portals.ask(REMOTE, "SelectDevices", "o", self._handle, options=wanted, what=CONSENT)
        screens = {"types": ("u", MONITOR), "multiple": ("b", True), "cursor_mode": ("u", HIDDEN_CURSOR)}
        self._portals.ask(CAST, "SelectSources", "o", self._handle, options=screens, what=CONSENT)

    def _hear_board_owner(self, options: Mapping[str, tuple[str, Any]]) -> None:
        self._board_told = options
        self._board_heard(options)

    def _ask_for_board(self) -> bool:
        with suppress(CallRefused):
            self.heed_board("SelectionOwnerChanged", self._hear_board_owner)  # it is told as the session starts
            self.call(BOARD, "RequestClipboard", "a{sv}", {})
            return True
        return False

    def _started(self) -> dict[str, Any]:
        asked = ("os", self._handle, "")
        return self._portals.ask(REMOTE, "Start", *asked, options={}, what=CONSENT, seconds=CONSENT_SECONDS)

    def _take(self, allowed: dict[str, Any], token: RestoreToken) -> None:
        token.replace(allowed.get("restore_token"))  # at once: the one that was used is worth nothing any more
        lacking = [name for bit, name in DEVICES.items() if not allowed.get("devices", 0) & bit]
        if lacking:
            raise NoDesktop(f"you did not allow the agent to use {' and '.join(lacking)}")
        self.has_board = self._has_asked_for_board and bool(allowed.get("clipboard_enabled", False))
        streams = (
            self._stream(node, about, number) for number, (node, about) in enumerate(allowed.get("streams", ()), 1)
        )
        self.streams = {stream.monitor.place.name: stream for stream in streams}
        if not self.streams:
            raise NoDesktop(NO_SCREEN)

    def _stream(self, node: int, about: dict[str, tuple[str, Any]], number: int) -> PortalStream:
        """Return a stream with the monitor that has its place, or with one that has a number for a name."""
        told = {name: value for name, (_, value) in about.items()}
        if told.get("source_type", MONITOR) != MONITOR or "size" not in told:
            raise NoDesktop(NO_SCREEN)
        (left, top), (width, height) = told.get("position", (0, 0)), told["size"]
        place = MonitorPlace(f"screen-{number}", left, top, width, height)
        unnamed = GnomeMonitor(place, Size(width=width, height=height), is_primary=number == 1)
        known = (monitor for monitor in self._monitors if monitor.place[1:5] == place[1:5])
        return PortalStream(node, str(told.get("mapping_id", "")), next(known, unnamed))


class PortalLink:
    """The bus, the portals and the session on it. For several threads.

    Portals tell no names of monitors, nor their scales; `monitors` are those that are known otherwise.
    """

    def __init__(
        self,
        address: str = OWN_SESSION,
        *,
        token: RestoreToken,
        control: Control,
        monitors: Sequence[GnomeMonitor] = (),
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self.bus = SessionBus(address, ended=ended)
        try:
            self.portals = Portals(self.bus, control=control)
            self._session = PortalSession(self.portals, token, monitors)
        except (CallRefused, ShellLost) as reason:
            self.bus.close()
            raise NoDesktop(f"the desktop's portal gives no session: {reason}") from reason
        except BaseException:
            self.bus.close()
            raise

    def close(self) -> None:
        self._session.close()
        self.bus.close()

    def session(self) -> PortalSession:
        """Return the session; raise `ShellLost` once you or the desktop has ended it."""
        if self._session.has_ended:
            raise ShellLost(WITHDRAWN)
        return self._session

    def places(self) -> tuple[MonitorPlace, ...]:
        return tuple(stream.monitor.place for stream in self.session().streams.values())


def caps_lock_is_lit(lights: Path = LIGHTS) -> bool:
    """Return whether the light of Caps Lock is on at one of the keyboards; False where no keyboard has one."""
    for light in lights.glob("*::capslock/brightness"):
        with suppress(OSError, ValueError):  # the keyboard was unplugged
            if int(light.read_text()) > 0:
                return True
    return False


def _check_offers(portals: Portals) -> None:
    """Name each portal that is missing, and each part of one."""
    missing = [f"the portal {name}" for name in (REMOTE, CAST) if not portals.version(name)]
    if not missing:
        devices = portals.get(REMOTE, "AvailableDeviceTypes")
        missing += [f"{name} in the portal {REMOTE}" for bit, name in DEVICES.items() if not devices & bit]
        if not portals.get(CAST, "AvailableSourceTypes") & MONITOR:
            missing.append(f"whole screens in the portal {CAST}")
    if missing:
        raise NoDesktop(f"this desktop does not offer {', '.join(missing)}, without which the agent cannot work there")
