"""Slots: the parts of a phrase that vary, how they are written, and the value that each stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from screenagent import keys
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.quotes import Quotes
from screenagent.planning.instructions.readings import (
    is_placeholder,
    one_target,
    second_reading,
    second_step,
    second_target,
)
from screenagent.planning.instructions.refusals import Unreadable
from screenagent.planning.instructions.tokens import MONTHS, NUMBERS, compile_pattern

_UNITS: Final = {"ms": 0.001, "mi": 60.0, "m": 60.0, "s": 1.0}
_PRONOUNS: Final = ("it", "this", "that", "them", "this one", "that one", "there")

_QUOTED: Final = compile_pattern("{QUOTED}")
_NUMBER: Final = compile_pattern("{NUMBER}")
_ARROW: Final = compile_pattern("{ARROW}")
_ITEM: Final = compile_pattern(
    r"(?:(?:the|my|this) )?{HOLDER}(?: (?:named|called))? (.+)|(?:(?:the|my|this) )?(.+) {HOLDER}"
)
_OPENED: Final = re.compile(r"\S.*(?:\.\w{1,5}| folder)")
_LOADING: Final = re.compile(
    r"\sto (?:load|finish|complete|end|start|settle|change|update|respond|be ready)\Z", re.IGNORECASE
)
_LABELLED_TEXT: Final = compile_pattern(r"(?:\b(?:the|your|my|and)\s)*({LABEL})\s({QUOTED})", re.NOFLAG)


@dataclass(frozen=True)
class SlotValue:
    """Gives the value of a slot: knows the quotes of the task and what "it" stands for."""

    quotes: Quotes
    it: str | None = None

    def target(self, part: str) -> str:
        """The words for the grounder, as the user said them; "it" is what the step before was about."""
        if condition := re.search(r"\s(until|unless|whenever|if)\s", part, re.IGNORECASE):
            raise Unreadable(
                part, f"“{condition[1]} …” needs a model; if it belongs to a name, put that in quotes", "conditional"
            )
        if step := re.search(r"\s(press|(?:double-|right-)?click|wait\s\d|scroll\s(?:up|down))\s", part):
            raise Unreadable(part, f"put a comma before “{step[1]}”, or the name in quotes", "run_together")
        if why := second_target(part):
            raise Unreadable(part, self.quotes.verbatim(why), "ambiguous")
        if part.strip().lower() not in _PRONOUNS:
            return self.quotes.meant(part)
        if self.it is None:
            raise Unreadable(
                part, "nothing was named before that this could be; say what stands on the screen", "no_antecedent"
            )
        return self.it

    def place_to_type(self, part: str) -> str | None:
        """Where to click before typing; "it" has the focus since the step before."""
        return None if part.strip().lower() in (*_PRONOUNS, "here") else self.quotes.meant(part)

    def text(self, part: str) -> str:
        if part.strip().lower() in _PRONOUNS or is_placeholder(part):
            why = f"these words stand for a text; say the text itself, in quotes, or put “{part}” in quotes"
            raise Unreadable(part, self.quotes.verbatim(why), "no_text")
        if why := second_reading(part):
            raise Unreadable(part, self.quotes.verbatim(why), "ambiguous")
        return self.quotes.meant(part)

    def question(self, part: str) -> str:
        if why := second_step(part):
            raise Unreadable(part, self.quotes.verbatim(why), "ambiguous")
        return self.quotes.meant(part)

    def item(self, part: str) -> str:
        """The name of a file or folder as it is written on the screen; empty if "it" is none."""
        if part.strip().lower() in _PRONOUNS:
            if not self.it or not _OPENED.fullmatch(self.it):
                return ""
            part = self.it
        named = _ITEM.fullmatch(part.strip())
        return self.target(named[1] or named[2] if named else part)

    def words(self, part: str) -> str:
        """The words to look for on the screen: what is quoted, or without the role of what shows them."""
        if quoted := _QUOTED.findall(part):
            return self.quotes.meant(quoted[0])
        bare = re.sub(r"^(?:(?:the|a|an|some)\s+)?(?:(?:text|words?|message|title|label)\s+)?", "", part, flags=re.I)
        said = bare.split()
        while said and said[-1].lower() in ENGLISH.roles:
            said.pop()
        if not said or " ".join(said).lower() in _PRONOUNS or _LOADING.search(bare):
            raise Unreadable(
                part, "name words that can be read on the screen, for example “wait until Saved appears”", "no_words"
            )
        return self.quotes.verbatim(bare[: bare.rindex(said[-1]) + len(said[-1])])

    def number(self, part: str) -> int:
        first = _NUMBER.match(part.strip().lower())
        if first is None:
            raise Unreadable(part, "this is no number", "bad_value")
        return NUMBERS.get(first[0]) or int(first[0])

    def seconds(self, part: str) -> float:
        said = part.strip().lower()
        if said.startswith("half"):
            return 30.0 if "minute" in said else 0.5
        amount = re.match(r"\d+(?:\.\d+)?", said)
        number = float(amount[0]) if amount else float(self.number(said))
        unit = re.search(r"(ms|mi|m|s)[a-z]*$", said)
        return number * _UNITS[unit[1]] if unit else number

    def modifiers(self, part: str) -> tuple[str, ...]:
        return keys.chord(re.sub(r"\s*(?:[+,-]|\band\b|\s)\s*", "+", part.strip()))

    def stops(self, part: str) -> tuple[str, ...]:
        return tuple(self.quotes.meant(mark) for mark in _QUOTED.findall(part))

    def path(self, part: str) -> tuple[str, ...]:
        return tuple(self.target(step) for step in _ARROW.split(part))

    def names(self, part: str) -> tuple[str, ...]:
        """Parted by commas; and by "and" at the end, or where it stands between two words."""
        *first, last = re.split(r"\s*,\s*", part.strip())
        parted = re.split(r"^and\s+|\s+and\s+", last) if first or len(last.split()) == 3 else [last]
        return tuple(self.target(name) for name in (*first, *parted) if name)

    def files(self, part: str) -> tuple[str, ...]:
        return tuple(self.quotes.meant(name) for name in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", part.strip()))

    def several(self, part: str) -> tuple[str, ...]:
        if why := one_target(part):
            raise Unreadable(part, self.quotes.verbatim(why), "ambiguous")
        return self.names(part)

    def listed(self, part: str) -> tuple[str, ...]:
        """Names of several words, parted by "and"."""
        if why := one_target(part):
            raise Unreadable(part, self.quotes.verbatim(why), "ambiguous")
        return tuple(self.target(name) for name in re.split(r"\s+and\s+", part.strip()))

    def pairs(self, part: str) -> tuple[tuple[str, str], ...]:
        return tuple((name.strip(), self.quotes.meant(mark)) for name, mark in _LABELLED_TEXT.findall(part))

    def styled(self, part: str) -> str | None:
        """The words that are meant; None for all there are."""
        bare = re.sub(r"^the (?:text|words?)\s+(?=\S)", "", part, flags=re.IGNORECASE)
        return (
            None if re.fullmatch(r"(?:everything|all)\b.*|the text", part, re.IGNORECASE) else self.quotes.meant(bare)
        )


@dataclass(frozen=True)
class Slot:
    """How a slot is written, as a regular expression of `tokens`, and how its value is read."""

    pattern: str
    value: Callable[[SlotValue, str], object]


def _lower(_: SlotValue, part: str) -> str:
    return part.lower()


def _bare(_: SlotValue, part: str) -> str:
    """In small letters, without the article."""
    return re.sub(r"^(?:the|a|an)\s+", "", part.lower())


def _verbatim(said: SlotValue, part: str) -> str:
    return said.quotes.verbatim(part)


def _list_name(said: SlotValue, part: str) -> str:
    return re.sub(r"^(?:the|a|an)\s+", "", said.quotes.verbatim(part), flags=re.IGNORECASE)


def _date(_: SlotValue, part: str) -> tuple[date, str]:
    """The day, and how it was written; of 03/05/2016 the month is first, of 25/05/2016 it can't be."""
    numbers = [int(number) for number in re.findall(r"\d+", part)]
    try:
        if name := re.search(r"[a-z]{3,}", part, re.IGNORECASE):
            month = [month[:3] for month in MONTHS].index(name[0][:3].capitalize()) + 1
            return date(numbers[1], month, numbers[0]), part
        if numbers[0] > 31:
            return date(*numbers), part
        month, day, year = numbers if numbers[0] <= 12 else (numbers[1], numbers[0], numbers[2])
        return date(year, month, day), part
    except ValueError as wrong:
        raise Unreadable(part, f"this is no date: {wrong}", "bad_date") from None


