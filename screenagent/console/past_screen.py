"""The screen of a run that is over: to be looked at, reported, made a script, or done again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Final

from textual import work
from textual.binding import Binding, BindingType

from screenagent.console.dialogs import PromptScreen
from screenagent.console.options import ConsoleOptions
from screenagent.console.run_screen import EventHappened, RunScreen
from screenagent.console.start_screen import StartScreen
from screenagent.runs.report.html import write_html
from screenagent.runs.store import read_events, read_run
from screenagent.scripts import read_script

KEPT_ACTIONS: Final = frozenset(("again", "report", "script"))
"""What can be made of a run that is over."""


class PastScreen(RunScreen):
    """Shows a run that is over, read from its folder, as it looked when it happened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "again", "Again", tooltip="do the task once more, on the desktop that this console has"),
        Binding("r", "report", "Report", tooltip="make the report of it, a page that a browser shows"),
        Binding("w", "script", "Script", tooltip="write a script of it, to be played again"),
    ]

    def __init__(self, folder: Path, options: ConsoleOptions) -> None:
        super().__init__(options.terminal)
        self.folder = self._folder = folder
        self._scripts, self._save = options.scripts, options.save
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

    def action_again(self) -> None:
        """Begin the task anew, or the script that was played; each is asked about as ever."""
        try:
            played = read_run(self._folder).settings.get("script")
            file = Path(str(played)) if played else None
            begun = StartScreen.Chosen(file, read_script(file)) if file else StartScreen.Entered(self.episode.task)
        except (ValueError, OSError) as error:
            self.notify(str(error), title="It cannot be done again", severity="error", timeout=15)
            return
        self.post_message(begun)

    def action_report(self) -> None:
        self._write("report", lambda: (str(write_html(self._folder, self._folder / "report.html")),))

    def action_script(self) -> None:
        name = re.sub(r"\W+", "-", self.episode.task.lower()).strip("-")[:40] or "script"
        file = str(self._scripts / f"{name}.yaml")
        self.app.push_screen(PromptScreen("Write the script to", value=file), self._write_script)

    def _write_script(self, entered: str | None) -> None:
        save, file = self._save, Path(entered or "").expanduser()
        if not entered or save is None:
            return
        if file.exists():
            said = f"{file} exists already; choose another name"
            self.notify(said, title="The script was not written", severity="error", timeout=15)
            return
        self._write("script", lambda: save(self._folder, file))

    @work(thread=True)
    def _write(self, what: str, write: Callable[[], Sequence[str]]) -> None:
        try:
            said = "\n".join(write())
            self.app.call_from_thread(self.notify, said, title=f"The {what} is written", timeout=30)
        except (ValueError, OSError) as error:
            told = {"title": f"The {what} was not written", "severity": "error", "timeout": 30}
            self.app.call_from_thread(self.notify, str(error), **told)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in KEPT_ACTIONS:
            return bool(self.episode.task) and (action != "script" or self._save is not None)
        return super().check_action(action, parameters)
