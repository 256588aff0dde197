"""The steps that were, are and are planned, to scroll back through."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class Log(OptionList):
    """One row a step; a row is only redrawn where it reads differently."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._rows: list[str] = []

    def show(self, rows: Sequence[Content]) -> None:
        markups = [row.markup for row in rows]
        while self.option_count > len(rows):
            self.remove_option_at_index(self.option_count - 1)
        for index, row in enumerate(rows):
            if index >= self.option_count:
                self.add_option(Option(row))
            elif self._rows[index] != markups[index]:
                self.replace_option_prompt_at_index(index, row)
        self._rows = markups
