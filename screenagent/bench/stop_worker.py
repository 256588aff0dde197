"""`python -m screenagent.bench.stop_worker DISPLAY ORDERS REPORTS [console]`: the process that `bench stop` stops.

It heeds signals as `screenagent run` does, or shows each run in the console, as that does in a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from screenagent.assembly.signals import on_signals
from screenagent.bench import stopped
from screenagent.console.startup import responsive_threads, shorten_escape_delay
from screenagent.desktop.local import LocalDesktop
from screenagent.events import Event

if TYPE_CHECKING:
    from screenagent.approval import Asker
    from screenagent.console.app import Console

ReportEvent = Callable[[str], None]


def plain(what: str, desktop: LocalDesktop, control: stopped.Again, folder: Path, report: ReportEvent) -> None:
    with on_signals(stop=control.stop, resume=control.resume):
        stopped.carry_out_order(what, desktop, control, folder, report)


def supervised(
    what: str,
    desktop: LocalDesktop,
    control: stopped.Again,
    folder: Path,
    report: ReportEvent,
    *,
    face: type[Console] | None = None,
) -> None:
    """`face` is another console than the usual one."""
    shorten_escape_delay()
    from screenagent.assembly.supervised import SupervisedWork
    from screenagent.console.app import Console
    from screenagent.console.supervise_screen import Begin, ConsoleOptions
    from screenagent.control import Control
    from screenagent.runs.log import Recorder

    def tell(event: Event) -> None:
        report(event.event)

    @contextmanager
    def begin(_: Control, __: Asker) -> Iterator[SupervisedWork]:
        try:
            with Recorder(folder) as recorder:
                yield SupervisedWork(stopped.long_input_agent(what, desktop, control), [recorder, tell])
        finally:
            opened.call_from_thread(opened.exit)

    def begun(_: str) -> Begin:
        return begin

    opened = (face or Console)(begun, ConsoleOptions(runs=folder.parent, control=lambda: control), task=what)
    with on_signals(stop=opened.stop, resume=opened.resume), responsive_threads():
        opened.run()


def main() -> None:
    display, orders, reports, *console = sys.argv[1:]
    stopped.serve_orders(display, int(orders), int(reports), supervised if console else plain)


if __name__ == "__main__":
    main()
