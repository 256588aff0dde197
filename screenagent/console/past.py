"""A run that is over, read from its folder: it looks as it did when it happened."""

from __future__ import annotations

from pathlib import Path

from textual import work

from screenagent.console.watching import Happened, Watching
from screenagent.recording import read


class Past(Watching):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def on_mount(self) -> None:
        self.read()

    @work(thread=True)
    def read(self) -> None:
        for event in read(self._folder):
            self.post_message(Happened(event))
