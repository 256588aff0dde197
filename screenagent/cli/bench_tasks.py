"""`screenagent bench tasks`, `truth`, `miniwob` and `scripts`: whole tasks and replays, judged by what came of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from screenagent.cli.fleet_options import FleetOptions, fleet_options, ray_option
from screenagent.cli.options import FILE, NEW_FILE, NEW_FOLDER, virtual_kind, virtual_option

if TYPE_CHECKING:
    from screenagent.bench.task_fleet import WorkerSource
    from screenagent.settings import Settings


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


Listed = TypeVar("Listed", bound=_HasId)


@click.command
@click.argument("file", type=FILE)
@click.option("--only", multiple=True, metavar="ID", help="Only this task; may be given several times.")
@click.option("--runs", type=NEW_FOLDER, help="Where the runs are recorded.")
@virtual_option("What kind of virtual desktop each task has.")
@fleet_options
@ray_option
@click.option("--epochs", type=click.IntRange(1, 1000), default=1, help="With --workers: each task so often.")
@click.option("--seed", type=int, default=0, help="With --workers: what each task's own seed comes from.")
@click.option("--task-seconds", type=click.FloatRange(1, 86400), help="With --workers: longer takes none.  [180]")
@click.option("--results", type=NEW_FOLDER, help="With --workers: where results are kept, to go on from.")
def tasks(
    file: Path,
    *,
    only: tuple[str, ...],
    runs: Path | None,
    virtual: str | None,
    fleet: FleetOptions,
    ray: str | None,
    epochs: int,
    seed: int,
    task_seconds: float | None,
    results: Path | None,
) -> None:
    """Carry out the tasks of FILE, each on its own virtual desktop, and check what they left behind.

    \b
    screenagent bench tasks examples/tasks.yaml
    screenagent bench tasks examples/tasks.yaml --only mousepad-save-as
    screenagent bench tasks examples/tasks.yaml --virtual=wayland
    screenagent bench tasks examples/tasks.yaml --workers 4 --epochs 3 --retries-infra 2 --results DIR
    screenagent bench tasks examples/tasks.yaml --ray=head:6379 --results SHARED

    With --workers or --ray, the same command goes on where it was stopped, and an attempt that the machine broke (its
    display, an application that does not open, a worker that died, memory, the model's server) is neither passed nor
    failed: it is made again, and named if nothing else came of it. Exit code 1 if such are left.
    """
    from screenagent.settings import Settings

    settings = Settings.load(virtual_kind=virtual_kind(virtual))
    if fleet.workers is None and ray is None:
        _refuse_without_workers(epochs=epochs > 1, seed=seed, task_seconds=task_seconds, results=results)
        _tasks_one_by_one(file, only, runs, settings)
        return
    if runs is not None:
        raise click.UsageError("with --workers the runs are recorded below the folder of --results")
    options = TaskFleetOptions(epochs, seed, task_seconds, ray)
    sys.exit(_tasks_by_workers(file, only, results=results, settings=settings, fleet=fleet, options=options))


@dataclass(frozen=True)
class TaskFleetOptions:
    """The options of `bench tasks` that only workers have."""

    epochs: int
    seed: int
    seconds: float | None
    ray: str | None


def _refuse_without_workers(**given: object) -> None:
    for name, value in given.items():
        if value:
            raise click.UsageError(f"--{name.replace('_', '-')} is about tasks that workers carry out; add --workers N")


def _chosen(found: Sequence[Listed], only: tuple[str, ...], file: Path) -> list[Listed]:
    wanted = [task for task in found if not only or task.id in only]
    if not wanted:
        raise click.UsageError(f"no task in {file} has an id of {', '.join(only)}")
    return wanted


def _tasks_one_by_one(file: Path, only: tuple[str, ...], runs: Path | None, settings: Settings) -> None:
    from screenagent.assembly.agent import build_unattended
    from screenagent.bench import tasks as bench_tasks

    wanted = _chosen(bench_tasks.read_tasks(file), only, file)
    root = runs or settings.runs / f"bench-{datetime.now():%Y-%m-%d_%H-%M-%S}"

    def progress(result: bench_tasks.TaskResult) -> None:
        sign = click.style("✓", fg="green") if result.success else click.style("✗", fg="red")
        false = click.style("  FALSE DONE", fg="red", bold=True) if result.false_done else ""
        said = "" if result.success and result.outcome == "done" else f"  {result.outcome}: {result.message}"
        click.echo(f"{sign} {result.id}  {result.steps} steps  {result.seconds:.1f} s{false}{said}", err=True)

    found = bench_tasks.run_tasks(wanted, build_unattended, runs=root, progress=progress, kind=settings.virtual_kind)
    click.echo(f"runs in {root}; `screenagent report {root}/ID` shows one", err=True)
    click.echo(found.model_dump_json())


def _tasks_by_workers(
    file: Path,
    only: tuple[str, ...],
    *,
    results: Path | None,
    settings: Settings,
    fleet: FleetOptions,
    options: TaskFleetOptions,
) -> int:
    """Carry the tasks out by workers; return the exit code."""
    from screenagent.assembly.agent import build_unattended
    from screenagent.assembly.parts import stoppable_control
    from screenagent.bench.task_fleet import TaskFleet
    from screenagent.bench.task_jobs import read_each_task
    from screenagent.bench.tasks import TASK_SECONDS
    from screenagent.cli.fleet_progress import fleet_progress, infra_line

    folder = results or settings.runs / f"bench-{datetime.now():%Y-%m-%d_%H-%M-%S}"
    tasks = TaskFleet(
        _chosen(read_each_task(file), only, file),
        partial(build_unattended, model_concurrency=fleet.model_concurrency),
        source=_worker_source(fleet, options.ray),
        epochs=options.epochs,
        seed=options.seed,
        seconds=options.seconds or TASK_SECONDS,
        retries_infra=fleet.retries_infra,
        kind=settings.virtual_kind,
        model={name: getattr(settings, name) for name in ("model", "model_name", "model_family", "grounder_model")},
    )
    with stoppable_control() as control, fleet_progress(len(tasks.jobs)) as progress:
        click.echo(f"results in {folder}; the same command with --results {folder} goes on from there", err=True)
        found, attempts = tasks.run(folder, control, progress)
    if line := infra_line(attempts, left=len(found.infra)):
        click.echo(line, err=True)
    click.echo(f"runs in {folder}/runs; `screenagent report {folder}/runs/ID` shows one", err=True)
    click.echo(found.model_dump_json())
    return int(bool(found.infra))


def _worker_source(fleet: FleetOptions, ray: str | None) -> WorkerSource:
    if ray is not None:
        from screenagent.fleet.ray_cluster import Ray

        return Ray(ray, fleet.asked)
    from screenagent.bench.task_fleet import ThisMachine

    return ThisMachine(fleet.asked)


@click.command
@click.option("--only", multiple=True, metavar="PAIR", help="Only this pair; may be given several times.")
@click.option("--results", type=NEW_FILE, default=Path("truth.jsonl"), show_default=True)
@click.option("--runs", type=NEW_FOLDER, help="Where the runs are recorded.")
@click.option("--fresh", is_flag=True, help="Forget earlier results.")
def truth(*, only: tuple[str, ...], results: Path, runs: Path | None, fresh: bool) -> None:
    """Do each task where it works and where it silently does not; hold what is said against what is so.

    The pages and programs report what truly happened; the agent has no part in that. Goes on where it was stopped.
    Exit code 1 if anything was called done that was not, or if something else was pressed.

    \b
    screenagent bench truth
    screenagent bench truth --only error-dialog --only tk-clock --fresh
    """
    from screenagent.assembly.agent import build_unattended
    from screenagent.assembly.parts import stoppable_control
    from screenagent.bench.truth.attempts import TruthBench
    from screenagent.bench.truth.pairs import all_pairs, chosen_pairs
    from screenagent.bench.truth.results import FALSE, TruthResult, truth_progress, truth_summary, truth_table
    from screenagent.settings import Settings

    if unknown := set(only) - {pair.id for pair in all_pairs()}:
        raise click.UsageError(f"there is no pair {', '.join(sorted(unknown))}")
    if fresh:
        results.unlink(missing_ok=True)
    root = runs or Settings.load().runs / f"bench-truth-{datetime.now():%Y-%m-%d_%H-%M-%S}"
    wanted = chosen_pairs(only)
    skipped = {pair.id: pair.missing for pair in wanted if pair.missing}
    for pair, missing in skipped.items():
        click.echo(f"skipped {pair}: {missing} is not installed", err=True)

    def progress(result: TruthResult) -> None:
        colour = "red" if result.found in FALSE else "yellow" if result.found == "false_failure" else None
        click.secho(truth_progress(result), fg=colour, err=True)

    with stoppable_control() as control:
        carrying = TruthBench(build_unattended, control, results=results, runs=root, progress=progress)
        found = carrying.run([pair for pair in wanted if pair.id not in skipped])
    click.echo(truth_table(found), err=True)
    click.echo(f"runs in {root}; `screenagent report {root}/PAIR-TWIN` shows one", err=True)
    summary = truth_summary(found, skipped=skipped)
    click.echo(summary.model_dump_json())
    sys.exit(1 if summary.false_done or summary.wrong else 0)


@click.command
@click.option("--group", "groups", multiple=True, type=click.Choice(["A1", "A2", "B1", "B2", "B3"]), help="Only these.")
@click.option("--task", "names", multiple=True, metavar="TASK", help="Only this task; may be given several times.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=25, show_default=True, help="Number of seeds.")
@click.option("--paraphrases", is_flag=True, help="Fifty tasks, each as its page says it and in other words.")
@click.option("--results", type=NEW_FILE, default=Path("miniwob.jsonl"))
@click.option("--failures", type=NEW_FOLDER, default=Path("failures/miniwob"))
@click.option("--fresh", is_flag=True, help="Forget earlier episodes.")
def miniwob(
    *,
    groups: tuple[str, ...],
    names: tuple[str, ...],
    seeds: int,
    paraphrases: bool,
    results: Path,
    failures: Path,
    fresh: bool,
) -> None:
    """Do the tasks of MiniWoB++ in Chromium on a virtual desktop, and count those that the page rewards.

    The agent is given the instruction as text, sees pixels, and acts by mouse and keyboard. Goes on where it was
    stopped: episodes are kept in a results file and not done again. Failures are kept as pictures.

    \b
    screenagent bench miniwob
    screenagent bench miniwob --group A1 --seeds 5
    screenagent bench miniwob --paraphrases
    screenagent bench miniwob --task click-button --task enter-text --fresh
    """
    from screenagent.assembly.agent import build_guessing
    from screenagent.assembly.parts import stoppable_control
    from screenagent.bench.miniwob import episodes as bench_miniwob
    from screenagent.bench.miniwob.page import MissingTasks

    unknown = [name for name in names if name not in bench_miniwob.task_list().tasks]
    if unknown:
        raise click.UsageError(f"there is no task {', '.join(unknown)}")
    asked = bench_miniwob.in_both_words() if paraphrases else bench_miniwob.chosen_episodes(groups, names, seeds=seeds)
    if fresh:
        results.unlink(missing_ok=True)

    def progress(result: bench_miniwob.MiniwobResult) -> None:
        sign = click.style("✓", fg="green") if result.success else click.style("✗", fg="red")
        said = "" if result.success else f"  {result.instruction!r}: {result.message or result.reason}"
        click.echo(f"{sign} {result.asked.task} {result.asked.seed}  {result.seconds:.1f} s{said}", err=True)

    try:
        with stoppable_control() as control:
            found = bench_miniwob.run_miniwob(
                asked, build_guessing, control=control, results=results, failures=failures, progress=progress
            )
    except MissingTasks as missing:
        raise click.ClickException(str(missing)) from missing
    click.echo(bench_miniwob.table(found), err=True)
    click.echo(bench_miniwob.miniwob_summary(found).model_dump_json())


@click.command
@click.argument("cases", type=FILE, default=Path("examples/scripts/cases.yaml"))
@click.option("--only", multiple=True, metavar="SCRIPT", help="Only this script; may be given several times.")
@click.option("--kind", "kinds", multiple=True, help="Only this change of the desktop; may be given several times.")
@click.option("--times", type=click.IntRange(min=1), default=20, show_default=True, help="How often as recorded.")
@click.option("--changed", type=click.IntRange(min=0), default=3, show_default=True, help="How often for each change.")
@click.option("--work", type=NEW_FOLDER, help="Where recordings and results are kept, to go on from.")
def scripts(
    cases: Path, *, only: tuple[str, ...], kinds: tuple[str, ...], times: int, changed: int, work: Path | None
) -> None:
    """Play the scripts of CASES as they were recorded, and on desktops that have changed; check what they left behind.

    \b
    screenagent bench scripts
    screenagent bench scripts --only letter --kind theme --changed 1
    """
    from screenagent.assembly.agent import build_unattended
    from screenagent.bench import scripts as bench_scripts
    from screenagent.settings import Settings

    wanted = [case for case in bench_scripts.read_cases(cases) if not only or case.id in only]
    if not wanted:
        raise click.UsageError(f"no script in {cases} is called {', '.join(only)}")
    if unknown := set(kinds) - set(bench_scripts.KINDS):
        raise click.UsageError(f"no such change: {', '.join(unknown)}; there are {', '.join(bench_scripts.KINDS)}")
    root = work or Settings.load().runs / f"bench-scripts-{datetime.now():%Y-%m-%d_%H-%M-%S}"
    root.mkdir(parents=True, exist_ok=True)

    def often(kind: bench_scripts.ReplayKind) -> int:
        if kinds and kind not in kinds:
            return 0
        return times if kind == "recorded" else changed

    def progress(result: bench_scripts.ReplayAttempt) -> None:
        colour = {"unaided": "green", "asked": "yellow", "failed": "red"}[result.aid]
        wrong = click.style("  WRONG", fg="red", bold=True) if result.wrong else ""
        head = f"{result.case} {result.kind} {result.number + 1}: {click.style(result.aid, fg=colour)}{wrong}"
        said = "" if result.aid == "unaided" else f"  {result.message}"
        click.echo(f"{head}  {result.healed} healed  {result.seconds:.1f} s{said}", err=True)

    found = bench_scripts.run_scripts(
        wanted, build_unattended, scripts=cases.parent, work=root, times=often, progress=progress
    )
    click.echo(f"recordings and results in {root}", err=True)
    click.echo(found.model_dump_json())
