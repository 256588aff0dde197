"""`screenagent runs` and `report`: what is recorded, what models cost, what is to go, and a run as a page and a GIF."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import FOLDER, NEW_FOLDER, load_settings, one_run
from screenagent.cli.output import confirm, echo, echo_json
from screenagent.cli.progress import Ticker
from screenagent.showing import abridged

if TYPE_CHECKING:
    from screenagent.runs.costs import CostTable, ModelCost
    from screenagent.runs.report.story import Story
    from screenagent.runs.retention import StoredRun
    from screenagent.sessions.place import LiveRun

UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
COST_HEADS: Final = (
    "model",
    "asked for",
    "runs",
    "done",
    "steps",
    "requests/step",
    "tokens read/step",
    "thought/step",
    "said/step",
    "time/step",
)
LATEST: Final = 1 << 62
"""No message of a run has so high a number: who attaches from there on is told none."""
ROOT = click.option("--runs", "root", type=NEW_FOLDER, help="Where runs are recorded.")


def _age(_context: click.Context, _parameter: click.Parameter, text: str | None) -> timedelta | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)([hdw])", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no age; write for example 12h, 30d or 8w")
    return int(found[1]) * UNITS[found[2]]


@click.group(invoke_without_command=True)
@ROOT
@click.option("--json", "as_json", is_flag=True, help="Print each run as a JSON object.")
@click.pass_context
def runs(context: click.Context, *, root: Path | None, as_json: bool) -> None:
    """List the runs that are under way, with what they wait for, then those that are recorded, the newest first: when,
    how it ended, its size, its task, its folder.

    \b
    screenagent runs
    screenagent runs costs
    screenagent runs prune --older-than 30d --keep 20 --dry-run

    The settings keep_runs and keep_days do the same after each run; keep_screens = false keeps no pictures.
    """
    context.obj = root
    if context.invoked_subcommand is not None:
        return
    from screenagent.runs.retention import stored_runs

    folder = load_settings(runs=root).runs
    live = _show_live(as_json=as_json)
    with Ticker() as ticker:
        kept = [run for run in stored_runs(folder, told=ticker) if str(run.folder.absolute()) not in live]
    for run in kept:
        echo_json(run.model_dump_json()) if as_json else echo(_line(run))
    echo(f"{len(kept)} runs, {_size(sum(run.size for run in kept))}, in {folder}", err=True)


def _show_live(*, as_json: bool) -> set[str]:
    """Print the runs that are under way; return the folders that they are recorded in."""
    from screenagent.sessions.place import live_runs

    found = live_runs()
    for run in found:
        waits_for = _asked_now(run)
        if as_json:
            echo_json(json.dumps({"live": True, **run.about.model_dump(mode="json"), "waits_for": waits_for}))
        else:
            state = f"asks: {waits_for}" if waits_for else "under way"
            echo(f"{run.about.run}  {state}  {abridged(run.about.task)}  ({run.about.desktop})")
    return {run.about.folder for run in found}


def _asked_now(run: LiveRun) -> str:
    """Return what a run asks a person now, in words; empty if it asks nothing, or does not answer."""
    from screenagent.sessions.attachment import NotGranted
    from screenagent.sessions.client import RemoteAttachment

    try:
        attachment = RemoteAttachment(run, "the list of runs", lambda: None, since=LATEST, watches=True)
    except NotGranted:
        return ""
    attachment.detach()
    return attachment.attached.waits_for


@runs.command
@click.argument("folders", metavar="[RUN]...", type=FOLDER, nargs=-1)
@ROOT
@click.option("--json", "as_json", is_flag=True, help="Print each row as a JSON object, with sums instead of means.")
@click.pass_context
def costs(context: click.Context, *, folders: tuple[Path, ...], root: Path | None, as_json: bool) -> None:
    """Compare what models cost: requests, tokens and seconds per step, by family; of each RUN, or of all.

    \b
    screenagent runs costs
    screenagent runs costs runs/2026-11-22_10-15-03_open-the-file-menu

    A plan takes one request, or two where the server cannot bind the answer after a thought. Grounding takes one
    for each look at a target, so two with zoom. Only steps in which the model was asked are counted.
    """
    from screenagent.runs.costs import CostTable
    from screenagent.runs.store import recorded_runs

    chosen = folders or tuple(recorded_runs(load_settings(runs=root or context.obj).runs))
    table = CostTable.of(_stories(chosen, skip_damaged=not folders))
    if as_json:
        for row in table.rows:
            echo_json(row.model_dump_json())
    else:
        for line in _columns(table):
            echo(line)
    echo("1 run" if len(chosen) == 1 else f"{len(chosen)} runs", err=True)
    if table.unattributed:
        echo(f"{table.unattributed} of them do not say which model they asked, and are left out", err=True)


@runs.command
@ROOT
@click.option("--older-than", callback=_age, metavar="AGE", help="Only those older than this: 12h, 30d, 8w.")
@click.option("--keep", type=click.IntRange(min=0), help="Not the newest so many.")
@click.option("--dry-run", is_flag=True, help="Show what would go; remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def prune(
    context: click.Context,
    *,
    root: Path | None,
    older_than: timedelta | None,
    keep: int | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Remove old runs: those beyond the newest --keep that are also older than --older-than.

    \b
    screenagent runs prune --older-than 30d
    screenagent runs prune --older-than 30d --keep 20 --dry-run

    A folder that holds anything else than a run leaves is left alone.
    """
    from screenagent.runs.retention import outdated, remove, stored_runs, why_not_ours

    if older_than is None and keep is None:
        raise click.UsageError("say which: --older-than 30d, --keep 20, or both")
    with Ticker() as ticker:
        stored = stored_runs(load_settings(runs=root or context.obj).runs, told=ticker)
    found = outdated(stored, older_than=older_than, keep=keep)
    going = []
    for run in found:
        if why := why_not_ours(run.folder):
            echo(f"left alone: {run.folder.name}: {why}", err=True)
            continue
        going.append(run)
        echo(_line(run))
    said = f"{len(going)} runs, {_size(sum(run.size for run in going))}"
    if dry_run or not going:
        echo(f"{said} would go; nothing was removed", err=True)
        return
    if not yes and not confirm(f"remove {said}?", err=True):
        echo("nothing was removed", err=True)
        return
    with Ticker() as ticker:
        for number, run in enumerate(going, start=1):
            remove(run.folder)
            ticker(f"removed {number} of {len(going)} runs")
    echo(f"removed {said}", err=True)


