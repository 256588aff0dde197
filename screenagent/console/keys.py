"""All keys of a screen, with what they do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class KeysScreen(ModalScreen[None]):
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
