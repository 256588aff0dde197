"""Unquoted words that can be read in two ways: they are refused with both readings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.tokens import compile_pattern

_PARTS: Final = {name: "".join(re.split(r"(?<!\\)\s+", said)) for name, said in ENGLISH.ambiguous.items()}


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which `<name>` stands for an entry of `ambiguous` in `english.yaml`."""
    named = re.sub(r"(?<!\?P)<([a-z_]+)>", lambda name: f"(?:{_PARTS[name[1]]})", pattern)
    return compile_pattern(named, re.IGNORECASE | re.DOTALL)


class _Look(NamedTuple):
    """A pattern of two parts, the text and the rest, and what to say where an unquoted text has both."""

    pattern: re.Pattern[str]
    why: Callable[[str, str, str], str]
    also_in_sentences: bool = False

    def at(self, text: str) -> str:
        found = self.pattern.match(text)
        if found is None or (_SENTENCE.search(found["text"]) and not self.also_in_sentences):
            return ""
        return self.why(text, found["text"].rstrip(" ,;."), found["rest"].strip(" ,"))


_SENTENCE: Final = _compiled("<sentence>")
_PLAIN_STEP: Final = _compiled(r"<plain_step>\Z")
_PLACEHOLDER: Final = _compiled(r"<placeholder>\Z")
_KEY: Final = _compiled(r"<key>\Z")
_TITLE: Final = _compiled(r"(?P<text>\S+)\s+and\s+(?P<rest><verb>)\Z")
_COMMAND: Final = _compiled(r"(?P<text>.*\S)\s+(?:and|then)\s+(?P<rest>(?=(?-i:[a-z]))<verb>)\Z")


def second_reading(text: str) -> str:
    """Say what else an unquoted text to type may mean; empty if it is plain."""
    if text.startswith("="):
        return ""  # a formula
    if _KEY.match(text):
        return f"this could be the text “{text}” or the key; put the text in quotes, or write {_step(text)}"
    return next((why for look in _LOOKS if (why := look.at(text))), "")


def second_step(text: str) -> str:
    """Say which step an unquoted question may end in; empty if it ends in none."""
    return _LOOKS[0].at(text)


def is_placeholder(text: str) -> bool:
    """Whether `text` stands for a text, such as "my name"."""
    return bool(_PLACEHOLDER.match(text))


def second_target(text: str) -> str:
    """Say which second step the unquoted name of a target may hold; empty if it holds none."""
    return _Look(_COMMAND, _name_or_step, also_in_sentences=True).at(text)


def one_target(text: str) -> str:
    """Say which one name two unquoted names may be: "Save and Quit"; empty if they are two."""
    return _Look(_TITLE, _name_or_step, also_in_sentences=True).at(text)


def is_plain_step(text: str) -> bool:
    """Whether words that follow an unquoted text can only be a step."""
    return bool(_PLAIN_STEP.match(text))


def text_or_step(typing: str) -> str:
    """Say that a step may go on with the unquoted text of the step `typing` before it."""
    return (
        f"this could be a step of its own, or go on with “{typing}”; "
        "put that text in quotes, with these words or without them"
    )


def _text_or_step(text: str, first: str, rest: str) -> str:
    step = _step(rest)
    return (
        f"this could be the text “{text}”, or the text “{first}” and then {step}; "
        f'put one of them in quotes: "{text}", or "{first}", then {step}'
    )


def _text_or_condition(text: str, first: str, rest: str) -> str:
    return (
        f"this could be the text “{text}”, or the text “{first}” and how to type it, {rest}; "
        f'put one of them in quotes: "{text}", or "{first}" with the rest as steps of their own'
    )


def _text_or_place(text: str, first: str, rest: str) -> str:
    return (
        f"this could be the text “{text}”, or the text “{first}” typed into {rest}; "
        f'put one of them in quotes: "{text}", or "{first}" into {rest}'
    )


def _text_or_spot(text: str, first: str, rest: str) -> str:
    return (
        f"this could be the text “{text}”, or the text “{first}” typed {rest}; "
        f'put one of them in quotes: "{text}", or "{first}" after a step that goes there'
    )


