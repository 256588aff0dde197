"""`screenagent stop` and `screenagent resume`: the agents that are at work on this machine, from another terminal."""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.output import echo, echo_json, prompt

if TYPE_CHECKING:
    from screenagent.desktop.at_work import AtWork, RunAtWork

LOOK_SECONDS: Final = 0.02
LEAVE_SECONDS: Final = 1.0
"""The process of a run that has ended is gone by then, or stays for something else."""

display_option = click.option("--display", help="Only the agent on this display, such as :0, by any of its names.")
all_option = click.option("--all", "everything", is_flag=True, help="The agents on all displays, without asking.")


@click.command
@click.argument("run", required=False)
@display_option
@all_option
@click.option("--seconds", type=click.FloatRange(min=0), default=10.0, show_default=True, help="How long to wait.")
@click.option("--json", "as_json", is_flag=True, help="Print what was stopped as one JSON object.")
def stop(run: str | None, *, display: str | None, everything: bool, seconds: float, as_json: bool) -> None:
    """Stop the agents that are at work: nothing more is sent, and what they hold down is released.

    RUN is the id of one that is under way, as `screenagent runs` lists it. If none is named and several of yours are at
    work, it asks which; without a terminal it takes the one on $DISPLAY.

    \b
    screenagent stop
    screenagent stop 2026-11-30_15-10-02_click-save
    screenagent stop --display :0
    screenagent stop --all --json

    Exit codes: 0 stopped, 1 nothing was running, or something does not end, 2 several are at work and none was
    chosen, 130 Ctrl-C at the question.
    """
    from screenagent.desktop.at_work import RunAtWork, at_work

    if run is not None and (display or everything):
        raise click.UsageError("name one run, or say --display or --all")
    process = None if run is None else _process_of(run)
    given_up_at = time.monotonic() + seconds
    with at_work(display) as found:
        if process is None:
            told = _chosen(found, display, everything=everything, asks=not as_json)
        else:
            told = [one for one in found.runs if one.has_process and one.driver.pid == process]
        for one in told:
            one.stop()
        if run is not None and not told:
            sys.exit(_stop_by_socket(run))
        running = _remaining(told, RunAtWork.has_ended, given_up_at)
        _remaining(told, RunAtWork.has_left, min(given_up_at, time.monotonic() + LEAVE_SECONDS))
    _tell(told, running, as_json=as_json)
    sys.exit(0 if told and not running else 1)


def _process_of(said: str) -> int:
    """Return the process of the run that is meant; raise `NoLiveRun` if none is under way."""
    from screenagent.sessions.place import live_run

    return live_run(said).about.pid


def _stop_by_socket(said: str) -> int:
    """Stop a run that is at work on no desktop now, as before its first and after its last input; return the code."""
    from screenagent.sessions.attachment import NotGranted
    from screenagent.sessions.client import RemoteAttachment
    from screenagent.sessions.place import live_run

    meant = live_run(said)
    try:
        face = RemoteAttachment(meant, "`screenagent stop`", lambda: None, watches=True)
        face.steer("stop")
        face.detach()
    except NotGranted as why:
        echo(f"{meant.about.run} was not told to stop: {why}", err=True)
        return 1
    echo(f"told {meant.about.run} to stop", err=True)
    return 0


def _remaining(runs: Sequence[RunAtWork], is_done: Callable[[RunAtWork], bool], until: float) -> Sequence[RunAtWork]:
    """Wait for all of them, and return those that are not done by then."""
    while (runs := [run for run in runs if not is_done(run)]) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)  # a lock that is let go says nothing of itself
    return runs


def _tell(told: Sequence[RunAtWork], running: Sequence[RunAtWork], *, as_json: bool) -> None:
    stopped = [run for run in told if run not in running]
    if as_json:
        both = {"stopped": stopped, "still_running": running}
        listed = {what: [run.driver.model_dump(mode="json") for run in runs] for what, runs in both.items()}
        echo_json(json.dumps(listed))
    for run in stopped:
        echo(f"stopped {run.driver}", err=True)
    for run in running:
        kill = f"; if it hangs: kill -9 {run.driver.pid}" if run.has_process else ""
        echo(f"{run.driver} was told to stop, and has not ended yet{kill}", err=True)


@click.command
@display_option
@all_option
def resume(*, display: str | None, everything: bool) -> None:
    """Let the agent go on that waits because you touched mouse or keyboard, or because the desktop has changed.

    If several of yours are at work, it asks which; without a terminal it takes the one on $DISPLAY.

    \b
    screenagent resume
    screenagent resume --display :0
    """
    from screenagent.desktop.at_work import at_work

    with at_work(display) as found:
        told = [run for run in _chosen(found, display, everything=everything, asks=True) if run.has_process]
        for run in told:
            run.signal(signal.SIGUSR1)
            echo(f"goes on: {run.driver}", err=True)
    sys.exit(0 if told else 1)


def _chosen(found: AtWork, display: str | None, *, everything: bool, asks: bool) -> Sequence[RunAtWork]:
    """Return the runs that are meant. Raise `UsageError` with the list if that cannot be told."""
    from screenagent.cli.running import is_terminal

    runs = found.runs
    for name in found.silent:
        echo(f"the display {name} does not answer, so only an agent that is listed for it is known", err=True)
    if not runs:
        echo(f"no agent is at work{f' on {display}' if display else ''}", err=True)
    if everything or display or len(runs) <= 1:
        return runs
    here = [run for run in runs if run.is_here]
    if asks and is_terminal():
        return _asked(runs, here)
    if here:
        echo(f"{len(runs) - len(here)} more at work on other displays; --all takes them, too", err=True)
        return here
    listed = "; ".join(str(run.driver) for run in runs)
    raise click.UsageError(f"{len(runs)} agents are at work: {listed}. Choose one with --display, or all with --all")


def _asked(runs: Sequence[RunAtWork], here: Sequence[RunAtWork]) -> Sequence[RunAtWork]:
    """Ask the user which runs are meant, until the answer is one."""
    echo(f"{len(runs)} agents are at work:", err=True)
    for number, run in enumerate(runs, start=1):
        echo(f"{number:>3}  {run.driver}{', this display' if run in here else ''}", err=True)
    usual = "the one on this display" if here else "none"
    while True:
        said = prompt(f"Which? A number, several as 1,2, or a for all; Enter for {usual}", err=True)
        if (meant := _meant(said.strip().lower(), runs, here)) is not None:
            return meant
        echo(f"{said!r} is none of these; at most {len(runs)}", err=True)


def _meant(said: str, runs: Sequence[RunAtWork], here: Sequence[RunAtWork]) -> Sequence[RunAtWork] | None:
    """Return the runs that an answer means; None if it means nothing."""
    if said in ("", "a", "all"):
        return runs if said else here
    numbers = [int(word) for word in re.split(r"[,\s]+", said) if word.isascii() and word.isdecimal()]
    is_list = len(numbers) == len(re.split(r"[,\s]+", said))
    in_range = all(1 <= number <= len(runs) for number in numbers)
    return [runs[number - 1] for number in dict.fromkeys(numbers)] if is_list and in_range else None
