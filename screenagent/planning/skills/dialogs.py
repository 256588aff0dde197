"""What a dialog asks for: saved under a name, a new folder, words replaced. Nothing is typed unless the dialog came."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Final

from screenagent.actions import Change, Gone, PressKeys, Visible
from screenagent.events import PlannedStep
from screenagent.geometry import Location
from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.letters import changed_lines, columns, exact
from screenagent.planning.skills.moves import click, replace_text
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed, SkillSteps
from screenagent.planning.skills.view import ScreenView

Opening = Generator[SkillSteps, None, TextLine]

_SAVING: Final = re.compile(r"save.*\b(?:as|copy|file|document)\b|^(?:file ?)?name ?:?$|^save in folder", re.IGNORECASE)
_FOLDER: Final = re.compile(r"\b(?:folder|directory)\b", re.IGNORECASE)
_REPLACING: Final = re.compile(r"\breplace\b", re.IGNORECASE)
_FINDING: Final = re.compile(r"^(?:find|search(?: for)?|search term|text to find)\b.*", re.IGNORECASE)


def save(view: ScreenView) -> SkillRun:
    """A document without a name is not saved by its shortcut: the dialog that asks for one ends the task."""
    before = columns(view)
    yield (press("ctrl", "s"),)
    if asked := _asked(view, before, _SAVING):
        raise SkillFailed(f"“{asked.text}” asks for a name; say it, for example “save as notes.txt”")


def save_as(view: ScreenView, name: str) -> SkillRun:
    asked = yield from _opened(view, ("ctrl", "shift", "s"), _SAVING, "save under another name")
    yield (press("ctrl", "a"), type_text(name), _enter(Gone(words=asked.text)))


def new_folder(view: ScreenView, name: str) -> SkillRun:
    yield from _opened(view, ("ctrl", "shift", "n"), _FOLDER, "make a folder")
    yield (press("ctrl", "a"), type_text(name), _enter(Visible(words=name)))


def replace_words(view: ScreenView, old: str, new: str) -> SkillRun:
    """All of them, in the dialog that most editors open by Ctrl+H."""
    before = _count(view, old)
    yield from _opened(view, ("ctrl", "h"), _REPLACING, "replace words")
    yield replace_text(_field(view, _FINDING), "the field of what to find", old)
    yield replace_text(_field(view, _REPLACING), "the field of what to put there", new)
    button = next((box for name in ("Replace All", "Replace all") for box in exact(view, name)), None)
    if button is None:
        raise SkillFailed("the dialog has no button “Replace All” to be seen")
    yield (click(button.center, "Replace All", expectation=Change()),)
    yield (press("escape"),)
    if before and _count(view, old) >= before and old not in new:
        raise SkillFailed(f"“{old}” is still there")


def _opened(view: ScreenView, chord: tuple[str, ...], sign: re.Pattern[str], purpose: str) -> Opening:
    """Press `chord`; return the line of the dialog that says what it is for."""
    before = columns(view)
    nothing = SkillFailed(f"{'+'.join(chord)} opens no dialog here to {purpose}; open it by its menu first")
    try:
        yield (PlannedStep(action=PressKeys(keys=chord), expectation=Change()),)
    except SkillStepFailed:
        raise nothing from None
    asked = _asked(view, before, sign)
    if asked is None:
        raise nothing
    return asked


def _asked(view: ScreenView, before: list[TextLine], sign: re.Pattern[str]) -> TextLine | None:
    return next((line for line in changed_lines(view, before) if sign.search(line.text)), None)


def _field(view: ScreenView, label: re.Pattern[str]) -> Location:
    """The field whose label reads so, one beside which a field stands."""
    for line in columns(view):
        name = line.text.rstrip(": ")
        if label.search(name) and (found := view.find(f"the “{name}” field")) and found.box:
            return found
    raise SkillFailed("the dialog's fields are not to be seen")


def _count(view: ScreenView, words: str) -> int:
    return sum(line.text.count(words) for line in view.lines)


def _enter(expectation: Gone | Visible) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=("enter",)), expectation=expectation)
