"""What a task is read as: literal steps, and skills, whose steps are known only once their screens are seen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from screenagent.actions import TypeText
from screenagent.events import Plan, PlannedStep
from screenagent.planning.skills.view import ScreenView

SkillSteps = tuple[PlannedStep, ...]
"""What can be said at once; after it the screen is looked at again."""

SkillRun = Generator[SkillSteps, None, None]


class SkillStepFailed(Exception):
    """Thrown into a skill where one of its steps failed; a skill that does not catch it fails by it."""


class SkillFailed(Exception):
    """A skill cannot go on; the text says why."""


@dataclass(frozen=True)
class Skill:
    """`words` say what it is for; `work` yields its steps, and sees the screen after each lot of them."""

    words: str
    work: Callable[[ScreenView], Generator[SkillSteps, None, object]]
    fills: bool = False
    """Whether it fills in a part of a form."""
    target: str | None = None
    """What "it" is afterwards."""
    blind: SkillSteps = ()
    """What a planner without eyes does instead."""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Instructions:
    """A task, read: it ends in `Finish`."""

    steps: tuple[PlannedStep | Skill, ...]

    def sent(self, sending: Skill) -> Instructions:
        """This, and `sending` last where it ends with a form filled in and says nothing of what is to become of it."""
        *steps, finish = self.steps
        match steps[-1]:
            case Skill(fills=True) | PlannedStep(action=TypeText()):
                return Instructions((*steps, sending, finish))
            case _:
                return self

    @property
    def needs_eyes(self) -> Skill | None:
        """The first step that cannot be done without."""
        return next((step for step in self.steps if isinstance(step, Skill) and not step.blind), None)

    @property
    def plan(self) -> Plan:
        """What is done without eyes."""
        if skill := self.needs_eyes:
            raise ValueError(f"“{skill}” depends on what is seen")
        return Plan(steps=tuple(_blindly(self.steps)))

    def legs(self, sight: ScreenView | None) -> Generator[Segment, None, None]:
        """Literal steps as far as they go, and what each skill says next."""
        if sight is None:
            yield Segment(self.plan)
            return
        for literal, steps in groupby(self.steps, lambda step: isinstance(step, PlannedStep)):
            if literal:
                yield Segment(Plan(steps=tuple(_blindly(steps))))
                continue
            for step in steps:
                if isinstance(step, Skill):
                    yield from _worked(step, sight)


@dataclass(frozen=True)
class Segment:
    """What can be planned before the screen has to be seen again, and what it is for."""

    plan: Plan
    purpose: str = ""


def _blindly(steps: Iterable[PlannedStep | Skill]) -> Iterator[PlannedStep]:
    for step in steps:
        yield from step.blind if isinstance(step, Skill) else (step,)


def _worked(skill: Skill, sight: ScreenView) -> Generator[Segment, None, None]:
    work = skill.work(sight)
    steps = next(work, None)
    while steps is not None:
        try:
            yield Segment(Plan(steps=steps), skill.words)
        except SkillStepFailed as failed:
            steps = _thrown(work, failed)
        else:
            steps = next(work, None)


def _thrown(work: Generator[SkillSteps, None, object], failed: SkillStepFailed) -> SkillSteps | None:
    try:
        return work.throw(failed)
    except StopIteration:
        return None
