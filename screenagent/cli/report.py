"""`screenagent report`: a run as one HTML page and a GIF."""

from __future__ import annotations

from pathlib import Path

import click

from screenagent.cli.options import FOLDER, NEW_FOLDER


@click.command
@click.argument("run", type=FOLDER, required=False)
@click.option("--out", type=NEW_FOLDER, help="Folder for report.html and run.gif; the run's own if not given.")
@click.option("--runs", type=NEW_FOLDER, help="Where runs are recorded.")
def report(run: Path | None, *, out: Path | None, runs: Path | None) -> None:
    """Make one self-contained page, and a GIF, of RUN; of the last one if none is named.

    \b
    screenagent report
    screenagent report runs/2026-11-22_10-15-03_open-the-file-menu --out ~/reports
    """
    from screenagent.runs.report.gif import write_gif
    from screenagent.runs.report.html import write_html
    from screenagent.runs.store import read_run

    folder = run or _last(runs)
    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    click.echo(write_html(folder, target / "report.html"))
    if read_run(folder).screens:
        click.echo(write_gif(folder, target / "run.gif"))
    else:
        click.echo("its pictures were not kept, so there is no GIF", err=True)


def _last(root: Path | None) -> Path:
    from screenagent.runs.store import recorded_runs
    from screenagent.settings import Settings

    settings = Settings.load(runs=root)
    recorded = recorded_runs(settings.runs)
    if not recorded:
        raise click.UsageError(f"no run is recorded in {settings.runs}; `screenagent run …` records one")
    return recorded[0]
