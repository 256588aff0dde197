"""`screenagent bench mine`: what people corrected, as a benchmark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.options import FOLDER, NEW_FILE, NEW_FOLDER, crop_option, family_option, max_image_patches_option
from screenagent.cli.progress import Ticker
from screenagent.showing import visible

if TYPE_CHECKING:
    from screenagent.bench.corrections import Mined
    from screenagent.bench.mine import MinedScore, MineSummary
    from screenagent.settings import Settings


@click.command
@click.argument("runs", type=FOLDER, nargs=-1)
@click.option("--list", "listed", is_flag=True, help="List the items with their ids, and ask nothing.")
@click.option("--export", type=NEW_FOLDER, help="Write the items of --item there in ScreenSpot form, blurred.")
@click.option("--item", "items", multiple=True, metavar="ID", help="With --export: this item; may be given often.")
@click.option("--results", type=NEW_FILE, help="Where answers are kept, one a line.")
@click.option("--fresh", is_flag=True, help="Forget earlier answers and ask everything again.")
@click.option("--model", metavar="FOLDER|URL", help="Ask a model, too, where text does not decide.")
@family_option
@crop_option
@max_image_patches_option
def mine(
    runs: tuple[Path, ...],
    *,
    listed: bool,
    export: Path | None,
    items: tuple[str, ...],
    results: Path | None,
    fresh: bool,
    model: str | None,
    model_family: str | None,
    crop: str | None,
    max_image_patches: int | None,
) -> None:
    """Ask again what people corrected: each approval in which someone moved a place, reworded or rejected.

    RUNS are folders of recorded runs; by default the one that `screenagent runs` lists. Moved and reworded items pass
    if the answer lies where the person said; a rejected one passes if the rejected place is not pointed at again. Goes
    on where it was stopped, with a file of answers for each model and its settings, which `bench compare` compares.
    Nothing leaves the machine: only --export writes pictures, into a folder of yours, of the items you name, with all
    but the surroundings of the target in blocks. Look at them before you give them away.

    \b
    screenagent bench mine
    screenagent bench mine --model http://localhost:8000/v1
    screenagent bench mine --list
    screenagent bench mine --export corrections --item 3f2a9c01d4 --item 77b01e9ac2
    """
    from screenagent.bench.corrections import mine_corrections
    from screenagent.runs.store import recorded_runs
    from screenagent.settings import Settings

    settings = Settings.load(model=model, model_family=model_family, crop=crop, max_image_patches=max_image_patches)
    if bool(items) != (export is not None):
        raise click.UsageError("--export DIR and --item ID belong together; --list names the items")
    roots = runs or (settings.runs,)
    mined = mine_corrections(run for root in roots for run in recorded_runs(root))
    for line in mined.unreadable:
        click.echo(f"left out: {visible(line)}", err=True)
    if listed:
        _list(mined)
    elif export is not None:
        _export(mined, items, export, settings)
    else:
        asked = (model and re.sub(r"\W+", "-", model).strip("-"), model_family, crop, max_image_patches)
        kept = results or Path(f"mine{''.join(f'-{part}' for part in asked if part)}.jsonl")
        if fresh:
            kept.unlink(missing_ok=True)
        _ask(mined, settings, model, kept)


def _list(mined: Mined) -> None:
    for item in mined.found:
        place = f"({item.place.point.x:.3f}, {item.place.point.y:.3f})"
        said = f"{item.id}  {item.kind:<8}  {item.app or '–':<16}  “{item.instruction}”  {place}  {item.run.name}"
        click.echo(visible(said))
    click.echo(f"{len(mined.found)} items in {mined.runs} runs; the pictures of {mined.unseen} were not kept", err=True)


def _export(mined: Mined, items: tuple[str, ...], folder: Path, settings: Settings) -> None:
    from screenagent.assembly.parts import build_reader
    from screenagent.bench.mine_export import export_corrections

    known = {item.id: item for item in mined.found}
    if unknown := [name for name in dict.fromkeys(items) if name not in known]:
        raise click.UsageError(f"there is no item {', '.join(unknown)}; --list names them")
    pictures = export_corrections([known[name] for name in dict.fromkeys(items)], folder, reader=build_reader(settings))
    click.echo(
        f"{len(pictures)} items in {folder}; their words are as you wrote them: look at each before you give it away",
        err=True,
    )
    for picture in pictures:
        click.echo(str(picture))


def _ask(mined: Mined, loaded: Settings, model: str | None, kept: Path) -> None:
    from screenagent.assembly.models import Models, pointing_settings
    from screenagent.assembly.parts import build_grounder, build_reader, stoppable_control
    from screenagent.bench.mine import run_mine

    settings = pointing_settings(loaded, model=model)
    grounder = build_grounder(settings, reader=build_reader(settings))
    with stoppable_control() as control, Ticker() as ticker:
        models = Models.of(settings, control)
        calls = (lambda: models.meter.calls) if models.points else None
        pointing = models.pointing(grounder) or grounder
        found = run_mine(mined, pointing, results=kept, calls=calls, progress=ticker.count)
    click.echo(_table(found), err=True)
    click.echo(f"answers in {kept}", err=True)
    click.echo(found.model_dump_json())


def _table(found: MineSummary) -> str:
    heads = ("moved", "reworded", "rejected, not again")
    lines = [f"{'application':<24}" + "".join(f"{head:>22}" for head in heads)]
    for app in found.by_app:
        scores = (app.moved, app.reworded, app.rejected)
        lines.append(f"{visible(app.app or '–'):<24}" + "".join(f"{_score(score):>22}" for score in scores))
    return "\n".join(lines) if found.by_app else f"nobody corrected anything in {found.runs} runs"


def _score(score: MinedScore) -> str:
    return f"{score.passed} of {score.n}" if score.n else "–"
