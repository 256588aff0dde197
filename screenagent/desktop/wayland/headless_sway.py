"""What shows the windows of a session on Wayland: Sway without a monitor, with Xwayland for programs of X11."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import closing
from typing import ClassVar, Final

from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call

from screenagent.desktop.bus import BusLost, ask, open_bus
from screenagent.desktop.session_programs import SessionPrograms
from screenagent.desktop.wayland.blank_cursor import write_blank_cursors
from screenagent.desktop.wayland.compositor_user import SOMEBODY, OtherUser, compositor_user
from screenagent.desktop.wayland.session import WaylandSession, session_of
from screenagent.desktop.wayland.sway_windows import SwayWindows
from screenagent.geometry import Size

LEAD_NAMES: Final = ("WAYLAND_DISPLAY", "SWAYSOCK", "DISPLAY")
ACCESSIBILITY: Final = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
ASKED_SECONDS: Final = 1.0
CONFIG: Final = """\
xwayland enable
output * mode {width}x{height} scale 1
seat * xcursor_theme {cursors} 24
focus_follows_mouse no
focus_on_window_activation focus
default_border none
default_floating_border none
for_window [app_id=".*"] floating enable
for_window [class=".*"] floating enable
swaynag_command -
exec printf '%s\\t%s\\t%s\\n' "$WAYLAND_DISPLAY" "$SWAYSOCK" "$DISPLAY" > /dev/fd/{mouth}
"""
"""Windows float in the middle, as large as they ask to be and as the screen allows, and the newest has the keys."""

OF_SWAY: Final = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}


class HeadlessSway:
    """Sway, as another user where we are root."""

    packages: ClassVar[Mapping[str, str]] = {"sway": "sway", "Xwayland": "xwayland"}
    variables: ClassVar[Mapping[str, str]] = {
        "XDG_CURRENT_DESKTOP": "sway",
        "XDG_SESSION_TYPE": "wayland",  # by which Chromium and Electron choose
        "GDK_BACKEND": "wayland,x11",
        "QT_QPA_PLATFORM": "wayland;xcb",
        "QT_WAYLAND_DISABLE_WINDOWDECORATION": "1",
        "SDL_VIDEODRIVER": "wayland,x11",
        "CLUTTER_BACKEND": "wayland",
        "MOZ_ENABLE_WAYLAND": "1",
        "ELECTRON_OZONE_PLATFORM_HINT": "auto",
        "GTK_A11Y": "atspi",
    }

    process: subprocess.Popen[bytes]
    display: str
    windows: SwayWindows

    def start(self, programs: SessionPrograms, found: Mapping[str, str], size: Size) -> None:
        self._programs = programs
        self._user = user = compositor_user(programs.folder)
        config = programs.folder / "sway.config"
        cursors = programs.environment["XCURSOR_THEME"] = write_blank_cursors(programs.folder / "home")

        def configured(mouth: int) -> list[str]:
            if isinstance(user, OtherUser):
                os.fchown(mouth, SOMEBODY, SOMEBODY)
            config.write_text(CONFIG.format(width=size.width, height=size.height, cursors=cursors, mouth=mouth))
            config.chmod(0o644)
            return ["-c", str(config)]

        prepared = user.prepared(found["Xwayland"]) if isinstance(user, OtherUser) else {}
        more = {**OF_SWAY, "XDG_RUNTIME_DIR": str(user.runtime), **prepared}
        self._said = programs.start_service([found["sway"]], configured, through=user.through, more=more)
        self.process = programs.started[-1]

    def open(self) -> Mapping[str, str]:
        leads = dict(zip(LEAD_NAMES, self._said().split("\t"), strict=True))
        self.display = leads["DISPLAY"]
        if isinstance(self._user, OtherUser):
            leads |= self._user.admitted(self._programs.folder, leads)
        self.windows = SwayWindows(leads["SWAYSOCK"], pointer=lambda: None)
        return leads

    def opened_as(self) -> WaylandSession:
        session = session_of(self._programs.environment)
        assert session is not None
        return session

    def wait_until_managed(self) -> None:
        """Sway gives places from its first moment on."""

    def accessibility_bus(self) -> str:
        """Ask the session's bus, without having it start a second launcher."""
        question = new_method_call(ACCESSIBILITY, "GetAddress")
        question.header.flags |= MessageFlag.no_auto_start
        try:
            with closing(
                open_bus(self._programs.environment["DBUS_SESSION_BUS_ADDRESS"], seconds=ASKED_SECONDS)
            ) as bus:
                answer = ask(bus, question, seconds=ASKED_SECONDS)
        except BusLost:
            return ""
        is_there = answer is not None and answer.header.message_type is MessageType.method_return
        return str(answer.body[0]) if answer is not None and is_there else ""

    def close(self) -> None:
        self.windows.close()
