"""The steps that were, are and are planned, to scroll back through."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from screenagent.console.words import Row


class Log(OptionList):
    """One row a step; a row is only made and drawn again where what it says has changed."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[Row] = []

    def show(self, rows: Sequence[Row]) -> None:
        while self.option_count > len(rows):
            self.remove_option_at_index(self.option_count - 1)
        for index, row in enumerate(rows):
            if index >= self.option_count:
                self.add_option(Option(row.content))
            elif not row.reads_as(self._rows[index]):
                self.replace_option_prompt_at_index(index, row.content)
        self._rows = list(rows)
