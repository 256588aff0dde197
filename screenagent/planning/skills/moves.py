"""Steps on targets that a skill has found, and scrolling to targets that are out of view."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Final, Literal, TypeVar

from screenagent.actions import Change, Click, Direction, Drag, Modifier, Move, Scroll, Target, Wait
from screenagent.events import PlannedStep
from screenagent.geometry import Location, Point
from screenagent.planning.instructions.steps import press, type_text
from screenagent.planning.skills.skill import LATE_SECONDS, SkillSteps, TargetUnseen
from screenagent.planning.skills.view import ScreenView

FoundT = TypeVar("FoundT")

MOST_SCROLLS: Final = 40
SkillTarget = Location | Point
Seeking = Generator[SkillSteps, None, Location | None]


def click(
    place: SkillTarget,
    name: str,
    *,
    count: Literal[1, 2, 3] = 1,
    held: tuple[Modifier, ...] = (),
    expectation: Change | None = None,
) -> PlannedStep:
    action = Click(target=target_at(place, name), count=count, modifiers=held)
    return PlannedStep(action=action, expectation=expectation)


def hover(place: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Move(target=target_at(place, name)))


def scroll(direction: Direction, *, over: SkillTarget, notches: int = 3) -> PlannedStep:
    return PlannedStep(action=Scroll(direction=direction, target=target_at(over, "the page"), notches=notches))


def drag(start: SkillTarget, end: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Drag(path=(target_at(start, name), target_at(end, "the place"))))


def replace_text(field: SkillTarget, name: str, text: str) -> SkillSteps:
    """Replace what is in the field by `text`."""
    return (click(field, name), press("ctrl", "a"), type_text(text))


def require(view: ScreenView, target: str) -> Location:
    """Return where `target` is; `SkillFailed` if it is not on the screen, with what comes nearest."""
    if (found := view.find(target)) is None:
        raise TargetUnseen(view.why_absent(target))
    return found


def appearing(look: Callable[[], FoundT | None]) -> Generator[SkillSteps, None, FoundT | None]:
    """Return what `look` finds, as soon as it does: a page or window may still be on its way, as for a click."""
    for seconds in LATE_SECONDS:
        if found := look():
            return found
        yield (PlannedStep(action=Wait(seconds=seconds)),)
    return look()


def scroll_into_view(view: ScreenView, target: str, *, over: SkillTarget | None = None) -> Seeking:
    """Return where `target` is, after scrolling down to the end and then up if needed; None if it is not found."""
    directions: tuple[Direction, ...] = ("down", "up")
    for direction in directions:
        for _ in range(MOST_SCROLLS):
            if found := view.find(target):
                return found
            seen = view.screen.digest
            yield (scroll(direction, over=over or view.middle),)
            if view.screen.digest == seen:
                break
    return view.find(target)


def target_at(place: SkillTarget, name: str) -> Target:
    """The target for a place that the skill has already found."""
    return Target(words=name, at=place.point if isinstance(place, Location) else place)
