"""Files and other items that are named to the letter: renamed, moved, deleted."""

from __future__ import annotations

from collections import Counter

from screenagent.actions import Change, Drag, Gone, PressKeys, Visible
from screenagent.events import PlannedStep
from screenagent.geometry import Box
from screenagent.perception.changes import changed_box
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.letters import changed_lines, columns, require_exact
from screenagent.planning.skills.moves import click, target_at
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import Screenshot

Colour = tuple[int, ...]


def rename(view: ScreenView, name: str, new: str) -> SkillRun:
    """Select it and press F2; type only if the item, or a dialog that says so, is then open for a new name."""
    item = require_exact(view, name)
    yield (click(item, f"“{name}”"),)
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
    yield (press("ctrl", "a"), type_text(new), _enter(Visible(words=new)))


def move(view: ScreenView, name: str, to: str) -> SkillRun:
    start, end = require_exact(view, name), require_exact(view, to)
    drag = Drag(path=(target_at(start, f"“{name}”"), target_at(end, f"“{to}”")))
    yield (PlannedStep(action=drag, expectation=Gone(words=name)),)


def delete(view: ScreenView, name: str) -> SkillRun:
    """Select it and press Delete, only if it is seen to be selected."""
    item = require_exact(view, name)
    yield (click(item, f"“{name}”"),)
    if item.box is None or not is_selected(view.screen, item.box):
        raise SkillFailed(f"a click does not select “{name}”, so Delete could delete something else")
    yield (PlannedStep(action=PressKeys(keys=("delete",)), expectation=Gone(words=name)),)


def is_selected(screen: Screenshot, box: Box) -> bool:
    """Whether the background of an item differs from what lies above and below it."""
    high = box.bottom - box.top
    above = Box(left=box.left, right=box.right, top=max(0.0, box.top - high), bottom=max(0.001, box.top - 0.3 * high))
    below = Box(
        left=box.left, right=box.right, top=min(0.999, box.bottom + 0.3 * high), bottom=min(1.0, box.bottom + high)
    )
    return all(_background(screen, box) != _background(screen, part) for part in (above, below))


def _background(screen: Screenshot, box: Box) -> Colour:
    pixels = screen.pixels.convert("RGB").crop(box.pixels(screen.size))
    colours: Counter[Colour] = Counter(pixels.getdata())
    return colours.most_common(1)[0][0]


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


def _enter(expectation: Visible) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=("enter",)), expectation=expectation)
