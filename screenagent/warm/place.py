"""Where the warm process of a user and a display is met, and what it has in common with whoever meets it.

Every start of `screenagent` imports this, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator

from screenagent.sessions.runtime_folder import WrongOwner, runtime_folder

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALIKE = "Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp SigBlk".split()
"""What Linux says of a process that decides what it may do; the process that carries out a run cannot change it."""
INSTALLED = ("site-packages", "dist-packages")


def place_name() -> str:
    """Return the name of the warm process of the display that we are on."""
    host, _, number = os.environ.get("DISPLAY", "").rpartition(":")
    display = f"{host}:{number.partition('.')[0]}" if number else "desktop"
    return f"warm-{display.replace('/', '_')}"


def socket_address(folder: int) -> str:
    """Return the address of the socket in the open folder, however long the folder's name is.

    Raise `WrongOwner` if what has the name is no socket of this user, and `FileNotFoundError` if there is none.
    """
    name = f"{place_name()}.sock"
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if found.st_uid != os.getuid() or not stat.S_ISSOCK(found.st_mode):
        raise WrongOwner(os.path.join(runtime_folder(), name))
    return f"/proc/self/fd/{folder}/{name}"


def code_in_use() -> str:
    """Return what tells one installation, and one state of its files, from another."""
    how = (sys.version, sys.executable, sys.flags, sys.warnoptions, sys._xoptions, sys.path[1:], PACKAGE)
    installed = [(path, os.stat(path).st_mtime_ns) for path in sys.path if path.endswith(INSTALLED)]
    return "\n".join([*map(repr, (*how, *installed)), *sorted(_files(PACKAGE))])


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                found = entry.stat()
                yield f"{entry.path} {found.st_mtime_ns} {found.st_size}"
            elif entry.name != "__pycache__":
                yield from _files(entry.path)


def first_environment() -> dict[str, str]:
    """Return the environment that this process was started with; Python and libraries add to it."""
    with open("/proc/self/environ", "rb") as file:
        pairs = (entry.partition(b"=") for entry in file.read().split(b"\0") if entry)
        return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def process_status() -> dict[str, str]:
    """Return what Linux says of this process, by its names."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}


def standing(status: dict[str, str]) -> list[str]:
    """Return what decides which files, processes and networks a process sees, and what it may do to them."""
    spaces = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("mnt", "pid", "net", "ipc", "user", "uts")]
    root = os.stat("/")
    return [*spaces, f"{root.st_dev} {root.st_ino}", *(status.get(name, "") for name in ALIKE)]
