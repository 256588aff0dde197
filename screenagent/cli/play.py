"""`screenagent play`: a script, step by step as it is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from screenagent.cli.options import FILE, NEW_FILE, AgentOptions, OutputOptions, agent_options, gathered, output_options
from screenagent.cli.output import echo, secho

if TYPE_CHECKING:
    from screenagent.assembly.supervised import Supervision
    from screenagent.scripts.replay import Replay
    from screenagent.scripts.replay.results import ReplayResult


@dataclass(frozen=True, kw_only=True)
class PlayOptions:
    """All options of `screenagent play`."""

    agent: AgentOptions
    output: OutputOptions
    sets: tuple[str, ...]
    step: bool
    rows: Path | None
    results: Path | None
    junit: Path | None

    @property
    def settings(self) -> dict[str, object]:
        """Those that are settings, by the setting's name; None if the option was not given."""
        return self.agent.settings | {"approve": "each" if self.step else self.agent.approve or "risky"}

    @property
    def given(self) -> dict[str, str]:
        """The parameters' values."""
        given: dict[str, str] = {}
        for text in self.sets:
            name, equals, value = text.partition("=")
            if not equals:
                raise click.BadParameter(f"{text!r}; write for example --set customer=Ada", param_hint="--set")
            given[name.strip()] = value
        return given


play_options: Final = gathered(
    "options",
    PlayOptions,
    click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A parameter's value; repeatable."),
    click.option("--step", is_flag=True, help="Ask before each input; otherwise only before risky ones."),
    click.option("--rows", type=FILE, help="A CSV file: play once for each row; its columns are the parameters."),
    click.option("--results", type=NEW_FILE, help="Append a line of JSON for each replay."),
    click.option("--junit", type=NEW_FILE, help="Write the results as JUnit XML."),
)


@click.command
@click.argument("script", type=FILE)
@agent_options
@output_options
@play_options
def play(script: Path, *, options: PlayOptions) -> None:
    """Play SCRIPT: each step at once, without a model as long as its targets look as they did.

    \b
    screenagent play invoice.yaml --set customer="Ada"
    screenagent play invoice.yaml --step
    screenagent play invoice.yaml --virtual --approve never --junit results.xml
    screenagent play invoice.yaml --rows customers.csv     continues where it was stopped

    With --rows, a row that is done is not played again; its result is in customers.results.jsonl. On a virtual desktop
    each row has a new one, and a row that fails does not keep the others from being played; on your own screen it does.

    Exit codes: 0 done, 1 gave up or failed, 2 wrong usage, 130 stopped.
    """
    from screenagent.assembly.supervised import build_replay
    from screenagent.cli.running import EXIT_CODES, supervise, supervision, wants_console
    from screenagent.scripts import read_script

    read = read_script(script)
    where = supervision(options.settings, options.agent, record=not options.output.no_record)
    if options.rows is not None:
        replays = [build_replay(script, read, options.given | row) for row in _rows(options.rows)]
        found = _played_rows(where, replays, options.results or options.rows.with_suffix(".results.jsonl"))
    else:
        replay = build_replay(script, read, options.given)
        if options.results is None and options.junit is None and wants_console(where.settings, options.output):
            sys.exit(EXIT_CODES[supervise(where.replay(replay)).result])
        found = [_played(where, replay, options.results, as_json=options.output.as_json)]
    if options.junit is not None:
        from screenagent.scripts.replay.results import junit

        options.junit.parent.mkdir(parents=True, exist_ok=True)
        junit(read.name, found).write(str(options.junit), pretty=True)
    sys.exit(max((EXIT_CODES[result.outcome] for result in found), default=0))


def _played(
    where: Supervision, replay: Replay, results: Path | None, *, row: int | None = None, as_json: bool = False
) -> ReplayResult:
    """Play once, and keep the result in `results`."""
    from screenagent.cli.running import carry_out
    from screenagent.scripts.replay.results import append, result

    carried = carry_out(where.replay(replay), as_json=as_json)
    found = result(replay.script.name, carried.episode, replay.public_values, row=row, run=carried.folder)
    if results is not None:
        append(results, found)
    return found


def _played_rows(where: Supervision, replays: Sequence[Replay], results: Path) -> list[ReplayResult]:
    """Play each row that is not done yet; its result is kept before the next begins."""
    from screenagent.scripts.replay.results import done_rows, read_results

    try:
        earlier = read_results(results)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    done = done_rows(earlier, [replay.public_values for replay in replays])
    found = [result for result in earlier if result.row in done and result.outcome == "done"]
    for row, replay in enumerate(replays, start=1):
        if row in done:
            continue
        secho(f"row {row} of {len(replays)}: {replay.task}", bold=True, err=True)
        last = _played(where, replay, results, row=row)
        found.append(last)
        if last.outcome == "stopped" or (last.outcome != "done" and not where.virtual):
            why = last.message or last.outcome
            echo(f"row {row} ended: {why}; the rows after it were not played", err=True)
            break
    done_now = sum(result.outcome == "done" for result in found)
    echo(f"{done_now} of {len(replays)} rows are done; see {results}", err=True)
    return found


def _rows(file: Path) -> list[dict[str, str]]:
    import csv

    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} is no CSV file in UTF-8: {error}") from error
    if not rows:
        raise click.UsageError(f"{file} has no rows; its first line names the parameters")
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise click.UsageError(f"{file}, row {number} does not have as many fields as the first line has names")
    return [{name.strip(): value for name, value in row.items()} for row in rows]
