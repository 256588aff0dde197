"""What each phrase that says a step asks to be done, read by the grammar."""

from __future__ import annotations

import re
from functools import partial
from typing import Final, Literal

from screenagent.actions import Ask, Button, Change, Click, Direction, HoldKeys, Modifier, Move, Scroll, Wait
from screenagent.events import PlannedStep
from screenagent.planning.instructions import steps
from screenagent.planning.instructions.grammar import Pattern, Steps
from screenagent.planning.instructions.grammar import form as add_form
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.skills import fields, settings, states
from screenagent.planning.skills.skill import Skill
from screenagent.screenshot import ElementState

_HOLDS_MORE: Final = re.compile(
    r"\b(?:trash|bin|basket|cart|folder|directory|desktop|disk|drive|inbox|mailbox|history|cache|list|table|sheet|screen"
    r"|display|terminal|console|log|canvas|calendar|queue|playlist|database)\b|\.\w{1,5}\Z",
    re.IGNORECASE,
)

_OPEN_MENU: Final = re.compile(
    r"(?:the|this|that|its)(?: (?:context|pop-?up|right-click|open|opened|shortcut))? menu", re.IGNORECASE
)
_PICTURE: Final = re.compile(
    r"(?:(?:the|my|this)\s+)?(?:(?:whole|entire|selected)\s+)?"
    r"(?:canvas|drawing|picture|image|painting|shape|background|selection|layer|region)(?:\s+area)?",
    re.IGNORECASE,
)

FORMS: Final[list[Pattern]] = []
form = partial(add_form, FORMS)


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
)
def type_into(
    quoted: str = "",
    text: str = "",
    into: str | None = None,
    into_field: str | None = None,
    the_into: str | None = None,
) -> Steps:
    return (*steps.click_into(into or into_field or the_into), steps.type_text(quoted or text))


@form("fill[ in] {into} with {text}")
def fill_with(text: str, into: str | None) -> Steps:
    """What is filled with a colour is no field."""
    if into and _PICTURE.fullmatch(into):
        return None
    return (*steps.click_into(into), steps.type_text(text))


form("WRITE {text} (on|to|inside|for) {the_field}")(
    lambda text, the_field: [*steps.click_into(the_field), steps.type_text(text)]
)


@form("WRITE {text} followed by[ the] {keys}[ key]")
def type_and_press(text: str, keys: str) -> Steps:
    return (steps.type_text(text), steps.press_as_told(*steps.parse_keys(keys)))


@form("WRITE {text}", "paste {quoted}")
def type_here(text: str = "", quoted: str = "") -> Steps:
    return (steps.type_text(quoted or text),)


@form(
    "set {field} to {text}",
    "replace TEXT_OF (in|of) {target} (with|by) {text}",
    "change the (text|contents?|value) (in|of) {target} to {text}",
)
def type_instead(text: str, field: str = "", target: str = "") -> Steps:
    into = field or target
    blind = (*steps.click_into(into), steps.press("ctrl", "a"), steps.type_text(text))
    work = partial(fields.set_value, entering=steps.click_into(into), target=into, text=text)
    return (Skill(f"set {into} to “{text}”", work, fills=True, target=into, blind=blind),)


@form("(clear|empty) {target}", "(delete|clear|remove|erase) TEXT_OF (in|of|from) {target}")
def clear(target: str) -> Steps:
    if _HOLDS_MORE.search(target):
        why = f"“{target}” may hold more than a text; name the button or the menu item that empties it"
        raise Unreadable(target, why, "unnamed")
    blind = (*steps.click_into(target), steps.press("ctrl", "a"), steps.press("delete"))
    work = partial(fields.clear_text, entering=steps.click_into(target), target=target)
    return (Skill(f"clear {target}", work, target=target, blind=blind),)


form("select (all|everything)[ of][ (it|the text|text|the files|files|the items|items|the words)]")(
    lambda: [steps.press("ctrl", "a")]
)
form("select TEXT_OF (in|of) {target}")(lambda target: [*steps.click_into(target), steps.press("ctrl", "a")])
form("{shortcut}[ (it|that|this|them|the selection|the selected text|the selected files|the text|the last change)]")(
    lambda shortcut: [steps.press(*shortcut)]
)
form("delete (it|the selection|the selected text|the selected files?)")(lambda: [steps.press("delete")])
form("paste[ (it|that|them|the text)] (into|in) {into}")(
    lambda into=None: [*steps.click_into(into), steps.press("ctrl", "v")]
)


@form(
    "(hold|hold down|keep holding|press and hold)[ down][ the] {keys}[ (key|keys)][ down] for {seconds}",
    "keep[ the] {keys}[ (key|keys)] (pressed|down) for {seconds}",
)
def hold_keys(keys: str, seconds: float) -> Steps:
    return (PlannedStep(action=HoldKeys(keys=steps.parse_keys(keys), seconds=seconds)),)


