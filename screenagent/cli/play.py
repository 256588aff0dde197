"""`screenagent play`: a script, step by step as it is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from screenagent.script import Script

SCRIPT = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command
@click.argument("script", type=SCRIPT)
@click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A parameter's value; may be given often.")
@click.option("--step", is_flag=True, help="Ask before each input; otherwise risky ones are asked about.")
@click.option("--approve", type=click.Choice(["each", "risky", "never"]), help="Which inputs to ask about.")
@click.option("--virtual", is_flag=True, help="Play on a virtual desktop of its own, with the script's app on it.")
@click.option("--app", help="What to open on the virtual desktop instead of the script's app.")
@click.option("--size", metavar="WxH", help="Size of the virtual desktop; 1280x720 if not given.")
@click.option("--display", help="Which monitor to work on, by the name that `screenagent doctor` shows.")
@click.option("--model", metavar="FOLDER|URL", help="Who plans the script's tasks, and points where nothing else does.")
@click.option("--json", "as_json", is_flag=True, help="Print the events on stdout, one JSON object a line.")
@click.option("--runs", type=click.Path(path_type=Path), help="Where the run is recorded.")
@click.option("--no-record", is_flag=True, help="Keep nothing on disk.")
@click.option("--plain", is_flag=True, help="Lines instead of the console; so it is without a terminal, too.")
def play(
    script: Path,
    *,
    sets: tuple[str, ...],
    step: bool,
    approve: str | None,
    virtual: bool,
    app: str | None,
    size: str | None,
    display: str | None,
    model: str | None,
    as_json: bool,
    runs: Path | None,
    no_record: bool,
    plain: bool,
) -> None:
    """Play SCRIPT: each step at once, without a model as long as its targets look as they did.

    \b
    screenagent play invoice.yaml --set customer="Ada"
    screenagent play invoice.yaml --step
    screenagent play invoice.yaml --virtual --approve never

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    if app and not virtual:
        raise click.UsageError("--app opens a program on a virtual desktop; add --virtual")
    from screenagent.cli import wiring  # noqa: PLC0415
    from screenagent.cli.run import EXIT_CODES, carry_out, has_console, size_of  # noqa: PLC0415
    from screenagent.play import Replay  # noqa: PLC0415
    from screenagent.script import Anchors  # noqa: PLC0415

    read = read_script(script)
    settings = wiring.settings(
        approve="each" if step else approve or "risky",
        model=model,
        runs=runs,
        display=display,
        virtual_size=size_of(size),
        max_steps=10_000,
    )
    replay = Replay(read, _values(read, _given(sets)), Anchors.of(script))
    opened = app or read.app if virtual else None
    if not (plain or as_json or settings.approve == "never") and has_console():
        from screenagent.cli.console import supervise  # noqa: PLC0415

        ended = supervise(replay.task, settings, virtual=virtual, app=opened, record=not no_record, replay=replay)
    else:
        ended = carry_out(
            replay.task, settings, virtual=virtual, app=opened, as_json=as_json, record=not no_record, replay=replay
        )
    sys.exit(EXIT_CODES[ended.outcome])


@click.command
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("script", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="What the script is called; the run's task if not given.")
@click.option("--app", help="What the script opens on a virtual desktop.")
@click.option("--force", is_flag=True, help="Write over a script that is there already.")
def save(run: Path, script: Path, *, name: str | None, app: str | None, force: bool) -> None:
    """Write what RUN did as SCRIPT, to be played again: its steps in words, and what its targets looked like.

    \b
    screenagent save runs/2026-11-22_10-15-03_open-the-file-menu invoice.yaml --app mousepad
    """
    if script.exists() and not force:
        raise click.UsageError(f"{script} is there already; choose another name, or say --force")
    write_script(run, script, name=name, app=app)


def write_script(run: Path, script: Path, *, name: str | None, app: str | None) -> None:
    """Write what the run did as `script`, with its anchors beside it, and say so."""
    from screenagent.cli import wiring  # noqa: PLC0415
    from screenagent.play.saving import saved, task_of  # noqa: PLC0415
    from screenagent.recording import read  # noqa: PLC0415
    from screenagent.script import Anchors, written  # noqa: PLC0415

    try:
        made = saved(read(run), wiring.reader())
        text = written(made.script((name or task_of(read(run)) or script.stem)[:200], app=app))
    except ValueError as error:
        raise click.ClickException(f"{run}: {error}") from error
    anchors = Anchors.of(script)
    anchors.remove(anchors.names())
    for anchor, (facts, picture) in made.looks.items():
        anchors.write(anchor, facts, picture)
    script.write_text(text, "utf-8")
    click.echo(f"{script}: {len(made.steps)} steps, {len(made.looks)} anchors in {anchors.folder}")


def read_script(file: Path) -> Script:
    """The script in `file`; what is wrong with it is wrong usage."""
    from screenagent.script import ScriptError, read  # noqa: PLC0415

    try:
        return read(file)
    except ScriptError as error:
        raise click.UsageError(f"this is no script:\n{error}") from error


def _given(sets: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in sets:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r}; write for example --set customer=Ada", param_hint="--set")
        given[name.strip()] = value
    return given


def _values(script: Script, given: dict[str, str]) -> dict[str, str]:
    from screenagent.script import Unbound, bound  # noqa: PLC0415

    try:
        return bound(script, given)
    except Unbound as error:
        raise click.UsageError(str(error)) from error
