"""`screenagent bench compare` and `bench report`: what results say, side by side."""

from __future__ import annotations

from pathlib import Path

import click

from screenagent.cli.options import NEW_FILE
from screenagent.cli.progress import Ticker

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


@click.command
@click.argument("results", type=RESULTS, nargs=-1, required=True)
@click.option("--html", type=NEW_FILE, help="Write a page: tasks by models and settings, with links to the runs.")
@click.option("--junit", type=NEW_FILE, help="Write JUnit XML; what the machine broke is skipped there.")
@click.option("--csv", "table", type=NEW_FILE, help="Write a line for each attempt.")
@click.option("--no-run-reports", is_flag=True, help="With --html: write no report for runs that have none yet.")
def report(
    results: tuple[Path, ...], *, html: Path | None, junit: Path | None, table: Path | None, no_run_reports: bool
) -> None:
    """Make a page, JUnit XML or CSV of RESULTS: folders of results, or files that other benches keep.

    Each of the RESULTS is a column, named by its folder or file: another model, or other settings.

    \b
    screenagent bench report bench-small bench-large --html suite.html --csv suite.csv
    screenagent bench report bench-nightly --junit nightly.xml
    """
    from screenagent.bench.outcomes import named_apart, read_outcomes
    from screenagent.bench.suite_report import suite_csv, suite_junit, suite_page, write_run_reports

    if not (html or junit or table):
        raise click.UsageError("say what to write: --html FILE, --junit FILE or --csv FILE")
    suites = named_apart([read_outcomes(path) for path in results])
    if html is not None:
        if not no_run_reports:
            with Ticker() as ticker:
                broken = write_run_reports(suites, told=ticker)
            if broken:
                click.echo(f"{broken} runs cannot be read, so they have no report", err=True)
        page = suite_page(suites, title=", ".join(suite.name for suite in suites), beside=html.parent)
        _put(html, page)
    if junit is not None:
        junit.parent.mkdir(parents=True, exist_ok=True)
        suite_junit(suites).write(str(junit), pretty=True)
    if table is not None:
        _put(table, suite_csv(suites), mark=True)
    for written in (html, junit, table):
        if written is not None:
            click.echo(str(written))


def _put(file: Path, text: str, *, mark: bool = False) -> None:
    """Write a file; a spreadsheet knows UTF-8 by its mark."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8-sig" if mark else "utf-8", newline="", errors="backslashreplace")