@form(
    "(press|hit|push|tap|strike|use)[ and release][ the][ (shortcut|keyboard shortcut|key combination|keys|key)] {keys}"
    "[ (key|keys|shortcut)][ {times}][ again][ on the keyboard][ to .{1,100}]"
)
def press_keys(keys: str, times: int = 1) -> Steps:
    if not steps.reads_as_keys(keys):
        return None
    return (steps.press_as_told(*steps.parse_keys(keys), times=times),)


form("(press|hit|push|tap|strike)[ the] {keys} key")(lambda keys: [steps.press_as_told(*steps.parse_keys(keys))])


@form(
    "wait[ for][ (up to|at most|a maximum of)] {seconds}[,] (until|till|for) {words} SHOWN",
    "wait (up to|at most|a maximum of) {seconds} for {words}[ to appear]",
    "wait (until|till) {words} SHOWN[[,] UP_TO {seconds}]",
    "wait for {words} to (appear|be STATE|show|show up|come up|pop up|open)[[,] UP_TO {seconds}]",
    "(when|once|as soon as|after) {words} SHOWN",
    "{words} should (appear|be STATE|show up|come up)",
)
def wait_until_shown(words: str, seconds: float | None = None) -> Steps:
    return (steps.wait_for_words(words, seconds=seconds),)


@form(
    "wait[ for][ (up to|at most|a maximum of)] {seconds}[,] (until|till) {words} GONE",
    "wait (until|till) {words} GONE[[,] UP_TO {seconds}]",
    "wait while {words} SHOWN[[,] UP_TO {seconds}]",
    "wait for {words} to (disappear|vanish|go away|be gone|close)[[,] UP_TO {seconds}]",
    "(when|once|as soon as|after) {words} GONE",
    "{words} should (disappear|vanish|be gone|go away)",
)
def wait_until_gone(words: str, seconds: float | None = None) -> Steps:
    return (steps.wait_for_words(words, gone=True, seconds=seconds),)


form("(wait|pause|sleep)[ for][ another] {seconds}[ more]")(lambda seconds: [PlannedStep(action=Wait(seconds=seconds))])
form("wait for {words}[[,] UP_TO {seconds}]")(
    lambda words, seconds=None: [steps.wait_for_words(words, seconds=seconds)]
)
form("CHECK {words} GONE", "CHECK there (is|are) no {words}")(
    lambda words: [steps.wait_for_words(words, gone=True, seconds=0)]
)
form("CHECK {words} and {more} are STATE", "CHECK both {words} and {more} are STATE")(
    lambda words, more: [steps.wait_for_words(words, seconds=0), steps.wait_for_words(more, seconds=0)]
)


@form(
    "CHECK there (is|are) {words}[ on the screen]",
    "CHECK {words} SHOWN",
    "CHECK .{1,60} (shows|contains|says|reads|displays) {words}",
    "CHECK .{1,60} is {quoted}",
)
def check_shown(words: str = "", quoted: str = "") -> Steps:
    return (steps.wait_for_words(words or quoted, seconds=0),)


form("ask[ me| the user][:|,] {question}")(lambda question: [PlannedStep(action=Ask(question=question))])


@form(
    "scroll {direction} OVER {target}[ by] {notches}",
    "scroll[ the mouse][ wheel] {direction}[ by][ {notches}][ OVER {target}]",
    "scroll {direction} {pane}[ by][ {notches}]",
    "scroll {pane} {direction}[ by][ {notches}]",
    "scroll[ by] {notches} {direction}[ OVER {target}]",
)
def plan_scroll(direction: Direction, notches: int = 5, target: str | None = None, pane: str | None = None) -> Steps:
    over = target or pane
    anywhere = over is None or re.fullmatch(r"the (?:page|screen|window)", over, re.IGNORECASE)
    return (PlannedStep(action=Scroll(direction=direction, notches=notches, target=None if anywhere else over)),)


@form("[{modifiers}(-|+| )]DRAG {stops}[ {slowly}]", "{slowly} [{modifiers}(-|+| )]DRAG {stops}")
def drag_along(
    stops: tuple[str, ...], button: Button = "left", modifiers: tuple[Modifier, ...] = (), *, slowly: bool = False
) -> Steps:
    return steps.drag_over(stops, button, modifiers, slowly=slowly)


