"""Builds a whole agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.approval import AllowAll, ApprovalQuestion, Asker, DenyAll
from screenagent.assembly.models import Models
from screenagent.assembly.parts import (
    build_approver,
    build_asking,
    build_grounder,
    build_reader,
    build_states,
    let_read_ahead,
)
from screenagent.control import Control
from screenagent.desktop import NoDesktop
from screenagent.perception.icon_names import IconNames
from screenagent.perception.named_reader import NamedReader
from screenagent.planning import InstructionPlanner, Instructions
from screenagent.protocols import Approver, Desktop, Grounder, Planner, StateReader, TextReader
from screenagent.settings import Settings

if TYPE_CHECKING:
    from screenagent.perception.reader import ScreenReader
    from screenagent.scripts.replay import Replay


def build_agent(
    settings: Settings,
    control: Control,
    desktop: Desktop,
    *,
    ask: Asker,
    models: Models | None = None,
    instructions: Instructions | None = None,
    replay: Replay | None = None,
    reader: ScreenReader | None = None,
) -> Agent:
    """Build the agent that the settings describe.

    `ask` puts a question to the person. Without a model the task's instructions are the plan; with `replay` the
    script is. `instructions` are those of the task, if it has been read already, and `reader` what has
    begun to read the screen.
    """
    models = models or Models.of(settings, control)
    reader = reader or build_reader(settings)
    let_read_ahead(desktop, reader)
    text = build_grounder(settings, reader=reader, desktop=desktop)
    states = build_states(settings, reader, desktop)
    points = models.pointing(text)
    judge = models.points.model if models.points else None
    names = IconNames(settings.icon_names)
    patches = min(ScreenChecker.patches, settings.max_image_patches)
    built = Agent(
        planner=models.planner(reader, text, states, instructions),
        grounder=points or text.strict(),
        approver=build_approver(settings, ask, NamedReader(reader, names)),
        desktop=desktop,
        checker=ScreenChecker(reader, text.by_sight(), judge, states=states, patches=patches),
        control=control,
        max_steps=settings.max_steps,
        second_look=points,
        guesser=text,
        min_confidence=settings.min_confidence,
        meter=models.meter,
        asking=build_asking(settings, desktop, text, names, reader),
        states=states,
    )
    return replay.playing(built, reader) if replay else built


def build_learner(settings: Settings, control: Control, desktop: Desktop, *, ask: Asker) -> Agent:
    """Build an agent that learns what buttons are called; it needs no model, and asks whatever the settings say."""
    asks = "windows" if settings.ask_tooltips == "off" else settings.ask_tooltips
    changed = {"model": None, "grounder_model": None, "ask_tooltips": asks}
    agent = build_agent(settings.model_copy(update=changed), control, desktop, ask=ask)
    if agent.asking is None:
        raise NoDesktop("tooltips can be followed on X11 alone; work on a virtual desktop with --virtual")
    return agent


def build_unattended(
    control: Control,
    desktop: Desktop,
    replay: Replay | None = None,
    *,
    model: str | None = None,
    model_family: str | None = None,
    model_concurrency: int | None = None,
) -> Agent:
    """Build an agent for a virtual desktop with nobody to ask: everything is allowed.

    What buttons tell is forgotten with it, so that each run of a bench finds the same. `model` and its family override
    the settings.
    """
    overriding = {"model": model, "model_family": model_family, "model_concurrency": model_concurrency}
    settings = Settings.load(approve="never", **overriding).model_copy(update={"icon_names": None})
    return build_agent(settings, control, desktop, ask=_nobody, replay=replay)


def build_embedded(desktop: Desktop, approver: Approver | None, control: Control | None) -> Agent:
    """Build an agent that needs no model; without an `approver` it is denied every input."""
    settings = Settings.load().model_copy(update={"model": None, "grounder_model": None})
    reader = build_reader(settings)
    let_read_ahead(desktop, reader)
    text = build_grounder(settings, reader=reader, desktop=desktop)
    states = build_states(settings, reader, desktop)
    names = IconNames(settings.icon_names)
    return Agent(
        planner=InstructionPlanner(reader=reader, grounder=text, strict=text.strict(), states=states),
        grounder=text.strict(),
        approver=approver or DenyAll(),
        desktop=desktop,
        checker=ScreenChecker(reader, text.by_sight(), states=states),
        control=control or getattr(desktop, "control", None) or Control(),
        guesser=text,
        min_confidence=settings.min_confidence,
        asking=build_asking(settings, desktop, text, names, reader),
        states=states,
    )


def build_from(
    planner: Planner,
    grounder: Grounder,
    desktop: Desktop,
    control: Control,
    *,
    approver: Approver,
    reader: TextReader,
    max_steps: int = Agent.max_steps,
    states: StateReader | None = None,
) -> Agent:
    """Build an agent from a planner, a grounder and a reader; the checker has the same ones."""
    return Agent(
        planner=planner,
        grounder=grounder,
        approver=approver,
        desktop=desktop,
        checker=ScreenChecker(reader, grounder, states=states),
        control=control,
        max_steps=max_steps,
    )


def build_guessing(control: Control, desktop: Desktop) -> Agent:
    """Build an agent for benches whose tasks mean any one of two lookalikes, and a filled form to be sent."""
    settings = Settings.load()
    reader = build_reader(settings)
    text = build_grounder(settings, reader=reader)
    states = build_states(settings, reader, None)
    planner = InstructionPlanner(reader=reader, grounder=text, states=states, sends_forms=True)
    return build_from(planner, text, desktop, control, approver=AllowAll(), reader=reader, states=states)


def _nobody(question: ApprovalQuestion) -> None:
    raise AssertionError(f"nobody can be asked, and everything is allowed: {question}")
