"""A run that is over, read from its folder: it looks as it did when it happened."""

from __future__ import annotations

from pathlib import Path

from textual import work

from screenagent.console.run_screen import EventHappened, RunScreen
from screenagent.console.terminal import Terminal
from screenagent.runs.store import read_events


class PastScreen(RunScreen):
    def __init__(self, folder: Path, terminal: Terminal) -> None:
        super().__init__(terminal)
        self.folder: Path | None = folder
        self._events = read_events(folder)

    def on_mount(self) -> None:
        self.read()

    @work(thread=True)
    def read(self) -> None:
        try:
            for event in self._events:
                self.post_message(EventHappened(event))
        except (ValueError, OSError) as error:
            told = {"title": "This run cannot be read on", "severity": "error", "timeout": 60}
            self.app.call_from_thread(self.notify, str(error), **told)
