"""Where a console begins without a task: one to write, runs to look at, scripts to play, the settings that hold."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from screenagent.console.dialogs import EntryLine
from screenagent.runs.store import Glance, glance, recorded_runs
from screenagent.scripts import Script, ScriptError, read_script
from screenagent.settings import SettingInForce
from screenagent.showing import abridged, visible

RECENT = 50
"""How many runs are listed, and their tasks remembered."""

HINTS: Final = {
    "line": "plain steps, or any goal where a model plans · Tab goes on from here",
    "runs": "Enter opens a run, to be gone through step by step",
    "scripts": "Enter plays a script; what is asked about is as in the settings",
}


class StartScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier", "Earlier task", show=False, tooltip="in the task's line: the tasks of earlier runs"),
        Binding("down", "later", "Later task", show=False),
        Binding("escape", "app.quit", "Leave", tooltip="leave"),
    ]

    @dataclass
    class Entered(Message):
        task: str

    @dataclass
    class Picked(Message):
        folder: Path

    @dataclass
    class Chosen(Message):
        """A script is to be played."""

        file: Path
        script: Script

    def __init__(self, root: Path, scripts: Path, settings: Sequence[SettingInForce]) -> None:
        super().__init__()
        self._root, self._folder, self._settings = root, scripts, settings
        self._scripts: list[tuple[Path, Script]] = []
        self._tasks: list[str] = []
        self._recalled = 0

    def compose(self) -> ComposeResult:
        line = EntryLine(id="line", placeholder="open the File menu, click Save As, type notes.txt, press enter")
        line.border_title = "What is to be done?"
        line.border_subtitle = "Enter begins · ↑ earlier tasks"
        yield line
        with Horizontal(id="kept"):
            with Vertical(id="lists"):
                listed = OptionList(id="runs")
                listed.border_title = Text(visible(f"Recent runs in {script_title(self._root)}"))
                yield listed
                scripts = OptionList(id="scripts")
                scripts.border_title = Text(visible(f"Task scripts in {script_title(self._folder)}"))
                yield scripts
            table: DataTable[str | Text] = DataTable(id="settings", cursor_type="row", show_header=False)
            table.border_title = "Settings, and where each comes from"
            yield table
        yield Static(id="meaning")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("name", "value", "from")
        for setting in self._settings:
            tone = "" if setting.source == "default" else "bold"
            table.add_row(setting.name, Text(visible(setting.value)), Text(visible(setting.source), tone))
        self.query_one("#line").focus()

    def on_screen_resume(self) -> None:
        self.refresh_lists()

    @work(thread=True, exclusive=True)
    def refresh_lists(self) -> None:
        glances = [glance(folder) for folder in recorded_runs(self._root)[:RECENT]]
        self.app.call_from_thread(self._list, glances, _scripts(self._folder))

    def _list(self, glances: Sequence[Glance], scripts: list[tuple[Path, Script]]) -> None:
        self._scripts = scripts
        _fill(self.query_one("#runs", OptionList), [_line(seen) for seen in glances], "none yet")
        lines = [
            Content.assemble(abridged(script.name), (f"  {visible(file.name)}", "$foreground 60%"))
            for file, script in scripts
        ]
        nothing = "none; `screenagent save RUN SCRIPT.yaml` makes one of a run"
        _fill(self.query_one("#scripts", OptionList), lines, nothing)
        self._glances = glances
        self._tasks = list(dict.fromkeys(seen.task for seen in glances if seen.task))
        self._recalled = -1

    @on(Input.Submitted, "#line")
    def begin(self, message: Input.Submitted) -> None:
        if task := message.value.strip():
            self.post_message(self.Entered(next((kept for kept in self._tasks if visible(kept) == task), task)))

    @on(OptionList.OptionSelected, "#runs")
    def pick(self, message: OptionList.OptionSelected) -> None:
        self.post_message(self.Picked(self._glances[message.option_index].folder))

    @on(OptionList.OptionSelected, "#scripts")
    def choose(self, message: OptionList.OptionSelected) -> None:
        self.post_message(self.Chosen(*self._scripts[message.option_index]))

    @on(DataTable.RowHighlighted)
    @on(events.DescendantFocus)
    def explain(self) -> None:
        """What can be done where the focus is."""
        table, focused = self.query_one(DataTable), self.focused
        if focused is table and self._settings:
            setting = self._settings[table.cursor_row]
            said = f"{setting.name}: {setting.meaning}"
        else:
            said = HINTS.get(focused.id or "", "") if focused else ""
        self.query_one("#meaning", Static).update(Content(said))

    def action_earlier(self) -> None:
        self._recall(self._recalled + 1)

    def action_later(self) -> None:
        self._recall(self._recalled - 1)

    def _recall(self, number: int) -> None:
        if not -1 <= number < len(self._tasks):
            return
        self._recalled = number
        line = self.query_one("#line", Input)
        line.value = visible(self._tasks[number]) if number >= 0 else ""
        line.cursor_position = len(line.value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return isinstance(self.focused, Input) if action in ("earlier", "later") else True


def _scripts(folder: Path) -> list[tuple[Path, Script]]:
    """The files of a folder that are scripts; others are another's."""
    found: list[tuple[Path, Script]] = []
    for file in sorted(folder.glob("*.yaml"))[:RECENT]:
        with suppress(ScriptError, OSError):
            found.append((file, read_script(file)))
    return found


def _fill(listed: OptionList, lines: Sequence[Content], nothing: str) -> None:
    highlighted = listed.highlighted
    listed.clear_options()
    listed.add_options(Option(line) for line in lines)
    if lines and highlighted is not None:
        listed.highlighted = min(highlighted, len(lines) - 1)
    if not lines:
        listed.add_option(Option(Content.styled(nothing, "$foreground 60%"), disabled=True))


def script_title(path: Path) -> str:
    """As a shell would write it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_absolute() and path.is_relative_to(home) else str(path.absolute())


def _line(seen: Glance) -> Content:
    tone = {"done": "$text-success", "stopped": "$text-warning"}.get(seen.outcome, "$text-error")
    when, outcome = (f"{seen.when}  ", "$foreground 60%"), (f"{seen.outcome:<13}", tone)
    return Content.assemble(when, outcome, abridged(seen.task or seen.folder.name))
