"""`bench steps`: what the loop itself costs a step, on a virtual desktop, with the recorder on.

A window of ours says when it was pressed and when it had painted its answer. From a decision to the settled screen,
less grounding and that window's own time, is the loop's.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from screenagent.actions import Change, Click, Finish
from screenagent.agent import Agent, drive
from screenagent.approval import AllowAll
from screenagent.assembly.agent import build_from
from screenagent.bench.results import percentile_ms
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.testing.probe import Probe, Shows
from screenagent.desktop.testing.probe_window import TARGETS
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.events import Acted, Decided, Decision, Event, Grounded, Observed, Plan, PlannedStep
from screenagent.fakes import FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Value
from screenagent.protocols import Approver
from screenagent.runs.log import Recorder

CLICKS: Final = 50


class StepsSummary(Value):
    """Milliseconds; a step is from the decision to the settled screen, less grounding and the window's own painting."""

    step_ms_p50: float | None
    step_ms_p95: float | None
    capture_ms_p50: float | None
    settle_ms_p50: float | None
    n: int


def run_steps(*, clicks: int = CLICKS) -> StepsSummary:
    """Open a desktop with the probe on it, click its targets in turn, and hold our times against the probe's."""
    with (
        tempfile.TemporaryDirectory(prefix="screenagent-bench-") as folder,
        probed() as (desktop, probe, control),
        Recorder(Path(folder) / "run") as recorder,
    ):
        captures = [_timed(desktop) for _ in range(clicks)]
        events: list[Event] = []
        drive(clicker(desktop, probe, control, clicks), "click the targets in turn", recorder, events.append)
        steps = step_seconds(events, probe)
    settles = [event.usage.seconds["settle"] for event in events if isinstance(event, Observed) and event.usage.seconds]
    return StepsSummary(
        step_ms_p50=percentile_ms(steps, 50),
        step_ms_p95=percentile_ms(steps, 95),
        capture_ms_p50=percentile_ms(captures, 50),
        settle_ms_p50=percentile_ms(settles, 50),
        n=len(steps),
    )


@contextmanager
def probed() -> Iterator[tuple[LocalDesktop, Probe, Control]]:
    """A desktop with the probe on it, whose caret blinks."""
    control = Control()
    with VirtualDesktop(control=control) as virtual, Probe(virtual.display, shows=Shows(caret=True)) as probe:
        yield virtual.desktop, probe, control


def step_seconds(events: Sequence[Event], probe: Probe) -> list[float]:
    """What of each step was the loop's own."""
    probe.drain()
    painting = [
        painted["at"] - pressed["at"] for pressed, painted in zip(probe.of("press"), probe.of("painted"), strict=True)
    ]
    return [whole - own for whole, own in zip(_steps(events), painting, strict=False)]


def _steps(events: Sequence[Event]) -> list[float]:
    """Seconds of each step from its decision to the settled screen, grounding taken out."""
    found: list[float] = []
    decided, grounding, acted = 0.0, 0.0, False
    for event in events:
        match event:
            case Decided(at=at):
                decided, grounding, acted = at, 0.0, False
            case Grounded(usage=usage):
                grounding += usage.seconds.get("locate", 0.0)
            case Acted():
                acted = True
            case Observed(at=at) if acted:
                found.append(at - decided - grounding)
                acted = False
    return found


def clicker(
    desktop: LocalDesktop, probe: Probe, control: Control, clicks: int, *, approver: Approver | None = None
) -> Agent:
    """An agent that clicks the probe's targets in turn, unasked where no approver is given."""
    places = {name: probe.location(name, desktop.display).point for name in TARGETS}
    names = list(TARGETS)
    steps = [PlannedStep(action=Click(target=names[n % len(names)]), expectation=Change()) for n in range(clicks)]
    plan = Plan(steps=(*steps, PlannedStep(action=Finish(success=True))))
    planner = ScriptedPlanner([Decision(plan=plan, at=at) for at in range(clicks + 1)])
    approver = approver or AllowAll()
    return build_from(
        planner, FakeGrounder(places), desktop, control, approver=approver, reader=FakeReader([]), max_steps=clicks + 1
    )


def _timed(desktop: LocalDesktop) -> float:
    began = time.perf_counter()
    desktop.screenshot()
    return time.perf_counter() - began
