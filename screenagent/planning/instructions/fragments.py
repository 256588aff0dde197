"""Cuts a text into fragments at the marks and words that set steps apart, each with what stood before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

Joint = Literal["line", "then", "dot", "comma", "and"]
"""What stands before a fragment; of several, the one named first counts."""

_JOINT: Final = re.compile(
    r"""
      (?P<line> (?:\A|\n)[ \t]*(?:(?:\(?\d{1,2}[.):]|[-*•‣–—]|step[ ]\d{1,2}[:.)]?)(?=\s))? )
    | (?P<then> (?<=\s)(?:then|after\ that|afterwards)(?=[\s,:]) )
    | (?P<dot> ; | (?<!\.)\.(?=\s|\Z) )
    | (?P<comma> (?<!\w\+),(?!\d) )
    | (?P<and> (?<!\bdrag\s)(?<!\bpress\s)(?<!\bgo\sahead\s)(?<!\bfind\s)(?<!\blocate\s)(?<=\s)and(?=\s) )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_INLINE_ITEM: Final = re.compile(r"(?<=[\s,;.])\(?\d{1,2}[.)](?=\s)")
_ENUMERATED: Final = re.compile(r"\s*\(?1[.)]\s")
_HEADING: Final = re.compile(
    r"\s*(?:please\s+)?(?:do (?:this|the following)|(?:here are )?the steps|steps?|task|instructions?|todo)\s*:",
    re.IGNORECASE,
)

_FILLER: Final = re.compile(
    r"""(?:
      please | now | first(?:ly|\ of\ all)? | second(?:ly)? | third(?:ly)? | last(?:ly|\ of\ all) | finally | next
    | then | also | and | so | just | simply | kindly | okay | ok | well | afterwards | after\ that
    | to\ (?:start|begin)(?:\ with)? | in\ the\ end | at\ the\ end | carefully | quickly | immediately
    | (?:could|can|would|will)\ you | I(?:\ would|['’]d)?\ (?:want|like|need)\ you\ to | let['’]s | let\ us
    | you\ (?:should|must|can|(?:have|need)\ to) | go\ ahead\ and | try\ to | proceed\ to
    | (?:be|make)\ sure\ to | (?:don['’]t\ forget|remember)\ to
    )(?:\s*[,:]\s*|\s+|\Z)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Fragment:
    """Where in the text it lies, and what stood before it."""

    start: int
    end: int
    joint: Joint


def fragments(text: str) -> Iterator[Fragment]:
    """The parts of `text` between the marks; blank ones are left out."""
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


def without_fillers(text: str) -> str:
    """`text` without the politeness and the lead-in before what it says."""
    while filler := _FILLER.match(text):
        text = text[filler.end() :]
    return text
