"""Every seam at once: the whole agent, on a real virtual desktop, run by the tiny random checkpoint in this process."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import torch

from screenagent.actions import Action, Ask
from screenagent.agent import Agent
from screenagent.agent.checker import ScreenChecker
from screenagent.control import Control
from screenagent.engine import decoding
from screenagent.engine.engine import Engine, EngineSettings
from screenagent.episode import Episode
from screenagent.events import AnswerAsk, Approve, Ended, Event, Verdict
from screenagent.fakes import FakeGrounder, FakeReader
from screenagent.geometry import Location, Size
from screenagent.grounding.model import ModelGrounder
from screenagent.models.families import family_named
from screenagent.models.phi4 import Phi4
from screenagent.models.plan_schema import plan_schema
from screenagent.models.vision import AnswerGrammar, Chunk, JsonSchema, Metered, Request, TokenBudget
from screenagent.planning.model_planner import ModelPlanner
from screenagent.protocols import Approved
from screenagent.screenshot import Screenshot
from screenagent.usage import Meter, Mode

if TYPE_CHECKING:
    from screenagent.actions import Input
    from screenagent.desktop.local import LocalDesktop

DEAF = ("xterm", "-e", "sh", "-c", "trap '' INT QUIT TSTP; while :; do cat > /dev/null; done")
"""Shows what is typed, and does nothing with it."""
MOMENT = 0.05


def endless() -> JsonSchema:
    """The grammar of plans without an end, and without the words and the waits that make a run long."""
    schema = plan_schema()
    schema["properties"]["steps"]["maxItems"] = 4
    kinds = schema["$defs"]["PlannedStep"]["properties"]["action"]["anyOf"]
    schema["$defs"]["PlannedStep"]["properties"]["action"]["anyOf"] = [
        kind for kind in kinds if kind["$ref"] != "#/$defs/Finish"
    ]
    for definition in schema["$defs"].values():
        for name, field in definition["properties"].items():
            if name == "seconds":
                field["maximum"] = MOMENT
            if field.get("maxLength"):
                field["maxLength"] = 16
    return JsonSchema(definition=schema)


@dataclass
class Whims:
    """The model, which draws other tokens in every call."""

    engine: Engine
    check: Callable[[], None]
    seeds: Iterator[int]

    def generate(
        self,
        request: Request,
        *,
        mode: Mode = "auto",
        grammar: AnswerGrammar | None = None,
        budget: TokenBudget | None = None,
    ) -> Iterator[Chunk]:
        sampling = decoding.Sampling(temperature=1.5, seed=next(self.seeds))
        model = Phi4(self.engine, sampling=sampling, check=self.check)
        return model.generate(request, mode=mode, grammar=grammar, budget=budget)


@dataclass
class Hasty:
    """A desktop that waits for no effect longer than a moment: random expectations are never met."""

    desktop: LocalDesktop

    def screenshot(self) -> Screenshot:
        return self.desktop.screenshot()

    def settled(self, until: Callable[[Screenshot], bool] | None = None, *, seconds: float | None = None) -> Screenshot:
        return self.desktop.settled(until, seconds=MOMENT if until else seconds and MOMENT)

    def perform(self, approved: Approved[Input]) -> Screenshot | None:
        return self.desktop.perform(approved)


class Willing:
    """Lets everything through, and has an answer to every question."""

    def review(self, action: Action, locations: tuple[Location, ...], episode: Episode) -> Verdict:
        return AnswerAsk(text="go on") if isinstance(action, Ask) else Approve()


@pytest.fixture
def run(tiny: Path) -> Iterator[Callable[[int], tuple[Agent, Control]]]:
    """An agent with so many steps to take."""
    from screenagent.desktop.virtual import VirtualDesktop

    engine = Engine.load(
        tiny, device=torch.device("cpu"), dtype=torch.float32, settings=EngineSettings(kept_bytes=1 << 20)
    )
    control = Control()

    with VirtualDesktop(DEAF, size=Size(width=640, height=360), control=control) as virtual:

        def agent(max_steps: int) -> tuple[Agent, Control]:
            meter = Meter()
            model = Metered(Whims(engine, control.check, itertools.count()), meter, name="phi4")
            count = Phi4(engine).count
            return Agent(
                planner=ModelPlanner(
                    model=model,
                    patches=256,
                    count=count,
                    budget=TokenBudget(thought=8, answer=600),
                    grammar=endless(),
                    patience=max_steps + 1,
                ),
                grounder=ModelGrounder(model, family_named("phi4"), patches=256),
                approver=Willing(),
                desktop=Hasty(virtual.desktop),
                checker=ScreenChecker(FakeReader([]), FakeGrounder({}), model, patches=256),
                control=control,
                max_steps=max_steps,
                meter=meter,
            ), control

        yield agent


@dataclass
class Seen:
    """What a run was like, without keeping its pictures."""

    kinds: list[str]
    thoughts: int
    acted: int
    memory: list[int]
    ended: Ended


def watched(agent: Agent) -> Seen:
    process = psutil.Process()
    seen: dict[str, Any] = {"kinds": [], "thoughts": 0, "acted": 0, "memory": []}
    event: Event
    for event in agent.run("do whatever comes to mind"):
        match event.event:
            case "acted":
                seen["acted"] += 1
                seen["kinds"].append(event.action.kind)
            case "thought":
                seen["thoughts"] += 1
            case "checked":
                gc.collect()
                seen["memory"].append(process.memory_info().rss)
    assert isinstance(event, Ended)
    return Seen(**seen, ended=event)


@pytest.mark.display
def test_a_random_model_does_nothing_but_valid_steps(run: Callable[[int], tuple[Agent, Control]]) -> None:
    agent, _ = run(4)
    seen = watched(agent)
    assert seen.ended.result in ("out_of_steps", "gave_up"), seen.ended
    assert seen.thoughts > 0
    assert seen.acted > 0


@pytest.mark.display
def test_stop_is_obeyed_within_a_token_of_a_thought(run: Callable[[int], tuple[Agent, Control]]) -> None:
    agent, control = run(50)
    stopped = ended = 0.0
    after: list[str] = []
    for event in agent.run("do whatever comes to mind"):
        if stopped:
            after.append(event.event)
            ended = time.perf_counter()
        elif event.event == "thought":
            control.stop()
            stopped = time.perf_counter()
    assert after == ["ended"]
    assert ended - stopped < 0.5


@pytest.mark.display
@pytest.mark.soak
def test_two_hundred_steps_in_one_run_leave_memory_as_it_was(run: Callable[[int], tuple[Agent, Control]]) -> None:
    agent, _ = run(200)
    seen = watched(agent)
    quarter = len(seen.memory) // 4
    early, late = (
        sorted(part)[len(part) // 2] for part in (seen.memory[quarter : 2 * quarter], seen.memory[-quarter:])
    )
    print(f"{seen.acted} acted, {seen.thoughts} thoughts, {early / 2**20:.0f} MiB then {late / 2**20:.0f} MiB")
    assert seen.ended.result == "out_of_steps", seen.ended
    assert late < 1.05 * early
    assert len(set(seen.kinds)) > 3
