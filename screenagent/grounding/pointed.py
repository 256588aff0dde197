"""What is at a place: what a script would call it, and what each way of finding targets says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from screenagent.geometry import Absent, Location, Point, Value
from screenagent.grounding.embedded import EmbeddedGrounder
from screenagent.grounding.naming import Namer
from screenagent.screenshot import Screenshot

SAID: Final = 5
"""How many of those that hold the place are named, the smallest first."""


class PointedAt(Value):
    """`words` are for a script; `leads_back` tells whether they lead to the place again."""

    words: str
    leads_back: bool
    findings: tuple[str, ...]


def pointed_at(point: Point, screenshot: Screenshot, grounder: EmbeddedGrounder) -> PointedAt:
    """Return what is at `point`."""
    words = Namer(grounder).name(point, screenshot)
    found = grounder.locate(words, screenshot)
    leads_back = isinstance(found, Location) and found.box is not None and point in found.box
    findings = (*_seen(point, screenshot, grounder), _found(words, found, screenshot))
    return PointedAt(words=words, leads_back=leads_back, findings=findings)


def _seen(point: Point, screenshot: Screenshot, grounder: EmbeddedGrounder) -> Iterator[str]:
    screen = grounder.screen(screenshot)
    x, y = point.x * screen.size.width, point.y * screen.size.height
    told = sorted((one for one in screen.told if one.rect.holds(x, y)), key=lambda one: one.rect.area)
    for one in told[:SAID]:
        states = "".join(f", {state}" for state in sorted(one.states))
        value = f", holds “{one.value}”" if one.value and "password" not in one.states else ""
        yield f"its program says: {one.role} “{one.label.text}”{states}{value}"
    if not told:
        yield "its program says nothing of it"
    read = [label.text for label in screen.labels if label.rect.grown(1).holds(x, y)]
    yield f"read there: “{read[0]}”" if read else "no text is read there"
    control = screen.layout.around(x, y)
    yield f"seen there: a {control.role}" if control else "no frame of a control is seen round it"


def _found(words: str, found: Location | Absent, screenshot: Screenshot) -> str:
    match found:
        case Location(point=point, confidence=confidence, by=by):
            pixel = screenshot.display.pixel(point)
            return f"“{words}” leads to ({pixel.x}, {pixel.y}), by {by}, {confidence:.2f}"
        case Absent(why=why):
            return f"“{words}” leads nowhere: {why}"