@form(
    "{slowly} [{modifiers}(-|+| )]DRAG {target} VIA {via} ONTO {to}",
    "{slowly} [{modifiers}(-|+| )]DRAG {target} ONTO {to}[ VIA {via}]",
    "[{modifiers}(-|+| )]DRAG {target} VIA {via} ONTO {to} {slowly}",
    "[{modifiers}(-|+| )]DRAG {target} ONTO {to}[ VIA {via}] {slowly}",
    "[{modifiers}(-|+| )]DRAG {target} {slowly} ONTO {to}[ VIA {via}]",
    "HOLDING {slowly} DRAG {target} ONTO {to}",
    "HOLDING DRAG {target} ONTO {to} {slowly}",
    "HOLDING DRAG {target} ONTO {to}",
    "DRAG {target} ONTO {to} HELD",
    "[{modifiers}(-|+| )]DRAG {target} VIA {via} ONTO {to}",
    "[{modifiers}(-|+| )]DRAG {target} ONTO {to}[ VIA {via}]",
)
def plan_drag(
    target: str,
    to: str,
    via: str | None = None,
    button: Button = "left",
    modifiers: tuple[Modifier, ...] = (),
    *,
    slowly: bool = False,
) -> Steps:
    return steps.drag_over((target, via, to) if via else (target, to), button, modifiers, slowly=slowly)


form(
    "(move|bring) MOUSE (to|over|onto|on|above) {target}",
    "hover[ MOUSE][ (over|on|above|at)] {target}",
    "mouse over {target}",
    "point[ MOUSE] (at|to) {target}",
)(lambda target: [PlannedStep(action=Move(target=target))])
form("click (in|into|inside) {target}", "focus[ (on|in|into)] {target}")(lambda target: [*steps.click_into(target)])


@form(
    "HOLDING CLICK {target}",
    "CLICK {target} HELD",
    "click[ on] {target} with[ the] {button}[ mouse] button",
    "[{modifiers}(-|+| )]CLICK {target} to PURPOSE",
    "[{modifiers}(-|+| )]CLICK {target}[ {times}]",
)
def plan_click(
    target: str,
    count: Literal[1, 2, 3] = 1,
    button: Button = "left",
    modifiers: tuple[Modifier, ...] = (),
    times: int = 1,
) -> Steps:
    action = Click(target=target, count=count, button=button, modifiers=modifiers)
    return (PlannedStep(action=action, expectation=steps.expectation_of(action)),) * times


# What lies in a folder opens by two clicks.
form("open[ up] {folder}")(lambda folder: [PlannedStep(action=Click(target=folder, count=2), expectation=Change())])


@form("OPEN {target} from {menu}")
def choose_from_menu(target: str, menu: str) -> Steps:
    """A menu that the step before has opened is not opened again."""
    return (*(() if _OPEN_MENU.fullmatch(menu) else (steps.click_on(menu),)), steps.click_on(target))


form("OPEN {target} to PURPOSE", "OPEN {target}[ {times}]")(lambda target, times=1: [steps.click_on(target)] * times)


@form("(check|tick|mark)[ off] {target}")
def tick(target: str) -> Steps:
    if re.match(r"(?:that|if|whether|there)\b", target, re.IGNORECASE):
        raise Unreadable(
            target, "only words can be looked for, for example “check that Saved is shown”", "not_checkable"
        )
    return _switch(f"tick {target}", target, "checked")


form("(uncheck|untick|unmark)[ off] {target}")(lambda target: _switch(f"untick {target}", target, "unchecked"))
form("(turn|switch) on {target}", "(turn|switch) {target} on")(
    lambda target: _switch(f"turn {target} on", target, "checked")
)
form("(turn|switch) off {target}", "(turn|switch) {target} off")(
    lambda target: _switch(f"turn {target} off", target, "unchecked")
)


def _switch(words: str, target: str, state: ElementState) -> Steps:
    """A skill that reads the state first; a planner that does not see the screen clicks."""
    blind = (PlannedStep(action=Click(target=target), expectation=Change()),)
    return (Skill(words, partial(states.switch, target=target, state=state), target=target, blind=blind),)


@form("(set|change|adjust)[ (the|my|your)] {named} to[ the value] {value}")
def set_named(named: str, value: str) -> Steps:
    work = partial(settings.set_setting, name=named, value=value)
    return (Skill(f"set {named} to {value}", work, fills=True, target=named),)


form("(go|switch|change|jump)[ back][ over] to {place}")(lambda place: [steps.click_on(place)])
form("IN {target}, OPEN {to}", "IN {target}, CLICK {to}")(lambda target, to: [steps.click_on(f"{to} in {target}")])
form(".{1,200} by (pressing|hitting|using) {keys}")(lambda keys: [steps.press_as_told(*steps.parse_keys(keys))])
form(".{1,200} by (clicking|choosing|selecting|pressing|ticking)[ on] {target}")(
    lambda target: [steps.click_on(target)]
)
form(".{1,200} (with|using|via) {keys}")(
    lambda keys: [steps.press_as_told(*steps.parse_keys(keys))] if "+" in keys and steps.reads_as_keys(keys) else None
)


@form("{keys}")
def press_bare_keys(keys: str) -> Steps:
    """A phrase that is only keys, where none could take it for the name of something: "ctrl+s", "enter"."""
    if keys.lower() not in ("enter", "return") and not re.match(
        r"(?:ctrl|control|alt|shift|super|cmd)\s?\+", keys, re.I
    ):
        return None
    return (steps.press_as_told(*steps.parse_keys(keys)),)
