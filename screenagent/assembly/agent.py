"""Builds a whole agent."""

from __future__ import annotations

from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll, ApprovalQuestion, Asker, DenyAll
from screenagent.assembly.models import Models
from screenagent.assembly.parts import build_approver, build_grounder, build_reader
from screenagent.control import Control
from screenagent.planning import InstructionPlanner
from screenagent.protocols import Approver, Desktop
from screenagent.scripts.replay import Replay
from screenagent.settings import Settings


def build_agent(
    settings: Settings,
    control: Control,
    desktop: Desktop,
    *,
    ask: Asker,
    models: Models | None = None,
    replay: Replay | None = None,
) -> Agent:
    """Build the agent that the settings describe.

    `ask` puts a question to the person. Without a model the instructions themselves are the plan; with `replay` the
    script is.
    """
    models = models or Models.of(settings, control)
    reader = build_reader(settings)
    text = build_grounder(settings, reader=reader, desktop=desktop)
    points = models.pointing(text)
    built = Agent(
        planner=models.planner(reader, text),
        grounder=points or text.strict(),
        approver=build_approver(settings, ask, reader),
        desktop=desktop,
        checker=ScreenChecker(text.by_sight(), models.judge),
        control=control,
        max_steps=settings.max_steps,
        second_look=points,
        meter=models.meter,
    )
    return replay.playing(built, reader) if replay else built


def build_unattended(control: Control, desktop: Desktop, replay: Replay | None = None) -> Agent:
    """Build an agent for a virtual desktop with nobody to ask: everything is allowed."""
    return build_agent(Settings(approve="never"), control, desktop, ask=_nobody, replay=replay)


def build_embedded(desktop: Desktop, approver: Approver | None, control: Control | None) -> Agent:
    """Build an agent that needs no model; without an `approver` it is denied every input."""
    settings = Settings(model=None, grounder_model=None)
    reader = build_reader(settings)
    text = build_grounder(settings, reader=reader, desktop=desktop)
    return Agent(
        planner=InstructionPlanner(reader=reader, grounder=text),
        grounder=text.strict(),
        approver=approver or DenyAll(),
        desktop=desktop,
        checker=ScreenChecker(text.by_sight()),
        control=control or getattr(desktop, "control", None) or Control(),
    )


def build_guessing(control: Control, desktop: Desktop) -> Agent:
    """Build an agent for benches whose tasks mean any one of two lookalikes, and a filled form to be sent."""
    settings = Settings()
    reader = build_reader(settings)
    text = build_grounder(settings, reader=reader)
    return Agent(
        planner=InstructionPlanner(reader=reader, grounder=text, sends_forms=True),
        grounder=text,
        approver=AllowAll(),
        desktop=desktop,
        checker=ScreenChecker(text),
        control=control,
    )


def _nobody(question: ApprovalQuestion) -> None:
    raise AssertionError(f"nobody can be asked, and everything is allowed: {question}")
