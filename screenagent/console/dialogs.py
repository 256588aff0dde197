"""The small screens that lie over another one: a list of all keys, and a line to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from screenagent.showing import abridged


class KeysScreen(ModalScreen[None]):
    """Lists the keys of a screen, with what they do."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q", "dismiss", "Back")]

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        explained = (binding for binding in bindings if isinstance(binding, Binding) and binding.tooltip)
        self._explained = {binding.tooltip: binding for binding in explained}.values()

    def compose(self) -> ComposeResult:
        with VerticalScroll() as listed:
            listed.border_title = "Keys"
            listed.border_subtitle = "Esc goes back"
            yield Static(Content("\n").join(self._line(binding) for binding in self._explained))

    def _line(self, binding: Binding) -> Content:
        name = binding.key_display or self.app.get_key_display(binding)
        return Content.assemble((f"{name:>5}  ", "bold $text-accent"), binding.tooltip)


class EntryLine(Input):
    """A line of text in which Ctrl+A marks all, as it does elsewhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+a", "select_all", "All", show=False)]


class PromptScreen(ModalScreen[str | None]):
    """Asks for one line: a reason, other words, an answer, something to tell the agent.

    Esc leaves it, which gives None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back")]

    def __init__(self, title: str, *, value: str = "", hint: str = "") -> None:
        super().__init__()
        self._title, self._value, self._hint = title, value, abridged(hint)

    def compose(self) -> ComposeResult:
        line = EntryLine(self._value, placeholder=self._hint)
        line.border_title = Text(abridged(self._title))
        line.border_subtitle = "Enter sends it · Esc goes back"
        yield line

    def on_key(self, event: events.Key) -> None:
        """Keep the letters that are typed before the line has the focus."""
        if event.character and event.is_printable and not self.query_one(Input).has_focus:
            self.query_one(Input).insert_text_at_cursor(event.character)
            event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)
