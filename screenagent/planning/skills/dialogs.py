"""What a dialog asks for: saved under a name, a new folder, words replaced. Nothing is typed unless the dialog came."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import suppress
from typing import Final, NamedTuple

from screenagent.actions import Change, Gone, Key, PressKeys, Visible
from screenagent.events import PlannedStep
from screenagent.geometry import Box, Location
from screenagent.perception.changes import difference
from screenagent.perception.labels import TextLine
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.choosing import follow
from screenagent.planning.skills.letters import changed_lines, columns, exact
from screenagent.planning.skills.moves import click, replace_text
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillStepFailed, SkillSteps
from screenagent.planning.skills.view import ScreenView

MOST_SHOWN: Final = 8
"""How many of the lines on the screen are named where none of them is what was sought."""

Opening = Generator[SkillSteps, None, TextLine]

_SAVING: Final = re.compile(r"save.*\b(?:as|copy|file|document)\b|^(?:file ?)?name ?:?$|^save in folder", re.IGNORECASE)
_FOLDER: Final = re.compile(r"\b(?:folder|directory)\b", re.IGNORECASE)
_REPLACING: Final = re.compile(r"\breplace\b", re.IGNORECASE)
_FIND_LABEL: Final = re.compile(r"^(?:find(?: what)?|search(?: for)?|search term|text to find)$", re.IGNORECASE)
_REPLACE_LABEL: Final = re.compile(r"^(?:replace(?: with| by)?|replacement|with)$", re.IGNORECASE)


class Dialog(NamedTuple):
    """A dialog by what it is for, a line in it that says so, and the shortcuts and menus that open it."""

    purpose: str
    sign: re.Pattern[str]
    chords: tuple[tuple[Key, ...], ...]
    menus: tuple[tuple[str, str], ...] = ()


SAVING_AS: Final = Dialog("save under another name", _SAVING, (("ctrl", "shift", "s"),), (("File", "Save As"),))
MAKING_A_FOLDER: Final = Dialog("make a folder", _FOLDER, (("ctrl", "shift", "n"),), (("File", "New Folder"),))
REPLACING: Final = Dialog(
    "replace words", _REPLACING, (("ctrl", "h"), ("ctrl", "r")), (("Search", "Replace"), ("Edit", "Replace"))
)


def save(view: ScreenView) -> SkillRun:
    """By the one button “Save” that is on the screen, or by Ctrl+S.

    A document without a name is not saved by its shortcut: the dialog that asks for one ends the task.
    """
    buttons = exact(view, "Save")
    if len(buttons) == 1:
        yield (click(buttons[0].center, "Save", expectation=Change()),)
        return
    before = columns(view)
    yield (press("ctrl", "s"),)
    if asked := _asked(view, before, _SAVING):
        raise SkillFailed(f"“{asked.text}” asks for a name; say it, for example “save as notes.txt”")


def save_as(view: ScreenView, name: str) -> SkillRun:
    asked = yield from _opened(view, SAVING_AS)
    yield from enter_name(view, name, Gone(words=asked.text))


def new_folder(view: ScreenView, name: str) -> SkillRun:
    yield from _opened(view, MAKING_A_FOLDER)
    yield from enter_name(view, name, Visible(words=name))


def replace_words(view: ScreenView, old: str, new: str) -> SkillRun:
    """All of them, in the dialog that editors open by Ctrl+H or, if that does nothing, by Ctrl+R or a menu."""
    before = _count(view, old)
    yield from _opened(view, REPLACING)
    finding, replacing = _field(view, _FIND_LABEL), _field(view, _REPLACE_LABEL)
    if finding.point == replacing.point:
        raise SkillFailed("the two fields of the dialog cannot be told from each other")
    yield replace_text(finding, "the field of what to find", old)
    yield replace_text(replacing, "the field of what to put there", new)
    button = yield from _replace_all(view)
    yield (click(button.center, "Replace All", expectation=Change()),)
    yield (press("escape"),)
    if before and _count(view, old) >= before and old not in new:
        raise SkillFailed(f"“{old}” is still there")


def _replace_all(view: ScreenView) -> Generator[SkillSteps, None, Box]:
    """Return the button for all of them; some dialogs have it only after a tick that says so."""
    option = next((line for line in columns(view) if line.text.startswith("Replace all in")), None)
    if not _buttons(view) and option:
        yield (click(option.box.center, option.text, expectation=Change()),)
    if found := _buttons(view):
        return found[0]
    raise SkillFailed("the dialog has no button “Replace All” to be seen")


def _buttons(view: ScreenView) -> list[Box]:
    return [box for name in ("Replace All", "Replace all") for box in exact(view, name)]


def _opened(view: ScreenView, dialog: Dialog) -> Opening:
    """Press the first of the chords that does something, or else choose it from a menu; return the line of the dialog
    that says what it is for."""
    before, lines = view.screen, columns(view)
    for chord in dialog.chords:
        with suppress(SkillStepFailed):
            yield (PlannedStep(action=PressKeys(keys=chord), expectation=Change()),)
        if asked := _asked(view, lines, dialog.sign):
            return asked
        if difference(before, view.screen):
            break
    else:
        if asked := (yield from _chosen(view, dialog, lines)):
            return asked
    pressed = " and ".join("+".join(chord) for chord in dialog.chords)
    raise SkillFailed(f"no dialog to {dialog.purpose} is opened by {pressed} here; open it by its menu first")


def _chosen(view: ScreenView, dialog: Dialog, before: list[TextLine]) -> Generator[SkillSteps, None, TextLine | None]:
    """Open it by the first of its menus that is there."""
    menu = next((menu for menu in dialog.menus if view.find(f"the {menu[0]} menu")), None)
    if menu is None:
        return None
    try:
        yield from follow(view, menu)
    except SkillStepFailed:
        yield (press("escape"),)
    return _asked(view, before, dialog.sign)


def _asked(view: ScreenView, before: list[TextLine], sign: re.Pattern[str]) -> TextLine | None:
    return next((line for line in changed_lines(view, before) if sign.search(line.text)), None)


def _field(view: ScreenView, label: re.Pattern[str]) -> Location:
    """The field whose label reads so, one beside which a field stands."""
    for line in columns(view):
        name = line.text.rstrip(": ")
        if label.search(name) and (found := view.find(f"the “{name}” field")) and found.box:
            return found
    shown = ", ".join(f"“{line.text}”" for line in columns(view)[:MOST_SHOWN])
    raise SkillFailed(f"the dialog's fields are not to be seen; the screen shows {shown or 'no text'}")


def _count(view: ScreenView, words: str) -> int:
    return sum(line.text.count(words) for line in view.lines)


def enter_name(view: ScreenView, name: str, expectation: Gone | Visible) -> SkillRun:
    """Replace the name in the field that has the focus, see that nothing of the old one is left, and press Enter.

    Ctrl+A selects all in some of these fields only.
    """
    yield (press("home"), press("shift", "end"), type_text(name))
    if left := next((line.text for line in columns(view) if _goes_on(line.text, name)), None):
        raise SkillFailed(f"the field reads “{left}” instead of “{name}”")
    yield (PlannedStep(action=PressKeys(keys=("enter",)), expectation=expectation),)


def _goes_on(text: str, name: str) -> bool:
    """Whether a line reads more than the name, without a blank between."""
    return text.startswith(name) and not text[len(name) :].startswith((" ", "/")) and text != name
