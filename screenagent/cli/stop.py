"""`screenagent stop` and `screenagent resume`: the agents that are at work on this machine, from another terminal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from screenagent.cli.output import echo, echo_json

if TYPE_CHECKING:
    from screenagent.desktop.lock import Driver

LOOK_SECONDS = 0.02


@click.command
@click.option("--display", help="Only the agent on this display, such as :0; all if not given.")
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, show_default=True, help="How long to wait.")
@click.option("--json", "as_json", is_flag=True, help="Print what was stopped as one JSON object.")
def stop(*, display: str | None, seconds: float, as_json: bool) -> None:
    """Stop the agents that are at work: nothing more is sent, and what they hold down is released.

    \b
    screenagent stop
    screenagent stop --display :0
    screenagent stop --json

    Exit codes: 0 stopped, 1 nothing was running, or something does not end.
    """
    from screenagent.desktop.lock import drivers

    given_up_at = time.monotonic() + seconds
    found = running = _told(display, signal.SIGTERM)
    while running and time.monotonic() < given_up_at:
        if running := [driver for driver in running if driver in drivers(driver.display)]:
            time.sleep(LOOK_SECONDS)  # a lock that is let go says nothing of itself
    stopped = [driver for driver in found if driver not in running]
    if as_json:
        told = {"stopped": stopped, "still_running": running}
        echo_json(json.dumps({what: [one.model_dump(mode="json") for one in who] for what, who in told.items()}))
    for driver in stopped:
        echo(f"stopped {driver}", err=True)
    for driver in running:
        echo(f"{driver} was told to stop, and has not ended yet; if it hangs: kill -9 {driver.pid}", err=True)
    sys.exit(0 if stopped and not running else 1)


@click.command
@click.option("--display", help="Only the agent on this display, such as :0; all if not given.")
def resume(*, display: str | None) -> None:
    """Let the agents go on that wait because you touched mouse or keyboard, or because the desktop has changed.

    \b
    screenagent resume
    screenagent resume --display :0
    """
    found = _told(display, signal.SIGUSR1)
    for driver in found:
        echo(f"goes on: {driver}", err=True)
    sys.exit(0 if found else 1)


def _told(display: str | None, number: signal.Signals) -> Sequence[Driver]:
    """Send the signal to the agents on the display, or to all, and return them."""
    from screenagent.desktop.lock import drivers, named

    found = drivers(display and named(display))
    for driver in found:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(driver.pid, number)
            if number == signal.SIGTERM and hasattr(signal, "SIGCONT"):
                os.kill(driver.pid, signal.SIGCONT)  # one that is suspended hears nothing until then
    if not found:
        echo(f"no agent is at work{f' on {display}' if display else ''}", err=True)
    return found
