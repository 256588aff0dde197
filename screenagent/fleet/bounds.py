"""How many desktops this machine has room for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from screenagent.errors import UserError
from screenagent.perception.weights import cores

DESKTOP_MB: Final = 700
"""What a desktop takes with its worker and an ordinary application; `docs/fleet.md` says how it was measured."""

MEMINFO: Final = Path("/proc/meminfo")
CGROUP: Final = Path("/sys/fs/cgroup")


class NoRoom(UserError):
    """There is not enough memory for so many desktops."""

    code = "no_room"


def worker_count(asked: int | None, jobs: int) -> int:
    """Return how many workers to start: as many as are `asked` for, by default one for each core, as far as there is
    memory and there are `jobs`. Raise `NoRoom` if there is no memory for what is asked."""
    room = _room()
    if asked is not None:
        if room is not None and asked > room:
            raise NoRoom(
                f"there is memory for {room} desktops of {DESKTOP_MB} MB, and --workers asks for {asked};"
                f" ask for {room or 1}, or free some"
            )
        return max(1, min(asked, jobs))
    return max(1, min(cores(), jobs, max(1, room) if room is not None else jobs))


def _room() -> int | None:
    """Return how many desktops fit into the memory that is free; None if the system does not tell."""
    free = free_mb()
    return None if free is None else int(free // DESKTOP_MB)


def free_mb(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> float | None:
    """Return the memory in MB that new processes can have: the machine's, or what the container's limit leaves."""
    try:
        found = re.search(r"^MemAvailable:\s+(\d+) kB", meminfo.read_text(), re.MULTILINE)
    except OSError:
        return None
    machine = int(found[1]) / 1024 if found else None
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    if limit is None or used is None:
        return machine
    left = (limit - used) / 2**20
    return left if machine is None else min(machine, left)


def _number(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
