"""Whole runs with a random model, whose plans are valid only because llama.cpp's grammar constrains them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import pytest

from screenagent.agent import drive
from screenagent.assembly.agent import build_agent
from screenagent.control import Control
from screenagent.events import Event
from screenagent.fakes import FakeDesktop
from screenagent.settings import Settings
from tests.builders import eventually
from tests.servers.between import between
from tests.servers.conftest import TEMPLATES, Served, WholeRuns
from tests.servers.whole_runs import (
    HARMLESS,
    STEPS,
    Figures,
    ask_nobody,
    carry_out,
    command,
    environment,
    figures,
    goals,
    left_over,
)
from tests.servers.whole_runs import opened as program_of

RUNS: Final = 25
"""Runs of each chat template in `make soak`, 50 in all. They cycle through the goals."""
FEW: Final = 2
"""Runs of each chat template in `make test`."""
EXIT_CODES: Final = {"done": 0, "gave_up": 1, "out_of_steps": 1, "stopped": 130}
"""The documented exit codes by result. A crash is not among them."""


class Hurried(Control):
    """Shortens every wait that a plan asks for."""

    def wait(self, seconds: float) -> None:
        super().wait(min(seconds, 0.01))


def check_plans(found: Figures) -> None:
    """Fail unless each complete plan is valid and the model was told only about the incomplete ones."""
    assert found.refused_requests == 0
    assert found.valid == found.plans - found.cut_off - found.broke_off
    assert found.not_done.get("model_answer", 0) == found.cut_off


@pytest.mark.slow
@pytest.mark.flaky(reruns=0)  # one crash is a failure
@pytest.mark.timeout(60)
@pytest.mark.parametrize("number", range(FEW))
def test_a_random_model_plans_a_whole_run(llama: Served, number: int) -> None:
    control, events = Hurried(), list[Event]()
    with between(llama.address, seed=number) as passed:
        settings = Settings(
            model=f"{passed.url}/v1",
            model_family=llama.family.name,
            grounder_model="none",
            approve="never",
            max_steps=STEPS,
        )
        agent = build_agent(settings, control, FakeDesktop(control=control), ask=ask_nobody)
        drive(agent, goals()[number].task, events.append)
    found = figures(passed, events)
    check_plans(found)
    assert found.plans > 0
    assert set(found.results) <= {"gave_up", "out_of_steps"}


@pytest.mark.soak
@pytest.mark.display
@pytest.mark.flaky(reruns=0)
@pytest.mark.parametrize("number", range(RUNS))
def test_a_random_model_pursues_a_goal_of_the_examples(
    llama: Served, number: int, tmp_path: Path, whole_runs: WholeRuns
) -> None:
    turn = len(TEMPLATES) * number + list(TEMPLATES).index(llama.family.name)
    task = goals()[turn % len(goals())]
    with between(llama.address, seed=turn) as passed:
        done = carry_out(task, f"{passed.url}/v1", family=llama.family.name, folder=tmp_path)
    found = figures(passed, done.events, seconds=done.seconds, stop_seconds=done.stop_seconds)
    whole_runs.add(llama.family.name, found)
    assert "Traceback" not in done.errors
    assert [done.exit_code] == [EXIT_CODES.get(result) for result in found.results], done.errors
    check_plans(found)
    eventually(lambda: not left_over(tmp_path), seen=lambda: left_over(tmp_path))


def test_a_random_plan_reaches_no_desktop_but_a_virtual_one(tmp_path: Path) -> None:
    """Without `--virtual` there is no display to open, and no program offers a shell or the user's files."""
    foreign = ("DISPLAY", "WAYLAND", "XAUTHORITY", "XDG_", "DBUS_")
    assert [name for name in environment(tmp_path) if name.startswith(foreign)] == []
    assert all("--virtual" in command(goal, "", family="phi4", folder=tmp_path) for goal in goals())
    assert {shlex.split(program_of(goal))[0] for goal in goals()} <= set(HARMLESS)
