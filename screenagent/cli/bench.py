"""`screenagent bench …`: measurements. Progress goes to stderr; the last line on stdout is one JSON object."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group
def bench() -> None:
    """Measure grounding, the loop's own time, and whole tasks.

    \b
    screenagent bench ground FOLDER        accuracy and milliseconds on a folder of screens with targets
    screenagent bench steps                the loop's own time per step
    screenagent bench tasks FILE.yaml      whole tasks, judged by their real effect
    """


@bench.command
@click.argument("folder", type=FOLDER)
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Where answers are kept, one a line.")
@click.option("--fresh", is_flag=True, help="Forget earlier answers and ask everything again.")
def ground(folder: Path, *, results: Path | None, fresh: bool) -> None:
    """Ask for every target in FOLDER, which holds annotations.json and images/ in ScreenSpot form.

    Goes on where it was stopped: answers are kept in a results file and not asked for again.
    """
    from screenagent.bench import ground as bench_ground  # noqa: PLC0415
    from screenagent.cli import wiring  # noqa: PLC0415

    kept = results or Path(f"ground-{folder.resolve().name}.jsonl")
    if fresh:
        kept.unlink(missing_ok=True)
    grounder = wiring.grounder()
    bench_ground.command(folder, grounder, results=kept, forget=grounder.forget)


@bench.command
@click.option("--clicks", type=click.IntRange(min=1), default=50, show_default=True)
def steps(*, clicks: int) -> None:
    """Click into a window of ours on a virtual desktop; report the loop's own milliseconds."""
    from screenagent.bench import steps as bench_steps  # noqa: PLC0415

    click.echo(bench_steps.run(clicks=clicks).model_dump_json())


@bench.command
@click.argument("file", type=FILE)
@click.option("--only", multiple=True, metavar="ID", help="Only this task; may be given several times.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where the runs are recorded.")
def tasks(file: Path, *, only: tuple[str, ...], runs: Path | None) -> None:
    """Carry out the tasks of FILE, each on its own virtual desktop, and check what they left behind.

    \b
    screenagent bench tasks examples/tasks.yaml
    screenagent bench tasks examples/tasks.yaml --only mousepad-save-as
    """
    from screenagent.bench import tasks as bench_tasks  # noqa: PLC0415
    from screenagent.cli import wiring  # noqa: PLC0415

    wanted = [task for task in bench_tasks.read_tasks(file) if not only or task.id in only]
    if not wanted:
        raise click.UsageError(f"no task in {file} has an id of {', '.join(only)}")
    root = runs or wiring.settings().runs / f"bench-{datetime.now():%Y-%m-%d_%H-%M-%S}"

    def progress(result: bench_tasks.Result) -> None:
        sign = click.style("✓", fg="green") if result.success else click.style("✗", fg="red")
        false = click.style("  FALSE DONE", fg="red", bold=True) if result.false_done else ""
        said = "" if result.success and result.outcome == "done" else f"  {result.outcome}: {result.message}"
        click.echo(f"{sign} {result.id}  {result.steps} steps  {result.seconds:.1f} s{false}{said}", err=True)

    found = bench_tasks.run(wanted, wiring.unattended, runs=root, progress=progress)
    click.echo(f"runs in {root}; `screenagent report {root}/ID` shows one", err=True)
    click.echo(found.model_dump_json())
