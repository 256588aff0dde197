"""Tokens: the named parts that the patterns of phrases and their slots are composed of."""

from __future__ import annotations

import re
from typing import Final

from screenagent.planning.instructions.quotes import MARK

NUMBERS: Final = {
    word: number
    for number, words in enumerate(
        ("", "a an one once", "two twice", "three thrice", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
    for word in words.split()
} | {"twenty": 20, "a few": 3, "a couple of": 2, "a bit": 3, "a little": 3}

# `calendar.month_name` follows the locale of the process; instructions and calendars are read in English.
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November"),
    "December",
)

SHORTCUTS: Final = {
    "copy": ("ctrl", "c"),
    "cut": ("ctrl", "x"),
    "paste": ("ctrl", "v"),
    "undo": ("ctrl", "z"),
    "redo": ("ctrl", "y"),
}

ROLES: Final = frozenset(
    (
        *("window", "dialog", "dialogue", "popup", "pop-up", "screen", "page", "panel", "tab", "menu", "item", "entry"),
        *("message", "notification", "text", "title", "heading", "label", "word", "words", "link", "icon", "file"),
        *("button", "field", "box", "bar", "list"),
    )
)
"""The nouns that end a target: "the Save button"."""

# Lengths are bounded, so that no pattern takes long on a long phrase.
TOKENS: Final = {
    "QUOTED": MARK,
    "NAME": r"\S(?:.{0,200}?\S)??",
    "NUMBER": r"\d{1,6}|" + "|".join(sorted(NUMBERS, key=len, reverse=True)),
    "INTEGER": r"[-+−]?\d{1,6}",
    "TIMES": r"{NUMBER}(?: times|x)|once|twice|thrice",
    "MODIFIER": r"ctrl|control|ctl|shift|alt|option|super|win|windows|cmd|command|meta",
    "SHORTCUT": "|".join(SHORTCUTS),
    "ARROW": r"\s*(?:->|→|>|»|›)\s*",
    "MONTH": "|".join(MONTHS),
    "DATE": r"\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{1,2}-\d{1,2}"
    r"|{MONTH} \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{1,2} {MONTH},? \d{4}",
    "FIELD": r"field|entry|editor|input|text ?(?:area|box|view)?|document|canvas|terminal|prompt|cell"
    r"|(?<!check)(?<!check )(?<!combo )(?<!list )(?<!tick )(?<!dialog )box"
    r"|(?:search|address|location|url|entry|formula) ?bar",
    "LABEL": r"(?!(?:and|an?|the|text|words?|string|phrase|line|command|value|following)\s)"
    r"[a-z][\w-]+(?:\s(?!that\s)[\w-]+){0,2}",
    "PAIR": r"(?:(?:the|your|my)\s)?{LABEL}\s{QUOTED}",
    "LIST": r"list|drop-?down(?: list| menu)?|combo ?box|scroll list|list ?box|select(?: box)?|options|selection",
    "DIAL": r"slider|spinner|stepper|spin ?box|dial|knob|scale",
}


def expanded(pattern: str) -> str:
    """Replace each `{TOKEN}` in a regular expression by the expression that it stands for."""
    return re.sub(r"\{([A-Z]+)\}", lambda token: f"(?:{expanded(TOKENS[token[1]])})", pattern)


def compiled(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Compile a regular expression that may contain a `{TOKEN}`."""
    return re.compile(expanded(pattern), flags)
