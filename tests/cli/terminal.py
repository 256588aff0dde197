"""A real terminal to type into and to read: tmux, on a server of its own."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from typing import Self
from uuid import uuid4

from tests.builders import becomes


class Terminal:
    """Runs `command` while it is entered."""

    def __init__(
        self, command: Sequence[str], *, size: tuple[int, int] = (100, 30), environment: Mapping[str, str] | None = None
    ) -> None:
        self._server = f"screenagent-{uuid4().hex[:12]}"
        self._command = shlex.join(command)
        self._size = size
        self._environment = environment or {}

    def __enter__(self) -> Self:
        columns, rows = map(str, self._size)
        given = [part for name, value in self._environment.items() for part in ("-e", f"{name}={value}")]
        # A tail keeps the last screen for those who look after the end.
        self._tmux("new-session", "-d", "-x", columns, "-y", rows, *given, f"{self._command}; tail -f /dev/null")
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `y`, `Right`, `S-Down`, `Enter`."""
        self._tmux("send-keys", *keys)

    def text(self) -> str:
        """What stands on it, without the half-blocks of pictures."""
        return self._tmux("capture-pane", "-p").replace("▀", "")

    def wait_for(self, words: str, *, seconds: float = 60) -> str:
        """The text once these words stand there."""
        if not self.shows(words, seconds=seconds):
            raise TimeoutError(f"{words!r} was not seen in {seconds:g} s; the terminal shows:\n{self.text()}")
        return self.text()

    def shows(self, words: str, *, seconds: float) -> bool:
        """Whether they stand there within so many seconds."""
        return becomes(lambda: words in self.text(), seconds=seconds)

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-u", "-f", "/dev/null", "-L", self._server, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
