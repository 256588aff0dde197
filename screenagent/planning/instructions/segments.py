"""Cuts a task, whose quotes are hidden, into phrases, one for each step.

The text is first cut into fragments at every mark or word that may separate two steps. Then each fragment that does not
begin a step is joined to the phrase before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from screenagent import keys
from screenagent.planning.instructions.english import ENGLISH
from screenagent.planning.instructions.late_pattern import late_pattern
from screenagent.planning.instructions.refusals import is_goal
from screenagent.planning.instructions.tokens import compile_pattern

Joint = Literal["line", "then", "dot", "comma", "and"]
"""What separates a fragment from the one before it; the first in this order counts if there are several."""

_JOINT: Final = late_pattern(
    r"""
      (?P<line> (?:\A|\n)[ \t]*(?:(?:\(?\d{1,2}[.):]|[-*•‣–—]|step[ ]\d{1,2}[:.)]?)(?=\s))? )
    | (?P<then> (?<=\s)(?:then|after\ that|afterwards)(?=[\s,:]) )
    | (?P<dot> ; | (?<![.\s])\.(?=\s|\Z) )
    | (?P<comma> (?<!\w\+),(?!\d) )
    | (?P<and> (?<!\bdrag\s)(?<!\bpress\s)(?<!\bgo\sahead\s)(?<!\bfind\s)(?<!\blocate\s)(?<=\s)and(?=\s) )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_INLINE_ITEM: Final = late_pattern(r"(?<=[\s,;.])\(?\d{1,2}[.)](?=\s)")
_ENUMERATED: Final = late_pattern(r"\s*\(?1[.)]\s")
_HEADING: Final = late_pattern(
    r"\s*(?:please\s+)?(?:do (?:this|the following)|(?:here are )?the steps|steps?|task|instructions?|todo)\s*:",
    re.IGNORECASE,
)

_FILLER: Final = late_pattern(ENGLISH.beginnings["filler"], re.IGNORECASE | re.VERBOSE)

_CLOSING: Final = late_pattern(
    r"(?:that['’]s (?:it|all)|stop(?: here)?|done|you['’]re done|you are done|finish|the end|thanks|thank you)!?",
    re.IGNORECASE,
)

