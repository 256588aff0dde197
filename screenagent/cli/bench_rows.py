"""`screenagent bench rows`: a form filled from a CSV file, with what goes wrong on the way."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.options import NEW_FILE

if TYPE_CHECKING:
    from screenagent.bench.rows.results import Program


@click.command
@click.option("--only", type=click.Choice(["chromium", "gtk"]), help="Only this program.")
@click.option("--seeds", type=click.IntRange(1, 1000), default=1, show_default=True, help="Jobs in each program.")
@click.option("--rows", "count", type=click.IntRange(5, 1000), default=30, show_default=True, help="Rows of a job.")
@click.option("--results", type=NEW_FILE, default=Path("rows-bench.jsonl"), show_default=True)
@click.option("--fresh", is_flag=True, help="Forget earlier results.")
def rows(*, only: Program | None, seeds: int, count: int, results: Path, fresh: bool) -> None:
    """Fill a form from a CSV file, in Chromium and in a GTK application; hold what is said against what was saved.

    In each job a popup comes, a save is slow, the server is away for one row, and the play is interrupted in one row
    and killed in another; each time the same command goes on. Goes on where it was stopped. Exit code 1 if a row was
    saved twice or wrongly, or called done and not saved.

    \b
    screenagent bench rows
    screenagent bench rows --seeds 20
    screenagent bench rows --only gtk --rows 6 --fresh
    """
    from screenagent.assembly.parts import stoppable_control
    from screenagent.bench.rows.attempts import PROGRAMS, run_rows

    if fresh:
        results.unlink(missing_ok=True)
    with stoppable_control() as control:
        found = run_rows(
            [only] if only else PROGRAMS,
            seeds=seeds,
            rows=count,
            results=results,
            control=control,
            progress=partial(click.echo, err=True),
        )
    click.echo(found.model_dump_json())
    sys.exit(1 if found.double or found.wrong or found.false_done else 0)
