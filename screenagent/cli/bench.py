"""`screenagent bench …`: measurements. Progress goes to stderr; the last line on stdout is one JSON object."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.bench_hover import hover
from screenagent.cli.bench_peers import peers
from screenagent.cli.bench_read import read
from screenagent.cli.bench_rows import rows
from screenagent.cli.bench_tasks import miniwob, scripts, tasks, truth
from screenagent.cli.options import FILE, FOLDER, NEW_FILE, QUANT, crop_option, family_option, max_image_patches_option
from screenagent.cli.progress import Ticker

if TYPE_CHECKING:
    from screenagent.engine.config import Quant


@click.group
def bench() -> None:
    """Measure grounding, the loop's own time, and whole tasks.

    \b
    screenagent bench ground FOLDER        accuracy and milliseconds on a folder of screens with targets
    screenagent bench calibration FOLDER…  whether the embedded grounder is right as often as it says
    screenagent bench steps                the loop's own time per step; --console: what the console adds
    screenagent bench cold                 from the start of a process to its click
    screenagent bench keys                 from a key in the console to the click
    screenagent bench page                 the page of a live run: its weight, its speed, from a key in it to the click
    screenagent bench mcp                  the MCP server's start, and a call's own time
    screenagent bench settle               popups that come late
    screenagent bench scripts              the example scripts, on desktops that have changed
    screenagent bench read                 values read off pages, to the letter
    screenagent bench rows                 thirty rows of a CSV file, with what goes wrong on the way
    screenagent bench stop                 from a stop to no more input; what a killed agent leaves
    screenagent bench hover FILE.yaml      buttons asked for their tooltips, in other words than those
    screenagent bench tasks FILE.yaml      whole tasks, judged by their real effect; --workers N: several at once
    screenagent bench truth                tasks where they work and where they silently do not
    screenagent bench peers                other tools on the same program and pages
    screenagent bench miniwob              the web tasks of MiniWoB++, by pixels and input alone
    screenagent bench model --random       the vision model's engine against the hardware's floor
    """


@bench.command
@click.argument("folder", type=FOLDER)
@click.option("--results", type=NEW_FILE, help="Where answers are kept, one a line.")
@click.option("--fresh", is_flag=True, help="Forget earlier answers and ask everything again.")
@click.option("--model", metavar="FOLDER|URL", help="Ask a model, too, where text does not decide.")
@family_option
@crop_option
@max_image_patches_option
@click.option("--negated", is_flag=True, help="Show every picture in the opposite colours.")
@click.option("--scaled", type=click.FloatRange(0.25, 4), default=1.0, help="Show every picture so much larger.")
@click.option("--present-only", is_flag=True, help="Ask for nothing that is not there.")
def ground(
    folder: Path,
    *,
    results: Path | None,
    fresh: bool,
    model: str | None,
    model_family: str | None,
    crop: str | None,
    max_image_patches: int | None,
    negated: bool,
    scaled: float,
    present_only: bool,
) -> None:
    """Ask for every target in FOLDER, which holds annotations.json and images/ in ScreenSpot form.

    What is not there is asked for, too: things of the other screens, names with a word too many, and targets that are
    painted over; the same ones each time. Goes on where it was stopped: answers are kept in a file and not asked
    for again; each model, family, crop, size and way to show the pictures has a file of its own. The last line has
    accuracy, and how many prefills of the model an answer took.

    \b
    screenagent bench ground ../shared/data/apps_dev --fresh
    screenagent bench ground ../shared/data/apps_dev --negated --present-only
    screenagent bench ground ../shared/data/apps_dev --scaled 1.25 --present-only
    screenagent bench ground screens --model http://localhost:8000/v1 --crop tiles --max-image-patches 2048
    """
    from screenagent.assembly.models import Models, pointing_settings
    from screenagent.assembly.parts import build_grounder, build_reader, stoppable_control
    from screenagent.bench import ground as bench_ground
    from screenagent.perception.timing import Timing
    from screenagent.settings import Settings

    shown = ("negated" if negated else None, f"{scaled:g}" if scaled != 1 else None)
    named = model and re.sub(r"\W+", "-", model).strip("-")
    asked = (folder.resolve().name, named, model_family, crop, max_image_patches, *shown)
    kept = results or Path(f"ground-{'-'.join(str(part) for part in asked if part)}.jsonl")
    if fresh:
        kept.unlink(missing_ok=True)
    stages = Timing()
    loaded = Settings.load(model=model, model_family=model_family, crop=crop, max_image_patches=max_image_patches)
    settings = pointing_settings(loaded, model=model)
    reader = build_reader(settings, stages)
    grounder = build_grounder(settings, reader=reader, stages=stages)

    def forget() -> None:
        reader.forget()
        grounder.forget()

    with stoppable_control() as control:
        models = Models.of(settings, control)
        pointing = models.pointing(grounder)
        insisting = None if pointing else grounder.insisting()
        calls = (lambda: models.meter.calls) if models.points else None
        eyes = bench_ground.GroundSetup(
            grounder=pointing or grounder, forget=forget, insisting=insisting, stages=stages.take, calls=calls
        )
        view = bench_ground.PictureTransform(negated=negated, scaled=scaled)
        bench_ground.command(folder, eyes, results=kept, view=view, absent=None if present_only else reader)


@bench.command
@click.argument("folders", type=FOLDER, nargs=-1, required=True)
@click.option("--out", type=NEW_FILE, help="Where the reliability diagram goes.")
@click.option("--near", type=FILE, help="What else is not there, by picture; a YAML file.")
@click.option("--fresh", is_flag=True, help="Forget earlier answers and ask everything again.")
def calibration(folders: tuple[Path, ...], *, out: Path | None, near: Path | None, fresh: bool) -> None:
    """Fit how sure the embedded grounder says it is to how often it is right on the screens in FOLDERS.

    Asks what `bench ground` asks. Prints the weights of screenagent/grounding/certainty.py, their calibration error,
    and for each bound on the confidence how many of the answers are wrong and what is still found, with each
    application judged by weights that were fitted without it. `chosen` is the lowest bound with at most 1 wrong answer
    in 100.

    \b
    screenagent bench calibration ../shared/data/apps_dev ../shared/data/openqa_dev \\
        --near examples/near_misses.yaml --out docs/reliability.png
    """
    from screenagent.assembly.parts import build_grounder, build_reader
    from screenagent.bench import calibration as bench_calibration
    from screenagent.bench import ground as bench_ground
    from screenagent.bench.results import read_bench_results
    from screenagent.settings import Settings

    settings = Settings.load()
    reader = build_reader(settings)
    grounder = build_grounder(settings, reader=reader)

    def forget() -> None:
        reader.forget()
        grounder.forget()

    kept = [Path(f"calibration-{folder.resolve().name}.jsonl") for folder in folders]
    for folder, results in zip(folders, kept, strict=True):
        if fresh:
            results.unlink(missing_ok=True)
        eyes = bench_ground.GroundSetup(grounder=grounder.strict(), forget=forget, signs=grounder.signs)
        progress = partial(click.echo, err=True)
        bench_ground.run_ground(folder, eyes, results=results, absent=reader, near=near, progress=progress)
    asked = [
        result for file in kept for result in read_bench_results(file, bench_ground.GroundResult.model_validate_json)
    ]
    known = bench_calibration.answers(asked)
    if not known:
        raise click.UsageError("nothing was found on these screens, so there is nothing to calibrate by")
    found = bench_calibration.calibration_summary(known, bench_calibration.targets_by_kind(asked))
    if out:
        before, after = bench_calibration.judged_by(known, {}), bench_calibration.held_out(known)
        bench_calibration.diagram(before, after, found).save(out)
        click.echo(f"drawn in {out}", err=True)
    click.echo(found.model_dump_json())


@bench.command
@click.option("--clicks", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--console", "with_console", is_flag=True, help="Without the console and with it, and what it costs.")
def steps(*, clicks: int, with_console: bool) -> None:
    """Click into a window of ours on a virtual desktop; report the loop's own milliseconds.

    \b
    screenagent bench steps
    screenagent bench steps --console        what the console at 200x60 adds to a step
    """
    if with_console:
        from screenagent.bench import console

        click.echo(console.measure_cost(clicks=clicks).model_dump_json())
        return
    from screenagent.bench import steps as bench_steps

    click.echo(bench_steps.run_steps(clicks=clicks).model_dump_json())


@bench.command
@click.option("--clicks", type=click.IntRange(min=1), default=50, show_default=True)
def keys(*, clicks: int) -> None:
    """Approve clicks by a key in the console; report milliseconds from the key to the click in the window.

    Also from the last look at what is pressed to the press, and to the first key of a text.
    """
    from screenagent.bench import console

    click.echo(console.measure_keys(clicks=clicks).model_dump_json())


@bench.command
@click.option("--clicks", type=click.IntRange(min=1), default=30, show_default=True)
def page(*, clicks: int) -> None:
    """Open the page of a live run in Chromium and approve clicks by a key in it; report its weight and milliseconds.

    From the start of loading to the first paint and to the picture, from the key to the verdict in the run and to the
    click in the window.
    """
    from screenagent.bench import page as bench_page

    click.echo(bench_page.run_page(clicks=clicks).model_dump_json())


@bench.command
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--warm", is_flag=True, help="Beside each, one with the warm process.")
def cold(*, runs: int, warm: bool) -> None:
    """Start a process for each click, on a virtual desktop with a window of ours; report milliseconds.

    From the start of the process to the first look, to the target, to the click as the window got it, and to the last
    event: `screenagent run --plain --approve never`. The first input waits until the screen was watched for 1.1 s.

    \b
    screenagent bench cold
    screenagent bench cold --runs 20 --warm
    """
    from screenagent.bench import cold as bench_cold

    with Ticker(silent=0.0) as ticker:
        found = bench_cold.run_cold(runs=runs, warm=warm, progress=lambda number: ticker.count(number, runs))
    click.echo(found.model_dump_json())


@bench.command
@click.option("--rounds", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--watchers", type=click.IntRange(min=0), default=20, show_default=True)
def session(*, rounds: int, watchers: int) -> None:
    """Attach to a run of another process, answer its questions, and watch it; report milliseconds.

    From attaching to the first message and to the last picture, from an answer to its verdict, and how much longer a
    step takes with so many watchers. Needs no display.

    \b
    screenagent bench session
    """
    from screenagent.bench import session as bench_session

    with Ticker(silent=0.0) as ticker:
        found = bench_session.run_session(
            rounds=rounds, watchers=watchers, progress=lambda number: ticker.count(number, rounds)
        )
    click.echo(found.model_dump_json())


@bench.command
@click.option("--starts", type=click.IntRange(min=1), default=10, show_default=True)
@click.option("--calls", type=click.IntRange(min=1), default=200, show_default=True)
def mcp(*, starts: int, calls: int) -> None:
    """Start MCP servers and call them; report milliseconds.

    From the start of the process to the answer of tools/list, and from a call that does nothing to its answer. Needs no
    display.

    \b
    screenagent bench mcp
    """
    from screenagent.bench import mcp as bench_mcp

    with Ticker(silent=0.0) as ticker:
        found = bench_mcp.run_mcp(starts=starts, calls=calls, progress=lambda number: ticker.count(number, starts))
    click.echo(found.model_dump_json())


@bench.command
@click.option("--popups", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def settle(*, popups: int, seed: int) -> None:
    """Windows pop up 50 to 800 ms after a click: how often is the screen called settled too early, or too late?"""
    from screenagent.bench import settle as bench_settle

    with Ticker(silent=0.0) as ticker:
        found = bench_settle.run_settle(popups=popups, seed=seed, progress=lambda number: ticker.count(number, popups))
    click.echo(found.model_dump_json())


@bench.command
@click.option("--n", type=click.IntRange(min=0), default=1000, show_default=True, help="How often it is stopped.")
@click.option("--kills", type=click.IntRange(min=0), default=100, show_default=True, help="How often it is killed.")
@click.option(
    "--hindered",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    help="How often it is stopped while suspended, without its terminal, or with a frozen display.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--results", type=NEW_FILE, help="Keep each there, and go on from it.")
def stop(*, n: int, kills: int, hindered: int, seed: int, results: Path | None) -> None:
    """Stop an agent that types, drags and holds keys at random moments, in every way; then kill it.

    \b
    screenagent bench stop
    screenagent bench stop --n 70 --kills 10
    screenagent bench stop --results stop.jsonl
    """
    from screenagent.bench import stop as bench_stop

    worker = ("-m", "screenagent.bench.stop_worker")
    with Ticker(silent=0.0) as ticker:
        found = bench_stop.run_stop(
            stops=n, kills=kills, hindered=hindered, seed=seed, results=results, worker=worker, progress=ticker.count
        )
    click.echo(found.model_dump_json())


@bench.command
@click.option("--checkpoint", type=FOLDER, help="The weights to measure, in a local folder.")
@click.option("--random", "random_weights", is_flag=True, help="Random weights of the real model's widths.")
@click.option("--layers", type=click.IntRange(min=1), default=40, show_default=True, help="With --random: how many.")
@click.option("--quant", type=QUANT, default="none", show_default=True)
@click.option("--device", help="cuda, mps or cpu; defaults to the best one available.")
def model(*, checkpoint: Path | None, random_weights: bool, layers: int, quant: Quant, device: str | None) -> None:
    """Measure the vision model's engine against the least that this machine could need.

    \b
    screenagent bench model --random --layers 2
    screenagent bench model --checkpoint ~/phi4 --quant int8 --device cuda
    """
    from screenagent.bench import model as bench_model
    from screenagent.models.phi4 import chosen_device, chosen_dtype

    if (checkpoint is None) != random_weights:
        raise click.UsageError("name the weights with --checkpoint DIR, or say --random")
    where = chosen_device(device)
    dtype, compiler = chosen_dtype(where), "inductor" if where.type == "cuda" else None
    setup = bench_model.Setup(
        device=where, dtype=dtype, checkpoint=checkpoint, layers=layers, quant=quant, compiler=compiler
    )
    click.echo(bench_model.run_model(setup).model_dump_json())


for command in (hover, peers, rows, tasks, truth, miniwob, scripts, read):
    bench.add_command(command)
