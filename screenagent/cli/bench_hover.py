"""`screenagent bench hover`: how often a button is found by its tooltip."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from screenagent.cli.options import FILE, NEW_FILE


@click.command
@click.argument("file", type=FILE)
@click.option("--only", multiple=True, metavar="APP", help="Only this application; may be given several times.")
@click.option("--results", type=NEW_FILE, default=Path("hover.jsonl"), show_default=True)
def hover(file: Path, *, only: tuple[str, ...], results: Path) -> None:
    """Ask for the buttons of FILE in their tooltips' words and in others: by sight alone, with the likeliest asked, and
    once all are learned. No application is asked for its controls.

    Goes on where it was stopped. What counts as found by sight is what `min_confidence` lets pass.

    \b
    screenagent bench hover examples/hover.yaml
    screenagent bench hover examples/hover.yaml --only geany
    """
    from screenagent.assembly.parts import stoppable_control
    from screenagent.bench import hover as bench_hover
    from screenagent.bench.results import keep_results, read_bench_results
    from screenagent.settings import Settings

    apps = [app for app in bench_hover.read_hover_file(file) if not only or app.name in only]
    found = read_bench_results(results, bench_hover.HoverAnswer.model_validate_json)
    bound, done = Settings.load().min_confidence, {(answer.app, answer.phrase) for answer in found}
    say = partial(click.echo, err=True)
    with stoppable_control() as control:
        for app in (app for app in apps if not app.phrases <= {phrase for name, phrase in done if name == app.name}):
            for answer in bench_hover.run_hover(app, control, min_confidence=bound, done=done, progress=say):
                keep_results(results, answer)
                found.append(answer)
    names = {app.name for app in apps}
    click.echo(bench_hover.summed_hover(apps, [one for one in found if one.app in names]).model_dump_json())