def _time(_: SlotValue, part: str) -> tuple[time, str]:
    hour, minute = (int(number) for number in re.findall(r"\d+", part))
    half = re.search(r"[ap]", part, re.IGNORECASE)
    try:
        return time(hour % 12 + 12 * (half[0].lower() == "p") if half else hour, minute), part
    except ValueError as wrong:
        raise Unreadable(part, f"this is no time: {wrong}", "bad_time") from None


def _cell(_: SlotValue, part: str) -> str:
    return part.rsplit(maxsplit=1)[-1].replace("$", "").upper()


def _cells(part: str) -> str:
    """As a name box has it: "A1:B5"."""
    return ":".join(name.upper() for name in re.findall(r"[a-z]{1,3}\d{1,6}", part, re.IGNORECASE))


def _whole(_: SlotValue, part: str) -> int:
    return int(re.sub(r" ?(?:%|percent)", "", part.replace("−", "-"), flags=re.IGNORECASE))


def _wholes(_: SlotValue, part: str) -> tuple[int, ...]:
    return tuple(int(number.replace("−", "-")) for number in re.findall(r"[-−]?\d+", part))


def _nth(_: SlotValue, part: str) -> int:
    named = ("first", "second", "third", "fourth", "fifth")
    said = part.lower()
    return named.index(said) + 1 if said in named else -1 if said == "last" else int(said[0])


