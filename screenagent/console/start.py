"""Where a console begins without a task: one to write, runs to look at, and the settings that hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import DataTable, Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from screenagent.config import Setting
from screenagent.recording import Glance, glance, runs

RECENT = 50
"""How many runs are listed, and their tasks remembered."""


class Start(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier", "Earlier task", show=False, tooltip="in the task's line: the tasks of earlier runs"),
        Binding("down", "later", "Later task", show=False),
        Binding("escape", "app.quit", "Leave", tooltip="leave"),
    ]

    class Entered(Message):
        def __init__(self, task: str) -> None:
            super().__init__()
            self.task = task

    class Picked(Message):
        def __init__(self, folder: Path) -> None:
            super().__init__()
            self.folder = folder

    def __init__(self, root: Path, settings: Sequence[Setting]) -> None:
        super().__init__()
        self._root, self._settings = root, settings
        self._tasks: list[str] = []
        self._recalled = 0

    def compose(self) -> ComposeResult:
        line = Input(id="line", placeholder="open the File menu, click Save As, type notes.txt, press enter")
        line.border_title = "What is to be done?"
        line.border_subtitle = "Enter begins · ↑ earlier tasks"
        yield line
        with Horizontal(id="kept"):
            listed = OptionList(id="runs")
            listed.border_title = f"Recent runs in {self._root}"
            yield listed
            table: DataTable[str] = DataTable(id="settings", cursor_type="row", show_header=False)
            table.border_title = "Settings"
            yield table
        yield Static(id="meaning")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_columns("name", "value", "from")
        for setting in self._settings:
            table.add_row(setting.name, setting.value, setting.source)
        self.list_runs()

    def on_screen_resume(self) -> None:
        if self._tasks:
            self.list_runs()

    @work(thread=True, exclusive=True)
    def list_runs(self) -> None:
        glances = [glance(folder) for folder in runs(self._root)[:RECENT]]
        self.app.call_from_thread(self._list, glances)

    def _list(self, glances: Sequence[Glance]) -> None:
        listed = self.query_one("#runs", OptionList)
        listed.clear_options()
        listed.add_options(Option(_line(seen), id=str(number)) for number, seen in enumerate(glances))
        self._glances = glances
        self._tasks = list(dict.fromkeys(seen.task for seen in glances if seen.task))
        self._recalled = -1

    @on(Input.Submitted, "#line")
    def begin(self, message: Input.Submitted) -> None:
        if message.value.strip():
            self.post_message(self.Entered(message.value.strip()))

    @on(OptionList.OptionSelected, "#runs")
    def pick(self, message: OptionList.OptionSelected) -> None:
        self.post_message(self.Picked(self._glances[message.option_index].folder))

    @on(DataTable.RowHighlighted)
    def explain(self, message: DataTable.RowHighlighted) -> None:
        if self._settings and message.data_table.has_focus:
            setting = self._settings[message.cursor_row]
            self.query_one("#meaning", Static).update(Content(f"{setting.name}: {setting.meaning}"))

    def action_earlier(self) -> None:
        self._recall(self._recalled + 1)

    def action_later(self) -> None:
        self._recall(self._recalled - 1)

    def _recall(self, number: int) -> None:
        if not -1 <= number < len(self._tasks):
            return
        self._recalled = number
        line = self.query_one("#line", Input)
        line.value = self._tasks[number] if number >= 0 else ""
        line.cursor_position = len(line.value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return isinstance(self.focused, Input) if action in ("earlier", "later") else True


def _line(seen: Glance) -> Content:
    tone = {"done": "$text-success", "stopped": "$text-warning"}.get(seen.outcome, "$text-error")
    return Content.assemble(
        (f"{seen.when}  ", "$foreground 60%"), (f"{seen.outcome:<13}", tone), seen.task or seen.folder.name
    )
