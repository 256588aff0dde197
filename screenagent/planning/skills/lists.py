"""Selecting rows of a list that shows them: several with ctrl, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from screenagent.actions import Change, Click, Holds, Target, Verify
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location
from screenagent.perception.similarity import likeness
from screenagent.planning.skills.skill import SkillFailed, SkillRun
from screenagent.planning.skills.states import bring_about
from screenagent.planning.skills.view import ListRow, ScreenView

ALIGNED: Final = 0.008
"""How far apart the beginnings of two rows of one list may be, as a part of the screen's width."""
BESIDE: Final = 5
"""How far apart two rows of one list are at most where one says whether the list shows selections, in their heights."""
_LIST: Final = re.compile(r"\W*\b(?:scroll |multiple )?(?:list ?box|list|options|selection)\b\W*", re.IGNORECASE)

Rows = Mapping[str, ListRow]


def rows_of(view: ScreenView, names: Sequence[str], place: str) -> Rows | None:
    """Return the rows of these names, to the letter, in the list of that name; None if one of them is not shown.

    A name that stands in several places is taken where the other names stand, or where the list's own name does.
    """
    shown = {name: _rows(view, name) for name in names}
    if not all(shown.values()):
        return None
    label = _label(view, place)
    first = min(shown.values(), key=len)
    near = min((row.box for row in first), key=lambda box: _distance(box, label) if label else 0.0)
    chosen = {name: _in_line(rows, near, label) for name, rows in shown.items()}
    return {name: row for name, row in chosen.items() if row} if all(chosen.values()) else None


def select_rows(view: ScreenView, rows: Rows) -> SkillRun:
    """Select exactly these rows. The first click ends every other selection; ctrl adds to it.

    Rows with a box to tick are ticked. A list that shows no selection at all is only clicked.
    """
    boxes = {name: view.ticked(_location(row)) for name, row in rows.items()}
    ticks = [
        bring_about(box, name, "checked") for name, box in boxes.items() if box and box.is_in("checked") is not None
    ]
    if len(ticks) == len(rows):
        yield tuple(ticks)
        return
    if not _is_selected(view, rows):
        for number, (name, row) in enumerate(rows.items()):
            yield (_click(name, row, held=number > 0),)
    if not _shows_selection(view, rows):
        return
    yield tuple(PlannedStep(action=Verify(that=_selected(name, row))) for name, row in rows.items())


def _click(name: str, row: ListRow, *, held: bool) -> PlannedStep:
    target = Target(words=f"“{name}”", at=row.text.center)
    click = Click(target=target, modifiers=("ctrl",) if held else ())
    return PlannedStep(action=click, expectation=_selected(name, row) if row.told else Change())


def _location(row: ListRow) -> Location:
    return Location(point=row.text.center, box=row.text, confidence=1.0, by="text")


def _selected(name: str, row: ListRow) -> Holds:
    return Holds(control=name, at=row.box, state="selected")


def _is_selected(view: ScreenView, rows: Rows) -> bool:
    """Whether these rows are selected, and no other row of their list is."""
    wanted = list(rows.values())
    return all(view.is_selected(row) for row in wanted) and not any(
        view.is_selected(row) for row in _others(view, rows)
    )


def _shows_selection(view: ScreenView, rows: Rows) -> bool:
    """Whether the list is seen or told to select rows, be it others beside these."""
    if any(row.told or view.is_selected(row) for row in rows.values()):
        return True
    return any(view.is_selected(other) for other in _others(view, rows) if _is_near(other.box, rows))


def _is_near(box: Box, rows: Rows) -> bool:
    return any(abs(row.box.center.y - box.center.y) < BESIDE * (row.box.bottom - row.box.top) for row in rows.values())


def _others(view: ScreenView, rows: Rows) -> list[ListRow]:
    wanted = list(rows.values())
    return [row for row in view.rows if row not in wanted and _is_aligned(row.box, wanted[0].box)]


def _rows(view: ScreenView, name: str) -> list[ListRow]:
    exact = [row for row in view.rows if row.name.casefold() == name.casefold()]
    return exact or [row for row in view.rows if likeness(name, row.name) > 0]


def _in_line(rows: Sequence[ListRow], with_: Box, label: Box | None) -> ListRow | None:
    aligned = [row for row in rows if _is_aligned(row.box, with_)]
    if label:
        aligned.sort(key=lambda row: _distance(row.box, label))
    return aligned[0] if len(aligned) == 1 or (aligned and label) else None


def _is_aligned(one: Box, other: Box) -> bool:
    return abs(one.left - other.left) < ALIGNED


def _label(view: ScreenView, place: str) -> Box | None:
    """Where the name of the list is written, if one was said."""
    name = _LIST.sub(" ", place).strip(" “”\"'")
    found = [line.box for line in view.lines if likeness(name, line.text.rstrip(":")) > 0] if name else []
    if name and len(found) != 1:
        raise SkillFailed(f"there is no list “{name}” on the screen" if not found else f"“{name}” is there twice")
    return found[0] if found else None


def _distance(box: Box, label: Box) -> float:
    """A list stands below its name, or right of it."""
    across, down = box.left - label.left, box.top - label.top
    return max(across, -8 * across) + max(down, -8 * down)
