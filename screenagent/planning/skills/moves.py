"""What skills are made of: steps on what was found, and bringing into view what is not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, Literal

from screenagent.actions import Change, Click, Direction, Drag, Modifier, Move, PressKeys, Scroll, Target, TypeText
from screenagent.events import PlannedStep
from screenagent.geometry import Location, Point
from screenagent.planning.skills.skill import SkillFailed, SkillSteps
from screenagent.planning.skills.view import ScreenView

MOST_SCROLLS: Final = 40
SkillTarget = Location | Point
Seeking = Generator[SkillSteps, None, Location | None]


def click(
    place: SkillTarget, name: str, *, count: Literal[1, 2, 3] = 1, held: tuple[Modifier, ...] = ()
) -> PlannedStep:
    return PlannedStep(action=Click(target=_target(place, name), count=count, modifiers=held))


def hover(place: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Move(target=_target(place, name)))


def type_text(text: str) -> PlannedStep:
    return PlannedStep(action=TypeText(text=text), expectation=Change())


def press(*keys: str, times: int = 1) -> PlannedStep:
    return PlannedStep(action=PressKeys(keys=keys, times=times))


def scroll(direction: Direction, *, over: SkillTarget, notches: int = 3) -> PlannedStep:
    return PlannedStep(action=Scroll(direction=direction, target=_target(over, "the page"), notches=notches))


def drag(start: SkillTarget, end: SkillTarget, name: str) -> PlannedStep:
    return PlannedStep(action=Drag(path=(_target(start, name), _target(end, "the place"))))


def replaced(field: SkillTarget, name: str, text: str) -> SkillSteps:
    """Afterwards the field holds `text` and nothing else."""
    return (click(field, name), press("ctrl", "a"), type_text(text))


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
            yield (scroll(direction, over=over or sight.middle),)
            if sight.screen.digest == seen:
                break
    return sight.find(target)


def _target(place: SkillTarget, name: str) -> Target:
    """A target that the skill has already found."""
    return Target(words=name, at=place.point if isinstance(place, Location) else place)