def _name_or_step(text: str, first: str, rest: str) -> str:
    return (
        f"this could be one name, “{text}”, or “{first}” and then {rest}; "
        f"put the name in quotes, or write two steps: “{first}”, then {_step(rest)}"
    )


def _step(rest: str) -> str:
    """The second reading as a step that is understood."""
    said = rest.strip("<>()[]{} ")
    named = {"↵": "enter", "⏎": "enter", "⇥": "tab"}.get(said, said)
    return f"press {named.lower()}" if _KEY.match(rest) else rest


_LOOKS: Final = (
    # "Ada and save", "Ada, save": a verb at the end.
    _Look(
        _compiled(
            r"(?P<text>.*\S)(?:\s+(?:and|then)\s+(?:then\s+)?|\s*[,;.]\s+(?:and\s+)?(?:then\s+)?)(?P<rest><verb>)\Z"
        ),
        _text_or_step,
        also_in_sentences=True,
    ),
    # "Ada tab Bob", but not "the tab is open".
    _Look(
        _compiled(r"(?P<text>.*?\S)(?<!\bthe)(?<!\ba)(?<!\bnew)(?<!\bthis)(?<!\bto)\s(?P<rest>(?:tab|enter)\s\S.*)\Z"),
        _text_or_step,
    ),
    # "Ada when the dialog appears", "Ada but don't press enter", "Ada to search", "Ada twice".
    _Look(_compiled(r"(?P<text>.*?\S)(?P<rest><clause>)\Z"), _text_or_condition),
    # "Ada press enter": a step without a comma before it.
    _Look(_compiled(r"(?P<text>.*?\S)(?P<rest><run_together>)\Z"), _text_or_step),
    # "Ada enter", "Ada, Tab", "Ada + enter": a key at the end.
    _Look(
        _compiled(
            r"(?P<text>.*?\S)(?:,\s+|\s+[+]\s+|\s+(?:(?:and|then|plus|with)\s+)?|(?=[<(\[{↵⏎⇥]))(?P<rest><key>)\Z"
        ),
        _text_or_step,
        also_in_sentences=True,
    ),
    # "Ada Tab Bob", "Ada, tab, Bob", "x ctrl+s y": a key in the middle.
    _Look(
        _compiled(r"(?P<text>.*?\S)(?:\s|,\s)(?P<rest>(?:<chord>|(?-i:Tab)|(?<=,\s)tab(?=,)|<bracketed>).*)\Z"),
        _text_or_step,
        also_in_sentences=True,
    ),
    # "Ada at the end", "Ada on line 3", "Ada below the title".
    _Look(
        _compiled(
            r"(?P<text>.*\S)\s(?P<rest>(?:on|onto|to|at|under|below|above|after|before|beside|behind|over|next\sto)\s"
            r"(?:(?:the|a|an|this|my|your|its)\s.*\b(?:<spot>|{FIELD}|<label>)\b.*"
            r"|(?:line|page|row|slide|column|cell)\s\S+|(?-i:[A-Z]{1,3}\d{1,5})))\Z"
        ),
        _text_or_spot,
    ),
    _Look(
        _compiled(
            r"(?P<text>.*\S)\s(?P<rest>(?:under|below|above|after|before|beside|next\sto)\s(?:the\s\S+|(?-i:[A-Z])\S*))\Z"
        ),
        _text_or_spot,
    ),
    # "Ada as name", "Ada for the Name field".
    _Look(
        _compiled(r"(?P<text>.*\S)\s(?:as|for)\s(?P<rest>(?:(?:the|my|your|its)\s)?(?:<label>|.{1,40}\s{FIELD}))\Z"),
        _text_or_place,
    ),
    # "Ada in bold".
    _Look(_compiled(r"(?P<text>.*\S)\s(?P<rest>in\s(?:<style>))\Z"), _text_or_spot),
    # "Ada in Name".
    _Look(
        _compiled(
            r"(?P<text>.*\S)\s(?:in|inside|within)\s(?P<rest>(?:(?:the|a|an|my|your|this|that)\s)?\S+(?:\s\S+){0,2})\Z"
        ),
        _text_or_place,
    ),
)
