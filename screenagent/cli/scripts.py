"""`screenagent save`, `heal`, `check`, `export`: scripts made, mended, looked over and handed on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.files import refuse_overwriting, write_script
from screenagent.cli.options import FILE, FOLDER, NEW_FILE, NEW_FOLDER

if TYPE_CHECKING:
    from screenagent.scripts.replay.healing import Heal


@click.command
@click.argument("run", type=FOLDER)
@click.argument("script", type=NEW_FILE)
@click.option("--name", help="What the script is called; the run's task if not given.")
@click.option("--app", help="What the script opens on a virtual desktop.")
@click.option("--force", is_flag=True, help="Overwrite an existing script.")
def save(run: Path, script: Path, *, name: str | None, app: str | None, force: bool) -> None:
    """Write what RUN did as SCRIPT, to be played again: its steps in words, and what its targets looked like.

    \b
    screenagent save runs/2026-11-22_10-15-03_open-the-file-menu invoice.yaml --app mousepad
    """
    refuse_overwriting(script, force=force)
    write_script(run, script, name=name, app=app)


@click.command
@click.argument("script", type=FILE)
@click.option("--run", "folder", type=FOLDER, help="The replay to look at; the last one of this script if not given.")
@click.option("--runs", type=NEW_FOLDER, help="Where runs are recorded.")
@click.option("--html", type=NEW_FILE, help="Write the pictures to this page.")
@click.option("--accept", multiple=True, metavar="ANCHOR|all", help="Take it over; may be given several times.")
def heal(script: Path, *, folder: Path | None, runs: Path | None, html: Path | None, accept: tuple[str, ...]) -> None:
    """Show what a replay of SCRIPT had to heal: the looks that were recorded beside those that were found.

    Nothing is changed without --accept, or a yes in the terminal.

    \b
    screenagent heal invoice.yaml
    screenagent heal invoice.yaml --html heals.html
    screenagent heal invoice.yaml --accept the-save-button
    """
    from screenagent.assembly.parts import build_reader
    from screenagent.runs.store import read_events
    from screenagent.scripts import Anchors, read_script
    from screenagent.scripts.replay.healing import accept as take_over
    from screenagent.scripts.replay.healing import heals, page
    from screenagent.settings import Settings

    read_in, anchors = read_script(script), Anchors.of(script)
    found = heals(read_in, anchors, read_events(folder or _last_run(script, runs)), build_reader(Settings.load()))
    if not found:
        click.echo("every target was found as it was recorded")
        return
    page_file = html or anchors.folder.with_suffix(".heals.html")
    page_file.write_text(page(read_in, found, file=str(script)), "utf-8")
    unknown = set(accept) - {"all"} - {heal.name for heal in found}
    if unknown:
        raise click.UsageError(
            f"{', '.join(sorted(unknown))} was not healed; there is {', '.join(h.name for h in found)}"
        )
    for one in found:
        click.secho(one.name, bold=True)
        for change in one.changes:
            click.echo(f"  {change}")
        if "all" in accept or one.name in accept or (not accept and _is_wanted(one)):
            take_over(one, anchors)
            click.secho("  taken over", fg="green")
    click.echo(f"the pictures are in {page_file}")


def _is_wanted(heal: Heal) -> bool:
    return sys.stdin.isatty() and click.confirm(f"  take the new looks of {heal.name} over?", default=False)


def _last_run(script: Path, root: Path | None) -> Path:
    from screenagent.runs.store import read_run, recorded_runs
    from screenagent.settings import Settings

    recorded = recorded_runs(Settings.load(runs=root).runs)
    wanted = str(script.resolve())
    for run in recorded:
        if read_run(run).settings.get("script") == wanted:
            return run
    raise click.UsageError(
        f"no replay of {script} is recorded; `screenagent play {script}` records one, or name it by --run"
    )


@click.command
@click.argument("scripts", nargs=-1, required=True, type=FILE)
@click.option("--model", metavar="FOLDER|URL", help="With a model, a script's tasks may be any goal.")
def check(scripts: tuple[Path, ...], *, model: str | None) -> None:
    """Say what is wrong with SCRIPTS before they are played.

    \b
    screenagent check invoice.yaml
    screenagent check examples/scripts/*.yaml

    Exit codes: 0 nothing but warnings, 1 errors.
    """
    from screenagent.scripts.lint import findings
    from screenagent.settings import Settings

    goals = Settings.load(model=model).model is not None
    found = [finding for script in scripts for finding in findings(script, unreadable=_any if goals else _unreadable)]
    for finding in found:
        click.echo(str(finding))
    errors = sum(finding.weight == "error" for finding in found)
    click.echo(f"{len(scripts)} checked, {errors} errors, {len(found) - errors} warnings", err=True)
    sys.exit(1 if errors else 0)


def _any(_task: str) -> None:
    """Refuse nothing: a model plans any goal."""


def _unreadable(task: str) -> str | None:
    from screenagent.planning import Unreadable, read_instructions
    from screenagent.scripts.parameters import filled

    try:
        read_instructions(filled(task, {}).replace("{{", "").replace("}}", ""))
    except Unreadable as error:
        return f"without a model this is no plain instruction: {error}"
    return None


@click.command
@click.argument("script", type=FILE)
@click.option("--to", "kind", type=click.Choice(["python"]), default="python", show_default=True)
@click.option("--out", type=NEW_FILE, help="The file to write; stdout if not given.")
def export(script: Path, *, kind: str, out: Path | None) -> None:  # noqa: ARG001 - there is one kind so far
    """Write SCRIPT as a program that does the same.

    \b
    screenagent export invoice.yaml --to python --out invoice.py
    """
    from screenagent.scripts import Anchors, read_script
    from screenagent.scripts.export import python

    try:
        program = python(read_script(script), file=script.name, anchors=Anchors.of(script).folder.name)
    except ValueError as error:
        raise click.ClickException(f"{script}: {error}") from error
    if out is None:
        click.echo(program, nl=False)
    else:
        out.write_text(program, "utf-8")
        click.echo(f"{out}: run it beside {Anchors.of(script).folder.name}", err=True)
