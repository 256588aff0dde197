"""`python -m screenagent.bench.stop_worker DISPLAY ORDERS REPORTS [console]`: the process that `bench stop` stops.

Its agent makes long inputs, one a run, again and again. It heeds signals as `screenagent run` does, or shows each run
in the console, as that does in a terminal.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle, islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from screenagent.actions import Drag, HoldKeys, Input, TypeText
from screenagent.agent import Agent, drive
from screenagent.approval import AllowAll
from screenagent.assembly.agent import build_from
from screenagent.assembly.departure import on_signals
from screenagent.assembly.parts import stoppable_control
from screenagent.bench.stop_displays import display_of
from screenagent.console.startup import responsive_threads, shorten_escape_delay
from screenagent.control import Control
from screenagent.desktop.local import LocalDesktop
from screenagent.desktop.lock import driving
from screenagent.desktop.user_input import MonitorOptions, UserInputMonitor
from screenagent.events import Decision, Event, Plan, PlannedStep
from screenagent.fakes import FakeGrounder, FakeReader, ScriptedPlanner
from screenagent.geometry import Point
from screenagent.runs.log import Recorder

if TYPE_CHECKING:
    from screenagent.approval import Asker
    from screenagent.console.app import Console

PLACES: Final = {"here": Point(x=0.2, y=0.3), "there": Point(x=0.8, y=0.7)}
LONG: Final[dict[str, Input]] = {
    "typing": TypeText(text="the quick brown fox\n" * 4000),
    "drag": Drag(path=tuple(islice(cycle(PLACES), 60))),
    "held": HoldKeys(keys=("a", "b"), seconds=60),
}
"""None of them uses a modifier or the escape key: those that the witness sees are the user's."""

ReportEvent = Callable[[str], None]


class Again(Control):
    """Unlike any other control it can be used for another run."""

    def again(self) -> None:
        super().__init__()


def long_input_agent(what: str, desktop: LocalDesktop, control: Control) -> Agent:
    plan = Plan(steps=(PlannedStep(action=LONG[what]),))
    planner = ScriptedPlanner([Decision(plan=plan)])
    return build_from(planner, FakeGrounder(PLACES), desktop, control, approver=AllowAll(), reader=FakeReader([]))


def serve_orders(
    display: str, orders: int, reports: int, run: Callable[[str, LocalDesktop, Again, Path, ReportEvent], None]
) -> None:
    """Carry out each order, a JSON line "what" and "folder", by `run`, and report how it goes, until they end."""

    def report(happened: str) -> None:
        os.write(reports, json.dumps({"event": happened}).encode() + b"\n")

    control = Again()
    with ExitStack() as stack:
        desktop = stack.enter_context(LocalDesktop(control=control, display=display_of(display)))
        stack.enter_context(driving(desktop.display_name, "bench stop", control))
        stack.enter_context(UserInputMonitor(desktop, control=control, heeds=MonitorOptions(touch=False)))
        lines = stack.enter_context(os.fdopen(orders))
        report("ready")
        for line in lines:
            order = json.loads(line)
            control.again()
            run(order["what"], desktop, control, Path(order["folder"]), report)
            report("over")


def plain(what: str, desktop: LocalDesktop, control: Again, folder: Path, report: ReportEvent) -> None:
    with on_signals(stop=control.stop, resume=control.resume), Recorder(folder) as recorder:
        drive(long_input_agent(what, desktop, control), what, recorder, lambda event: report(event.event))


def supervised(
    what: str,
    desktop: LocalDesktop,
    control: Again,
    folder: Path,
    report: ReportEvent,
    *,
    face: type[Console] | None = None,
) -> None:
    """`face` is another console than the usual one."""
    shorten_escape_delay()
    from screenagent.assembly.supervised import SupervisedWork
    from screenagent.console.app import Console
    from screenagent.console.options import ConsoleOptions
    from screenagent.runs.log import Recorder

    def tell(event: Event) -> None:
        report(event.event)

    @contextmanager
    def begin(_: Control, __: Asker) -> Iterator[SupervisedWork]:
        try:
            with Recorder(folder) as recorder:
                yield SupervisedWork(long_input_agent(what, desktop, control), [recorder, tell])
        finally:
            opened.call_from_thread(opened.exit)

    options = ConsoleOptions(runs=folder.parent, control=lambda: control)
    opened = (face or Console)(lambda _: begin, options, task=what)
    with on_signals(stop=opened.stop, resume=opened.resume), responsive_threads():
        opened.run()


def hindered(display: str, what: str, folder: Path, mouth: Connection, terminal: str) -> None:
    """A run that is stopped as `screenagent run` is, with `terminal` as its standard input."""
    os.dup2(os.open(terminal, os.O_RDWR | os.O_NOCTTY), 0)
    with (
        stoppable_control() as control,
        LocalDesktop(control=control, display=display_of(display)) as desktop,
        Recorder(folder) as recorder,
    ):
        control.on_leave(recorder.end)
        drive(long_input_agent(what, desktop, control), what, lambda event: mouth.send(event.event), recorder)


def killed(display: str, what: str, folder: Path, mouth: Connection) -> None:
    """A run whose process will be killed: it says of every event that it begins to be written."""
    control = Control()
    with closing(LocalDesktop(control=control, display=display_of(display))) as desktop, Recorder(folder) as recorder:
        drive(long_input_agent(what, desktop, control), what, lambda event: mouth.send(event.event), recorder)


if __name__ == "__main__":
    display, orders, reports, *console = sys.argv[1:]
    serve_orders(display, int(orders), int(reports), supervised if console else plain)
