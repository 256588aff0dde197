"""`bench cold`: from the start of a process to its click, for a plain run on a desktop that is already there.

With a warm process, too: then each target is clicked without it and with it, in turns.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from screenagent.bench.results import percentile_ms
from screenagent.control import Control
from screenagent.desktop.json_lines import Child, module_command
from screenagent.desktop.testing.probe import Probe
from screenagent.desktop.testing.probe_window import TARGETS
from screenagent.desktop.virtual import VirtualDesktop
from screenagent.errors import UserError
from screenagent.geometry import Value

RUNS: Final = 5
PLAIN: Final = ("--plain", "--json", "--approve", "never", "--no-record")
RUN_SECONDS: Final = 60.0
STAGES: Final = {"observed": "look", "grounded": "found", "ended": "end"}
"""What the first event of a kind is the end of."""


class ColdSummary(Value):
    """Milliseconds from the start of the process, each the median: to the first look, to the target, to the press of
    the mouse's button as the window got it, and to the last event."""

    look_ms_p50: float | None
    found_ms_p50: float | None
    click_ms_p50: float | None
    end_ms_p50: float | None
    n: int
    warm: ColdSummary | None = None
    """The same with a warm process."""


class NoClick(UserError):
    """A run of the bench ended without a click."""

    code = "no_click"


def run_cold(*, runs: int = RUNS, warm: bool = False, progress: Callable[[int], None] = lambda _: None) -> ColdSummary:
    """Start a process for each click, on a virtual desktop with a window of ours; with `warm` a second one each."""
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    names = list(TARGETS)
    with VirtualDesktop(control=Control()) as virtual, Probe(virtual.display) as probe, ExitStack() as stack:
        environments: dict[bool, Mapping[str, str]] = {False: virtual.environment}
        if warm:
            environments[True] = stack.enter_context(_warmed(virtual))
        for number in range(runs):
            for is_warm, environment in environments.items():
                found[is_warm].append(_stages(names[number % len(names)], environment, probe))
            progress(number + 1)
    summary = _summary(found[False])
    return summary.model_copy(update={"warm": _summary(found[True])}) if warm else summary


@contextmanager
def _warmed(virtual: VirtualDesktop) -> Iterator[Mapping[str, str]]:
    """Start a warm process for the desktop, where only those who have this environment look for one."""
    folder = virtual.folder / "warm"
    folder.mkdir(mode=0o700)
    environment = {**virtual.environment, "XDG_RUNTIME_DIR": str(folder)}
    _told("start", environment)
    try:
        yield environment
    finally:
        _told("stop", environment)


def _told(what: str, environment: Mapping[str, str]) -> None:
    subprocess.run(module_command("screenagent", "warm", what), env=environment, check=True, capture_output=True)


def _summary(found: Sequence[Mapping[str, float]]) -> ColdSummary:
    medians = {stage: percentile_ms([one[stage] for one in found], 50) for stage in ("look", "found", "click", "end")}
    return ColdSummary(n=len(found), **{f"{stage}_ms_p50": median for stage, median in medians.items()})


def _stages(name: str, environment: Mapping[str, str], probe: Probe) -> dict[str, float]:
    """Return the seconds after which a run that clicks the target had come so far."""
    pressed = len(probe.of("press"))
    began, stages = time.monotonic(), dict[str, float]()
    run = Child(module_command("screenagent", "run", f"click {name.capitalize()}", *PLAIN), environment=environment)
    try:
        while "end" not in stages and (event := run.hear(RUN_SECONDS)) is not None:
            if (stage := STAGES.get(event["event"])) is not None:
                stages.setdefault(stage, time.monotonic() - began)
    finally:
        run.kill()
    probe.drain()
    if "end" not in stages or len(clicks := probe.of("press")[pressed:]) != 1:
        raise NoClick(f"a run did not click {name!r} once; try `screenagent run` on a virtual desktop by hand")
    return {**stages, "click": clicks[0]["at"] - began}