def _stories(folders: Iterable[Path], *, skip_damaged: bool) -> Iterator[Story]:
    from screenagent.errors import BadFile
    from screenagent.runs.report.story import Story
    from screenagent.runs.store import read_events

    for folder in folders:
        try:
            yield Story.of(read_events(folder, pictures=False))
        except BadFile as error:
            if not skip_damaged:
                raise
            echo(f"left out: {error}", err=True)


def _columns(table: CostTable) -> Iterator[str]:
    """Yield the table's lines; words are aligned to the left and numbers to the right."""
    cells = [_cells(row) for row in table.rows]
    if not cells:
        return
    widths = [max(map(len, column)) for column in zip(COST_HEADS, *cells, strict=True)]
    for line in (COST_HEADS, *cells):
        aligned = (str.ljust if place < 2 else str.rjust for place in range(len(line)))
        yield "  ".join(align(cell, width) for align, cell, width in zip(aligned, line, widths, strict=True))


def _cells(row: ModelCost) -> tuple[str, ...]:
    return (
        row.model,
        row.purpose,
        f"{row.runs}",
        f"{row.done}",
        f"{row.steps}",
        row.requests_per_step,
        f"{row.read_per_step:,}",
        f"{row.thought_per_step:,}",
        f"{row.said_per_step:,}",
        f"{row.seconds_per_step:.2f} s",
    )


def _line(run: StoredRun) -> str:
    from screenagent.actions import in_brief

    when = f"{run.when.astimezone():%Y-%m-%d %H:%M}"
    return f"{when}  {run.outcome:<12}  {_size(run.size):>8}  {in_brief(run.task) or '–'}  [{run.folder.name}]"


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


@click.command
@click.argument("run", type=FOLDER, required=False)
@click.option("--out", type=NEW_FOLDER, help="Folder for report.html and run.gif; the run's own if not given.")
@click.option("--no-gif", is_flag=True, help="Make the page only, which is quicker.")
@ROOT
def report(run: Path | None, *, out: Path | None, no_gif: bool, root: Path | None) -> None:
    """Make one self-contained page, and a GIF, of RUN; of the last one if none is named.

    \b
    screenagent report
    screenagent report runs/2026-11-22_10-15-03_open-the-file-menu --out ~/reports
    """
    from screenagent.runs.report.gif import NoPictures, write_gif
    from screenagent.runs.report.html import write_html
    from screenagent.runs.store import read_run

    folder = one_run(run) if run else _last(root)
    made_with = read_run(folder)
    target = out or folder
    target.mkdir(parents=True, exist_ok=True)
    with Ticker() as ticker:
        page = write_html(folder, target / "report.html", told=ticker)
    echo(page)
    if no_gif:
        return
    if not made_with.screens:
        echo("its pictures were not kept, so there is no GIF", err=True)
        return
    try:
        with Ticker() as ticker:
            gif = write_gif(folder, target / "run.gif", told=ticker)
    except NoPictures as none:
        echo(f"{none}, so there is no GIF", err=True)
        return
    echo(gif)


def _last(root: Path | None) -> Path:
    from screenagent.runs.store import recorded_runs

    settings = load_settings(runs=root)
    recorded = recorded_runs(settings.runs)
    if not recorded:
        raise click.UsageError(f"no run is recorded in {settings.runs}; `screenagent run …` records one")
    return recorded[0]
