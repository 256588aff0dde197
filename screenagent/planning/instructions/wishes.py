"""Wishes that have a well-known way in most programs: a shortcut, a dialog, a name box, a calculator's keys."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from screenagent import keys
from screenagent.actions import Change, Click, PressKeys
from screenagent.events import PlannedStep
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.grammar import Pattern, Steps
from screenagent.planning.instructions.grammar import form as add_form
from screenagent.planning.instructions.steps import click_on, press, type_text
from screenagent.planning.skills import calculating, cells, dialogs, items, pages
from screenagent.planning.skills.skill import Skill

FORMS: Final[list[Pattern]] = []
form = partial(add_form, FORMS)

ENDS_CELL: Final = press("enter")
"""Ends what was typed into a cell, unless the next step presses a key that does so."""

_FILE_NAME: Final = re.compile(r"\.\w{1,5}\Z")
_STYLES: Final = {"bold": "b", "italic": "i", "italics": "i", "underline": "u", "underlined": "u"}


def _press(chord: str, *, changes: bool, times: int = 1) -> Steps:
    return (_shortcut(*keys.chord(chord), times=times, changes=changes),)


def _shortcut(*chord: str, times: int = 1, changes: bool = True) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=chord, times=times), expectation=Change() if changes else None)


def _click(target: str) -> Steps:
    return (click_on(target),)


for _wish in ENGLISH.wishes:
    form(*_wish.said)(partial(_press, _wish.press, changes=_wish.changes))
for _target, _said in ENGLISH.buttons.items():
    form(*_said)(partial(_click, _target))


@form("open[ up] {file}", "open[ up] {antecedent}")
def open_file(file: str = "", antecedent: str = "") -> Steps:
    """What lies in a folder opens by two clicks, what stands on a web page by one."""
    if antecedent or _FILE_NAME.search(file):
        return (_double_click(antecedent or file),)
    twice = _double_click(file)
    work = partial(items.open_item, name=file, twice=twice)
    return (Skill(f"open “{file}”", work, target=file, blind=(twice,)),) if file else None


form("select the word {old_text}")(lambda old_text: [_double_click(f"“{old_text}”")])


@form(
    "(create|make|add)[ (a|the)][ new] (folder|directory)[ (named|called|with the name)] {new_name}",
    "[a ]new (folder|directory)[ (named|called|with the name)] {new_name}",
)
def plan_new_folder(new_name: str) -> Steps:
    words = f"make a folder called “{new_name}”"
    return (Skill(words, partial(dialogs.new_folder, name=new_name), target=f"the {new_name} folder"),)


@form("save[ WORK] (as|under the name|under)[ a file][ (named|called)] {new_name}")
def plan_save_as(new_name: str) -> Steps:
    return (Skill(f"save as “{new_name}”", partial(dialogs.save_as, name=new_name)),)


form("save[ WORK]")(lambda: [Skill("save", dialogs.save, blind=(press("ctrl", "s"),))])


@form(
    "replace[ (all|every|each)][ the words?] {old_text} (with|by) {new_text}[ EVERYWHERE]",
    "change (all|every|each) {old_text} (to|into) {new_text}[ EVERYWHERE]",
)
def plan_replace(old_text: str, new_text: str) -> Steps:
    words = f"replace “{old_text}” with “{new_text}”"
    return (Skill(words, partial(dialogs.replace_words, old=old_text, new=new_text)),)


@form(
    "GO to[ the] page[ number] {page_number}",
    "show[ me] page {page_number}",
    "GO to the {page} page",
    "[show[ me] the ]{page} page",
)
def go_to_page(page_number: int = 0, page: str = "") -> Steps:
    words = f"go to the {page} page" if page else f"go to page {page_number}"
    return (Skill(words, partial(pages.turn_to_page, page=page or page_number)),)


@form("GO to {cell}", "(select|click)[ (on|in|into)] {named_cell}", "(select|mark|highlight) {cells}")
def go_to_cell(cell: str = "", named_cell: str = "", cells: str = "") -> Steps:
    return (_cell(cell or named_cell or cells),)


@form(
    "TYPE[ in][ the (text|value|number|formula|words?)] {cell_text} (in|into|to) {cell}",
    "(in|into) {cell}[,] (type|enter|write|put)[ in] {cell_text}",
    "set {cell} to {cell_text}",
    "fill[ in] {cell} with {cell_text}",
)
def type_in_cell(cell: str, cell_text: str) -> Steps:
    return (_cell(cell), type_text(cell_text), ENDS_CELL)


@form("(clear|empty|delete)[ the (contents?|text|value|number) (of|in)] {cell}", "(clear|empty) {cells}")
def clear_cell(cell: str = "", cells: str = "") -> Steps:
    return (_cell(cell or cells), press("delete"))


@form("(make|set|format) {cell} {style}", "(make|set|format) {cells} {style}")
def style_cells(style: str, cell: str = "", cells: str = "") -> Steps:
    return (_cell(cell or cells), _styled(style))


form("(type|enter|write) {line_text} in (capitals|capital letters|[all ](upper case|uppercase|upper-case))")(
    lambda line_text: [type_text(line_text.upper())]
)
form("make (it|that|this|them|the selection|the selected (text|words?|cells?)) {style}")(lambda style: [_styled(style)])


@form("rename {item} (to|as|into) {new_name}", "(change|set) the name of {item} to {new_name}")
def plan_rename(item: str, new_name: str) -> Steps:
    if not item:
        return None
    words = f"rename “{item}” to “{new_name}”"
    return (Skill(words, partial(items.rename, name=item, new=new_name), target=new_name),)


@form("(move|put|throw) {item} (in|into|to|onto)[ the] TRASH", "(delete|remove|trash) {item}")
def plan_delete(item: str) -> Steps:
    if not item:
        return None
    return (Skill(f"delete “{item}”", partial(items.delete, name=item)),)


@form("move {item} (into|to|onto|in) {to_item}", "put {item} (in|into) {to_folder}")
def plan_move(item: str, to_item: str = "", to_folder: str = "") -> Steps:
    to_item = to_item or to_folder
    if not (item and to_item):
        return None
    return (Skill(f"move “{item}” into “{to_item}”", partial(items.move, name=item, to=to_item)),)


@form("select[ the files] {items}")
def select_items(items: tuple[str, ...]) -> Steps:
    first, *others = items
    held = (PlannedStep(action=Click(target=name, modifiers=("ctrl",)), expectation=Change()) for name in others)
    return (click_on(first), *held)


@form("ADD_LINE", "ADD_LINE (below|underneath|after (this|it))")
def add_line() -> Steps:
    return (press("end"), _shortcut("enter"))


@form(
    "ADD_LINE AT_END SAYING {line_text}",
    "ADD_LINE[ SAYING] {quoted} AT_END",
    "ADD_LINE SAYING {line_text} AT_END",
    "AT_END[,] ADD_LINE[ SAYING] {line_text}",
)
def add_last_line(line_text: str = "", quoted: str = "") -> Steps:
    return (press("ctrl", "end"), _shortcut("enter"), type_text(quoted or line_text))


@form("ADD_LINE[ SAYING] {line_text}", "(type|write|enter) {line_text} (in|on) a (new|separate) line")
def add_line_saying(line_text: str) -> Steps:
    return (press("end"), _shortcut("enter"), type_text(line_text))


form("(type|write|enter|insert|add) {quoted} AT_START")(lambda quoted: [press("ctrl", "home"), type_text(quoted)])
form("ADD_LINE AT_END")(lambda: [press("ctrl", "end"), _shortcut("enter")])
form("append {quoted}[ to (the|this|my) (document|file|text|note)]", "(add|append|type|write) {quoted} AT_END")(
    lambda quoted: [press("ctrl", "end"), type_text(quoted)]
)


@form("(calculate|compute|work out|figure out) {sum}[ (with|on|in|using) the calculator]")
def plan_calculation(sum: str) -> Steps:
    return _calculation(calculating.parse_sum(sum))


form("multiply {one} (by|with|and) {other}")(lambda one, other: _calculation((one, "*", other)))
form("divide {one} by {other}")(lambda one, other: _calculation((one, "/", other)))
form("add {one} (and|to|plus) {other}")(lambda one, other: _calculation((one, "+", other)))
form("subtract {one} from {other}")(lambda one, other: _calculation((other, "-", one)))


@form("(go to|open|visit|browse to|navigate to|load)[ the (page|site|website|address|url)] {url}")
def go_to_address(url: str) -> Steps:
    return (press("ctrl", "l"), type_text(url), _shortcut("enter"))


@form("find the (words?|text) {old_text}[ IN_THE_TEXT]", "find {old_text} IN_THE_TEXT")
def search_for(old_text: str) -> Steps:
    return (_shortcut("ctrl", "f"), type_text(old_text), press("enter"))


@form(
    "(run|execute) the command {command}[ IN_THE_TERMINAL]",
    "(run|execute) {quoted}[ IN_THE_TERMINAL]",
    "(run|execute) {command} IN_THE_TERMINAL",
)
def run_command(command: str = "", quoted: str = "") -> Steps:
    return (type_text(command or quoted), _shortcut("enter"))


def _calculation(terms: tuple[str, ...]) -> Steps:
    words = f"calculate {' '.join(terms)}"
    return (Skill(words, partial(calculating.calculate, terms=terms)),)


def _double_click(target: str) -> PlannedStep:
    return PlannedStep(action=Click(target=target, count=2), expectation=Change())


def _cell(name: str) -> Skill:
    return Skill(f"go to cell {name}", partial(cells.select_cell, name=name), target=f"cell {name}")


def _styled(style: str) -> PlannedStep:
    return _shortcut("ctrl", _STYLES[style.lower()])
