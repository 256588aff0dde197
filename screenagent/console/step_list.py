"""The list of steps, past, present and planned, to scroll through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from screenagent.console.wording import styled
from screenagent.runs.telling import Row


class StepList(ScrollView, can_focus=True):
    """Shows one line for each row, and repaints only the lines whose text has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "Up", show=False),
        Binding("down", "go(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "pick(0)", "First", show=False),
        Binding("end", "pick(-1)", "Last", show=False),
    ]

    @dataclass
    class Picked(Message):
        """The user went to a row."""

        index: int

    highlighted: reactive[int | None] = reactive(None, repaint=False, init=False)

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []
        self._lines: dict[int, Strip] = {}

    @property
    def texts(self) -> list[str]:
        return [styled(row.line).plain for row in self._rows]

    def show(self, rows: Sequence[Row]) -> None:
        before, self._rows = self._rows, list(rows)
        for index in range(max(len(before), len(self._rows))):
            same = index < min(len(before), len(self._rows)) and before[index].reads_as(self._rows[index])
            if not same:
                self._repaint(index)
        if len(before) != len(self._rows):
            self.virtual_size = Size(0, len(self._rows))

    def render_line(self, y: int) -> Strip:
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        if index not in self._lines:
            style = self.get_visual_style("log--cursor") if index == self.highlighted else self.visual_style
            [line] = Visual.to_strips(self, styled(self._rows[index].line), width, 1, style)
            self._lines[index] = line.extend_cell_length(width, style.rich_style)
        return self._lines[index]

    def watch_highlighted(self, before: int | None, now: int | None) -> None:
        for index in (before, now):
            if index is not None:
                self._repaint(index)
        if now is not None:
            self.scroll_to_region(Region(0, now, 1, 1), animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        if inside is not None:
            self.action_pick(min(inside.y + self.scroll_offset.y, len(self._rows) - 1))

    def action_go(self, by: int) -> None:
        self.action_pick(min(max((self.highlighted or 0) + by, 0), len(self._rows) - 1))

    def action_page(self, by: int) -> None:
        self.action_go(by * max(1, self.size.height - 1))

    def action_pick(self, index: int) -> None:
        if self._rows:
            self.highlighted = index % len(self._rows)
            self.post_message(self.Picked(self.highlighted))

    @on(events.Resize)
    @on(events.Focus)
    @on(events.Blur)
    def repaint(self) -> None:
        self._lines.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        self._lines.clear()
        super().notify_style_update()

    def _repaint(self, index: int) -> None:
        self._lines.pop(index, None)
        self.refresh(Region(0, index - self.scroll_offset.y, self.size.width, 1))
