"""A run that is over, read from its folder: it looks as it did when it happened."""

from __future__ import annotations

from pathlib import Path

from textual import work

from screenagent.console.run_screen import Happened, Watching
from screenagent.console.terminal import Terminal
from screenagent.runs.store import read


class Past(Watching):
    def __init__(self, folder: Path, terminal: Terminal) -> None:
        super().__init__(terminal)
        self.folder: Path | None = folder
        self._events = read(folder)

    def on_mount(self) -> None:
        self.read()

    @work(thread=True)
    def read(self) -> None:
        try:
            for event in self._events:
                self.post_message(Happened(event))
        except (ValueError, OSError) as error:
            told = {"title": "This run cannot be read on", "severity": "error", "timeout": 60}
            self.app.call_from_thread(self.notify, str(error), **told)
