"""What Linux says of a process."""

from __future__ import annotations

from pathlib import Path


def stat_fields(pid: int) -> list[str]:
    """Return a process's state, its parent and what else follows its command; nothing if it is gone."""
    try:  # the command stands in brackets and may hold blanks and brackets of its own
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
