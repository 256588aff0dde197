"""`screenagent bench compare` and `bench report`: what results say, side by side."""

from __future__ import annotations

from pathlib import Path

import click

RESULTS = click.Path(exists=True, path_type=Path)


@click.command
@click.argument("a", type=RESULTS)
@click.argument("b", type=RESULTS)
def compare(a: Path, b: Path) -> None:
    """Say what got better and what got worse from A to B, with paired intervals, and what a success costs.

    A and B are folders of results, as `bench tasks --workers` leaves them, or files that `bench ground`, `mine` or
    `miniwob` keep. Only tasks that both answered are compared, each once; what the machine broke, and what only one of
    them tried, is named. The table goes to stderr, the last line is one JSON object.

    \b
    screenagent bench compare bench-monday bench-tuesday
    screenagent bench compare ground-screens.jsonl ground-screens-http-localhost-8000-v1.jsonl
    """
    from screenagent.bench.outcomes import named_apart, read_outcomes
    from screenagent.bench.paired import compare_outcomes
    from screenagent.bench.paired_table import comparison_table

    found = compare_outcomes(*named_apart([read_outcomes(a), read_outcomes(b)]))
    click.echo(comparison_table(found), err=True)
    click.echo(found.model_dump_json())
