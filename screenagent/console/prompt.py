"""One line to fill in, over what it is about: a reason, other words, an answer, something to tell the agent."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Input


class PromptScreen(ModalScreen[str | None]):
    """Gives the line, or None where it was left with Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, title: str, *, value: str = "", hint: str = "") -> None:
        super().__init__()
        self._title, self._value, self._hint = title, value, hint

    def compose(self) -> ComposeResult:
        line = Input(self._value, placeholder=self._hint)
        line.border_title = self._title
        line.border_subtitle = "Enter sends it · Esc goes back"
        yield line

    def on_key(self, event: events.Key) -> None:
        """Who types on at once loses no letter, though the line has not the focus yet."""
        if event.character and event.is_printable and not self.query_one(Input).has_focus:
            self.query_one(Input).insert_text_at_cursor(event.character)
            event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)
