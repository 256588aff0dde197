"""The grammar: what each phrase of plain English asks to be done.

A pattern reads as the phrase is written: `{slot}` is a place to fill (see `slots`), `(a|b)` a choice, `[...]` may be
left out, and words in capitals stand for the wordings below. The first form that fits a phrase reads it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from screenagent import keys as key_names
from screenagent.actions import (
    Ask,
    Button,
    Change,
    Click,
    Direction,
    Drag,
    HoldKeys,
    Modifier,
    Move,
    PressKeys,
    Scroll,
    TypeText,
    Wait,
    WaitFor,
)
from screenagent.events import PlannedStep
from screenagent.planner.quotes import Quotes
from screenagent.planner.refusals import Unreadable
from screenagent.planner.slots import FIELD, SLOTS, Said

Steps = Iterable[PlannedStep] | None
"""What a phrase asks for; None if it does not read in this way after all."""

Builder = Callable[..., Steps]


@dataclass(frozen=True)
class Form:
    pattern: re.Pattern[str]
    steps: Builder

    def read(self, phrase: str, said: Said) -> tuple[PlannedStep, ...] | None:
        fit = self.pattern.fullmatch(phrase)
        if fit is None:
            return None
        filled = {name: SLOTS[name].value(said, part) for name, part in fit.groupdict().items() if part is not None}
        steps = self.steps(**filled)
        return None if steps is None else tuple(steps)


WORDINGS: Final = {
    "TYPE": "(type|enter|write|insert|input|put)",
    "WRITE": "(type|enter|write)[ the (text|words?|number|phrase|string|sentence|command|following text)][:]",
    "CLICK": "[{count}(-| |)][{button}(-| |)](click|clicking|tap)[ once][ (on|at)]",
    "OPEN": "(open|press|hit|push|choose|select|pick|tap|highlight|toggle)[ on]",
    "DRAG": "[{button}(-| )](drag|dragging)[ and drop][ from]",
    "HOLDING": "(hold|holding|keep)[ down][ the] {modifiers}[ key][ (down|pressed)][,][ (and|then|while)]",
    "HELD": "(while holding|holding|with)[ down][ the] {modifiers}[ key][ (held|pressed)][ down]",
    "MOUSE": "[the ](mouse|pointer|cursor|mouse pointer|mouse cursor)",
    "ONTO": "(to|onto|into|over to|on top of)",
    "VIA": "(via|through|by way of)",
    "OVER": "(in|over|on|inside|within)",
    "IN": "(in|on|from|under|inside|at)",
    "CHECK": "(check|verify|make sure|ensure|confirm|assert|see)[ that| if| whether]",
    "STATE": "(shown|visible|displayed|seen|there|present|open|on [the ]screen)",
    "SHOWN": "((is|are) (STATE|up)|(has|have) appeared|can be seen|[should ](appears?|shows?|be STATE)[ up]"
    "|(comes|pops) up)",
    "GONE": "((is|are) (not|no longer) STATE|(isn.t|aren.t) STATE|(is|are|has|have) (gone|disappeared|vanished)"
    "|[should ](disappears?|vanish|vanishes|be gone)|goes away|can.t be seen|cannot be seen|closes)",
    "UP_TO": "(up to|for up to|for at most|at most|within|for a maximum of|for)",
    "TEXT_OF": "(all|all the text|all text|the text|text|the contents?|everything|the value)",
    "PURPOSE": "(confirm|accept|close|save|apply|continue|finish|cancel|submit)[ (it|this|that|the .{1,40}|changes)]",
}

FORMS: Final[list[Form]] = []


def steps_of(phrase: str, quotes: Quotes, *, it: str | None = None) -> tuple[PlannedStep, ...] | None:
    """What `phrase` asks for, or None if no form fits; "it" stands for the target `it`."""
    said = Said(quotes, it)
    try:
        return next((steps for form in FORMS if (steps := form.read(phrase, said)) is not None), None)
    except ValidationError as refused:
        first = refused.errors()[0]
        raise Unreadable(quotes.verbatim(phrase), f"{first['loc'][-1]}: {first['msg'].lower()}") from None
    except Unreadable as refused:
        raise Unreadable(quotes.verbatim(phrase), refused.why) from None


def form(*patterns: str) -> Callable[[Builder], Builder]:
    """Make the decorated function say what to do for phrases of these patterns."""

    def add(steps: Builder) -> Builder:
        FORMS.extend(Form(_compiled(pattern), steps) for pattern in patterns)
        return steps

    return add


def _compiled(pattern: str) -> re.Pattern[str]:
    spelled = {" ": r"\s+", "(": "(?:", "[": "(?:", "]": ")?", "+": r"\+"}

    def translate(part: re.Match[str]) -> str:
        return f"(?P<{part[1]}>{SLOTS[part[1]].pattern})" if part[1] else spelled[part[0]]

    return re.compile(re.sub(r"\{(\w+)\}|[ ([\]+]", translate, _worded(pattern)), re.IGNORECASE)


def _worded(pattern: str) -> str:
    """`pattern` with every wording put in its place, also those within wordings."""
    return re.sub(r"\b[A-Z][A-Z_]+\b", lambda name: _worded(WORDINGS[name[0]]), pattern)


@form(
    "TYPE[ in| out][ the][ following][ (text|words?|string|command|line|name|value|number)][:] {quoted}"
    "[ (into|in|inside|to|on|as|for) {into}]",
    "(into|in) {into}, TYPE {quoted}",
    "(into|in) {into}, TYPE {text}",
    "(into|in) {into_field} TYPE {quoted}",
    "(into|in) {into_field} TYPE {text}",
    "TYPE {text} into {into}",
    "WRITE {text} in {into_field}",
    "(type|enter) {text} as {the_into}",
    "paste {quoted} (into|in) {into}",
    "(fill|put)[ in] {quoted} (into|in) {into}",
    "fill[ in] {into} with {text}",
)
def type_into(
    quoted: str = "",
    text: str = "",
    into: str | None = None,
    into_field: str | None = None,
    the_into: str | None = None,
) -> Steps:
    return (*_focus(into or into_field or the_into), _type(quoted or text))


@form("WRITE {text} followed by[ the] {keys}[ key]")
def type_and_press(text: str, keys: str) -> Steps:
    return (_type(text), _press(_chord(keys)))


@form("WRITE {text}", "paste {quoted}")
def type_here(text: str = "", quoted: str = "") -> Steps:
    return (_type(quoted or text),)


@form(
    "set {field} to {text}",
    "replace TEXT_OF (in|of) {target} (with|by) {text}",
    "change the (text|contents?|value) (in|of) {target} to {text}",
)
def type_instead(text: str, field: str = "", target: str = "") -> Steps:
    return (*_focus(field or target), _press(("ctrl", "a")), _type(text))


@form("(clear|empty) {target}", "(delete|clear|remove|erase) TEXT_OF (in|of|from) {target}")
def clear(target: str) -> Steps:
    return (*_focus(target), _press(("ctrl", "a")), _press(("delete",)))


@form("select (all|everything)[ of][ (it|the text|text|the files|files|the items|items|the words)]")
def select_all() -> Steps:
    return (_press(("ctrl", "a")),)


@form("select TEXT_OF (in|of) {target}")
def select_all_of(target: str) -> Steps:
    return (*_focus(target), _press(("ctrl", "a")))


@form("{shortcut}[ (it|that|this|them|the selection|the selected text|the selected files|the text|the last change)]")
def use_shortcut(shortcut: tuple[str, ...]) -> Steps:
    return (_press(shortcut),)


@form("delete (it|the selection|the selected text|the selected files?)")
def delete_selection() -> Steps:
    return (_press(("delete",)),)


@form("paste[ (it|that|the text)] (into|in) {into}")
def paste_into(into: str | None = None) -> Steps:
    return (*_focus(into), _press(("ctrl", "v")))


@form(
    "(hold|hold down|keep holding|press and hold)[ down][ the] {keys}[ (key|keys)][ down] for {seconds}",
    "keep[ the] {keys}[ (key|keys)] (pressed|down) for {seconds}",
)
def hold_keys(keys: str, seconds: float) -> Steps:
    return (PlannedStep(action=HoldKeys(keys=_chord(keys), seconds=seconds)),)


@form(
    "(press|hit|push|tap|strike|use)[ and release][ the][ (shortcut|keyboard shortcut|key combination|keys|key)] {keys}"
    "[ (key|keys|shortcut)][ {times}][ again][ on the keyboard][ to .{1,100}]"
)
def press_keys(keys: str, times: int = 1) -> Steps:
    if not _reads_as_keys(keys):
        return None
    return (_press(_chord(keys), times=times),)


@form("(press|hit|push|tap|strike)[ the] {keys} key")
def press_key(keys: str) -> Steps:
    return (_press(_chord(keys)),)


@form(
    "wait[ for][ (up to|at most|a maximum of)] {seconds}[,] (until|till|for) {words} SHOWN",
    "wait (up to|at most|a maximum of) {seconds} for {words}[ to appear]",
    "wait (until|till) {words} SHOWN[[,] UP_TO {seconds}]",
    "wait for {words} to (appear|be STATE|show|show up|come up|pop up|open)[[,] UP_TO {seconds}]",
    "(when|once|as soon as|after) {words} SHOWN",
    "{words} should (appear|be STATE|show up|come up)",
)
def wait_until_shown(words: str, seconds: float | None = None) -> Steps:
    return (_watch(words, seconds=seconds),)


@form(
    "wait[ for][ (up to|at most|a maximum of)] {seconds}[,] (until|till) {words} GONE",
    "wait (until|till) {words} GONE[[,] UP_TO {seconds}]",
    "wait while {words} SHOWN[[,] UP_TO {seconds}]",
    "wait for {words} to (disappear|vanish|go away|be gone|close)[[,] UP_TO {seconds}]",
    "(when|once|as soon as|after) {words} GONE",
    "{words} should (disappear|vanish|be gone|go away)",
)
def wait_until_gone(words: str, seconds: float | None = None) -> Steps:
    return (_watch(words, gone=True, seconds=seconds),)


@form("(wait|pause|sleep)[ for][ another] {seconds}[ more]")
def wait(seconds: float) -> Steps:
    return (PlannedStep(action=Wait(seconds=seconds)),)


@form("wait for {words}[[,] UP_TO {seconds}]")
def wait_for(words: str, seconds: float | None = None) -> Steps:
    return (_watch(words, seconds=seconds),)


@form("CHECK {words} GONE", "CHECK there (is|are) no {words}")
def check_gone(words: str) -> Steps:
    return (_watch(words, gone=True, seconds=0),)


@form("CHECK {words} and {more} are STATE", "CHECK both {words} and {more} are STATE")
def check_both_shown(words: str, more: str) -> Steps:
    return (_watch(words, seconds=0), _watch(more, seconds=0))


@form(
    "CHECK there (is|are) {words}[ on the screen]",
    "CHECK {words} SHOWN",
    "CHECK .{1,60} (shows|contains|says|reads|displays) {words}",
    "CHECK .{1,60} is {quoted}",
)
def check_shown(words: str = "", quoted: str = "") -> Steps:
    return (_watch(words or quoted, seconds=0),)


@form("ask[ me| the user][:|,] {question}")
def ask(question: str) -> Steps:
    return (PlannedStep(action=Ask(question=question)),)


@form(
    "scroll {direction} OVER {target}[ by] {notches}",
    "scroll[ the mouse][ wheel] {direction}[ by][ {notches}][ OVER {target}]",
    "scroll {direction} {pane}[ by][ {notches}]",
    "scroll {pane} {direction}[ by][ {notches}]",
    "scroll[ by] {notches} {direction}[ OVER {target}]",
)
def scroll(direction: Direction, notches: int = 5, target: str | None = None, pane: str | None = None) -> Steps:
    over = target or pane
    anywhere = over is None or re.fullmatch(r"the (?:page|screen|window)", over, re.IGNORECASE)
    return (PlannedStep(action=Scroll(direction=direction, notches=notches, target=None if anywhere else over)),)


@form("[{modifiers}(-|+| )]DRAG {stops}")
def drag_along(stops: tuple[str, ...], button: Button = "left", modifiers: tuple[Modifier, ...] = ()) -> Steps:
    return _drag(stops, button, modifiers)


@form(
    "HOLDING DRAG {target} ONTO {to}",
    "DRAG {target} ONTO {to} HELD",
    "[{modifiers}(-|+| )]DRAG {target} VIA {via} ONTO {to}",
    "[{modifiers}(-|+| )]DRAG {target} ONTO {to}[ VIA {via}]",
)
def drag(
    target: str, to: str, via: str | None = None, button: Button = "left", modifiers: tuple[Modifier, ...] = ()
) -> Steps:
    return _drag((target, via, to) if via else (target, to), button, modifiers)


@form(
    "(move|bring) MOUSE (to|over|onto|on|above) {target}",
    "hover[ MOUSE][ (over|on|above|at)] {target}",
    "mouse over {target}",
    "point[ MOUSE] (at|to) {target}",
)
def move(target: str) -> Steps:
    return (PlannedStep(action=Move(target=target)),)


@form(
    "click (in|into|inside) {target}",
    "(put|place|set) the (cursor|caret|focus) (in|into|on|at) {target}",
    "focus[ on] {target}",
)
def focus(target: str) -> Steps:
    return _focus(target)


@form(
    "[(click|open|choose|select|pick|press|hit|use|go to)[ on] ]{menus}",
    "(open|choose|select|pick|go to|navigate to|use) {path}",
)
def follow_menus(path: tuple[str, ...] = (), menus: tuple[str, ...] = ()) -> Steps:
    return tuple(_click(name) for name in path or menus)


@form(
    "HOLDING CLICK {target}",
    "CLICK {target} HELD",
    "click[ on] {target} with[ the] {button}[ mouse] button",
    "[{modifiers}(-|+| )]CLICK {target} to PURPOSE",
    "[{modifiers}(-|+| )]CLICK {target}[ {times}]",
)
def click(
    target: str,
    count: Literal[1, 2, 3] = 1,
    button: Button = "left",
    modifiers: tuple[Modifier, ...] = (),
    times: int = 1,
) -> Steps:
    action = Click(target=target, count=count, button=button, modifiers=modifiers)
    return (PlannedStep(action=action, expectation=_expected_of(action)),) * times


@form("open[ up] {folder}")
def open_folder(folder: str) -> Steps:
    """What lies in a folder opens by two clicks."""
    return (PlannedStep(action=Click(target=folder, count=2), expectation=Change()),)


@form("OPEN {target} from {menu}")
def choose_from(target: str, menu: str) -> Steps:
    return (_click(menu), _click(target))


@form("OPEN {target} to PURPOSE", "OPEN {target}[ {times}]")
def choose(target: str, times: int = 1) -> Steps:
    return (_click(target),) * times


@form("(check|uncheck|tick|untick|mark|unmark)[ off] {target}")
def tick(target: str) -> Steps:
    if re.match(r"(?:that|if|whether|there)\b", target, re.IGNORECASE):
        raise Unreadable(target, "only words can be looked for, for example “check that Saved is shown”")
    return (PlannedStep(action=Click(target=target), expectation=Change()),)


@form("(go|switch|change|jump)[ back][ over] to {place}")
def go_to(place: str) -> Steps:
    return (_click(place),)


@form(
    "IN {target}, OPEN {to}",
    "IN {target}, CLICK {to}",
)
def click_in_place(target: str, to: str) -> Steps:
    return (_click(f"{to} in {target}"),)


@form(".{1,200} by (pressing|hitting|using) {keys}")
def do_by_keys(keys: str) -> Steps:
    return (_press(_chord(keys)),)


@form(".{1,200} by (clicking|choosing|selecting|pressing|ticking)[ on] {target}")
def do_by_click(target: str) -> Steps:
    return (_click(target),)


@form(".{1,200} (with|using|via) {keys}")
def do_with_keys(keys: str) -> Steps:
    return (_press(_chord(keys)),) if "+" in keys and _reads_as_keys(keys) else None


@form("{keys}")
def press_bare_keys(keys: str) -> Steps:
    """A phrase that is only keys, where none could take it for the name of something: "ctrl+s", "enter"."""
    if keys.lower() not in ("enter", "return") and not re.match(
        r"(?:ctrl|control|alt|shift|super|cmd)\s?\+", keys, re.I
    ):
        return None
    return (_press(_chord(keys)),)


def _click(target: str) -> PlannedStep:
    action = Click(target=target)
    return PlannedStep(action=action, expectation=_expected_of(action))


def _drag(path: tuple[str, ...], button: Button, modifiers: tuple[Modifier, ...]) -> Steps:
    return (PlannedStep(action=Drag(path=path, button=button, modifiers=modifiers), expectation=Change()),)


def _expected_of(click: Click) -> Change | None:
    """A click should change something, except one that only puts the caret somewhere."""
    head = re.split(r"\s(?:in|of|on|near|next|above|below|under|label+ed|named|called|with|at|for)\s", click.target)[0]
    caret_only = click.button == "left" and click.count == 1 and re.search(rf"\b{FIELD}$", head, re.IGNORECASE)
    return None if caret_only else Change()


def _type(text: str) -> PlannedStep:
    return PlannedStep(action=TypeText(text=text), expectation=Change())


def _press(names: tuple[str, ...], *, times: int = 1) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=names, times=times))


def _focus(place: str | None) -> tuple[PlannedStep, ...]:
    return (PlannedStep(action=Click(target=place)),) if place else ()


def _watch(words: str, *, gone: bool = False, seconds: float | None = None) -> PlannedStep:
    action = WaitFor(words=words, gone=gone)
    return PlannedStep(action=action if seconds is None else WaitFor(words=words, gone=gone, seconds=seconds))


def _chord(text: str) -> tuple[str, ...]:
    try:
        return key_names.chord(text)
    except ValueError as unknown:
        raise Unreadable(text, str(unknown)) from None


def _reads_as_keys(text: str) -> bool:
    """Whether keys are meant: they are, or they are misspelled. "press Save" is neither and means a button."""
    try:
        key_names.chord(text)
    except ValueError:
        misspelled = difflib.get_close_matches(text.lower(), [*key_names.NAMED, *key_names.ALIASES], n=1, cutoff=0.88)
        return bool(misspelled) or bool(re.match(r"\w+\s?\+\s?\S", text))
    return True
