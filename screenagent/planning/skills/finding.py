"""Finding what is out of view or folded away."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Final, Literal

from screenagent.actions import Click
from screenagent.geometry import Location
from screenagent.perception.similarity import solid
from screenagent.planning.instructions.steps import expectation_of
from screenagent.planning.skills.moves import Seeking, click, hover, require, scroll, scroll_into_view
from screenagent.planning.skills.skill import SkillFailed, SkillRun, SkillSteps
from screenagent.planning.skills.states import bring_about
from screenagent.planning.skills.view import ScreenView

MOST_FOLDS: Final = 30
MOST_SCROLLS: Final = 60
_SECTION: Final = re.compile(r"\s(?:section|panel|group|box|card|accordion)\Z", re.I)


def find_and_click(view: ScreenView, target: str) -> SkillRun:
    found = yield from bring_into_view(view, target)
    yield (click(found, target, expectation=expectation_of(Click(target=target))),)


def scroll_to(view: ScreenView, target: str) -> SkillRun:
    """Scroll until `target` is to be seen; nothing is unfolded for it."""
    found = yield from scroll_into_view(view, target)
    if found is None:
        raise SkillFailed(f"{target} is nowhere on the page")


def bring_into_view(view: ScreenView, target: str) -> Generator[SkillSteps, None, Location]:
    found = yield from scroll_into_view(view, target)
    found = found or _in_two_lines(view, target) or (yield from _unfolded(view, target))
    if found is None:
        raise SkillFailed(f"{target} is nowhere, and nothing is left to unfold; {view.why_absent(target)}")
    return found


def find_among(view: ScreenView, target: str, *, in_a_row: bool) -> SkillRun:
    """Under tabs, whose heads stand in a row at the top, or in folded sections, of which only the heads are seen."""
    heads = [line.text for line in (view.top_row() if in_a_row else view.lines)]
    for head in heads:
        if found := view.find(target):
            yield (click(found, target),)
            return
        if place := view.find(f"“{head}”"):
            yield (click(place, head),)
    yield (click(require(view, target), target),)


def scroll_to_end(view: ScreenView, pane: str, *, top: bool) -> SkillRun:
    place = view.find(pane) or view.middle
    for _ in range(MOST_SCROLLS):
        seen = view.screen.digest
        yield (scroll("up" if top else "down", over=place, notches=10),)
        if view.screen.digest == seen:
            return


def fold(view: ScreenView, section: str, state: Literal["expanded", "collapsed"]) -> SkillRun:
    """What is folded opens by a click on its head, and closes by another."""
    head = view.find(_SECTION.sub("", section)) or view.find(section) or _numbered(view, section)
    control = view.folding(head) if head else None
    if control is None and state == "collapsed":
        raise SkillFailed(f"it is not to be seen whether {section} is collapsed")
    if head and control:
        yield (bring_about(control, section, state, at=head),)
    else:
        yield (click(head or view.find("the disc") or require(view, section), section),)


def _numbered(view: ScreenView, section: str) -> Location | None:
    """The only one of its kind, which bears its kind and a number: "the section" is "Section 2"."""
    kind = re.sub(r"^(?:the|this|that)\s+", "", section)
    found = [line for line in view.lines if re.fullmatch(rf"{re.escape(kind)}\W*\d+", line.text, re.IGNORECASE)]
    box = found[0].box if len(found) == 1 else None
    return Location(point=box.center, box=box, confidence=0.9, by="text") if box else None


def _in_two_lines(view: ScreenView, target: str) -> Location | None:
    """What is quoted may be written in two lines, as a narrow menu has it."""
    quoted = re.search(r"[\"“](.+?)[\"”]", target)
    wanted = solid(quoted[1] if quoted else target).casefold()
    line = next((line for line in view.texts() if solid(line.text).casefold() == wanted), None)
    return Location(point=line.box.center, box=line.box, confidence=0.8, by="text") if line else None


def _unfolded(view: ScreenView, target: str) -> Seeking:
    """Of a tree the lowest branch first, since it moves none of the others; of menus what the mouse opens."""
    tried: set[float] = set()
    for _ in range(MOST_FOLDS):
        folded = [place for place in view.every("expander") if place.point.y not in tried]
        if not folded:
            break
        tried.add(folded[-1].point.y)
        yield (click(folded[-1], "the sign that unfolds"),)
        if found := (yield from scroll_into_view(view, target)):
            return found
    for line in [] if tried else view.lines:
        yield (hover(line.box.center, f"“{line.text}”"),)
        if found := view.find(target):
            return found
    return None
