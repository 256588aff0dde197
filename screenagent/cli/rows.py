"""`screenagent rows`: what became of each row of a CSV file, and what a person says of those that are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import FILE, NEW_FILE, gathered
from screenagent.cli.output import echo, echo_json, paint

if TYPE_CHECKING:
    from screenagent.scripts.rows.ledger import Ledger
    from screenagent.scripts.rows.lines import Settlement
    from screenagent.scripts.rows.summary import RowSummary

COLOURS: Final[Mapping[str, str]] = {"failed": "red", "to_settle": "red", "set_aside": "yellow", "done": "green"}


@dataclass(frozen=True, kw_only=True)
class SettleOptions:
    """Rows, and what a person says of them."""

    done: str | None
    skip: str | None
    again: str | None

    @property
    def said(self) -> dict[Settlement, str]:
        said: dict[Settlement, str | None] = {"done": self.done, "skip": self.skip, "again": self.again}
        return {verdict: rows for verdict, rows in said.items() if rows is not None}


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """What is written of the rows, and where."""

    html: Path | None
    csv: Path | None
    junit: Path | None
    as_json: bool


settle_options: Final = gathered(
    "settle",
    SettleOptions,
    click.option("--done", metavar="ROWS", help="These rows, as in 6 or 6,9-11, are done: I have looked, or did them."),
    click.option("--skip", metavar="ROWS", help="These rows are not to be played."),
    click.option("--again", metavar="ROWS", help="These rows are to be played again from their first step."),
)
page_options: Final = gathered(
    "pages",
    PageOptions,
    click.option("--html", type=NEW_FILE, help="Write all rows as one HTML page, failures first."),
    click.option("--csv", type=NEW_FILE, help="Write all rows with their inputs and what was read as CSV."),
    click.option("--junit", type=NEW_FILE, help="Write all rows as JUnit XML."),
    click.option("--json", "as_json", is_flag=True, help="Print each row as a JSON object."),
)


@click.command
@click.argument("results", type=FILE)
@settle_options
@page_options
def rows(results: Path, *, settle: SettleOptions, pages: PageOptions) -> None:
    """Show what became of each row of RESULTS, the file that `screenagent play --rows` writes.

    \b
    screenagent rows customers.results.jsonl
    screenagent rows customers.results.jsonl --html rows.html --csv rows.csv
    screenagent rows customers.results.jsonl --done 6             it was saved before it was cut off
    screenagent rows customers.results.jsonl --skip 6,9-11        leave these alone
    screenagent rows customers.results.jsonl --again 6            play it once more with the next play
    screenagent rows customers.results.jsonl --json

    A row is done, failed, set aside by its script, not played, or to be settled by hand: it was cut off, or it failed
    right after a click or a key, so nobody knows whether it was saved. Such a row is not played again before you say
    --done, --skip or --again. The rows' numbers are those of the CSV file that was played last.

    """
    from screenagent.scripts.rows.summary import summaries

    beside = results.with_suffix(".results.jsonl")
    if results.suffix.lower() == ".csv" and beside.is_file():
        raise click.UsageError(f"{results} holds the rows, not what became of them; did you mean {beside}?")
    ledger = _settled(results, settle) if settle.said else _ledger(results)
    found = summaries(ledger)
    _write(found, ledger, results, pages)
    if pages.as_json:
        for row in found:
            echo_json(row.model_dump_json())
    elif not settle.said:
        _show(found, results)


def _ledger(results: Path) -> Ledger:
    from screenagent.scripts.rows.ledger import Ledger
    from screenagent.scripts.rows.lines import read_lines

    with read_lines(results) as lines:
        return Ledger.of(lines)


def _settled(results: Path, settle: SettleOptions) -> Ledger:
    """Append what a person says of rows; return what is known of all rows then."""
    from screenagent.scripts.rows.ledger import Ledger
    from screenagent.scripts.rows.lines import open_results
    from screenagent.scripts.rows.settling import settled

    with open_results(results) as kept:
        ledger = Ledger.of(kept.lines)
        try:
            for line in settled(kept, ledger, settle.said):
                echo(line, err=True)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    return ledger


def _show(found: Sequence[RowSummary], results: Path) -> None:
    from screenagent.scripts.rows.lines import is_in_use
    from screenagent.scripts.rows.summary import row_counts, row_lines

    for row, line in zip(found, row_lines(found), strict=True):
        echo(paint(line, fg=COLOURS.get(row.status)))
    if is_in_use(results):
        echo("a play is writing to this file: the row that it is at is shown as cut off", err=True)
    echo(row_counts(row.status for row in found), err=True)


def _write(found: Sequence[RowSummary], ledger: Ledger, results: Path, pages: PageOptions) -> None:
    from screenagent.scripts.rows.page import rows_page
    from screenagent.scripts.rows.summary import csv_text, rows_junit

    script = ledger.scripts[-1] if ledger.scripts else "rows"
    if pages.html is not None:
        source = ledger.planned.source if ledger.planned else ""
        _put(pages.html, rows_page(found, script=script, source=source, results=str(results)))
    if pages.csv is not None:
        _put(pages.csv, csv_text(found), mark=True)
    if pages.junit is not None:
        pages.junit.parent.mkdir(parents=True, exist_ok=True)
        rows_junit(script, found).write(str(pages.junit), pretty=True)


def _put(file: Path, text: str, *, mark: bool = False) -> None:
    """Write a file; a spreadsheet knows UTF-8 by its mark."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8-sig" if mark else "utf-8", newline="", errors="backslashreplace")
