"""How many requests a real server gets for a plan and for a target, and how soon it is idle after a stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from itertools import count
from typing import Any, Final

import httpx2
import pytest

from screenagent.agent import drive
from screenagent.assembly.agent import build_agent
from screenagent.assembly.models import Models, Seeing
from screenagent.assembly.parts import stoppable_control
from screenagent.control import Control
from screenagent.events import Event
from screenagent.fakes import FakeDesktop
from screenagent.geometry import Location, Point
from screenagent.grounding.model import ONCE, ModelGrounder
from screenagent.models.families import Family, family_named
from screenagent.models.remote import Endpoint, RemoteModel
from screenagent.models.vision import Metered, TokenBudget
from screenagent.planning import read_instructions
from screenagent.planning.model_planner import ModelPlanner
from screenagent.protocols import Retry
from screenagent.runs.costs import step_costs
from screenagent.settings import Settings
from screenagent.usage import Meter
from tests.builders import eventually, fake_agent
from tests.servers.asked import screen
from tests.servers.between import Between, between
from tests.servers.conftest import Served
from tests.servers.whole_runs import ask_nobody

pytestmark = pytest.mark.timeout(60)

FOR_A_PLAN: Final = {"phi4": 2, "qwen3": 1}
"""llama.cpp cannot constrain an answer after reasoning if the request begins the turn; with a template it can."""


def model_at(address: str, family: Family, **options: Any) -> RemoteModel:
    return RemoteModel(Endpoint(url=f"{address}/v1", name="tiny", kind="llama.cpp"), family=family, **options)


def test_a_plan_takes_one_request_or_two_where_the_turn_was_begun(llama: Served) -> None:
    meter = Meter()
    with between(llama.address, seed=1) as passed:
        model = Metered(model_at(passed.url, llama.family), meter, name=llama.family.name)
        agent = fake_agent(ModelPlanner(model=model), meter=meter, max_steps=1, desktop=FakeDesktop(screen=shown))
        events: list[Event] = []
        drive(agent, "save this as notes.txt", events.append)
    assert [turn.reason for turn in passed.turns][-1] == "stop"
    assert len(passed.turns) == FOR_A_PLAN[llama.family.name]
    (planned,) = [cost for event in events for cost in step_costs(event.usage)]
    assert (planned.purpose, planned.used.requests) == ("planning", len(passed.turns))


@pytest.mark.parametrize("family", ["phi4", "qwen3", "ui-tars-1.5"])
def test_a_target_takes_one_request_and_a_second_for_a_closer_look(llama: Served, family: str) -> None:
    there = Location(point=Point(x=0.5, y=0.5), confidence=ONCE, by="model")
    asked = family_named(family)
    with between(llama.address) as passed:
        grounder = ModelGrounder(model_at(passed.url, asked), asked)
        with suppress(Retry):  # a random place may be outside the picture, or a box inverted
            grounder.locate("the red button", screen())
        assert (len(passed.turns), bound(passed)) == (1, 1)
        with suppress(Retry):
            grounder.confirm("the red button", screen(), there)
        assert (len(passed.turns), bound(passed)) == (2, 2)


def test_a_step_takes_one_request_to_ground_and_a_second_only_to_zoom(llama: Served) -> None:
    """A click on the model's first place changes nothing on the screen, so the agent looks closer there."""
    meter, control, family = Meter(), Control(), family_named("phi4")
    events: list[Event] = []
    with between(llama.address) as passed:
        points = Seeing(Metered(model_at(passed.url, family), meter, name="phi4"), family)
        settings = Settings(approve="never", max_steps=1)
        agent = build_agent(
            settings,
            control,
            FakeDesktop(screen=shown, control=control),
            ask=ask_nobody,
            models=Models(settings, None, points, meter),
            instructions=read_instructions("click the red button"),
        )
        drive(agent, "click the red button", events.append)
    asked = [cost.used.requests for event in events for cost in step_costs(event.usage) if cost.purpose == "grounding"]
    assert [event.recovery for event in events if event.event == "retried"] == ["wait", "zoom", "think"]
    assert (asked, len(passed.turns)) == ([1, 1], 2)


def bound(passed: Between) -> int:
    return sum(turn.is_bound for turn in passed.turns)


def shown(_inputs: int) -> Any:
    return screen()


LONG: Final = TokenBudget(thought=12_000, answer=1000)
"""Reasoning that lasts until a stop: the tiny model's likeliest tokens never end it."""
SEEDS: Final = count(17)
"""Seeds of pictures that the server has not read yet."""
READ: Final = 3000
"""A prompt has more tokens than this once llama.cpp has encoded its picture."""


@pytest.mark.slow
@pytest.mark.parametrize("thinks", [False, True], ids=["while the picture is read", "while it thinks"])
def test_ctrl_c_ends_a_run_within_a_second_and_then_the_server_is_idle(llama: Served, thinks: bool) -> None:
    """llama.cpp reacts to a stop as soon as it has encoded the picture."""
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    def press_early() -> None:
        eventually(lambda: slot(llama)["is_processing"])
        press()

    def listen(event: Event) -> None:
        if event.event == "thought" and not pressed:
            press()

    events: list[Event] = []
    with stoppable_control() as control:
        model = model_at(llama.address, llama.family, check=control.check)
        unread = screen(1280, 704, seed=next(SEEDS))
        desktop = FakeDesktop(screen=lambda _: unread, control=control)
        planner = ModelPlanner(model=model, budget=LONG, context=20_000)
        if not thinks:
            threading.Thread(target=press_early, daemon=True).start()
        episode = drive(
            fake_agent(planner, desktop=desktop, control=control), "tell a long story", events.append, listen
        )
    assert time.monotonic() < pressed[0] + 1
    assert episode.ended is not None
    assert episode.ended.result == "stopped"
    assert thinks == any(event.event == "thought" for event in events)
    eventually(lambda: slot(llama)["n_prompt_tokens"] > READ or not slot(llama)["is_processing"], seconds=30)
    eventually(lambda: not slot(llama)["is_processing"], seconds=1)


def slot(llama: Served) -> dict[str, Any]:
    """Return what the server reports about its only slot."""
    slots = httpx2.get(f"{llama.address}/slots", timeout=30).raise_for_status().json()
    found: dict[str, Any] = slots[0]
    return found
