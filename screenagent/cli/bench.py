"""`screenagent bench …`: measurements. Progress goes to stderr; the last line on stdout is one JSON object."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from screenagent.cli.bench_hover import hover
from screenagent.cli.options import (
    FILE,
    FOLDER,
    NEW_FILE,
    NEW_FOLDER,
    QUANT,
    crop_option,
    family_option,
    max_image_patches_option,
)

if TYPE_CHECKING:
    from screenagent.engine.config import Quant


@click.group
def bench() -> None:
    """Measure grounding, the loop's own time, and whole tasks.

    \b
    screenagent bench ground FOLDER        accuracy and milliseconds on a folder of screens with targets
    screenagent bench calibration FOLDER…  whether the embedded grounder is right as often as it says
    screenagent bench steps                the loop's own time per step; --console: what the console adds
    screenagent bench keys                 from a key in the console to the click
    screenagent bench settle               popups that come late
    screenagent bench scripts              the example scripts, on desktops that have changed
    screenagent bench stop                 from a stop to no more input; what a killed agent leaves
    screenagent bench hover FILE.yaml      buttons asked for their tooltips, in other words than those
    screenagent bench tasks FILE.yaml      whole tasks, judged by their real effect
    screenagent bench truth                tasks where they work and where they silently do not
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
    """Approve clicks by a key in the console; report milliseconds from the key to the click in the window."""
    from screenagent.bench import console

    click.echo(console.measure_keys(clicks=clicks).model_dump_json())


@bench.command
@click.option("--popups", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def settle(*, popups: int, seed: int) -> None:
    """Windows pop up 50 to 800 ms after a click: how often is the screen called settled too early, or too late?"""
    from screenagent.bench import settle as bench_settle

    def progress(number: int) -> None:
        click.echo(f"\r{number} of {popups}", err=True, nl=number == popups)

    click.echo(bench_settle.run_settle(popups=popups, seed=seed, progress=progress).model_dump_json())


@bench.command
@click.option("--n", type=click.IntRange(min=0), default=1000, show_default=True, help="How often it is stopped.")
@click.option("--kills", type=click.IntRange(min=0), default=100, show_default=True, help="How often it is killed.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--results", type=NEW_FILE, help="Keep each there, and go on from it.")
def stop(*, n: int, kills: int, seed: int, results: Path | None) -> None:
    """Stop an agent that types, drags and holds keys at random moments, in every way; then kill it.

    \b
    screenagent bench stop
    screenagent bench stop --n 70 --kills 10
    screenagent bench stop --results stop.jsonl
    """
    from screenagent.bench import stop as bench_stop

    def progress(said: str) -> None:
        click.echo(f"\r{said}", err=True, nl=False)

    worker = ("-m", "screenagent.bench.stop_worker")
    found = bench_stop.run_stop(stops=n, kills=kills, seed=seed, results=results, worker=worker, progress=progress)
    click.echo(err=True)
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


@bench.command
@click.argument("file", type=FILE)
@click.option("--only", multiple=True, metavar="ID", help="Only this task; may be given several times.")
@click.option("--runs", type=NEW_FOLDER, help="Where the runs are recorded.")
def tasks(file: Path, *, only: tuple[str, ...], runs: Path | None) -> None:
    """Carry out the tasks of FILE, each on its own virtual desktop, and check what they left behind.

    \b
    screenagent bench tasks examples/tasks.yaml
    screenagent bench tasks examples/tasks.yaml --only mousepad-save-as
    """
    from screenagent.assembly.agent import build_unattended
    from screenagent.bench import tasks as bench_tasks
    from screenagent.settings import Settings

    wanted = [task for task in bench_tasks.read_tasks(file) if not only or task.id in only]
    if not wanted:
        raise click.UsageError(f"no task in {file} has an id of {', '.join(only)}")
    root = runs or Settings.load().runs / f"bench-{datetime.now():%Y-%m-%d_%H-%M-%S}"

    def progress(result: bench_tasks.TaskResult) -> None:
        sign = click.style("✓", fg="green") if result.success else click.style("✗", fg="red")
        false = click.style("  FALSE DONE", fg="red", bold=True) if result.false_done else ""
        said = "" if result.success and result.outcome == "done" else f"  {result.outcome}: {result.message}"
        click.echo(f"{sign} {result.id}  {result.steps} steps  {result.seconds:.1f} s{false}{said}", err=True)

    found = bench_tasks.run_tasks(wanted, build_unattended, runs=root, progress=progress)
    click.echo(f"runs in {root}; `screenagent report {root}/ID` shows one", err=True)
    click.echo(found.model_dump_json())


@bench.command
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


@bench.command
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


@bench.command
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


bench.add_command(hover)
