"""Going to a cell of a spreadsheet by its name box, which shows the name of the cell that is selected."""

from __future__ import annotations

import re
from typing import Final

from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.letters import columns
from screenagent.planning.skills.moves import click
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.view import ScreenView

_CELL: Final = re.compile(r"[A-Z]{1,3}\d{1,7}(?::[A-Z]{1,3}\d{1,7})?")


def select_cell(view: ScreenView, name: str) -> SkillRun:
    """Type the name of a cell, or of a range, into the name box; see that the box shows it afterwards."""
    box = _name_box(view)
    if box is None:
        raise SkillFailed("no name box is to be seen, such as “A1” beside the formula; select the cell yourself first")
    if box.text == name:
        return
    yield (click(box.box.center, "the name box"), press("ctrl", "a"), type_text(name), press("enter"))
    shown = _name_box(view)
    if shown is None or shown.text not in (name, name.partition(":")[0]):
        said = f"shows “{shown.text}”" if shown else "is not to be seen any more"
        raise SkillFailed(f"the name box {said}, not “{name}”")


def _name_box(view: ScreenView) -> TextLine | None:
    """The topmost name of a cell in the left half: what a cell holds stands below it."""
    named = (line for line in columns(view) if _CELL.fullmatch(line.text) and line.box.center.x < 0.5)
    return min(named, key=lambda line: line.box.top, default=None)