def _larger(_: SlotValue, part: str) -> bool:
    return part.lower() in ("larger", "bigger", "greater", "taller", "wider")


SLOTS: Final[Mapping[str, Slot]] = {
    "target": Slot("{NAME}", SlotValue.target),
    "to": Slot("{NAME}", SlotValue.target),
    "via": Slot("{NAME}", SlotValue.target),
    "field": Slot(r"(?:(?!\sto\s).){0,200}?\b{FIELD}", SlotValue.target),
    "into": Slot("{NAME}", SlotValue.place_to_type),
    "into_field": Slot(r"{QUOTED}|(?!an? new\b).{0,120}?\b{FIELD}|it|there|here", SlotValue.place_to_type),
    "the_into": Slot(r"(?:the|your|my|its) .{1,120}", SlotValue.place_to_type),
    "the_field": Slot(r"(?:the|your|my) .{0,120}?\b{FIELD}", SlotValue.place_to_type),
    "menu": Slot(r".{1,100}?\S (?:menu|drop-?down(?: list| menu)?|combo ?box)", SlotValue.target),
    "folder": Slot(
        r"(?:the )?(?:file|folder|directory) (?:(?:named|called) .{1,100}|{QUOTED}|\S+\.\w+|(?-i:[A-Z])\S*)"
        r"|.{1,120} (?:file|folder|directory|icon)",
        SlotValue.target,
    ),
    "place": Slot(
        r"{QUOTED}|(?:the )?(?-i:[A-Z]).{0,80}"
        r"|.{1,80} (?:tab|menu|page|section|panel|view|link|button|icon|{FIELD})",
        SlotValue.target,
    ),
    "pane": Slot(r"the .{1,100}?\S", SlotValue.target),
    "shortcut": Slot("{SHORTCUT}", lambda _, part: ENGLISH.shortcuts[part.lower()]),
    "path": Slot(r"(?![^>→»›]*\s(?:with|using|via)\s)[^>→»›]{1,80}(?:{ARROW}[^>→»›]{1,80}){1,8}", SlotValue.path),
    "menus": Slot(
        r"(?-i:{QUOTED}|[A-Z][\w .…]{0,40}?)(?:{ARROW}(?-i:{QUOTED}|[A-Z][\w .…]{0,40})){1,8}", SlotValue.path
    ),
    "stops": Slot(r"{QUOTED}(?: to {QUOTED})+", SlotValue.stops),
    "quoted": Slot("{QUOTED}", SlotValue.text),
    # Words after a quoted text belong neither to it nor to a place: better refused than typed with the quotes.
    "text": Slot(r"(?!{QUOTED}\s).+", SlotValue.text),
    "question": Slot(r".+", SlotValue.question),
    "words": Slot("{NAME}", SlotValue.words),
    "more": Slot("{NAME}", SlotValue.words),
    "keys": Slot(r"\S.{0,60}?", _verbatim),
    "modifiers": Slot(r"{MODIFIER}(?:(?: ?[+-] ?| and | ){MODIFIER}){0,3}", SlotValue.modifiers),
    "button": Slot("left|middle|right", _lower),
    "slowly": Slot("slowly|in slow motion|with a long press", lambda _, _part: True),
    "count": Slot("double|triple", lambda _, part: {"double": 2, "triple": 3}[part.lower()]),
    "direction": Slot("up|down|left|right", _lower),
    "times": Slot("{TIMES}", SlotValue.number),
    "notches": Slot(r"{TIMES}|a bit|a little|{NUMBER}(?: (?:notch|line|step|click|tick)(?:e?s)?)?", SlotValue.number),
    "names": Slot(r".{1,400}?", SlotValue.names),
    "several": Slot(r"(?!that\b|if\b|whether\b|both\b)(?=.{1,400}?(?:,|\sand)\s).{1,400}", SlotValue.several),
    "listed": Slot(r"(?!that\b|if\b|whether\b){CAPITAL}(?:\sand\s{CAPITAL}){1,8}", SlotValue.listed),
    "named": Slot(
        r"(?!(?:it|this|that|them|everything|all)\s)(?:{QUOTED}|[\w-]+(?: (?!to\b)[\w()/&-]+){0,4})", SlotValue.target
    ),
    "value": Slot(
        r"{QUOTED}|[-−+]?\d[\d.,:]{0,12}(?: ?[%\w°]{1,8})?|(?-i:[A-Z])[\w-]*(?: [\w-]+){0,3}|on|off", SlotValue.target
    ),
    "list": Slot(r"(?:the |a |an )?(?:{QUOTED} |(?:[\w-]+ ){0,3}){LIST}", _list_name),
    "ticked": Slot(r"(?:the )?\S.{0,80} (?:radio ?button|check ?box|tick ?box|switch|toggle)", SlotValue.target),
    "tab": Slot(r"(?:the )?\S.{0,80} tab", SlotValue.target),
    "option": Slot(r"(?!(?:the|a|an) )\S(?:.{0,80}?\S)??", SlotValue.target),
    "dated": Slot(r"{QUOTED}|[\w-]+(?: (?!to\b)[\w-]+){0,5}", SlotValue.target),
    "out_of_view": Slot(
        r"(?!(?:the )?(?:very )?(?:top|bottom|end|start|beginning|left|right|next|previous|line)\b)\S.{0,100}?",
        SlotValue.target,
    ),
    "setting": Slot(r"[\w-]+(?: [\w-]+){0,3}", _verbatim),
    "case": Slot("upper|lower", _lower),
    "fields": Slot(r"[\w -]{0,30}?(?:fields|boxes|textboxes|inputs|areas|entries)", _lower),
    "pairs": Slot(r"{PAIR}(?:(?:,| and|, and)\s{PAIR})*", SlotValue.pairs),
    "date": Slot("{DATE}", _date),
    "date_field": Slot(r"(?:\w+ ){0,2}(?:date|day|calendar|date field|date picker)", _bare),
    "time": Slot(r"\d{1,2}:\d\d(?:\s?[ap]\.?m\.?)?", _time),
    "time_field": Slot(r"(?:\w+ ){0,2}(?:time|time field|clock)", _bare),
    "amount": Slot("{INTEGER}(?: ?%| percent)?", _whole),
    "amounts": Slot(r"\[?[-−]?\d{1,6}(?:(?:\s?,\s?|,?\sand\s)[-−]?\d{1,6}){1,9}\]?", _wholes),
    "dial": Slot(r"(?:the |a )?(?:{QUOTED} |(?:[\w-]+ ){0,3}){DIAL}", SlotValue.target),
    "section": Slot(r"\S.{0,80}?", SlotValue.target),
    "end": Slot("{QUOTED}", SlotValue.text),
    "folded": Slot("tabs|sections", _lower),
    "nth": Slot(r"\d(?:st|nd|rd|th)|first|second|third|fourth|fifth|last", _nth),
    "styled": Slot(
        r"everything|all|all (?:of )?the text|all text|the text|(?:the (?:text|words?) )?\S.{0,80}?", SlotValue.styled
    ),
    "style": Slot("bold|italics?|underlined?", _lower),
    "end_of": Slot("bottom|end|top|start|beginning", _lower),
    "side": Slot("height|width", _lower),
    "larger": Slot("larger|smaller|bigger|greater|taller|shorter|wider|narrower|less", _larger),
    "sentence": Slot(r".{1,300}", _verbatim),
    "item": Slot("{ITEM}|it|this|that", SlotValue.item),
    "items": Slot(r"{FILE}(?:(?:,| and|, and) {FILE})+", SlotValue.files),
    "to_item": Slot(r"{ITEM}|(?!(?:the|a|an|my|this|it|that)\s|\d+\Z){NAME}", SlotValue.item),
    "to_folder": Slot(r"(?:the|my) (?:.{1,80} (?:folder|directory)|(?:folder|directory) .{1,80})", SlotValue.item),
    "new_name": Slot(
        r"{QUOTED}|(?!{QUOTED})(?!(?:the|a|an|my|this|it|something|in|on|at|inside|for|under|to|and)\b)(?!{FORMAT}\Z)\S.{0,120}",
        SlotValue.text,
    ),
    "cell": Slot("{CELL}", _cell),
    "named_cell": Slot("(?:the )?cell {CELLNAME}", _cell),
    "cells": Slot(r"(?:(?:the )?cells )?{CELLNAME}(?: ?: ?| to | through ){CELLNAME}", lambda _, part: _cells(part)),
    "cell_text": Slot(r"{QUOTED}|(?!{QUOTED})\S.{0,200}?", SlotValue.text),
    "old_text": Slot(r"{QUOTED}|(?!{QUOTED})(?!(?:the|all|it|this|that|everything)\b)\S.{0,80}?", SlotValue.text),
    "new_text": Slot(r"{QUOTED}|(?!{QUOTED})\S.{0,80}?", SlotValue.text),
    "line_text": Slot(
        r"{QUOTED}|(?!{QUOTED})(?!(?:at|to|in|on|below|above|after|before|break|saying|that|which|with|reading)\b)\S.{0,400}?",
        SlotValue.text,
    ),
    "command": Slot(r"{QUOTED}|(?!{QUOTED})(?!(?:the|it|this|that|my|all)\b)\S.{0,200}?", SlotValue.text),
    "file": Slot("{FILE}", SlotValue.target),
    "page": Slot("first|last|next|previous", _lower),
    "page_number": Slot("{NUMBER}", SlotValue.number),
    "antecedent": Slot("it|this|that", SlotValue.item),
    "sum": Slot(r"{AMOUNT}(?: ?{OPERATOR} ?{AMOUNT}){1,9}", lambda _, part: part),
    "url": Slot("{URL}", _verbatim),
    "one": Slot("{AMOUNT}", _lower),
    "other": Slot("{AMOUNT}", _lower),
    "sending": Slot(r"(?:the )?(?:submit|log ?in|sign in|search|send|go|ok)(?: button)?", SlotValue.target),
    "seconds": Slot(
        r"(?:about )?(?:half an? (?:second|minute)"
        r"|(?:\d{1,5}(?:\.\d{1,3})?|{NUMBER}) ?(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?)"
        r"|an? (?:moment|bit|little|while))",
        SlotValue.seconds,
    ),
}