_STARTS: Final = late_pattern(ENGLISH.beginnings["step"], re.IGNORECASE | re.VERBOSE)
_FREE_TEXT: Final = late_pattern(
    r"(?:(?:into?\s.{1,120}?\s)?(?:type|enter|write|insert|input)|ask|(?:fill|replace)\b.{1,200}?\swith|(?:set|change)\s.{1,200}?\sto)\b(?=[\s:])",
    re.IGNORECASE,
)
_PLACED_TEXT: Final = compile_pattern(
    r"(?:type|enter|write|insert|input|put)\s.*\s(?:into\s.+|in\s(?!an?\snew\b).{0,120}?\b{FIELD}|(?:on|to|inside|for)\s(?:the|your|my)\s.{0,120}?\b{FIELD}|in\s{CELL}|as\s(?:the|your|my)\s.+)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_TEXT: Final = compile_pattern(
    r"(?:[\w-]+(?:\s+(?:in|out|on|the|following|text|words?|string|command|line|name|value|number|button|me)\b)*:?\s+)?"
    r"{QUOTED}(?:\s+(?:in|into|to|on|as|for)\s.*)?",
    re.IGNORECASE | re.DOTALL,
)
_ENDS_QUOTED: Final = compile_pattern(r"(?:replace|rename|change|save)\s.*{QUOTED}\Z", re.IGNORECASE | re.DOTALL)
_ENDS_NUMBER: Final = late_pattern(r"(?:set|change)\s.*\sto\s.*?[\[(]?[-+−]?\d[\d.,\s]*[\])%]?", re.IGNORECASE)
_NUMBERS: Final = late_pattern(r"[-+−]?\d[\d.,\s]*[\])%]?")
_IN_CELL: Final = compile_pattern(r"(?!.*\sand\s).{1,200}\s(?:in|into)\s{CELL}", re.IGNORECASE)
_FILLED: Final = late_pattern(r"fill\s", re.IGNORECASE)
_FILLED_TOO: Final = late_pattern(r".{1,120}\swith\s.+", re.IGNORECASE)
_SET: Final = late_pattern(r"set\s", re.IGNORECASE)
_SET_TOO: Final = late_pattern(r".{1,120}\sto\s.+", re.IGNORECASE)
_STATE: Final = (
    r"\b(?:is|are|has|have|appears?|disappears?|shows?|contains|says|reads|displays|comes|goes|pops|closes)\b"
)
_STATELESS: Final = late_pattern(
    rf"(?:check|verify|make sure|ensure|confirm|wait until|wait till|when|once)\s(?!.*{_STATE}).*",
    re.IGNORECASE | re.DOTALL,
)
_EXPECTED: Final = late_pattern(r".{1,120}\sshould\s(?:appear|disappear|vanish|show|go|come|be)\b.*", re.IGNORECASE)
_LIMIT: Final = late_pattern(r"(?:for\s+)?(?:up to|at most|within|a maximum of)\s.{1,30}", re.IGNORECASE)
_HELD: Final = late_pattern(r"(?:hold|holding|keep)(?:\s+down)?\s+[\w+\- ]{1,40}", re.IGNORECASE)
_PLACE: Final = late_pattern(r"(?:in|on|from|under|inside|at|using)\s.{1,120}", re.IGNORECASE)
_LISTED: Final = late_pattern(
    r"(?:select|choose|pick|tick|check|mark)\s(?!that\s|if\s|whether\s|all\b)\S", re.IGNORECASE
)
_MODIFIER_PRESS: Final = late_pattern(r"(?:press|hit|hold)\s+(?:the\s+)?(.{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Clause:
    """The phrase that one step is read from, without fillers, and what separates it from the phrase before it."""

    text: str
    joint: Joint

    @property
    def is_free_text(self) -> bool:
        """Whether it ends in words of the user's own that may hold commas: an unquoted text to type, a question."""
        return bool(_FREE_TEXT.match(self.text)) and not self.is_complete

    @property
    def is_complete(self) -> bool:
        """Whether it ends where a quoted text, the field to type into or a number ends."""
        complete = (_QUOTED_TEXT.fullmatch, _PLACED_TEXT.fullmatch, _ENDS_QUOTED.match, _ENDS_NUMBER.fullmatch)
        return any(fits(self.text) for fits in complete)

    @property
    def is_press(self) -> bool:
        return bool(re.match(r"(?:press|hit|push)\s", self.text, re.IGNORECASE))


def phrases(text: str) -> list[Clause]:
    """Cut `text` at each comma, full stop, line break, "and" or "then" that a new step follows."""
    found: list[Clause] = []
    start = 0
    for fragment in _fragments(text):
        piece = Clause(_said(text[fragment.start : fragment.end], fragment), fragment.joint)
        if not piece.text:
            continue
        if found and _goes_on(found[-1], piece):
            found[-1] = Clause(_without_fillers(text[start : fragment.end]), found[-1].joint)
        else:
            found.append(piece)
            start = fragment.start
    while found and _CLOSING.fullmatch(found[-1].text):
        found.pop()
    return found


def _said(text: str, fragment: Fragment) -> str:
    """The text without fillers, but "Next" in "click Next, Next" is none, nor "First" in "click Edit, First Page"."""
    said = _without_fillers(text)
    may_be_a_name = fragment.joint in ("comma", "then") and text[:1].isupper()
    return text if may_be_a_name and not starts_a_step(said) else said


def _goes_on(phrase: Clause, piece: Clause) -> bool:
    """Whether `piece` belongs to the phrase before it rather than to a step of its own."""
    if piece.joint == "line":
        return False
    if _awaits(phrase, piece) or piece.text.lower().startswith("to "):
        return True
    if starts_a_step(piece.text):
        return False
    if _ENDS_NUMBER.fullmatch(phrase.text) and _NUMBERS.fullmatch(piece.text):
        return True
    if piece.text in ENGLISH.shortcuts:
        return phrase.is_free_text
    if _LISTED.match(phrase.text) and piece.joint in ("comma", "and"):
        return not phrase.text.lower().startswith(piece.text.lower())
    if _IN_CELL.fullmatch(phrase.text) and _IN_CELL.fullmatch(piece.text):
        return False
    if phrase.is_free_text:
        return piece.joint != "then" and not _is_another_field(phrase, piece)
    if _EXPECTED.fullmatch(piece.text) or (phrase.is_press and is_chord(piece.text)):
        return False
    return piece.joint == "and" and not phrase.is_complete and not (_has_role(phrase.text) and _has_role(piece.text))


def _is_another_field(phrase: Clause, piece: Clause) -> bool:
    """Whether `piece` names a second field and what to put into it: "fill in A with b and C with d"."""
    if _FILLED.match(phrase.text):
        return bool(_FILLED_TOO.fullmatch(piece.text))
    return bool(_SET.match(phrase.text) and _SET_TOO.fullmatch(piece.text))


def _awaits(phrase: Clause, piece: Clause) -> bool:
    """Whether `phrase` is only the beginning of a step: "hold shift" and "click a", "press ctrl" and "s"."""
    if _STATELESS.fullmatch(phrase.text) and piece.joint == "and":
        return bool(re.search(_STATE, piece.text))
    if phrase.text.lower().startswith("wait") and piece.joint == "comma":
        return bool(_LIMIT.fullmatch(piece.text))
    if _is_only_a_place(phrase.text) and piece.joint == "comma":
        return bool(_STARTS.match(piece.text) or _PLACE.fullmatch(piece.text))
    if _HELD.fullmatch(phrase.text) and re.search(r"click|drag", piece.text, re.IGNORECASE):
        return piece.joint in ("and", "comma")
    pressed = _MODIFIER_PRESS.fullmatch(phrase.text)
    if not pressed or piece.joint != "and" or not is_chord(pressed[1]):
        return False
    return set(keys.chord(pressed[1])) <= set(keys.MODIFIERS) and is_chord(piece.text)


def _is_only_a_place(text: str) -> bool:
    """Whether no step has begun yet: "in Preferences, on the Editor tab"."""
    return bool(_PLACE.fullmatch(text)) and not any(_STARTS.match(part) for part in re.split(r",\s+", text))


def _has_role(text: str) -> bool:
    """Whether it ends as a target with its role does: "the Save button"."""
    return text.rpartition(" ")[2].lower() in ENGLISH.roles


def starts_a_step(text: str) -> bool:
    """Whether it opens as a step does or as a goal, which is no name of something and no text to type either."""
    return bool(_STARTS.match(text)) or is_goal(text)


def is_chord(text: str) -> bool:
    """Whether `text` names keys."""
    try:
        keys.chord(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Fragment:
    """A part of the text, and what separates it from the fragment before it."""

    start: int
    end: int
    joint: Joint


def _fragments(text: str) -> Iterator[Fragment]:
    """Yield the parts of `text` between the separators, without the blank ones."""
    heading = _HEADING.match(text)
    start = heading.end() if heading else 0
    joints: list[Joint] = ["line"]
    for mark in _marks(text, start):
        if fragment := _fragment(text, start, mark.start(), joints):
            yield fragment
            joints = []
        joints.append(_kind(mark))
        start = mark.end()
    if fragment := _fragment(text, start, len(text), joints):
        yield fragment


def _marks(text: str, start: int) -> list[re.Match[str]]:
    marks = list(_JOINT.finditer(text, start))
    if not _ENUMERATED.match(text, start):
        return marks
    items = list(_INLINE_ITEM.finditer(text, start))
    inside = {position for item in items for position in range(*item.span())}
    return sorted((*items, *(mark for mark in marks if mark.start() not in inside)), key=lambda mark: mark.start())


def _kind(mark: re.Match[str]) -> Joint:
    return next((kind for kind in get_args(Joint) if mark.lastgroup == kind), "line")


def _fragment(text: str, start: int, end: int, joints: list[Joint]) -> Fragment | None:
    said = text[start:end]
    if not said.strip():
        return None
    lead = len(said) - len(said.lstrip())
    strongest = min(joints, key=get_args(Joint).index)
    return Fragment(start + lead, start + len(said.rstrip()), strongest)


def _without_fillers(text: str) -> str:
    """Return `text` without the polite words and the lead-in at its start: "could you please", "first of all"."""
    while filler := _FILLER.match(text):
        text = text[filler.end() :]
    return text
