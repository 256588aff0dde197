"""Files that several commands read or write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from screenagent.screenshot import Screenshot


def open_picture(path: Path) -> Screenshot:
    """Return the picture in a file as a screenshot."""
    from PIL import Image, UnidentifiedImageError

    from screenagent.screenshot import Screenshot

    try:
        with Image.open(path) as image:
            return Screenshot.of(image.convert("RGB"))
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no picture {path}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise click.UsageError(f"{path} cannot be read as a picture: {error}") from error


def refuse_overwriting(script: Path, *, force: bool) -> None:
    """Raise `click.UsageError` if the script exists already, unless `force` allows to overwrite it."""
    if script.exists() and not force:
        raise click.UsageError(f"{script} exists already; choose another name, or add --force")


def write_script(run: Path, script: Path, *, name: str | None, app: str | None) -> None:
    """Write what the run did as `script`, with its anchors beside it, and print where they are."""
    from screenagent.assembly.parts import build_reader
    from screenagent.runs.store import read_events
    from screenagent.scripts import Anchors, written
    from screenagent.scripts.recorder.writer import ScriptWriter, task_of
    from screenagent.settings import Settings

    try:
        made = ScriptWriter.of_run(read_events(run), build_reader(Settings.load()))
        text = written(made.script((name or task_of(read_events(run)) or script.stem)[:200], app=app))
    except ValueError as error:
        raise click.ClickException(f"{run}: {error}") from error
    anchors = Anchors.of(script)
    anchors.remove(anchors.names())
    for anchor, appearance in made.appearances.items():
        anchors.write(anchor, appearance.anchor, appearance.picture)
    script.write_text(text, "utf-8")
    click.echo(f"{script}: {len(made.steps)} steps, {len(made.appearances)} anchors in {anchors.folder}")
