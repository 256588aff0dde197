"""Programs that are started on a desktop, and the windows that come of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final, Protocol

from screenagent.desktop.json_lines import without_secrets
from screenagent.desktop.platform import WindowSystem
from screenagent.desktop.process_stat import stat_fields
from screenagent.perception.named_window import belongs_to
from screenagent.protocols import Retry
from screenagent.screenshot import Window

SESSION: Final = 3
"""Where a process's session stands among what Linux says of it."""


class StartProgram(Protocol):
    def __call__(self, argv: Sequence[str], /) -> subprocess.Popen[bytes]:
        """Start a program on the desktop; `OSError` if that is not possible."""
        ...


@dataclass(frozen=True)
class ProgramStarter:
    """Starts programs in the user's own session, on the X display of that name; they go on when we end."""

    display: str | None = None
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __call__(self, argv: Sequence[str], /) -> subprocess.Popen[bytes]:
        environment = without_secrets(os.environ) | ({"DISPLAY": self.display} if self.display else {})
        nowhere = subprocess.DEVNULL
        process = subprocess.Popen(
            argv, env=environment, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
        self._started.append(process)
        return process


def windows_there(windows: WindowSystem) -> tuple[Window, ...]:
    """Return the windows that programs have open; the one in front, where the system tells no others."""
    return windows.all() or tuple(filter(None, (windows.foreground(),)))


class Launch:
    """A program that is started, and the windows that come after that; `Retry` if it cannot be started."""

    def __init__(self, argv: Sequence[str], *, windows: WindowSystem, start: StartProgram) -> None:
        self._windows = windows
        self._program = PurePath(argv[0]).name
        self._earlier = frozenset(window.id for window in windows_there(windows))
        self._was_in_front = windows.foreground()
        try:
            self.process = start(argv)
        except FileNotFoundError as missing:
            raise Retry(f"there is no program “{argv[0]}”; is it installed and spelled right?") from missing
        except OSError as wrong:
            raise Retry(f"“{argv[0]}” cannot be started: {wrong.strerror}") from wrong

    def has_answered(self) -> bool:
        """Whether a window of the program has come, or one that was open before was brought to the front."""
        return self.window() is not None or self._was_raised()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def has_ended_well(self) -> bool:
        """Whether the command is over, and may have left its window to a program that was running before."""
        return self.process.poll() == 0

    def window(self) -> Window | None:
        """Return the program's new window; None while there is none."""
        came = [window for window in windows_there(self._windows) if window.id not in self._earlier and not window.own]
        own = (window for window in came if self._is_ours(window))
        return next(own, came[0] if came and self.has_ended_well() else None)

    def why_nothing(self, seconds: float) -> str:
        """Return in words why no window came in that time."""
        status = self.process.poll()
        if status is None:
            return f"“{self._program}” opened no window within {seconds:g} s"
        return f"“{self._program}” ended with status {status}, and no window of it came"

    def _is_ours(self, window: Window) -> bool:
        return belongs_to(window, self._program) or (window.pid is not None and self._is_below(window.pid))

    def _is_below(self, pid: int) -> bool:
        """Whether a process is the program's, or of the session that it was started in."""
        return pid == self.process.pid or stat_fields(pid)[SESSION : SESSION + 1] == [str(self.process.pid)]

    def _was_raised(self) -> bool:
        front, before = self._windows.foreground(), self._was_in_front
        return front is not None and (before is None or front.id != before.id) and belongs_to(front, self._program)
