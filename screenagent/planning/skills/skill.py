"""Instructions: literal steps, and skills, which work out their steps from the screen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from screenagent.actions import Direction, Scroll, Target, TypeText, Wait
from screenagent.events import Plan, PlannedStep
from screenagent.perception.labels import TextLine
from screenagent.planning.skills.view import ScreenView

SkillSteps = tuple[PlannedStep, ...]
"""Steps that are planned at once; the screen is captured again after them."""

SkillRun = Generator[SkillSteps, None, None]


LATE_SECONDS: Final = (0.4, 0.6, 0.8, 1.2)
"""How long what is not there yet is waited for; each wait is another, as the same three times would be a loop."""

MOST_TURNS: Final = 30
"""How often a page is scrolled in one direction at most."""
NOTCHES: Final = 5
STILL: Final = 0.8
"""The share of the lines that stay where they are when a page is not scrolled any more."""
SURELY_FOUND: Final = 0.9
"""The confidence from which on a page is scrolled no further."""

SkillWork = Generator[SkillSteps, None, object]


class SkillStepFailed(Exception):
    """Thrown into a skill when one of its steps failed; a skill that does not catch it fails too.

    `at` is the step's place in its plan. `unseen` is what the step was to act on, if that is not to be seen.
    """

    def __init__(self, why: str, *, at: int = 0, unseen: str | None = None) -> None:
        super().__init__(why)
        self.at = at
        self.unseen = unseen


class SkillFailed(Exception):
    """A skill cannot continue; the text says why."""


class TargetUnseen(SkillFailed):
    """What the skill needs is not to be seen; it may be out of view."""


@dataclass(frozen=True)
class Skill:
    """A goal in `words`, and `work` that yields the steps to it and sees the screen after each of its yields."""

    words: str
    work: Callable[[ScreenView], Generator[SkillSteps, None, object]]
    fills: bool = False
    """Whether the skill fills in a part of a form."""
    target: str | None = None
    """What "it" refers to afterwards."""
    blind: SkillSteps = ()
    """The steps of a planner that does not see the screen."""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Instructions:
    """A task in plain English and the steps that it asks for; the last step is `Finish`."""

    task: str
    steps: tuple[PlannedStep | Skill, ...]

    def sent(self, sending: Skill) -> Instructions:
        """Append `sending` if the last step fills in a form."""
        *steps, finish = self.steps
        match steps[-1]:
            case Skill(fills=True) | PlannedStep(action=TypeText()):
                return replace(self, steps=(*steps, sending, finish))
            case _:
                return self

    @property
    def length(self) -> int:
        """How many steps the user wrote; the end is not one."""
        return len(self.steps) - 1

    @property
    def needs_screen(self) -> Skill | None:
        """The first step that cannot be planned without seeing the screen."""
        return next((step for step in self.steps if isinstance(step, Skill) and not step.blind), None)

    @property
    def plan(self) -> Plan:
        """All steps as one plan; `ValueError` if a step cannot be planned without seeing the screen."""
        if skill := self.needs_screen:
            raise ValueError(f"“{skill}” depends on what is seen")
        return Plan(steps=tuple(_literal_steps(self.steps)))

    def segments(self, view: ScreenView | None) -> Generator[Segment, None, None]:
        """Yield what can be planned at once: consecutive literal steps, or the next steps of a skill.

        Throw `SkillStepFailed` in to let the skill try another way. Without a `view` all steps are one segment.
        """
        if view is None:
            yield Segment(self.plan)
            return
        for literal, steps in groupby(self.steps, lambda step: isinstance(step, PlannedStep)):
            if literal:
                yield from _brought_into_view(tuple(_literal_steps(steps)), view)
                continue
            for step in steps:
                if isinstance(step, Skill):
                    yield from _segments_of(step, view)


@dataclass(frozen=True)
class Segment:
    """A part of the instructions that is planned at once, and the words of the skill that it belongs to."""

    plan: Plan
    purpose: str = ""


def _literal_steps(steps: Iterable[PlannedStep | Skill]) -> Iterator[PlannedStep]:
    for step in steps:
        yield from step.blind if isinstance(step, Skill) else (step,)


def _segments_of(skill: Skill, view: ScreenView) -> Generator[Segment, None, None]:
    work, steps = yield from _begun(skill, view)
    while steps is not None:
        try:
            yield from _brought_into_view(steps, view, skill.words)
        except SkillStepFailed as failed:
            steps = _after_failure(work, failed)
        else:
            steps = next(work, None)


def _begun(skill: Skill, view: ScreenView) -> Generator[Segment, None, tuple[SkillWork, SkillSteps | None]]:
    """Begin the skill. As long as it can do nothing at all, the page or window may still be on its way, or what the
    skill needs is in another part of the page."""
    for seconds in LATE_SECONDS:
        work = skill.work(view)
        try:
            return work, next(work, None)
        except SkillFailed:
            yield Segment(Plan(steps=(PlannedStep(action=Wait(seconds=seconds)),)), skill.words)
    work = skill.work(view)
    try:
        return work, next(work, None)
    except TargetUnseen as unseen:
        for scrolled in through_page(view):
            yield Segment(Plan(steps=(scrolled,)), skill.words)
            work = skill.work(view)
            with suppress(TargetUnseen):
                return work, next(work, None)
        raise unseen


def _brought_into_view(steps: SkillSteps, view: ScreenView, purpose: str = "") -> Generator[Segment, None, None]:
    """Yield the steps as one segment. If the target of one is not to be seen, the page is scrolled until it is, and
    the rest of the steps follow."""
    sought = -1  # the last step whose target was looked for
    while steps:
        try:
            yield Segment(Plan(steps=steps), purpose)
        except SkillStepFailed as failed:
            target = failed.unseen if failed.at != sought else None
            if target is None or not (yield from _scrolled_to(target, view)):
                raise
            steps, sought = steps[failed.at :], 0
        else:
            return


def _scrolled_to(target: str, view: ScreenView) -> Generator[Segment, None, bool]:
    """Scroll the page until `target` comes into view; return whether it has. Of several that are in view, none may be
    chosen by scrolling the others away."""
    if view.find(target) is not None:
        return False
    for scrolled in through_page(view):
        yield Segment(Plan(steps=(scrolled,)), f"find {target}")
        found = view.find_exactly(target)
        if found and found.confidence >= SURELY_FOUND:
            return True
    return False


def through_page(view: ScreenView) -> Iterator[PlannedStep]:
    """Yield the turns of the wheel that show the rest of a web page, down to its end and then up to its beginning.

    Elsewhere a wheel may change what it is turned over.
    """
    directions: tuple[Direction, ...] = ("down", "up")
    target = Target(words="the page", at=view.middle)
    for direction in directions if view.is_web_page else ():
        for _ in range(MOST_TURNS):
            seen = view.lines
            yield PlannedStep(action=Scroll(direction=direction, target=target, notches=NOTCHES))
            if stand_still(seen, view.lines):
                break


def stand_still(before: Sequence[TextLine], after: Sequence[TextLine]) -> bool:
    """Whether nearly all lines are where they were; what lights up under the mouse may be read in another way."""
    places = {(line.text, round(line.box.top, 2)) for line in before}
    same = sum((line.text, round(line.box.top, 2)) in places for line in after)
    return same >= STILL * max(len(before), len(after))


def _after_failure(work: Generator[SkillSteps, None, object], failed: SkillStepFailed) -> SkillSteps | None:
    try:
        return work.throw(failed)
    except StopIteration:
        return None
