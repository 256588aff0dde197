"""Files and other items that are named to the letter: renamed, moved, deleted."""

from __future__ import annotations

import re
from typing import Final

from screenagent.actions import Change, Drag, Gone, PressKeys, Visible
from screenagent.events import PlannedStep
from screenagent.geometry import Box
from screenagent.perception.changes import changed_box
from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import click_on, press, wait_for_words
from screenagent.planning.skills.dialogs import enter_name
from screenagent.planning.skills.letters import changed_lines, columns, exact, require_exact
from screenagent.planning.skills.moves import click, target_at
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Screenshot

SECONDS_TO_GO: Final = 5.0
YES: Final = ("Move to Trash", "Move To Trash", "Delete", "Yes", "OK")


def open_item(view: ScreenView, name: str, *, twice: PlannedStep) -> SkillRun:
    """Open what is called so: by one click on a web page, elsewhere by the double-click `twice`."""
    yield (click_on(name) if view.is_web_page else twice,)


def rename(view: ScreenView, name: str, new: str) -> SkillRun:
    """Select it and press F2; type only if the item, or a dialog that says so, is then open for a new name."""
    item = require_exact(view, name)
    yield (click(item, name),)
    before, lines = view.screen, columns(view)
    try:
        yield (PlannedStep(action=PressKeys(keys=("f2",)), expectation=Change()),)
    except SkillStepFailed:
        raise SkillFailed(f"F2 does not rename “{name}” here; write the steps of this program") from None
    asked = any(
        "rename" in line.text.casefold() or "name:" in line.text.casefold() for line in changed_lines(view, lines)
    )
    if not asked and not (item.box and _is_about(before, view.screen, item.box)):
        yield (press("escape"),)
        raise SkillFailed(f"F2 does not rename “{name}” here; write the steps of this program")
    yield from enter_name(view, new, Visible(words=new))


def move(view: ScreenView, name: str, to: str) -> SkillRun:
    start, end = require_exact(view, name), require_exact(view, to)
    drag = Drag(path=(target_at(start, name), target_at(end, to)))
    yield (PlannedStep(action=drag, expectation=Gone(words=name)),)


def delete(view: ScreenView, name: str) -> SkillRun:
    """Select it and press Delete, only if it is seen to be selected; answer the question whether it is meant."""
    item = require_exact(view, name)
    yield (click(item, name),)
    if item.box is None or not is_selected(view.screen, item.box):
        raise SkillFailed(f"a click does not select “{name}”, so Delete could delete something else")
    before = columns(view)
    yield (PlannedStep(action=PressKeys(keys=("delete",)), expectation=Change()),)
    if answer := _answer(view, changed_lines(view, before), name):
        yield (click(answer.center, "the button that says yes", expectation=Change()),)
    yield (wait_for_words(name, gone=True, seconds=SECONDS_TO_GO),)


def _answer(view: ScreenView, lines: list[TextLine], name: str) -> Box | None:
    """Return the button that says yes to a question about this item, unless it would be deleted for good."""
    asked = " ".join(line.text for line in lines)
    if re.search(r"\b(?:permanent|irrevers|cannot be undone|forever)", asked, re.IGNORECASE):
        raise SkillFailed(f"“{name}” would be deleted for good; answer that question yourself")
    if name not in asked:
        return None
    return next((box for yes in YES for box in exact(view, yes)), None)


def is_selected(screen: Screenshot, box: Box) -> bool:
    """Whether the background of an item differs from what lies above and below it."""
    high = box.bottom - box.top
    above = Box(left=box.left, right=box.right, top=max(0.0, box.top - high), bottom=max(0.001, box.top - 0.3 * high))
    below = Box(
        left=box.left, right=box.right, top=min(0.999, box.bottom + 0.3 * high), bottom=min(1.0, box.bottom + high)
    )
    return all(_background(screen, box) != _background(screen, part) for part in (above, below))


def _background(screen: Screenshot, box: Box) -> object:
    """The colour of most of its pixels."""
    pixels = screen.pixels.convert("RGB").crop(box.pixels(screen.size))
    return max(pixels.getcolors(pixels.width * pixels.height) or [(0, None)], key=lambda counted: counted[0])[1]


def _is_about(before: Screenshot, after: Screenshot, item: Box) -> bool:
    """Whether all that changed lies around the item, and more than a caret's width."""
    changed = changed_box(before, after)
    if changed is None:
        return False
    high, wide = item.bottom - item.top, item.right - item.left
    return (
        changed.top >= item.top - 4 * high
        and changed.bottom <= item.bottom + 3 * high
        and changed.left <= item.center.x <= changed.right
        and changed.right - changed.left >= 0.5 * wide
    )
