"""`screenagent bench read`: values off drawn pages, to the letter."""

from __future__ import annotations

import click

from screenagent.cli.progress import Ticker


@click.command
@click.option("--pages", type=click.IntRange(min=1), default=48, show_default=True, help="Each has twelve values.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--strange", is_flag=True, help="As if the typeface of each page were not installed.")
def read(*, pages: int, seed: int, strange: bool) -> None:
    """Read numbers, dates, names, mail addresses, codes and single letters off drawn pages, in twelve typefaces, dark
    and light, half of them in fields.

    What is called sure has to be right to the letter; the rest is set aside.

    \b
    screenagent bench read
    screenagent bench read --seed 7 --strange
    """
    from screenagent.assembly.parts import build_reader
    from screenagent.bench import read as bench_read
    from screenagent.settings import Settings

    with Ticker(silent=0.0) as ticker:

        def progress(number: int, said: str) -> None:
            click.echo(said, err=True)
            ticker.count(number, bench_read.VALUES * pages)

        reader = build_reader(Settings.load())
        found = bench_read.run_read(reader, pages=pages, seed=seed, strange=strange, progress=progress)
    click.echo(found.model_dump_json())
