"""Proves the checks of a suite: an agent that does nothing carries out each task, and every check has to fail then."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field

from screenagent.actions import Finish
from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import DenyAll
from screenagent.bench.suites.listed import LeftOut
from screenagent.bench.tasks import Task
from screenagent.control import Control
from screenagent.episode import Episode
from screenagent.events import Decision, Plan, PlannedStep
from screenagent.fakes import FakeGrounder, FakeReader
from screenagent.fleet.results_folder import KeptAttempt
from screenagent.protocols import Desktop

IDLE_PLAN = Plan(steps=(PlannedStep(action=Finish(success=False, message="nothing was done, to prove the check")),))


@dataclass
class IdlePlanner:
    """Ends the run at once."""

    asked: list[str] = field(default_factory=list)

    def decide(self, episode: Episode) -> Generator[str, None, Decision]:
        self.asked.append(episode.task)
        yield "Nothing is done, to see what the check says then."
        return Decision(plan=IDLE_PLAN)


def build_idle(control: Control, desktop: Desktop) -> Agent:
    """Build an agent that leaves the desktop as it is."""
    grounder = FakeGrounder({})
    checker = ScreenChecker(FakeReader([]), grounder)
    return Agent(
        planner=IdlePlanner(), grounder=grounder, approver=DenyAll(), desktop=desktop, checker=checker, control=control
    )


def unproven(tasks: Sequence[Task], attempts: Iterable[KeptAttempt]) -> list[LeftOut]:
    """Return the tasks that do not count, by what came of them while nothing was done."""
    last = {attempt.task: attempt for attempt in attempts}
    excluded = []
    for task in tasks:
        attempt = last.get(task.id)
        if attempt is not None and (why := _why(attempt)):
            excluded.append(LeftOut(id=task.id, app=task.application, why=why))
    return excluded


def _why(attempt: KeptAttempt) -> str:
    if attempt.outcome == "passed":
        return "its check holds on the untouched start"
    if attempt.outcome == "infra":
        return f"it cannot be started here: {attempt.message}"
    return "" if attempt.detail else f"it cannot be carried out here: {attempt.message}"
