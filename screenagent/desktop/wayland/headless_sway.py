"""What shows the windows of a session on Wayland: Sway without a monitor, with Xwayland for programs of X11."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call

from screenagent.desktop.bus import BusLost, ask, open_bus
from screenagent.desktop.session_programs import SessionPrograms
from screenagent.desktop.wayland.blank_cursor import write_blank_cursors
from screenagent.desktop.wayland.session import WaylandSession, session_of
from screenagent.desktop.wayland.sway_windows import SwayWindows
from screenagent.geometry import Size

LEAD_NAMES: Final = ("WAYLAND_DISPLAY", "SWAYSOCK", "DISPLAY")
ACCESSIBILITY: Final = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
ASKED_SECONDS: Final = 1.0
SOMEBODY: Final = 1000
"""The user that Sway takes itself for where we are root, whom it refuses; any other would do."""
MAPPED: Final = ("unshare", "--user", f"--map-user={SOMEBODY}", f"--map-group={SOMEBODY}")
DEMOTED: Final = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")

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
        user.take_blank_cursors()

        def configured(mouth: int) -> list[str]:
            user.may_write(mouth)
            config.write_text(CONFIG.format(width=size.width, height=size.height, cursors=cursors, mouth=mouth))
            config.chmod(0o644)
            return ["-c", str(config)]

        more = {**OF_SWAY, "XDG_RUNTIME_DIR": str(user.runtime), "HOME": str(user.home)}
        self._said = programs.start_service([found["sway"]], configured, through=user.through, more=more)
        self.process = programs.started[-1]

    def open(self) -> Mapping[str, str]:
        leads = dict(zip(LEAD_NAMES, self._said().split("\t"), strict=True))
        self.display = leads["DISPLAY"]
        runtime = Path(self._programs.environment["XDG_RUNTIME_DIR"])
        if self._user.runtime != runtime:
            (runtime / leads["WAYLAND_DISPLAY"]).symlink_to(self._user.runtime / leads["WAYLAND_DISPLAY"])
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


@dataclass(frozen=True)
class CompositorUser:
    """Who Sway runs as: it refuses root. `runtime` is where it puts its sockets."""

    runtime: Path
    home: Path
    through: tuple[str, ...] = ()
    """The words of a command that starts another as this user."""
    is_another: bool = False

    def take_blank_cursors(self) -> None:
        """See to it that this user finds the cursors, too."""
        if self.is_another:
            write_blank_cursors(self.home)
            for path in self.home.rglob("*"):
                os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)

    def may_write(self, mouth: int) -> None:
        """Let this user write to a pipe of ours."""
        if self.is_another:
            os.fchown(mouth, SOMEBODY, SOMEBODY)


def compositor_user(folder: Path) -> CompositorUser:
    """Return who Sway can run as: ourselves; as root, root by another name, or else a user that has no name."""
    ourselves = CompositorUser(folder / "run", folder / "home")
    if os.geteuid() != 0:
        return ourselves
    if _can_be_mapped():
        return replace(ourselves, through=MAPPED)
    folder.chmod(0o711)
    runtime = folder / "sway"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, SOMEBODY, SOMEBODY)
    return CompositorUser(runtime, runtime, DEMOTED, is_another=True)


def _can_be_mapped() -> bool:
    """Return whether there are user namespaces here; containers often have none."""
    return subprocess.run([*MAPPED, "true"], capture_output=True, check=False).returncode == 0
