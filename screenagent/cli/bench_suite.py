"""`screenagent bench suite`: public suites of tasks, from the user's own checkout."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.fleet_options import FleetOptions, fleet_options
from screenagent.cli.fleet_progress import fleet_progress, infra_line
from screenagent.cli.options import FOLDER, NEW_FOLDER, family_option
from screenagent.showing import visible

if TYPE_CHECKING:
    from screenagent.bench.suites.listed import LeftOut, ListedSuite
    from screenagent.bench.task_fleet import TaskFleet
    from screenagent.fleet.results_folder import KeptAttempt

SUITES: Final = ("opencomputer", "cua-bench-basic")
NAMED: Final = 5
"""Tasks that are named for each reason why they are left out, without --list."""


@click.command
@click.argument("name", type=click.Choice(SUITES))
@click.argument("folder", type=FOLDER)
@click.option("--apps", metavar="APP,…", help="Only tasks of these applications.")
@click.option("--only", multiple=True, metavar="ID", help="Only this task; may be given several times.")
@click.option("--list", "listed", is_flag=True, help="List the tasks and what is left out, and try nothing.")
@click.option("--launch", multiple=True, metavar="APP=COMMAND", help="Start an application so; see below.")
@click.option("--epochs", type=click.IntRange(1, 1000), default=1, show_default=True, help="Each task so often.")
@click.option("--seed", type=int, default=0, help="What each task's own seed comes from.")
@click.option("--task-seconds", type=click.FloatRange(1, 86400), default=180.0, show_default=True)
@click.option("--results", type=NEW_FOLDER, help="Where results are kept, to go on from.")
@click.option("--model", metavar="FOLDER|URL", help="The model that plans; without it, the task's text is the plan.")
@family_option
@fleet_options
def suite(
    name: str,
    folder: Path,
    *,
    apps: str | None,
    only: tuple[str, ...],
    listed: bool,
    launch: tuple[str, ...],
    epochs: int,
    seed: int,
    task_seconds: float,
    results: Path | None,
    model: str | None,
    model_family: str | None,
    fleet: FleetOptions,
) -> None:
    """Try the tasks of the public suite NAME in FOLDER, a checkout of yours; nothing of it is copied into this package.

    Each check is proved first: while nothing is done it has to fail, or its task does not count. What cannot be tried
    here (the network, a missing application, a model as judge) is left out by name. The suite's own programs judge, in
    processes of their own; they are programs of that checkout, so look at it as at any program you run.

    A launch command may hold {first}, the task's first file, and {parent}, the folder of its files. A task of gedit
    that is done in another editor is another task: say so where you show the figures.

    \b
    screenagent bench suite opencomputer OpenComputer --apps galculator,pcmanfm --list
    screenagent bench suite opencomputer OpenComputer --apps gedit --launch "gedit=mousepad {first}" --workers 2
    screenagent bench suite cua-bench-basic cua/libs/cua-bench --results basic
    """
    from screenagent.bench.suites.read_suite import read_suite

    found = read_suite(name, folder, _commands(launch)).only(only, apps.split(",") if apps else ())
    click.echo(f"{name}: licence {found.licence or 'not found in the checkout'}", err=True)
    _say_left_out(found.left_out, whole=listed)
    if listed:
        for task in found.tasks:
            click.echo(f"{task.id}  {visible(task.application)}")
        return
    if not found.tasks:
        raise click.UsageError("no task of these can be tried here; --list says why")
    root = results or _default_root(name)
    settings: dict[str, object] = {"model": model, "model_family": model_family}
    trying = _Trying(root, fleet, epochs=epochs, seed=seed, seconds=task_seconds)
    sys.exit(trying.run(found, folder, settings))


def _default_root(name: str) -> Path:
    from screenagent.settings import Settings

    return Settings.load().runs / f"bench-{name}-{datetime.now():%Y-%m-%d_%H-%M-%S}"


def _commands(launch: tuple[str, ...]) -> dict[str, str]:
    commands = {}
    for entry in launch:
        app, sign, command = entry.partition("=")
        if not (app and sign and command.strip()):
            raise click.UsageError(f"--launch {entry!r} is not of the form APP=COMMAND")
        commands[app] = command
    return commands


def _say_left_out(left_out: tuple[LeftOut, ...], *, whole: bool) -> None:
    for why, count in Counter(one.why for one in left_out).most_common():
        ids = [one.id for one in left_out if one.why == why]
        more = "" if whole or count <= NAMED else f" and {count - NAMED} more"
        click.echo(visible(f"left out, {why} ({count}): {', '.join(ids if whole else ids[:NAMED])}{more}"), err=True)


class _Trying:
    """One run of a suite: its checks are proved, then its tasks are tried."""

    def __init__(self, root: Path, fleet: FleetOptions, *, epochs: int, seed: int, seconds: float) -> None:
        self._root, self._fleet = root, fleet
        self._epochs, self._seed, self._seconds = epochs, seed, seconds

    def run(self, found: ListedSuite, folder: Path, settings: dict[str, object]) -> int:
        """Return the exit code."""
        from screenagent.assembly.agent import build_unattended
        from screenagent.bench.suites.read_suite import prove_by_pages
        from screenagent.bench.suites.untouched import build_idle, unproven
        from screenagent.bench.task_fleet import TaskFleet, ThisMachine

        click.echo(f"results in {self._root}; the same command with --results {self._root} goes on", err=True)
        excluded = prove_by_pages(found.name, folder, {task.id for task in found.tasks})
        if excluded is None:
            click.echo("the checks are proved: nothing is done, and each has to fail", err=True)
            idle = TaskFleet(
                found.tasks,
                build_idle,
                source=ThisMachine(self._workers),
                seconds=self._seconds,
                model={"idle": found.name},
            )
            excluded = unproven(found.tasks, self._carry_out(idle, self._root / "untouched"))
        counted = found.without(excluded)
        _say_left_out(tuple(excluded), whole=True)
        if not counted.tasks:
            raise click.UsageError("no check told the untouched start from a task that is done")
        click.echo(f"{len(counted.tasks)} tasks count", err=True)
        asked = {**settings, "model_concurrency": self._fleet.model_concurrency}
        build = partial(build_unattended, **asked)  # type: ignore[arg-type]  # the options of the model
        tasks = TaskFleet(
            counted.tasks,
            build,
            source=ThisMachine(self._workers),
            epochs=self._epochs,
            seed=self._seed,
            seconds=self._seconds,
            retries_infra=self._fleet.retries_infra,
            model={"suite": found.name, **settings},  # type: ignore[dict-item]  # words or nothing
        )
        return self._tried(tasks)

    @property
    def _workers(self) -> int | None:
        """The number of workers: one if none was asked for."""
        return 1 if self._fleet.workers is None else self._fleet.asked

    def _carry_out(self, tasks: TaskFleet, folder: Path) -> list[KeptAttempt]:
        from screenagent.assembly.parts import stoppable_control

        with stoppable_control() as control, fleet_progress(len(tasks.jobs)) as progress:
            return list(tasks.run(folder, control, progress)[1])

    def _tried(self, tasks: TaskFleet) -> int:
        from screenagent.assembly.parts import stoppable_control

        with stoppable_control() as control, fleet_progress(len(tasks.jobs)) as progress:
            found, attempts = tasks.run(self._root, control, progress)
        if line := infra_line(attempts, left=len(found.infra)):
            click.echo(line, err=True)
        click.echo(f"`screenagent bench report {self._root} --html FILE` makes a page of it", err=True)
        click.echo(found.model_dump_json())
        return int(bool(found.infra))
