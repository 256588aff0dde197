"""Phrases that say what is to be reached; how is up to a skill, which sees the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from functools import partial
from typing import Concatenate, Final, Literal, ParamSpec

from screenagent.planning.instructions.grammar import Pattern, Steps
from screenagent.planning.instructions.grammar import form as add_form
from screenagent.planning.instructions.steps import click_into, click_on, press, type_text
from screenagent.planning.instructions.tokens import compile_pattern
from screenagent.planning.skills import amounts as amounts_skill
from screenagent.planning.skills import choosing, dates, finding, forms, states, texts
from screenagent.planning.skills.forms import Pair
from screenagent.planning.skills.skill import Skill, SkillRun
from screenagent.planning.skills.view import ScreenView
from screenagent.screenshot import ElementState

FORMS: Final[list[Pattern]] = []
goal_form = partial(add_form, FORMS)

Options = ParamSpec("Options")
Work = Callable[Concatenate[ScreenView, Options], SkillRun]

_NUMBERED: Final = compile_pattern(
    r"(?:the )?(?:first|second|third|fourth|fifth|last|\d+(?:st|nd|rd|th)) .*?(?:box|button|row|line|switch|icon|field)"
)
_KINDS: Final = {"text": "text field", "textarea": "text area", "radio": "radio button", "select": "drop-down"}


def _skill(words: str, work: Work[Options], *args: Options.args, **options: Options.kwargs) -> tuple[Skill]:
    return (Skill(words, lambda view: work(view, *args, **options)),)


def _fill(words: str, work: Work[Options], *args: Options.args, **options: Options.kwargs) -> tuple[Skill]:
    """Return a skill that fills in a part of a form."""
    return (Skill(words, lambda view: work(view, *args, **options), fills=True),)


@goal_form(
    "[(click|open|choose|select|pick|press|hit|use|go to)[ on] ]{menus}",
    "(open|choose|select|pick|go to|navigate to|use) {path}",
)
def follow_menus(path: tuple[str, ...] = (), menus: tuple[str, ...] = ()) -> Steps:
    names = path or menus
    blind = tuple(click_on(name) for name in names)
    return (Skill(f"choose {' > '.join(names)}", partial(choosing.follow, names=names), blind=blind),)


@goal_form("PICK[ (the|all|both)][ (items?|options?|entries|names|boxes|check ?boxes)] {names} (from|in|out of) {list}")
@goal_form("(in|from) {list}, PICK {names}")
def choose_from_list(names: tuple[str, ...], list: str) -> Steps:
    """A control that is said by its number is no entry: "tick the third check box in the list"."""
    if any(_NUMBERED.fullmatch(name) for name in names):
        return None
    return _fill(f"choose {' and '.join(names)} from the {list}", choosing.choose, names, place=list)


@goal_form("(tick|check|mark)[ off] {path}")
def tick_in_menu(path: tuple[str, ...]) -> Steps:
    return _switched_in_menu("tick", path, "checked")


@goal_form("(untick|uncheck|unmark)[ off] {path}")
def untick_in_menu(path: tuple[str, ...]) -> Steps:
    return _switched_in_menu("untick", path, "unchecked")


def _switched_in_menu(verb: str, path: tuple[str, ...], state: ElementState) -> Steps:
    blind = tuple(click_on(name) for name in path)
    work = partial(choosing.switch_in_menu, names=path, state=state)
    return (Skill(f"{verb} {' > '.join(path)}", work, target=path[-1], blind=blind),)


goal_form("PICK (nothing|none|no item|no box)")(lambda: [])


@goal_form("(type|enter|write|input) {quoted} in[ all] {case}[-| |]case[ (letters|characters)][ (in|into) {into}]")
@goal_form("(type|enter|write|input) {quoted} in (capitals|capital letters)[ (in|into) {into}]")
def type_in_case(quoted: str, case: Literal["upper", "lower"] = "upper", into: str | None = None) -> Steps:
    return (*click_into(into), type_text(quoted.upper() if case == "upper" else quoted.lower()))


@goal_form(
    "(enter|type|choose|select|pick|find)[ in] (an?|the|some) (item|entry|option|word|name|value|one) (that|which) "
    "(starts|begins) with {quoted}[ and ends (with|in) {end}][ (in|into|from) {field}]"
)
def enter_completed(quoted: str, end: str = "", field: str = "the field") -> Steps:
    ends = f" and ends with “{end}”" if end else ""
    return _fill(f"enter what starts with “{quoted}”{ends}", forms.complete_field, quoted, end, field)


@goal_form("(type|enter|write|put|input)[ the .{1,30}?] {quoted} (into|in) (both|all|each|every)[ of][ the] {fields}")
def type_into_all(quoted: str, fields: str) -> Steps:
    return _fill(f"enter “{quoted}” into all {fields}", forms.fill_all, quoted, _one(fields))


@goal_form(
    "(type|enter|write|input|fill in) {pairs}"
    "[[,] (in|into)[ the| their] [right |matching |correct |text |input ]fields]"
)
def fill_in(pairs: tuple[Pair, ...]) -> Steps:
    said = " and ".join(f"“{text}” as the {name}" for name, text in pairs)
    return _fill(f"enter {said}", forms.fill, pairs)


@goal_form(
    "ENTER[ the][ date] {date} (as|for|in|into|from|with|on|using)[ the| a] {date_field}",
    "set {date_field} to {date}",
    "(choose|select|pick|set) the date {date}",
    "(set|change)[ (the|my|your)] {dated} to {date}",
)
def enter_date(date: tuple[date, str], date_field: str = "date", dated: str = "") -> Steps:
    day, written = date
    name = dated or date_field
    words = f"enter {day:%B} {day.day}, {day.year} as the {name}"
    work = dates.choose_date
    return _fill(words, work, day, field=f"the {name} field", written=written, named=bool(dated))


@goal_form("ENTER[ the][ time] {time} (as|for|in|into|with|using)[ the| a] {time_field}", "set {time_field} to {time}")
def enter_time(time: tuple[time, str], time_field: str = "time") -> Steps:
    at, written = time
    return _fill(f"enter {written} as the {time_field}", dates.set_time, at, field=f"the {time_field} field")


goal_form("(choose|select|pick|set) {option} (as|for)[ (the|your|my)] {setting}")(
    lambda option, setting: _fill(f"choose {option} as the {setting}", choosing.choose_setting, option, setting)
)


@goal_form("(select|choose|pick) {ticked}")
def plan_choose_ticked(ticked: str) -> Steps:
    work = partial(states.switch, target=ticked, state="checked")
    return (Skill(f"choose {ticked}", work, target=ticked, blind=(click_on(ticked),)),)


@goal_form("(select|choose|pick|go to|switch to|open) {tab}")
def plan_select(tab: str) -> Steps:
    return (Skill(f"select {tab}", partial(states.select, target=tab), target=tab, blind=(click_on(tab),)),)


@goal_form(
    "(select|choose|pick|set|enter) {amount} (with|on|using|in|by|via) {dial}",
    "(set|move|drag|turn|change|adjust|slide|bring|put) {dial} to[ the value| the number] {amount}",
)
def plan_set_amount(amount: int, dial: str) -> Steps:
    return _fill(f"set {dial} to {amount}", amounts_skill.set_amount, amount, dial)


@goal_form(
    "(set|move|drag|adjust|bring|put)[ all][ the] sliders to[ the]"
    " [(combination|values?|positions?|numbers?)[ of] ]{amounts}"
)
def plan_set_amounts(amounts: tuple[int, ...]) -> Steps:
    return _fill(f"set the sliders to {', '.join(map(str, amounts))}", amounts_skill.set_amounts, amounts)


@goal_form(
    "(switch between|go through|look through|open|expand)[ all| each of][ the] {folded}[ below][,]"
    " (to find|and find|to look for|find) and CLICK {target}"
)
def plan_find_among(folded: Literal["tabs", "sections"], target: str) -> Steps:
    return _skill(f"find {target} among the {folded}", finding.find_among, target, in_a_row=folded == "tabs")


goal_form("(expand|unfold|uncollapse|fold out) {section}[ below| above]")(
    lambda section: _skill(f"expand {section}", finding.fold, section, "expanded")
)
goal_form("(collapse|fold|fold up|fold in) {section}[ below| above]")(
    lambda section: _skill(f"collapse {section}", finding.fold, section, "collapsed")
)

# Says where, and the next phrase what.
goal_form("(navigate|look|go|search|browse) (through|around in|in) the [file |folder |directory ](tree|folders|list)")(
    lambda: []
)


@goal_form(
    "scroll[ (down|up)] (to|until you (see|find)) {out_of_view}",
    "scroll[ (down|up)] until {out_of_view} SHOWN",
    "find {quoted}",
)
def plan_bring_into_view(out_of_view: str = "", quoted: str = "") -> Steps:
    wanted = out_of_view or f"“{quoted}”"
    return (Skill(f"find {wanted}", partial(finding.scroll_to, target=wanted), target=wanted),)


@goal_form("(find|locate|look for|search for|find and) (and )?(click|select|open|choose|press)[ on] {target}")
@goal_form("scroll[ down| up][ (in|through) the .{1,40}] (to|until you (see|find)) {target}[,] and CLICK (it|that)")
def plan_find_and_click(target: str) -> Steps:
    named = re.fullmatch(r"the (?:folder or file|file or folder|folder|file) (?:named|called|labell?ed) (.+)", target)
    wanted = named[1] if named else target
    return _skill(f"find and click {wanted}", finding.find_and_click, wanted)


goal_form("copy[ all][ of][ the] (text|contents?|words) (in|from|of|inside) {target}")(
    lambda target: [*click_into(_there(target)), press("ctrl", "a"), press("ctrl", "c")]
)
goal_form(
    "(highlight|mark|select)[ all][ of][ the][ (text|words) (in|of) the] {nth} line"
    "[ of (the|this|my) (text|document|file)]"
)(lambda nth: _skill(f"mark line {nth}", texts.mark_line, nth))
goal_form("(highlight|mark|select)[ all][ the][ (text|words) (in|of)] the[ {nth}] paragraph[ below| above]")(
    lambda nth=1: _skill(f"mark paragraph {nth}", texts.mark_paragraph, nth)
)


@goal_form(
    "[(using|with|in) the .{1,40}?,? ](give|make|set) {styled} (the )?(style|format|formatting)[ of| to]? {style}",
    "[(using|with|in) the .{1,40}?,? ](make|set|turn|format) {styled} (in )?{style}",
)
def plan_give_style(styled: str | None, style: str) -> Steps:
    what = f"“{styled}”" if styled else "everything"
    return _skill(f"make {what} {style}", texts.give_style, styled, style)


@goal_form(
    "scroll {pane}[ all the way] to (the|its) {end_of}[ of (the|its) (text|page|list|contents?)][[ and] PRESS {to}]",
    "scroll[ all the way] to the {end_of} (of|in) {pane}[[ and] PRESS {to}]",
)
def plan_scroll_to_end(pane: str, end_of: str, to: str | None = None) -> Steps:
    top = end_of in ("top", "start", "beginning")
    scrolled = _skill(f"scroll {pane} to the {end_of}", finding.scroll_to_end, pane, top=top)
    return (*scrolled, click_on(to)) if to else scrolled


goal_form("submit[ (it|the form|the answer|the order)]")(lambda: [click_on("the Submit button")])


@goal_form("CLICK (a|an|any|the|some) {quoted} (widget|control|element|input)")
def click_kind(quoted: str) -> Steps:
    """Any of its kind will do; a "text" is a field for one."""
    return (click_on(f"the first {_KINDS.get(quoted.lower(), quoted)}"),)


@goal_form(
    "(resize|change) {target} so that (the|its) {side} is {larger}( than .{1,60})?",
    "make (the|its) {side} of {target} {larger}( than .{1,60})?",
)
def plan_resize(target: str, side: Literal["height", "width"], larger: bool) -> Steps:
    words = f"make {target} {'larger' if larger else 'smaller'} in {side}"
    return _skill(words, texts.resize, target, side, larger=larger)


goal_form("(search|look) for {sentence}")(lambda sentence: _skill(f"search for {sentence}", forms.fill_from, sentence))


@goal_form("(tick|check|mark)[ off][ (both|all)] {listed}")
def plan_tick_listed(listed: tuple[str, ...]) -> Steps:
    return _switch_each("tick", listed, "checked")


@goal_form("(untick|uncheck|unmark)[ (both|all)] {listed}")
def plan_untick_listed(listed: tuple[str, ...]) -> Steps:
    return _switch_each("untick", listed, "unchecked")


def _switch_each(verb: str, names: tuple[str, ...], state: ElementState) -> tuple[Skill]:
    """Several that may be one: the screen says which."""
    work = partial(states.switch_each, names=names, state=state)
    return (Skill(f"{verb} {' and '.join(names)}", work, target=names[-1]),)


@goal_form("(tick|check|mark)[ off][ (the|all|both)][ (items?|options?|entries|boxes|check ?boxes)] {several}")
def plan_tick_all(several: tuple[str, ...]) -> Steps:
    return [
        Skill(
            f"tick {name}",
            partial(states.switch, target=f"“{name}”", state="checked"),
            target=name,
            blind=(click_on(f"“{name}”"),),
        )
        for name in several
    ]


goal_form("PICK[ (the|all|both)][ (items?|options?|entries|boxes|check ?boxes)] {several}")(
    lambda several: [click_on(f"“{name}”") for name in several]
)
goal_form("(put|place|set) the (cursor|caret|focus) (in|into|on|at) {target}")(lambda target: [*click_into(target)])
goal_form("close {target} (with|by|using) (its|the) {to}")(lambda target, to: [click_on(f"the “{to}” of {target}")])
goal_form("find {target} (in|on) the (tree|list|menu|page|text|table)")(
    lambda target: [Skill(f"find {target}", partial(finding.bring_into_view, target=target), target=target)]
)


@goal_form("PRESS {sending}")
def plan_press_to_send(sending: str) -> Steps:
    """The button may bear another of the names that such a button has."""
    return (Skill(f"press {sending}", partial(forms.press_to_send, name=sending), blind=(click_on(sending),)),)


def _one(fields: str) -> str:
    return re.sub(r"(?:es|s)$", "", fields) if fields.endswith(("fields", "boxes")) else fields


def _there(target: str) -> str:
    """ "The text area below" is no place below something."""
    return re.sub(r"\s(?:below|above|here)$", "", target)
