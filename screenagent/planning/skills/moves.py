"""What skills are made of: steps on what was found, and bringing into view what is not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, Literal

from screenagent.actions import Change, Click, Direction, Drag, Modifier, Move, PressKeys, Scroll, TypeText
from screenagent.events import PlannedStep
from screenagent.geometry import Location, Point
from screenagent.planning.skills.skill import SkillFailed, SkillSteps
from screenagent.planning.skills.view import ScreenView

MOST_SCROLLS: Final = 40
SkillTarget = Location | Point
Seeking = Generator[SkillSteps, None, Location | None]


def click(
    sight: ScreenView, place: SkillTarget, name: str, *, count: Literal[1, 2, 3] = 1, held: tuple[Modifier, ...] = ()
) -> PlannedStep:
    return PlannedStep(action=Click(target=sight.at(_point(place), name), count=count, modifiers=held))


def hover(sight: ScreenView, place: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Move(target=sight.at(_point(place), name)))


def type_text(text: str) -> PlannedStep:
    return PlannedStep(action=TypeText(text=text), expectation=Change())


def press(*keys: str, times: int = 1) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=keys, times=times))


def scroll(sight: ScreenView, direction: Direction, *, over: SkillTarget, notches: int = 3) -> PlannedStep:
    return PlannedStep(action=Scroll(direction=direction, target=sight.at(_point(over), "the page"), notches=notches))


def drag(sight: ScreenView, start: SkillTarget, end: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Drag(path=(sight.at(_point(start), name), sight.at(_point(end), "the place"))))


def replaced(sight: ScreenView, field: SkillTarget, name: str, text: str) -> SkillSteps:
    """Afterwards the field holds `text` and nothing else."""
    return (click(sight, field, name), press("ctrl", "a"), type_text(text))


def needed(sight: ScreenView, target: str) -> Location:
    if (found := sight.find(target)) is None:
        raise SkillFailed(f"{target} is not to be seen")
    return found


def into_view(sight: ScreenView, target: str, *, over: SkillTarget | None = None) -> Seeking:
    """Where `target` is, scrolled to if need be: down to the end first, then up; None if it is nowhere."""
    directions: tuple[Direction, ...] = ("down", "up")
    for direction in directions:
        for _ in range(MOST_SCROLLS):
            if found := sight.find(target):
                return found
            seen = sight.screen.digest
            yield (scroll(sight, direction, over=over or sight.middle),)
            if sight.screen.digest == seen:
                break
    return sight.find(target)


def _point(place: SkillTarget) -> Point:
    return place.point if isinstance(place, Location) else place
