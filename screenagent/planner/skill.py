"""What a task is read as: literal steps, and skills, whose steps are known only once their screens are seen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from screenagent.actions import TypeText
from screenagent.events import Plan, PlannedStep
from screenagent.planner.sight import Sight

Steps = tuple[PlannedStep, ...]
"""What can be said at once; after it the screen is looked at again."""

Work = Generator[Steps, None, None]


class StepFailed(Exception):
    """Thrown into a skill where one of its steps failed; a skill that does not catch it fails by it."""


class Stuck(Exception):
    """A skill cannot go on; the text says why."""


@dataclass(frozen=True)
class Skill:
    """`words` say what it is for; `work` yields its steps, and sees the screen after each lot of them."""

    words: str
    work: Callable[[Sight], Work]
    fills: bool = False
    """Whether it fills in a part of a form."""

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Script:
    """A task, read: it ends in `Finish`."""

    steps: tuple[PlannedStep | Skill, ...]

    def sent(self, sending: Skill) -> Script:
        """This, and `sending` last where it ends with a form filled in and says nothing of what is to become of it."""
        *steps, finish = self.steps
        match steps[-1]:
            case Skill(fills=True) | PlannedStep(action=TypeText()):
                return Script((*steps, sending, finish))
            case _:
                return self

    @property
    def needs_eyes(self) -> bool:
        return any(isinstance(step, Skill) for step in self.steps)

    @property
    def plan(self) -> Plan:
        """Of a script of literal steps."""
        literal = tuple(step for step in self.steps if isinstance(step, PlannedStep))
        if len(literal) < len(self.steps):
            raise ValueError("a script with skills is no plan: their steps depend on what is seen")
        return Plan(steps=literal)

    def legs(self, sight: Sight | None) -> Generator[Leg, None, None]:
        """Literal steps as far as they go, and what each skill says next."""
        literal: list[PlannedStep] = []
        for step in self.steps:
            if isinstance(step, PlannedStep):
                literal.append(step)
                continue
            if literal:
                yield Leg(Plan(steps=tuple(literal)))
                literal = []
            if sight is None:
                raise ValueError(f"“{step}” depends on what is seen")
            yield from _worked(step, sight)
        if literal:
            yield Leg(Plan(steps=tuple(literal)))


@dataclass(frozen=True)
class Leg:
    """What can be planned before the screen has to be seen again, and what it is for."""

    plan: Plan
    purpose: str = ""


def _worked(skill: Skill, sight: Sight) -> Generator[Leg, None, None]:
    work = skill.work(sight)
    steps = next(work, None)
    while steps is not None:
        try:
            yield Leg(Plan(steps=steps), skill.words)
        except StepFailed as failed:
            steps = _thrown(work, failed)
        else:
            steps = next(work, None)


def _thrown(work: Work, failed: StepFailed) -> Steps | None:
    try:
        return work.throw(failed)
    except StopIteration:
        return None
