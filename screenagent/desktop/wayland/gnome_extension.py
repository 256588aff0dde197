"""Our extension of GNOME Shell: how it is installed and removed, and whether the running shell has loaded it."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from jeepney import DBusAddress

from screenagent.desktop.wayland.gnome_bus import OWN_SESSION, CallRefused, SessionBus, ShellLost
from screenagent.errors import UserError

FILES: Final = ("metadata.json", "extension.js")
SERVICE: Final = "org.screenagent.Windows"
OURS: Final = DBusAddress("/org/screenagent/Windows", SERVICE, SERVICE)
SHELL: Final = "org.gnome.Shell"
EXTENSIONS: Final = DBusAddress("/org/gnome/Shell", SHELL, "org.gnome.Shell.Extensions")
ENABLED: Final = ("org.gnome.shell", "enabled-extensions")
SWITCHED_OFF: Final = ("org.gnome.shell", "disable-user-extensions")
ANSWER_SECONDS: Final = 10.0
ERROR, OUT_OF_DATE = 3, 4  # the shell's numbers for what has become of an extension

RELOG: Final = "log out and in again: GNOME Shell loads a new extension only as a session begins"
INSTALL: Final = "screenagent gnome install"

ExtensionCode = Literal["works", "not_installed", "not_loaded", "other_version", "switched_off", "refused", "no_shell"]


class ExtensionState(NamedTuple):
    """Whether the running shell has our extension: what was found, and what to do about it."""

    code: ExtensionCode
    detail: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        return self.code == "works"

    def __str__(self) -> str:
        return f"{self.detail}; {self.remedy}" if self.remedy else self.detail


class NoSettings(UserError):
    """GNOME's settings cannot be read or written."""


@cache
def _metadata() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_source("metadata.json"))
    return told


def _source(name: str) -> str:
    return resources.files("screenagent.desktop.wayland").joinpath("extension", name).read_text("utf-8")


def extension_uuid() -> str:
    """Return the name that GNOME Shell knows the extension by."""
    return str(_metadata()["uuid"])


def extension_version() -> str:
    """Return the version that belongs to this program."""
    return str(_metadata()["version-name"])


def folder() -> Path:
    """Return where the user's GNOME Shell looks for it."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data, "gnome-shell", "extensions", extension_uuid())


def install_extension() -> Path:
    """Write the extension into the user's folder and switch it on; return where it is now."""
    place = folder()
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for name in FILES:
        (place / name).write_text(_source(name), "utf-8")
    _list_as_enabled(present=True)
    return place


def remove_extension() -> bool:
    """Switch the extension off and delete it; return whether it was there."""
    _list_as_enabled(present=False)
    there = folder().exists()
    shutil.rmtree(folder(), ignore_errors=True)
    return there


def state_of(bus: SessionBus) -> ExtensionState:
    """Ask the running shell for the extension."""
    try:
        if bus.has_owner(SERVICE):
            return _judged(*bus.call(OURS, "Version"))
        if not bus.has_owner(SHELL):
            return ExtensionState("no_shell", "GNOME Shell does not run in this session")
        return _absent(bus.call(EXTENSIONS, "GetExtensionInfo", "s", extension_uuid())[0])
    except (CallRefused, ShellLost) as reason:
        return ExtensionState("no_shell", f"GNOME Shell does not tell of its extensions: {reason}")


def _judged(loaded: str, shell: str) -> ExtensionState:
    if loaded == extension_version():
        return ExtensionState("works", f"version {loaded} in GNOME Shell {shell}")
    return ExtensionState(
        "other_version",
        f"GNOME Shell has loaded version {loaded} of the extension, and this program needs {extension_version()}",
        f"`{INSTALL}`, then {RELOG}",
    )


def _absent(told: dict[str, tuple[str, Any]]) -> ExtensionState:
    """Return why an extension that the shell knows as much of does not run."""
    if not folder().exists():
        return ExtensionState("not_installed", "the extension of GNOME Shell is not installed", f"`{INSTALL}`")
    if not told:
        return ExtensionState("not_loaded", "the extension is installed, but not loaded", RELOG)
    if told["state"][1] in (ERROR, OUT_OF_DATE):
        why = told.get("error", ("s", ""))[1] or f"it is for GNOME Shell {', '.join(_metadata()['shell-version'])}"
        return ExtensionState("refused", f"GNOME Shell does not run the extension: {why}", "update screenagent")
    remedy = f"`gnome-extensions enable {extension_uuid()}`, and switch extensions on in GNOME's Extensions program"
    return ExtensionState("switched_off", "the extension is switched off", remedy)


def _list_as_enabled(*, present: bool) -> None:
    """Take the extension into the list of those that are switched on, or out of it."""
    listed: list[str] = ast.literal_eval(_settings("get", *ENABLED).removeprefix("@as "))
    wanted = [name for name in listed if name != extension_uuid()] + [extension_uuid()] * present
    if wanted != listed:
        _settings("set", *ENABLED, str(wanted))


def _settings(*words: str) -> str:
    """Carry out a command of `gsettings`, which every GNOME has."""
    try:
        done = subprocess.run(["gsettings", *words], capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as reason:
        said = getattr(reason, "stderr", "") or str(reason)
        raise NoSettings(f"GNOME's settings cannot be changed by `gsettings`: {said.strip()}") from reason
    return done.stdout.strip()


def running_state(session_bus: str | None = None) -> ExtensionState:
    """Ask the shell of a session, which is the one that we are in if none is named."""
    from screenagent.desktop import NoDesktop

    with suppress(NoDesktop):
        bus = SessionBus(session_bus or OWN_SESSION)
        try:
            return state_of(bus)
        finally:
            bus.close()
    return ExtensionState("no_shell", "there is no D-Bus session here")
