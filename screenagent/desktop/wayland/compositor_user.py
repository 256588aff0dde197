"""Who a compositor of ours runs as: Sway refuses root."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from screenagent.desktop.wayland.blank_cursor import write_blank_cursors
from screenagent.desktop.x11.xvfb import x_authority

SOMEBODY: Final = 1000
"""The user that Sway is, or takes itself for, where we are root; any other would do."""
MAPPED: Final = ("unshare", "--user", f"--map-user={SOMEBODY}", f"--map-group={SOMEBODY}")
DEMOTED: Final = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups")


@dataclass(frozen=True)
class CompositorUser:
    """Ourselves, perhaps by another name. `runtime` is where the sockets of the compositor are."""

    runtime: Path
    through: tuple[str, ...] = ()
    """The words of a command that starts another as this user."""


@dataclass(frozen=True)
class OtherUser(CompositorUser):
    """Another user, who can read nothing of ours, and whose X server would let nobody else in."""

    def prepared(self, xwayland: str) -> Mapping[str, str]:
        """Write what the compositor needs into its folder; return what leads it there."""
        write_blank_cursors(self.runtime)
        self._authority.write_bytes(x_authority("", secrets.token_bytes(16)))
        with_authority = self.runtime / "Xwayland"
        with_authority.write_text(f'#!/bin/sh\nexec {xwayland} "$@" -auth {self._authority}\n')
        with_authority.chmod(0o700)
        for path in self.runtime.rglob("*"):
            os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
        return {"HOME": str(self.runtime), "WLR_XWAYLAND": str(with_authority)}

    def admitted(self, folder: Path, leads: Mapping[str, str]) -> Mapping[str, str]:
        """Let programs of a session reach the compositor and its X server; return what leads them besides `leads`."""
        (folder / "run" / leads["WAYLAND_DISPLAY"]).symlink_to(self.runtime / leads["WAYLAND_DISPLAY"])
        authority = folder / "home" / ".Xauthority"
        authority.touch(0o600)
        cookie = self._authority.read_bytes()[-16:]
        authority.write_bytes(x_authority(leads["DISPLAY"], cookie))
        return {"XAUTHORITY": str(authority)}

    @property
    def _authority(self) -> Path:
        return self.runtime / "x.authority"


def compositor_user(folder: Path) -> CompositorUser:
    """Return who Sway can run as: ourselves; as root, root by another name, or else a user that has no name."""
    if os.geteuid() != 0:
        return CompositorUser(folder / "run")
    if _can_be_mapped():
        return CompositorUser(folder / "run", MAPPED)
    folder.chmod(0o711)
    runtime = folder / "sway"
    runtime.mkdir(mode=0o700)
    os.chown(runtime, SOMEBODY, SOMEBODY)
    return OtherUser(runtime, DEMOTED)


def _can_be_mapped() -> bool:
    """Return whether there are user namespaces here; containers often have none."""
    return subprocess.run([*MAPPED, "true"], capture_output=True, check=False).returncode == 0
